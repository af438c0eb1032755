//! Notifications over HTTP: what goes in as a secret does not come out, edits are guarded, and what was sent is listed.

use axum::http::Method;
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form, sarif};

const CHANNELS: &str = "/api/v1/notification-channels";
const RULES: &str = "/api/v1/notification-rules";
const DELIVERIES: &str = "/api/v1/notification-deliveries";

async fn webhook(house: &House, tenant: &Tenant, port: u16) -> Value {
    let new = json!({"name": "ops", "kind": "webhook", "url": format!("http://127.0.0.1:{port}/s3cr3t?t=s3cr3t")});
    house.send(Ask::post(CHANNELS, new).key(&tenant.key)).await.expect(201)
}

#[tokio::test]
async fn an_address_and_a_secret_are_never_shown_again() {
    let house = House::new().await;
    let tenant = house.first().await;
    let issued = webhook(&house, &tenant, 9).await;
    let secret = issued["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{issued}");
    assert!(!issued["channel"].to_string().contains("s3cr3t"), "{issued}");
    assert_eq!(issued["channel"]["host"], "http://127.0.0.1:9");
    assert_eq!(issued["channel"]["state"], "unknown");
    let path = format!("{CHANNELS}/{}", issued["channel"]["id"].as_str().unwrap());
    let renewed = house.send(Ask::post(format!("{path}/secret"), json!({})).key(&tenant.key)).await.expect(201);
    assert_ne!(renewed["secret"], issued["secret"]);
    for ask in [Ask::get(CHANNELS), Ask::get(&*path), Ask::get("/api/v1/audit-log")] {
        let answer = house.send(ask.key(&tenant.key)).await.expect(200).to_string();
        assert!(!answer.contains("s3cr3t") && !answer.contains("whsec_"), "{answer}");
    }
    let tested = house.send(Ask::post(format!("{path}/test"), json!({})).key(&tenant.key)).await.expect(200);
    assert_eq!((&tested["delivered"], &tested["status"]), (&json!(false), &Value::Null));
    assert!(!tested.to_string().contains("s3cr3t"), "{tested}");
}

#[tokio::test]
async fn edits_are_guarded_by_their_version() {
    let house = House::new().await;
    let tenant = house.first().await;
    let channel = webhook(&house, &tenant, 9).await["channel"].clone();
    let path = format!("{CHANNELS}/{}", channel["id"].as_str().unwrap());
    let patch = |body: Value| Ask::new(Method::PATCH, &*path).json(body).key(&tenant.key);
    let off = house.send(patch(json!({"enabled": false})).header("if-match", "\"1\"")).await.expect(200);
    assert_eq!((&off["state"], &off["version"]), (&json!("off"), &json!(2)));
    let stale = house.send(patch(json!({"enabled": true})).header("if-match", "\"1\"")).await;
    assert_eq!(stale.status, 412);
    assert_eq!(stale.code(), "stale_version");
    for (body, field) in [
        (json!({"name": "a", "kind": "webhook"}), "url"),
        (json!({"name": "a", "kind": "email", "recipients": ["a@b.example"]}), "kind"),
        (
            json!({"name": "a", "kind": "slack", "url": "http://127.0.0.1/", "recipients": ["a@b.example"]}),
            "recipients",
        ),
    ] {
        let refused = house.send(Ask::post(CHANNELS, body).key(&tenant.key)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let inside = json!({"name": "a", "kind": "slack", "url": "http://169.254.169.254/latest"});
    let refused = house.send(Ask::post(CHANNELS, inside).key(&tenant.key)).await.expect(422);
    assert_eq!(refused["code"], "address_refused");
    let rule = json!({"name": "r", "channel_id": channel["id"], "events": ["findings.new"], "min_severity": "high"});
    let rule = house.send(Ask::post(RULES, rule).key(&tenant.key)).await.expect(201);
    assert_eq!((&rule["min_severity"], &rule["digest_s"]), (&json!("high"), &json!(0)));
    let path = format!("{RULES}/{}", rule["id"].as_str().unwrap());
    let every = json!({"min_severity": null, "digest_s": 3600});
    let changed = house.send(Ask::new(Method::PATCH, &*path).json(every).key(&tenant.key)).await.expect(200);
    assert_eq!((&changed["min_severity"], &changed["digest_s"]), (&Value::Null, &json!(3600)));
    let test = json!({"name": "t", "channel_id": channel["id"], "events": ["test"]});
    house.send(Ask::post(RULES, test).key(&tenant.key)).await.expect(422);
}

#[tokio::test]
async fn what_was_sent_is_listed_with_its_log() {
    let house = House::new().await;
    let tenant = house.first().await;
    let channel = webhook(&house, &tenant, 9).await["channel"].clone();
    let rule = json!({"name": "r", "channel_id": channel["id"], "events": ["run.completed"]});
    house.send(Ask::post(RULES, rule).key(&tenant.key)).await.expect(201);
    let (kind, body) = form(&sarif(), &[]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    house.job(&tenant.key, &ticket).await;
    let mut listed = Value::Null;
    for _ in 0..400 {
        listed = house.send(Ask::get(format!("{DELIVERIES}?state=waiting")).key(&tenant.key)).await.expect(200);
        if listed["items"][0]["attempts"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let delivery = &listed["items"][0];
    assert_eq!((&delivery["channel_name"], &delivery["events"]), (&json!("ops"), &json!(1)), "{listed}");
    let path = format!("{DELIVERIES}/{}", delivery["id"].as_str().unwrap());
    let detail = house.send(Ask::get(&*path).key(&tenant.key)).await.expect(200);
    assert_eq!(detail["events"][0]["event"], "run.completed");
    assert_eq!(detail["log"][0]["outcome"], "unavailable");
    let again = house.send(Ask::post(format!("{path}/redeliver"), json!({})).key(&tenant.key)).await;
    assert_eq!(again.status, 409, "it waits already");
    let path = format!("{CHANNELS}/{}", channel["id"].as_str().unwrap());
    assert_eq!(house.send(Ask::get(path).key(&tenant.key)).await.expect(200)["state"], "failing");
}
