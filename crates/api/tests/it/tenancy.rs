//! Nobody sees another company. Every operation that names a thing by id is walked with a foreign id, an unknown one
//! and nonsense: the three answers must be the same bytes.

use std::collections::HashMap;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::house::{Ask, House, Operation, Tenant, form, operations, sarif};

const UNKNOWN: &str = "0190b8a2-0000-7000-8000-00000000ffff";
const MARK: &str = "zebra-secret-mark";

/// One of everything that has an id, by the first part of its path.
async fn belongings(house: &House, tenant: &Tenant) -> HashMap<&'static str, String> {
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let scan = json!({"name": format!("{MARK} scan"), "targets": [MARK]});
    let scan = house.send(Ask::post("/api/v1/scans", scan).key(&tenant.key)).await.expect(201);
    let integration = json!({
        "connector": "nessus", "name": format!("{MARK} integration"), "base_url": "https://127.0.0.1:9",
        "credentials": {"access_key": "a".repeat(64), "secret_key": "b".repeat(64)},
    });
    let integration = house.send(Ask::post("/api/v1/integrations", integration).key(&tenant.key)).await.expect(201);
    let linked =
        json!({"integration_id": integration["id"], "external_scan_id": "77", "name": format!("{MARK} linked")});
    let linked = house.send(Ask::post("/api/v1/scans", linked).key(&tenant.key)).await.expect(201);
    house
        .send(Ask::new(axum::http::Method::DELETE, format!("/api/v1/scans/{}", id(&linked))).key(&tenant.key))
        .await
        .expect(204);
    let scheduled = json!({
        "integration_id": integration["id"], "external_scan_id": "78", "name": format!("{MARK} scheduled"),
        "schedule_cron": "0 2 * * *",
    });
    house.send(Ask::post("/api/v1/scans", scheduled).key(&tenant.key)).await.expect(201);
    let channel = json!({
        "name": format!("{MARK} channel"), "kind": "webhook", "url": format!("http://127.0.0.1:9/{MARK}"),
    });
    let channel = house.send(Ask::post("/api/v1/notification-channels", channel).key(&tenant.key)).await.expect(201);
    let rule = json!({
        "name": format!("{MARK} rule"), "channel_id": channel["channel"]["id"], "events": ["run.completed"],
    });
    let rule = house.send(Ask::post("/api/v1/notification-rules", rule).key(&tenant.key)).await.expect(201);
    let suppression = json!({
        "name": format!("{MARK} suppression"), "reason": MARK, "expression": {"title": MARK},
        "expires_at": "2999-01-01T00:00:00Z",
    });
    let suppression =
        house.send(Ask::post("/api/v1/suppression-rules", suppression).key(&tenant.key)).await.expect(201);
    let (kind, body) = form(&sarif(), &[("scan_name", MARK)]);
    let upload = Ask::new(axum::http::Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    let job = house.job(&tenant.key, &ticket).await;
    assert_eq!(job["state"], "done", "{job}");
    let finding = house.send(Ask::get("/api/v1/findings").key(&tenant.key)).await.expect(200)["items"][0].clone();
    let about = |rest: &str| format!("/api/v1/findings/{}/{rest}", id(&finding));
    let comment = Ask::post(about("comments"), json!({"body": MARK})).key(&tenant.key);
    let comment = house.send(comment).await.expect(201);
    let policy =
        Ask::new(axum::http::Method::PATCH, "/api/v1/triage-policy").json(json!({"approval_states": ["closed"]}));
    house.send(policy.key(&tenant.key)).await.expect(200);
    let close = Ask::post(about("transition"), json!({"to": "closed", "reason": MARK})).key(&tenant.key);
    let waiting = house.send(close).await.expect(200);
    let key = house.send(Ask::post("/api/v1/api-keys", json!({"name": MARK})).key(&tenant.key)).await.expect(201);
    let first = async |path: &str| {
        let list = house.send(Ask::get(path).key(&tenant.key)).await.expect(200);
        id(&list["items"][0])
    };
    let merge = merge(house, tenant).await;
    let hook = id(&integration);
    house.hub.steps().route_notices().await.unwrap();
    HashMap::from([
        ("hooks", hook),
        ("scans", id(&scan)),
        ("integrations", id(&integration)),
        ("blocklist", first("/api/v1/blocklist").await),
        ("findings", first("/api/v1/findings").await),
        ("comments", id(&comment)),
        ("approvals", id(&waiting["pending_approval"])),
        ("assets", first("/api/v1/assets").await),
        ("asset-merges", merge),
        ("schedules", first("/api/v1/schedules").await),
        ("notification-channels", id(&channel["channel"])),
        ("notification-rules", id(&rule)),
        ("suppression-rules", id(&suppression)),
        ("notification-deliveries", first("/api/v1/notification-deliveries").await),
        ("jobs", id(&job)),
        ("api-keys", id(&key)),
        ("companies", tenant.company.to_string()),
    ])
}

