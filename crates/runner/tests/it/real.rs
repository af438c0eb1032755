//! Real Bandit and real Semgrep on real source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;
use scanhelm_runner::{Discovery, Limits, ScanOutcome, ScanRequest, ScanState, ScanType};
use tokio_util::sync::CancellationToken;

use crate::fake::scan;

/// `.tools/scanners` of the checkout.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/scanners");
    for program in ["bandit", "semgrep"] {
        assert!(
            folder.join("bin").join(program).exists(),
            "{program} is not installed for the tests: run `scripts/setup-test.sh scanners`"
        );
    }
    folder
}

/// A library that came with Bandit: real code that nobody here wrote.
fn real_source() -> PathBuf {
    let library = installed().join("lib");
    let versions = std::fs::read_dir(&library).unwrap();
    let found = versions.flatten().map(|entry| entry.path().join("site-packages/stevedore")).find(|path| path.is_dir());
    found.expect("the environment of Bandit holds it")
}

async fn scanned(target: &Path, change: impl FnOnce(&mut ScanRequest)) -> ScanOutcome {
    let discovery = Discovery::new(vec![installed().join("bin")], BTreeMap::new());
    let mut request = ScanRequest::new(target);
    request.limits = Limits { time: Duration::from_secs(180), ..Limits::default() };
    change(&mut request);
    let (outcome, _) = scan(&discovery, request, &CancellationToken::new()).await;
    assert_eq!(outcome.failed, Vec::new());
    outcome
}

fn only(id: &str) -> impl FnOnce(&mut ScanRequest) {
    let id = id.to_owned();
    move |request| request.scanners = Some(vec![id])
}

fn places(outcome: &ScanOutcome) -> Vec<(String, String)> {
    outcome.records.iter().map(|record| (record.rule_id.clone(), record.location.label())).collect()
}

#[tokio::test]
async fn both_scanners_give_the_same_records_for_every_spelling_of_a_real_tree() {
    let source = real_source();
    let both = |request: &mut ScanRequest| request.scanners = Some(vec!["bandit".to_owned(), "semgrep".to_owned()]);
    let first = scanned(&source, both).await;
    let again = scanned(&source.join("./../stevedore/"), |request| {
        both(request);
        request.max_parallel = 1;
    })
    .await;
    assert!(first.ran.iter().find(|ran| ran.id == "bandit").unwrap().findings > 5, "{:?}", first.ran);
    assert_eq!(first.ran.len(), 2);
    let text = |outcome: &ScanOutcome| serde_json::to_string(&outcome.records).unwrap();
    assert_eq!(text(&first), text(&again));
    assert!(!text(&first).contains(env!("CARGO_MANIFEST_DIR")), "a path of this machine is in the records");
    let ranks: Vec<u8> = first.records.iter().map(|record| record.severity.rank()).collect();
    assert!(ranks.is_sorted_by(|one, next| one >= next));
    for record in &first.records {
        let Location::Code { path, source: Some(line), .. } = &record.location else {
            panic!("{:?} says no line of code", record.location)
        };
        let file = std::fs::read_to_string(source.join(path)).expect("the path is relative to the target");
        assert!(file.contains(line.lines().next().unwrap().trim()), "{path} does not hold `{line}`");
    }
}

#[tokio::test]
async fn our_rules_find_the_shops_mistakes_and_nothing_else() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop");
    installed();
    let outcome = scanned(&shop, only("semgrep")).await;
    let mut found = places(&outcome);
    found.sort();
    let expected = [
        ("scanhelm-go-certificate-not-checked", "worker/worker.go:20"),
        ("scanhelm-go-shell-command", "worker/worker.go:12"),
        ("scanhelm-go-sql-from-text", "worker/worker.go:16"),
        ("scanhelm-java-shell-command", "worker/Mailer.java:18"),
        ("scanhelm-java-sql-from-text", "worker/Mailer.java:9"),
        ("scanhelm-java-unsafe-deserialization", "worker/Mailer.java:14"),
        ("scanhelm-javascript-certificate-not-checked", "web/server.js:25"),
        ("scanhelm-javascript-code-from-data", "web/server.js:21"),
        ("scanhelm-javascript-file-named-by-request", "web/server.js:13"),
        ("scanhelm-javascript-markup-from-data", "web/server.js:29"),
        ("scanhelm-javascript-shell-command", "web/server.js:17"),
        ("scanhelm-javascript-sql-from-text", "web/server.js:9"),
        ("scanhelm-python-certificate-not-checked", "api/orders.py:46"),
        ("scanhelm-python-code-from-data", "api/orders.py:33"),
        ("scanhelm-python-debugger-served", "api/orders.py:59"),
        ("scanhelm-python-predictable-temporary-file", "api/orders.py:50"),
        ("scanhelm-python-shell-command", "api/orders.py:29"),
        ("scanhelm-python-sql-from-text", "api/orders.py:17"),
        ("scanhelm-python-sql-from-text", "api/orders.py:23"),
        ("scanhelm-python-unsafe-deserialization", "api/orders.py:37"),
        ("scanhelm-python-unsafe-yaml", "api/orders.py:42"),
    ];
    assert_eq!(found, expected.map(|(rule, place)| (rule.to_owned(), place.to_owned())));
    assert!(outcome.records.iter().all(|record| !record.cwes.is_empty() && record.severity >= Severity::Medium));
}

