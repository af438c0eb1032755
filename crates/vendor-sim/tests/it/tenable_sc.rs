//! What pyTenable does not reach: sessions, roles, seeds, faults in the vendor's shape, the books.

use std::collections::BTreeSet;
use std::time::Duration;

use scanhelm_vendor_sim::{Action, Fault, FaultKind, Licence, ScanSeed, SeedState, SimConfig};
use serde_json::{Value, json};

use crate::wire::{Client, started, still_vendor};

async fn center() -> Client {
    started(still_vendor("tenable-sc")).await
}

async fn details(client: &Client, result: &str) -> Value {
    client.get(&format!("/rest/scanResult/{result}")).await.json()["response"].clone()
}

#[tokio::test]
async fn a_session_needs_its_token_and_its_cookie_and_the_number_of_sessions_ends() {
    let client = center().await;
    let login = async |body: Value| {
        client.send("POST", "/rest/token", &[], "application/json", body.to_string().as_bytes()).await.unwrap()
    };
    let body = json!({"username": "admin", "password": "scanhelm-demo"});
    let first = login(body.clone()).await;
    let token = first.json()["response"]["token"].to_string();
    let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(cookie.len(), "TNS_SESSIONID=".len() + 32);
    let ask = async |headers: &[(&str, &str)]| {
        client.send("GET", "/rest/scan", headers, "text/plain", b"").await.unwrap().status
    };
    let both = [("X-SecurityCenter", token.as_str()), ("Cookie", cookie.as_str())];
    assert_eq!((ask(&both).await, ask(&both[..1]).await, ask(&both[1..]).await, ask(&[]).await), (200, 403, 403, 403));

    for _ in 1..8 {
        assert!(login(body.clone()).await.json()["response"]["token"].is_number());
    }
    let full = login(body.clone()).await;
    assert_eq!((full.status, &full.json()["response"]), (200, &json!({"releaseSession": true})));
    assert_eq!(ask(&both).await, 200);
    let release = json!({"username": "admin", "password": "scanhelm-demo", "releaseSession": true});
    assert!(login(release).await.json()["response"]["token"].is_number());
    assert_eq!(ask(&both).await, 403, "the new log-in ended the old sessions");
    let open = client.send("GET", "/rest/system", &[], "text/plain", b"").await.unwrap();
    assert_eq!(open.json()["response"]["version"], "6.4.0");
}

#[tokio::test]
async fn an_account_without_the_right_reads_and_changes_nothing() {
    let client = started(SimConfig { licence: Licence::Professional, ..still_vendor("tenable-sc") }).await;
    let truth = client.sim.add_scan(ScanSeed { state: SeedState::Running, ..ScanSeed::default() }).unwrap();
    let (scan, result) = (truth.id, truth.uuid.unwrap());
    for (method, path) in [
        ("POST", "/rest/scan".to_owned()),
        ("PATCH", format!("/rest/scan/{scan}")),
        ("DELETE", format!("/rest/scan/{scan}")),
        ("POST", format!("/rest/scan/{scan}/launch")),
        ("POST", format!("/rest/scan/{scan}/copy")),
        ("POST", format!("/rest/scanResult/{result}/pause")),
        ("POST", format!("/rest/scanResult/{result}/stop")),
        ("DELETE", format!("/rest/scanResult/{result}")),
    ] {
        let reply = client.call(method, &path, Some(json!({}))).await;
        assert_eq!((reply.status, &reply.json()["error_code"]), (403, &json!(143)), "{method} {path}");
    }
    assert!(client.sim.ledger().effects.is_empty());
    assert_eq!(details(&client, &result).await["status"], "Running");
}

