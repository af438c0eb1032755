//! Invicti through the contract, opposite answers in the shapes of its Swagger and of what the service has been seen
//! to answer, and with the real reports of the corpus.

use bytes::Bytes;
use scanhelm_connectors::contract::{CallError, Connection, Connector, NewVendorScan, Prepared, RunRef, Session};
use scanhelm_connectors::invicti::Invicti;
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_net::{Exchange, VendorHttp};
use scanhelm_testkit::corpus::vendor_corpus;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::recorded::answer;
use crate::stage::StandingClock;

const ID: &str = "87be9df1-9f81-46e9-e860-b13b04474ccc";

fn session(exchanges: Vec<Exchange>) -> Box<dyn Session> {
    let http = VendorHttp::replaying("https://recorded.example".parse().unwrap(), exchanges, Arc::new(StandingClock));
    let credentials: Credentials =
        [("user_id", "eace490f449b44d9b35ca7da01861017"), ("api_token", "EY3sVtYuYpx3e+/oAW=")]
            .map(|(name, text)| (name.to_owned(), Secret::new(text)))
            .into_iter()
            .collect();
    Invicti.open(Connection { http, credentials, clock: Arc::new(StandingClock) }).unwrap()
}

fn get(path: &str, body: impl ToString) -> Exchange {
    answer("GET", &format!("/api/1.0/{path}"), 200, body.to_string())
}

fn post(path: &str, status: u16, body: impl ToString) -> Exchange {
    answer("POST", &format!("/api/1.0/{path}"), status, body.to_string())
}

fn task(id: &str, state: &str) -> Value {
    json!({
        "Id": id, "State": state, "ScanType": "Full", "Scope": "EnteredPathAndBelow", "TargetUrl": "http://php.example/",
        "WebsiteName": "Sample", "PolicyName": "Default Security Checks", "Percentage": 100, "DeletedOn": null,
        "Initiated": "2024-03-22T19:56:21.4427686+00:00", "StateChanged": "2024-03-22T20:21:53.9273209+00:00",
        "VulnerabilityHighCount": 16,
    })
}

fn page(list: &[Value], total: usize, number: u64, more: bool) -> Value {
    json!({
        "FirstItemOnPage": 1, "HasNextPage": more, "HasPreviousPage": number > 1, "IsFirstPage": number == 1,
        "IsLastPage": !more, "LastItemOnPage": 1, "List": list, "PageCount": 2, "PageNumber": number, "PageSize": 200,
        "TotalItemCount": total,
    })
}

fn listed(number: u64) -> String {
    format!("scans/list?page={number}&pageSize=200")
}

fn detail(task: &Value) -> Exchange {
    get(&format!("scans/detail/{}", task["Id"].as_str().unwrap()), task)
}

fn run(id: &str) -> RunRef {
    RunRef { external_scan_id: id.to_owned(), external_run_id: Some(id.to_owned()) }
}

#[tokio::test]
async fn r69_invicti_offers_no_launch_and_says_what_it_offers() {
    use Capability::{
        Create, DeleteRemote, History, Import, Launch, Pause, Preview, Resume, Stop, SubScanners, Webhooks,
    };
    let offered = Invicti.capabilities();
    assert!([Launch, History].iter().all(|capability| !offered.has(*capability)));
    for capability in [Create, DeleteRemote, Import, Pause, Preview, Resume, Stop, SubScanners, Webhooks] {
        assert!(offered.has(capability), "{capability:?}");
    }
}

#[tokio::test]
async fn the_list_is_read_over_its_pages_without_what_was_deleted() {
    let mut deleted = task("0a110f61b1f949ff30c8ad5104dfd9f5", "Complete");
    deleted["DeletedOn"] = json!("2024-03-23T00:00:00+00:00");
    let list = session(vec![
        get(&listed(1), page(&[task(ID, "Scanning"), deleted], 3, 1, true)),
        get(&listed(2), page(&[task("663eb6e88d9e4f4d9e00ad52017aa66d", "Failed")], 3, 2, false)),
    ])
    .list_scans()
    .await
    .unwrap();
    let seen: Vec<_> = list.scans.iter().map(|scan| (scan.external_scan_id.as_str(), scan.state)).collect();
    assert_eq!(
        seen,
        [(ID, Some(VendorState::Running)), ("663eb6e88d9e4f4d9e00ad52017aa66d", Some(VendorState::Failed))]
    );
}