#[tokio::test]
async fn given_rules_replace_ours() {
    let folder = tempfile::TempDir::new().unwrap();
    let rules = folder.path().join("own.yml");
    std::fs::write(
        &rules,
        "rules:\n  - id: no-print\n    languages: [python]\n    severity: INFO\n    message: No print.\n    pattern: print(...)\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("a.py"), "print(1)\neval(input())\n").unwrap();
    let outcome = scanned(folder.path(), |request| {
        request.scanners = Some(vec!["semgrep".to_owned()]);
        request.options.rules = vec![rules];
    })
    .await;
    assert_eq!(places(&outcome), [("no-print".to_owned(), "a.py:1".to_owned())]);
}

#[tokio::test]
async fn broken_rules_and_source_are_told_apart() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("bad.py"), "def (:\n").unwrap();
    std::fs::write(folder.path().join("good.py"), "eval(input())\n").unwrap();
    let partial = scanned(folder.path(), only("bandit")).await;
    assert_eq!(partial.state, ScanState::Completed);
    assert!(partial.ran[0].warnings[0].contains("bad.py"), "{:?}", partial.ran);
    assert_eq!(places(&partial), [("B307".to_owned(), "good.py:1".to_owned())]);

    let rules = folder.path().join("broken.yml");
    std::fs::write(&rules, "rules:\n  - id: half\n").unwrap();
    let discovery = Discovery::new(vec![installed().join("bin")], BTreeMap::new());
    let mut request = ScanRequest::new(folder.path());
    request.scanners = Some(vec!["semgrep".to_owned()]);
    request.options.rules = vec![rules];
    let (failed, _) = scan(&discovery, request, &CancellationToken::new()).await;
    assert_eq!(failed.state, ScanState::Failed);
    assert!(failed.failed[0].reason.contains("exit code 7"), "{:?}", failed.failed);
}

#[tokio::test]
async fn other_peoples_code_and_hidden_folders_are_left_out() {
    let folder = tempfile::TempDir::new().unwrap();
    for path in
        ["app/a.py", "app/node_modules/x/b.py", ".venv/lib/c.py", "venv/d.py", "vendor/e.py", "lib/site-packages/f.py"]
    {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "eval(input())\n").unwrap();
    }
    let outcome = scanned(folder.path(), |request| request.scan_types = vec![ScanType::Code]).await;
    let files: Vec<String> = places(&outcome).into_iter().map(|(_, place)| place).collect();
    assert_eq!(files, ["app/a.py:1"; 3], "one finding of each scanner of Python");
}

#[tokio::test]
async fn installed_scanners_tell_path_and_version() {
    let discovery = Discovery::new(vec![installed().join("bin")], BTreeMap::new());
    let found = discovery.find().await;
    for (id, version) in [("bandit", "1.9.4"), ("semgrep", "1.182.0"), ("gitleaks", "8.30.1")] {
        let one = found.iter().find(|one| one.scanner.id == id).unwrap();
        assert_eq!(one.version.as_deref(), Some(version), "{:?}", one.reason);
        assert!(one.path.as_ref().unwrap().starts_with(installed().join("bin")), "{:?}", one.path);
    }
    let missing: Vec<_> = found.iter().filter(|one| !one.available).collect();
    assert!(missing.iter().all(|one| one.reason.is_some() && !one.install_hint.is_empty()), "{missing:?}");
}
