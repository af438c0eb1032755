//! The product's use cases (R183 to R187) from outside: the real binary, and nothing but calls of `/api/v1`.

mod hooks;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use scanhelm_vendor_sim::{Action, SeedState};
use serde_json::{Value, json};

use self::stage::{STATUSES, Stage, text};

/// One call answers for four consoles. Rapid7 has no connector in this build; Tenable.sc stands in its place.
#[test]
fn r183_a_multi_vendor_estate_is_one_grid() {
    let stage = Stage::new();
    let vendors = ["nessus", "qualys-vm", "tenable-sc", "acunetix"].map(|connector| stage.connect(connector));
    let states = [
        ("running", SeedState::Running),
        ("paused", SeedState::Paused),
        ("completed", SeedState::Completed),
        ("cancelled", SeedState::Canceled),
    ];
    // Acunetix calls a scan after its target, so scans are told apart by their ids.
    let mut expected = BTreeMap::new();
    for vendor in &vendors {
        for (word, state) in states {
            let truth = vendor.add(&format!("{word} at {}", vendor.connector), state);
            // What Security Center had found when it was stopped can be had: it calls the scan "Partial", and so it is in.
            let word = if (vendor.connector, word) == ("tenable-sc", "cancelled") { "completed" } else { word };
            expected.insert((vendor.id.clone(), truth.id), word);
        }
    }
    let settled = |scan: &Value| {
        let word = expected[&(text(scan, "integration_id"), text(scan, "external_scan_id"))];
        let is_in = matches!(scan["import_state"].as_str(), Some("done" | "partial"));
        scan["status"] == word && (word != "completed" || is_in)
    };
    let grid = stage.within(crate::hub::PATIENCE, "the estate is mirrored", || {
        let scans = stage.items("scans?limit=500");
        (scans.len() == expected.len() && scans.iter().all(settled)).then_some(scans)
    });
    for scan in &grid {
        assert_eq!(scan["origin"], "adopted", "{scan:#}");
        assert!(STATUSES.contains(&scan["status"].as_str().unwrap()), "{scan:#}");
        assert!(scan["vendor_status_raw"].is_string(), "the vendor's own word stays readable");
        if scan["status"] == "completed" {
            assert_eq!(scan["counts"]["total"], scan["imported_findings"], "{scan:#}");
        }
        let partial = scan["name"] == "cancelled at tenable-sc";
        assert_eq!(scan["vendor_status_raw"].as_str().unwrap().starts_with("Partial"), partial, "{scan:#}");
    }
    for vendor in &vendors {
        let here: BTreeSet<_> = grid
            .iter()
            .filter(|scan| scan["integration_id"] == vendor.id.as_str())
            .map(|scan| text(scan, "external_scan_id"))
            .collect();
        assert_eq!(here, vendor.scans().into_iter().collect(), "{}", vendor.connector);
    }
    let running = stage.items("scans?status=running");
    let products: BTreeSet<_> = running.iter().map(|scan| text(scan, "vendor")).collect();
    assert_eq!(products.len(), vendors.len(), "one filter over all vendors");
    let findings = stage.items("findings?limit=500");
    assert!(findings.iter().any(|finding| finding["sighting_count"].as_u64() > Some(1)), "one queue for all scanners");
}

/// The findings of a scan, by id.
fn seen(stage: &Stage, scan: &Value) -> BTreeMap<String, Value> {
    let items = stage.items(&format!("scans/{}/findings?limit=500", text(scan, "id")));
    items.into_iter().map(|finding| (text(&finding, "id"), finding)).collect()
}