#[tokio::test]
async fn fm_b25_a_page_that_lacks_something_is_an_error_never_a_shorter_list() {
    let without = |name: &str| {
        let mut page = page(&[task(ID, "Complete")], 1, 1, false);
        page.as_object_mut().unwrap().remove(name);
        page
    };
    let mut nameless = task(ID, "Complete");
    nameless.as_object_mut().unwrap().remove("Id");
    for bad in [
        page(&[task(ID, "Complete")], 3, 1, false),
        page(&[nameless], 1, 1, false),
        without("List"),
        without("TotalItemCount"),
        without("HasNextPage"),
        without("PageNumber"),
        json!([]),
        json!({}),
    ] {
        let error = session(vec![get(&listed(1), &bad)]).list_scans().await.unwrap_err();
        assert!(matches!(error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{bad}: {error:?}");
    }
}

#[tokio::test]
async fn fm_b36_the_answer_for_another_scan_is_refused() {
    let other = task("663eb6e88d9e4f4d9e00ad52017aa66d", "Complete");
    let error = session(vec![get(&format!("scans/detail/{ID}"), other)]).scan(ID).await.unwrap_err();
    assert!(error.to_string().contains("got another one"), "{error}");
    // The same id, spelled without hyphens, is the same.
    let same = task(&ID.replace('-', "").to_uppercase(), "Complete");
    assert!(session(vec![get(&format!("scans/detail/{ID}"), same)]).scan(ID).await.unwrap().is_some());
    let gone = answer("GET", &format!("/api/1.0/scans/detail/{ID}"), 404, "{}");
    assert_eq!(session(vec![gone]).scan(ID).await.unwrap(), None);
    // Nothing is asked: no answer is recorded for it.
    assert_eq!(session(vec![]).scan("../account/license").await.unwrap(), None);
}

/// 200 says nothing; the word does.
#[tokio::test]
async fn a_command_is_what_the_word_in_its_answer_says() {
    for (command, word, expected) in [
        ("pause", "\"Ok\"", "ok"),
        ("resume", "\"Ok\"", "ok"),
        ("cancel", "\"Ok\"", "ok"),
        ("cancel", "\"ScanCancelled\"", "ok"),
        ("pause", "\"ScanCancelled\"", "refused"),
        ("pause", "\"ScanNotRunning\"", "refused"),
        ("resume", "\"ScanNotPaused\"", "refused"),
        ("cancel", "\"ScanCompleted\"", "refused"),
        ("pause", "\"ScanQueued\"", "refused"),
        ("cancel", "\"ScanFailed\"", "refused"),
        ("pause", "\"ScanNotFound\"", "gone"),
        ("pause", "\"Perhaps\"", "unknown"),
        ("pause", "5", "unknown"),
        ("pause", "", "unknown"),
        ("pause", "<!doctype html><title>Log in</title>", "unknown"),
    ] {
        let session = session(vec![post(&format!("scans/{command}"), 200, word)]);
        let outcome = match command {
            "pause" => session.pause().unwrap().pause(ID).await,
            "resume" => session.resume().unwrap().resume(ID).await,
            _ => session.stop().unwrap().stop(ID).await,
        };
        let got = match &outcome {
            Ok(()) => "ok",
            Err(CallError::Refused { .. }) => "refused",
            Err(CallError::Gone { .. }) => "gone",
            Err(CallError::Unknown { .. }) => "unknown",
            Err(CallError::Failed { .. }) => "failed",
        };
        assert_eq!(got, expected, "{command} {word}: {outcome:?}");
    }
}

fn wanted(launch: bool, targets: &[&str], agent: Option<&str>) -> NewVendorScan {
    NewVendorScan {
        name: "Weekly".to_owned(),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        template: None,
        sub_scanner: agent.map(str::to_owned),
        folder: None,
        client_token: "tok-1".to_owned(),
        launch,
    }
}

#[tokio::test]
async fn a_scan_is_created_only_where_starting_it_was_meant() {
    let created = post("scans/new", 201, json!([task(ID, "Queued")]));
    let one = &["http://php.example/"][..];
    let create = |scan: NewVendorScan, exchanges: Vec<Exchange>| async move {
        session(exchanges).create().unwrap().create(&scan).await
    };
    let made = create(wanted(true, one, None), vec![created.clone()]).await.unwrap();
    assert_eq!((made.external_scan_id.as_str(), made.launched), (ID, true));
    for refused in [wanted(false, one, None), wanted(true, &[], None), wanted(true, &["http://a/", "http://b/"], None)]
    {
        let error = create(refused, vec![created.clone()]).await.unwrap_err();
        assert!(matches!(error, CallError::Refused { by_licence: false, .. }), "{error:?}");
    }
    // Accepted, and nobody knows as what.
    for body in ["[]", "{}", "", "<html></html>"] {
        let error = create(wanted(true, one, None), vec![post("scans/new", 201, body)]).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { .. }), "{body}: {error:?}");
    }
    let error = create(wanted(true, one, None), vec![post("scans/new", 400, "\"The website is not verified.\"")]).await;
    let Err(CallError::Refused { detail, .. }) = error else { panic!("{error:?}") };
    assert!(detail.contains("The website is not verified."), "{detail}");
}

