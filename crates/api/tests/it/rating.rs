//! Risk, due dates and what they follow from, as clients see them.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House, PASSWORD, Tenant, form, sarif};

async fn filled(house: &House) -> (Tenant, Value) {
    let tenant = house.first().await;
    let (kind, body) = form(&sarif(), &[]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ticket).await["state"], "done");
    let findings = house.send(Ask::get("/api/v1/findings?sort=-risk").key(&tenant.key)).await.expect(200);
    let finding = findings["items"][0].clone();
    (tenant, finding)
}

fn policy(enabled: bool) -> Value {
    json!({
        "enabled": enabled,
        "days": {"critical": 7, "high": 30, "medium": 60, "low": null},
        "kev_days": 3,
        "percent": {"low": 200, "normal": 100, "high": 50, "critical": 25},
    })
}

fn put(path: &str, body: Value, key: &str) -> Ask {
    Ask::new(Method::PUT, path).json(body).key(key)
}

#[tokio::test]
async fn a_finding_shows_its_risk_in_parts() {
    let house = House::new().await;
    let (tenant, finding) = filled(&house).await;
    assert!(finding["risk"].as_u64() > Some(0) && finding["kev"] == false && finding["sla"].is_null(), "{finding}");
    let path = format!("/api/v1/findings/{}", finding["id"].as_str().unwrap());
    let detail = house.send(Ask::get(path).key(&tenant.key)).await.expect(200);
    let parts = detail["risk_parts"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| part["points"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), detail["risk"].as_i64());
    assert!(parts[0]["because"].as_str().unwrap().contains("Severity"), "{detail}");
    for query in ["kev=true", "risk_min=99", "epss_min=0.5", "overdue=true", "due_before=2030-01-01T00:00:00Z"] {
        let list = house.send(Ask::get(format!("/api/v1/findings?{query}")).key(&tenant.key)).await.expect(200);
        assert_eq!(list["total"], 0, "{query}");
        let counts = house.send(Ask::get(format!("/api/v1/findings/counts?{query}")).key(&tenant.key)).await;
        assert_eq!(counts.expect(200)["total"], 0, "{query}");
    }
    for query in ["epss_min=2", "epss_min=NaN", "risk_min=-1", "kev=perhaps", "sort=epss"] {
        let refused = house.send(Ask::get(format!("/api/v1/findings?{query}")).key(&tenant.key)).await;
        assert_eq!(refused.status, 422, "{query}");
    }
}

