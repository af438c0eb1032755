//! Schedules over HTTP: the contract's words and codes.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House};

/// A scan at a vendor that the connector can launch.
async fn vendor_scan(house: &House, key: &str, name: &str) -> Value {
    let integration = json!({
        "connector": "nessus", "name": format!("{name} integration"), "base_url": "https://127.0.0.1:9",
        "credentials": {"access_key": "a".repeat(64), "secret_key": "b".repeat(64)},
    });
    let integration = house.send(Ask::post("/api/v1/integrations", integration).key(key)).await.expect(201);
    let linked = json!({"integration_id": integration["id"], "external_scan_id": "7", "name": name});
    house.send(Ask::post("/api/v1/scans", linked).key(key)).await.expect(201)
}

#[tokio::test]
async fn a_schedule_lives_its_life() {
    let house = House::new().await;
    let key = house.first().await.key;
    let scan = vendor_scan(&house, &key, "nightly").await;
    let body = json!({"scan_id": scan["id"], "cron": " 30  2 * * 1-5 ", "tz": "europe/berlin"});
    let created = house.send(Ask::post("/api/v1/schedules", body.clone()).key(&key)).await;
    let schedule = created.expect(201);
    let path = format!("/api/v1/schedules/{}", schedule["id"].as_str().unwrap());
    assert_eq!(created.headers["location"], path.as_str());
    assert_eq!(created.headers["etag"], "\"1\"");
    assert_eq!((&schedule["cron"], &schedule["tz"]), (&json!("30 2 * * 1-5"), &json!("Europe/Berlin")));
    assert_eq!(schedule["next_fires"].as_array().unwrap().len(), 5);
    assert_eq!(schedule["next_fires"][0], schedule["next_at"]);
    assert_eq!((&schedule["scan_name"], &schedule["missed"]), (&json!("nightly"), &json!([])));
    assert_eq!(house.send(Ask::get(&path).key(&key)).await.expect(200), schedule);
    let again = house.send(Ask::post("/api/v1/schedules", body).key(&key)).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "schedule_exists"));

    let shown = house.send(Ask::get(format!("/api/v1/scans/{}", scan["id"].as_str().unwrap())).key(&key)).await;
    let shown = shown.expect(200);
    assert_eq!((&shown["schedule_cron"], &shown["schedule_tz"]), (&json!("30 2 * * 1-5"), &json!("Europe/Berlin")));
    assert_eq!(shown["schedule"]["next_at"], schedule["next_at"]);

    let patch = |body: Value| Ask::new(Method::PATCH, &path).json(body).key(&key);
    let paused = house.send(patch(json!({"enabled": false})).header("if-match", "\"1\"")).await.expect(200);
    assert_eq!((&paused["next_at"], &paused["next_fires"]), (&json!(null), &json!([])));
    let stale = house.send(patch(json!({"enabled": true})).header("if-match", "\"1\"")).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale_version"));
    let listed = house.send(Ask::get("/api/v1/schedules?active=false&sort=next_at").key(&key)).await.expect(200);
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(1), &schedule["id"]));
    let runs = house.send(Ask::get(format!("{path}/runs?outcome=missed")).key(&key)).await.expect(200);
    assert_eq!(runs["items"], json!([]));
    house.send(Ask::new(Method::DELETE, &path).key(&key)).await.expect(204);
    assert_eq!(house.send(Ask::get(&path).key(&key)).await.code(), "not_found");
}

/// R112 and the bad input of the issue: each field is named with its code and what to do.
#[tokio::test]
async fn r112_a_timetable_that_cannot_be_is_422_at_its_field() {
    let house = House::new().await;
    let key = house.first().await.key;
    let scan = vendor_scan(&house, &key, "nightly").await;
    for (cron, tz, field, code, hint) in [
        ("0 30 2 * * *", "UTC", "cron", "fields", "30 2 * * *"),
        ("0 0 31 2 *", "UTC", "cron", "impossible_date", "never reaches"),
        ("61 * * * *", "UTC", "cron", "malformed", "0 to 59"),
        ("0 2 * * *", "Europe/Berln", "tz", "unknown", "Europe/Berlin"),
        ("0 2 * * *", "", "tz", "unknown", "IANA"),
    ] {
        let body = json!({"scan_id": scan["id"], "cron": cron, "tz": tz});
        let created = house.send(Ask::post("/api/v1/schedules", body).key(&key)).await;
        let query = url(&[("cron", cron), ("tz", tz)]);
        let preview = house.send(Ask::get(format!("/api/v1/schedules/preview?{query}")).key(&key)).await;
        for reply in [created, preview].into_iter().take(if tz.is_empty() { 1 } else { 2 }) {
            let problem = reply.expect(422);
            assert_eq!(problem["code"], "invalid_input");
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!(field), &json!(code)));
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(hint), "{problem}");
        }
        let patch = json!({"schedule_cron": cron, "schedule_tz": tz});
        let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
        let problem = house.send(Ask::new(Method::PATCH, path).json(patch).key(&key)).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], format!("schedule_{field}"));
    }
    let none = house.send(Ask::get("/api/v1/schedules").key(&key)).await.expect(200);
    assert_eq!(none["total"], 0, "nothing is stored on refusal");
    let query = url(&[("cron", "*/30 * * * *")]);
    let preview = house.send(Ask::get(format!("/api/v1/schedules/preview?{query}")).key(&key)).await.expect(200);
    assert_eq!((&preview["tz"], &preview["follows_the_clock"]), (&json!("UTC"), &json!(true)));
    assert_eq!(preview["next_fires"].as_array().unwrap().len(), 5);
    assert_eq!(
        house.send(Ask::get("/api/v1/schedules/preview").key(&key)).await.expect(422)["errors"][0]["field"],
        "cron"
    );
}

fn url(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn scans_come_with_their_schedule_or_not_at_all() {
    let house = House::new().await;
    let first = house.first().await;
    let record = json!({"name": "a record", "schedule_cron": "0 2 * * *"});
    let refused = house.send(Ask::post("/api/v1/scans", record).key(&first.key)).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "not_linked"));
    let zone = json!({"name": "a record", "schedule_tz": "UTC"});
    let refused = house.send(Ask::post("/api/v1/scans", zone).key(&first.key)).await;
    assert_eq!(refused.expect(422)["errors"][0]["field"], "schedule_tz");
    let scans = house.send(Ask::get("/api/v1/scans").key(&first.key)).await.expect(200);
    assert_eq!(scans["total"], 0);

    let scan = vendor_scan(&house, &first.key, "nightly").await;
    let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
    let patch = |body: Value, key: &str| Ask::new(Method::PATCH, &path).json(body).key(key);
    let given = house.send(patch(json!({"schedule_cron": "0 2 * * *"}), &first.key)).await.expect(200);
    assert_eq!((&given["schedule_cron"], &given["schedule_tz"]), (&json!("0 2 * * *"), &json!("UTC")));
    let taken = house.send(patch(json!({"schedule_cron": null}), &first.key)).await.expect(200);
    assert_eq!((&taken["schedule_cron"], &taken["schedule"]), (&json!(null), &json!(null)));

    let analyst = house.key(&first, Role::Analyst).await;
    let body = json!({"scan_id": scan["id"], "cron": "0 2 * * *"});
    let refused = house.send(Ask::post("/api/v1/schedules", body).key(&analyst)).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "permission_denied"));
    house.send(Ask::get("/api/v1/schedules").key(&analyst)).await.expect(200);
}
