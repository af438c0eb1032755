//! A company with a simulated scanner: what the API asks of a vendor, and when.

use std::time::Duration;

use axum::http::Method;
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, operations};

/// A Nessus whose clock stands still until moved.
pub(crate) async fn nessus() -> Sim {
    Sim::start(SimConfig { scans: 0, speed: 0.0, ..SimConfig::new("nessus") }).await.unwrap()
}

pub(crate) fn seed(name: &str, state: SeedState) -> ScanSeed {
    ScanSeed { name: name.to_owned(), hosts: 2, findings: 30, state, progress_percent: 30, ..ScanSeed::default() }
}

/// Connects it and waits for the first look.
pub(crate) async fn connect(house: &House, tenant: &Tenant, sim: &Sim) -> String {
    let known = sim.credentials();
    let body = json!({
        "connector": "nessus", "name": "lab", "base_url": sim.base_url(),
        "credentials": {"access_key": known.access_key, "secret_key": known.secret_key},
    });
    let made = house.send(Ask::post("/api/v1/integrations", body).key(&tenant.key)).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let health = format!("/api/v1/integrations/{id}/health");
    until("the first look", async || {
        let health = house.send(Ask::get(&health).key(&tenant.key)).await.expect(200);
        health["last_success_at"].as_str().map(drop)
    })
    .await;
    id
}

pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

pub(crate) async fn scan_named(house: &House, tenant: &Tenant, name: &str) -> Option<Value> {
    let list = house.send(Ask::get("/api/v1/scans").key(&tenant.key)).await.expect(200);
    list["items"].as_array().unwrap().iter().find(|scan| scan["name"] == name).cloned()
}

/// The page reads what the hub knows: however many look, the vendor is asked once for the live view, and not at all for
/// the rest. The loops rest meanwhile: their next look is 27 seconds away.
#[tokio::test]
async fn r64_viewers_never_cause_a_call_to_the_vendor() {
    let house = House::new().await;
    let tenant = house.first().await;
    let sim = nessus().await;
    sim.add_scan(seed("watched", SeedState::Running)).unwrap();
    connect(&house, &tenant, &sim).await;
    let scan = until("it is adopted", async || scan_named(&house, &tenant, "watched").await).await;
    let id = scan["id"].as_str().unwrap();
    let before = sim.ledger().requests.len();
    let preview = |operation: &str| operation == "get_scan_preview";
    let pages: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.method == Method::GET && operation.path.starts_with("/api/v1/scans"))
        .filter(|operation| !operation.path.ends_with("/events"))
        .collect();
    assert!(pages.len() >= 8, "{}", pages.len());
    for operation in pages.iter().filter(|operation| !preview(&operation.id)) {
        for _ in 0..10 {
            let reply = house.send(operation.ask(id).key(&tenant.key)).await;
            // Nothing is imported yet, so there is nothing to compare.
            let nothing_yet = operation.path.contains("/findings-delta") && reply.status == 409;
            assert!(reply.status == 200 || nothing_yet, "{}: {}", operation.id, reply.status);
        }
    }
    assert_eq!(sim.ledger().requests.len(), before, "reading what is stored asks nobody");
    let live = Ask::get(format!("/api/v1/scans/{id}/preview")).key(&tenant.key);
    let viewers: Vec<_> = (0..20).map(|_| house.send(live.clone())).collect();
    for reply in futures::future::join_all(viewers).await {
        reply.expect(200);
    }
    let asked = sim.ledger().requests.len() - before;
    assert!((1..=2).contains(&asked), "twenty viewers, {asked} calls");
}

/// Neither a look (30 s) nor a sweep (5 min) is due by itself.
#[tokio::test]
async fn r76_r77_a_sync_is_accepted_at_once_and_looks_and_sweeps() {
    let house = House::new().await;
    let tenant = house.first().await;
    let sim = nessus().await;
    sim.add_scan(seed("known", SeedState::Running)).unwrap();
    let integration = connect(&house, &tenant, &sim).await;
    let before = until("it is adopted", async || scan_named(&house, &tenant, "known").await).await;
    sim.advance(Duration::from_secs(60));
    sim.add_scan(seed("newcomer", SeedState::Running)).unwrap();
    let slow = sim.fault("slow,delay_ms=1500,op=scans.list".parse().unwrap());
    for body in [json!({}), json!({"integration_id": integration})] {
        let asked = tokio::time::Instant::now();
        let ticket = house.send(Ask::post("/api/v1/sync", body).key(&tenant.key)).await.expect(202);
        assert!(asked.elapsed() < Duration::from_millis(1400), "it does not wait for the vendor");
        let job = house.job(&tenant.key, &ticket).await;
        assert_eq!(job["state"], "done", "{job}");
        assert_eq!(job["result"]["integrations"][0]["integration_id"], integration.as_str());
        assert_eq!(job["result"]["integrations"][0]["ok"], true);
        sim.clear_fault(slow);
    }
    let known = scan_named(&house, &tenant, "known").await.unwrap();
    assert!(known["progress"].as_f64() > before["progress"].as_f64(), "{known:#}");
    let newcomer = scan_named(&house, &tenant, "newcomer").await.expect("swept");
    assert_eq!((&newcomer["origin"], &newcomer["status"]), (&json!("adopted"), &json!("running")));
}
