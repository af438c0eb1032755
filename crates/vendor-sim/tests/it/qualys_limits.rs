//! How often and how much at once: the vendor's headers, and its two kinds of 409.

use std::time::Duration;

use base64::Engine;
use scanhelm_vendor_sim::{ScanSeed, SeedState, SimConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wire::{Client, Reply, started, still_vendor};

const SCAN: &str = "/api/2.0/fo/scan/";

fn number(reply: &Reply, header: &str) -> u64 {
    reply.header(header).unwrap_or_else(|| panic!("no {header}")).parse().unwrap()
}

#[tokio::test]
async fn calls_of_a_kind_are_counted_in_a_sliding_hour() {
    let client = started(SimConfig { calls_per_hour: Some(3), ..still_vendor("qualys-vm") }).await;
    let ask = async || client.form(SCAN, "action=list").await;
    for remaining in [2, 1, 0] {
        let reply = ask().await;
        assert_eq!((reply.status, number(&reply, "x-ratelimit-remaining")), (200, remaining));
        assert_eq!((number(&reply, "x-ratelimit-limit"), number(&reply, "x-ratelimit-window-sec")), (3, 3600));
        assert_eq!(
            (number(&reply, "x-concurrency-limit-limit"), number(&reply, "x-concurrency-limit-running")),
            (2, 0)
        );
        client.sim.advance(Duration::from_secs(600));
    }
    let blocked = ask().await;
    assert_eq!((blocked.status, number(&blocked, "x-ratelimit-towait-sec")), (409, 1800));
    assert!(blocked.text().contains("<CODE>1965</CODE>") && blocked.text().contains("SECONDS_TO_WAIT"));
    assert!(blocked.text().contains("another 0 hours, 30 minutes and 0 seconds."));
    assert_eq!(client.form("/api/2.0/fo/appliance/", "action=list").await.status, 200, "each kind by itself");
    client.sim.advance(Duration::from_secs(1800));
    assert_eq!(ask().await.status, 200);
    assert_eq!(ask().await.status, 409);
}

/// Asks and reads the head of the answer only.
async fn held(client: &Client, form: &str) -> TcpStream {
    let keys = client.sim.credentials();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", keys.username, keys.password));
    let mut stream = TcpStream::connect(client.sim.address()).await.unwrap();
    let request = format!(
        "POST {SCAN} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {pair}\r\nX-Requested-With: tests\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn a_call_is_under_way_until_its_answer_has_left() {
    let client = started(still_vendor("qualys-vm")).await;
    let seed = ScanSeed { state: SeedState::Completed, hosts: 200, findings: 60_000, ..ScanSeed::default() };
    let reference = client.sim.add_scan(seed).unwrap().id;
    let form = format!("action=fetch&scan_ref={reference}&output_format=json&mode=extended");
    let (first, second) = (held(&client, &form).await, held(&client, &form).await);
    let blocked = client.form(SCAN, "action=list").await;
    assert_eq!((blocked.status, number(&blocked, "x-concurrency-limit-running")), (409, 2));
    assert!(blocked.text().contains("<CODE>1960</CODE>") && blocked.text().contains("CALLS_TO_FINISH"));
    drop((first, second));
    let free = async {
        while client.form(SCAN, "action=list").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.expect("calls that were given up are over");
}