/// Two hosts that somebody says are one.
async fn merge(house: &House, tenant: &Tenant) -> String {
    let host = |address: &str| {
        json!({
            "scanner": "nessus", "rule_id": "1", "title": MARK, "severity": "low", "cves": [],
            "asset": {"kind": "host", "name": address, "keys": [{"kind": "ip", "value": address}]},
            "location": {"kind": "network", "port": 443, "protocol": "tcp"}, "seen_at": "2026-01-01T00:00:00Z",
        })
    };
    let report = json!({"schema": "scanhelm-findings/1", "findings": [host("10.0.0.5"), host("10.0.0.6")]});
    let (kind, body) = form(&report.to_string(), &[("scan_name", MARK)]);
    let upload = Ask::new(axum::http::Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ticket).await["state"], "done");
    let hosts = house.send(Ask::get("/api/v1/assets?kind=host").key(&tenant.key)).await.expect(200);
    let path = format!("/api/v1/assets/{}/merges", hosts["items"][0]["id"].as_str().unwrap());
    let merge = Ask::post(&path, json!({"from": hosts["items"][1]["id"], "reason": MARK})).key(&tenant.key);
    house.send(merge).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn comparable(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn foreign_unknown_and_nonsense_are_the_same_404() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    let belongings = belongings(&house, &owner).await;
    let mut walked = 0;
    // A fingerprint is not the id of a thing: see `a_foreign_fingerprint_is_one_that_nobody_has_seen`. What only operators
    // may do names nothing of a company; that nobody else may, the walk of the roles shows.
    let named = |operation: &&Operation| operation.path.contains("{id}") && operation.permission != "operator";
    for operation in operations().iter().filter(named) {
        let kind = operation.path.split('/').nth(3).unwrap();
        let own = belongings.get(kind).unwrap_or_else(|| panic!("no example of {kind} for {}", operation.id));
        let mut answers = Vec::new();
        for id in [own.as_str(), UNKNOWN, "nonsense"] {
            let ask = operation.ask(id).key(&stranger.key).header("x-request-id", "same");
            let reply = house.send(ask).await;
            assert_eq!(reply.status, 404, "{} {id}: {}", operation.id, String::from_utf8_lossy(&reply.body));
            assert_eq!(reply.code(), "not_found");
            answers.push((comparable(&reply.headers), reply.body));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{}: {answers:?}", operation.id);
        walked += 1;
    }
    assert!(walked >= 25, "{walked}");
    // All of it is still there for its owner.
    for (kind, id) in belongings
        .iter()
        .filter(|(kind, _)| !matches!(**kind, "blocklist" | "api-keys" | "hooks" | "comments" | "asset-merges"))
    {
        house.send(Ask::get(format!("/api/v1/{kind}/{id}")).key(&owner.key)).await.expect(200);
    }
}

#[tokio::test]
async fn foreign_ids_in_bodies_and_filters_are_unknown_ids() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    let belongings = belongings(&house, &owner).await;
    let integration = &belongings["integrations"];
    let (kind, _) = form("", &[]);
    let asks = |id: &str| {
        let upload = form(&sarif(), &[("integration_id", id)]).1;
        vec![
            Ask::post("/api/v1/scans", json!({"name": "n", "integration_id": id, "targets": ["t"]})),
            Ask::post("/api/v1/scans", json!({"name": "n", "integration_id": id, "external_scan_id": "77"})),
            Ask::post("/api/v1/sync", json!({"integration_id": id})),
            Ask::new(axum::http::Method::POST, "/api/v1/imports").body(&kind, upload),
            Ask::get(format!("/api/v1/scans?integration_id={id}")),
            Ask::get(format!("/api/v1/blocklist?integration_id={id}")),
            Ask::get(format!("/api/v1/findings?scan_id={id}")),
            Ask::get(format!("/api/v1/findings?asset_id={id}")),
        ]
    };
    let asset = &belongings["assets"];
    let scan = &belongings["scans"];
    let foreign = [integration, integration, integration, integration, integration, integration, scan, asset];
    for (index, id) in foreign.into_iter().enumerate() {
        let mut replies = Vec::new();
        for id in [id.as_str(), UNKNOWN] {
            let ask = asks(id).swap_remove(index).key(&stranger.key).header("x-request-id", "same");
            let reply = house.send(ask).await;
            replies.push((reply.status, reply.body));
        }
        assert_eq!(replies[0], replies[1], "request {index}");
    }
    assert_eq!(house.spooled(), 0, "a refused upload leaves nothing");
}

