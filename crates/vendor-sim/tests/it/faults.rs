use std::time::{Duration, Instant};

use scanhelm_vendor_sim::{Action, Fault, FaultKind, ScanSeed, SeedState, SimConfig};
use serde_json::{Value, json};

use crate::wire::{Client, started, still};

async fn empty_scan(client: &Client) -> String {
    client.sim.add_scan(ScanSeed::default()).unwrap().id
}

fn parsed(line: &str) -> Fault {
    line.parse().unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[tokio::test]
async fn refusals_answer_as_told_and_change_nothing() {
    let client = started(still()).await;
    let scan = empty_scan(&client).await;
    let cases: [(&str, u16, &[u8]); 9] = [
        ("status,code=500", 500, b"{\"error\":\"Internal Server Error\"}"),
        ("status,code=401", 401, b"{\"error\":\"Unauthorized\"}"),
        ("status,code=403", 403, b"{\"error\":\"Forbidden\"}"),
        ("empty-body", 200, b""),
        ("null", 200, b"null"),
        ("empty-array", 200, b"[]"),
        ("redirect,location=http://127.0.0.2:1/scans", 302, b""),
        ("garbage-json", 200, b"{\"scans\": [{\"id\": 1, \"name\": \"Quarterly"),
        ("status,code=503,retry_after=soon", 503, b"{\"error\":\"Service Unavailable\"}"),
    ];
    for (line, status, body) in cases {
        client.sim.fault(parsed(&format!("{line},op=scans.launch,times=1")));
        let reply = client.post(&format!("/scans/{scan}/launch"), json!({})).await;
        assert_eq!((reply.status, reply.body.as_slice()), (status, body), "{line}");
    }
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 0);
    assert_eq!(client.sim.scan(&scan).unwrap().state, "empty");
    assert_eq!(client.post(&format!("/scans/{scan}/launch"), json!({})).await.status, 200);
}

#[tokio::test]
async fn retry_after_comes_in_every_form() {
    let client = started(still()).await;
    for (value, expected) in [
        (Some("7"), Some("7")),
        (Some("date:60"), Some("Mon, 21 Sep 2026 14:14:20 GMT")),
        (Some("in a while"), Some("in a while")),
        (None, None),
    ] {
        let retry = value.map(|value| format!(",retry_after={value}")).unwrap_or_default();
        client.sim.fault(parsed(&format!("status,code=429,times=1{retry}")));
        let reply = client.get("/scans").await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, expected));
    }
}

#[tokio::test]
async fn unreadable_answers_are_unreadable() {
    let client = started(still()).await;
    client.sim.fault(parsed("invalid-utf8,times=1"));
    assert!(String::from_utf8(client.get("/scans").await.body).is_err());
    client.sim.fault(parsed("login-page,times=1"));
    let page = client.get("/scans").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.text().contains("<form"));
    client.sim.fault(parsed("huge-body,bytes=3000000,times=1"));
    let huge = client.get("/scans").await;
    assert!(huge.body.len() >= 3_000_000);
    assert!(huge.json()["padding"].is_string());
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect_behind() {
    let client = started(still()).await;
    let scan = empty_scan(&client).await;
    client.sim.fault(parsed("lose-answer,op=scans.launch,times=1"));
    assert!(client.try_call("POST", &format!("/scans/{scan}/launch"), Some(json!({}))).await.is_none());
    let ledger = client.sim.ledger();
    assert_eq!(ledger.count(Action::Launch, &scan), 1);
    let exchange = ledger.requests.last().unwrap();
    assert_eq!((exchange.fault.as_deref(), exchange.status), (Some("lose-answer"), None));
    assert_eq!(client.sim.scan(&scan).unwrap().state, "pending");
}

