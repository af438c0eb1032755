//! What qualysapi does not reach: who is let in, seeds, recorded shapes, faults in XML, the books.

use std::collections::BTreeSet;
use std::time::Duration;

use quick_xml::Reader;
use quick_xml::events::Event;
use scanhelm_vendor_sim::{Action, Fault, FaultKind, Licence, ScanSeed, SeedState, SimConfig};
use serde_json::Value;

use crate::recorded::shared;
use crate::wire::{Client, Reply, started, still_vendor};

const SCAN: &str = "/api/2.0/fo/scan/";

async fn platform() -> Client {
    started(still_vendor("qualys-vm")).await
}

/// The texts of all elements of this name.
fn texts(document: &str, name: &str) -> Vec<String> {
    let (mut reader, mut found, mut inside) = (Reader::from_str(document), Vec::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(start) if start.name().as_ref() == name => {
                inside = true;
                found.push(String::new());
            }
            Event::End(end) if end.name().as_ref() == name => inside = false,
            Event::Text(text) if inside => found.last_mut().unwrap().push_str(&text),
            Event::CData(text) if inside => found.last_mut().unwrap().push_str(&text),
            Event::GeneralRef(_) if inside => found.last_mut().unwrap().push('&'),
            _ => {}
        }
    }
}

/// The names of all elements, with those they are in.
fn places(document: &str) -> BTreeSet<String> {
    let (mut reader, mut open, mut found) = (Reader::from_str(document), Vec::new(), BTreeSet::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(start) => {
                open.push(start.name().as_ref().to_owned());
                found.insert(open.join("/"));
            }
            Event::End(_) => {
                open.pop();
            }
            _ => {}
        }
    }
}

fn code(reply: &Reply) -> String {
    texts(&reply.text(), "CODE").pop().unwrap_or_default()
}

async fn state(client: &Client, reference: &str) -> (String, String, Option<String>) {
    let list = client.form(SCAN, &format!("action=list&scan_ref={reference}")).await.text();
    let first = |name: &str| texts(&list, name).pop();
    (first("STATE").unwrap(), first("PROCESSED").unwrap(), first("SUB_STATE"))
}

#[tokio::test]
async fn every_call_needs_credentials_and_the_name_of_the_client() {
    let client = platform().await;
    let form = b"action=list";
    let ask = async |headers: &[(&str, &str)]| {
        client.send("POST", SCAN, headers, "application/x-www-form-urlencoded", form).await.unwrap()
    };
    let nobody = ask(&[("X-Requested-With", "tests")]).await;
    assert_eq!((nobody.status, code(&nobody).as_str()), (401, "2000"));
    let keys = client.sim.credentials();
    let login = format!("action=login&username={}&password={}", keys.username, keys.password);
    let session = client.form("/api/2.0/fo/session/", &login).await;
    assert_eq!(session.header("x-ratelimit-limit"), None, "logging in is not counted");
    let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let unnamed = ask(&[("Cookie", &cookie)]).await;
    assert_eq!((unnamed.status, code(&unnamed).as_str()), (400, "1903"));
    let named = [("Cookie", cookie.as_str()), ("X-Requested-With", "tests")];
    assert_eq!(ask(&named).await.status, 200);
    client.sim.advance(Duration::from_secs(3700));
    assert_eq!(ask(&named).await.status, 401, "an idle session ends");
    assert_eq!(client.form("/api/3.0/fo/scan/", "action=list").await.status, 200);
    assert_eq!(client.form("/api/9.0/fo/scan/", "action=list").await.status, 404);
}

#[tokio::test]
async fn an_account_without_the_right_reads_and_changes_nothing() {
    let client = started(SimConfig { licence: Licence::Professional, ..still_vendor("qualys-vm") }).await;
    let seed = ScanSeed { state: SeedState::Running, ..ScanSeed::default() };
    let reference = client.sim.add_scan(seed).unwrap().id;
    for action in ["launch&option_id=301001&ip=10.0.0.1", "pause", "resume", "cancel", "delete"] {
        let form = format!("action={action}&scan_ref={reference}");
        assert_eq!(client.form(SCAN, &form).await.status, 403, "{action}");
    }
    assert!(client.sim.ledger().effects.is_empty());
    assert_eq!(state(&client, &reference).await.0, "Running");
}

