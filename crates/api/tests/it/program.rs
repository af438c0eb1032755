//! The metrics of the scan programme over HTTP.

use axum::http::StatusCode;
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::{IntegrationId, RunId, ScanId};
use scanhelm_core::permission::{Actor, Role};
use scanhelm_core::scan::{Origin, Run, Scan, VendorLink};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::{SeverityCounts, Timestamp};
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant};

const PATH: &str = "/api/v1/metrics/program";

fn minute(minute: i64) -> Timestamp {
    Timestamp::parse("2030-05-01T00:00:00Z")
        .map(|start| Timestamp::from_millis(start.as_millis() + minute * 60_000))
        .unwrap()
}

async fn integration(house: &House, tenant: &Tenant) -> IntegrationId {
    let body = json!({
        "connector": "nessus", "name": "scanner", "base_url": "https://127.0.0.1:9",
        "credentials": {"access_key": "a".repeat(64), "secret_key": "b".repeat(64)},
    });
    let made = house.send(Ask::post("/api/v1/integrations", body).key(&tenant.key)).await.expect(201);
    made["id"].as_str().unwrap().parse().unwrap()
}

/// A scan that a vendor ran: begun at minute 0, ended for it at minute 10, seen by us so many minutes later.
async fn vendor_scan(house: &House, tenant: &Tenant, on: IntegrationId, origin: Origin, vendor_end: i64, seen: i64) {
    let id = ScanId::new(house.hub.ids());
    let mut scan = Scan::new(id, tenant.company, format!("scan {id}"), origin, minute(0));
    scan.vendor = Some("nessus".to_owned());
    scan.integration_id = Some(on);
    scan.link =
        Some(VendorLink { integration_id: on, incarnation: "one".to_owned(), external_scan_id: id.to_string() });
    scan.vendor_state = VendorState::Completed;
    scan.import_state = ImportState::Done;
    let run = Run {
        id: RunId::new(house.hub.ids()),
        scan_id: id,
        company_id: tenant.company,
        external_run_id: None,
        number: 1,
        vendor_state: VendorState::Completed,
        import_state: ImportState::Done,
        started_at: Some(minute(0)),
        finished_at: Some(minute(seen)),
        vendor_finished_at: Some(minute(vendor_end)),
        counts: SeverityCounts::default(),
        imported_findings: 0,
        created_at: minute(0),
    };
    let news = NewActivity {
        company_id: tenant.company,
        scan_id: id,
        at: minute(seen),
        actor: Actor::System,
        event: Event::ImportComplete,
        message: String::new(),
        data: json!({}),
    };
    let transaction = house.hub.store().begin().await.unwrap();
    transaction.insert_scan(&scan).await.unwrap();
    transaction.insert_run(&run).await.unwrap();
    transaction.append_activity(news).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn may_2030(house: &House, key: &str) -> Value {
    let path = format!("{PATH}?from=2030-05-01T00:00:00Z&to=2030-05-03T00:00:00Z");
    house.send(Ask::get(path).key(key)).await.expect(200)
}

/// R127 to R130 as a caller sees them.
#[tokio::test]
async fn r127_to_r130_the_programme_is_told_by_day_vendor_and_lag() {
    let house = House::new().await;
    let tenant = house.first().await;
    let on = integration(&house, &tenant).await;
    vendor_scan(&house, &tenant, on, Origin::Adopted, 10, 11).await;
    vendor_scan(&house, &tenant, on, Origin::Adopted, 20, 25).await;
    vendor_scan(&house, &tenant, on, Origin::Adopted, 30, 29).await;
    vendor_scan(&house, &tenant, on, Origin::Integration, 60, 61).await;
    let metrics = may_2030(&house, &tenant.key).await;
    assert_eq!(
        (&metrics["from"], &metrics["to"]),
        (&json!("2030-05-01T00:00:00.000Z"), &json!("2030-05-03T00:00:00.000Z"))
    );
    let first = json!({"date": "2030-05-01", "total": 4, "manual": 0, "integration": 1, "adopted": 3, "scheduled": 0,
        "local": 0, "upload": 0});
    assert_eq!(metrics["days"].as_array().unwrap().len(), 2);
    assert_eq!((&metrics["days"][0], &metrics["days"][1]["total"]), (&first, &json!(0)));
    assert_eq!(metrics["adoption"], json!({"vendor_scans": 4, "adopted": 3, "rate": 0.75}));
    let durations = json!([{"vendor": "nessus", "runs": 4, "average_s": 1800.0, "p50_s": 1200.0, "p95_s": 3600.0}]);
    assert_eq!(metrics["durations"], durations);
    let lag = &metrics["sync_lag"];
    assert_eq!(lag["reflected"], json!({"runs": 4, "p50_s": 60.0, "p95_s": 300.0, "max_s": 300.0}));
    assert_eq!(lag["results_in"], json!({"runs": 0, "p50_s": null, "p95_s": null, "max_s": null}));
    assert_eq!((&lag["clock_ahead"], &lag["before_connection"], &lag["undated"]), (&json!(1), &json!(0), &json!(0)));
    assert_eq!(metrics["imports"], json!({"succeeded": 4, "failed": 0, "success_rate": 1.0}));
}

#[tokio::test]
async fn what_nobody_knows_is_null() {
    let house = House::new().await;
    let key = house.first().await.key;
    let metrics = house.send(Ask::get(PATH).key(&key)).await.expect(200);
    assert_eq!(metrics["days"].as_array().unwrap().len(), 31);
    assert_eq!((&metrics["adoption"]["rate"], &metrics["imports"]["success_rate"]), (&json!(null), &json!(null)));
    assert_eq!((&metrics["durations"], &metrics["sync_lag"]["reflected"]["max_s"]), (&json!([]), &json!(null)));
    assert_eq!(metrics["stale_scans"], 0);
}

#[tokio::test]
async fn another_companys_programme_is_its_own() {
    let house = House::new().await;
    let first = house.first().await;
    let on = integration(&house, &first).await;
    vendor_scan(&house, &first, on, Origin::Adopted, 10, 11).await;
    let second = house.another(&first, "Globex").await;
    let theirs = may_2030(&house, &second.key).await;
    assert_eq!((&theirs["scans"]["total"], &theirs["durations"]), (&json!(0), &json!([])));
    assert_eq!((&theirs["sync_lag"]["reflected"]["runs"], &theirs["imports"]["succeeded"]), (&json!(0), &json!(0)));
    let viewer = house.key(&first, Role::Viewer).await;
    assert_eq!(may_2030(&house, &viewer).await["scans"]["total"], 1);
    assert_eq!(house.send(Ask::get(PATH)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_period_that_cannot_be_is_refused_at_its_field() {
    let house = House::new().await;
    let key = house.first().await.key;
    for (query, code) in [
        ("from=2030-05-02T00:00:00Z&to=2030-05-01T00:00:00Z", "out_of_range"),
        ("from=2020-01-01T00:00:00Z&to=2030-05-01T00:00:00Z", "out_of_range"),
        ("from=yesterday", "malformed"),
    ] {
        let refused = house.send(Ask::get(format!("{PATH}?{query}")).key(&key)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let field = &refused.json()["errors"][0];
        assert_eq!((&field["field"], &field["code"]), (&json!("from"), &json!(code)), "{query}");
    }
}

/// A live scan that nobody could look at for long is found by its staleness.
#[tokio::test]
async fn stale_scans_are_counted_and_listed() {
    let house = House::new().await;
    let tenant = house.first().await;
    let on = integration(&house, &tenant).await;
    let now = house.hub.now();
    for (external, ago) in [("1", 3600), ("2", 1)] {
        let seen = now.minus(std::time::Duration::from_secs(ago));
        let id = ScanId::new(house.hub.ids());
        let mut scan = Scan::new(id, tenant.company, format!("scan {external}"), Origin::Adopted, seen);
        scan.integration_id = Some(on);
        scan.link =
            Some(VendorLink { integration_id: on, incarnation: "one".into(), external_scan_id: external.into() });
        scan.vendor_state = VendorState::Running;
        scan.last_observed_at = Some(seen);
        let transaction = house.hub.store().begin().await.unwrap();
        transaction.insert_scan(&scan).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let metrics = house.send(Ask::get(PATH).key(&tenant.key)).await.expect(200);
    assert_eq!(metrics["stale_scans"], 1);
    let listed = house.send(Ask::get("/api/v1/scans?stale=true").key(&tenant.key)).await.expect(200);
    assert_eq!((&listed["total"], &listed["items"][0]["name"]), (&json!(1), &json!("scan 1")));
    let fresh = house.send(Ask::get("/api/v1/scans?stale=false").key(&tenant.key)).await.expect(200);
    assert_eq!((&fresh["total"], &fresh["items"][0]["name"]), (&json!(1), &json!("scan 2")));
}
