//! Every refusal has one form, whoever refused.

use axum::http::Method;
use serde_json::json;

use crate::house::{Ask, House};

#[tokio::test]
async fn what_axum_refuses_by_itself_has_our_form_too() {
    let house = House::new().await;
    let key = house.first().await.key;
    let scans = "/api/v1/scans";
    let cases = [
        (Ask::get("/api/v1/no-such-route"), 404, "not_found"),
        (Ask::get("/api/v9/scans"), 404, "not_found"),
        (Ask::new(Method::PUT, scans), 405, "method_not_allowed"),
        (Ask::new(Method::POST, "/healthz"), 405, "method_not_allowed"),
        (Ask::new(Method::POST, scans).body("text/plain", "{}"), 415, "unsupported_media_type"),
        (
            Ask::new(Method::POST, scans).body("application/x-www-form-urlencoded", "name=a"),
            415,
            "unsupported_media_type",
        ),
        (Ask::new(Method::POST, scans), 415, "unsupported_media_type"),
        (Ask::new(Method::POST, scans).body("application/json", "{"), 422, "invalid_input"),
        (Ask::new(Method::POST, scans).body("application/json", ""), 422, "invalid_input"),
        (Ask::new(Method::POST, scans).body("application/json", "[1]"), 422, "invalid_input"),
        (Ask::new(Method::POST, scans).body("application/json", vec![0xff, 0xfe]), 422, "invalid_input"),
        (Ask::post(scans, json!({"name": "a".repeat(2 << 20)})), 413, "body_too_large"),
        (Ask::new(Method::POST, "/api/v1/imports").body("application/json", "{}"), 415, "unsupported_media_type"),
        (Ask::get("/api/v1/scans?limit=0"), 422, "invalid_input"),
        (Ask::get("/api/v1/scans?limit=1000000000"), 422, "invalid_input"),
        (Ask::get("/api/v1/scans?status=done"), 422, "invalid_input"),
        (Ask::get("/api/v1/scans?cursor=garbage"), 422, "invalid_input"),
        (Ask::get("/api/v1/scans/not-an-id"), 404, "not_found"),
        (Ask::get("/api/v1/scans/%ff"), 404, "not_found"),
        (Ask::get("/api/v1/scans/0190B8A2000070008000000000000000"), 404, "not_found"),
    ];
    for (ask, status, code) in cases {
        let shown = format!("{:?}", ask.clone().build().uri());
        let reply = house.send(ask.key(&key)).await;
        assert_eq!(reply.status.as_u16(), status, "{shown} {}", String::from_utf8_lossy(&reply.body));
        assert_eq!(reply.code(), code, "{shown}");
    }
    let refused = house.send(Ask::new(Method::PUT, scans).key(&key)).await;
    assert_eq!(refused.headers["allow"], "GET,HEAD,POST");
}

#[tokio::test]
async fn a_slipped_in_field_is_refused_and_named() {
    let house = House::new().await;
    let key = house.first().await.key;
    for field in ["company_id", "role", "is_admin", "created_at", "started_at", "version", "origin", "vendor_state"] {
        let reply = house.send(Ask::post("/api/v1/scans", json!({"name": "a", field: "x"})).key(&key)).await;
        assert_eq!(reply.code(), "invalid_input", "{field}");
        assert_eq!(
            reply.json()["errors"][0],
            json!({
                "field": field, "code": "unknown", "detail": "There is no such field here.",
            })
        );
    }
    assert_eq!(house.send(Ask::get("/api/v1/scans").key(&key)).await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_harmless() {
    let house = House::new().await;
    let sent = house.send(Ask::get("/api/v1/scans").header("x-request-id", "ci-42.a_b")).await;
    assert_eq!(sent.headers["x-request-id"], "ci-42.a_b");
    assert_eq!(sent.json()["request_id"], "ci-42.a_b");
    for id in ["a b", "<script>", &"x".repeat(65)] {
        let made = house.send(Ask::get("/healthz").header("x-request-id", id)).await;
        assert_ne!(made.headers["x-request-id"], id);
    }
}

#[tokio::test]
async fn alive_and_ready_need_no_caller() {
    let house = House::new().await;
    house.send(Ask::get("/healthz")).await.expect(200);
    for _ in 0..200 {
        if house.send(Ask::get("/readyz")).await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never ready");
}