#[test]
fn r184_a_wave_lands_and_is_triaged_once() {
    let stage = Stage::new();
    let qualys = stage.connect("qualys-vm");
    qualys.add("wave 1", SeedState::Completed);
    let imported = |scan: &Value| scan["import_state"] == "done";
    let first = stage.await_scan("wave 1", imported);
    let before = seen(&stage, &first);
    assert_eq!((&first["counts"]["total"], &first["imported_percent"]), (&first["imported_findings"], &json!(100.0)));
    let ids: Vec<_> = before.keys().cloned().collect();
    let (noise, mended) = ids.split_at(ids.len() / 2);
    for (part, to) in [(noise, "false_positive"), (mended, "closed")] {
        let order = json!({"ids": part, "action": {"to": to, "reason": "after wave 1"}});
        let result = stage.done(&stage.post("findings/bulk", &order, 202));
        assert_eq!(result["changed"], part.len(), "{result:#}");
    }
    assert_eq!(stage.get("findings/counts?status=open")["total"], 0);

    // The next wave begins and ends after the judgement.
    qualys.add("wave 2", SeedState::Pending);
    let second = stage.await_scan_in(&qualys, "wave 2", |scan| {
        // Nobody steers this one, so its time may fly.
        qualys.advance(60);
        imported(scan)
    });
    let after = seen(&stage, &second);
    assert_eq!(
        (&second["counts"]["total"], &second["imported_percent"]),
        (&second["imported_findings"], &json!(100.0))
    );
    let again = |part: &[String]| part.iter().filter(|id| after.contains_key(*id)).cloned().collect::<Vec<_>>();
    let (still_noise, returned) = (again(noise), again(mended));
    assert!(!still_noise.is_empty() && !returned.is_empty(), "the hosts did not change much");
    for id in &still_noise {
        assert_eq!(after[id]["status"], "false_positive", "judged once: {:#}", after[id]);
    }
    for id in &returned {
        assert_eq!(after[id]["status"], "open", "it came back: {:#}", after[id]);
    }
    let new: Vec<_> = after.keys().filter(|id| !before.contains_key(*id)).collect();
    let all = stage.items("findings?limit=500");
    assert_eq!(all.len(), before.len() + new.len(), "what recurs is the same finding");
    let waiting = stage.get("findings/counts?status=open")["total"].as_u64().unwrap();
    assert_eq!(waiting, (returned.len() + new.len()) as u64, "only what is new or came back waits for a person");
}

/// A night lasts until the next full minute: cron counts minutes, and the clock of a real process cannot be moved.
#[test]
fn r185_a_recurring_import_runs_by_itself() {
    let stage = Stage::new();
    let nessus = stage.connect("nessus");
    let truth = nessus.add("nightly", SeedState::Completed);
    let before = stage.await_scan("nightly", |scan| scan["import_state"] == "done");
    let order = json!({"scan_id": before["id"], "cron": "* * * * *", "tz": "Europe/Berlin"});
    let schedule = stage.post("schedules", &order, 201);
    nessus.sim.clock().set_speed(600.0);
    // Nobody does anything from here on.
    let feed = format!("scans/{}/activity?limit=500", text(&before, "id"));
    let told = stage.within(Duration::from_secs(120), "the completion event of a scheduled run", || {
        stage.items(&feed).into_iter().find(|event| event["kind"] == "schedule.complete")
    });
    assert_eq!((&told["actor"], &told["detail"]["result"]), (&json!("system"), &json!("completed")), "{told:#}");
    let after = stage.scan("nightly").unwrap();
    assert!(after["run_number"].as_u64() > before["run_number"].as_u64(), "{after:#}");
    let runs = stage.items(&format!("scans/{}/runs", text(&before, "id")));
    let night = runs.iter().find(|run| run["number"] == before["run_number"].as_u64().unwrap() + 1).unwrap();
    assert_eq!((&night["vendor_state"], &night["import_state"]), (&json!("completed"), &json!("done")), "{night:#}");
    assert!(night["imported_findings"].as_u64() > Some(0), "{night:#}");
    let launched =
        stage.items("audit-log?limit=500").into_iter().find(|entry| entry["action"] == "scan.launch").unwrap();
    assert_eq!(launched["actor"], "system");
    assert!(nessus.sim.ledger().count(Action::Launch, &truth.id) >= 1);
    let kept = stage.items(&format!("schedules/{}/runs?limit=500", text(&schedule, "id")));
    assert!(kept.iter().any(|run| run["outcome"] == "started" && run["result"] == "completed"), "{kept:#?}");
}