#[tokio::test]
async fn a_scan_is_pinned_to_an_agent_by_a_profile_of_its_own() {
    let one = &["http://php.example/"][..];
    let pinned = wanted(true, one, Some("13dfd27f-2d54-4db9-d2ff-b13901187ca9"));
    let profile = post("scanprofiles/new", 201, json!({"ProfileName": "x"}));
    let begun = post("scans/newwithprofile", 201, task(ID, "Queued"));
    let made = session(vec![profile, begun.clone()]).create().unwrap().create(&pinned).await.unwrap();
    assert_eq!(made.external_scan_id, ID);
    // Without the profile nothing began, whatever became of the profile.
    for status in [400, 500] {
        let failed = post("scanprofiles/new", status, "{}");
        let error = session(vec![failed, begun.clone()]).create().unwrap().create(&pinned).await.unwrap_err();
        assert!(!matches!(error, CallError::Unknown { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_scan_that_is_gone_or_goes_meanwhile_counts_as_deleted() {
    let ended = task(ID, "Complete");
    for word in ["\"Ok\"", "\"SomeOfScansNotFound\""] {
        let session = session(vec![detail(&ended), post("scans/delete", 200, word)]);
        assert_eq!(session.delete().unwrap().delete(ID).await, Ok(()), "{word}");
    }
    let session = session(vec![detail(&ended), post("scans/delete", 200, "\"OnGoingScanExisting\"")]);
    let error = session.delete().unwrap().delete(ID).await.unwrap_err();
    assert!(matches!(error, CallError::Failed { retry_after: Some(_), .. }), "{error:?}");
}

#[tokio::test]
async fn an_account_that_may_not_see_the_agents_loses_just_that() {
    let check = |agents: Exchange| {
        session(vec![
            get(
                "account/me",
                json!({"DisplayName": "Scan Helm", "Email": "x@example", "TimeZoneInfo": "GMT Standard Time"}),
            ),
            get(&listed(1), page(&[], 0, 1, false)),
            get("account/license", json!({"Licenses": [{"ProductDefinition": "Team", "IsActive": true}]})),
            agents,
        ])
    };
    let seen = check(get("agents/list?page=1&pageSize=1", page(&[], 0, 1, false))).check().await.unwrap();
    assert_eq!(seen.instance.licence.as_deref(), Some("Team"));
    assert_eq!(seen.instance.capabilities, Some(Invicti.capabilities()));
    let denied = check(answer("GET", "/api/1.0/agents/list?page=1&pageSize=1", 403, "{}")).check().await.unwrap();
    let capabilities = denied.instance.capabilities.unwrap();
    assert!(capabilities.withheld_because(Capability::SubScanners).unwrap().contains("403"));
    assert_eq!(capabilities.withheld().count(), 1);
}

fn report_path(id: &str) -> String {
    format!("scans/report/?id={id}&type=Vulnerabilities&format=Json")
}

async fn downloaded(id: &str, report: impl Into<Bytes>) -> (Result<u64, CallError>, Option<Value>) {
    let ended = task(id, "Complete");
    let served = answer("GET", &format!("/api/1.0/{}", report_path(id)), 200, report);
    let session = session(vec![detail(&ended), served]);
    let Prepared::Ready { state } = session.results().prepare(&run(id), None).await.unwrap() else { panic!("ready") };
    // The state survives a restart of the hub.
    let state: Value = serde_json::from_str(&state.to_string()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report.json");
    let outcome = session.results().download(&run(id), &state, into.clone()).await;
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, usize::from(outcome.is_ok()), "no half file is left: {outcome:?}");
    let written = std::fs::read(&into).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap());
    (outcome.map(|downloaded| downloaded.bytes), written)
}

#[tokio::test]
async fn the_real_reports_are_taken_whole_with_the_scan_in_front() {
    let Some(files) = vendor_corpus("invicti") else { return };
    let mut taken = 0;
    for file in files.iter().filter(|file| file.name.ends_with(".json")) {
        let bytes = file.bytes();
        let text = std::str::from_utf8(&bytes).unwrap().trim_start_matches('\u{feff}');
        let report: Value = serde_json::from_str(text).unwrap();
        let id = report["Target"]["ScanId"].as_str().unwrap();
        if id.contains(|c: char| !c.is_ascii_hexdigit()) {
            // Its id was masked by hand.
            continue;
        }
        let (outcome, written) = downloaded(id, bytes.clone()).await;
        if report["Vulnerabilities"].as_array().unwrap().is_empty() {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains("counts 16 issues"), "{error}");
        } else {
            let written = written.unwrap();
            assert_eq!(written["Report"], report, "{}", file.name);
            assert_eq!(written["Scan"]["PolicyName"], json!("Default Security Checks"));
            assert_eq!(written["Scan"]["StateChanged"], json!("2024-03-22T20:21:53.927Z"));
        }
        taken += 1;
    }
    assert_eq!(taken, 4);
}

#[tokio::test]
async fn fm_b13_a_cut_foreign_or_other_report_is_refused() {
    let report =
        json!({"Target": {"ScanId": ID.replace('-', ""), "Url": "http://php.example/"}, "Vulnerabilities": [{}]})
            .to_string();
    assert!(downloaded(ID, report.clone()).await.0.is_ok());
    for (bad, why) in [
        (report[..report.len() - 2].to_owned(), "ends in the middle"),
        (report.replace("87be", "97be"), "that of another one"),
        (report.replace("Vulnerabilities", "Others"), "is not Invicti's JSON"),
        (format!("{report}{report}"), "is not Invicti's JSON"),
        ("[]".to_owned(), "is not Invicti's JSON"),
        ("<html><body>Log in</body></html>".to_owned(), "is not Invicti's JSON"),
    ] {
        let (outcome, _) = downloaded(ID, bad).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, CallError::Failed { .. }) && error.to_string().contains(why), "{error:?}");
    }
}

#[tokio::test]
async fn only_a_completed_scan_has_results() {
    let prepare = |state: &str, run: RunRef| {
        let session = session(vec![detail(&task(ID, state))]);
        async move { session.results().prepare(&run, None).await }
    };
    assert!(matches!(prepare("Archiving", run(ID)).await, Ok(Prepared::Waiting { .. })));
    assert!(matches!(prepare("Cancelled", run(ID)).await, Err(CallError::Refused { .. })));
    let other = RunRef { external_run_id: Some("663eb6e88d9e4f4d9e00ad52017aa66d".to_owned()), ..run(ID) };
    assert!(matches!(prepare("Complete", other).await, Err(CallError::Gone { .. })));
    let gone = answer("GET", &format!("/api/1.0/scans/detail/{ID}"), 404, "{}");
    let error = session(vec![gone]).results().prepare(&run(ID), None).await.unwrap_err();
    assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
}

#[test]
fn credentials_that_cannot_work_are_refused_by_name() {
    let open = |user: &str, token: Option<&str>| {
        let http = VendorHttp::replaying("https://recorded.example".parse().unwrap(), vec![], Arc::new(StandingClock));
        let mut credentials = Credentials::default();
        credentials.insert("user_id", Secret::new(user));
        if let Some(token) = token {
            credentials.insert("api_token", Secret::new(token));
        }
        Invicti.open(Connection { http, credentials, clock: Arc::new(StandingClock) }).map(drop)
    };
    assert!(open("eace", Some(" token ")).is_ok());
    for (user, token, field) in [
        ("a:b", Some("t"), "user_id"),
        ("", Some("t"), "user_id"),
        ("a", Some("x\ny"), "api_token"),
        ("a", None, "api_token"),
    ] {
        let error = open(user, token).unwrap_err();
        assert!(format!("{error:?}").contains(&format!("credentials.{field}")), "{error:?}");
    }
}
