//! A Qualys that behaves as documented, and one that does not: lists in pages, refusals behind every status, commands
//! whose answers say nothing.

use std::path::Path;
use std::sync::Arc;

use scanhelm_connectors::contract::{CallError, Connection, Connector, NewVendorScan, Prepared, RunRef, Session};
use scanhelm_connectors::qualys::QualysVm;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_net::{Exchange, VendorHttp};

use crate::recorded::answer;
use crate::stage::StandingClock;

const SCANS: &str = "/api/2.0/fo/scan/";
const LIST: &str =
    "/api/2.0/fo/scan/?action=list&show_ags=1&show_op=1&show_status=1&launched_after_datetime=1999-01-01";
const PROFILES: &str = "/api/2.0/fo/subscription/option_profile/vm/?action=list";

fn session(exchanges: Vec<Exchange>) -> (Box<dyn Session>, VendorHttp) {
    let http = VendorHttp::replaying("https://qualys.example".parse().unwrap(), exchanges, Arc::new(StandingClock));
    let credentials: Credentials =
        ["username", "password"].into_iter().map(|name| (name.to_owned(), Secret::new("x"))).collect();
    let connection = Connection { http: http.clone(), credentials, clock: Arc::new(StandingClock) };
    (QualysVm.open(connection).unwrap(), http)
}

fn scan(reference: &str, state: &str) -> String {
    format!(
        "<SCAN><REF>{reference}</REF><TITLE><![CDATA[T]]></TITLE><STATUS><STATE>{state}</STATE></STATUS><PROCESSED>1</PROCESSED></SCAN>"
    )
}

fn list(scans: &[String], next: Option<&str>) -> String {
    let warning =
        next.map(|url| format!("<WARNING><CODE>1980</CODE><TEXT>cut</TEXT><URL><![CDATA[{url}]]></URL></WARNING>"));
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE SCAN_LIST_OUTPUT SYSTEM \"https://qualys.example/scan_list_output.dtd\">\
         <SCAN_LIST_OUTPUT><RESPONSE><DATETIME>2025-01-09T10:21:25Z</DATETIME><SCAN_LIST>{}</SCAN_LIST>{}</RESPONSE></SCAN_LIST_OUTPUT>",
        scans.concat(),
        warning.unwrap_or_default()
    )
}

fn one(reference: &str) -> String {
    let reference = reference.replace('/', "%2F");
    format!(
        "{SCANS}?action=list&show_ags=1&show_op=1&show_status=1&scan_ref={reference}&launched_after_datetime=1999-01-01"
    )
}

fn simple(code: Option<u32>, text: &str, items: &[(&str, &str)]) -> String {
    let code = code.map(|code| format!("<CODE>{code}</CODE>")).unwrap_or_default();
    let items: String =
        items.iter().map(|(key, value)| format!("<ITEM><KEY>{key}</KEY><VALUE>{value}</VALUE></ITEM>")).collect();
    format!(
        "<!DOCTYPE SIMPLE_RETURN SYSTEM \"https://qualys.example/api/2.0/simple_return.dtd\"><SIMPLE_RETURN><RESPONSE>\
         <DATETIME>2020-09-27T01:23:36Z</DATETIME>{code}<TEXT>{text}</TEXT><ITEM_LIST>{items}</ITEM_LIST></RESPONSE></SIMPLE_RETURN>"
    )
}

#[tokio::test]
async fn fm_b26_a_list_in_pages_is_read_whole_and_each_scan_once() {
    let next = "https://qualys.example/api/2.0/fo/scan/?action=list&id_max=7";
    let (a, b, c) = (scan("scan/1.1", "Finished"), scan("scan/1.2", "Running"), scan("scan/1.3", "Queued"));
    let exchanges = vec![
        answer("GET", LIST, 200, list(&[a, b.clone()], Some(next))),
        answer("GET", "/api/2.0/fo/scan/?action=list&id_max=7", 200, list(&[b, c], None)),
    ];
    let seen = session(exchanges).0.list_scans().await.unwrap();
    let ids: Vec<&str> = seen.scans.iter().map(|scan| scan.external_scan_id.as_str()).collect();
    assert_eq!(ids, ["scan/1.1", "scan/1.2", "scan/1.3"]);
    let states: Vec<_> = seen.scans.iter().map(|scan| scan.state.unwrap()).collect();
    assert_eq!(states, [VendorState::Completed, VendorState::Running, VendorState::Queued]);
    let empty = list(&[], None).replace("<SCAN_LIST></SCAN_LIST>", "");
    assert!(session(vec![answer("GET", LIST, 200, empty)]).0.list_scans().await.unwrap().scans.is_empty());
}