#[tokio::test]
async fn a_closed_connection_has_neither_answer_nor_effect() {
    let client = started(still()).await;
    let scan = empty_scan(&client).await;
    client.sim.fault(parsed("close,method=POST,path=/scans/,times=1"));
    assert!(client.try_call("POST", &format!("/scans/{scan}/launch"), Some(json!({}))).await.is_none());
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 0);
}

#[tokio::test]
async fn a_hanging_request_ends_with_its_client_and_is_in_the_ledger() {
    let client = started(still()).await;
    client.sim.fault(parsed("hang,op=scans.list"));
    let patience = tokio::time::timeout(Duration::from_millis(300), client.get("/scans")).await;
    assert!(patience.is_err());
    let exchange = client.sim.ledger().requests.pop().unwrap();
    assert_eq!((exchange.fault.as_deref(), exchange.status), (Some("hang"), None));
    assert_eq!(client.get("/server/status").await.status, 200);
}

#[tokio::test]
async fn a_held_answer_tells_of_what_was_done_and_waits_for_its_fault_to_be_cleared() {
    let client = started(still()).await;
    let scan = empty_scan(&client).await;
    let held = client.sim.fault(parsed("hold,op=scans.launch"));
    let path = format!("/scans/{scan}/launch");
    let mut launching = Box::pin(client.post(&path, json!({})));
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut launching).await.is_err());
    assert_eq!(client.sim.ledger().count(Action::Launch, &scan), 1);
    assert_eq!(client.get("/scans").await.status, 200, "nothing else is held");
    client.sim.clear_fault(held);
    assert_eq!(launching.await.status, 200);
}

#[tokio::test]
async fn slow_and_dripping_answers_take_their_time_and_arrive_whole() {
    let client = started(still()).await;
    for line in ["slow,delay_ms=200,times=1", "drip,delay_ms=20,bytes=8,times=1"] {
        client.sim.fault(parsed(line));
        let begin = Instant::now();
        let reply = client.get("/session").await;
        assert!(begin.elapsed() >= Duration::from_millis(200), "{line}");
        assert_eq!(reply.json()["username"], "admin", "{line}");
    }
}

#[tokio::test]
async fn cut_bodies_end_before_their_framing_does() {
    let client = started(still()).await;
    let whole = client.get("/scans").await;
    for line in ["cut,keep=50,times=1", "cut,keep=50,chunked=true,times=1"] {
        client.sim.fault(parsed(line));
        let reply = client.get("/scans").await;
        assert_eq!(reply.status, 200);
        assert!(!reply.whole, "{line}");
        assert_eq!(reply.body.len(), whole.body.len() / 2, "{line}");
        assert_eq!(reply.header("content-length").is_some(), !line.contains("chunked"));
    }
}

