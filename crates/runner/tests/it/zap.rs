//! ZAP through the API of its daemon, with a stand-in: no registry has ZAP (see `fixtures/zap_daemon.py`).

use std::fs;
use std::time::Duration;

use scanhelm_runner::{Limits, ScanOutcome, ScanRequest, ScanState, Site};
use tokio_util::sync::CancellationToken;

use crate::fake::{Fakes, assert_gone, is_alive, scan};
use crate::servers::listening;

struct Zap {
    fakes: Fakes,
    site: String,
}

impl Zap {
    fn new(mode: &str) -> Self {
        let mut fakes = Fakes::bandit("");
        let daemon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/zap_daemon.py");
        let script = format!("[ \"$1\" = -version ] && echo 2.16.1 && exit 0\nexec python3 {daemon} $NOTES \"$@\"");
        fakes.add("zap", &script);
        fs::write(fakes.notes.path().join("mode"), mode).unwrap();
        Self { fakes, site: format!("http://127.0.0.1:{}/shop/", listening(&[[127, 0, 0, 1]])) }
    }

    fn request(&self, time: Duration) -> ScanRequest {
        ScanRequest {
            scanners: Some(vec!["zap".to_owned()]),
            limits: Limits { time, grace: Duration::from_secs(5), ..Limits::default() },
            ..ScanRequest::new(self.site.parse::<Site>().unwrap())
        }
    }

    async fn scan(&self) -> ScanOutcome {
        self.fakes.scan(self.request(Duration::from_secs(60))).await.0
    }

    /// Why it failed; nothing of it is left.
    async fn failure(&self) -> String {
        let outcome = self.scan().await;
        assert_eq!((outcome.state, outcome.records.len()), (ScanState::Failed, 0), "{outcome:?}");
        self.assert_gone();
        outcome.failed.into_iter().next().unwrap().reason
    }

    fn assert_gone(&self) {
        for name in ["pid", "helper"] {
            assert_gone(&self.fakes.note(name));
        }
    }
}

#[tokio::test]
async fn a_site_is_crawled_attacked_and_reported_and_the_daemon_ends() {
    let zap = Zap::new("");
    let outcome = zap.scan().await;
    assert_eq!(outcome.failed, Vec::new());
    let found: Vec<_> =
        outcome.records.iter().map(|record| format!("{} {}", record.rule_id, record.location.label())).collect();
    assert_eq!(found, [format!("40012 {} [name]", zap.site)]);
    let ran = outcome.ran.first().unwrap();
    assert!(ran.warnings.first().unwrap().contains("on another host than the target's was left out"), "{ran:?}");
    assert_eq!((ran.version.as_deref(), ran.exit_code), (Some("2.16.1"), 0));
    assert_eq!(zap.fakes.note("subtree"), "true", "what is beside the start on the host is not crawled");
    assert!(zap.fakes.notes.path().join("shut down").exists(), "{}", zap.fakes.note("asked"));
    zap.assert_gone();

    let (key, arguments) = (zap.fakes.note("key"), zap.fakes.note("arguments"));
    assert!(key.len() == 64 && !arguments.contains(&key) && !ran.commands.concat().contains(&key), "{arguments}");
    assert!(!arguments.contains("shop"), "{arguments}");
}

#[tokio::test]
async fn a_scan_that_does_not_come_to_its_end_is_a_failure_and_leaves_nothing() {
    for (mode, words) in [
        ("port taken", "it ended before its scan was done, with exit status: 1: Unable to start the main proxy"),
        ("other key", "does not let us in: answered 403"),
        ("site down", "its API failed to open the site: answered 400"),
        ("odd", "`soon` where a number is due"),
        ("half a report", "its report cannot be used"),
    ] {
        let reason = Zap::new(mode).failure().await;
        assert!(reason.contains(words), "{mode}: {reason}");
    }
}

#[tokio::test]
async fn an_attack_without_end_ends_at_the_time_limit() {
    let zap = Zap::new("endless");
    let (outcome, _) = zap.fakes.scan(zap.request(Duration::from_secs(8))).await;
    let reason = outcome.failed.first().unwrap().reason.clone();
    assert!(reason.contains("did not end within 8 seconds"), "{reason}");
    zap.assert_gone();
}

#[tokio::test]
async fn cancelling_ends_the_daemon() {
    let zap = Zap::new("endless");
    let cancel = CancellationToken::new();
    let ready = zap.fakes.notes.path().join("ready");
    let stop = async {
        while !ready.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(is_alive(&zap.fakes.note("helper")));
        cancel.cancel();
    };
    let discovery = zap.fakes.discovery();
    let (scan, ()) = tokio::join!(scan(&discovery, zap.request(Duration::from_secs(60)), &cancel), stop);
    assert_eq!((scan.0.state, scan.0.failed.len()), (ScanState::Cancelled, 0));
    zap.assert_gone();
}
