use std::collections::BTreeSet;

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, SimConfig};
use serde_json::{Value, json};

use crate::wire::{Client, Reply, started, still_vendor};

const FULL: &str = "11111111-1111-1111-1111-111111111111";
const XSS: &str = "11111111-1111-1111-1111-111111111116";
const XML: &str = "21111111-1111-1111-1111-111111111111";

async fn server() -> Client {
    started(still_vendor("acunetix")).await
}

fn path(rest: &str) -> String {
    format!("/api/v1{rest}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text")).to_owned()
}

fn seconds(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(count)
}

async fn target(client: &Client, address: &str) -> String {
    let reply = client.post(&path("/targets"), json!({ "address": address, "description": "made by a test" })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    text(&reply.json()["target_id"])
}

fn id_in(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.header("location").unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn scan(client: &Client, target: &str, profile: &str, schedule: Value) -> String {
    let order = json!({ "target_id": target, "profile_id": profile, "schedule": schedule });
    id_in(&client.post(&path("/scans"), order).await)
}

async fn status(client: &Client, scan: &str) -> String {
    text(&client.get(&path(&format!("/scans/{scan}"))).await.json()["current_session"]["status"])
}

/// Every entry of a list, page by page.
async fn all(client: &Client, list: &str, field: &str, limit: usize) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut cursor = String::new();
    loop {
        let separator = if list.contains('?') { '&' } else { '?' };
        let page = client.get(&path(&format!("{list}{separator}l={limit}{cursor}"))).await.json();
        entries.extend(page[field].as_array().unwrap().iter().cloned());
        match page["pagination"]["cursors"].as_array().unwrap().as_slice() {
            [_, next] => cursor = format!("&c={}", next.as_str().unwrap()),
            [_] => {
                assert_eq!(page["pagination"]["count"], entries.len());
                return entries;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_key_is_needed_and_refusals_have_the_vendors_shape() {
    let client = server().await;
    let send = |headers: Vec<(&'static str, &'static str)>| {
        let client = &client;
        async move { client.send("GET", "/api/v1/me", &headers, "application/json", b"").await.unwrap() }
    };
    assert_eq!(client.get(&path("/me")).await.status, 200);
    assert_eq!(send(vec![]).await.status, 401);
    assert_eq!(send(vec![("X-Auth", "wrong")]).await.status, 401);
    assert_eq!(send(vec![("X-Auth", "")]).await.status, 400);
    let reply = client.get(&path("/scans/nothing")).await;
    assert_eq!(reply.json(), json!({ "code": 404, "reason": "Scan not found", "details": [] }));
    client.sim.fault("status,code=429,retry_after=7,times=1".parse().unwrap());
    let limited = client.get(&path("/scans")).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("7")));
    assert_eq!(limited.json()["retry_after"]["delay_seconds"], 7);
    assert_eq!(limited.json()["reason"], "Too Many Requests");
}

#[tokio::test]
async fn a_scan_lives_and_every_trigger_makes_a_result() {
    let client = server().await;
    let target = target(&client, "https://shop.corp.example/").await;
    let scan = scan(&client, &target, FULL, json!({ "disable": false, "start_date": null })).await;
    let control = |verb: &'static str| {
        let (client, address) = (&client, path(&format!("/scans/{scan}/{verb}")));
        async move { client.call("POST", &address, None).await.status }
    };
    assert_eq!(status(&client, &scan).await, "queued");
    client.sim.advance(seconds(7));
    assert_eq!(status(&client, &scan).await, "starting");
    client.sim.advance(seconds(10));
    assert_eq!(status(&client, &scan).await, "processing");
    assert_eq!(control("trigger").await, 409);
    assert_eq!(control("pause").await, 204);
    assert_eq!(status(&client, &scan).await, "pausing");
    client.sim.advance(seconds(10));
    assert_eq!((status(&client, &scan).await.as_str(), control("pause").await), ("paused", 409));
    assert_eq!(control("resume").await, 204);
    assert_eq!(status(&client, &scan).await, "resuming");
    client.sim.advance(seconds(200));
    let shown = client.get(&path(&format!("/scans/{scan}"))).await.json();
    let counts = shown["current_session"]["severity_counts"].as_object().unwrap();
    assert_eq!(shown["current_session"]["progress"], 0, "a percentage is not told before the end");
    assert!((5..60).contains(&counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>()), "{counts:?}");
    client.sim.advance(seconds(1000));
    let shown = client.get(&path(&format!("/scans/{scan}"))).await.json();
    assert_eq!(
        (&shown["current_session"]["status"], &shown["current_session"]["progress"]),
        (&json!("completed"), &json!(100))
    );

    assert_eq!((control("abort").await, control("trigger").await), (409, 204));
    client.sim.advance(seconds(100));
    assert_eq!(control("abort").await, 204);
    assert_eq!(status(&client, &scan).await, "aborting");
    client.sim.advance(seconds(10));
    assert_eq!(status(&client, &scan).await, "aborted");

    let results = client.get(&path(&format!("/scans/{scan}/results"))).await.json();
    let words: Vec<&Value> = results["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(words, ["aborted", "completed"]);
    let shown = client.get(&path(&format!("/scans/{scan}"))).await.json();
    assert_eq!(shown["current_session"]["scan_session_id"], results["results"][0]["result_id"]);
    assert_eq!(shown["previous_session"]["scan_session_id"], results["results"][1]["result_id"]);
    let ledger = client.sim.ledger();
    assert_eq!((ledger.count(Action::Create, &scan), ledger.count(Action::Launch, &scan)), (1, 2));
    assert_eq!((ledger.count(Action::Pause, &scan), ledger.count(Action::Stop, &scan)), (1, 1));

    assert_eq!(client.call("DELETE", &path(&format!("/scans/{scan}")), None).await.status, 204);
    assert_eq!(client.get(&path(&format!("/scans/{scan}"))).await.status, 404);
    assert_eq!(client.get(&path(&format!("/results/{}", text(&results["results"][0]["result_id"])))).await.status, 404);
}

#[tokio::test]
async fn the_id_of_a_new_scan_can_be_in_the_header_only() {
    let client = server().await;
    let target = target(&client, "shop.corp.example").await;
    client.sim.fault("drop-field,field=scan_id,op=scans.create".parse().unwrap());
    let order = json!({ "target_id": target, "profile_id": FULL, "schedule": { "disable": true } });
    let reply = client.post(&path("/scans"), order).await;
    assert_eq!(reply.json().get("scan_id"), None);
    assert!(reply.header("location").unwrap().starts_with("/api/v1/scans/"));
    let scan = id_in(&reply);
    assert_eq!(status(&client, &scan).await, "scheduled");
}

#[tokio::test]
async fn orders_that_cannot_be_followed_change_nothing() {
    let client = server().await;
    let target = target(&client, "http://shop.corp.example:8080/start").await;
    let schedule = json!({ "disable": false });
    for (order, status) in [
        (json!({ "profile_id": FULL, "schedule": schedule }), 400),
        (json!({ "target_id": target, "schedule": schedule }), 400),
        (json!({ "target_id": target, "profile_id": FULL }), 400),
        (json!({ "target_id": "nothing", "profile_id": FULL, "schedule": schedule }), 404),
        (json!({ "target_id": target, "profile_id": "nothing", "schedule": schedule }), 404),
        (json!({ "target_id": target, "profile_id": FULL, "schedule": { "recurrence": "FREQ=NEVER" } }), 400),
        (json!({ "target_id": target, "profile_id": FULL, "schedule": { "start_date": "soon" } }), 400),
    ] {
        assert_eq!(client.post(&path("/scans"), order.clone()).await.status, status, "{order}");
    }
    for order in [json!({}), json!({ "address": "ftp://x" }), json!({ "address": "x", "criticality": 5 })] {
        assert_eq!(client.post(&path("/targets"), order.clone()).await.status, 400, "{order}");
    }
    let many = json!({ "targets": [{ "address": "one.example" }, { "address": "//" }] });
    assert_eq!(client.post(&path("/targets/add"), many).await.status, 400);
    assert_eq!(all(&client, "/targets", "targets", 100).await.len(), 1);
    assert!(client.sim.scans().is_empty());
}

#[tokio::test]
async fn lists_are_paged_by_cursor_and_filtered() {
    let client = started(SimConfig { scans: 45, ..still_vendor("acunetix") }).await;
    let scans = all(&client, "/scans", "scans", 7).await;
    let ids: BTreeSet<String> = scans.iter().map(|scan| text(&scan["scan_id"])).collect();
    assert_eq!((scans.len(), ids.len()), (45, 45));
    let truth: BTreeSet<String> = client.sim.scans().into_iter().map(|scan| scan.id).collect();
    assert_eq!(ids, truth);

    let running = all(&client, "/scans?q=status:processing,paused;", "scans", 100).await;
    assert!(!running.is_empty() && running.len() < 45);
    assert!(
        running
            .iter()
            .all(|scan| ["processing", "paused"].contains(&scan["current_session"]["status"].as_str().unwrap()))
    );
    let of_target = format!("/scans?q=target_id:{}", text(&scans[0]["target_id"]));
    assert_eq!(all(&client, &of_target, "scans", 100).await[0]["scan_id"], scans[0]["scan_id"]);
    for wrong in ["/scans?l=0", "/scans?l=101", "/scans?c=next", "/scans?q=colour:red", "/scans?q=red"] {
        assert_eq!(client.get(&path(wrong)).await.status, 400, "{wrong}");
    }
    let beyond = client.get(&path("/scans?c=500")).await.json();
    assert_eq!((&beyond["scans"], &beyond["pagination"]["cursors"]), (&json!([]), &json!(["500"])));
}

#[tokio::test]
async fn every_vulnerability_of_a_result_is_handed_out_once_and_known_on_its_target() {
    let client = server().await;
    let seed = ScanSeed { state: SeedState::Completed, findings: 230, earlier_runs: 2, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    let run = scan.uuid.clone().unwrap();
    let list = format!("/scans/{}/results/{run}/vulnerabilities", scan.id);
    let vulnerabilities = all(&client, &list, "vulnerabilities", 100).await;
    let references: BTreeSet<String> = vulnerabilities.iter().map(|item| text(&item["target_vuln_id"])).collect();
    assert_eq!((vulnerabilities.len(), references.len()), (230, 230));
    let truth = client.sim.findings(&scan.id, &run).unwrap();
    assert_eq!(references, truth.iter().map(|finding| finding.reference.clone()).collect());
    let ledger = client.sim.ledger();
    assert_eq!((ledger.served.len(), ledger.served[0].findings.len(), ledger.served[0].times), (1, 230, 3));

    let item = vulnerabilities.iter().find(|item| item["vt_name"] == "SQL Injection").unwrap();
    let (of_run, of_target) = (text(&item["vuln_id"]), text(&item["target_vuln_id"]));
    for place in [format!("{list}/{of_run}"), format!("/scan_vulnerabilities/{of_run}")] {
        let details = client.get(&path(&place)).await.json();
        assert_eq!((&details["vt_id"], &details["target_vuln_id"]), (&item["vt_id"], &item["target_vuln_id"]));
        assert!(details["request"].as_str().unwrap().contains(item["affects_detail"].as_str().unwrap()));
    }
    let known = client.get(&path(&format!("/vulnerabilities/{of_target}"))).await.json();
    assert_eq!((&known["affects_url"], known.get("target_vuln_id")), (&item["affects_url"], None));
    assert_eq!(client.get(&path(&format!("/vulnerabilities/{of_run}"))).await.status, 404, "two id spaces");
    assert_eq!(client.get(&path(&format!("/scan_vulnerabilities/{of_target}"))).await.status, 404);

    let estate = all(&client, "/vulnerabilities", "vulnerabilities", 100).await;
    assert!(estate.len() > 230, "earlier results had flaws that are gone: {}", estate.len());
    assert!(estate.iter().any(|item| item["last_seen"] != estate[0]["last_seen"]));
    let place = path(&format!("/vulnerabilities/{of_target}/status"));
    assert_eq!(client.call("PUT", &place, Some(json!({ "status": "false_positive" }))).await.status, 204);
    let decided = all(&client, "/vulnerabilities?q=status:false_positive", "vulnerabilities", 10).await;
    assert_eq!(decided.iter().map(|item| text(&item["vuln_id"])).collect::<Vec<_>>(), [of_target]);
}

#[tokio::test]
async fn a_profile_looks_only_for_its_own_weaknesses() {
    let client = server().await;
    let target = target(&client, "https://shop.corp.example/").await;
    let scan = scan(&client, &target, XSS, json!({ "disable": false })).await;
    client.sim.advance(seconds(2000));
    let result = client.sim.scan(&scan).unwrap().uuid.unwrap();
    let list = format!("/scans/{scan}/results/{result}/vulnerabilities");
    let found = all(&client, &list, "vulnerabilities", 100).await;
    assert!(!found.is_empty() && found.iter().all(|item| item["tags"][0] == "CWE-79"), "{found:?}");
    let statistics = client.get(&path(&format!("/scans/{scan}/results/{result}/statistics"))).await.json();
    assert_eq!(statistics["scanning_app"]["wvs"]["main"]["vulns"].as_array().unwrap().len(), found.len());
    let types =
        all(&client, &format!("/scans/{scan}/results/{result}/vulnerability_types"), "vulnerability_types", 2).await;
    assert_eq!(types.iter().map(|kind| kind["count"].as_u64().unwrap()).sum::<u64>() as usize, found.len());
}

#[tokio::test]
async fn targets_are_pinned_to_one_engine_of_a_kind() {
    let client = server().await;
    let target = target(&client, "https://shop.corp.example/").await;
    let workers = client.get(&path("/workers")).await.json();
    let worker = |name: &str| {
        let found = workers["workers"].as_array().unwrap().iter().find(|worker| worker["description"] == name);
        text(&found.unwrap()["worker_id"])
    };
    let pin = |ids: Vec<String>| {
        let (client, place) = (&client, path(&format!("/targets/{target}/configuration/workers")));
        async move { client.post(&place, json!({ "worker_id_list": ids })).await.status }
    };
    assert_eq!(pin(vec![worker("engine-dmz"), worker("Main Installation")]).await, 400);
    assert_eq!(pin(vec![worker("engine-new")]).await, 409);
    assert_eq!(pin(vec!["nothing".to_owned()]).await, 404);
    assert_eq!(pin(vec![worker("engine-dmz")]).await, 204);
    let pinned = client.get(&path(&format!("/targets/{target}/configuration/workers"))).await.json();
    assert_eq!(pinned["workers"][0]["targets"], json!([target]));
    let scan = scan(&client, &target, FULL, json!({ "disable": false })).await;
    assert_eq!(client.sim.scan(&scan).unwrap().history[0].engine, Some(worker("engine-dmz")));
    assert_eq!(client.get(&path(&format!("/workers/{}", worker("engine-dmz")))).await.json()["current_scans"], 1);
    assert_eq!(pin(Vec::new()).await, 204);
    assert_eq!(client.sim.ledger().count(Action::AssignEngine, &target), 2);
}

#[tokio::test]
async fn schedules_start_scans_and_keep_their_history_short() {
    let client = server().await;
    let target = target(&client, "https://shop.corp.example/").await;
    let start = client.sim.clock().now().plus(3600.0).to_string();
    let later = scan(&client, &target, FULL, json!({ "disable": false, "start_date": start })).await;
    let daily = json!({ "disable": false, "recurrence": "DTSTART:20250101T020000Z\nFREQ=DAILY;INTERVAL=1", "history_limit": 2 });
    let daily = scan(&client, &target, FULL, daily).await;
    assert_eq!(
        (status(&client, &later).await, status(&client, &daily).await),
        ("scheduled".to_owned(), "scheduled".to_owned())
    );
    client.sim.advance(seconds(3601));
    assert_eq!(status(&client, &later).await, "queued");
    client.sim.advance(seconds(5 * 86_400));
    assert_eq!(client.sim.scan(&later).unwrap().history.len(), 1);
    assert_eq!(client.sim.scan(&daily).unwrap().history.len(), 2);
    assert_eq!(client.sim.ledger().count(Action::Launch, &daily), 5);
    let stop = json!({ "schedule": { "disable": true } });
    assert_eq!(client.call("PATCH", &path(&format!("/scans/{daily}")), Some(stop)).await.status, 204);
    client.sim.advance(seconds(3 * 86_400));
    assert_eq!(client.sim.ledger().count(Action::Launch, &daily), 5);
    assert_eq!(client.call("DELETE", &path(&format!("/targets/{target}")), None).await.status, 204);
    assert!(client.sim.scans().is_empty(), "everything below a target goes with it");
}

#[tokio::test]
async fn the_xml_export_has_every_element_of_recorded_exports() {
    let client = server().await;
    let seed = ScanSeed { state: SeedState::Completed, findings: 40, earlier_runs: 1, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    let order = json!({ "export_id": XML, "source": { "list_type": "scans", "id_list": [scan.id] } });
    let reply = client.post(&path("/exports"), order.clone()).await;
    let export = id_in(&reply);
    assert_eq!(client.post(&path("/exports"), order).await.status, 409);
    let place = path(&format!("/exports/{export}"));
    let words = [client.get(&place).await.json(), client.get(&place).await.json(), client.get(&place).await.json()];
    assert_eq!([&words[0]["status"], &words[1]["status"], &words[2]["status"]], ["pending", "pending", "completed"]);
    let download = text(&words[2]["download"][0]);
    let document = client.send("GET", &download, &[], "text/plain", b"").await.unwrap();
    assert_eq!((document.status, document.text().matches("<ReportItem ").count()), (200, 40));
    assert_eq!(client.sim.ledger().served[0].findings.len(), 40);

    let ours = crate::recorded::elements(&document.body);
    for file in ["dd_many_findings.xml", "dd_XML_http_example_co_id_.xml", "dd_one_finding.xml"] {
        let recorded = crate::recorded::shared().join("corpus/acunetix").join(file);
        let theirs = crate::recorded::elements(
            &std::fs::read(&recorded).unwrap_or_else(|error| panic!("{}: {error}", recorded.display())),
        );
        let theirs: BTreeSet<String> = theirs
            .into_iter()
            .map(|name| if name.starts_with("Scan/") || name == "Scan" { format!("ScanGroup/{name}") } else { name })
            .collect();
        let missing: Vec<&String> = theirs.difference(&ours).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}

#[tokio::test]
async fn web_scanners_and_host_scanners_look_at_the_same_machines() {
    let sites = started(SimConfig { scans: 20, seed: 7, ..still_vendor("acunetix") }).await;
    let hosts = started(SimConfig { scans: 20, seed: 7, ..still_vendor("nessus") }).await;
    let mut names = BTreeSet::new();
    for scan in hosts.sim.scans().iter().filter(|scan| scan.state == "completed") {
        let details = hosts.get(&format!("/scans/{}", scan.id)).await.json();
        for host in details["hosts"].as_array().unwrap() {
            let info = hosts.get(&format!("/scans/{}/hosts/{}", scan.id, host["host_id"])).await.json();
            names.extend(info["info"]["host-fqdn"].as_str().map(str::to_owned));
        }
    }
    let site = |address: &str| address.split("//").nth(1).unwrap().trim_end_matches('/').to_owned();
    let shared = sites.sim.scans().iter().filter(|scan| names.contains(&site(&scan.targets))).count();
    assert!(shared >= 5, "{shared} sites among {names:?}");
}
