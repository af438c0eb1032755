//! Acunetix' habits and a server that misbehaves in its ways: cursors, counts, ids in a header, no pause, engines.

use std::sync::Arc;

use scanhelm_connectors::by_id;
use scanhelm_connectors::contract::{CallError, Connection, NewVendorScan, RunRef, Session};
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_net::{Exchange, VendorHttp};
use serde_json::{Value, json};

use crate::stage::StandingClock;

fn session(exchanges: Vec<Exchange>) -> Box<dyn Session> {
    let http = VendorHttp::replaying("https://acunetix.example".parse().unwrap(), exchanges, Arc::new(StandingClock));
    let credentials: Credentials = [("api_key".to_owned(), Secret::new("k"))].into_iter().collect();
    let connection = Connection { http, credentials, clock: Arc::new(StandingClock) };
    by_id("acunetix").unwrap().open(connection).unwrap()
}

fn exchange(method: &str, path: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
    Exchange {
        method: method.to_owned(),
        target: format!("/api/v1/{path}"),
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_owned().into(),
    }
}

fn get(path: &str, body: &Value) -> Exchange {
    exchange("GET", path, 200, &[("content-type", "application/json")], &body.to_string())
}

fn post(path: &str, status: u16, body: &str) -> Exchange {
    exchange("POST", path, status, &[], body)
}

fn created(path: &str, location: &str) -> Exchange {
    exchange("POST", path, 201, &[("location", location)], "{}")
}

fn scans(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({"scan_id": id, "target": {"address": "a.example"}, "current_session": null})).collect()
}

fn page(ids: &[&str], pagination: Value) -> Value {
    json!({"scans": scans(ids), "pagination": pagination})
}

async fn listed(exchanges: Vec<Exchange>) -> Result<Vec<String>, CallError> {
    let list = session(exchanges).list_scans().await?;
    Ok(list.scans.into_iter().map(|scan| scan.external_scan_id).collect())
}

fn is_garbage(outcome: Result<Vec<String>, CallError>, why: &str) {
    match outcome {
        Err(CallError::Failed { kind: ConditionKind::Garbage, detail, .. }) => {
            assert!(detail.contains(why), "{detail}");
        }
        other => panic!("{why}: {other:?}"),
    }
}

