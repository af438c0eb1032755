//! What is asked for: targets, scanners, order and bound.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use scanhelm_core::Timestamp;
use scanhelm_core::activity::Event;
use scanhelm_runner::{
    Cache, Discovery, RequestError, RunnerEvent, ScanRequest, ScanState, SourceTree, TargetError, run, scanners,
};
use tokio_util::sync::CancellationToken;

use crate::fake::{Fakes, scan};

const CLEAN_SEMGREP: &str = r#"cat "$NOTES/whole-semgrep" > "$report""#;
const ONE_FINDING: &str = r#"cat "$whole" > "$report"; exit 1"#;

fn names(events: &[RunnerEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.event().as_str()).collect()
}

#[tokio::test]
async fn sequential_scanners_run_in_the_order_of_the_registry() {
    let mut fakes = Fakes::bandit(ONE_FINDING);
    fakes.add("semgrep", CLEAN_SEMGREP);
    let (outcome, events) = fakes.scan(ScanRequest { max_parallel: 1, ..fakes.request() }).await;
    assert_eq!(
        names(&events),
        ["scan.start", "scanner.start", "scanner.complete", "scanner.start", "scanner.complete", "scan.complete"]
    );
    let ran: Vec<&str> = outcome.ran.iter().map(|ran| ran.id.as_str()).collect();
    let registry = scanners().iter().map(|scanner| scanner.id);
    assert_eq!(ran, registry.filter(|id| ["semgrep", "bandit"].contains(id)).collect::<Vec<_>>());
}

#[tokio::test]
async fn scanners_run_at_the_same_time_when_allowed() {
    // Each waits for the other's file: one after the other they would never end.
    let meet =
        |own: &str, other: &str| format!("touch $NOTES/{own}; while [ ! -e $NOTES/{other} ]; do sleep 0.01; done");
    let mut fakes = Fakes::bandit(&format!("{}\n{ONE_FINDING}", meet("a", "b")));
    fakes.add("semgrep", &format!("{}\n{CLEAN_SEMGREP}", meet("b", "a")));
    let (outcome, _) = fakes.scan(ScanRequest { max_parallel: 2, ..fakes.request() }).await;
    assert_eq!((outcome.ran.len(), outcome.failed.len()), (2, 0));
}

#[tokio::test]
async fn a_long_scanner_does_not_hold_up_those_behind_it() {
    // Two at a time, and the first of the registry ends when the third has started.
    let mut fakes = Fakes::bandit(&format!("while [ ! -e $NOTES/third ]; do sleep 0.01; done\n{ONE_FINDING}"));
    fakes.add("semgrep", CLEAN_SEMGREP);
    fakes.add("ruff", "touch $NOTES/third; exit 9");
    let (outcome, _) = fakes.scan(ScanRequest { max_parallel: 2, ..fakes.request() }).await;
    let ran: Vec<&str> = outcome.ran.iter().map(|ran| ran.id.as_str()).collect();
    assert_eq!(ran, ["bandit", "semgrep"], "in the order of the registry, whoever started and ended first");
}

#[tokio::test]
async fn one_scanners_failure_does_not_take_the_others_findings() {
    let mut fakes = Fakes::bandit(ONE_FINDING);
    fakes.add("semgrep", "echo 'invalid rule' >&2; exit 7");
    let (outcome, events) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.state, ScanState::Completed);
    assert_eq!(outcome.records.len(), 1);
    assert!(outcome.failed[0].reason.contains("invalid rule"), "{:?}", outcome.failed);
    assert_eq!(events.last().unwrap().event(), Event::ScanComplete);
}

#[tokio::test]
async fn fm_e08_a_missing_scanner_is_skipped_with_a_hint_and_is_no_clean_result() {
    let fakes = Fakes::bandit(ONE_FINDING);
    let nowhere = BTreeMap::from([("bandit".to_owned(), fakes.notes.path().join("not-there"))]);
    let request = fakes.request();
    let (outcome, events) = scan(&Discovery::new(Vec::new(), nowhere), request, &CancellationToken::new()).await;
    assert_eq!(outcome.state, ScanState::Failed);
    assert!(outcome.skipped[0].install_hint.as_ref().unwrap().contains("bandit"));
    assert_eq!(names(&events), ["scan.start", "scanner.skipped", "scan.failed"]);
}

#[tokio::test]
async fn a_target_without_a_scanners_language_is_skipped_with_the_reason() {
    let fakes = Fakes::bandit(ONE_FINDING);
    fs::remove_file(fakes.target.path().join("app.py")).unwrap();
    for folder in ["node_modules", ".venv"] {
        fs::create_dir(fakes.target.path().join(folder)).unwrap();
        fs::write(fakes.target.path().join(folder).join("theirs.py"), "").unwrap();
    }
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.state, ScanState::Completed);
    assert!(outcome.skipped[0].reason.contains("no Python file"), "{:?}", outcome.skipped);
    assert_eq!(outcome.ran, Vec::new());
}

