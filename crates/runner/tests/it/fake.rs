//! Scanners made of a few lines of shell, in a folder of their own, and a target to point them at.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use scanhelm_runner::{Discovery, Limits, RunnerEvent, ScanOutcome, ScanRequest, run};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A whole report of Bandit with one finding in `app.py`.
pub(crate) const REPORT: &str = r#"{"errors": [], "generated_at": "2026-11-21T22:01:32Z",
  "metrics": {"_totals": {"loc": 1}, "./app.py": {"loc": 1}},
  "results": [{"code": "1 eval(input())\n", "col_offset": 0, "filename": "./app.py", "issue_confidence": "HIGH",
    "issue_cwe": {"id": 78, "link": "https://cwe.mitre.org/data/definitions/78.html"}, "issue_severity": "HIGH",
    "issue_text": "Possibly insecure function.", "line_number": 1, "line_range": [1],
    "more_info": "https://bandit.readthedocs.io", "test_id": "B307", "test_name": "eval_used"}]}"#;

/// A whole report of Semgrep without findings.
pub(crate) const SEMGREP_REPORT: &str =
    r#"{"version": "1.182.0", "results": [], "errors": [], "paths": {"scanned": ["app.py"]}}"#;

pub(crate) struct Fakes {
    /// For the scripts' own use; `$NOTES` in a script.
    pub(crate) notes: TempDir,
    pub(crate) target: TempDir,
    programs: BTreeMap<String, PathBuf>,
}

impl Fakes {
    /// Bandit as a script that finds `$report` and the file `$whole` with [`REPORT`].
    pub(crate) fn bandit(script: &str) -> Self {
        let notes = TempDir::new().unwrap();
        let target = TempDir::new().unwrap();
        fs::write(target.path().join("app.py"), "eval(input())\n").unwrap();
        fs::write(notes.path().join("whole"), REPORT).unwrap();
        fs::write(notes.path().join("whole-semgrep"), SEMGREP_REPORT).unwrap();
        let mut fakes = Self { notes, target, programs: BTreeMap::new() };
        fakes.add("bandit", script);
        fakes
    }

    pub(crate) fn add(&mut self, id: &str, script: &str) {
        let path = self.notes.path().join(id);
        let notes = self.notes.path().display();
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo fake 9.9.9; exit 0; fi\n\
             NOTES={notes}; whole=$NOTES/whole; report=\n\
             for word in \"$@\"; do [ \"$last\" = --output ] && report=$word; last=$word; done\n{script}\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.programs.insert(id.to_owned(), path);
    }

    pub(crate) fn discovery(&self) -> Discovery {
        Discovery::new(Vec::new(), self.programs.clone())
    }

    pub(crate) fn request(&self) -> ScanRequest {
        ScanRequest {
            scanners: Some(self.programs.keys().cloned().collect()),
            limits: Limits { time: Duration::from_secs(60), grace: Duration::from_secs(1), ..Limits::default() },
            ..ScanRequest::new(self.target.path())
        }
    }

    pub(crate) async fn scan(&self, request: ScanRequest) -> (ScanOutcome, Vec<RunnerEvent>) {
        scan(&self.discovery(), request, &CancellationToken::new()).await
    }

    /// As usual.
    pub(crate) async fn scanned(&self) -> (ScanOutcome, Vec<RunnerEvent>) {
        self.scan(self.request()).await
    }

    /// The reason for which the only scanner failed.
    pub(crate) async fn failure(&self, request: ScanRequest) -> String {
        let (outcome, _) = self.scan(request).await;
        assert_eq!(outcome.records, Vec::new(), "a failed scanner gives no records");
        assert_eq!(outcome.ran, Vec::new());
        outcome.failed.into_iter().next().expect("the scanner failed").reason
    }

    pub(crate) fn note(&self, name: &str) -> String {
        fs::read_to_string(self.notes.path().join(name)).unwrap_or_default().trim().to_owned()
    }
}

pub(crate) async fn scan(
    discovery: &Discovery,
    request: ScanRequest,
    cancel: &CancellationToken,
) -> (ScanOutcome, Vec<RunnerEvent>) {
    let events = Mutex::new(Vec::new());
    let outcome = run(discovery, request, cancel, |event| events.lock().unwrap().push(event)).await.unwrap();
    (outcome, events.into_inner().unwrap())
}

pub(crate) fn is_alive(pid: &str) -> bool {
    assert!(!pid.is_empty(), "the script noted no pid");
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// A killed process is gone when the kernel has run it once more.
pub(crate) fn assert_gone(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        std::thread::yield_now();
    }
}
