//! Suppression rules over the wire: from the preview to the finding that says why it is suppressed.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form, sarif};

async fn finding_once(house: &House, tenant: &Tenant, id: &str, status: &str) -> Value {
    for _ in 0..400 {
        let finding = house.send(Ask::get(format!("/api/v1/findings/{id}")).key(&tenant.key)).await.expect(200);
        if finding["status"] == status {
            return finding;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{id} never is {status}");
}

#[tokio::test]
async fn a_rule_is_tried_made_changed_and_removed() {
    let house = House::new().await;
    let tenant = house.first().await;
    let (kind, body) = form(&sarif(), &[("scan_name", "shop")]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    house.job(&tenant.key, &ticket).await;
    let findings = house.send(Ask::get("/api/v1/findings").key(&tenant.key)).await.expect(200);
    let id = findings["items"][0]["id"].as_str().unwrap().to_owned();
    let ask = |method: Method, path: &str| Ask::new(method, format!("/api/v1/suppression-rules{path}"));

    let analyst = house.key(&tenant, Role::Analyst).await;
    let trial = json!({"expression": {"rules": ["r*"], "location": "src/*"}});
    let preview = house.send(ask(Method::POST, "/preview").json(trial.clone()).key(&analyst)).await.expect(200);
    assert_eq!((&preview["matched"], &preview["complete"]), (&json!(1), &json!(true)));
    assert_eq!(preview["findings"][0]["id"], id);
    for (expression, field) in [
        (json!({}), "expression"),
        (json!({"location": "*"}), "expression.location"),
        (json!({"cves": ["x"]}), "expression.cves"),
    ] {
        let refused = house.send(ask(Method::POST, "/preview").json(json!({"expression": expression})).key(&analyst));
        let refused = refused.await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let rule = json!({
        "name": "Samples", "reason": "sample code", "expression": trial["expression"],
        "expires_at": "2999-01-01T00:00:00Z",
    });
    house.send(ask(Method::POST, "").json(rule.clone()).key(&analyst)).await.expect(403);
    let mut past = rule.clone();
    past["expires_at"] = json!("2020-01-01T00:00:00Z");
    assert_eq!(
        house.send(ask(Method::POST, "").json(past).key(&tenant.key)).await.expect(422)["errors"][0]["field"],
        "expires_at"
    );
    let made = house.send(ask(Method::POST, "").json(rule.clone()).key(&tenant.key)).await.expect(201);
    assert_eq!((&made["state"], &made["version"]), (&json!("active"), &json!(1)));
    assert_eq!(house.send(ask(Method::POST, "").json(rule).key(&tenant.key)).await.expect(409)["code"], "conflict");

    let shown = finding_once(&house, &tenant, &id, "suppressed").await;
    assert_eq!(shown["suppressed_by"]["name"], "Samples");
    assert_eq!(shown["suppressed_by"]["reason"], "sample code");
    assert_eq!(shown["suppressed_by"]["owner"]["gone"], false);
    let hidden = house.send(Ask::get("/api/v1/findings?status=suppressed").key(&tenant.key)).await.expect(200);
    assert_eq!(hidden["items"].as_array().unwrap().len(), 1);
    let claimed = json!({"to": "suppressed", "reason": "please"});
    let claimed = Ask::post(format!("/api/v1/findings/{id}/transition"), claimed).key(&tenant.key);
    assert_eq!(house.send(claimed).await.expect(409)["code"], "not_possible_in_state");
    let export = house.send(Ask::get("/api/v1/findings/export?format=sarif").key(&tenant.key)).await.expect(200);
    let suppression = &export["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["kind"], "external");
    assert_eq!(suppression["justification"], "suppressed: sample code (rule Samples)");

    let path = format!("/{}", made["id"].as_str().unwrap());
    let listed = house.send(ask(Method::GET, "").key(&analyst)).await.expect(200);
    assert_eq!(listed["items"][0]["suppressed"], 1);
    let off = || ask(Method::PATCH, &path).json(json!({"enabled": false})).key(&tenant.key);
    house.send(off().header("if-match", "\"9\"")).await.expect(412);
    let off = house.send(off().header("if-match", "\"1\"")).await.expect(200);
    assert_eq!((&off["state"], &off["version"]), (&json!("off"), &json!(2)));
    let open = finding_once(&house, &tenant, &id, "open").await;
    assert_eq!(open["suppressed_by"], Value::Null);
    assert_eq!(
        house.send(ask(Method::POST, &format!("{path}/approve")).key(&tenant.key)).await.expect(409)["code"],
        "conflict"
    );
    house.send(ask(Method::DELETE, &path).header("if-match", "\"1\"").key(&tenant.key)).await.expect(412);
    house.send(ask(Method::DELETE, &path).header("if-match", "\"2\"").key(&tenant.key)).await.expect(204);
    house.send(ask(Method::GET, &path).key(&tenant.key)).await.expect(404);
    let log = house.send(Ask::get("/api/v1/audit-log").key(&tenant.key)).await.expect(200).to_string();
    for action in ["suppression_rule.create", "suppression_rule.update", "suppression_rule.delete"] {
        assert!(log.contains(action), "{action}");
    }
}