#[tokio::test]
async fn a_broken_installation_says_so() {
    let fakes = Fakes::bandit(ONE_FINDING);
    fs::write(fakes.notes.path().join("bandit"), "#!/bin/sh\necho 'No module named bandit' >&2; exit 1\n").unwrap();
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert!(outcome.skipped[0].reason.contains("No module named bandit"), "{:?}", outcome.skipped);
}

#[tokio::test]
async fn what_cannot_be_carried_out_is_refused_before_anything_starts() {
    let fakes = Fakes::bandit("touch $NOTES/started");
    let try_with = async |request| {
        let (discovery, cancel) = (fakes.discovery(), CancellationToken::new());
        run(&discovery, request, &cancel, |_| panic!("nothing happens")).await.expect_err("refused")
    };
    let missing = ScanRequest { targets: fakes.target.path().join("gone").into(), ..fakes.request() };
    assert!(matches!(try_with(missing).await, RequestError::Target(TargetError::Missing(_))));
    let address = ScanRequest { targets: Path::new("https://github.com/acme/shop").into(), ..fakes.request() };
    assert!(matches!(try_with(address).await, RequestError::Target(TargetError::Address(_))));
    let unknown = ScanRequest { scanners: Some(vec!["bandage".to_owned()]), ..fakes.request() };
    let refused = try_with(unknown).await.to_string();
    assert!(refused.starts_with("`bandage` is not a scanner; the scanners are: bandit, semgrep, "), "{refused}");
    let mut unknown = fakes.request();
    unknown.options.arguments.insert("bandage".to_owned(), Vec::new());
    assert!(matches!(try_with(unknown).await, RequestError::UnknownScanner { .. }));
    let none = ScanRequest { scan_types: Vec::new(), ..fakes.request() };
    assert!(matches!(try_with(none).await, RequestError::NoScanner(_)));
    let mut rules = fakes.request();
    rules.options.rules = vec!["p/python".into()];
    assert!(matches!(try_with(rules).await, RequestError::Rules { .. }));
    assert!(!fakes.notes.path().join("started").exists());
}

#[test]
fn every_spelling_of_a_target_is_the_same_target() {
    let folder = tempfile::TempDir::new().unwrap();
    let project = folder.path().join("shop");
    fs::create_dir_all(project.join("sub")).unwrap();
    std::os::unix::fs::symlink(&project, folder.path().join("link")).unwrap();
    let expected = SourceTree::resolve(&project, None).unwrap();
    assert_eq!(expected.repository(), "shop");
    for spelling in ["shop/", "shop/.", "./shop", "shop/sub/..", "link", "link/"] {
        assert_eq!(SourceTree::resolve(&folder.path().join(spelling), None).unwrap(), expected, "{spelling}");
    }
}

#[test]
fn clones_share_their_origins_name_wherever_they_lie() {
    let folder = tempfile::TempDir::new().unwrap();
    for (clone, url) in [("one", "git@github.com:acme/shop.git"), ("two", "https://ci:token@github.com/acme/shop")] {
        let git = folder.path().join(clone).join(".git");
        fs::create_dir_all(&git).unwrap();
        fs::create_dir_all(folder.path().join(clone).join("api/v1")).unwrap();
        let config =
            format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n[remote \"fork\"]\n\turl = x:y/z\n");
        fs::write(git.join("config"), config).unwrap();
        let name = |within: &str| {
            SourceTree::resolve(&folder.path().join(clone).join(within), None).unwrap().repository().to_owned()
        };
        assert_eq!(name(""), "github.com/acme/shop");
        assert_eq!(name("api/v1"), "github.com/acme/shop/api/v1");
    }
    let tree = folder.path().join("tree");
    fs::create_dir_all(&tree).unwrap();
    let linked = folder.path().join("one/.git/worktrees/tree");
    fs::create_dir_all(&linked).unwrap();
    fs::write(linked.join("commondir"), "../..\n").unwrap();
    fs::write(tree.join(".git"), format!("gitdir: {}\n", linked.display())).unwrap();
    assert_eq!(SourceTree::resolve(&tree, None).unwrap().repository(), "github.com/acme/shop");
    assert_eq!(SourceTree::resolve(&tree, Some("given")).unwrap().repository(), "given");
}

#[tokio::test]
async fn a_single_file_is_a_target() {
    let fakes =
        Fakes::bandit(&format!("for word in \"$@\"; do :; done; echo \"$word\" > $NOTES/target; {ONE_FINDING}"));
    fs::write(fakes.target.path().join("-r.py"), "eval(input())\n").unwrap();
    let request = ScanRequest { targets: fakes.target.path().join("-r.py").into(), ..fakes.request() };
    fakes.scan(request).await;
    assert_eq!(fakes.note("target"), "./-r.py");
}

