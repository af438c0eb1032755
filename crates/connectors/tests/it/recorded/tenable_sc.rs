//! What Security Center 5.8 answered to pyTenable. The recordings ask for default fields, one asks for a number and
//! was answered with another: `moved` and `patched` say which, everything else is as it came.

use bytes::Bytes;
use scanhelm_connectors::contract::{CallError, Prepared, RunRef, Session};
use scanhelm_connectors::tenable_sc::TenableSc;
use scanhelm_core::Severity;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_net::Exchange;
use scanhelm_testkit::corpus::{CorpusFile, vendor_corpus};
use serde_json::{Value, json};

use super::{answer, as_is, exchanges};
use crate::cases::CASES;
use crate::stage::wanted;

const FOLDER: &str = "tenable_sc";

fn file(name: &str) -> Option<CorpusFile> {
    super::corpus_file(FOLDER, name)
}

/// Hears each exchange whatever the query is, as the recordings were asked with default fields.
fn session(exchanges: Vec<Exchange>) -> Box<dyn Session> {
    let mut with_queries = Vec::new();
    for exchange in exchanges {
        let path = exchange.target.split('?').next().unwrap().to_owned();
        for query in queries(&path) {
            with_queries.push(Exchange { target: format!("{path}{query}"), ..exchange.clone() });
        }
    }
    super::session(&TenableSc, &["access_key", "secret_key"], with_queries)
}

/// What the connector asks a path with.
fn queries(path: &str) -> Vec<String> {
    const WINDOW: &str = "&startTime=946684800&endTime=4102444800";
    const RESULT: &str = "id%2Cname%2Cstatus%2CimportStatus%2CdownloadAvailable%2Cscan%2CstartTime%2CfinishTime%2C\
                          completedChecks%2CtotalChecks%2CresultType";
    const SCAN: &str = "id%2Cname%2Cdescription%2Cowner%2Cpolicy%2Crepository%2Czone%2Cschedule";
    let asked = match path.trim_start_matches("/rest/").split('/').collect::<Vec<_>>().as_slice() {
        ["scanResult"] => format!("?fields={RESULT}{WINDOW}"),
        ["scanResult", _] => {
            format!("?fields={RESULT}%2CerrorDetails%2CimportErrorDetails%2Cdetails%2Cowner%2Crepository%2Cprogress")
        }
        ["scan"] => format!("?fields={SCAN}"),
        ["scan", _] => format!("?fields={SCAN}%2CipList%2Cassets"),
        ["scanner"] => "?fields=id%2Cname%2Cstatus%2Cversion".to_owned(),
        ["zone"] => "?fields=id%2Cname%2Cscanners".to_owned(),
        ["policy"] => "?fields=id%2Cname%2Cdescription".to_owned(),
        ["repository"] => "?fields=id%2Cname%2Cdescription%2CdataFormat".to_owned(),
        _ => String::new(),
    };
    vec![String::new(), asked]
}

fn envelope(response: &Value) -> String {
    json!({"type": "regular", "response": response, "error_code": 0, "error_msg": "", "warnings": [], "timestamp": 1_550_189_107})
        .to_string()
}

fn system() -> Exchange {
    let facts = json!({"version": "5.8.0", "uuid": "2EAED2D2", "licenseStatus": "Valid"});
    answer("GET", "/rest/system", 200, envelope(&facts))
}

/// The answers of a file with something added that the recorded request did not ask for.
fn patched(mut exchanges: Vec<Exchange>, patch: impl Fn(&mut Value)) -> Vec<Exchange> {
    for exchange in &mut exchanges {
        let mut body: Value = serde_json::from_slice(&exchange.body).unwrap();
        patch(body.get_mut("response").unwrap());
        exchange.body = Bytes::from(body.to_string());
    }
    exchanges
}

/// The recorded list of results has the default fields only; these are what the recorded detail of one of them has.
fn with_asked_fields(response: &mut Value) {
    for list in ["usable", "manageable"] {
        for result in response[list].as_array_mut().unwrap() {
            result["scan"] = json!({"id": -1, "name": "", "description": ""});
            result["importStatus"] = "Finished".into();
            result["downloadAvailable"] = "true".into();
        }
    }
}