#[tokio::test]
async fn fm_b26_b27_pages_that_lead_astray_are_errors_and_never_a_shorter_list() {
    let turn = "https://qualys.example/api/2.0/fo/scan/?action=list&id_max=7";
    let page = |next| list(&[scan("scan/1.1", "Running")], Some(next));
    for (what, next, says) in [
        (
            "another host",
            "https://evil.example/api/2.0/fo/scan/?action=list",
            "only followed on the address of the integration",
        ),
        ("another port", "https://qualys.example:8443/api/2.0/fo/scan/?action=list", "only followed on the address"),
        (
            "another call",
            "https://qualys.example/api/2.0/fo/report/?action=list",
            "something else than a list of scans",
        ),
        ("no address", "next", "cannot be read"),
        ("a circle", turn, "turns in a circle"),
    ] {
        let exchanges = vec![
            answer("GET", LIST, 200, page(next)),
            answer("GET", "/api/2.0/fo/scan/?action=list&id_max=7", 200, page(turn)),
        ];
        let error = session(exchanges).0.list_scans().await.unwrap_err();
        assert!(matches!(&error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{what}: {error:?}");
        assert!(error.to_string().contains(says), "{what}: {error}");
    }
    let missing = vec![answer("GET", LIST, 200, page(turn))];
    assert!(session(missing).0.list_scans().await.is_err(), "a page that does not come");
}

#[tokio::test]
async fn fm_b15_b16_b19_what_is_no_list_is_an_error() {
    let whole = list(&[scan("scan/1.1", "Running")], None);
    let page = "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned();
    let bomb = whole.replace(".dtd\">", ".dtd\" [<!ENTITY a \"x\">]>");
    for body in [
        page,
        whole[..whole.len() - 30].to_owned(),
        bomb,
        String::new(),
        "{}".to_owned(),
        whole.replace("<REF>scan/1.1</REF>", ""),
        whole.replace("scan/1.1", " "),
    ] {
        let error = session(vec![answer("GET", LIST, 200, body.clone())]).0.list_scans().await.unwrap_err();
        assert!(matches!(error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn too_many_at_once_and_too_many_an_hour_are_told_apart_and_both_wait() {
    let hour = simple(Some(1965), "wait", &[("SECONDS_TO_WAIT", "40")]);
    for (status, body, seconds) in [
        (
            409,
            simple(Some(1960), "This API cannot be run again until 1 currently running instance has finished.", &[]),
            10,
        ),
        (409, hour.clone(), 40),
        (400, hour.clone(), 40),
        (200, hour, 40),
    ] {
        let (session, http) = session(vec![answer("GET", LIST, status, body)]);
        let error = session.list_scans().await.unwrap_err();
        let CallError::Failed { kind: ConditionKind::RateLimited, retry_after: Some(wait), .. } = &error else {
            panic!("{status}: {error:?}")
        };
        assert_eq!((wait.as_secs(), http.budget().held_for_seconds), (seconds, seconds), "{status}");
        assert_eq!(http.breaker().failures_in_a_row, 0);
    }
}

#[tokio::test]
async fn one_scan_is_asked_for_by_its_reference() {
    let reference = "scan/1618144745.78096";
    let found = vec![answer("GET", &one(reference), 200, list(&[scan(reference, "Paused")], None))];
    let seen = session(found).0.scan(reference).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.external_run_id.as_deref()), (Some(VendorState::Paused), Some(reference)));
    let none = vec![answer("GET", &one(reference), 200, list(&[], None))];
    assert_eq!(session(none).0.scan(reference).await.unwrap(), None);
    let other = vec![answer("GET", &one(reference), 200, list(&[scan("scan/1.1", "Paused")], None))];
    assert!(session(other).0.scan(reference).await.is_err(), "a proxy mixing up answers");
    for hostile in ["", "..", "scan/../x", "scan/1&action=delete", "compliance/1.2"] {
        assert_eq!(session(vec![]).0.scan(hostile).await.unwrap(), None, "nothing is asked");
    }
}

#[tokio::test]
async fn commands_are_accepted_refused_gone_or_unknown() {
    let pause = |status, body: String| {
        let (session, _) = session(vec![answer("POST", SCANS, status, body)]);
        async move { session.pause().unwrap().pause("scan/1.1").await }
    };
    assert_eq!(pause(200, simple(None, "Pausing scan", &[("REFERENCE", "scan/1.1")])).await, Ok(()));
    for status in [200, 400, 409] {
        let blocked = pause(status, simple(Some(1920), "The scan is not running", &[])).await;
        assert!(
            matches!(&blocked, Err(CallError::Refused { by_licence: false, detail }) if detail.contains("not running")),
            "{blocked:?}"
        );
    }
    let rights = pause(400, simple(Some(1920), "You do not have permission", &[])).await;
    assert!(matches!(rights, Err(CallError::Refused { by_licence: true, .. })), "{rights:?}");
    let gone = pause(400, simple(Some(1905), "parameter scan_ref has invalid value", &[])).await;
    assert!(matches!(gone, Err(CallError::Gone { .. })), "{gone:?}");
    let busy = pause(409, simple(Some(1960), "wait", &[])).await;
    assert!(
        matches!(busy, Err(CallError::Failed { kind: ConditionKind::RateLimited, retry_after: Some(_), .. })),
        "{busy:?}"
    );
    for (status, body) in
        [(200, "<html>Sign in</html>"), (200, ""), (200, "<SIMPLE_RETURN><RESPONSE>"), (500, ""), (502, "")]
    {
        let lost = pause(status, body.to_owned()).await;
        assert!(matches!(lost, Err(CallError::Unknown { .. })), "{status} {body}: {lost:?}");
    }
}

fn wanted(launch: bool, template: Option<&str>) -> NewVendorScan {
    NewVendorScan {
        name: "DMZ".to_owned(),
        targets: vec!["10.0.0.1".to_owned()],
        template: template.map(str::to_owned),
        sub_scanner: None,
        folder: None,
        client_token: "tok".to_owned(),
        launch,
    }
}

#[tokio::test]
async fn creating_is_launching_with_an_option_profile() {
    let profiles = "<OPTION_PROFILES><OPTION_PROFILE><BASIC_INFO><ID>1</ID><GROUP_NAME><![CDATA[Quick]]></GROUP_NAME><IS_DEFAULT>0</IS_DEFAULT>\
                    </BASIC_INFO></OPTION_PROFILE><OPTION_PROFILE><BASIC_INFO><ID>2</ID><GROUP_NAME><![CDATA[Full]]></GROUP_NAME><IS_DEFAULT>1</IS_DEFAULT>\
                    </BASIC_INFO></OPTION_PROFILE></OPTION_PROFILES>";
    let launched = simple(None, "New vm scan launched", &[("ID", "9"), ("REFERENCE", "scan/1618144745.78096")]);
    let create = |profiles: String, answered: String, scan: NewVendorScan| {
        let exchanges = vec![answer("GET", PROFILES, 200, profiles), answer("POST", SCANS, 200, answered)];
        let (session, _) = session(exchanges);
        async move { session.create().unwrap().create(&scan).await }
    };
    for template in [None, Some("1"), Some("quick")] {
        let created = create(profiles.to_owned(), launched.clone(), wanted(true, template)).await.unwrap();
        assert_eq!((created.external_scan_id.as_str(), created.launched), ("scan/1618144745.78096", true));
    }
    let unknown = create(profiles.to_owned(), launched.clone(), wanted(true, Some("Slow"))).await.unwrap_err();
    assert!(unknown.to_string().contains("has no option profile `Slow`. It has: Quick, Full."), "{unknown}");
    let none = create(profiles.replace(">1</IS_DEFAULT>", ">0</IS_DEFAULT>"), launched.clone(), wanted(true, None))
        .await
        .unwrap_err();
    assert!(none.to_string().contains("none is the default"), "{none}");
    let unstarted = create(profiles.to_owned(), launched, wanted(false, None)).await.unwrap_err();
    assert!(matches!(&unstarted, CallError::Refused { by_licence: false, .. }), "{unstarted:?}");
    for silent in [simple(None, "New vm scan launched", &[]), "<html/>".to_owned()] {
        let lost = create(profiles.to_owned(), silent, wanted(true, None)).await.unwrap_err();
        assert!(matches!(lost, CallError::Unknown { .. }), "{lost:?}");
    }
}

#[tokio::test]
async fn results_are_there_when_they_are_processed() {
    let run = RunRef { external_scan_id: "scan/1.1".to_owned(), external_run_id: Some("scan/1.1".to_owned()) };
    let prepared = |state: &str, processed: &str| {
        let body = list(&[scan("scan/1.1", state).replace("<PROCESSED>1<", &format!("<PROCESSED>{processed}<"))], None);
        let (session, _) = session(vec![answer("GET", &one("scan/1.1"), 200, body)]);
        let run = run.clone();
        async move { session.results().prepare(&run, None).await.unwrap() }
    };
    assert!(matches!(prepared("Finished", "1").await, Prepared::Ready { .. }));
    assert!(matches!(prepared("Finished", "0").await, Prepared::Waiting { .. }), "Qualys is still taking them in");
    assert!(matches!(prepared("Running", "0").await, Prepared::Waiting { .. }));
    let (gone, _) = session(vec![answer("GET", &one("scan/1.1"), 200, list(&[], None))]);
    assert!(matches!(gone.results().prepare(&run, None).await, Err(CallError::Gone { .. })));
    let other = RunRef { external_run_id: Some("scan/9.9".to_owned()), ..run };
    assert!(matches!(gone.results().prepare(&other, None).await, Err(CallError::Gone { .. })));
}

async fn fetched(status: u16, body: &str, label: &str, into: &Path) -> Result<u64, CallError> {
    let target = format!("{SCANS}?action=fetch&scan_ref=scan%2F1.1&mode=extended&output_format=json_extended");
    let mut exchange = answer("GET", &target, status, body.to_owned());
    exchange.headers.push(("content-type".to_owned(), label.to_owned()));
    let run = RunRef { external_scan_id: "scan/1.1".to_owned(), external_run_id: None };
    let state = serde_json::json!({"scan_ref": "scan/1.1"});
    let (session, _) = session(vec![exchange]);
    let downloaded = session.results().download(&run, &state, into.to_owned()).await?;
    assert_eq!(downloaded.format, Some("qualys-results"));
    Ok(downloaded.bytes)
}

#[tokio::test]
async fn results_are_whole_or_there_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("results");
    for label in ["application/json", "text/html; charset=utf-8"] {
        assert_eq!(fetched(200, "[{\"launch_date\":\"x\"}]\n", label, &into).await.unwrap(), 22);
        std::fs::remove_file(&into).unwrap();
    }
    let expired = simple(Some(2001), "This account has expired.", &[]);
    for (status, body, kind) in [
        (200, "[{\"launch_date\":", ConditionKind::Garbage),
        (200, "<html>Sign in</html>", ConditionKind::Garbage),
        (200, "", ConditionKind::Garbage),
        (200, expired.as_str(), ConditionKind::Authentication),
        (409, &simple(Some(1965), "wait", &[]), ConditionKind::RateLimited),
        (500, "", ConditionKind::VendorError),
    ] {
        let error = fetched(status, body, "text/html", &into).await.unwrap_err();
        assert!(matches!(&error, CallError::Failed { kind: told, .. } if *told == kind), "{status} {body}: {error:?}");
        assert!(!into.exists(), "{status} {body}");
    }
}

#[tokio::test]
async fn credentials_that_cannot_work_are_refused_by_name() {
    for (name, text) in [("username", "a:b"), ("username", " "), ("password", "x\r\ny")] {
        let http = VendorHttp::to_nothing(Arc::new(StandingClock));
        let mut fields = vec![("username", "u"), ("password", "p")];
        fields.retain(|(field, _)| *field != name);
        fields.push((name, text));
        let credentials: Credentials =
            fields.into_iter().map(|(name, text)| (name.to_owned(), Secret::new(text))).collect();
        let error = QualysVm.open(Connection { http, credentials, clock: Arc::new(StandingClock) }).unwrap_err();
        assert!(format!("{error:?}").contains(&format!("credentials.{name}")), "{error:?}");
    }
}
