//! Judging many findings at once.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form};

const UNKNOWN: &str = "0190b8a2-0000-7000-8000-00000000ffff";

/// A report with so many findings, imported; their ids.
async fn findings(house: &House, tenant: &Tenant, scan: &str, count: usize) -> Vec<String> {
    let results: Vec<Value> = (0..count)
        .map(|number| {
            json!({"ruleId": "R1", "level": if number % 2 == 0 { "error" } else { "note" },
                "message": {"text": "Bad call"}, "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": format!("{scan}/{number}.py")},
                    "region": {"startLine": 3, "snippet": {"text": format!("eval({number})")}}}}]})
        })
        .collect();
    let report = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Demo"}}, "results": results}]});
    let (kind, body) = form(&report.to_string(), &[("scan_name", scan)]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    let job = house.job(&tenant.key, &ticket).await;
    assert_eq!(job["result"]["created"], count, "{job}");
    let list = format!("/api/v1/scans/{}/findings?limit=500", job["result"]["scan_id"].as_str().unwrap());
    let list = house.send(Ask::get(list).key(&tenant.key)).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

async fn judged(house: &House, key: &str, body: Value) -> Value {
    let ticket = house.send(Ask::post("/api/v1/findings/bulk", body).key(key)).await.expect(202);
    let job = house.job(key, &ticket).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(job["result"]["rows"].as_array().unwrap().len() as u64, ticket["selected"].as_u64().unwrap());
    job["result"].clone()
}

async fn status(house: &House, tenant: &Tenant, id: &str) -> Value {
    house.send(Ask::get(format!("/api/v1/findings/{id}")).key(&tenant.key)).await.expect(200)["status"].clone()
}

/// Some can be changed, one is not there, one has been closed: each has its answer, and none stops the others.
#[tokio::test]
async fn r59_many_findings_are_judged_at_once_each_with_its_own_answer() {
    let house = House::new().await;
    let tenant = house.first().await;
    let analyst = house.key(&tenant, Role::Analyst).await;
    let ids = findings(&house, &tenant, "shop", 5).await;
    let close = |id: &String| {
        let body = json!({"to": "closed", "reason": "gone"});
        Ask::post(format!("/api/v1/findings/{id}/transition"), body).key(&analyst)
    };
    house.send(close(&ids[3])).await.expect(200);
    let accept = json!({
        "ids": [ids[0], ids[1], ids[0], ids[3], UNKNOWN],
        "action": {"to": "risk_accepted", "reason": "until the move", "expires_at": "2031-01-01T00:00:00Z"},
    });
    let result = judged(&house, &analyst, accept.clone()).await;
    assert_eq!((&result["changed"], &result["unchanged"], &result["refused"]), (&json!(2), &json!(0), &json!(2)));
    let row = |id: &str| result["rows"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone();
    assert_eq!(row(&ids[1]), json!({"id": ids[1], "result": "changed"}));
    assert_eq!((&row(&ids[3])["result"], &row(&ids[3])["code"]), (&json!("refused"), &json!("not_possible_in_state")));
    assert!(row(&ids[3])["reason"].as_str().unwrap().contains("closed cannot become risk_accepted"));
    assert_eq!(row(UNKNOWN)["code"], "not_found");
    for (id, expected) in [(0, "risk_accepted"), (1, "risk_accepted"), (2, "open"), (3, "closed"), (4, "open")] {
        assert_eq!(status(&house, &tenant, &ids[id]).await, expected, "{id}");
    }
    let detail = house.send(Ask::get(format!("/api/v1/findings/{}", ids[0])).key(&analyst)).await.expect(200);
    assert_eq!(detail["history"].as_array().unwrap().len(), 1);
    assert_eq!(detail["history"][0]["reason"], "until the move");
    let again = judged(&house, &analyst, accept).await;
    assert_eq!((&again["changed"], &again["unchanged"]), (&json!(0), &json!(2)), "asking again changes nothing");
    let detail = house.send(Ask::get(format!("/api/v1/findings/{}", ids[0])).key(&analyst)).await.expect(200);
    assert_eq!(detail["history"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r59_a_filter_means_what_matches_when_it_is_asked_for() {
    let house = House::new().await;
    let tenant = house.first().await;
    // Half of them are high, and a transaction takes 200.
    let ids = findings(&house, &tenant, "shop", 460).await;
    let others = findings(&house, &tenant, "office", 2).await;
    let scan = house.send(Ask::get("/api/v1/scans?q=shop").key(&tenant.key)).await.expect(200);
    let filter = json!({"scan_id": scan["items"][0]["id"], "severity": ["high"]});
    let body = json!({"filter": filter, "action": {"to": "false_positive", "reason": "test code"}});
    let result = judged(&house, &tenant.key, body).await;
    assert_eq!(result["changed"], 230, "more than one transaction holds");
    let counted = |query: &str| Ask::get(format!("/api/v1/findings/counts?{query}")).key(&tenant.key);
    assert_eq!(house.send(counted("status=false_positive")).await.expect(200)["high"], 230);
    assert_eq!(house.send(counted("status=open")).await.expect(200)["total"], ids.len() - 230 + others.len());
}

#[tokio::test]
async fn r59_what_cannot_be_meant_is_refused_before_any_work() {
    let house = House::new().await;
    let tenant = house.first().await;
    let ids = findings(&house, &tenant, "shop", 1).await;
    let accept = json!({"to": "risk_accepted", "reason": "known"});
    for (body, field) in [
        (json!({"ids": ids, "action": {}}), "action"),
        (json!({"ids": ids, "action": {"owner": UNKNOWN}}), "owner"),
        (json!({"ids": ids, "action": {"owner": "ann"}}), "action.owner"),
        (json!({"ids": ids, "action": {"comment": " "}}), "body"),
        (
            json!({"ids": ids, "action": {"to": "closed", "reason": "x", "expires_at": "2031-01-01T00:00:00Z"}}),
            "expires_at",
        ),
        (json!({"filter": {"owner": "ann"}, "action": accept}), "filter.owner"),
        (json!({"action": accept}), "ids"),
        (json!({"ids": [], "action": accept}), "ids"),
        (json!({"ids": ids, "filter": {}, "action": accept}), "filter"),
        (json!({"ids": ids, "action": {"to": "risk_accepted"}}), "reason"),
        (json!({"ids": ids, "action": {"to": "fixed", "reason": "I say so"}}), "action.to"),
        (json!({"ids": vec![UNKNOWN; 1], "filter": null, "action": {"to": "gone"}}), "action.to"),
        (json!({"filter": {"colour": "red"}, "action": accept}), "filter.colour"),
    ] {
        let reply = house.send(Ask::post("/api/v1/findings/bulk", body.clone()).key(&tenant.key)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "invalid_input"), "{body}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{body}");
    }
    let viewer = house.key(&tenant, Role::Viewer).await;
    let body = json!({"ids": ids, "action": accept});
    assert_eq!(house.send(Ask::post("/api/v1/findings/bulk", body).key(&viewer)).await.code(), "permission_denied");
    let jobs = house.send(Ask::get("/api/v1/jobs").key(&tenant.key)).await.expect(200);
    assert!(jobs["items"].as_array().unwrap().iter().all(|job| job["kind"] != "judge_findings"), "{jobs}");
    let foreign = house.another(&tenant, "Zenith").await;
    let result = judged(&house, &foreign.key, json!({"ids": ids, "action": accept})).await;
    assert_eq!(result["rows"][0]["code"], "not_found");
    assert_eq!(status(&house, &tenant, &ids[0]).await, "open");
}

/// Everything that a bulk action can do, seen from outside; and what became of it, in pages.
#[tokio::test]
async fn r59_an_order_gives_owners_and_comments_and_tells_of_each_finding() {
    let house = House::new().await;
    let tenant = house.first().await;
    let ids = findings(&house, &tenant, "shop", 3).await;
    let me = house.send(Ask::get("/api/v1/users").key(&tenant.key)).await.expect(200)["items"][0].clone();
    let action =
        json!({"owner": "me", "comment": format!("@{} <script>alert(1)</script>", me["email"].as_str().unwrap())});
    let body = json!({"filter": {"owner": "none"}, "action": action});
    let ticket = house.send(Ask::post("/api/v1/findings/bulk", body).key(&tenant.key)).await.expect(202);
    let job = house.job(&tenant.key, &ticket).await;
    let results = format!("{}/results?limit=2", ticket["job_url"].as_str().unwrap());
    assert_eq!(job["result"]["results_url"], results.split('?').next().unwrap());
    let page = house.send(Ask::get(&results).key(&tenant.key)).await.expect(200);
    assert_eq!((page["total"].as_u64(), page["items"].as_array().unwrap().len()), (Some(3), 2));
    assert_eq!(page["items"][0]["result"], "changed");
    let rest = format!("{results}&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(house.send(Ask::get(rest).key(&tenant.key)).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let none = format!("{results}&result=refused");
    assert_eq!(house.send(Ask::get(none).key(&tenant.key)).await.expect(200)["total"], 0);
    for (query, expected) in [("owner=me", 3), ("owner=none", 0), ("owner=gone", 0)] {
        let counted = Ask::get(format!("/api/v1/findings/counts?{query}")).key(&tenant.key);
        assert_eq!(house.send(counted).await.expect(200)["total"], expected, "{query}");
    }
    let unclear = Ask::get("/api/v1/findings?owner=ann").key(&tenant.key);
    assert_eq!(house.send(unclear).await.json()["errors"][0]["field"], "owner");
    let path = format!("/api/v1/findings/{}", ids[0]);
    let detail = house.send(Ask::get(&path).key(&tenant.key)).await.expect(200);
    assert_eq!((&detail["owner"]["id"], &detail["owner"]["gone"]), (&me["id"], &json!(false)));
    assert_eq!(detail["history"][0]["kind"], "owner");
    let comments = house.send(Ask::get(format!("{path}/comments")).key(&tenant.key)).await.expect(200);
    let comment = &comments["items"][0];
    assert!(comment["body"].as_str().unwrap().ends_with("<script>alert(1)</script>"), "text as it was written");
    assert_eq!((&comment["mentions"][0]["id"], &comment["person"]["id"]), (&me["id"], &me["id"]));
    let edit = Ask::new(Method::PATCH, format!("/api/v1/comments/{}", comment["id"].as_str().unwrap()));
    let edited = house.send(edit.json(json!({"body": "shorter"})).key(&tenant.key)).await.expect(200);
    assert!(edited["edited_at"].is_string() && edited["mentions"] == json!([]), "{edited}");
    let disown = Ask::new(Method::PATCH, &path).json(json!({"owner": null})).key(&tenant.key);
    assert_eq!(house.send(disown).await.expect(200)["owner"], Value::Null);
}