#[tokio::test]
async fn the_recorded_lists_become_scans_and_results_without_one() {
    let (Some(scans), Some(results)) = (file("test_scans_list.json"), file("test_scan_instances_list.json")) else {
        return;
    };
    let mut recorded = exchanges(&scans, as_is);
    recorded.extend(patched(exchanges(&results, as_is), with_asked_fields));
    recorded.push(system());
    let list = session(recorded).list_scans().await.unwrap();
    let (alone, defined): (Vec<_>, Vec<_>) =
        list.scans.iter().partition(|scan| scan.external_scan_id.starts_with("result-"));
    assert_eq!(defined.len() as u64, scans.count("usable").unwrap());
    assert_eq!(alone.len() as u64, results.count("usable").unwrap());
    assert_eq!(list.incarnation.as_deref(), Some("2EAED2D2"));
    assert!(defined.iter().all(|scan| scan.state == Some(VendorState::Queued) && scan.raw_status == "never run"));
    assert!(alone.iter().all(|scan| scan.state == Some(VendorState::Completed)));
    let partial = alone.iter().find(|scan| scan.external_run_id.as_deref() == Some("123")).unwrap();
    assert_eq!((partial.raw_status.as_str(), &partial.details["partial"]), ("Partial / Finished", &json!(true)));
}

#[tokio::test]
async fn a_result_that_does_not_say_whose_it_is_spoils_the_list() {
    let (Some(scans), Some(results)) = (file("test_scans_list.json"), file("test_scan_instances_list.json")) else {
        return;
    };
    let mut recorded = exchanges(&scans, as_is);
    recorded.extend(exchanges(&results, as_is));
    recorded.push(system());
    let error = session(recorded).list_scans().await.unwrap_err();
    assert!(matches!(error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{error:?}");
}

#[tokio::test]
async fn a_recorded_result_has_its_times_scanners_and_hosts() {
    let Some(file) = file("test_scan_instances_details_success.json") else { return };
    // Asked for 120, answered with 121.
    let session = session(exchanges(&file, |target| target.replace("/120", "/121")));
    let seen = session.scan("result-121").await.unwrap().unwrap();
    assert_eq!((seen.state, seen.raw_status.as_str()), (Some(VendorState::Completed), "Completed / Finished"));
    assert_eq!(seen.name, "Daily Internal Scan (2019-02-13 06:00 UTC)");
    assert_eq!((seen.asset_count, seen.progress), (Some(49), Some(100.0)));
    assert_eq!(seen.sub_scanner.as_deref(), Some("scanner-1"));
    assert_eq!(seen.started_at.unwrap().to_string(), "2019-02-13T06:00:06.000Z");
    assert_eq!(seen.finished_at.unwrap().since(seen.started_at.unwrap()).as_secs(), 1972);
    for (fact, value) in
        [("policy", "Full Safe Scan"), ("owner", "steve"), ("repository", "Default"), ("scanners", "Internal Scanner")]
    {
        assert_eq!(seen.details[fact], json!(value));
    }
    let run = RunRef { external_scan_id: "result-121".to_owned(), external_run_id: None };
    let prepared = session.results().prepare(&run, None).await.unwrap();
    assert!(matches!(prepared, Prepared::Ready { .. }), "{prepared:?}");
}

#[tokio::test]
async fn an_answer_about_another_result_is_not_believed() {
    let Some(file) = file("test_scan_instances_details_success.json") else { return };
    let error = session(exchanges(&file, as_is)).scan("result-120").await.unwrap_err();
    assert!(error.to_string().contains("got another one"), "{error}");
}

#[tokio::test]
async fn a_recorded_definition_has_its_targets_and_policy() {
    let Some(file) = file("test_scans_details.json") else { return };
    let recorded = exchanges(&file, as_is);
    let details = recorded.iter().find(|exchange| exchange.method == "GET").unwrap();
    let body: Value = serde_json::from_slice(&details.body).unwrap();
    let (number, id) = (details.target.rsplit('/').next().unwrap().to_owned(), body["response"]["id"].clone());
    // The recorder gave the answer another number than the request.
    let mut recorded = exchanges(&file, |target| target.replace(&number, id.as_str().unwrap()));
    recorded.push(answer("GET", "/rest/scanResult", 200, envelope(&json!({"usable": [], "manageable": []}))));
    let seen = session(recorded).scan(id.as_str().unwrap()).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.state), ("Example Scan", Some(VendorState::Queued)));
    assert_eq!(seen.targets.as_deref().unwrap(), ["127.0.0.1"]);
    assert_eq!((&seen.details["policy"], &seen.details["owner"]), (&json!("Full Safe Scan"), &json!("api")));
    assert_eq!((&seen.details["vendor_schedule"]["type"], seen.sub_scanner), (&json!("template"), None));
}

