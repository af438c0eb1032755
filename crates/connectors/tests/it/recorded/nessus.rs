//! Answers that Tenable's own service gave to a client nobody here wrote. The local Nessus API and its cloud twin share
//! the shapes of these answers; where the twin's address of the same thing differs, the test says so.

use scanhelm_connectors::contract::{CallError, RunRef, Session};
use scanhelm_connectors::nessus::Nessus;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_net::Exchange;
use scanhelm_testkit::corpus::CorpusFile;
use serde_json::{Value, json};

use super::{answer, as_is, exchanges};
use crate::cases::CASES;
use crate::stage::wanted;

fn file(name: &str) -> Option<CorpusFile> {
    super::corpus_file("tenable_io", name)
}

fn session(mut exchanges: Vec<Exchange>) -> Box<dyn Session> {
    // The twin has no such page.
    exchanges.push(answer("GET", "/server/properties", 404, "{}"));
    super::session(&Nessus, &["access_key", "secret_key"], exchanges)
}

#[tokio::test]
async fn the_recorded_list_of_475_scans_is_read_whole() {
    let Some(file) = file("test_scan_list.json") else { return };
    let list = session(exchanges(&file, as_is)).list_scans().await.unwrap();
    assert_eq!(list.scans.len() as u64, file.count("scans").unwrap());
    assert_eq!(list.incarnation, None);
    let count = |state| list.scans.iter().filter(|scan| scan.state == Some(state)).count();
    // 316 empty, 135 imported and 18 completed, 4 canceled, 2 aborted.
    assert_eq!(
        (count(VendorState::Queued), count(VendorState::Completed), count(VendorState::Cancelled)),
        (316, 153, 4)
    );
    assert_eq!(count(VendorState::Failed), 2);
    assert!(list.scans.iter().all(|scan| scan.external_run_id.is_some() == (scan.raw_status != "empty")));
}

#[tokio::test]
async fn a_list_with_a_running_scan_and_folders_is_read() {
    let Some(file) = file("j1_scans-ok.json") else { return };
    let list = session(exchanges(&file, as_is)).list_scans().await.unwrap();
    let running = list.scans.iter().find(|scan| scan.state == Some(VendorState::Running)).unwrap();
    assert!(running.external_run_id.is_some());
    assert!(list.scans.iter().all(|scan| scan.details["folder"] == json!("My Scans")), "{list:?}");
}

#[tokio::test]
async fn a_recorded_scan_has_its_counts_runs_and_preview() {
    let Some(file) = file("test_scan_results.json") else { return };
    let exchanges = exchanges(&file, as_is);
    let id = exchanges.iter().find_map(|exchange| exchange.target.strip_prefix("/scans/")).unwrap().to_owned();
    let session = session(exchanges);
    assert_eq!(session.list_scans().await.unwrap().scans.len() as u64, file.count("scans").unwrap());
    let seen = session.scan(&id).await.unwrap().unwrap();
    assert_eq!(seen.state, Some(VendorState::Completed));
    assert_eq!(seen.asset_count, file.count("hosts"));
    let counts = seen.counts.unwrap();
    assert_eq!((counts.info, counts.total()), (133, 133));
    assert_eq!(seen.progress, Some(100.0));
    assert!(seen.finished_at.unwrap() > seen.started_at.unwrap());
    assert_eq!(session.history().unwrap().runs(&id).await.unwrap().len() as u64, file.count("history").unwrap());
    let preview = session.preview().unwrap().preview(&id).await.unwrap().unwrap();
    assert_eq!(preview.rows.len() as u64, file.count("vulnerabilities").unwrap());
    assert_eq!(preview.by_severity, counts);
}

#[tokio::test]
async fn a_recorded_scan_of_221_hosts_adds_up() {
    let Some(file) = file("test_scan_results_with_history_id.json") else { return };
    let recorded: Vec<Value> = serde_json::from_slice(&file.bytes()).unwrap();
    let hosts = recorded[0]["response"]["hosts"].as_array().unwrap();
    let sum = |field: &str| hosts.iter().map(|host| host[field].as_u64().unwrap()).sum::<u64>();
    // The recording asked for one run by number; the shape is the same without.
    let session = session(exchanges(&file, |target| target.split('?').next().unwrap().to_owned()));
    let seen = session.scan("419").await.unwrap().unwrap();
    assert_eq!(seen.asset_count, file.count("hosts"));
    let counts = seen.counts.unwrap();
    assert_eq!(
        (counts.critical, counts.high, counts.medium, counts.low, counts.info),
        (sum("critical"), sum("high"), sum("medium"), sum("low"), sum("info"))
    );
    assert_eq!(session.history().unwrap().runs("419").await.unwrap().len() as u64, file.count("history").unwrap());
    let preview = session.preview().unwrap().preview("419").await.unwrap().unwrap();
    assert_eq!(preview.rows.len() as u64, file.count("vulnerabilities").unwrap().min(200));
    assert!(preview.rows.windows(2).all(|pair| pair[0].severity >= pair[1].severity), "worst first");
}

