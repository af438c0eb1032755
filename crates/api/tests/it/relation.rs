//! One weakness of several scanners, as callers see it.

use axum::http::Method;
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form};

const UNKNOWN: &str = "0190b8a2-0000-7000-8000-00000000ffff";

async fn import(house: &House, tenant: &Tenant, said: &[(&str, u16, &[&str])]) {
    let records: Vec<Value> = said
        .iter()
        .map(|(scanner, port, cves)| {
            json!({
                "scanner": scanner, "rule_id": "1", "title": format!("{scanner} {port}"), "severity": "high",
                "asset": {"kind": "host", "name": "web", "keys": [{"kind": "ip", "value": "10.0.0.5"}]},
                "location": {"kind": "network", "port": port, "protocol": "tcp"}, "cves": cves,
            })
        })
        .collect();
    let (kind, body) = form(&json!({"schema": "scanhelm-findings/1", "findings": records}).to_string(), &[]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    let job = house.job(&tenant.key, &ticket).await;
    assert_eq!(job["state"], "done", "{job}");
}

fn titled<'a>(list: &'a Value, title: &str) -> &'a Value {
    list["items"].as_array().unwrap().iter().find(|row| row["title"] == title).unwrap()
}

#[tokio::test]
async fn a_weakness_of_several_scanners_is_one_row_and_says_why() {
    let house = House::new().await;
    let tenant = house.first().await;
    let get = async |path: String| house.send(Ask::get(path).key(&tenant.key)).await;
    import(
        &house,
        &tenant,
        &[
            ("nessus", 443, &["CVE-2020-0001", "CVE-2020-0002", "CVE-2020-0003"]),
            ("qualys", 443, &["CVE-2020-0001", "CVE-2020-0002"]),
            ("qualys", 8443, &["CVE-2020-0001", "CVE-2020-0002"]),
        ],
    )
    .await;
    let all = get("/api/v1/findings".to_owned()).await.expect(200);
    assert_eq!(all["total"], 3);
    let group = json!({"findings": 2, "sightings": 2, "scanners": ["nessus", "qualys"]});
    assert_eq!(titled(&all, "nessus 443")["group"], group);
    assert!(titled(&all, "qualys 8443").get("group").is_none());
    let grouped = get("/api/v1/findings?grouped=true".to_owned()).await.expect(200);
    assert_eq!((grouped["total"].as_u64(), grouped["items"].as_array().unwrap().len()), (Some(2), 2));
    let counts = get("/api/v1/findings/counts?grouped=true".to_owned()).await.expect(200);
    assert_eq!(counts["high"], 2);
    let id = |title: &str| titled(&all, title)["id"].as_str().unwrap().to_owned();
    let (nessus, qualys, elsewhere) = (id("nessus 443"), id("qualys 443"), id("qualys 8443"));
    let detail = get(format!("/api/v1/findings/{nessus}")).await.expect(200);
    let [related] = detail["related"].as_array().unwrap().as_slice() else { panic!("{detail}") };
    assert_eq!(related["id"], qualys.as_str());
    assert_eq!(related["rules"], json!([{"scanner": "qualys", "rule_id": "1"}]));
    let reason = "both name CVE-2020-0001, CVE-2020-0002, 2 of the 3 CVEs that either names";
    assert_eq!((related["reason"].as_str(), &related["judged"]), (Some(reason), &Value::Null));
    let compare = |one: &str, other: &str| format!("/api/v1/findings/{one}/compare?other={other}");
    let same = get(compare(&nessus, &qualys)).await.expect(200);
    assert_eq!((same["verdict"].as_str(), same["parts"][0]["equal"].as_bool()), (Some("same_weakness"), Some(true)));
    let different = get(compare(&nessus, &elsewhere)).await.expect(200);
    assert_eq!(different["verdict"], "different");
    assert_eq!(different["words"], "They are two: they are at different places of the asset.");
    // A verdict on the whole group: its members, each with its own answer.
    let body = json!({"ids": [nessus, qualys], "action": {"to": "false_positive", "reason": "backported"}});
    let ticket = house.send(Ask::post("/api/v1/findings/bulk", body).key(&tenant.key)).await.expect(202);
    assert_eq!(house.job(&tenant.key, &ticket).await["result"]["changed"], 2);
    let detail = get(format!("/api/v1/findings/{nessus}")).await.expect(200);
    assert_eq!(detail["related"][0]["judged"]["reason"], "backported");
}

#[tokio::test]
async fn what_cannot_be_seen_cannot_be_compared_with() {
    let house = House::new().await;
    let owner = house.first().await;
    let stranger = house.another(&owner, "Zenith").await;
    import(&house, &owner, &[("nessus", 443, &["CVE-2020-0001"])]).await;
    import(&house, &stranger, &[("nessus", 443, &["CVE-2020-0001"])]).await;
    let first = async |key: &str| {
        let list = house.send(Ask::get("/api/v1/findings").key(key)).await.expect(200);
        list["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let (own, foreign) = (first(&stranger.key).await, first(&owner.key).await);
    for (one, other) in [(&own, foreign.as_str()), (&foreign, own.as_str()), (&own, UNKNOWN)] {
        let ask = Ask::get(format!("/api/v1/findings/{one}/compare?other={other}")).key(&stranger.key);
        let reply = house.send(ask).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "not_found"), "{one} {other}");
    }
    for query in ["", "?other=nonsense"] {
        let ask = Ask::get(format!("/api/v1/findings/{own}/compare{query}")).key(&stranger.key);
        assert_eq!(house.send(ask).await.status, 422, "{query}");
    }
}