#[tokio::test]
async fn a_recorded_launch_creation_and_deletion_are_read() {
    let Some(launched) = file("test_scans_launch.json") else { return };
    let run = session(exchanges(&launched, as_is)).launch().unwrap().launch("9").await.unwrap();
    assert_eq!(run.as_deref(), Some("8"));

    let mut recorded = exchanges(&file("sc_scans_create.json").unwrap(), as_is);
    let one = |name: &str| json!([{"id": "1", "name": name, "description": ""}]);
    recorded.push(answer("GET", "/rest/policy", 200, envelope(&json!({"usable": one("Full Safe Scan")}))));
    recorded.push(answer("GET", "/rest/repository", 200, envelope(&one("Default"))));
    let session_of_creation = session(recorded);
    let create = session_of_creation.create().unwrap();
    let created = create.create(&wanted(&CASES[0], "recorded", "t")).await.unwrap();
    assert_eq!((created.external_scan_id.as_str(), created.launched), ("9", false));

    let mut recorded = exchanges(&file("test_scans_delete.json").unwrap(), as_is);
    recorded.push(answer("GET", "/rest/scanResult", 200, envelope(&json!({"usable": []}))));
    let session_of_deletion = session(recorded);
    for _ in 0..2 {
        // The second is answered 403 with code 147: there is no such scan.
        session_of_deletion.delete().unwrap().delete("9").await.unwrap();
    }
    let mut recorded = exchanges(&file("test_scan_instances_delete_success.json").unwrap(), as_is);
    let details = exchanges(&file("test_scan_instances_details_success.json").unwrap(), as_is);
    recorded.extend(patched(details, |response| response["id"] = "120".into()));
    session(recorded).delete().unwrap().delete("result-120").await.unwrap();
}

#[tokio::test]
async fn recorded_scanners_and_zones_are_the_sub_scanners() {
    let Some(scanners) = file("test_scanners_list_success.json") else { return };
    let zones = file("test_scan_zones_list_success.json").unwrap();
    let mut recorded = exchanges(&scanners, as_is);
    recorded.extend(exchanges(&zones, as_is));
    let seen = session(recorded).sub_scanners().unwrap().sub_scanners().await.unwrap();
    let (in_zones, alone): (Vec<_>, Vec<_>) = seen.iter().partition(|one| one.external_id.starts_with("zone-"));
    assert_eq!(in_zones.len() as u64, zones.count("response").unwrap());
    assert_eq!(alone.len() as u64, scanners.count("response").unwrap());
    let status = |id: &str| seen.iter().find(|one| one.external_id == id).unwrap().status.clone().unwrap();
    assert_eq!((status("scanner-1").as_str(), status("scanner-13").as_str()), ("working", "updating status"));
    // The bits of a status that is being updated, and the facts of one zone.
    let updated: Value = serde_json::from_slice(&file("test_scanners_update_status.json").unwrap().bytes()).unwrap();
    assert_eq!(updated[0]["response"]["response"]["status"].as_array().unwrap().len(), 3);
    let zone: Value = serde_json::from_slice(&file("test_scan_zones_details_success.json").unwrap().bytes()).unwrap();
    let one = envelope(&json!([zone[0]["response"]["response"]]));
    let recorded = vec![
        answer("GET", "/rest/zone", 200, one),
        answer("GET", "/rest/scanner", 200, envelope(&updated[0]["response"]["response"]["status"])),
    ];
    let seen = session(recorded).sub_scanners().unwrap().sub_scanners().await.unwrap();
    assert_eq!((seen.len(), seen[0].status.as_deref()), (4, Some("scan zone without a scanner")));
    assert_eq!(seen[1].status.as_deref(), Some("working, updating status"));
}

