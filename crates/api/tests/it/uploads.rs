//! Bringing reports: streamed, counted, recognised, and leaving nothing behind when refused.

use axum::http::Method;
use serde_json::json;

use crate::house::{Ask, House, form, sarif};

fn upload(key: &str, file: &str, fields: &[(&str, &str)]) -> Ask {
    let (kind, body) = form(file, fields);
    Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(key)
}

#[tokio::test]
async fn a_report_becomes_a_scan_with_findings() {
    let house = House::new().await;
    let key = house.first().await.key;
    let accepted =
        house.send(upload(&key, &sarif(), &[("scan_name", "weekly"), ("ci", r#"{"commit_sha":"abc"}"#)])).await;
    let ticket = accepted.expect(202);
    assert_eq!(ticket["format"], "sarif");
    let job = house.job(&key, &ticket).await;
    assert_eq!(job["state"], "done", "{job}");
    let scan = job["result"]["scan_id"].as_str().unwrap();
    let shown = house.send(Ask::get(format!("/api/v1/scans/{scan}")).key(&key)).await.expect(200);
    assert_eq!((shown["name"].as_str(), shown["origin"].as_str()), (Some("weekly"), Some("upload")));
    assert_eq!(shown["ci"]["commit_sha"], "abc");
    assert_eq!(shown["imported_findings"], 1);
    let findings = house.send(Ask::get(format!("/api/v1/scans/{scan}/findings")).key(&key)).await.expect(200);
    let finding = &findings["items"][0];
    assert_eq!(finding["location"], "src/a.py:3");
    assert!(finding["asset"].is_string(), "{finding}");
    let detail = Ask::get(format!("/api/v1/findings/{}", finding["id"].as_str().unwrap()));
    let detail = house.send(detail.key(&key)).await.expect(200);
    assert_eq!(detail["sightings"][0]["rule_id"], "R1");
    assert!(detail["fingerprint_explained"].as_array().unwrap().iter().any(|part| part["part"] == "location"));
    assert_eq!(house.send(Ask::get("/api/v1/findings/counts").key(&key)).await.expect(200)["total"], 1);

    let judge = Ask::post(
        format!("/api/v1/findings/{}/transition", finding["id"].as_str().unwrap()),
        json!({"to": "false_positive", "reason": "a test file"}),
    );
    let judged = house.send(judge.key(&key)).await.expect(200);
    assert_eq!(judged["status"], "false_positive");
    assert_eq!(judged["history"][0]["reason"], "a test file");
}

#[tokio::test]
async fn runs_of_a_name_are_runs_of_one_scan_that_says_who_looked() {
    let house = House::new().await;
    let key = house.first().await.key;
    let record = json!({
        "scanner": "bandit", "rule_id": "B602", "title": "A shell", "severity": "high",
        "asset": {"kind": "repository", "name": "shop", "keys": [{"kind": "repository", "value": "shop"}]},
        "location": {"kind": "code", "path": "a.py", "line": 3, "source": "call(x)"},
    });
    let run = json!({"name": "shop", "closes": true, "scanners": [
        {"scanner": "bandit", "version": "1.9.4", "outcome": "complete", "assets": [record["asset"]]},
        {"scanner": "gitleaks", "outcome": "skipped", "reason": "not installed", "install_hint": "see its page"},
    ]});
    let mut shown = json!(null);
    for (number, records) in [(1, vec![&record]), (2, vec![&record]), (3, vec![])] {
        let report = json!({"schema": "scanhelm-findings/1", "findings": records}).to_string();
        let ci = json!({"commit_sha": format!("000000{number}"), "branch_name": "main", "pr_number": null}).to_string();
        let sent = upload(&key, &report, &[("run", &run.to_string()), ("ci", &ci), ("scan_name", "shop nightly")]);
        let ticket = house.send(sent).await.expect(202);
        let job = house.job(&key, &ticket).await;
        assert_eq!(job["state"], "done", "{job}");
        let scan = job["result"]["scan_id"].as_str().unwrap();
        shown = house.send(Ask::get(format!("/api/v1/scans/{scan}")).key(&key)).await.expect(200);
        assert_eq!((&shown["name"], &shown["run_number"]), (&json!("shop nightly"), &json!(number)));
    }
    assert_eq!(shown["ci"]["commit_sha"], "0000003");
    assert_eq!((&shown["scanners_run"], &shown["status"]), (&json!(["bandit"]), &json!("completed")));
    let skipped = json!([{"scanner": "gitleaks", "reason": "not installed", "install_hint": "see its page"}]);
    assert_eq!(shown["scanners_skipped"], skipped);
    let scans = house.send(Ask::get("/api/v1/scans?commit_sha=0000003").key(&key)).await.expect(200);
    assert_eq!(scans["items"].as_array().unwrap().len(), 1);
    let findings = house.send(Ask::get("/api/v1/findings").key(&key)).await.expect(200);
    assert_eq!(findings["items"][0]["status"], "fixed");
}

#[tokio::test]
async fn the_size_is_counted_and_nothing_stays() {
    let house = House::with(|hub, _| hub.import.max_report_bytes = 1000).await;
    let key = house.first().await.key;
    let large = house.send(upload(&key, &"x".repeat(1001), &[])).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "body_too_large"));
    assert_eq!(house.spooled(), 0);
    assert_eq!(house.send(upload(&key, &"x".repeat(1000), &[])).await.code(), "unknown_format");
    assert_eq!(house.spooled(), 0);
}

#[tokio::test]
async fn what_is_no_report_is_refused_with_the_part_named() {
    let house = House::new().await;
    let key = house.first().await.key;
    let report = sarif();
    let too_long = json!({"branch_name": "x".repeat(256)}).to_string();
    for (fields, field) in [
        (&[("format", "word")][..], "format"),
        (&[("integration_id", "seven")], "integration_id"),
        (&[("integration_id", "0190b8a2-0000-7000-8000-00000000ffff")], "integration_id"),
        (&[("ci", "{")], "ci"),
        (&[("ci", too_long.as_str())], "ci.branch_name"),
        (&[("run", "{")], "run"),
        (&[("run", r#"{"name":"a","scanners":[],"status":"completed"}"#)], "run"),
        (&[("run", r#"{"name":"a\nb","scanners":[]}"#)], "run"),
        (
            &[(
                "run",
                r#"{"name":"a","scanners":[{"scanner":"x","outcome":"complete"},{"scanner":"x","outcome":"failed"}]}"#,
            )],
            "run",
        ),
        (&[("company_id", "x")], "company_id"),
        (&[("format", "sarif"), ("format", "sarif")], "format"),
    ] {
        let reply = house.send(upload(&key, &report, fields)).await;
        assert_eq!(reply.code(), "invalid_input", "{field}");
        assert_eq!(reply.json()["errors"][0]["field"], field);
    }
    assert_eq!(house.send(upload(&key, "", &[])).await.json()["errors"][0]["code"], "empty");
    let (kind, body) = form(&report, &[]);
    let cut = body.get(..body.len() / 2).unwrap();
    let cut = house.send(Ask::new(Method::POST, "/api/v1/imports").body(&kind, cut).key(&key)).await;
    assert_eq!(cut.json()["errors"][0]["code"], "truncated");
    let none = Ask::new(Method::POST, "/api/v1/imports").body(&kind, "--frontier--\r\n");
    assert_eq!(house.send(none.key(&key)).await.json()["errors"][0]["code"], "required");
    assert_eq!(house.spooled(), 0);
}

/// A linter that tells no CWE: its rule gives the tags, which the detail shows, the filter finds and the counts count.
#[tokio::test]
async fn a_rule_gives_its_findings_tags_where_its_scanner_tells_no_weakness() {
    let house = House::new().await;
    let key = house.first().await.key;
    let report = json!([
        {"line": 1, "code": "DL3002", "message": "Last USER should not be root", "column": 1, "file": "Dockerfile",
         "level": "warning"},
        {"line": 3, "code": "DL3008", "message": "Pin versions", "column": 1, "file": "Dockerfile", "level": "warning"},
    ]);
    let fields = [("format", "hadolint"), ("repository", "shop")];
    let ticket = house.send(upload(&key, &report.to_string(), &fields)).await.expect(202);
    assert_eq!(house.job(&key, &ticket).await["state"], "done");
    let get = async |path: &str| house.send(Ask::get(format!("/api/v1/findings{path}")).key(&key)).await.expect(200);
    let listed = get("?compliance=CIS-8:4").await;
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["total"]), (1, &json!(1)));
    let shown = get(&format!("/{}", listed["items"][0]["id"].as_str().unwrap())).await;
    assert_eq!((shown["sightings"][0]["rule_id"].as_str(), &shown["cwes"]), (Some("DL3002"), &json!([])));
    let tags = |list: &serde_json::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|tag| tag["tag"].as_str().unwrap().to_owned()).collect()
    };
    let shown = tags(&shown["compliance"]);
    assert!(shown.contains(&"cis-8:4".to_owned()), "{shown:?}");
    let counted = get("/compliance?severity=medium&severity=low&severity=info&severity=high").await["tags"].clone();
    let with: Vec<_> = counted.as_array().unwrap().iter().filter(|tag| tag["findings"] == 1).cloned().collect();
    assert_eq!(tags(&json!(with)), shown);
    let other = get("/compliance?q=nothing").await;
    assert!(other["tags"].as_array().unwrap().iter().all(|tag| tag["findings"] == 0), "{other}");
}
