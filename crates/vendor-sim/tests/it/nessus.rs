//! What pyTenable does not reach: licences, refusals, the list's habits, looking at the same answer in time.

use std::time::Duration;

use scanhelm_vendor_sim::{Action, Licence, ScanSeed, SeedState, SimConfig};
use serde_json::{Value, json};

use crate::wire::{Client, started, still};

const BASIC: &str = "731a8e52-3ea6-a291-ec0a-d2ff0619c19d7bd788d6be818b65";

fn entry(list: &Value, id: &str) -> Value {
    list["scans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|scan| scan["id"] == json!(id.parse::<i64>().unwrap()))
        .unwrap()
        .clone()
}

async fn seeded(client: &Client, state: SeedState) -> String {
    client.sim.add_scan(ScanSeed { state, ..ScanSeed::default() }).unwrap().id
}

#[tokio::test]
async fn professional_reads_and_exports_but_refuses_every_scan_write() {
    let client = started(SimConfig { licence: Licence::Professional, ..still() }).await;
    let scan = seeded(&client, SeedState::Completed).await;
    let writes = [
        ("POST", "/scans".to_owned(), json!({"uuid": BASIC, "settings": {"name": "x", "text_targets": "10.0.0.1"}})),
        ("PUT", format!("/scans/{scan}"), json!({"settings": {"name": "x"}})),
        ("POST", format!("/scans/{scan}/launch"), json!({})),
        ("POST", format!("/scans/{scan}/pause"), json!({})),
        ("POST", format!("/scans/{scan}/resume"), json!({})),
        ("POST", format!("/scans/{scan}/stop"), json!({})),
        ("POST", format!("/scans/{scan}/kill"), json!({})),
        ("POST", format!("/scans/{scan}/copy"), json!({})),
        ("PUT", format!("/scans/{scan}/schedule?enabled=true"), json!({})),
        ("DELETE", format!("/scans/{scan}"), json!({})),
        ("DELETE", "/scans".to_owned(), json!({"ids": [1]})),
    ];
    for (method, path, body) in writes {
        let reply = client.call(method, &path, Some(body)).await;
        assert_eq!((reply.status, reply.json()), (412, json!({"error": "API is not available"})), "{method} {path}");
    }
    assert!(client.sim.ledger().effects.is_empty());
    for path in ["/scans", "/folders", "/scanners", "/editor/scan/templates", &format!("/scans/{scan}")] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert_eq!(client.post(&format!("/scans/{scan}/export"), json!({"format": "nessus"})).await.status, 200);
    assert_eq!(client.get("/scanners").await.json()["scanners"].as_array().unwrap().len(), 1);
    assert_eq!(client.get("/server/properties").await.json()["nessus_type"], "Nessus Professional");
}

#[tokio::test]
async fn credentials_are_checked_and_header_names_have_no_case() {
    let client = started(still()).await;
    let body = json!({"error": "Invalid Credentials"});
    let none = client.send("GET", "/scans", &[], "application/json", b"").await.unwrap();
    assert_eq!((none.status, none.json()), (401, body.clone()));
    let wrong = client
        .send("POST", "/session", &[], "application/json", br#"{"username":"admin","password":"no"}"#)
        .await
        .unwrap();
    assert_eq!((wrong.status, wrong.json()), (401, body));
    for name in ["x-apikeys", "X-APIKEYS", "X-ApiKeys"] {
        let headers = [(name, "accessKey=sim-access-key; secretKey=sim-secret-key;")];
        assert_eq!(client.send("GET", "/scans", &headers, "application/json", b"").await.unwrap().status, 200);
    }
    let login = br#"{"username":"admin","password":"scanhelm-demo"}"#;
    let token = client.send("POST", "/session", &[], "application/json", login).await.unwrap().json();
    let cookie = format!("token={}", token["token"].as_str().unwrap());
    let headers = [("X-Cookie", cookie.as_str())];
    let as_user =
        async |method: &str, path: &str| client.send(method, path, &headers, "text/plain", b"").await.unwrap().status;
    assert_eq!(as_user("GET", "/session").await, 200);
    assert_eq!(as_user("DELETE", "/session").await, 200);
    assert_eq!(as_user("GET", "/session").await, 401);
    let open = client.send("GET", "/server/status", &[], "text/plain", b"").await.unwrap();
    assert_eq!(open.json()["status"], "ready");
}

#[tokio::test]
async fn what_is_not_there_is_404_with_a_reason() {
    let client = started(still()).await;
    let scan = seeded(&client, SeedState::Completed).await;
    for path in [
        "/scans/999",
        "/scans/abc",
        "/nothing",
        "/tokens/none/status",
        "/tokens/none/download",
        "/folders/1/x",
        "/scanners/77",
        &format!("/scans/{scan}?history_id=5"),
        &format!("/scans/{scan}/hosts/99"),
        &format!("/scans/{scan}/hosts/2/plugins/1"),
        &format!("/scans/{scan}/export/5/status"),
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.json()["error"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn the_list_lags_behind_a_launch_and_is_recognised_by_the_run_uuid() {
    let client = started(still()).await;
    let scan = seeded(&client, SeedState::Completed).await;
    let old = client.sim.scan(&scan).unwrap().uuid.unwrap();
    let launch = client.post(&format!("/scans/{scan}/launch"), json!({})).await.json();
    let shown = entry(&client.get("/scans").await.json(), &scan);
    assert_eq!((&shown["status"], &shown["uuid"]), (&json!("completed"), &json!(old)));
    client.sim.advance(Duration::from_secs(3));
    let shown = entry(&client.get("/scans").await.json(), &scan);
    assert_eq!((&shown["status"], &shown["uuid"]), (&json!("pending"), &launch["scan_uuid"]));
}

#[tokio::test]
async fn the_list_is_filtered_by_folder_and_by_change() {
    let client = started(still()).await;
    let seed = ScanSeed { folder: Some("Perimeter".to_owned()), state: SeedState::Completed, ..ScanSeed::default() };
    let filed = client.sim.add_scan(ScanSeed { age_s: 10, ..seed }).unwrap();
    seeded(&client, SeedState::Completed).await;
    let all = client.get("/scans").await.json();
    let folder =
        all["folders"].as_array().unwrap().iter().find(|folder| folder["name"] == "Perimeter").unwrap()["id"].clone();
    let ids =
        |list: &Value| list["scans"].as_array().unwrap().iter().map(|scan| scan["id"].to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&client.get(&format!("/scans?folder_id={folder}")).await.json()), std::slice::from_ref(&filed.id));
    let recent = client.sim.clock().now().epoch_seconds() - 60;
    assert_eq!(ids(&client.get(&format!("/scans?last_modification_date={recent}")).await.json()), [filed.id]);
}

#[tokio::test]
async fn hosts_progress_while_a_scan_runs_and_findings_only_grow() {
    let client = started(still()).await;
    let seed = ScanSeed { hosts: 6, findings: 120, duration_s: 600, queue_s: 10, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;
    client.post(&format!("/scans/{scan}/launch"), json!({})).await;
    let (mut before, mut words) = ((0, 0), Vec::new());
    for _ in 0..9 {
        let details = client.get(&format!("/scans/{scan}")).await.json();
        let sum = |field: &str| -> u64 {
            details["hosts"].as_array().unwrap().iter().map(|host| host[field].as_u64().unwrap()).sum()
        };
        let now = (sum("scanprogresscurrent"), sum("severity"));
        assert!(now.0 >= before.0 && now.1 >= before.1);
        before = now;
        words.push(details["info"]["status"].as_str().unwrap().to_owned());
        client.sim.advance(Duration::from_secs(80));
    }
    words.dedup();
    assert_eq!(words, ["pending", "running", "completed"]);
    assert_eq!(before, (600, 120));
}

#[tokio::test]
async fn a_run_that_is_to_abort_aborts_with_partial_results() {
    let client = started(still()).await;
    let seed = ScanSeed { aborts_at_percent: Some(50), findings: 100, hosts: 10, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;
    client.post(&format!("/scans/{scan}/launch"), json!({})).await;
    client.sim.advance(Duration::from_secs(3600));
    let truth = client.sim.scan(&scan).unwrap();
    assert_eq!(truth.state, "aborted");
    assert!((1..100).contains(&truth.history[0].findings));
    assert_eq!(client.sim.ledger().count(Action::Aborted, &scan), 1);
}

#[tokio::test]
async fn controls_that_do_not_fit_the_state_are_refused_without_effect() {
    let client = started(still()).await;
    let cases = [
        (SeedState::Empty, "pause", 409),
        (SeedState::Empty, "stop", 409),
        (SeedState::Completed, "pause", 409),
        (SeedState::Completed, "stop", 409),
        (SeedState::Running, "resume", 409),
        (SeedState::Running, "launch", 409),
        (SeedState::Paused, "pause", 409),
        (SeedState::Imported, "launch", 409),
        (SeedState::Paused, "resume", 200),
        (SeedState::Running, "pause", 200),
        (SeedState::Pending, "stop", 200),
        (SeedState::Paused, "kill", 200),
    ];
    for (state, call, status) in cases {
        let scan = seeded(&client, state).await;
        let reply = client.post(&format!("/scans/{scan}/{call}"), json!({})).await;
        assert_eq!(reply.status, status, "{call} while {state:?}");
        let effects = client.sim.ledger().effects.into_iter().filter(|effect| effect.subject == scan).count();
        assert_eq!(effects, usize::from(status == 200), "{call} while {state:?}");
    }
    let running = seeded(&client, SeedState::Running).await;
    assert_eq!(client.call("DELETE", &format!("/scans/{running}"), None).await.status, 409);
}

#[tokio::test]
async fn settings_are_checked_before_anything_is_made() {
    let client = started(still()).await;
    let settings = |settings: Value| json!({"uuid": BASIC, "settings": settings});
    for body in [
        settings(json!({"text_targets": "10.0.0.1"})),
        settings(json!({"name": "", "text_targets": "10.0.0.1"})),
        settings(json!({"name": "x"})),
        settings(json!({"name": "x", "text_targets": "10.0.0.1", "folder_id": 99})),
        settings(json!({"name": "x", "text_targets": "10.0.0.1", "scanner_id": 99})),
        json!({"uuid": "none", "settings": {"name": "x", "text_targets": "10.0.0.1"}}),
        json!([]),
    ] {
        let reply = client.post("/scans", body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.json()["error"].is_string());
    }
    assert!(client.sim.scans().is_empty());
    let refused = client.post("/scans", settings(json!({"text_targets": "10.0.0.1"}))).await;
    assert_eq!(refused.json()["error"], "Invalid 'name' field");
}

#[tokio::test]
async fn targets_become_hosts() {
    let client = started(still()).await;
    for (targets, hosts) in [
        ("127.0.0.1", 1),
        ("10.0.0.1, 10.0.0.2", 2),
        ("10.0.0.1-10.0.0.9", 9),
        ("10.0.0.1-4", 4),
        ("10.0.0.0/29", 6),
        ("a.example,b.example\n10.0.0.1", 3),
    ] {
        let body = json!({"uuid": BASIC, "settings": {"name": targets.trim(), "text_targets": targets}});
        let scan = client.post("/scans", body).await.json()["scan"]["id"].to_string();
        client.post(&format!("/scans/{scan}/launch"), json!({})).await;
        client.sim.advance(Duration::from_secs(3600));
        let details = client.get(&format!("/scans/{scan}")).await.json();
        assert_eq!(details["info"]["hostcount"], hosts, "{targets}");
        let host = client.get(&format!("/scans/{scan}/hosts/2")).await.json();
        assert!(host["info"]["host_start"].as_str().unwrap().ends_with("2026"), "{host}");
        assert!(!host["vulnerabilities"].as_array().unwrap().is_empty());
    }
}
