use std::time::Duration;

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, Sim, SimConfig, StartError};
use serde_json::json;
use tokio::net::TcpStream;

use crate::wire::{started, still};

#[tokio::test]
async fn a_seeded_scan_appears_in_the_vendor_in_the_state_asked_for() {
    let client = started(still()).await;
    for state in ["empty", "pending", "running", "paused", "completed", "imported", "canceled", "aborted"] {
        let seed =
            json!({"name": format!("is {state}"), "state": state, "hosts": 3, "findings": 30, "earlier_runs": 0});
        let reply = client.post("/_sim/scans", seed).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let truth = reply.json();
        assert_eq!(truth["state"], state);
        let shown = client.get(&format!("/scans/{}", truth["id"].as_str().unwrap())).await.json();
        assert_eq!(shown["info"]["status"], state);
        assert_eq!(shown["info"]["uuid"], truth["uuid"]);
    }
    let truth = client.get("/_sim/scans").await.json();
    assert_eq!(truth["scans"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn the_truth_of_one_scan_lists_the_findings_of_each_run() {
    let client = started(still()).await;
    let seed = ScanSeed { state: SeedState::Completed, hosts: 5, findings: 60, earlier_runs: 2, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    let truth = client.get(&format!("/_sim/scans/{}", scan.id)).await.json();
    assert_eq!(scan.history.len(), 3);
    for run in &scan.history {
        assert_eq!(truth["findings"][&run.uuid].as_array().unwrap().len(), 60);
        assert_eq!(run.findings, 60);
    }
    assert_eq!(client.get("/_sim/scans/99").await.status, 404);
}

#[tokio::test]
async fn seeds_that_make_no_sense_are_refused() {
    let client = started(still()).await;
    for seed in [
        json!({"name": " "}),
        json!({"name": "x", "progress_percent": 101}),
        json!({"state": "sleeping"}),
        json!({"hostz": 1}),
    ] {
        assert_eq!(client.post("/_sim/scans", seed.clone()).await.status, 422, "{seed}");
    }
    assert!(client.sim.scans().is_empty());
}

#[tokio::test]
async fn the_ledger_names_requests_callers_and_effects() {
    let client = started(still()).await;
    client.get("/scans").await;
    client.send("GET", "/scans?folder_id=3", &[], "application/json", b"").await.unwrap();
    let scan = client.sim.add_scan(ScanSeed::default()).unwrap();
    client.post(&format!("/scans/{}/launch", scan.id), json!({})).await;
    client.sim.advance(Duration::from_secs(2000));

    let ledger = client.get("/_sim/ledger").await.json();
    let requests = ledger["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 3, "control routes leave no trace");
    assert_eq!((&requests[0]["operation"], &requests[0]["authenticated"]), (&json!("scans.list"), &json!(true)));
    assert_eq!((&requests[1]["status"], &requests[1]["authenticated"]), (&json!(401), &json!(false)));
    assert_eq!(requests[1]["query"], "folder_id=3");
    assert_eq!(requests[2]["effects"][0]["action"], "launch");
    assert_eq!(requests[2]["effects"][0]["subject"], scan.id.as_str());
    let actions: Vec<_> = client.sim.ledger().effects.iter().map(|effect| effect.action).collect();
    assert_eq!(actions, [Action::Launch, Action::Started, Action::Completed]);
    let since = client.get("/_sim/ledger?since=2").await.json();
    assert_eq!(since["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn dropping_or_stopping_a_simulator_closes_its_port_and_its_connections() {
    for explicit in [false, true] {
        let client = started(still()).await;
        let address = client.sim.address();
        let mut open = TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut open, b"GET /server/status HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        tokio::io::AsyncReadExt::read_u8(&mut open).await.unwrap();
        if explicit {
            client.sim.shutdown().await;
        } else {
            drop(client);
        }
        let mut rest = Vec::new();
        // Ends, by reset or by end of file, instead of staying open.
        let end = tokio::io::AsyncReadExt::read_to_end(&mut open, &mut rest);
        let _ = tokio::time::timeout(Duration::from_secs(10), end).await.expect("the connection is closed");
        tokio::time::timeout(Duration::from_secs(10), async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the port is closed");
    }
}

#[tokio::test]
async fn an_unknown_vendor_and_a_taken_port_are_named() {
    let unknown = Sim::start(SimConfig::new("nesus")).await.unwrap_err();
    assert!(matches!(unknown, StartError::UnknownVendor { .. }));
    assert!(unknown.to_string().contains("nessus"), "{unknown}");
    let client = started(still()).await;
    let taken = SimConfig { listen: client.sim.address(), ..still() };
    assert!(Sim::start(taken).await.unwrap_err().to_string().contains(&client.sim.address().to_string()));
}
