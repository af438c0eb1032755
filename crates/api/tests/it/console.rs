//! What every answer carries, and how the server starts and stops.

use std::time::Duration;

use axum::http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::house::{Ask, House};

#[tokio::test]
async fn every_answer_is_defended() {
    let house = House::new().await;
    let key = house.first().await.key;
    for (ask, is_page) in [
        (Ask::get("/"), true),
        (Ask::get("/scans").header("accept", "text/html"), true),
        (Ask::get("/assets/none.js"), false),
        (Ask::get("/api/v1/scans").key(&key), false),
        (Ask::get("/api/v1/scans"), false),
        (Ask::get("/api/v1/none"), false),
        (Ask::new(Method::PUT, "/api/v1/scans"), false),
        (Ask::get("/openapi.json"), false),
        (Ask::get("/healthz"), false),
    ] {
        let reply = house.send(ask).await;
        let header = |name: &str| reply.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe"), "{policy}");
        assert_eq!(is_page, reply.status == 200 && policy.contains("script-src 'self';"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), if is_page { header("cache-control") } else { "no-store".to_owned() });
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
        assert!(!reply.headers.contains_key("server"));
    }
}

async fn start(house: &House, stop: &CancellationToken) -> (String, tokio::task::JoinHandle<()>) {
    let listener = scanhelm_api::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (hub, stop) = (house.hub.clone(), stop.clone());
    let settings = scanhelm_api::Settings {
        shutdown_grace: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(1),
        event_heartbeat: Duration::from_millis(200),
        ..Default::default()
    };
    let task = tokio::spawn(async move { scanhelm_api::serve(listener, hub, settings, stop).await.unwrap() });
    (address, task)
}

#[tokio::test]
async fn it_serves_ends_its_streams_and_stops() {
    let house = House::new().await;
    let key = house.first().await.key;
    let stop = CancellationToken::new();
    let (address, serving) = start(&house, &stop).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains(": open") {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(text.contains("text/event-stream"), "{text}");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), serving).await.expect("stops in time").unwrap();
}

#[tokio::test]
async fn a_taken_address_says_what_to_do() {
    let taken = scanhelm_api::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let refused = scanhelm_api::listen(address).await.unwrap_err().to_string();
    assert!(refused.contains(&address.to_string()) && refused.contains("--listen"), "{refused}");
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_a_stream_with_a_heartbeat_is_not() {
    let house = House::new().await;
    let key = house.first().await.key;
    let stop = CancellationToken::new();
    let (address, _serving) = start(&house, &stop).await;
    let mut silent = TcpStream::connect(&address).await.unwrap();
    silent.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow").await.unwrap();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(10), silent.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the silent connection stays open");
    // The stream has lived at least as long as the silent connection, and still speaks.
    for _ in 0..8 {
        let count = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 4096])).await.unwrap().unwrap();
        assert!(count > 0, "the stream was closed");
    }
    stop.cancel();
}
