use std::collections::BTreeSet;
use std::time::Duration;

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, SimConfig};
use serde_json::{Value, json};

use crate::recorded::{covers, shared};
use crate::wire::{Client, started, still_vendor};

async fn server() -> Client {
    started(still_vendor("invicti")).await
}

fn path(rest: &str) -> String {
    format!("/api/1.0{rest}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text")).to_owned()
}

async fn new_scan(client: &Client) -> String {
    let order = json!({ "TargetUri": "https://shop.corp.example/", "Tags": ["token-1"], "Comments": "by a test" });
    let reply = client.post(&path("/scans/new"), order).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.json();
    assert_eq!((made.as_array().unwrap().len(), &made[0]["Tags"]), (1, &json!(["token-1"])));
    text(&made[0]["Id"])
}

async fn state(client: &Client, scan: &str) -> String {
    text(&client.get(&path(&format!("/scans/status/{scan}"))).await.json()["State"])
}

async fn say(client: &Client, verb: &str, body: Value) -> String {
    let reply = client.post(&path(&format!("/scans/{verb}")), body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    text(&reply.json())
}

/// Every entry of a list, page by page.
async fn all(client: &Client, list: &str, size: usize) -> Vec<Value> {
    let mut entries = Vec::new();
    for page in 1.. {
        let separator = if list.contains('?') { '&' } else { '?' };
        let answer = client.get(&path(&format!("{list}{separator}page={page}&pageSize={size}"))).await.json();
        entries.extend(answer["List"].as_array().unwrap().iter().cloned());
        assert_eq!((&answer["PageNumber"], &answer["IsFirstPage"]), (&json!(page), &json!(page == 1)));
        if answer["HasNextPage"] == false {
            assert_eq!(
                (answer["TotalItemCount"].as_u64(), &answer["IsLastPage"]),
                (Some(entries.len() as u64), &json!(true))
            );
            break;
        }
    }
    entries
}

#[tokio::test]
async fn user_id_and_token_are_needed() {
    let client = server().await;
    let me = client.get(&path("/account/me")).await.json();
    assert_eq!((&me["DateFormat"], &me["TimeZoneInfo"]), (&json!("dd/MM/yyyy"), &json!("UTC")));
    for headers in [
        vec![],
        vec![("Authorization", "Basic d3Jvbmc6d3Jvbmc=")],
        vec![("Authorization", "Basic ???")],
        vec![("Authorization", "Bearer x")],
    ] {
        let reply = client.send("GET", "/api/1.0/account/me", &headers, "application/json", b"").await.unwrap();
        assert_eq!((reply.status, reply.json()["Message"].is_string()), (401, true));
    }
    assert!(client.sim.ledger().requests.iter().filter(|request| request.authenticated).count() == 1);
}

#[tokio::test]
async fn a_scan_lives_and_its_controls_say_in_words_whether_they_worked() {
    let client = server().await;
    let scan = new_scan(&client).await;
    assert_eq!(state(&client, &scan).await, "Queued");
    assert_eq!(say(&client, "pause", json!(scan)).await, "ScanQueued");
    client.sim.advance(Duration::from_secs(60));
    assert_eq!(state(&client, &scan).await, "Scanning");
    assert_eq!(say(&client, "resume", json!(scan)).await, "ScanNotPaused");
    assert_eq!(say(&client, "delete", json!([scan])).await, "OnGoingScanExisting");
    assert_eq!(say(&client, "pause", json!(scan)).await, "Ok");
    assert_eq!(state(&client, &scan).await, "Pausing");
    client.sim.advance(Duration::from_secs(10));
    assert_eq!(
        (state(&client, &scan).await.as_str(), say(&client, "pause", json!(scan)).await.as_str()),
        ("Paused", "ScanNotRunning")
    );
    assert_eq!(say(&client, "resume", json!(scan)).await, "Ok");
    assert_eq!(state(&client, &scan).await, "Resuming");
    client.sim.advance(Duration::from_secs(300));
    let shown = client.get(&path(&format!("/scans/detail/{scan}"))).await.json();
    assert!((1..99).contains(&shown["Percentage"].as_u64().unwrap()), "{shown}");
    assert_eq!(
        client.get(&path(&format!("/scans/report/?id={scan}&type=Vulnerabilities&format=Json"))).await.status,
        400
    );
    let preview = client.get(&path(&format!("/scans/result/{scan}"))).await.json();
    assert!((5..60).contains(&preview.as_array().unwrap().len()));
    let left = client.sim.scan(&scan).unwrap().history[0].progress;
    client.sim.advance(Duration::from_secs_f64(600.0 * (1.0 - left) + 1.0));
    assert_eq!(state(&client, &scan).await, "Archiving");
    client.sim.advance(Duration::from_secs(30));
    assert_eq!(state(&client, &scan).await, "Complete");
    for verb in ["pause", "resume", "cancel"] {
        assert_eq!(say(&client, verb, json!(scan)).await, "ScanCompleted");
        assert_eq!(say(&client, verb, json!("nothing")).await, "ScanNotFound");
    }

    let again = client.post(&path("/scans/newfromscan"), json!(scan)).await;
    let again = text(&again.json()["Id"]);
    assert_ne!(again, scan, "scanning again is another scan");
    client.sim.advance(Duration::from_secs(60));
    assert_eq!(say(&client, "cancel", json!(again)).await, "Ok");
    assert_eq!(
        (state(&client, &again).await.as_str(), say(&client, "resume", json!(again)).await.as_str()),
        ("Cancelled", "ScanCancelled")
    );

    assert_eq!(say(&client, "delete", json!([scan, "nothing"])).await, "SomeOfScansNotFound");
    assert_eq!(client.get(&path(&format!("/scans/detail/{scan}"))).await.status, 200);
    assert_eq!(say(&client, "delete", json!([scan, again])).await, "Ok");
    assert_eq!(client.get(&path(&format!("/scans/detail/{scan}"))).await.status, 404);
    let ledger = client.sim.ledger();
    let counts = [Action::Create, Action::Pause, Action::Resume, Action::Completed, Action::Delete]
        .map(|action| ledger.count(action, &scan));
    assert_eq!(counts, [1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn orders_that_cannot_be_followed_make_no_scan() {
    let client = server().await;
    for (verb, order, status) in [
        ("new", json!({}), 400),
        ("new", json!({ "TargetUri": "shop.corp.example" }), 400),
        ("new", json!({ "TargetUri": "ftp://shop.corp.example" }), 400),
        ("newfromscan", json!("nothing"), 404),
        ("newwithprofile", json!({ "ProfileName": "nothing", "TargetUri": "http://a.example" }), 404),
        ("incremental", json!({ "BaseScanId": "nothing" }), 404),
        (
            "schedule",
            json!({ "Name": "x", "TargetUri": "http://a.example", "NextExecutionTime": "soon", "ScheduleRunType": "Once" }),
            400,
        ),
        (
            "schedule",
            json!({ "Name": "x", "TargetUri": "http://a.example", "NextExecutionTime": "01/01/2020 02:00", "ScheduleRunType": "Once" }),
            400,
        ),
    ] {
        assert_eq!(client.post(&path(&format!("/scans/{verb}")), order.clone()).await.status, status, "{verb} {order}");
    }
    assert!(client.sim.scans().is_empty());
}

#[tokio::test]
async fn lists_are_paged_and_tell_what_changed() {
    let client = started(SimConfig { scans: 20, ..still_vendor("invicti") }).await;
    let scans = all(&client, "/scans/list", 7).await;
    let ids: BTreeSet<String> = scans.iter().map(|scan| text(&scan["Id"])).collect();
    let truth: BTreeSet<String> = client.sim.scans().into_iter().map(|scan| scan.id).collect();
    assert!(scans.len() > 20, "earlier runs are scans of their own: {}", scans.len());
    assert_eq!((ids.len(), &ids), (scans.len(), &truth));
    let scanning = all(&client, "/scans/listbystate?scanTaskState=Scanning", 200).await;
    assert!(!scanning.is_empty() && scanning.iter().all(|scan| scan["State"] == "Scanning"));
    let site = text(&scans[0]["WebsiteUrl"]);
    let of_site = all(&client, &format!("/scans/listbywebsite?websiteUrl={site}"), 200).await;
    assert!(of_site.iter().all(|scan| scan["WebsiteUrl"] == site.as_str()) && !of_site.is_empty());

    let now = client.sim.clock().now();
    let window = format!(
        "/scans/listbystatechanged?startDate={}&endDate={}",
        now.format("%m/%d/%Y%%20%H:%M:%S"),
        now.plus(7200.0)
    );
    let scan = new_scan(&client).await;
    client.sim.advance(Duration::from_secs(3600));
    let changed = all(&client, &window, 200).await;
    assert!(changed.iter().any(|entry| entry["Id"] == scan.as_str()) && changed.len() < 20, "{}", changed.len());
    for wrong in [
        "/scans/list?page=0",
        "/scans/list?pageSize=201",
        "/scans/list?page=x",
        "/scans/listbystatechanged",
        "/scans/listbystate",
    ] {
        assert_eq!(client.get(&path(wrong)).await.status, 400, "{wrong}");
    }
    assert_eq!(client.get(&path("/scans/list?page=999")).await.json()["List"], json!([]));
}

#[tokio::test]
async fn reports_hand_out_every_finding_once_and_issues_outlive_scans() {
    let client = server().await;
    let seed = ScanSeed { state: SeedState::Completed, findings: 150, earlier_runs: 3, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;
    let report = client.get(&path(&format!("/scans/report/?id={scan}&type=Vulnerabilities&format=Json"))).await;
    let report = report.json();
    let references: BTreeSet<String> =
        report["Vulnerabilities"].as_array().unwrap().iter().map(|item| text(&item["LookupId"])).collect();
    let truth = client.sim.findings(&scan, &scan).unwrap();
    assert_eq!(references, truth.iter().map(|finding| finding.reference.clone()).collect());
    assert_eq!((references.len(), client.sim.ledger().served[0].findings.len()), (150, 150));
    let detail = client.get(&path(&format!("/scans/detail/{scan}"))).await.json();
    let counted: u64 = ["Critical", "High", "Medium", "Low", "Info", "BestPractice"]
        .iter()
        .map(|severity| detail[format!("Vulnerability{severity}Count")].as_u64().unwrap())
        .sum();
    assert_eq!(counted, 150);

    let issues = all(&client, "/issues/allissues", 200).await;
    assert!(issues.len() > 150, "earlier scans had issues that are gone");
    assert!(issues.iter().any(|issue| issue["State"] == "FixedUnconfirmed"));
    let present: BTreeSet<String> =
        issues.iter().filter(|issue| issue["IsPresent"] == true).map(|issue| text(&issue["Id"])).collect();
    assert_eq!(present, references);
    let one = client.get(&path(&format!("/issues/get/{}", present.first().unwrap()))).await.json();
    assert_eq!(one["LatestScanId"], scan.as_str());
    assert_eq!(client.get(&path("/issues/get/nothing")).await.status, 404);
    let confirmed = client
        .get(&path(&format!("/scans/report/?id={scan}&type=Vulnerabilities&format=Json&onlyConfirmedIssues=true")))
        .await
        .json();
    assert!(confirmed["Vulnerabilities"].as_array().unwrap().iter().all(|item| item["Confirmed"] == true));
}

/// The shape oracle: published reports of the product.
#[tokio::test]
async fn reports_have_every_field_of_recorded_reports() {
    let client = server().await;
    let seed = ScanSeed { state: SeedState::Completed, findings: 60, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;
    let mut ours =
        client.get(&path(&format!("/scans/report/?id={scan}&type=Vulnerabilities&format=Json"))).await.json();
    let full = ours["Vulnerabilities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["HttpRequest"]["Parameters"].as_array().is_some_and(|list| !list.is_empty()));
    let known =
        ours["Vulnerabilities"].as_array().unwrap().iter().find(|item| item["KnownVulnerabilities"][0].is_object());
    let (full, known) = (full.unwrap().clone(), known.unwrap()["KnownVulnerabilities"].clone());
    ours["Vulnerabilities"][0] = full;
    ours["Vulnerabilities"][0]["KnownVulnerabilities"] = known;
    for file in [
        "dd_netsparker_issue_11020.json",
        "dd_invicti_many_findings.json",
        "dd_invicti_one_finding.json",
        "dd_invicti_zero_finding.json",
    ] {
        let place = shared().join("corpus/invicti").join(file);
        let text = std::fs::read_to_string(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        let mut theirs: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let recorded = theirs["Vulnerabilities"].as_array().unwrap().clone();
        for item in recorded {
            theirs["Vulnerabilities"] = json!([item]);
            covers(file, &theirs, &ours, &[]);
        }
        theirs["Vulnerabilities"] = json!([]);
        covers(file, &theirs, &ours, &[]);
    }

    let xml = client.get(&path(&format!("/scans/report/?id={scan}&type=Vulnerabilities&format=Xml"))).await;
    assert_eq!(xml.text().matches("<vulnerability>").count(), 60);
    let place = shared().join("corpus/invicti/heimdall_sample-netsparker-invicti.xml");
    let theirs = crate::recorded::elements(
        &std::fs::read(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display())),
    );
    let missing: Vec<String> = theirs.difference(&crate::recorded::elements(&xml.body)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn a_profile_binds_a_scan_to_an_agent() {
    let client = server().await;
    let agents = all(&client, "/agents/list", 3).await;
    let dmz = agents.iter().find(|agent| agent["Name"] == "agent-dmz").unwrap();
    let order = json!({ "ProfileName": "dmz", "TargetUri": "https://shop.corp.example/", "AgentId": dmz["Id"] });
    assert_eq!(client.post(&path("/scanprofiles/new"), order).await.status, 201);
    let order = json!({ "ProfileName": "dmz", "TargetUri": "https://shop.corp.example/" });
    let scan = client.post(&path("/scans/newwithprofile"), order).await.json();
    assert_eq!((&scan["AgentName"], &scan["AgentId"]), (&json!("agent-dmz"), &dmz["Id"]));
    assert_eq!(client.sim.scan(scan["Id"].as_str().unwrap()).unwrap().history[0].engine.as_deref(), Some("agent-dmz"));
    client.sim.advance(Duration::from_secs(60));
    let agents = all(&client, "/agents/list", 20).await;
    let word = |name: &str| text(&agents.iter().find(|agent| agent["Name"] == name).unwrap()["State"]);
    assert_eq!(
        (word("agent-dmz").as_str(), word("agent-köln").as_str(), word("agent-plant").as_str()),
        ("Scanning", "Waiting", "NotAvailable")
    );
    let off = json!({ "AgentId": dmz["Id"], "Status": false });
    assert_eq!(client.post(&path("/agents/setstatus"), off).await.status, 200);
}

#[tokio::test]
async fn schedules_make_new_scans() {
    let client = server().await;
    let at = client.sim.clock().now().plus(3600.0).format("%d/%m/%Y %H:%M");
    let order = json!({ "Name": "nightly", "TargetUri": "https://shop.corp.example/", "NextExecutionTime": at, "ScheduleRunType": "Daily" });
    let made = client.post(&path("/scans/schedule"), order).await.json();
    client.sim.advance(Duration::from_secs(3 * 86_400));
    let scans = all(&client, "/scans/list", 20).await;
    assert_eq!(scans.len(), 3);
    assert!(scans.iter().all(|scan| scan["ScheduledScanId"] == made["Id"]));
    let listed = all(&client, "/scans/list-scheduled", 20).await;
    assert_eq!((&listed[0]["LastExecutedScanTaskId"], &listed[0]["OccurencesCount"]), (&scans[0]["Id"], &json!(3)));
    assert_eq!(client.post(&path("/scans/unschedule"), made["Id"].clone()).await.status, 200);
    client.sim.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(all(&client, "/scans/list", 20).await.len(), 3);
}

/// What makes findings of the two scanners of web sites joinable.
#[tokio::test]
async fn both_web_scanners_report_the_same_weaknesses_of_the_same_sites() {
    let places = |sim: &scanhelm_vendor_sim::Sim| {
        let mut places = BTreeSet::new();
        for scan in sim.scans() {
            for run in &scan.history {
                for finding in sim.findings(&scan.id, &run.uuid).unwrap() {
                    let (url, parameter) = finding.location.split_once('|').unwrap();
                    places.insert(format!("{} {parameter}", url.split('?').next().unwrap()));
                }
            }
        }
        places
    };
    let one = started(SimConfig { scans: 10, ..still_vendor("acunetix") }).await;
    let other = started(SimConfig { scans: 10, ..still_vendor("invicti") }).await;
    let (one, other) = (places(&one.sim), places(&other.sim));
    let shared = one.intersection(&other).count();
    assert!(shared * 10 > one.len() * 7, "{shared} of {} and {}", one.len(), other.len());
    assert!(one.difference(&other).count() > 0, "each also sees what the other does not");
}
