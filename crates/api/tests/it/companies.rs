//! Companies: who changes them, and what a deactivated one may still do.

use axum::http::Method;
use scanhelm_core::permission::Role;
use scanhelm_vendor_sim::{Action, SeedState};
use serde_json::{Value, json};

use crate::house::{Ask, House, PASSWORD, Tenant, form, sarif};
use crate::vendor::{connect, nessus, scan_named, seed, until};

/// The operator's cookie.
async fn operator(house: &House) -> String {
    let log_in = Ask::post("/api/v1/session", json!({"email": "admin@acme.example", "password": PASSWORD}));
    let opened = house.send(log_in).await;
    opened.expect(200);
    opened.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn patch(tenant: &Tenant, body: Value) -> Ask {
    Ask::new(Method::PATCH, format!("/api/v1/companies/{}", tenant.company)).json(body)
}

fn as_operator(ask: Ask, cookie: &str) -> Ask {
    ask.header("cookie", cookie).header("origin", "http://hub.test")
}

async fn deactivate(house: &House, tenant: &Tenant, cookie: &str) {
    let changed = house.send(as_operator(patch(tenant, json!({"status": "deactivated"})), cookie)).await.expect(200);
    assert_eq!(changed["status"], "deactivated");
}

#[tokio::test]
async fn an_administrator_renames_and_only_an_operator_deactivates() {
    let house = House::new().await;
    let acme = house.first().await;
    let zenith = house.another(&acme, "Zenith").await;
    let renamed = house.send(patch(&zenith, json!({"name": " Zenith  Ltd "})).key(&zenith.key)).await.expect(200);
    assert_eq!(renamed["name"], "Zenith Ltd");
    let engineer = house.key(&zenith, Role::Engineer).await;
    assert_eq!(house.send(patch(&zenith, json!({"name": "x"})).key(&engineer)).await.code(), "permission_denied");
    let closing = json!({"status": "deactivated"});
    assert_eq!(house.send(patch(&zenith, closing).key(&zenith.key)).await.code(), "permission_denied");
    assert_eq!(house.send(patch(&zenith, json!({"name": ""})).key(&zenith.key)).await.code(), "invalid_input");
    let cookie = operator(&house).await;
    deactivate(&house, &zenith, &cookie).await;
    let lifting = json!({"status": "active"});
    assert_eq!(house.send(patch(&zenith, lifting.clone()).key(&zenith.key)).await.code(), "permission_denied");
    let own = house.send(Ask::get(format!("/api/v1/companies/{}", zenith.company)).key(&zenith.key)).await;
    assert_eq!(own.expect(200), json!({"id": zenith.company, "name": "Zenith Ltd", "status": "deactivated"}));
    let log = house.send(Ask::get("/api/v1/audit-log").key(&zenith.key)).await.expect(200);
    let changes: Vec<_> =
        log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "company.update").collect();
    assert_eq!(changes[0]["detail"]["status"], "deactivated", "audited in the company that changed");
    assert_eq!(changes.len(), 2);
    house.send(as_operator(patch(&zenith, lifting), &cookie)).await.expect(200);
    house.send(Ask::post("/api/v1/scans", json!({"name": "again"})).key(&zenith.key)).await.expect(201);
}

/// Every way to a new scan is closed before anything is stored or sent, and everything that is not new goes on.
#[tokio::test]
async fn r24_r25_in_a_deactivated_company_nothing_new_is_stored_or_sent() {
    let house = House::new().await;
    let acme = house.first().await;
    let tenant = house.another(&acme, "Zenith").await;
    let sim = nessus().await;
    sim.add_scan(seed("running", SeedState::Running)).unwrap();
    let unlinked = sim.add_scan(seed("done", SeedState::Completed)).unwrap();
    let integration = connect(&house, &tenant, &sim).await;
    let done = until("the import", async || {
        scan_named(&house, &tenant, "done").await.filter(|scan| scan["import_state"] == "done")
    })
    .await;
    let running = scan_named(&house, &tenant, "running").await.unwrap();
    let cookie = operator(&house).await;
    deactivate(&house, &tenant, &cookie).await;

    let asks = async |path: &str| house.send(Ask::get(path).key(&tenant.key)).await.expect(200);
    let (scans, audit, jobs) =
        (asks("/api/v1/scans").await, asks("/api/v1/audit-log").await, asks("/api/v1/jobs").await);
    let calls = sim.ledger().requests.len();
    let (kind, body) = form(&sarif(), &[]);
    let done_path = format!("/api/v1/scans/{}", done["id"].as_str().unwrap());
    let refused = [
        Ask::post("/api/v1/scans", json!({"name": "a record"})),
        Ask::post("/api/v1/scans", json!({"name": "local", "target_path": "/"})),
        Ask::post(
            "/api/v1/scans",
            json!({"name": "at the vendor", "integration_id": integration, "targets": ["10.0.0.1"], "template": "basic"}),
        ),
        Ask::post("/api/v1/scans", json!({"integration_id": integration, "external_scan_id": unlinked.id})),
        Ask::new(Method::POST, "/api/v1/imports").body(&kind, body),
        Ask::new(Method::POST, format!("{done_path}/launch")),
        Ask::post("/api/v1/schedules", json!({"scan_id": done["id"], "cron": "0 2 * * *"})),
    ];
    for ask in refused {
        let reply = house.send(ask.clone().key(&tenant.key)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "company_deactivated"), "{ask:?}");
    }
    assert_eq!(versions(&asks("/api/v1/scans").await), versions(&scans));
    assert_eq!(asks("/api/v1/audit-log").await, audit, "no row");
    assert_eq!(asks("/api/v1/jobs").await, jobs, "no work");
    assert_eq!(sim.ledger().requests.len(), calls, "no call");
    assert_eq!(house.spooled(), 0);

    // What is not new: looking, pausing, stopping, deleting.
    sim.add_scan(seed("not adopted", SeedState::Completed)).unwrap();
    let ticket = house.send(Ask::post("/api/v1/sync", json!({})).key(&tenant.key)).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ticket).await["state"], "done");
    assert_eq!(scan_named(&house, &tenant, "not adopted").await, None);
    let path = format!("/api/v1/scans/{}", running["id"].as_str().unwrap());
    assert_eq!(asks(&path).await["capabilities"]["pause"]["available"], true);
    let ordered = house.send(Ask::new(Method::POST, format!("{path}/pause")).key(&tenant.key)).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ordered).await["state"], "done");
    until("the pause", async || (sim.ledger().count(Action::Pause, external(&running)) == 1).then_some(())).await;
    house.send(Ask::new(Method::DELETE, &done_path).key(&tenant.key)).await.expect(204);
}

/// Which scans there are, and how often each was written.
fn versions(list: &Value) -> Vec<(Value, Value)> {
    list["items"].as_array().unwrap().iter().map(|scan| (scan["id"].clone(), scan["version"].clone())).collect()
}

fn external(scan: &Value) -> &str {
    scan["external_scan_id"].as_str().unwrap()
}