#[tokio::test]
async fn every_seeded_state_has_the_vendors_words() {
    let client = platform().await;
    for (seeded, word, processed, sub_state) in [
        (SeedState::Pending, "Queued", "0", None),
        (SeedState::Running, "Running", "0", None),
        (SeedState::Paused, "Paused", "0", None),
        (SeedState::Completed, "Finished", "1", None),
        (SeedState::Imported, "Finished", "1", None),
        (SeedState::Canceled, "Canceled", "1", None),
        (SeedState::Aborted, "Error", "0", Some("Interrupted")),
    ] {
        let truth = client.sim.add_scan(ScanSeed { state: seeded, ..ScanSeed::default() }).unwrap();
        let shown = state(&client, &truth.id).await;
        let expected = (word.to_owned(), processed.to_owned(), sub_state.map(str::to_owned));
        assert_eq!(shown, expected, "{seeded:?}");
        assert_eq!(truth.state, word);
    }
    let nothing = ScanSeed { findings: 0, state: SeedState::Completed, ..ScanSeed::default() };
    let nothing = client.sim.add_scan(nothing).unwrap().id;
    assert_eq!(state(&client, &nothing).await.2.as_deref(), Some("No_Vuln"));
    let before = client.sim.scans().len();
    let never = client.sim.add_scan(ScanSeed::default()).unwrap();
    assert!(never.id.starts_with("schedule/") && never.uuid.is_none());
    assert_eq!(client.sim.scans().len(), before, "what never ran is a schedule, not a scan");
    let schedules = client.form("/api/2.0/fo/schedule/scan/", "action=list").await.text();
    assert_eq!(
        (texts(&schedules, "ID"), texts(&schedules, "ACTIVE")),
        (vec![never.id[9..].to_owned()], vec!["0".into()])
    );
}

#[tokio::test]
async fn a_list_without_scans_has_no_list_and_a_refusal_names_the_parameter() {
    let client = platform().await;
    let empty = client.form(SCAN, "action=list").await;
    assert!(empty.status == 200 && !empty.text().contains("SCAN_LIST>"));
    assert!(empty.text().contains("<!DOCTYPE SCAN_LIST_OUTPUT SYSTEM \"http://127.0.0.1"));
    let bad = client.form("/api/2.0/fo/asset/host/vm/detection/", "action=list&ids=abc123").await;
    let har: Value = {
        let file = shared().join("corpus/qualys/j1_host_detections_bad_id.har");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    };
    let recorded = har["log"]["entries"][0]["response"].clone();
    let theirs = recorded["content"]["text"].as_str().unwrap();
    assert_eq!(u64::from(bad.status), recorded["status"].as_u64().unwrap());
    for name in ["CODE", "TEXT"] {
        assert_eq!(texts(&bad.text(), name), texts(theirs, name));
    }
    let get = format!("{SCAN}?action=launch&option_id=301001&ip=10.0.0.1");
    let keys = client.sim.credentials();
    let login = format!("action=login&username={}&password={}", keys.username, keys.password);
    let session = client.form("/api/2.0/fo/session/", &login).await;
    let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let headers = [("Cookie", cookie.as_str()), ("X-Requested-With", "tests")];
    assert_eq!(code(&client.send("GET", &get, &headers, "text/plain", b"").await.unwrap()), "1908");
    let list = format!("{SCAN}?action=list");
    assert_eq!(client.send("GET", &list, &headers, "text/plain", b"").await.unwrap().status, 200);
}

#[tokio::test]
async fn answers_have_the_recorded_elements() {
    let client = platform().await;
    let seed = ScanSeed { state: SeedState::Completed, hosts: 2, findings: 60, ..ScanSeed::default() };
    client.sim.add_scan(seed).unwrap();
    let file = |name: &str| std::fs::read_to_string(shared().join("corpus/qualys").join(name)).unwrap();
    let har = |name: &str| -> String {
        let har: Value = serde_json::from_str(&file(name)).unwrap();
        har["log"]["entries"][0]["response"]["content"]["text"].as_str().unwrap().to_owned()
    };
    // What belongs to other modules, and optional parts of other checks.
    let beyond = [
        "NETBIOS",
        "LAST_VM_SCANNED_DURATION",
        "SOFTWARE_LIST",
        "VENDOR_REFERENCE_LIST",
        "TEMPORAL",
        "ACCESS",
        "IMPACT",
        "AUTHENTICATION",
        "EXPLOITABILITY",
        "REMEDIATION_LEVEL",
        "REPORT_CONFIDENCE",
        "ATTACK",
        "PRIVILEGES",
        "USER_INTERACTION",
        "SCOPE",
        "EXPLOIT_CODE",
        "THREAT_INTELLIGENCE",
        "ADDITIONAL_INFO",
        "AUTH_TYPE_LIST",
        "VECTOR_STRING",
        "CVSS3_VERSION",
    ];
    for (theirs, path, form) in [
        (file("j1_detections.xml"), "/api/2.0/fo/asset/host/vm/detection/", "action=list&show_igs=1"),
        (har("j1_knowledge_base.har"), "/api/2.0/fo/knowledge_base/vuln/", "action=list"),
        (har("j1_host_details.har"), "/api/2.0/fo/asset/host/", "action=list&details=None&truncation_limit=0"),
    ] {
        let ours = places(&client.form(path, form).await.text());
        for place in places(&theirs) {
            let optional = place.split('/').any(|name| beyond.contains(&name));
            assert!(optional || ours.contains(&place), "{path}: {place} is missing");
        }
    }
}