#[tokio::test]
async fn every_seeded_state_has_the_vendors_words() {
    let client = center().await;
    for (state, status, import, downloadable) in [
        (SeedState::Pending, "Queued", "No Results", false),
        (SeedState::Running, "Running", "No Results", false),
        (SeedState::Paused, "Paused", "No Results", false),
        (SeedState::Completed, "Completed", "Finished", true),
        (SeedState::Imported, "Completed", "Finished", true),
        (SeedState::Canceled, "Partial", "Finished", true),
        (SeedState::Aborted, "Error", "No Results", false),
    ] {
        let truth = client.sim.add_scan(ScanSeed { state, ..ScanSeed::default() }).unwrap();
        let result = truth.uuid.unwrap();
        let shown = details(&client, &result).await;
        assert_eq!((&shown["status"], &shown["importStatus"]), (&json!(status), &json!(import)), "{state:?}");
        assert_eq!(shown["downloadAvailable"], json!(downloadable.to_string()), "{state:?}");
        assert_eq!(shown["errorDetails"] == "", state != SeedState::Aborted);
        let body = json!({"downloadType": "v2"});
        let report = client.post(&format!("/rest/scanResult/{result}/download"), body).await;
        assert_eq!(report.status, if downloadable { 200 } else { 403 }, "{state:?}");
        assert_eq!(report.body.starts_with(b"PK"), downloadable);
    }
    let never = client.sim.add_scan(ScanSeed::default()).unwrap();
    assert_eq!((never.state.as_str(), never.uuid), ("", None));
    let nothing = client.sim.add_scan(ScanSeed { findings: 0, state: SeedState::Completed, ..ScanSeed::default() });
    let shown = details(&client, &nothing.unwrap().uuid.unwrap()).await;
    assert_eq!((&shown["status"], &shown["importStatus"]), (&json!("Completed"), &json!("No Results")));
}

#[tokio::test]
async fn the_analysis_of_a_run_is_whole_only_when_its_import_is_finished() {
    let client = center().await;
    let seed = ScanSeed { findings: 5000, hosts: 20, queue_s: 5, duration_s: 100, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;
    let launch = client.post(&format!("/rest/scan/{scan}/launch"), json!({})).await.json();
    let result = launch["response"]["scanResult"]["id"].as_str().unwrap().to_owned();
    let total = async || {
        let body = json!({
            "type": "vuln", "sourceType": "individual", "scanID": result,
            "query": {"tool": "listvuln", "type": "vuln", "scanID": result, "view": "all", "endOffset": 10},
        });
        client.post("/rest/analysis", body).await.json()["response"]["totalRecords"].as_str().unwrap().to_owned()
    };
    let mut seen = Vec::new();
    for seconds in [105, 4, 4, 60] {
        client.sim.advance(Duration::from_secs(seconds));
        let shown = details(&client, &result).await;
        assert_eq!((&shown["status"], &shown["downloadAvailable"]), (&json!("Completed"), &json!("true")));
        seen.push((shown["importStatus"].as_str().unwrap().to_owned(), total().await.parse::<u32>().unwrap()));
    }
    let words: Vec<&str> = seen.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["Import Pending", "Importing", "Importing", "Finished"]);
    assert!(seen[0].1 == 0 && 0 < seen[1].1 && seen[1].1 < seen[2].1 && seen[2].1 < 5000 && seen[3].1 == 5000);
}

#[tokio::test]
async fn what_a_later_result_no_longer_finds_is_patched() {
    let client = center().await;
    let seed =
        ScanSeed { state: SeedState::Completed, hosts: 10, findings: 400, earlier_runs: 3, ..ScanSeed::default() };
    let truth = client.sim.add_scan(seed).unwrap();
    let of = |run: &str| -> BTreeSet<String> {
        client.sim.findings(&truth.id, run).unwrap().into_iter().map(|finding| finding.reference).collect()
    };
    let runs: Vec<BTreeSet<String>> = truth.history.iter().map(|run| of(&run.uuid)).collect();
    let ever: BTreeSet<&String> = runs.iter().flatten().collect();
    let count = async |source: &str| {
        let body = json!({
            "type": "vuln", "sourceType": source,
            "query": {"tool": "listvuln", "type": "vuln", "startOffset": 0, "endOffset": 10_000},
        });
        client.post("/rest/analysis", body).await.json()["response"]["returnedRecords"].as_u64().unwrap() as usize
    };
    assert_eq!(count("cumulative").await, 400);
    assert_eq!(count("patched").await, ever.len() - 400);
    let latest = truth.uuid.unwrap();
    let ledger = client.sim.ledger();
    let served = ledger.served.iter().find(|served| served.run == latest).unwrap();
    assert_eq!(served.findings.len(), 400, "each finding is booked to the result that saw it last");
}