#[tokio::test]
async fn the_policy_is_off_until_written_and_guarded_by_its_version() {
    let house = House::new().await;
    let (tenant, finding) = filled(&house).await;
    let offered = house.send(Ask::get("/api/v1/sla-policy").key(&tenant.key)).await;
    assert_eq!(offered.headers["etag"], "\"0\"");
    let offered = offered.expect(200);
    assert_eq!((offered["enabled"].as_bool(), offered["days"]["high"].as_u64()), (Some(false), Some(30)));
    let engineer = house.key(&tenant, Role::Engineer).await;
    assert_eq!(house.send(put("/api/v1/sla-policy", policy(true), &engineer)).await.status, 403);
    let mut odd = policy(true);
    odd["days"]["high"] = json!(1);
    let refused = house.send(put("/api/v1/sla-policy", odd, &tenant.key)).await;
    assert_eq!(refused.expect(422)["errors"][0]["field"], "days.high");
    let written = house.send(put("/api/v1/sla-policy", policy(true), &tenant.key).header("if-match", "\"0\"")).await;
    assert_eq!(written.expect(200)["version"], 1);
    let stale = house.send(put("/api/v1/sla-policy", policy(true), &tenant.key).header("if-match", "\"0\"")).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale_version"));
    let path = format!("/api/v1/findings/{}", finding["id"].as_str().unwrap());
    let mut detail = Value::Null;
    for _ in 0..600 {
        detail = house.send(Ask::get(&path).key(&tenant.key)).await.expect(200);
        if !detail["due_at"].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((detail["sla"].as_str(), detail["overdue"].as_bool()), (Some("running"), Some(false)), "{detail}");
}

#[tokio::test]
async fn the_criticality_of_an_asset_is_changed_by_who_may() {
    let house = House::new().await;
    let (tenant, finding) = filled(&house).await;
    let path = format!("/api/v1/assets/{}", finding["asset_id"].as_str().unwrap());
    let patch = |body: Value, key: &str| Ask::new(Method::PATCH, path.clone()).json(body).key(key);
    let asset = house.send(Ask::get(&path).key(&tenant.key)).await;
    assert_eq!(asset.headers["etag"], "\"1\"");
    assert_eq!(asset.expect(200)["criticality"], "normal");
    let analyst = house.key(&tenant, Role::Analyst).await;
    assert_eq!(house.send(patch(json!({"criticality": "high"}), &analyst)).await.status, 403);
    assert_eq!(house.send(patch(json!({"criticality": "huge"}), &tenant.key)).await.status, 422);
    assert_eq!(house.send(patch(json!({"colour": "red"}), &tenant.key)).await.status, 422);
    let changed = house.send(patch(json!({"criticality": "high"}), &tenant.key).header("if-match", "\"1\"")).await;
    assert_eq!(changed.headers["etag"], "\"2\"");
    assert_eq!(changed.expect(200)["criticality"], "high");
    let stale = house.send(patch(json!({"criticality": "low"}), &tenant.key).header("if-match", "\"1\"")).await;
    assert_eq!(stale.status, 412);
}

#[tokio::test]
async fn an_operator_brings_a_feed_and_everybody_sees_how_fresh_it_is() {
    let house = House::new().await;
    let (tenant, _) = filled(&house).await;
    let feed = |key: &str, kind: &str, text: &str, fields: &[(&str, &str)]| {
        let (content, body) = form(text, fields);
        Ask::new(Method::POST, format!("/api/v1/feeds/{kind}")).body(&content, body).key(key)
    };
    let text =
        "#model_version:v2025.03.14,score_date:2026-05-18T00:00:00Z\ncve,epss,percentile\nCVE-2021-44228,0.9,1.0\n";
    let admin = house.key(&tenant, Role::Admin).await;
    assert_eq!(house.send(feed(&admin, "epss", text, &[])).await.status, 403);
    assert_eq!(house.spooled(), 0);
    let listed = house.send(Ask::get("/api/v1/feeds").key(&admin)).await.expect(200);
    let kinds: Vec<_> = listed["items"].as_array().unwrap().iter().map(|feed| feed["kind"].clone()).collect();
    assert_eq!(kinds, ["epss", "kev", "nvd", "cwe"]);
    assert_eq!((&listed["items"][0]["records"], &listed["items"][0]["configured"]), (&json!(0), &json!(false)));
    let log_in = Ask::post("/api/v1/session", json!({"email": "admin@acme.example", "password": PASSWORD}));
    let cookie = house.send(log_in).await.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let as_operator = |ask: Ask| ask.header("cookie", &cookie).header("origin", "http://hub.test");
    let bring = |kind: &str, fields: &[(&str, &str)]| {
        let (content, body) = form(text, fields);
        as_operator(Ask::new(Method::POST, format!("/api/v1/feeds/{kind}")).body(&content, body))
    };
    assert_eq!(house.send(bring("other", &[])).await.status, 404);
    assert_eq!(house.send(bring("epss", &[("force", "perhaps")])).await.status, 422);
    assert_eq!(house.spooled(), 0, "a refused file leaves nothing");
    let ticket = house.send(bring("epss", &[])).await.expect(202);
    let job = house.job(&tenant.key, &ticket).await;
    assert_eq!((job["state"].as_str(), job["result"]["records"].as_u64()), (Some("done"), Some(1)), "{job}");
    let listed = house.send(Ask::get("/api/v1/feeds").key(&admin)).await.expect(200);
    assert_eq!((&listed["items"][0]["version"], &listed["items"][0]["source"]), (&json!("v2025.03.14"), &Value::Null));
    let unset = house.send(as_operator(Ask::post("/api/v1/feeds/kev/refresh", Value::Null))).await;
    assert_eq!(unset.status, 409);
}
