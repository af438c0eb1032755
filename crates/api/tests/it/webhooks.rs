//! The door for vendors: who proves nothing learns nothing.

use axum::http::Method;
use scanhelm_core::Timestamp;
use scanhelm_core::integration::Webhook;
use serde_json::{Value, json};

use crate::house::{Ask, House, Reply, Tenant};

async fn integration(house: &House, tenant: &Tenant, connector: &str, credentials: Value) -> String {
    let body = json!({"connector": connector, "name": connector, "base_url": "https://127.0.0.1:9", "credentials": credentials});
    let made = house.send(Ask::post("/api/v1/integrations", body).key(&tenant.key)).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn invicti(house: &House, tenant: &Tenant) -> String {
    integration(house, tenant, "invicti", json!({"user_id": "u", "api_token": "t".repeat(40)})).await
}

fn call(id: &str, secret: &str) -> Ask {
    Ask::new(Method::POST, format!("/api/v1/hooks/{id}"))
        .header("x-scanhelm-secret", secret)
        .header("x-request-id", "same")
        .body("application/x-www-form-urlencoded", "issue=%00&title=x")
}

fn comparable(reply: &Reply) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut headers: Vec<_> =
        reply.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (reply.status.as_u16(), headers, reply.body.to_vec())
}

#[tokio::test]
async fn the_secret_is_shown_once_and_opens_the_hook() {
    let house = House::new().await;
    let tenant = house.first().await;
    let id = invicti(&house, &tenant).await;
    let page = format!("/api/v1/integrations/{id}/webhook");
    let before = house.send(Ask::get(&page).key(&tenant.key)).await.expect(200);
    assert_eq!((&before["secret"], &before["path"]), (&Value::Null, &json!(format!("/api/v1/hooks/{id}"))));
    assert!(before["setup"].as_str().unwrap().contains("X-Scanhelm-Secret"));

    let issue = || Ask::new(Method::POST, format!("{page}/secret")).key(&tenant.key);
    let issued = house.send(issue()).await.expect(201);
    let secret = issued["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whs_") && secret.len() > 40);
    house.send(call(&id, &secret)).await.expect(204);
    let shown = house.send(Ask::get(&page).key(&tenant.key)).await;
    assert!(!String::from_utf8_lossy(&shown.body).contains(&secret), "shown once");
    assert!(shown.expect(200)["last_delivery_at"].is_string());

    let renewed = house.send(issue()).await.expect(201)["secret"].as_str().unwrap().to_owned();
    assert_eq!(house.send(call(&id, &secret)).await.code(), "not_found");
    house.send(call(&id, &renewed)).await.expect(204);
    let refused = house.send(Ask::get(&page).key(&tenant.key)).await.expect(200);
    assert!(refused["last_refused"]["because"].as_str().unwrap().contains("wrong"), "{refused}");
    house.send(Ask::new(Method::DELETE, &page).key(&tenant.key)).await.expect(204);
    assert_eq!(house.send(call(&id, &renewed)).await.code(), "not_found");
}

#[tokio::test]
async fn a_call_without_proof_is_answered_as_if_there_were_nothing() {
    let house = House::new().await;
    let tenant = house.first().await;
    let with_hook = invicti(&house, &tenant).await;
    let path = format!("/api/v1/integrations/{with_hook}/webhook/secret");
    house.send(Ask::new(Method::POST, path).key(&tenant.key)).await.expect(201);
    let keys = json!({"access_key": "a".repeat(64), "secret_key": "b".repeat(64)});
    let without = integration(&house, &tenant, "nessus", keys).await;
    let unknown = comparable(&house.send(call("0190b8a2-0000-7000-8000-00000000ffff", "whs_0")).await);
    assert_eq!(unknown.0, 404);
    for ask in [call(&with_hook, "whs_0"), call(&with_hook, ""), call(&without, "whs_0"), call("nonsense", "whs_0")] {
        assert_eq!(comparable(&house.send(ask).await), unknown);
    }
    // Trouble of ours with the hook of an integration is not shown to whoever has proven nothing.
    let webhook = Webhook {
        integration_id: without.parse().unwrap(),
        company_id: tenant.company,
        hint: String::new(),
        updated_at: Timestamp::default(),
        last_delivery_at: None,
        last_refused: None,
    };
    let transaction = house.hub.store().begin().await.unwrap();
    transaction.set_webhook(&webhook, b"sealed with another key").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(comparable(&house.send(call(&without, "whs_0")).await), unknown);
    // A key of the API is no proof here.
    assert_eq!(comparable(&house.send(call(&with_hook, "whs_0").key(&tenant.key)).await), unknown);
}

#[tokio::test]
async fn a_vendor_that_calls_nobody_has_no_hook() {
    let house = House::new().await;
    let tenant = house.first().await;
    let keys = json!({"access_key": "a".repeat(64), "secret_key": "b".repeat(64)});
    let id = integration(&house, &tenant, "nessus", keys).await;
    let page = format!("/api/v1/integrations/{id}/webhook");
    for ask in [Ask::get(&page), Ask::new(Method::POST, format!("{page}/secret"))] {
        assert_eq!(house.send(ask.key(&tenant.key)).await.code(), "unsupported_by_vendor");
    }
}

#[tokio::test]
async fn calls_from_one_address_are_slowed_down_and_bounded() {
    let house = House::with(|_, settings| settings.max_body_bytes = 1000).await;
    house.first().await;
    let id = "0190b8a2-0000-7000-8000-00000000ffff";
    let large = call(id, "whs_0").body("application/json", vec![b' '; 2000]);
    assert_eq!(house.send(large).await.code(), "body_too_large");
    let mut slowed = None;
    for _ in 0..1500 {
        let reply = house.send(call(id, "whs_0")).await;
        if reply.status == 429 {
            slowed = Some(reply);
            break;
        }
    }
    let slowed = slowed.expect("one address is slowed down");
    assert_eq!(slowed.code(), "rate_limited");
    assert!(slowed.headers.contains_key("retry-after"));
}
