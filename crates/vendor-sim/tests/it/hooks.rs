//! Webhooks, seen by whoever is called.

use std::time::Duration;

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, Sim, SimConfig, Webhook};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::wire::{Client, started, still_vendor};

/// Takes one call, answers it with `status` and returns its head and body.
async fn called(listener: &TcpListener, status: u16) -> (String, Value) {
    let (mut stream, _) =
        tokio::time::timeout(Duration::from_secs(20), listener.accept()).await.expect("a call").unwrap();
    let mut text = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..read]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            let answer = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            return (head.to_owned(), serde_json::from_str(body).unwrap());
        }
    }
}

async fn with_hook() -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook: Webhook = format!("http://{}/hooks/7?x=1", listener.local_addr().unwrap()).parse().unwrap();
    let hook = hook.with_header("X-Hook-Secret: s3cret").unwrap();
    (started(SimConfig { webhook: Some(hook), ..still_vendor("invicti") }).await, listener)
}

#[tokio::test]
async fn the_webhook_hears_of_a_scan_from_its_beginning_to_its_end() {
    let (client, listener) = with_hook().await;
    client.sim.add_scan(ScanSeed { state: SeedState::Completed, ..ScanSeed::default() }).unwrap();
    let made = client.post("/api/1.0/scans/new", json!({ "TargetUri": "https://shop.corp.example/" })).await.json();
    let (head, body) = called(&listener, 200).await;
    assert!(head.starts_with("POST /hooks/7?x=1 HTTP/1.1\r\n") && head.contains("\r\nX-Hook-Secret: s3cret"), "{head}");
    assert_eq!((&body["Issue"]["Event"], &body["Issue"]["ScanId"]), (&json!("NewScan"), &made[0]["Id"]));
    // Nobody asks the vendor anything; the clock alone completes the scan.
    client.sim.clock().advance(Duration::from_secs(3600));
    let (_, body) = called(&listener, 204).await;
    assert_eq!((&body["Issue"]["Event"], &body["Issue"]["State"]), (&json!("ScanCompleted"), &json!("Complete")));
}

#[tokio::test]
async fn a_call_that_is_refused_comes_again_unchanged_and_in_order() {
    let (client, listener) = with_hook().await;
    let made = client.post("/api/1.0/scans/new", json!({ "TargetUri": "https://shop.corp.example/" })).await.json();
    let scan = made[0]["Id"].as_str().unwrap();
    client.post("/api/1.0/scans/cancel", json!(scan)).await;
    let first = called(&listener, 503).await;
    let second = called(&listener, 401).await;
    assert_eq!(first, second);
    let third = called(&listener, 200).await;
    assert_eq!(third, first);
    let (_, body) = called(&listener, 200).await;
    assert_eq!(body["Issue"]["Event"], "ScanCancelled");
    let ledger = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let ledger = client.sim.ledger();
            if ledger.count(Action::Notified, scan) == 2 {
                return ledger;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(ledger.await.expect("both are delivered").count(Action::NotifyFailed, scan), 2);
}

#[tokio::test]
async fn only_loopback_is_called_and_only_by_vendors_that_call() {
    for wrong in
        ["https://127.0.0.1:1/", "http://192.0.2.1:80/", "http://example.com/", "127.0.0.1:80", "http://127.0.0.1/x"]
    {
        assert!(wrong.parse::<Webhook>().is_err(), "{wrong}");
    }
    let hook: Webhook = "http://localhost:9/".parse().unwrap();
    assert!(hook.clone().with_header("no colon").is_err() && hook.clone().with_header("a: b\r\nc: d").is_err());
    let refused = Sim::start(SimConfig { webhook: Some(hook), ..still_vendor("nessus") }).await.unwrap_err();
    assert!(refused.to_string().contains("sends no webhooks"), "{refused}");
}
