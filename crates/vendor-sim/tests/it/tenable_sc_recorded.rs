//! Answers recorded from the product: every field seen there is in our answers, with the same JSON type.

use scanhelm_vendor_sim::{ScanSeed, SeedState};
use serde_json::json;

use crate::recorded::{covers, recorded};
use crate::wire::{started, still_vendor};

#[tokio::test]
async fn answers_have_the_recorded_shapes() {
    let client = started(still_vendor("tenable-sc")).await;
    let seed = ScanSeed { state: SeedState::Completed, hosts: 2, findings: 40, ..ScanSeed::default() };
    let truth = client.sim.add_scan(seed).unwrap();
    let scan = truth.id;
    // The recorded result had lost its definition.
    let seed = ScanSeed { state: SeedState::Imported, ..ScanSeed::default() };
    let result = client.sim.add_scan(seed).unwrap().uuid.unwrap();
    let theirs = |file: &str, method: &str, shape: &str| recorded(&format!("tenable_sc/{file}.json"), method, shape);

    for (file, shape, path) in [
        ("test_scans_list", "/rest/scan", "/rest/scan".to_owned()),
        ("test_scans_details", "/rest/scan/#", format!("/rest/scan/{scan}")),
        ("test_scan_instances_list", "/rest/scanResult", "/rest/scanResult".to_owned()),
        ("test_scan_instances_details_success", "/rest/scanResult/#", format!("/rest/scanResult/{result}")),
        ("test_scan_zones_list_success", "/rest/zone", "/rest/zone".to_owned()),
        ("test_scan_zones_details_success", "/rest/zone/#", "/rest/zone/7".to_owned()),
        ("test_scanners_list_success", "/rest/scanner", "/rest/scanner".to_owned()),
    ] {
        covers(file, &theirs(file, "GET", shape), &client.get(&path).await.json(), &[]);
    }
    let body = json!({
        "name": "Example Scan", "repository": {"id": 1}, "schedule": {"type": "template"},
        "policy": {"id": 1_000_001}, "ipList": "127.0.0.1", "type": "policy",
    });
    let ours = client.post("/rest/scan", body).await.json();
    covers("create", &theirs("sc_scans_create", "POST", "/rest/scan"), &ours, &[]);
    let ours = client.post(&format!("/rest/scan/{scan}/launch"), json!({})).await.json();
    covers("launch", &theirs("test_scans_launch", "POST", "/rest/scan/#/launch"), &ours, &[]);
    for tool in ["vulndetails", "listvuln", "sumseverity"] {
        let body = json!({
            "type": "vuln", "sourceType": "cumulative",
            "query": {"tool": tool, "type": "vuln", "filters": [], "startOffset": 0, "endOffset": 5},
        });
        let ours = client.post("/rest/analysis", body).await.json();
        assert_eq!(ours["response"]["returnedRecords"], 5);
        covers(tool, &theirs(&format!("test_analysis_vulns_{tool}_tool"), "POST", "/rest/analysis"), &ours, &[]);
    }
    let path = format!("/rest/scanResult/{result}/email");
    let ours = client.post(&path, json!({"email": "no-reply@corp.example"})).await;
    let recorded = theirs("test_scan_instances_email_success", "POST", "/rest/scanResult/#/email");
    assert_eq!((ours.status, &ours.json()["error_msg"]), (200, &recorded["error_msg"]));
    assert_eq!((&ours.json()["error_code"], ours.header("securitycenter")), (&json!(0), Some("6.4.0")));
}

#[tokio::test]
async fn deleting_what_is_not_there_is_refused_in_the_recorded_words() {
    let client = started(still_vendor("tenable-sc")).await;
    let ours = client.call("DELETE", "/rest/scan/31", None).await;
    let text = "Unable to find existing Scan #31 to delete.\nScan #31 does not exist.\n";
    assert_eq!((ours.status, &ours.json()["error_code"], &ours.json()["error_msg"]), (403, &json!(147), &json!(text)));
}