#[tokio::test]
async fn lists_and_words_are_falsified() {
    let client = started(still()).await;
    for _ in 0..3 {
        client.sim.add_scan(ScanSeed { state: SeedState::Completed, ..ScanSeed::default() }).unwrap();
    }
    empty_scan(&client).await;
    let count = |answer: &Value| answer["scans"].as_array().unwrap().len();
    client.sim.fault(parsed("duplicate-entries,op=scans.list,times=1"));
    assert_eq!(count(&client.get("/scans").await.json()), 8);
    client.sim.fault(parsed("empty-list,op=scans.list,times=1"));
    assert_eq!(count(&client.get("/scans").await.json()), 0);
    client.sim.fault(parsed("rename-status,from=completed,to=finalised,op=scans.list,times=1"));
    let renamed = client.get("/scans").await.json();
    let words: Vec<_> =
        renamed["scans"].as_array().unwrap().iter().map(|scan| scan["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["finalised", "finalised", "finalised", "empty"]);
    let ids = |answer: &Value| {
        answer["scans"].as_array().unwrap().iter().map(|scan| scan["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let order = ids(&client.get("/scans").await.json());
    client.sim.fault(parsed("reverse-entries,op=scans.list,times=1"));
    assert_eq!(ids(&client.get("/scans").await.json()), order.iter().rev().copied().collect::<Vec<_>>());
    client.sim.fault(parsed(&format!("omit-entry,text={},op=scans.list,times=1", order[1])));
    assert_eq!(ids(&client.get("/scans").await.json()), [&order[..1], &order[2..]].concat());
    client.sim.fault(parsed(&format!("set-field,field=id,from={},to=7,op=scans.list,times=1", order[0])));
    assert_eq!(ids(&client.get("/scans").await.json()), [&[7], &order[1..]].concat());
    assert_eq!(count(&client.get("/scans").await.json()), 4);
}

#[tokio::test]
async fn skip_times_and_probability_decide_when_a_fault_strikes() {
    let client = started(still()).await;
    client.sim.fault(Fault::status(500).on("scans.list").skip(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(client.get("/scans").await.status);
    }
    assert_eq!(statuses, [200, 500, 500, 200, 200]);

    let mut patterns = Vec::new();
    for seed in [7, 7, 8] {
        let client = started(SimConfig { seed, ..still() }).await;
        client.sim.fault(Fault::status(500).with_probability(0.5));
        let mut pattern = Vec::new();
        for _ in 0..40 {
            pattern.push(client.get("/scans").await.status);
        }
        patterns.push(pattern);
    }
    assert_eq!(patterns[0], patterns[1], "one seed, one pattern");
    assert_ne!(patterns[0], patterns[2]);
    assert!(patterns[0].contains(&200) && patterns[0].contains(&500));
}

#[tokio::test]
async fn faults_are_armed_listed_and_cleared_over_http() {
    let client = started(still()).await;
    let armed =
        client.post("/_sim/fault", json!({"kind": "status", "code": 503, "op": "scans.list", "times": 2})).await;
    assert_eq!(armed.status, 201);
    assert_eq!(client.get("/scans").await.status, 503);
    let list = client.get("/_sim/fault").await.json();
    assert_eq!(list["faults"][0]["fault"], json!({"kind": "status", "code": 503, "op": "scans.list", "times": 2}));
    assert_eq!((&list["faults"][0]["seen"], &list["faults"][0]["struck"]), (&json!(1), &json!(1)));
    assert_eq!(client.call("DELETE", "/_sim/fault", None).await.json(), json!({"cleared": 1}));
    assert_eq!(client.get("/scans").await.status, 200);
    assert_eq!(client.post("/_sim/fault", json!({"kind": "status"})).await.status, 422);
}

#[test]
fn the_line_form_and_the_json_form_say_the_same() {
    for line in [
        "status,code=429,retry_after=date:30,op=scans.list,times=3,p=0.5",
        "status,code=429,retry_after=5",
        "slow,delay_ms=20,skip=2",
        "drip,delay_ms=20",
        "cut,keep=10,chunked=true,path=/tokens/",
        "huge-body,bytes=10,method=GET",
        "redirect,location=http://127.0.0.2:9/",
        "rename-status,to=7",
        "reverse-entries",
        "omit-entry,text=7",
        "set-field,field=name,to=8",
        "set-field,field=name,to=8,from=x",
        "lose-answer",
        "hang",
        "hold,op=scans.list",
    ] {
        let fault = parsed(line);
        let json = serde_json::to_value(&fault).unwrap();
        assert_eq!(serde_json::from_value::<Fault>(json).unwrap(), fault, "{line}");
    }
    assert_eq!(parsed("rename-status,to=7").kind, FaultKind::RenameStatus { from: None, to: "7".to_owned() });
}

#[test]
fn a_misspelt_fault_is_an_error() {
    for line in [
        "statu,code=500",
        "status",
        "status,code=200",
        "status,code=500,times",
        "status,code=500,tims=1",
        "slow",
        "hang,code=500",
        "close,p=1.5",
        "redirect",
        "omit-entry",
        "set-field,field=x",
        "",
    ] {
        assert!(line.parse::<Fault>().is_err(), "{line}");
    }
}
