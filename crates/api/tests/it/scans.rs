//! Scans over HTTP: the contract's words and codes.

use axum::http::Method;
use scanhelm_core::permission::Role;
use serde_json::json;

use crate::house::{Ask, House};

#[tokio::test]
async fn a_record_lives_its_life() {
    let house = House::new().await;
    let key = house.first().await.key;
    let body = json!({"name": "pen test", "target_host": "db1", "targets": ["db2"], "ci": {"branch_name": "main"}});
    let created = house.send(Ask::post("/api/v1/scans", body).key(&key)).await;
    let scan = created.expect(201);
    let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
    assert_eq!(created.headers["location"], path.as_str());
    assert_eq!(created.headers["etag"], "\"1\"");
    assert_eq!(scan["status"], "queued");
    assert_eq!(scan["targets"], json!(["db1", "db2"]));
    assert_eq!(scan["counts"], json!(null));
    assert_eq!(scan["capabilities"]["launch"]["available"], false);
    assert_eq!(scan["capabilities"]["launch"]["code"], "not_linked");
    assert_eq!(house.send(Ask::get(&path).key(&key)).await.expect(200), scan);

    let again = house.send(Ask::post("/api/v1/scans", json!({"name": "pen test"})).key(&key)).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "scan_name_taken"));

    let rename = |version: &str| {
        Ask::new(Method::PATCH, &path).json(json!({"name": "renamed"})).header("if-match", version).key(&key)
    };
    let renamed = house.send(rename("\"1\"")).await;
    assert_eq!(renamed.expect(200)["name"], "renamed");
    assert_ne!(renamed.headers["etag"], "\"1\"");
    assert_eq!(house.send(rename("\"1\"")).await.code(), "stale_version");
    assert_eq!(house.send(rename("one")).await.code(), "invalid_input");

    for order in ["launch", "pause", "resume", "stop", "import"] {
        let reply = house.send(Ask::new(Method::POST, format!("{path}/{order}")).key(&key)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "not_linked"), "{order}");
    }
    let feed = house.send(Ask::get(format!("{path}/activity")).key(&key)).await.expect(200);
    assert_eq!(feed["items"][0]["kind"], "scan.changed");
    assert_eq!(feed["items"][1]["kind"], "scan.created");
    let config = house.send(Ask::get(format!("{path}/config")).key(&key)).await.expect(200);
    assert_eq!(config["targets"], json!(["db1", "db2"]));

    house.send(Ask::new(Method::DELETE, &path).key(&key)).await.expect(204);
    assert_eq!(house.send(Ask::get(&path).key(&key)).await.code(), "not_found");
}

#[tokio::test]
async fn nobody_can_write_a_status() {
    let house = House::new().await;
    let first = house.first().await;
    let scan = house.send(Ask::post("/api/v1/scans", json!({"name": "a"})).key(&first.key)).await.expect(201);
    let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
    for status in [json!("completed"), json!(null), json!(7), json!({"x": 1})] {
        let patch = Ask::new(Method::PATCH, &path).json(json!({"status": status, "name": "b"}));
        let reply = house.send(patch.key(&first.key)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "status_is_system_written"));
    }
    let create = Ask::post("/api/v1/scans", json!({"name": "c", "status": "completed"}));
    assert_eq!(house.send(create.key(&first.key)).await.code(), "status_is_system_written");
    assert_eq!(house.send(Ask::get(&path).key(&first.key)).await.expect(200), scan);
}

#[tokio::test]
async fn pages_follow_each_other_under_inserts() {
    let house = House::new().await;
    let key = house.first().await.key;
    let create = async |name: String| {
        house.send(Ask::post("/api/v1/scans", json!({"name": name})).key(&key)).await.expect(201);
    };
    for number in 0..7 {
        create(format!("scan {number}")).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/scans?limit=3&sort=name&cursor={cursor}");
        let page = house.send(Ask::get(path).key(&key)).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|scan| scan["name"].as_str().unwrap().to_owned()));
        create(format!("aaa {}", seen.len())).await;
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, (0..7).map(|number| format!("scan {number}")).collect::<Vec<_>>());
    let filtered = house.send(Ask::get("/api/v1/scans?status=pending&status=failed&q=scan%203").key(&key)).await;
    assert_eq!(filtered.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_local_target_must_be_allowed() {
    let house = House::new().await;
    let key = house.first().await.key;
    for scan in [json!({"target_path": "/etc", "scan_types": ["code"]}), json!({"this_machine": true})] {
        let reply = house.send(Ask::post("/api/v1/scans", scan).key(&key)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "target_unavailable"));
    }
    assert_eq!(house.send(Ask::get("/api/v1/scans").key(&key)).await.json()["total"], 0);
}

