use std::collections::BTreeSet;

use scanhelm_vendor_sim::{Fault, FaultKind, ScanSeed, SeedState};
use serde_json::{Value, json};

use crate::wire::{Client, Reply, started, still};

async fn completed(client: &Client, findings: u32) -> (String, String) {
    let seed = ScanSeed { state: SeedState::Completed, hosts: 4, findings, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    (scan.id, scan.uuid.unwrap())
}

/// Orders an export and polls until it is ready.
async fn ordered(client: &Client, scan: &str, body: Value) -> (String, i64) {
    let order = client.post(&format!("/scans/{scan}/export"), body).await;
    assert_eq!(order.status, 200, "{}", order.text());
    let (token, file) = (order.json()["token"].as_str().unwrap().to_owned(), order.json()["file"].as_i64().unwrap());
    let mut words = Vec::new();
    while words.last().is_none_or(|word| word != "ready") {
        assert!(words.len() < 10, "{words:?}");
        words.push(client.get(&format!("/tokens/{token}/status")).await.json()["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(words, ["loading", "loading", "ready"]);
    (token, file)
}

fn items(reply: &Reply) -> usize {
    reply.text().matches("<ReportItem ").count()
}

#[tokio::test]
async fn three_addresses_give_the_same_report_and_the_ledger_knows_it() {
    let client = started(still()).await;
    let (scan, run) = completed(&client, 75).await;
    let (token, file) = ordered(&client, &scan, json!({"format": "nessus"})).await;
    let paths = [
        format!("/tokens/{token}/download"),
        format!("/scans/exports/{token}/download"),
        format!("/scans/{scan}/export/{file}/download"),
    ];
    for path in &paths {
        let reply = client.get(path).await;
        assert_eq!((reply.status, items(&reply), reply.whole), (200, 75, true));
        assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    }
    let ledger = client.sim.ledger();
    assert_eq!(ledger.served.len(), 1);
    assert_eq!((&ledger.served[0].scan, &ledger.served[0].run, ledger.served[0].times), (&scan, &run, 3));
    let served: BTreeSet<_> = ledger.served[0].findings.iter().collect();
    let truth = client.sim.findings(&scan, &run).unwrap();
    assert_eq!(served, truth.iter().collect());
    assert_eq!(served.len(), 75);
}

#[tokio::test]
async fn tokens_need_no_other_credentials_but_files_do() {
    let client = started(still()).await;
    let (scan, _) = completed(&client, 10).await;
    let (token, file) = ordered(&client, &scan, json!({"format": "csv"})).await;
    let by_token = format!("/tokens/{token}/download");
    let reply = client.send("GET", &by_token, &[], "text/plain", b"").await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv")));
    let by_file = format!("/scans/{scan}/export/{file}/download");
    assert_eq!(client.send("GET", &by_file, &[], "text/plain", b"").await.unwrap().status, 401);
}

#[tokio::test]
async fn what_is_not_over_cannot_be_exported() {
    let client = started(still()).await;
    for (state, status) in [
        (SeedState::Empty, 404),
        (SeedState::Pending, 409),
        (SeedState::Running, 409),
        (SeedState::Paused, 409),
        (SeedState::Canceled, 200),
        (SeedState::Aborted, 200),
        (SeedState::Imported, 200),
    ] {
        let scan = client.sim.add_scan(ScanSeed { state, ..ScanSeed::default() }).unwrap();
        let reply = client.post(&format!("/scans/{}/export", scan.id), json!({"format": "nessus"})).await;
        assert_eq!(reply.status, status, "{state:?}");
        assert_eq!(reply.json()["error"].is_string(), status != 200);
    }
}

#[tokio::test]
async fn a_stopped_run_serves_only_what_it_found() {
    let client = started(still()).await;
    let seed =
        ScanSeed { state: SeedState::Canceled, hosts: 8, findings: 200, progress_percent: 50, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    let found = scan.history[0].findings;
    assert!((20..180).contains(&found), "{found}");
    let (token, _) = ordered(&client, &scan.id, json!({"format": "nessus"})).await;
    assert_eq!(items(&client.get(&format!("/tokens/{token}/download")).await), found);
}

#[tokio::test]
async fn a_download_that_was_cut_does_not_count_as_served() {
    let client = started(still()).await;
    let (scan, _) = completed(&client, 40).await;
    let (token, _) = ordered(&client, &scan, json!({"format": "nessus"})).await;
    client.sim.fault(Fault::new(FaultKind::Cut { keep_percent: 40, chunked: true }).on("export.download").times(1));
    let path = format!("/tokens/{token}/download");
    assert!(!client.get(&path).await.whole);
    assert!(client.sim.ledger().served.is_empty());
    assert!(client.get(&path).await.whole);
    assert_eq!(client.sim.ledger().served[0].findings.len(), 40);
}

/// Reports of the real product come in and go out with the same findings.
#[tokio::test]
async fn real_reports_survive_import_and_export() {
    let shared = crate::recorded::shared();
    let client = started(still()).await;
    for (file, hosts, findings) in [
        ("dd_nessus_v_unknown.xml", 7, 296),
        ("dd_nessus_with_cvssv3.nessus", 1, 49),
        ("seccubus_unicode.nessus", 1, 1),
    ] {
        let path = shared.join("corpus/nessus").join(file);
        let report = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; point SCANHELM_SHARED at the shared facts", path.display()));
        let mut form =
            format!("--edge\r\nContent-Disposition: form-data; name=\"Filedata\"; filename=\"{file}\"\r\n\r\n")
                .into_bytes();
        form.extend_from_slice(&report);
        form.extend_from_slice(b"\r\n--edge--\r\n");
        let credentials = client.sim.credentials();
        let keys = format!("accesskey={}; secretkey={}", credentials.access_key, credentials.secret_key);
        let headers = [("x-apikeys", keys.as_str())];
        let upload =
            client.send("POST", "/file/upload", &headers, "multipart/form-data; boundary=edge", &form).await.unwrap();
        assert_eq!(upload.json()["fileuploaded"], file);
        let import = client.post("/scans/import", json!({"file": file})).await;
        assert_eq!(import.status, 200, "{}", import.text());
        let scan = import.json()["scan"]["id"].to_string();
        let details = client.get(&format!("/scans/{scan}")).await.json();
        assert_eq!(details["hosts"].as_array().unwrap().len(), hosts);
        let (token, _) = ordered(&client, &scan, json!({"format": "nessus"})).await;
        assert_eq!(items(&client.get(&format!("/tokens/{token}/download")).await), findings, "{file}");
    }
}