#[tokio::test]
async fn fm_b25_every_page_is_read_by_cursors_of_either_age() {
    let first = |next: Value| get("scans?l=100", &page(&["a", "b"], next));
    let second = || get("scans?l=100&c=2", &page(&["b", "c"], json!({"count": 3, "cursors": ["2"]})));
    let ids = listed(vec![first(json!({"count": 3, "cursors": ["0", "2"]})), second()]).await.unwrap();
    assert_eq!(ids, ["a", "b", "c"], "what came twice counts once");
    let old = get("scans?l=100&c=2", &page(&["c"], json!({"next_cursor": null, "previous_cursor": 0})));
    assert_eq!(listed(vec![first(json!({"next_cursor": 2})), old]).await.unwrap(), ["a", "b", "c"]);
    assert_eq!(listed(vec![get("scans?l=100", &json!({"scans": scans(&["a"])}))]).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn fm_b26_b27_a_list_that_loops_ends_early_or_changes_is_an_error() {
    let looping = get("scans?l=100", &page(&["a"], json!({"cursors": ["0", "1"]})));
    let again = get("scans?l=100&c=1", &page(&["b"], json!({"cursors": ["1", "1"]})));
    is_garbage(listed(vec![looping, again]).await, "read before");
    let short = get("scans?l=100", &page(&["a", "a"], json!({"count": 3, "cursors": ["0"]})));
    is_garbage(listed(vec![short]).await, "counts 3 and gave 1");
    let first = get("scans?l=100", &page(&["a"], json!({"count": 2, "cursors": ["0", "1"]})));
    let fewer = get("scans?l=100&c=1", &page(&["c"], json!({"count": 3, "cursors": ["1"]})));
    is_garbage(listed(vec![first, fewer]).await, "changed each time");
    let full: Vec<String> = (0..100).map(|number| format!("s{number}")).collect();
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    is_garbage(listed(vec![get("scans?l=100", &json!({"scans": scans(&full)}))]).await, "whether more follow");
    // An error within a success, a list of something else, an entry without an id.
    for answer in [
        json!({"code": 1, "reason": "license expired"}),
        json!({"scans": {}}),
        json!({"scans": [{"target": {}}], "pagination": {"cursors": ["0"]}}),
        json!({"scans": [], "pagination": 5}),
    ] {
        is_garbage(listed(vec![get("scans?l=100", &answer)]).await, "");
    }
}

#[tokio::test]
async fn a_list_that_changed_once_is_read_again() {
    let first = get("scans?l=100", &page(&["a"], json!({"count": 3, "cursors": ["0", "1"]})));
    let second = get("scans?l=100&c=1", &page(&["c"], json!({"count": 2, "cursors": ["1"]})));
    let settled = get("scans?l=100", &page(&["a"], json!({"count": 2, "cursors": ["0", "1"]})));
    assert_eq!(listed(vec![first, settled, second]).await.unwrap(), ["a", "c"]);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_told_as_wrong_credentials() {
    let refusal = exchange("GET", "scans?l=100", 400, &[], r#"{"code":1,"reason":"Invalid Authorization header"}"#);
    let error = listed(vec![refusal]).await.unwrap_err();
    assert!(matches!(error, CallError::Failed { kind: ConditionKind::Authentication, .. }), "{error:?}");
}

fn wanted() -> NewVendorScan {
    NewVendorScan {
        name: "Shop".to_owned(),
        targets: vec!["https://shop.example/".to_owned()],
        template: None,
        sub_scanner: None,
        folder: None,
        client_token: "tok".to_owned(),
        launch: true,
    }
}

async fn create(exchanges: Vec<Exchange>, scan: &NewVendorScan) -> Result<String, CallError> {
    session(exchanges).create().unwrap().create(scan).await.map(|created| {
        assert!(!created.launched, "launching is a command of its own");
        created.external_scan_id
    })
}

#[tokio::test]
async fn the_id_of_what_was_made_is_the_end_of_its_address_wherever_that_points() {
    let target = || created("targets", "/api/v1/targets/t-1");
    for location in ["/api/v1/scans/s-1", "https://evil.example/x/s-1/?a=b#c", "s-1"] {
        assert_eq!(create(vec![target(), created("scans", location)], &wanted()).await.unwrap(), "s-1", "{location}");
    }
    let told = post("scans", 201, r#"{"scan_id":"s-2"}"#);
    assert_eq!(create(vec![target(), told], &wanted()).await.unwrap(), "s-2", "older versions tell it in the body");
    for lost in [created("scans", "/api/v1/scans/..%2f"), post("scans", 201, ""), post("scans", 201, "<html>")] {
        let error = create(vec![target(), lost], &wanted()).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_scan_that_is_turned_down_leaves_no_target_and_a_lost_answer_touches_nothing() {
    let target = || created("targets", "/api/v1/targets/t-1");
    let refusal = || post("scans", 409, r#"{"code":9,"reason":"Target limit reached"}"#);
    let removed = exchange("DELETE", "targets/t-1", 204, &[], "");
    let error = create(vec![target(), refusal(), removed], &wanted()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Refused { detail, .. } if detail.contains("Target limit reached")),
        "{error:?}"
    );
    let error = create(vec![target(), refusal()], &wanted()).await.unwrap_err();
    assert!(error.to_string().contains("stays in Acunetix"), "{error}");
    // No deletion is recorded here, so one would show as a target that stays.
    let error = create(vec![target(), post("scans", 500, "")], &wanted()).await.unwrap_err();
    assert!(matches!(&error, CallError::Unknown { detail } if !detail.contains("stays")), "{error:?}");
}

#[tokio::test]
async fn what_acunetix_cannot_make_is_refused_before_anything_is_sent() {
    let two = NewVendorScan { targets: vec!["a".to_owned(), "b".to_owned()], ..wanted() };
    let folder = NewVendorScan { folder: Some("x".to_owned()), ..wanted() };
    for scan in [two, folder] {
        let error = create(vec![], &scan).await.unwrap_err();
        assert!(matches!(error, CallError::Refused { by_licence: false, .. }), "{error:?}");
    }
    let profiles = json!({"scanning_profiles": [{"profile_id": "p-1", "name": "Full Scan"}]});
    let odd = NewVendorScan { template: Some("Nothing".to_owned()), ..wanted() };
    let error = create(vec![get("scanning_profiles", &profiles)], &odd).await.unwrap_err();
    assert!(error.to_string().contains("It has: Full Scan."), "{error}");
}

#[tokio::test]
async fn an_engine_is_chosen_for_the_scans_own_target_and_read_back() {
    let scan = NewVendorScan { sub_scanner: Some("w-1".to_owned()), ..wanted() };
    let workers = "targets/t-1/configuration/workers";
    let made = || {
        vec![
            created("targets", "/api/v1/targets/t-1"),
            post(workers, 204, ""),
            created("scans", "/api/v1/scans/s-1"),
            exchange("DELETE", "targets/t-1", 204, &[], ""),
        ]
    };
    let mut taken = made();
    taken.push(get(workers, &json!({"workers": [{"worker_id": "w-1"}]})));
    assert_eq!(create(taken, &scan).await.unwrap(), "s-1");
    let mut ignored = made();
    ignored.push(get(workers, &json!({"workers": []})));
    let error = create(ignored, &scan).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused { detail, .. } if detail.contains("did not take it")), "{error:?}");
}

#[tokio::test]
async fn a_version_without_pause_does_not_offer_it() {
    const NIL: &str = "scans/00000000-0000-0000-0000-000000000000";
    let unknown = r#"{"code":404,"reason":"Scan not found"}"#;
    let checked = async |pause: Exchange| {
        let exchanges = vec![
            get("scans?l=100", &page(&[], json!({"count": 0, "cursors": ["0"]}))),
            get("info", &json!({"major_version": 24, "minor_version": "8", "build_number": "240828144"})),
            get("workers", &json!({"workers": []})),
            post(&format!("{NIL}/abort"), 404, unknown),
            pause,
        ];
        session(exchanges).check().await.unwrap().instance
    };
    let instance = checked(post(&format!("{NIL}/pause"), 404, unknown)).await;
    assert_eq!(instance.version.as_deref(), Some("24.8.240828144"));
    assert_eq!(instance.capabilities.unwrap().withheld().count(), 0);
    for (status, body) in [(404, r#"{"code":404,"reason":"Not found"}"#), (405, unknown), (404, "")] {
        let capabilities = checked(post(&format!("{NIL}/pause"), status, body)).await.capabilities.unwrap();
        assert!(!capabilities.has(Capability::Pause), "{status} {body}");
        assert!(capabilities.withheld_because(Capability::Pause).unwrap().contains("no pause"));
        assert!(capabilities.has(Capability::Resume) && capabilities.has(Capability::Stop));
    }
    // The scan is there, so it is the command that is not.
    let running = json!({"scan_id": "s-1", "current_session": {"status": "processing", "scan_session_id": "r-1"}});
    let error = session(vec![post("scans/s-1/pause", 404, ""), get("scans/s-1", &running)])
        .pause()
        .unwrap()
        .pause("s-1")
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Refused { by_licence: false, .. }), "{error:?}");
}

/// A completed run of two records, and what the connector asks about it.
fn run_of_two(configuration: &Value, statistics: &Value, incremental: bool) -> Vec<Exchange> {
    let scan = json!({"scan_id": "s-1", "target_id": "t-1", "profile_name": "Full Scan", "incremental": incremental,
        "target": {"address": "https://shop.example/", "description": "Shop [scanhelm:tok]"},
        "current_session": {"status": "completed", "scan_session_id": "r-2", "progress": 100}});
    let results = json!({"results": [
        {"result_id": "r-1", "status": "completed", "start_date": "2026-11-01T10:00:00Z", "end_date": "2026-11-01T11:00:00Z"},
        {"result_id": "r-2", "status": "completed", "start_date": "2026-11-02T10:00:00Z", "end_date": "2026-11-02T11:00:00Z"},
    ], "pagination": {"count": 2, "cursors": ["0"]}});
    let record = |id: &str| {
        json!({"vuln_id": id, "vt_id": "k", "vt_name": "XSS", "severity": 3,
        "affects_url": format!("https://shop.example/{id}"), "affects_detail": "q", "tags": ["CWE-79"], "status": "open"})
    };
    let list = |ids: &[&str], cursors: Value| json!({"vulnerabilities": ids.iter().map(|id| record(id)).collect::<Vec<_>>(), "pagination": {"count": 2, "cursors": cursors}});
    let run = "scans/s-1/results/r-1";
    vec![
        get("scans/s-1", &scan),
        get("scans/s-1/results?l=100", &results),
        get(&format!("{run}/statistics"), statistics),
        get("info", &json!({"major_version": "24"})),
        get("targets/t-1/configuration", configuration),
        get(&format!("{run}/vulnerabilities?l=100"), &list(&["v-1"], json!(["0", "1"]))),
        get(&format!("{run}/vulnerabilities?l=100&c=1"), &list(&["v-1", "v-2"], json!(["1"]))),
        get(
            &format!("{run}/vulnerabilities/v-1"),
            &json!({"description": "<p>Bad.</p>", "request": "GET /", "loud": "x"}),
        ),
        exchange("GET", &format!("{run}/vulnerabilities/v-2"), 404, &[], "{}"),
    ]
}

async fn fetched(exchanges: Vec<Exchange>) -> Value {
    let session = session(exchanges);
    let run = RunRef { external_scan_id: "s-1".to_owned(), external_run_id: Some("r-1".to_owned()) };
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report");
    let downloaded = session.results().download(&run, &json!({"result": "r-1"}), into.clone()).await.unwrap();
    let bytes = std::fs::read(into).unwrap();
    assert_eq!((downloaded.bytes, downloaded.format), (bytes.len() as u64, Some("acunetix-run")));
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn an_earlier_run_is_written_with_its_own_times_and_each_record_once() {
    let no_login = json!({"login": {"kind": "none"}});
    let file = fetched(run_of_two(&no_login, &json!({}), false)).await;
    assert_eq!((file["count"].clone(), file["run"]["ended_at"].clone()), (json!(2), json!("2026-11-01T11:00:00.000Z")));
    assert_eq!((file["run"]["name"].clone(), file["run"]["version"].clone()), (json!("Shop"), json!("24")));
    assert_eq!((file["run"]["authenticated"].clone(), file["run"]["problems"].clone()), (json!(false), json!([])));
    let records = file["vulnerabilities"].as_array().unwrap();
    assert_eq!(
        records.iter().map(|record| record["vuln_id"].clone()).collect::<Vec<_>>(),
        [json!("v-1"), json!("v-2")]
    );
    assert_eq!(records[0]["detail"], json!({"description": "<p>Bad.</p>", "request": "GET /"}));
    assert_eq!(records[1].get("detail"), None, "a detail that is not to be had costs only itself");
}

#[tokio::test]
async fn a_run_that_may_not_have_seen_all_says_so() {
    let login = json!({"login": {"kind": "sequence"}});
    let file = fetched(run_of_two(&login, &json!({}), false)).await;
    assert_eq!(file["run"]["authenticated"], json!(true));
    let messages = json!({"scanning_app": {"wvs": {"main": {"messages": [
        {"kind": "login_failed", "data": "the login sequence ended early", "level": "error"}]}}}});
    let file = fetched(run_of_two(&login, &messages, false)).await;
    assert_eq!(
        (file["run"]["authenticated"].clone(), file["run"]["problems"].as_array().unwrap().len()),
        (json!(false), 1)
    );
    let aborted = json!({"scanning_app": {"wvs": {"hosts": {"1": {"host": "https://shop.example", "aborted": "true",
        "aborted_reason": "too many errors"}}}}});
    let file = fetched(run_of_two(&login, &aborted, true)).await;
    let problems = file["run"]["problems"].to_string();
    assert!(problems.contains("too many errors") && problems.contains("incremental"), "{problems}");
}

#[tokio::test]
async fn a_run_that_is_gone_is_told_as_such() {
    let session = session(run_of_two(&json!({}), &json!({}), false));
    for (scan, run) in [("s-1", "r-9"), ("s-1", "../x")] {
        let run = RunRef { external_scan_id: scan.to_owned(), external_run_id: Some(run.to_owned()) };
        let error = session.results().prepare(&run, None).await.unwrap_err();
        assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
    }
    let runs = session.history().unwrap().runs("s-1").await.unwrap();
    assert_eq!(runs.iter().map(|run| run.external_run_id.as_str()).collect::<Vec<_>>(), ["r-2", "r-1"]);
    assert_eq!(runs[0].state, Some(VendorState::Completed));
}
