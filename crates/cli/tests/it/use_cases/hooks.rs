//! A vendor that calls: the simulated Invicti, set up by hand with the address and the secret that the hub shows.

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, Sim, SimConfig, Webhook};
use serde_json::json;

use super::AT_REST;
use super::stage::{Stage, text};
use crate::hub::PATIENCE;

/// The hub would look again in half a minute and sweep in five: what the vendor tells is there at once.
#[test]
fn a_call_of_the_vendor_brings_the_scan_that_it_is_about() {
    let stage = Stage::with(AT_REST);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = SimConfig { speed: 0.0, ..SimConfig::new("invicti") };
    let before = runtime.block_on(Sim::start(config.clone())).unwrap();
    let known = before.credentials();
    let body = json!({
        "connector": "invicti", "name": "invicti lab", "base_url": before.base_url(),
        "credentials": {"user_id": known.access_key, "api_token": known.secret_key},
    });
    let id = text(&stage.post("integrations", &body, 201), "id");
    let page = format!("integrations/{id}/webhook");
    let issued = stage.post(&format!("{page}/secret"), &json!({}), 201);
    let path = text(&stage.get(&page), "path");
    // The address at which the hub knows it stays; from here on it calls.
    let listen = before.address();
    runtime.block_on(before.shutdown());
    let hook: Webhook = format!("{}{path}", stage.url()).parse().unwrap();
    let hook = hook.with_header(&format!("X-Scanhelm-Secret: {}", text(&issued, "secret"))).unwrap();
    let sim = runtime.block_on(Sim::start(SimConfig { listen, webhook: Some(hook), ..config })).unwrap();
    stage.done(&stage.post("sync", &json!({"integration_id": id}), 202));
    assert_eq!(stage.items("scans").len(), 0);

    let seed = ScanSeed {
        targets: vec!["https://shop.example.com/".to_owned()],
        findings: 12,
        state: SeedState::Running,
        duration_s: 600,
        progress_percent: 40,
        ..ScanSeed::default()
    };
    let truth = runtime.block_on(async { sim.add_scan(seed) }).unwrap();
    let asked = sim.ledger().requests.len();
    runtime.block_on(async { sim.advance(std::time::Duration::from_secs(3600)) });
    let told = || sim.ledger().count(Action::Notified, &truth.id);
    stage.within(PATIENCE, "the vendor to call and to be answered", || (told() > 0).then_some(()));
    let done = stage.within(PATIENCE, "the scan and its results", || {
        stage.items("scans").into_iter().find(|scan| scan["import_state"] == "done")
    });
    assert_eq!((&done["origin"], &done["status"]), (&json!("adopted"), &json!("completed")));
    assert_eq!(done["external_scan_id"], truth.id.as_str());
    assert!(sim.ledger().requests.len() > asked);
    let refused = sim.ledger().count(Action::NotifyFailed, &truth.id);
    assert_eq!(refused, 0, "the secret was right");
    assert!(stage.get(&page)["last_delivery_at"].is_string());
}
