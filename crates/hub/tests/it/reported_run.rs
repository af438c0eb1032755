//! Runs of local scanners that another machine tells of: one scan, a source for each scanner.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_hub::import::{ReportedEnd, ReportedRun, ReportedScanner, UploadOptions};
use serde_json::{Value, json};

use crate::harness::{Home, Running, on_both_databases};
use crate::said::{report, says_of_code, with};

const REPOSITORY: &str = "github.com/acme/shop";

fn code(scanner: &str, rule: &str) -> Value {
    with(says_of_code(scanner, rule, "app.py", 3, rule), json!({"seen_at": null}))
}

fn suppressed(record: Value) -> Value {
    with(record, json!({"suppressed": {"by": "inline", "reason": "reviewed"}}))
}

fn scanner(name: &str, end: ReportedEnd) -> ReportedScanner {
    let assets = vec![AssetRecord::repository(REPOSITORY)];
    ReportedScanner { scanner: name.to_owned(), version: Some("1.0".to_owned()), policy: None, assets, end }
}

async fn run(hub: &Running, grant: &Grant, closes: bool, scanners: Vec<ReportedScanner>, found: &[Value]) -> Value {
    let path = hub.hub.imports().upload_file().unwrap();
    std::fs::write(&path, report(found)).unwrap();
    let run = ReportedRun { name: REPOSITORY.to_owned(), scan_types: vec!["code".to_owned()], scanners, closes };
    let ci = CiMetadata { branch_name: Some("main".to_owned()), ..CiMetadata::default() };
    let options = UploadOptions { ci, run: Some(run), ..UploadOptions::default() };
    let accepted = hub.hub.imports().accept(grant, path, options).await.unwrap();
    let job = hub.await_job(grant, accepted.job_id).await;
    job.result.unwrap_or_else(|| json!({"error": job.error}))
}

/// Rule and state of each finding.
async fn states(hub: &Running, grant: &Grant) -> Vec<String> {
    let dump = hub.dump(grant).await;
    let findings = dump.iter().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|parts| parts[1] == "finding");
    let mut states: Vec<String> = findings.map(|parts| format!("{} {}", parts[5], parts[4])).collect();
    states.sort();
    states
}

on_both_databases! {
    async fn what_a_later_run_does_not_show_closes_where_its_scanner_looked_at_everything(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let complete = |name| scanner(name, ReportedEnd::Complete);
        let first = [code("bandit", "A"), code("bandit", "B"), code("gitleaks", "C"), suppressed(code("bandit", "X"))];
        let both = vec![complete("bandit"), complete("gitleaks")];
        let told = run(&hub, &grant, true, both, &first).await;
        assert_eq!((&told["created"], &told["unchanged"]), (&json!(3), &json!(1)), "{told}");
        let [scan] = hub.scans(&grant).await.try_into().unwrap();
        assert_eq!((scan.name.as_str(), scan.run_number, scan.counts.total()), (REPOSITORY, 1, 3));
        assert_eq!(scan.scanners_run, ["bandit", "gitleaks"]);

        let failed = scanner("gitleaks", ReportedEnd::Failed { reason: "exit code 2".to_owned() });
        let told = run(&hub, &grant, true, vec![complete("bandit"), failed.clone()], &[code("bandit", "A")]).await;
        assert_eq!((&told["created"], &told["fixed"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(states(&hub, &grant).await, ["bandit A open", "bandit B fixed", "gitleaks C open"]);
        let [again] = hub.scans(&grant).await.try_into().unwrap();
        assert_eq!((again.id, again.run_number, again.import_state), (scan.id, 2, ImportState::Partial));
        assert_ne!(again.run_id, scan.run_id);
        assert_eq!(again.scanners_run, ["bandit"]);

        // Of a branch, or by a scanner that did not look everywhere.
        run(&hub, &grant, false, vec![complete("bandit")], &[]).await;
        let partly = scanner("bandit", ReportedEnd::Partial { reason: "a file could not be read".to_owned() });
        run(&hub, &grant, true, vec![partly], &[]).await;
        // Suppressed since: it is no longer told, but it is there.
        run(&hub, &grant, true, vec![complete("bandit")], &[suppressed(code("bandit", "A")), suppressed(code("bandit", "D"))]).await;
        assert_eq!(states(&hub, &grant).await, ["bandit A open", "bandit B fixed", "gitleaks C open"]);

        let other = ReportedScanner { policy: Some("arguments 1".to_owned()), ..complete("bandit") };
        run(&hub, &grant, true, vec![other], &[]).await;
        assert_eq!(states(&hub, &grant).await, ["bandit A not_seen", "bandit B fixed", "gitleaks C open"]);
        run(&hub, &grant, true, vec![complete("bandit"), complete("gitleaks")], &[]).await;
        assert_eq!(states(&hub, &grant).await, ["bandit A fixed", "bandit B fixed", "gitleaks C fixed"]);

        let told = run(&hub, &grant, true, vec![failed], &[]).await;
        assert!(told["error"].as_str().unwrap().contains("No scanner looked. gitleaks failed: exit code 2"), "{told}");
        let [last] = hub.scans(&grant).await.try_into().unwrap();
        assert_eq!((last.import_state, last.status()), (ImportState::Failed, Status::Completed));
        assert!(last.error.unwrap().contains("exit code 2"));
        hub.stop().await;
    }
}