#[test]
fn r186_a_noisy_scan_is_paused_where_it_is_watched() {
    let stage = Stage::new();
    let nessus = stage.connect("nessus");
    let truth = nessus.add("noisy sweep", SeedState::Running);
    nessus.add("quiet check", SeedState::Running);
    stage.await_scan("quiet check", |scan| scan["status"] == "running");
    stage.await_scan("noisy sweep", |scan| scan["status"] == "running");
    let row = stage.items("scans?status=running&q=noisy").remove(0);
    assert_eq!(row["capabilities"]["pause"]["available"], true, "{row:#}");
    let refused = &row["capabilities"]["resume"];
    assert_eq!((&refused["available"], &refused["code"]), (&json!(false), &json!("not_possible_in_state")));
    let order = |action: &str, status| stage.post(&format!("scans/{}/{action}", text(&row, "id")), &json!({}), status);
    assert_eq!(order("resume", 409)["detail"], refused["reason"], "the reason of the row is that of the refusal");
    let ordered = order("pause", 202);
    assert_eq!((&ordered["command"]["kind"], &ordered["command"]["state"]), (&json!("pause"), &json!("recorded")));
    let paused = stage.await_scan_in(&nessus, "noisy sweep", |scan| scan["status"] == "paused");
    assert_eq!(stage.scan("quiet check").unwrap()["status"], "running", "the others go on");
    assert_eq!(nessus.sim.ledger().count(Action::Pause, &truth.id), 1);
    // The change window is over.
    order("resume", 202);
    let resumed = stage.await_scan_in(&nessus, "noisy sweep", |scan| scan["status"] == "running");
    assert_eq!(resumed["started_at"], row["started_at"], "the clock started once");
    assert_eq!((&resumed["run_number"], &paused["run_number"]), (&row["run_number"], &row["run_number"]));
    let feed = stage.items(&format!("scans/{}/activity?limit=500", text(&row, "id")));
    let status =
        |to: &str| feed.iter().find(|event| event["detail"]["to"] == to && event["detail"]["from"].is_string());
    assert_eq!(status("paused").expect("told")["detail"]["raw"], "paused", "the vendor's word beside ours");
}

fn blocked(stage: &Stage) -> BTreeSet<String> {
    stage.items("blocklist").iter().map(|entry| text(entry, "external_scan_id")).collect()
}

