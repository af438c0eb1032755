//! No process is left behind.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use scanhelm_runner::process::{User, end_leftovers};
use scanhelm_runner::{RunnerEvent, ScanRequest, ScanState, ScanType, Targets, run};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::fake::{Fakes, assert_gone, is_alive, scan};
use crate::installed::DISCOVERY;

/// Notes its own pid and those of a helper in its group and one that left it, then waits for ever.
const FAMILY: &str = "sleep 300 & echo $! > $NOTES/helper
setsid sh -c 'echo $$ > '$NOTES'/runaway; exec sleep 300' &
while [ ! -s $NOTES/runaway ]; do :; done
echo $$ > $NOTES/pid; touch $NOTES/ready; wait";

fn assert_family_gone(fakes: &Fakes) {
    for name in ["pid", "helper", "runaway"] {
        assert_gone(&fakes.note(name));
    }
}

async fn until_ready(fakes: &Fakes) {
    let ready = fakes.notes.path().join("ready");
    tokio::time::timeout(Duration::from_secs(30), async {
        while !ready.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the scanner did not get ready");
}

#[tokio::test]
async fn cancelling_ends_the_whole_family_and_keeps_what_was_complete() {
    let mut fakes = Fakes::bandit(r#"cat "$whole" > "$report"; exit 1"#);
    fakes.add("semgrep", FAMILY);
    let cancel = CancellationToken::new();
    let discovery = fakes.discovery();
    let (events, complete) = (Mutex::new(Vec::new()), Notify::new());
    let canceller = async {
        until_ready(&fakes).await;
        complete.notified().await;
        for name in ["pid", "helper", "runaway"] {
            assert!(is_alive(&fakes.note(name)));
        }
        cancel.cancel();
    };
    let scan = run(&discovery, fakes.request(), &cancel, |event| {
        if matches!(event, RunnerEvent::ScannerComplete(_)) {
            complete.notify_one();
        }
        events.lock().unwrap().push(event);
    });
    let (outcome, ()) = tokio::join!(scan, canceller);
    let (outcome, events) = (outcome.unwrap(), events.into_inner().unwrap());
    assert_family_gone(&fakes);
    assert_eq!(outcome.state, ScanState::Cancelled);
    assert_eq!(outcome.failed, Vec::new(), "a cancelled scanner did not fail");
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(events.last(), Some(&RunnerEvent::ScanCancelled { scanners_run: vec!["bandit".to_owned()] }));
}

#[tokio::test]
async fn a_time_limit_ends_the_whole_family() {
    let fakes = Fakes::bandit(FAMILY);
    let mut request = fakes.request();
    request.limits.time = Duration::from_secs(3);
    fakes.failure(request).await;
    assert_family_gone(&fakes);
}

#[tokio::test]
async fn dropping_the_scan_ends_the_whole_family() {
    let fakes = Fakes::bandit(FAMILY);
    let (discovery, cancel) = (fakes.discovery(), CancellationToken::new());
    {
        let scan = run(&discovery, fakes.request(), &cancel, |_| {});
        tokio::select! {
            _ = scan => panic!("the scanner waits for ever"),
            () = until_ready(&fakes) => {}
        }
    }
    assert_family_gone(&fakes);
}

#[tokio::test]
async fn a_scan_that_ends_by_itself_leaves_nothing() {
    let fakes = Fakes::bandit(&FAMILY.replace("; wait", r#"; cat "$whole" > "$report"; exit 1"#));
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.records.len(), 1);
    assert_family_gone(&fakes);
}

/// Asked to end, njsscan ends and leaves its engine running.
#[tokio::test]
async fn cancelling_a_real_scanner_ends_the_engine_that_it_started() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("shop.js"), "eval(process.argv[2]);\n").unwrap();
    let marker = format!("njsscan-{}", std::process::id());
    let mut request = ScanRequest::new(folder.path());
    request.scanners = Some(vec!["njsscan".to_owned()]);
    request.marker = Some(marker.clone());
    let cancel = CancellationToken::new();
    let engine = || family(&marker).into_iter().find(|(_, words)| words.contains("semgrep scan"));
    let canceller = async {
        tokio::time::timeout(Duration::from_secs(60), async {
            while engine().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("njsscan did not start its engine");
        cancel.cancel();
    };
    let ((outcome, _), ()) = tokio::join!(scan(&DISCOVERY, request, &cancel), canceller);
    assert_eq!((outcome.state, outcome.failed.len()), (ScanState::Cancelled, 0), "{outcome:?}");
    family(&marker).keys().for_each(|pid| assert_gone(pid));
}

/// The processes that carry the marker, with their command lines.
fn family(marker: &str) -> BTreeMap<String, String> {
    let read = |pid: &str, name: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().into_string().ok());
    let marked = |pid: &String| read(pid, "environ").contains(&format!("SCANHELM_RUN={marker}/"));
    pids.filter(marked).map(|pid| (pid.clone(), read(&pid, "cmdline"))).collect()
}

/// It is the scanner's helper that is greedy. What this program holds itself is not the scanner's, although the kernel says
/// so.
#[tokio::test]
async fn the_memory_of_a_scanner_is_noted_and_not_ours() {
    const GREEDY: &str = r#"python3 -c "x = b'1' * 200_000_000"; cat "$whole" > "$report""#;
    let peak = 200_000_000..400_000_000;
    let (ran, _) = Fakes::bandit(&format!("{GREEDY}; exit 1")).scanned().await;
    assert!(ran.ran[0].peak_memory_bytes.is_some_and(|bytes| peak.contains(&bytes)), "{:?}", ran.ran);
    let (failed, _) = Fakes::bandit(&format!("{GREEDY}; exit 9")).scanned().await;
    assert!(failed.failed[0].peak_memory_bytes.is_some_and(|bytes| peak.contains(&bytes)), "{:?}", failed.failed);

    std::hint::black_box(vec![1_u8; 500_000_000]);
    let (modest, _) = Fakes::bandit(r#"cat "$whole" > "$report"; exit 1"#).scanned().await;
    assert_eq!(modest.ran[0].peak_memory_bytes, None, "{:?}", modest.ran);
}

#[test]
fn what_a_killed_hub_left_is_found_by_the_scans_marker() {
    let start = |marker: &str| {
        let mut command = Command::new("sleep");
        let child = command.arg("300").env("SCANHELM_RUN", marker).stdout(Stdio::null()).spawn().unwrap();
        // Linux lets the parent go on before the child's new environment is in its place.
        while std::fs::read(format!("/proc/{}/environ", child.id())).unwrap().is_empty() {
            std::thread::yield_now();
        }
        child
    };
    let mine = format!("scan-{}", std::process::id());
    let (mut first, mut second) = (start(&format!("{mine}/bandit")), start(&format!("{mine}/semgrep")));
    let mut other = start(&format!("{mine}0/bandit"));
    assert_eq!(end_leftovers(&mine), 2);
    for child in [&mut first, &mut second] {
        assert!(!child.wait().unwrap().success());
    }
    assert!(other.try_wait().unwrap().is_none(), "another scan's process was ended");
    assert_eq!(end_leftovers(&format!("{mine}0")), 1);
    other.wait().unwrap();
}

#[tokio::test]
async fn the_process_is_named_while_it_runs() {
    // Goes on only when it was looked at.
    let fakes = Fakes::bandit(
        r#"echo $$ > $NOTES/pid; until [ -e $NOTES/looked ]; do sleep 0.02; done; cat "$whole" > "$report"; exit 1"#,
    );
    let seen = Mutex::new(None);
    run(&fakes.discovery(), fakes.request(), &CancellationToken::new(), |event| {
        if let RunnerEvent::ScannerStart { process, .. } = event {
            *seen.lock().unwrap() = process.map(|process| (process, process.is_alive()));
            std::fs::write(fakes.notes.path().join("looked"), "").unwrap();
        }
    })
    .await
    .unwrap();
    let (process, was_alive) = seen.into_inner().unwrap().expect("the start was told");
    assert_eq!(process.pid.to_string(), fakes.note("pid"));
    assert!(was_alive && !process.is_alive());
}

/// As root the test can act for somebody else; as anybody else it can only be refused.
#[tokio::test]
async fn scanners_run_as_the_user_that_was_named() {
    let fakes = Fakes::bandit(
        r#"id -u > "$HOME/who"; id -G >> "$HOME/who"; stat -c %u "$HOME" >> "$HOME/who"; cp "$HOME/who" "$NOTES/who"
           cat "$whole" > "$report"; exit 1"#,
    );
    if !nix::unistd::geteuid().is_root() {
        let refused = User::named("root").unwrap_err();
        assert!(refused.contains("only root can run scanners"), "{refused}");
        eprintln!("only root can run a scanner as somebody else: that part did not run");
        return;
    }
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    assert!(User::named("root").unwrap().is_none(), "that is who runs this");
    assert!(User::named("nobody at all").unwrap_err().contains("there is no user"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    for folder in [fakes.notes.path(), fakes.target.path()] {
        std::fs::set_permissions(folder, mode(0o777)).unwrap();
    }
    let hidden = fakes.target.path().join("hidden.py");
    std::fs::write(&hidden, "x = 1\n").unwrap();
    std::fs::set_permissions(&hidden, mode(0o600)).unwrap();
    let request = ScanRequest { user: User::named("nobody").unwrap(), ..fakes.request() };
    let (outcome, _) = fakes.scan(request).await;
    assert_eq!(outcome.failed, Vec::new());
    assert_eq!(outcome.records.len(), 1, "its report was read");
    assert_eq!(outcome.ran[0].warnings, ["hidden.py cannot be read"]);
    let who = fakes.note("who");
    assert_eq!(who, format!("{0}\n{1}\n{0}", nobody.uid, nobody.gid), "user, groups, owner of its folder");
}

/// What Lynis' tests get to see depends on its rights, and its report does not tell them.
#[tokio::test]
async fn lynis_has_looked_at_everything_as_root_alone() {
    let mut fakes = Fakes::bandit("exit 1");
    fakes.add(
        "lynis",
        r#"[ "$1" = show ] && { echo 3.0.8; exit; }
           for word in "$@"; do [ "$before" = --report-file ] && report=$word; before=$word; done
           printf '%s\n' lynis_version=3.0.8 'report_datetime_start=2026-01-01 00:00:00' hostname=web1 test_category=all \
             'report_datetime_end=2026-01-01 00:00:09' 'tests_executed=SSH-7408|' finish=true > "$report""#,
    );
    std::fs::set_permissions(fakes.notes.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let scanned = async |user| {
        let request = ScanRequest {
            scan_types: vec![ScanType::Baseline],
            scanners: Some(vec!["lynis".to_owned()]),
            user,
            ..ScanRequest::new(Targets::default())
        };
        let (outcome, _) = fakes.scan(request).await;
        assert_eq!((outcome.failed.len(), outcome.coverage.len()), (0, 1), "{:?}", outcome.failed);
        outcome.coverage[0].complete
    };
    let is_root = nix::unistd::geteuid().is_root();
    assert_eq!(scanned(None).await, is_root);
    if is_root {
        assert!(!scanned(User::named("nobody").unwrap()).await);
    }
}
