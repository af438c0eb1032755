//! `Idempotency-Key`: what is sent again happens once.

use std::time::Duration;

use scanhelm_core::permission::Actor;
use scanhelm_store::RequestKey;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::{Ask, House, Reply, Tenant};

const SCANS: &str = "/api/v1/scans";

fn scan(tenant: &Tenant, name: &str, key: &str) -> Ask {
    let body = json!({"name": name, "scan_type": "web", "target_url": "https://shop.example.com"});
    Ask::post(SCANS, body).key(&tenant.key).header("idempotency-key", key)
}

async fn scans(house: &House, tenant: &Tenant) -> usize {
    house.send(Ask::get(SCANS).key(&tenant.key)).await.expect(200)["items"].as_array().unwrap().len()
}

fn is_repeated(reply: &Reply) -> bool {
    reply.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

#[tokio::test]
async fn a_creation_that_comes_again_is_answered_and_not_repeated() {
    let house = House::new().await;
    let tenant = house.first().await;
    let first = house.send(scan(&tenant, "nightly", "k1")).await;
    let made = first.expect(201);
    let again = house.send(scan(&tenant, "nightly", "k1")).await;
    assert_eq!(again.expect(201), made);
    assert!(is_repeated(&again) && !is_repeated(&first));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(again.headers[header], first.headers[header], "{header}");
    }
    assert_eq!(scans(&house, &tenant).await, 1);
    // Without the key it is another request, as it always was.
    let body = json!({"name": "nightly", "scan_type": "web", "target_url": "https://shop.example.com"});
    assert_eq!(house.send(Ask::post(SCANS, body).key(&tenant.key)).await.code(), "scan_name_taken");
    assert_eq!(house.send(scan(&tenant, "weekly", "k1")).await.code(), "request_key_reused");
    house.send(scan(&tenant, "weekly", "k2")).await.expect(201);
    assert_eq!(house.send(scan(&tenant, "x", "two words")).await.code(), "invalid_input");
    assert_eq!(scans(&house, &tenant).await, 2);
    let other = house.another(&tenant, "Globex").await;
    house.send(scan(&other, "nightly", "k1")).await.expect(201);
}

#[tokio::test]
async fn a_refusal_gives_the_key_back() {
    let house = House::new().await;
    let tenant = house.first().await;
    let unfit = Ask::post(SCANS, json!({"name": ""})).key(&tenant.key).header("idempotency-key", "k1");
    assert_eq!(house.send(unfit).await.status, 422);
    house.send(scan(&tenant, "mended", "k1")).await.expect(201);
}

/// A secret that is shown once is shown to who asks for it again with the key, and stands nowhere in the clear.
#[tokio::test]
async fn an_answer_with_a_secret_is_kept_sealed() {
    let house = House::new().await;
    let tenant = house.first().await;
    let ask = || {
        let body = json!({"name": "pipeline", "role": "viewer"});
        Ask::post("/api/v1/api-keys", body).key(&tenant.key).header("idempotency-key", "k1")
    };
    let made = house.send(ask()).await.expect(201);
    assert_eq!(house.send(ask()).await.expect(201), made);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("shk_"));
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let held = std::fs::read(&path).unwrap();
            assert!(!held.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
}

/// The client that goes away before the answer is the one that asks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_goes_on_without_its_client() {
    let house = House::new().await;
    let tenant = house.first().await;
    let Actor::ApiKey(caller) = house.hub.accounts().by_api_key(&tenant.key).await.unwrap().grant.actor else {
        panic!("a key of the API is one");
    };
    let taken = RequestKey {
        company_id: tenant.company,
        caller: format!("api_key/{caller}"),
        operation: format!("POST {SCANS}"),
        key: "k1".to_owned(),
    };
    let (router, request) = (house.router.clone(), scan(&tenant, "nightly", "k1").build());
    let client = tokio::spawn(router.oneshot(request));
    for _ in 0..10_000 {
        if house.hub.store().keyed_request(&taken).await.unwrap().is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    client.abort();
    let mut answer = Value::Null;
    for _ in 0..400 {
        let reply = house.send(scan(&tenant, "nightly", "k1")).await;
        if reply.status == 201 {
            assert!(is_repeated(&reply), "carried out for the client that went away");
            answer = reply.json();
            break;
        }
        assert_eq!(reply.code(), "request_under_way");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(answer["name"], "nightly");
    assert_eq!(scans(&house, &tenant).await, 1);
}