#[tokio::test]
async fn a_recorded_analysis_becomes_the_preview() {
    let Some(analysis) = file("test_analysis_vulns_sumseverity_tool.json") else { return };
    let details =
        exchanges(&file("test_scan_instances_details_success.json").unwrap(), |target| target.replace("/120", "/121"));
    // The severities come first, then the plugins, which nobody recorded: as many as there are, so none here.
    let mut recorded = exchanges(&analysis, as_is);
    recorded.push(answer("POST", "/rest/analysis", 200, envelope(&json!({"totalRecords": "0", "results": []}))));
    recorded.extend(details);
    let posts: Vec<Exchange> = recorded.iter().filter(|exchange| exchange.method == "POST").cloned().collect();
    let mut in_order = posts;
    in_order.extend(recorded.into_iter().filter(|exchange| exchange.method == "GET"));
    let session = super::session(&TenableSc, &["access_key", "secret_key"], with_details_asked(in_order));
    let preview = session.preview().unwrap().preview("result-121").await.unwrap().unwrap();
    let counts = preview.by_severity;
    assert_eq!((counts.critical, counts.high, counts.medium, counts.low, counts.info), (19, 146, 176, 32, 1256));
    assert_eq!((preview.vulnerabilities, preview.hosts), (1629, 49));
}

fn with_details_asked(exchanges: Vec<Exchange>) -> Vec<Exchange> {
    exchanges
        .into_iter()
        .map(|exchange| {
            let asked = queries(&exchange.target).pop().unwrap_or_default();
            Exchange { target: format!("{}{asked}", exchange.target), ..exchange }
        })
        .collect()
}