/// A judgement of a fingerprint says nothing about who else has it, and reaches nobody else.
#[tokio::test]
async fn a_foreign_fingerprint_is_one_that_nobody_has_seen() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    let belongings = belongings(&house, &owner).await;
    let of_owner = Ask::get(format!("/api/v1/findings/{}", belongings["findings"])).key(&owner.key);
    let before = house.send(of_owner.clone()).await.expect(200);
    let judge = |print: &str| {
        let body = json!({"to": "false_positive", "reason": "mine"});
        Ask::post(format!("/api/v1/finding-states/{print}"), body).key(&stranger.key)
    };
    let print = before["fingerprint"].as_str().unwrap();
    let foreign = house.send(judge(print)).await.expect(200);
    let unknown = house.send(judge(&"0".repeat(64))).await.expect(200);
    for answer in [&foreign, &unknown] {
        assert_eq!((&answer["finding_id"], &answer["status"]), (&Value::Null, &Value::Null), "{answer}");
        assert_eq!(answer["verdict"]["state"], "false_positive");
    }
    assert_eq!(house.send(judge("nonsense")).await.code(), "not_found");
    assert_eq!(house.send(of_owner).await.expect(200), before);
    let seen = house.send(Ask::get("/api/v1/finding-states").key(&owner.key)).await.expect(200);
    assert_eq!(seen["items"], json!([]));
}

/// Neither as an owner nor by a mention can anybody find out who else there is.
#[tokio::test]
async fn people_of_another_company_cannot_be_found_out() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    belongings(&house, &owner).await;
    belongings(&house, &stranger).await;
    let finding = house.send(Ask::get("/api/v1/findings").key(&stranger.key)).await.expect(200)["items"][0].clone();
    let path = format!("/api/v1/findings/{}", finding["id"].as_str().unwrap());
    let members = house.send(Ask::get("/api/v1/users").key(&owner.key)).await.expect(200);
    let foreign = members["items"][0].clone();
    let mut answers = Vec::new();
    for id in [foreign["id"].as_str().unwrap(), UNKNOWN] {
        let ask = Ask::new(axum::http::Method::PATCH, &path).json(json!({"owner": id}));
        let reply = house.send(ask.key(&stranger.key).header("x-request-id", "same")).await;
        assert_eq!(reply.json()["errors"][0]["field"], "owner");
        let found = Ask::get(format!("/api/v1/findings?owner={id}")).key(&stranger.key);
        let found = house.send(found.header("x-request-id", "same")).await;
        assert_eq!(found.expect(200)["items"], json!([]));
        answers.push((reply.status, reply.body, found.body));
    }
    assert_eq!(answers[0], answers[1]);
    let email = foreign["email"].as_str().unwrap();
    for address in [email, "nobody@nowhere.example"] {
        let body = json!({"body": format!("@{address} look")});
        let comment = house.send(Ask::post(format!("{path}/comments"), body).key(&stranger.key)).await.expect(201);
        assert_eq!(comment["mentions"], json!([]), "{address}");
    }
    let own = house.send(Ask::get("/api/v1/users").key(&stranger.key)).await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_ne!(own["items"][0]["email"], email);
}

/// Names and links of one company are not in the way of another, and no list of the other shows them.
#[tokio::test]
async fn no_answer_to_a_stranger_carries_the_mark() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    let belongings = belongings(&house, &owner).await;
    let taken = json!({"name": format!("{MARK} scan")});
    house.send(Ask::post("/api/v1/scans", taken).key(&stranger.key)).await.expect(201);
    for operation in operations() {
        if operation.method != "GET" || operation.path.contains('{') || operation.path.ends_with("/events") {
            continue;
        }
        let own = house.send(Ask::get(&operation.path).key(&stranger.key)).await;
        let text = String::from_utf8_lossy(&own.body).into_owned();
        for id in belongings.values().chain([&owner.company.to_string()]) {
            assert!(!text.contains(id.as_str()), "{} shows {id}", operation.id);
        }
        // Its own scan of the same name is the only place where the mark may be.
        if !matches!(operation.id.as_str(), "list_scans" | "list_audit_log") {
            assert!(!text.contains(MARK), "{} shows a foreign name", operation.id);
        }
    }
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let house = House::new().await;
    let owner = house.first().await;
    belongings(&house, &owner).await;
    for operation in operations() {
        if operation.method == "GET" && !operation.path.contains('{') && !operation.path.ends_with("/events") {
            let text = house.send(Ask::get(&operation.path).key(&owner.key)).await;
            let text = String::from_utf8_lossy(&text.body).into_owned();
            for secret in ["aaaaaaaaaaaa", "bbbbbbbbbbbb", owner.key.as_str(), "$argon2"] {
                assert!(!text.contains(secret), "{} shows {secret}", operation.id);
            }
        }
    }
}