/// Of the hub's own machine and of a project that is not heard; both for those who may make scans.
#[tokio::test]
async fn what_a_scan_that_runs_here_is_asked_is_in_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let granted = folder.path().to_path_buf();
    let house = House::with(|hub, _| {
        hub.local.allowed_roots = vec![granted];
        hub.local.this_machine = true;
    })
    .await;
    let first = house.first().await;
    let viewer = house.key(&first, Role::Viewer).await;
    let unheard = json!({"target_path": folder.path(), "scan_types": ["sbom"], "no_suppress": true});
    for (new, field) in [(unheard, "no_suppress"), (json!({"this_machine": true}), "this_machine")] {
        let ask = |key: &str| Ask::post("/api/v1/scans", new.clone()).key(key);
        assert_eq!(house.send(ask(&viewer)).await.status.as_u16(), 403);
        let scan = house.send(ask(&first.key)).await.expect(201);
        assert_eq!((&scan["origin"], &scan["components"]), (&json!("local"), &json!(null)));
        let path = format!("/api/v1/scans/{}/config", scan["id"].as_str().unwrap());
        assert_eq!(house.send(Ask::get(&path).key(&viewer)).await.expect(200)["config"][field], true);
    }
}

/// It waits here for ever: no loop runs.
#[tokio::test]
async fn r152_to_r158_a_local_scan_is_cancelled_before_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let granted = folder.path().to_path_buf();
    let house = House::with(|hub, _| hub.local.allowed_roots = vec![granted]).await;
    let key = house.first().await.key;
    let new = json!({"target_path": folder.path(), "scan_types": ["code"]});
    let scan = house.send(Ask::post("/api/v1/scans", new).key(&key)).await.expect(201);
    assert_eq!(scan["status"], "queued");
    let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
    let send = async |method: Method, path: &str| {
        let reply = house.send(Ask::new(method, path).key(&key)).await;
        (reply.status.as_u16(), if reply.status.is_success() { String::new() } else { reply.code() })
    };
    let cancel = format!("{path}/cancel");
    assert_eq!(send(Method::DELETE, &path).await, (409, "scan_is_active".to_owned()));
    assert_eq!(send(Method::POST, &cancel).await, (200, String::new()));
    assert_eq!(house.send(Ask::get(&path).key(&key)).await.expect(200)["status"], "cancelled");
    assert_eq!(send(Method::POST, &cancel).await, (409, "scan_is_terminal".to_owned()));
    assert_eq!(send(Method::DELETE, &path).await, (204, String::new()));
    for (method, path) in [(Method::DELETE, &path), (Method::POST, &cancel)] {
        assert_eq!(send(method, path).await.0, 404);
    }
}

#[tokio::test]
async fn the_catalogue_and_the_scanners_are_listed() {
    let house = House::new().await;
    let key = house.first().await.key;
    let connectors = house.send(Ask::get("/api/v1/connectors").key(&key)).await.expect(200);
    let nessus = connectors["items"].as_array().unwrap().iter().find(|one| one["id"] == "nessus").unwrap();
    assert_eq!(nessus["capabilities"]["import"], true);
    assert_eq!(nessus["auth_methods"][0]["schema"]["type"], "object");
    assert!(nessus["auth_methods"][0]["fields"][0]["secret"].is_boolean());
    let scanners = house.send(Ask::get("/api/v1/scanners").key(&key)).await.expect(200);
    assert!(scanners["items"].as_array().unwrap().iter().any(|one| one["id"] == "semgrep"), "{scanners}");
    let roles = house.send(Ask::get("/api/v1/roles").key(&key)).await.expect(200);
    assert_eq!(roles["items"][0]["role"], "viewer");
    let states = house.send(Ask::get("/api/v1/meta/finding-states").key(&key)).await.expect(200);
    assert!(states["transitions"].as_array().unwrap().iter().all(|one| one["to"] != "fixed"));
}