#[tokio::test]
async fn an_error_in_a_200_has_the_vendors_shape_and_no_effect() {
    let client = center().await;
    let scan = client.sim.add_scan(ScanSeed::default()).unwrap().id;
    let fault: Fault = "vendor-error,code=144,text=Busy,op=scans.launch,times=1".parse().unwrap();
    client.sim.fault(fault);
    let path = format!("/rest/scan/{scan}/launch");
    let reply = client.post(&path, json!({})).await;
    assert_eq!(
        (reply.status, &reply.json()["error_code"], &reply.json()["error_msg"]),
        (200, &json!(144), &json!("Busy"))
    );
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 0);
    assert_eq!(client.post(&path, json!({})).await.json()["error_code"], 0);
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 1);
}

#[tokio::test]
async fn lists_inside_the_envelope_can_be_spoilt_and_states_renamed() {
    let client = center().await;
    for _ in 0..3 {
        client.sim.add_scan(ScanSeed { state: SeedState::Completed, ..ScanSeed::default() }).unwrap();
    }
    let path = "/rest/scanResult?fields=id,status,importStatus";
    let rows = async || client.get(path).await.json()["response"]["usable"].as_array().unwrap().clone();
    for (kind, count) in [(FaultKind::EmptyList, 0), (FaultKind::DuplicateEntries, 6)] {
        client.sim.fault(Fault::new(kind).on("results.list").times(1));
        assert_eq!(rows().await.len(), count);
    }
    let renamed = FaultKind::RenameStatus { from: Some("Finished".to_owned()), to: "Blocked".to_owned() };
    client.sim.fault(Fault::new(renamed).times(1));
    assert!(rows().await.iter().all(|row| row["importStatus"] == "Blocked" && row["status"] == "Completed"));
}

#[tokio::test]
async fn a_lost_launch_leaves_a_result_and_a_repeated_one_a_second() {
    let client = center().await;
    let scan = client.sim.add_scan(ScanSeed::default()).unwrap().id;
    client.sim.fault(Fault::new(FaultKind::LoseAnswer).on("scans.launch").times(1));
    let path = format!("/rest/scan/{scan}/launch");
    assert!(client.try_call("POST", &path, Some(json!({}))).await.is_none());
    assert_eq!(client.sim.scan(&scan).unwrap().history.len(), 1);
    client.post(&path, json!({})).await;
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 2);
}

#[tokio::test]
async fn the_fleet_is_that_of_the_other_vendors() {
    let config = |vendor| SimConfig { scans: 20, findings: 60, ..still_vendor(vendor) };
    let (center, nessus) = (started(config("tenable-sc")).await, started(config("nessus")).await);
    let (ours, theirs) = (center.sim.scans(), nessus.sim.scans());
    assert_eq!(ours.len(), theirs.len());
    let targets = |scans: &[scanhelm_vendor_sim::ScanTruth]| -> BTreeSet<(String, String)> {
        scans.iter().map(|scan| (scan.name.clone(), scan.targets.clone())).collect()
    };
    assert_eq!(targets(&ours), targets(&theirs));
    let find = |client: &Client, scans: &[scanhelm_vendor_sim::ScanTruth]| {
        let scan = scans.iter().find(|scan| scan.name == "DMZ web servers" || scan.name == "Weekly perimeter").unwrap();
        let run = scan.history.last().unwrap();
        client.sim.findings(&scan.id, &run.uuid).unwrap().into_iter().map(|f| f.reference).collect::<BTreeSet<_>>()
    };
    let (a, b) = (find(&center, &ours), find(&nessus, &theirs));
    assert!(a.intersection(&b).count() * 10 > a.len() * 8, "most findings are the same");
}