#[tokio::test]
async fn detections_come_page_by_page_and_remember_what_was_fixed() {
    let client = platform().await;
    let seed =
        ScanSeed { state: SeedState::Completed, hosts: 10, findings: 400, earlier_runs: 4, ..ScanSeed::default() };
    let latest = client.sim.add_scan(seed).unwrap().id;
    assert_eq!(client.sim.scans().len(), 5, "each run is a scan");
    let path = "/api/2.0/fo/asset/host/vm/detection/";
    let count = async |form: &str| texts(&client.form(path, form).await.text(), "QID").len();
    assert_eq!(count("action=list&show_igs=1").await, 400);
    assert!(count("action=list&show_igs=1&status=Fixed").await > 0);
    assert!(count("action=list").await < 400, "information is shown only when asked for");

    let (mut hosts, mut next) = (Vec::new(), "action=list&show_igs=1&truncation_limit=3".to_owned());
    for page in 1.. {
        let text = client.form(path, &next).await.text();
        hosts.extend(texts(&text, "IP"));
        let Some(url) = texts(&text, "URL").pop() else {
            assert_eq!(page, 4);
            break;
        };
        assert_eq!(texts(&text, "CODE"), ["1980"]);
        next = url.split_once('?').unwrap().1.to_owned();
    }
    assert_eq!((hosts.len(), hosts.iter().collect::<BTreeSet<_>>().len()), (10, 10));
    let ledger = client.sim.ledger();
    let served = ledger.served.iter().find(|served| served.run == latest).unwrap();
    let truth: BTreeSet<_> = client.sim.findings(&latest, &latest).unwrap().into_iter().collect();
    assert_eq!(served.findings.iter().cloned().collect::<BTreeSet<_>>(), truth);
}

#[tokio::test]
async fn faults_spoil_xml_and_errors_come_in_a_200() {
    let client = platform().await;
    for _ in 0..3 {
        client.sim.add_scan(ScanSeed { state: SeedState::Completed, ..ScanSeed::default() }).unwrap();
    }
    let list = async || client.form(SCAN, "action=list").await;
    for (kind, count) in [(FaultKind::EmptyList, 0), (FaultKind::DuplicateEntries, 6)] {
        client.sim.fault(Fault::new(kind).on("scans.list").times(1));
        assert_eq!(texts(&list().await.text(), "REF").len(), count);
    }
    let rename = FaultKind::RenameStatus { from: Some("Finished".to_owned()), to: "Concluded".to_owned() };
    client.sim.fault(Fault::new(rename).on("scans.list").times(1));
    assert_eq!(texts(&list().await.text(), "STATE"), ["Concluded"; 3]);
    client.sim.fault("drop-field,field=STATUS,op=scans.list,times=1".parse().unwrap());
    assert!(texts(&list().await.text(), "STATE").is_empty());
    client.sim.fault("vendor-error,code=2001,text=This account has expired.,times=1".parse().unwrap());
    let expired = list().await;
    assert_eq!((expired.status, code(&expired).as_str()), (200, "2001"));
    client.sim.fault("status,code=409,retry_after=30,times=1".parse().unwrap());
    let busy = list().await;
    assert_eq!((busy.status, code(&busy).as_str(), texts(&busy.text(), "VALUE")), (409, "1965", vec!["30".to_owned()]));
    assert_eq!(texts(&list().await.text(), "REF").len(), 3);
}

#[tokio::test]
async fn a_lost_launch_leaves_a_scan_and_a_repeated_one_a_second() {
    let client = platform().await;
    client.sim.fault(Fault::new(FaultKind::Cut { keep_percent: 0, chunked: true }).on("scans.launch").times(1));
    let form = "action=launch&scan_title=Once&option_title=Initial+Options&ip=10.0.0.1&iscanner_name=fra-dc-02";
    assert!(!client.form(SCAN, form).await.whole);
    client.form(SCAN, form).await;
    let scans = client.sim.scans();
    assert_eq!(scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["Once", "Once"]);
    assert_eq!(scans[0].history[0].engine.as_deref(), Some("fra-dc-02"));
    let launches = client.sim.ledger().effects.iter().filter(|effect| effect.action == Action::Launch).count();
    assert_eq!(launches, 2);
}

#[tokio::test]
async fn the_fleet_shares_hosts_and_cves_with_the_other_vendors() {
    let config = |vendor| SimConfig { scans: 20, findings: 60, ..still_vendor(vendor) };
    let (ours, theirs) = (started(config("qualys-vm")).await, started(config("nessus")).await);
    let targets =
        |client: &Client| -> BTreeSet<String> { client.sim.scans().into_iter().map(|scan| scan.targets).collect() };
    let (here, there) = (targets(&ours), targets(&theirs));
    assert!(here.is_subset(&there) && here.len() + 3 > there.len(), "all but what never ran");
    let known = ours.form("/api/2.0/fo/knowledge_base/vuln/", "action=list&ids=91345,91534").await.text();
    assert!(known.contains("CVE-2017-0144") && known.contains("CVE-2019-0708"));
    let count = |client: &Client| client.sim.scans().len();
    let before = count(&ours);
    ours.sim.advance(Duration::from_secs(12 * 3600));
    assert!(count(&ours) > before, "schedules keep the fleet alive");
}