#[tokio::test]
async fn r21_r22_a_scan_is_traced_to_the_change_that_asked_for_it() {
    let house = House::new().await;
    let key = house.first().await.key;
    let ci = json!({
        "commit_sha": "5f3c2a1", "branch_name": "feature/login", "pr_number": 42,
        "repo_url": "https://git.example.com/shop.git", "triggered_by": "pipeline 7",
    });
    let create = async |name: &str, ci: serde_json::Value| {
        house.send(Ask::post("/api/v1/scans", json!({"name": name, "ci": ci})).key(&key)).await
    };
    let scan = create("for the change", ci.clone()).await.expect(201);
    assert_eq!(scan["ci"], ci);
    create("for another", json!({"commit_sha": "5f3c2a10", "branch_name": "main"})).await.expect(201);
    let bare = create("for nobody", json!({})).await.expect(201);
    assert_eq!(bare["ci"]["commit_sha"], json!(null));
    let path = format!("/api/v1/scans/{}", scan["id"].as_str().unwrap());
    assert_eq!(house.send(Ask::get(path).key(&key)).await.expect(200)["ci"], ci, "why it ran and against what");
    for (query, expected) in [
        ("commit_sha=5f3c2a1", vec!["for the change"]),
        ("branch_name=main", vec!["for another"]),
        ("branch_name=main&commit_sha=5f3c2a1", vec![]),
        ("q=5f3c2a1", vec!["for another", "for the change"]),
    ] {
        let found = house.send(Ask::get(format!("/api/v1/scans?{query}")).key(&key)).await.expect(200);
        let names: Vec<_> =
            found["items"].as_array().unwrap().iter().map(|scan| scan["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    for (ci, field) in [
        (json!({"commit_sha": "c".repeat(65)}), "ci.commit_sha"),
        (json!({"pr_number": -1}), "ci.pr_number"),
        (json!({"tag": "v1"}), "ci.tag"),
    ] {
        let refused = create("never", ci).await;
        assert_eq!(refused.code(), "invalid_input");
        assert_eq!(refused.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn an_assessment_run_groups_its_scans() {
    let house = House::new().await;
    let key = house.first().await.key;
    for (name, run) in [("a", Some("2026-Q3")), ("b", Some("2026-Q4")), ("c", Some("2026-Q3")), ("d", None)] {
        let body = json!({"name": name, "assessment_run_id": run});
        house.send(Ask::post("/api/v1/scans", body).key(&key)).await.expect(201);
    }
    let list = async |query: &str| {
        house.send(Ask::get(format!("/api/v1/assessment-runs?{query}")).key(&key)).await.expect(200)
    };
    let runs = list("sort=id").await;
    assert_eq!(runs["total"], 2);
    let first = &runs["items"][0];
    assert_eq!((&first["id"], &first["scans"], &first["over"]), (&json!("2026-Q3"), &json!(2), &json!(false)));
    assert_eq!(first["by_status"][0], json!({"status": "queued", "scans": 2}));
    assert_eq!(first["by_status"].as_array().unwrap().len(), 7);
    assert!(first["first_created_at"].as_str() <= first["created_at"].as_str());
    assert_eq!(list("").await["items"][0]["id"], "2026-Q3", "that of the newest scan first");
    let page = list("sort=id&limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(list(&format!("sort=id&limit=1&cursor={cursor}")).await["items"][0]["id"], "2026-Q4");

    let scans = house.send(Ask::get("/api/v1/scans?assessment_run_id=2026-Q3&sort=name").key(&key)).await.expect(200);
    assert_eq!((&scans["items"][0]["name"], &scans["items"][1]["name"]), (&json!("a"), &json!("c")));
    assert_eq!(scans["total"], 2);
    let path = format!("/api/v1/scans/{}", scans["items"][0]["id"].as_str().unwrap());
    for (wanted, left) in [(json!("2026-Q4"), 1), (json!(null), 1)] {
        let patch = Ask::new(Method::PATCH, &path).json(json!({"assessment_run_id": wanted}));
        assert_eq!(house.send(patch.key(&key)).await.expect(200)["assessment_run_id"], wanted);
        assert_eq!(list("sort=id").await["items"][0]["scans"], left);
    }
}