#[tokio::test]
async fn recorded_refusals_are_told_apart() {
    let Some(forbidden) = file("j1_scan-forbidden.json") else { return };
    let error = session(exchanges(&forbidden, as_is)).scan("12").await.unwrap_err();
    assert!(matches!(error, CallError::Failed { kind: ConditionKind::Permission, .. }), "{error:?}");

    let missing = file("test_scan_results_scan_not_found_error.json").unwrap();
    let session_without = session(exchanges(&missing, |target| target.split('?').next().unwrap().to_owned()));
    assert_eq!(session_without.scan("583").await.unwrap(), None);

    let never = file("j1_scan-never-executed.json").unwrap();
    let seen = session(exchanges(&never, as_is)).scan("14").await.unwrap().unwrap();
    assert_eq!((seen.state, seen.external_run_id, seen.counts), (Some(VendorState::Queued), None, None));
    assert_eq!(seen.details["never_run"], json!(true));
}

#[tokio::test]
async fn recorded_scanners_templates_and_creation_are_read() {
    let Some(scanners) = file("test_list_scanners.json") else { return };
    let seen = session(exchanges(&scanners, as_is)).sub_scanners().unwrap().sub_scanners().await.unwrap();
    assert_eq!(seen.len() as u64, scanners.count("scanners").unwrap());

    let created = file("test_scan_create_scan_success.json").unwrap();
    // The twin's client reads the templates of policies, which look the same.
    let session = session(exchanges(&created, |target| target.replace("/editor/policy/", "/editor/scan/")));
    let create = session.create().unwrap();
    assert_eq!(create.templates().await.unwrap().len() as u64, created.count("templates").unwrap());
    let scan = create.create(&wanted(&CASES[0], "recorded", "t")).await.unwrap();
    assert!(!scan.launched && scan.external_scan_id.parse::<u64>().is_ok());
}

#[tokio::test]
async fn a_recorded_deletion_is_a_success_and_so_is_a_second_one() {
    let Some(file) = file("test_scan_delete.json") else { return };
    let mut recorded = exchanges(&file, as_is);
    let id = recorded.iter().find(|exchange| exchange.method == "DELETE").unwrap().target["/scans/".len()..].to_owned();
    // What the connector looks at first is not in the recording.
    let target = format!("/scans/{id}");
    recorded.push(answer("GET", &target, 200, json!({"info": {"status": "empty"}}).to_string()));
    let session = session(recorded);
    session.delete().unwrap().delete(&id).await.unwrap();
    session.delete().unwrap().delete(&id).await.unwrap();
}

#[tokio::test]
async fn a_recorded_report_is_taken_whole_or_not_at_all() {
    let Some(file) = file("test_scan_export_file_object.4.nessus") else { return };
    let report = file.bytes();
    let state = json!({"token": "t", "file": "9", "requests": 1});
    let run = RunRef { external_scan_id: "1".to_owned(), external_run_id: None };
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report.nessus");
    let target = "/tokens/t/download";
    let whole = session(vec![answer("GET", target, 200, report.clone())]);
    let downloaded = whole.results().download(&run, &state, into.clone()).await.unwrap();
    assert_eq!((downloaded.bytes, downloaded.format), (report.len() as u64, Some("nessus")));
    assert_eq!(std::fs::read(&into).unwrap(), report);
    std::fs::remove_file(&into).unwrap();
    for broken in [&report[..report.len() / 2], &report[report.len() / 2..], &b""[..], &b"<html>log in</html>"[..]] {
        let cut = session(vec![answer("GET", target, 200, broken.to_vec())]);
        let error = cut.results().download(&run, &state, into.clone()).await.unwrap_err();
        assert!(matches!(error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{error:?}");
        assert!(!into.exists());
    }
}
