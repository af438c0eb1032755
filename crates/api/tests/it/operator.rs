//! What Prometheus scrapes. One process has one recorder, so one test tells the whole story.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use scanhelm_api::{Telemetry, operator_router};
use scanhelm_core::ids::JobId;
use scanhelm_core::job::NewJob;
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};
use serde_json::json;
use tower::ServiceExt;

use crate::house::{Ask, House, form, sarif};

async fn scrape(router: &axum::Router) -> String {
    let answer = router.clone().oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The value of the series that begins so.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(series) && line[series.len()..].starts_with(' '))?;
    line[series.len()..].trim().parse().ok()
}

#[tokio::test]
async fn the_operator_sees_counters_and_the_present_state_and_no_tenant() {
    let telemetry = Telemetry::install().unwrap();
    assert!(Telemetry::install().is_err(), "a process counts once");
    let house = House::new().await;
    let tenant = house.first().await;
    let key = tenant.key.clone();
    let operator = operator_router(house.hub.clone(), telemetry);
    let body = json!({
        "connector": "nessus", "name": "secret scanner name", "base_url": "https://127.0.0.1:9",
        "credentials": {"access_key": "a".repeat(64), "secret_key": "b".repeat(64)},
    });
    let made = house.send(Ask::post("/api/v1/integrations", body).key(&key)).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let (kind, upload) = form(&sarif(), &[]);
    let ticket = house.send(Ask::new(axum::http::Method::POST, "/api/v1/imports").body(&kind, upload).key(&key)).await;
    assert_eq!(house.job(&key, &ticket.expect(202)).await["state"], "done");
    // Nothing listens there: the first look fails.
    let failed = format!("scanhelm_integration_up{{integration=\"{id}\",connector=\"nessus\"}}");
    let mut text = scrape(&operator).await;
    for _ in 0..400 {
        if value(&text, &failed).is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        text = scrape(&operator).await;
    }
    let of = |series: &str| value(&text, series).unwrap_or_else(|| panic!("no {series} in\n{text}"));
    assert!(of(&failed).abs() < f64::EPSILON);
    assert!(of("scanhelm_polls_total{connector=\"nessus\",outcome=\"unreachable\"}") >= 1.0);
    assert!(of("scanhelm_vendor_calls_total{connector=\"nessus\",outcome=\"unreachable\"}") >= 1.0);
    assert!(of("scanhelm_vendor_requests_total{connector=\"nessus\"}") >= 1.0);
    assert!((of("scanhelm_imports_total{outcome=\"done\"}") - 1.0).abs() < f64::EPSILON);
    assert!((of("scanhelm_imported_records_total") - 1.0).abs() < f64::EPSILON);
    assert!(of("scanhelm_quarantined_records_total").abs() < f64::EPSILON);
    assert!((of("scanhelm_store_up") - 1.0).abs() < f64::EPSILON);
    assert!(of("scanhelm_loop_last_run_timestamp_seconds{loop=\"imports\"}") > 1.6e9);
    let labels = format!("{{integration=\"{id}\",connector=\"nessus\"}}");
    assert!(of(&format!("scanhelm_stale_scans{labels}")).abs() < f64::EPSILON);
    assert!(of(&format!("scanhelm_integration_budget_available{labels}")) >= 0.0);
    let condition =
        format!("scanhelm_integration_condition{{integration=\"{id}\",connector=\"nessus\",kind=\"unreachable\"}}");
    assert!((of(&condition) - 1.0).abs() < f64::EPSILON);
    let version = format!("scanhelm_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert!((of(&version) - 1.0).abs() < f64::EPSILON);
    // Work that waits, by kind and since when: here of a kind that only a newer hub can do.
    let due = house.hub.now().minus(Duration::from_mins(10));
    let waiting = NewJob {
        id: JobId::new(house.hub.ids()),
        company_id: tenant.company,
        kind: "of_tomorrow".to_owned(),
        payload: json!({}),
        dedup_key: None,
        concurrency_key: None,
        priority: 0,
        run_at: due,
        max_attempts: 1,
    };
    let transaction = house.hub.store().begin().await.unwrap();
    transaction.enqueue(&waiting, due).await.unwrap();
    transaction.commit().await.unwrap();
    // A run that ends while it is followed, two seconds from now.
    let sim = Sim::start(SimConfig { scans: 0, speed: 1.0, ..SimConfig::new("nessus") }).await.unwrap();
    let running = ScanSeed {
        state: SeedState::Running,
        duration_s: 100,
        progress_percent: 98,
        findings: 3,
        ..ScanSeed::default()
    };
    sim.add_scan(running).unwrap();
    let known = sim.credentials();
    let body = json!({
        "connector": "nessus", "name": "followed", "base_url": sim.base_url(),
        "credentials": {"access_key": known.access_key, "secret_key": known.secret_key},
    });
    let followed = house.send(Ask::post("/api/v1/integrations", body).key(&key)).await.expect(201)["id"].clone();
    let reflected = "scanhelm_sync_lag_seconds_count{connector=\"nessus\"}";
    for _ in 0..400 {
        let sync = Ask::post("/api/v1/sync", json!({"integration_id": followed})).key(&key);
        let ticket = house.send(sync).await.expect(202);
        assert_eq!(house.job(&key, &ticket).await["state"], "done");
        text = scrape(&operator).await;
        if value(&text, reflected).is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let of = |series: &str| value(&text, series).unwrap_or_else(|| panic!("no {series} in\n{text}"));
    assert!((of("scanhelm_jobs{kind=\"of_tomorrow\",state=\"queued\"}") - 1.0).abs() < f64::EPSILON);
    assert!(of("scanhelm_jobs{kind=\"of_tomorrow\",state=\"running\"}").abs() < f64::EPSILON);
    let age = of("scanhelm_oldest_due_job_age_seconds{kind=\"of_tomorrow\"}");
    assert!((600.0..700.0).contains(&age), "{age}");
    assert!((of(reflected) - 1.0).abs() < f64::EPSILON);
    let lag = of("scanhelm_sync_lag_seconds_sum{connector=\"nessus\"}");
    assert!((0.0..30.0).contains(&lag), "{lag}");
    assert!((of("scanhelm_sync_lag_seconds_bucket{connector=\"nessus\",le=\"30\"}") - 1.0).abs() < f64::EPSILON);
    // Every series is typed once, named after its unit, and tells nobody apart by name or address.
    for series in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(series.starts_with("scanhelm_"), "{series}");
    }
    let types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let distinct: std::collections::HashSet<_> = types.iter().collect();
    assert_eq!(types.len(), distinct.len());
    for counter in types.iter().filter(|line| line.ends_with(" counter")) {
        assert!(counter.ends_with("_total counter"), "{counter}");
    }
    for told in ["Acme", "secret scanner name", "127.0.0.1", "aaaa", "acme.example"] {
        assert!(!text.contains(told), "{told} in\n{text}");
    }
    // An integration that goes takes its series along.
    house.send(Ask::new(axum::http::Method::DELETE, format!("/api/v1/integrations/{id}")).key(&key)).await.expect(204);
    assert!(!scrape(&operator).await.contains(id));
    // Nothing else is served there, and companies do not find it where they come in.
    let lost = operator.clone().oneshot(Request::get("/api/v1/scans").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    let public = house.send(Ask::get("/metrics").key(&key)).await;
    assert_eq!(public.code(), "not_found");
}
