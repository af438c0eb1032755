//! Live events: in order, once, only one's own, and resumable.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Method, StatusCode};
use futures::StreamExt;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House};

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads events from an open stream.
struct Reader {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Seen {
    id: i64,
    name: String,
    data: Value,
}

impl Reader {
    async fn open(house: &House, ask: Ask) -> Self {
        let response = house.raw(ask.build()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Seen> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                };
                let seen = field("data").map(|data| Seen {
                    id: field("id").unwrap().parse().unwrap(),
                    name: field("event").unwrap(),
                    data: serde_json::from_str(&data).unwrap(),
                });
                self.text = rest.to_owned();
                if seen.is_some() {
                    return seen;
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("something happens")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

async fn create(house: &House, key: &str, name: &str) -> String {
    let scan = house.send(Ask::post("/api/v1/scans", json!({"name": name})).key(key)).await.expect(201);
    scan["id"].as_str().unwrap().to_owned()
}

async fn rename(house: &House, key: &str, scan: &str, name: &str) {
    let patch = Ask::new(Method::PATCH, format!("/api/v1/scans/{scan}")).json(json!({"name": name}));
    house.send(patch.key(key)).await.expect(200);
}

#[tokio::test]
async fn a_stream_resumes_where_it_broke_off() {
    let house = House::new().await;
    let key = house.first().await.key;
    let scan = create(&house, &key, "one").await;
    for number in 0..3 {
        rename(&house, &key, &scan, &format!("one {number}")).await;
    }
    let path = format!("/api/v1/scans/{scan}/events");
    let mut whole = Reader::open(&house, Ask::get(format!("{path}?after=0")).key(&key)).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(whole.next().await.unwrap());
    }
    assert_eq!(seen[0].name, "scan.created");
    assert!(seen.iter().skip(1).all(|event| event.name == "scan.changed"));
    assert!(seen.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert_eq!(seen[0].data["scan_id"], scan.as_str());
    assert_eq!(seen[0].data["seq"], seen[0].id);
    assert!(seen[0].data["at"].is_string());

    let mut resumed =
        Reader::open(&house, Ask::get(&path).header("last-event-id", seen[1].id.to_string()).key(&key)).await;
    for expected in &seen[2..] {
        assert_eq!(&resumed.next().await.unwrap(), expected);
    }
    // Both go on live, with the same event.
    rename(&house, &key, &scan, "live").await;
    let live = whole.next().await.unwrap();
    assert_eq!(live.data["name"], "live");
    assert_eq!(resumed.next().await.unwrap(), live);
}

#[tokio::test]
async fn a_long_history_comes_whole_and_in_order() {
    let house = House::new().await;
    let tenant = house.first().await;
    let scan = create(&house, &tenant.key, "busy").await;
    let other = create(&house, &tenant.key, "other").await;
    let (mut expected, mut number) = (1, 0);
    while expected < 450 {
        rename(&house, &tenant.key, &scan, &format!("busy {number}")).await;
        if number % 3 == 0 {
            rename(&house, &tenant.key, &other, &format!("other {number}")).await;
        }
        (expected, number) = (expected + 1, number + 1);
    }
    let mut reader =
        Reader::open(&house, Ask::get(format!("/api/v1/scans/{scan}/events?after=0")).key(&tenant.key)).await;
    let mut last = 0;
    for _ in 0..expected {
        let seen = reader.next().await.unwrap();
        assert!(seen.id > last && seen.data["scan_id"] == scan.as_str());
        last = seen.id;
    }
}

#[tokio::test]
async fn only_the_callers_company_is_heard() {
    let house = House::new().await;
    let first = house.first().await;
    let second = house.another(&first, "Zenith").await;
    let mut reader = Reader::open(&house, Ask::get("/api/v1/events").key(&second.key)).await;
    create(&house, &first.key, "secret").await;
    let mine = create(&house, &second.key, "mine").await;
    let seen = reader.next().await.unwrap();
    assert_eq!((seen.name.as_str(), seen.data["scan_id"].as_str()), ("scan.created", Some(mine.as_str())));
    let mut late = Reader::open(&house, Ask::get("/api/v1/events?after=0").key(&second.key)).await;
    assert_eq!(late.next().await.unwrap(), seen);
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_it_and_with_the_hub() {
    let house = House::with(|_, settings| settings.event_heartbeat = Duration::from_millis(50)).await;
    let tenant = house.first().await;
    let issued = house.hub.accounts().create_api_key(&tenant.grant, "tv", Role::Viewer, None).await.unwrap();
    let mut watched = Reader::open(&house, Ask::get("/api/v1/events").key(issued.secret.expose())).await;
    let mut other = Reader::open(&house, Ask::get("/api/v1/events").key(&tenant.key)).await;
    house.hub.accounts().revoke_api_key(&tenant.grant, issued.key.id).await.unwrap();
    assert_eq!(watched.next().await, None);
    create(&house, &tenant.key, "goes on").await;
    assert_eq!(other.next().await.unwrap().name, "scan.created");
    house.stop.cancel();
    assert_eq!(other.next().await, None);
}

#[tokio::test]
async fn a_caller_holds_only_so_many_streams() {
    let house = House::with(|_, settings| settings.max_event_streams = 2).await;
    let tenant = house.first().await;
    let first = Reader::open(&house, Ask::get("/api/v1/events").key(&tenant.key)).await;
    let _second = Reader::open(&house, Ask::get("/api/v1/events").key(&tenant.key)).await;
    let refused = house.send(Ask::get("/api/v1/events").key(&tenant.key)).await;
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.headers.contains_key("retry-after"));
    drop(first);
    Reader::open(&house, Ask::get("/api/v1/events").key(&tenant.key)).await;
}

#[tokio::test]
async fn a_foreign_position_is_refused_or_harmless() {
    let house = House::new().await;
    let key = house.first().await.key;
    for ask in [
        Ask::get("/api/v1/events").header("last-event-id", "x"),
        Ask::get("/api/v1/events?after=x"),
        Ask::get("/api/v1/events?since=1"),
    ] {
        assert_eq!(house.send(ask.key(&key)).await.code(), "invalid_input");
    }
    // A number from a database that was restored since.
    let mut reader = Reader::open(&house, Ask::get("/api/v1/events?after=999999999").key(&key)).await;
    create(&house, &key, "new").await;
    assert_eq!(reader.next().await.unwrap().name, "scan.created");
}