/// The shape of single findings, from the recorded pages of the analysis.
#[test]
fn every_recorded_page_of_findings_tells_its_total_and_known_severities() {
    for (name, pages) in
        [("test_analysis_vulns_vulndetails_tool.json", 2), ("test_analysis_vulns_listvuln_tool.json", 2)]
    {
        let Some(file) = file(name) else { return };
        let recorded: Vec<Value> = serde_json::from_slice(&file.bytes()).unwrap();
        assert_eq!(recorded.len(), pages, "{name}");
        for page in &recorded {
            let response = &page["response"]["response"];
            let results = response["results"].as_array().unwrap();
            assert_eq!((results.len() as u64, &response["totalRecords"]), (5, &json!("1629")), "{name}");
            for finding in results {
                let rank = finding["severity"]["id"].as_str().unwrap().parse().unwrap();
                assert!(Severity::from_rank(rank).is_some(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn refusals_and_complaints_are_told_apart() {
    let Some(system) = file("sc_login_5_20_0.json") else { return };
    // 5.20 refuses its facts before a log-in, with an envelope that gives no reason: the version stays unknown.
    let mut recorded = exchanges(&system, as_is);
    let nothing = envelope(&json!({"usable": [], "manageable": []}));
    recorded.push(answer("GET", "/rest/scan", 200, nothing.clone()));
    recorded.push(answer("GET", "/rest/scanResult", 200, nothing.clone()));
    recorded.push(answer("GET", "/rest/policy", 200, nothing));
    recorded.push(answer("GET", "/rest/repository", 200, envelope(&json!([]))));
    let checked = session(recorded).check().await.unwrap();
    assert_eq!((checked.instance.version, checked.instance.incarnation), (None, None));
    let withheld: Vec<_> = checked.instance.capabilities.unwrap().withheld().map(|(what, _)| what).collect();
    assert_eq!(withheld, [scanhelm_core::capability::Capability::Create]);

    // Accepted with code 0 and a complaint: whether it was done is not known.
    let complaint: Value =
        serde_json::from_slice(&file("test_scan_instances_email_success.json").unwrap().bytes()).unwrap();
    let recorded = vec![answer("POST", "/rest/scan/9/launch", 200, complaint[0]["response"].to_string())];
    let error = session(recorded).launch().unwrap().launch("9").await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");

    let refusal = |code: i64, message: &str| {
        json!({"type": "regular", "response": "", "error_code": code, "error_msg": message, "warnings": [], "timestamp": 1})
            .to_string()
    };
    for status in [200, 403] {
        let listing = |code, message: &str| {
            let told = refusal(code, message);
            session(vec![
                answer("GET", "/rest/system", status, told.clone()),
                answer("GET", "/rest/scanResult", status, told),
            ])
        };
        for (code, message, due) in [
            (12, "This request contains an invalid token.", ConditionKind::Authentication),
            (143, "You do not have permission to view this object.", ConditionKind::Permission),
            (99, "The job could not be started.", ConditionKind::VendorError),
        ] {
            let error = listing(code, message).list_scans().await.unwrap_err();
            assert!(matches!(&error, CallError::Failed { kind, .. } if *kind == due), "{status} {code}: {error:?}");
            assert!(error.to_string().contains(message), "{error}");
        }
        let told = refusal(146, "Unable to find existing Scan #31 to launch.\n");
        let launching = session(vec![answer("POST", "/rest/scan/31/launch", status, told)]);
        let error = launching.launch().unwrap().launch("31").await.unwrap_err();
        assert!(matches!(error, CallError::Gone { .. }), "{status}: {error:?}");
        let told = refusal(22, "The scan is already running.");
        let launching = session(vec![answer("POST", "/rest/scan/31/launch", status, told)]);
        let error = launching.launch().unwrap().launch("31").await.unwrap_err();
        assert!(matches!(error, CallError::Refused { by_licence: false, .. }), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn the_recorded_archive_is_taken_whole_or_not_at_all() {
    let Some(file) = file("test_scan_instances_export_scan_success.0.zip") else { return };
    let archive = file.bytes();
    let state = json!({"result": "124", "looks": 1});
    let run = RunRef { external_scan_id: "1".to_owned(), external_run_id: Some("124".to_owned()) };
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report");
    let target = "/rest/scanResult/124/download";
    let whole = session(vec![answer("POST", target, 200, archive.clone())]);
    let downloaded = whole.results().download(&run, &state, into.clone()).await.unwrap();
    assert_eq!((downloaded.bytes, downloaded.format), (archive.len() as u64, Some("nessus")));
    assert_eq!(std::fs::read(&into).unwrap(), archive);
    std::fs::remove_file(&into).unwrap();
    let refusal =
        json!({"type": "regular", "response": "", "error_code": 1, "error_msg": "No.", "warnings": [], "timestamp": 1});
    for broken in [
        &archive[..archive.len() / 2],
        &archive[archive.len() / 2..],
        &b""[..],
        &b"<html>log in</html>"[..],
        refusal.to_string().as_bytes(),
    ] {
        let cut = session(vec![answer("POST", target, 200, broken.to_vec())]);
        let error = cut.results().download(&run, &state, into.clone()).await.unwrap_err();
        assert!(matches!(error, CallError::Failed { .. }), "{error:?}");
        assert!(!into.exists());
    }
}

/// Every file of the folder is used above, or here with its reason.
#[test]
fn every_recording_is_used_or_named() {
    const NAMED: [(&str, &str); 6] = [
        ("test_scans_copy.json", "Scanhelm does not copy scans"),
        ("test_scan_instances_import_scan_success.json", "Scanhelm uploads nothing to Security Center"),
        ("test_scan_instances_reimport_success.json", "Scanhelm uploads nothing to Security Center"),
        ("test_status_status.json", "tells of jobs and licences, not of scans"),
        ("dd_tenable_many_vuln.csv", "read and counted by the formats' corpus tests"),
        ("dd_issue_11102.csv", "read and counted by the formats' corpus tests"),
    ];
    let Some(files) = vendor_corpus(FOLDER) else { return };
    let here = include_str!("tenable_sc.rs");
    for file in files {
        let used = here.matches(&format!("\"{}\"", file.name)).count();
        assert!(used > 0, "{} is not used", file.name);
        if NAMED.iter().any(|(name, _)| *name == file.name) && file.name.ends_with(".json") {
            let recorded: Vec<Value> = serde_json::from_slice(&file.bytes()).unwrap();
            assert_eq!(recorded.len() as u64, file.count("exchanges").unwrap(), "{}", file.name);
        }
    }
}