#[tokio::test]
async fn an_answer_is_kept_until_anything_that_it_depends_on_changes() {
    let fakes = Fakes::bandit(r#"echo run >> $NOTES/runs; cat "$whole" > "$report"; exit 1"#);
    let kept = tempfile::TempDir::new().unwrap();
    let request = || ScanRequest {
        cache: Some(Cache::new(kept.path().to_path_buf(), Timestamp::from_seconds(1))),
        ..fakes.request()
    };
    let runs = || fakes.note("runs").lines().count();
    let (first, _) = fakes.scan(request()).await;
    let (again, events) = fakes.scan(request()).await;
    assert_eq!((runs(), &again.records), (1, &first.records));
    assert_eq!(again.ran.iter().map(|ran| (ran.cached, ran.exit_code)).collect::<Vec<_>>(), [(true, 1)]);
    assert!(events.iter().any(|event| matches!(event, RunnerEvent::ScannerStart { process: None, .. })));
    assert_eq!(again.coverage, first.coverage);

    fakes.scan(fakes.request()).await;
    assert_eq!(runs(), 2, "without a folder it runs");
    fs::write(fakes.target.path().join("other.txt"), "one more file").unwrap();
    fakes.scan(request()).await;
    assert_eq!(runs(), 3, "a file more");
    fs::write(fakes.target.path().join("app.py"), "eval(input()) \n").unwrap();
    fakes.scan(request()).await;
    assert_eq!(runs(), 4, "another content");
    fakes.scan(ScanRequest { repository: Some("another".to_owned()), ..request() }).await;
    assert_eq!(runs(), 5, "another name");
    let mut with_argument = request();
    with_argument.options.arguments.insert("bandit".to_owned(), vec!["--ini=elsewhere".into()]);
    fakes.scan(with_argument.clone()).await;
    fakes.scan(with_argument).await;
    assert_eq!(runs(), 7, "arguments of one's own are never kept");
    fakes.scan(request()).await;
    assert_eq!(runs(), 7, "what was kept is still there");
}

#[tokio::test]
async fn a_version_that_was_kept_is_not_asked_again_until_the_program_changes() {
    let mut fakes = Fakes::bandit(ONE_FINDING);
    let kept = tempfile::TempDir::new().unwrap();
    let tells = |fakes: &mut Fakes, version: &str| {
        fakes.add("bandit", ONE_FINDING);
        let program = fakes.notes.path().join("bandit");
        let text = fs::read_to_string(&program).unwrap();
        let notes = fakes.notes.path().display();
        fs::write(program, text.replace("echo fake 9.9.9", &format!("echo asked >> {notes}/asked; echo {version}")))
            .unwrap();
    };
    let version = async |fakes: &Fakes| {
        let cache = Cache::new(kept.path().to_path_buf(), Timestamp::from_seconds(1));
        let discovery = fakes.discovery().with_kept_versions(Some(cache));
        discovery.find_one(scanners().iter().find(|scanner| scanner.id == "bandit").unwrap()).await.version
    };
    tells(&mut fakes, "9.9.9");
    assert_eq!(version(&fakes).await.as_deref(), Some("9.9.9"));
    assert_eq!(version(&fakes).await.as_deref(), Some("9.9.9"));
    assert_eq!(fakes.note("asked").lines().count(), 1);
    tells(&mut fakes, "10.10.10");
    assert_eq!(version(&fakes).await.as_deref(), Some("10.10.10"));
}

/// A file of that size is digested for longer than most scanners take.
#[tokio::test]
async fn a_huge_tree_is_not_digested() {
    let fakes = Fakes::bandit(r#"echo run >> $NOTES/runs; cat "$whole" > "$report"; exit 1"#);
    let kept = tempfile::TempDir::new().unwrap();
    fs::File::create(fakes.target.path().join("disk.img")).unwrap().set_len(10 << 30).unwrap();
    for _ in 0..2 {
        let cache = Cache::new(kept.path().to_path_buf(), Timestamp::from_seconds(1));
        fakes.scan(ScanRequest { cache: Some(cache), ..fakes.request() }).await;
    }
    assert_eq!(fakes.note("runs").lines().count(), 2);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let fakes = Fakes::bandit("echo run >> $NOTES/runs; exit 3");
    let kept = tempfile::TempDir::new().unwrap();
    for _ in 0..2 {
        fakes
            .failure(ScanRequest {
                cache: Some(Cache::new(kept.path().to_path_buf(), Timestamp::from_seconds(1))),
                ..fakes.request()
            })
            .await;
    }
    assert_eq!(fakes.note("runs").lines().count(), 2);
}

/// All that are installed are asked at once when a form is opened; no more answer at a time than have a place.
#[tokio::test]
async fn no_more_scanners_tell_their_versions_at_once_than_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("running")).unwrap();
    let script = format!(
        "#!/bin/sh\ncd {} && mkdir running/$$ && ls running | wc -l >> most; sleep 0.05; rmdir running/$$; echo 99.0.0\n",
        folder.path().display()
    );
    // Of one file a version is known once.
    let programs = scanners().iter().filter(|one| !one.is_built_in()).map(|one| {
        let program = folder.path().join(one.id);
        fs::write(&program, &script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        (one.id.to_owned(), program)
    });
    let found = Discovery::new(Vec::new(), programs.collect()).with_places(2).find().await;
    let unusable: Vec<_> = found.iter().filter(|one| !one.available).collect();
    assert!(unusable.is_empty(), "{unusable:?}");
    let counts = fs::read_to_string(folder.path().join("most")).unwrap();
    assert!(counts.lines().all(|count| count.trim().parse::<u32>().unwrap() <= 2), "{counts}");
}