#[test]
fn r187_a_scan_lives_its_whole_life_in_the_hub() {
    let mut stage = Stage::new();
    let nessus = stage.connect("nessus");
    let adopted = nessus.add("from the console", SeedState::Completed);
    let nodes = format!("integrations/{}/sub-scanners", nessus.id);
    let node = stage.within(crate::hub::PATIENCE, "the sub-scanners", || {
        stage.items(&nodes).into_iter().find(|node| node["name"] == "nessus-dmz")
    });
    let order = json!({
        "name": "release check", "integration_id": nessus.id, "sub_scanner_id": node["id"], "template": "basic",
        "targets": nessus.targets, "launch": true, "assessment_run_id": "release 7",
        "ci": {"commit_sha": "5f3c2a1", "triggered_by": "pipeline 7"},
    });
    let made = stage.post("scans", &order, 201);
    assert_eq!((&made["origin"], &made["status"]), (&json!("integration"), &json!("queued")));
    let path = format!("scans/{}", text(&made, "id"));
    let running = stage.await_scan_in(&nessus, "release check", |scan| {
        scan["status"] == "running" && scan["progress"].as_f64() > Some(0.0) && scan["counts"].is_object()
    });
    assert_eq!(stage.get("scans?commit_sha=5f3c2a1")["items"][0]["id"], made["id"]);
    let engine = nessus.sim.scan(&text(&running, "external_scan_id")).unwrap().history[0].engine.clone();
    assert_eq!(engine.as_deref(), Some("nessus-dmz"), "it runs on the node it was pinned to");
    assert!(stage.get(&format!("{path}/preview"))["hosts"].is_u64());
    for (action, status) in [("pause", "paused"), ("resume", "running")] {
        stage.post(&format!("{path}/{action}"), &json!({}), 202);
        stage.await_scan_in(&nessus, "release check", |scan| scan["status"] == status);
    }
    let done = stage.await_scan_in(&nessus, "release check", |scan| scan["import_state"] == "done");
    assert_eq!((&done["status"], &done["started_at"]), (&json!("completed"), &running["started_at"]));
    let queue = stage.items(&format!("findings?limit=500&scan_id={}", text(&made, "id")));
    assert!(!queue.is_empty() && queue.iter().all(|finding| finding["asset"].is_string()), "handed on to triage");
    let group = stage.items("assessment-runs").remove(0);
    assert_eq!((&group["id"], &group["over"]), (&json!("release 7"), &json!(true)));
    let feed: BTreeSet<_> =
        stage.items(&format!("{path}/activity?limit=500")).iter().map(|event| text(event, "kind")).collect();
    for kind in ["scan.created", "scan.start", "scan.status", "scan.complete", "import.start", "import.complete"] {
        assert!(feed.contains(kind), "no {kind} in {feed:?}");
    }

    let deleted = stage.call("DELETE", &format!("{path}?cascade_remote=true"), None, 200);
    assert_eq!((&deleted["deleted"], &deleted["remote"]), (&json!(true), &json!("deleted")), "{deleted}");
    assert!(nessus.sim.scan(&text(&running, "external_scan_id")).is_none());
    let mirrored = stage.await_scan("from the console", |scan| scan["import_state"] == "done");
    stage.call("DELETE", &format!("scans/{}", text(&mirrored, "id")), None, 204);
    assert!(nessus.sim.scan(&adopted.id).is_some(), "the vendor's copy stays");
    let gone = BTreeSet::from([text(&running, "external_scan_id"), adopted.id]);
    assert_eq!(blocked(&stage), gone);
    for _ in 0..2 {
        stage.done(&stage.post("sync", &json!({}), 202));
        assert!(stage.items("scans").is_empty(), "deleted stays deleted");
        stage.restart();
    }
    assert_eq!(blocked(&stage), gone);
    stage.call("GET", &path, None, 404);
}

/// Loops that would not look or sweep by themselves in the time of a test.
const AT_REST: &[(&str, &str)] = &[("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8")];

#[test]
fn r78_a_sync_goes_on_when_its_caller_is_gone() {
    let stage = Stage::with(AT_REST);
    let nessus = stage.connect("nessus");
    let health = format!("integrations/{}/health", nessus.id);
    stage.within(crate::hub::PATIENCE, "the first look", || stage.get(&health)["last_success_at"].as_str().map(drop));
    nessus.add("newcomer", SeedState::Running);
    let held = nessus.sim.fault("hold,op=scans.list".parse().unwrap());
    let address = stage.url().strip_prefix("http://").unwrap();
    let mut caller = TcpStream::connect(address).unwrap();
    let head = format!("POST /api/v1/sync HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {}\r\n\r\n", stage.key());
    caller.write_all(head.as_bytes()).unwrap();
    let ordered = || stage.items("jobs").into_iter().find(|job| job["kind"] == "sync");
    stage.within(crate::hub::PATIENCE, "the order to be recorded", ordered);
    // Not one byte of the answer was read.
    caller.shutdown(std::net::Shutdown::Both).unwrap();
    drop(caller);
    stage.within(crate::hub::PATIENCE, "the vendor to be asked", || {
        nessus.sim.faults().iter().any(|armed| armed.id == held && armed.struck > 0).then_some(())
    });
    assert_eq!(stage.scan("newcomer"), None, "the vendor has not answered yet");
    nessus.sim.clear_fault(held);
    let adopted = stage.await_scan("newcomer", |scan| scan["status"] == "running");
    assert_eq!(adopted["origin"], "adopted");
    stage.within(crate::hub::PATIENCE, "the job to end", || ordered().filter(|job| job["state"] == "done"));
}
