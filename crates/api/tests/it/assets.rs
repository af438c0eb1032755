//! Assets: whose they are, what they belong to, who has seen them.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form, sarif};

const NESSUS: &str = r#"<?xml version="1.0" ?><NessusClientData_v2><Report name="weekly"><ReportHost name="10.0.0.5"><HostProperties>
<tag name="host-ip">10.0.0.5</tag><tag name="Credentialed_Scan">true</tag><tag name="HOST_START_TIMESTAMP">1750000000</tag>
<tag name="HOST_END_TIMESTAMP">1750000600</tag></HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="1" pluginName="Old" pluginFamily="General">
<cve>CVE-2020-0001</cve></ReportItem></ReportHost></Report></NessusClientData_v2>"#;

async fn upload(house: &House, tenant: &Tenant, name: &str, report: &str) {
    let (kind, body) = form(report, &[("scan_name", name)]);
    let ticket =
        house.send(Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key)).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ticket).await["state"], "done");
}

async fn assets(house: &House, key: &str, query: &str) -> Vec<Value> {
    let list = house.send(Ask::get(format!("/api/v1/assets?{query}")).key(key)).await.expect(200);
    assert_eq!(list["total"], list["items"].as_array().unwrap().len(), "{list}");
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_asset_tells_whose_it_is_what_is_open_and_who_has_seen_it() {
    let house = House::new().await;
    let tenant = house.first().await;
    upload(&house, &tenant, "code", &sarif()).await;
    upload(&house, &tenant, "weekly", NESSUS).await;
    let [host] = &assets(&house, &tenant.key, "kind=host").await[..] else { panic!("one host") };
    assert_eq!((&host["open_findings"]["high"], &host["tags"], &host["owner"]), (&json!(1), &json!([]), &Value::Null));
    assert_eq!(host["stale"], true, "its report is of 2025");
    let path = format!("/api/v1/assets/{}", host["id"].as_str().unwrap());
    let reply = house.send(Ask::get(&path).key(&tenant.key)).await;
    let tag = reply.headers["etag"].to_str().unwrap().to_owned();
    let detail = reply.expect(200);
    let [nessus] = &detail["coverage"].as_array().unwrap()[..] else { panic!("{detail}") };
    assert_eq!((&nessus["source"], &nessus["sightings"]), (&json!("scanner:nessus"), &json!(1)));
    assert_eq!((&nessus["latest"]["authenticated"], &nessus["latest"]["complete"]), (&json!(true), &json!(true)));
    assert_eq!(nessus["latest"]["at"], "2025-06-15T15:16:40.000Z");
    let patch = |body: Value| Ask::new(Method::PATCH, &path).json(body);
    let change =
        patch(json!({"tags": ["Prod", "prod"], "owner": null})).header("if-match", tag.clone()).key(&tenant.key);
    let changed = house.send(change.clone()).await.expect(200);
    assert_eq!((&changed["tags"], &changed["version"]), (&json!(["prod"]), &json!(2)));
    assert_eq!(house.send(change).await.code(), "stale_version");
    let refused = house.send(patch(json!({"tags": ["two words"]})).key(&tenant.key)).await;
    assert_eq!(refused.json()["errors"][0]["field"], "tags");
    let member = house.send(Ask::get("/api/v1/users").key(&tenant.key)).await.expect(200)["items"][0].clone();
    let owned = house.send(patch(json!({"owner": member["id"]})).key(&tenant.key)).await.expect(200);
    assert_eq!((&owned["owner"]["id"], &owned["tags"]), (&member["id"], &json!(["prod"])), "what is left out stays");
    assert_eq!(assets(&house, &tenant.key, &format!("owner={}", member["id"].as_str().unwrap())).await.len(), 1);
    assert_eq!(assets(&house, &tenant.key, "stale=false").await.len(), 1);
    assert_eq!(assets(&house, &tenant.key, "stale=true&tag=prod&scanner=nessus").await.len(), 1);
    assert_eq!(assets(&house, &tenant.key, "tag=other").await.len(), 0);
    let counts = house.send(Ask::get("/api/v1/assets/counts").key(&tenant.key)).await.expect(200);
    assert_eq!(
        (&counts["total"], &counts["stale"], &counts["tags"]),
        (&json!(2), &json!(1), &json!([{"tag": "prod", "assets": 1}]))
    );
    let audit = house.send(Ask::get("/api/v1/audit-log").key(&tenant.key)).await.expect(200);
    assert_eq!(audit["items"][0]["action"], "asset.update");
    let viewer = house.key(&tenant, Role::Viewer).await;
    assert_eq!(house.send(patch(json!({"tags": []})).key(&viewer)).await.code(), "permission_denied");
}

/// A repository that a tool read says nothing of logging in, and SARIF nothing of what was looked at.
#[tokio::test]
async fn what_no_report_tells_is_unknown() {
    let house = House::new().await;
    let tenant = house.first().await;
    upload(&house, &tenant, "code", &sarif()).await;
    upload(&house, &tenant, "weekly", &NESSUS.replace(r#"<tag name="Credentialed_Scan">true</tag>"#, "")).await;
    for (asset, known) in [("repository", false), ("host", true)] {
        let listed = assets(&house, &tenant.key, &format!("kind={asset}")).await;
        let path = format!("/api/v1/assets/{}", listed[0]["id"].as_str().unwrap());
        let detail = house.send(Ask::get(path).key(&tenant.key)).await.expect(200);
        let [seen] = &detail["coverage"].as_array().unwrap()[..] else { panic!("{detail}") };
        assert_eq!(seen["latest"].is_object(), known, "{seen}");
        assert_eq!(seen["latest"]["authenticated"], Value::Null);
        assert!(seen["last_found_at"].is_string());
    }
}

fn host(address: &str) -> String {
    NESSUS.replace("10.0.0.5", address)
}

#[tokio::test]
async fn two_assets_are_merged_and_come_apart_again() {
    let house = House::new().await;
    let tenant = house.first().await;
    let stranger = house.another(&tenant, "Zenith").await;
    upload(&house, &tenant, "one", &host("10.0.0.5")).await;
    upload(&house, &tenant, "other", &host("10.0.0.6")).await;
    let hosts = assets(&house, &tenant.key, "kind=host&sort=name").await;
    let [one, other] = &hosts[..] else { panic!("{hosts:?}") };
    let path = format!("/api/v1/assets/{}", one["id"].as_str().unwrap());
    let tag = house.send(Ask::get(&path).key(&tenant.key)).await.headers["etag"].to_str().unwrap().to_owned();
    let merges = format!("{path}/merges");
    let wanted = json!({"from": other["id"], "reason": "one machine"});
    let ask = |key: &str| Ask::post(&merges, wanted.clone()).key(key);
    assert_eq!(house.send(ask(&stranger.key)).await.code(), "not_found");
    let viewer = house.key(&tenant, Role::Viewer).await;
    assert_eq!(house.send(ask(&viewer)).await.code(), "permission_denied");
    assert_eq!(house.send(ask(&tenant.key).header("if-match", "\"99\"")).await.code(), "stale_version");
    let merge = house.send(ask(&tenant.key).header("if-match", tag.clone())).await.expect(201);
    assert_eq!((&merge["asset_id"], &merge["absorbed"]["id"]), (&one["id"], &other["id"]));
    assert_eq!((&merge["reason"], &merge["undone_by"]), (&json!("one machine"), &Value::Null));
    let again = house.send(ask(&tenant.key).header("if-match", tag)).await;
    assert!(matches!(again.code().as_str(), "conflict" | "stale_version"), "{}", again.code());
    assert_eq!(assets(&house, &tenant.key, "kind=host").await.len(), 1);
    let absorbed = format!("/api/v1/assets/{}", other["id"].as_str().unwrap());
    let absorbed = house.send(Ask::get(absorbed).key(&tenant.key)).await.expect(200);
    assert_eq!(absorbed["merged_into"], one["id"]);
    let undo = format!("/api/v1/asset-merges/{}/undo", merge["id"].as_str().unwrap());
    let undo = |key: &str| Ask::post(&undo, json!({})).key(key);
    assert_eq!(house.send(undo(&stranger.key)).await.code(), "not_found");
    assert_eq!(house.send(undo(&viewer)).await.code(), "permission_denied");
    assert!(house.send(undo(&tenant.key)).await.expect(200)["undone_at"].is_string());
    assert_eq!(house.send(undo(&tenant.key)).await.code(), "conflict");
    assert_eq!(assets(&house, &tenant.key, "kind=host").await.len(), 2);
    let listed = house.send(Ask::get(&merges).key(&viewer)).await.expect(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][1]), (&merge["id"], &Value::Null));
    assert!(listed["items"][0]["undone_by"].is_string(), "{listed}");
    let audit = house.send(Ask::get("/api/v1/audit-log").key(&tenant.key)).await.expect(200);
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][1]["action"]),
        (&json!("asset.merge.undo"), &json!("asset.merge"))
    );
}
