//! Answers recorded from the vendor's cloud, the twin of the local product: every field seen there that the local
//! product shares is in our answers, with the same JSON type.

use std::collections::BTreeSet;
use std::path::PathBuf;

use scanhelm_vendor_sim::{ScanSeed, SeedState};
use serde_json::Value;

use crate::wire::{started, still};

/// Where the shared facts lie.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("SCANHELM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// The first recorded answer to a call whose path matches `shape`, where `#` stands for a number.
pub(crate) fn recorded(file: &str, method: &str, shape: &str) -> Value {
    let path = shared().join("corpus").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; point SCANHELM_SHARED at the shared facts", path.display()));
    let calls: Vec<Value> = serde_json::from_str(&text).unwrap();
    let fits = |call: &&Value| {
        let url = call["url"].as_str().unwrap_or_default();
        let path = url.split("://").last().unwrap().split_once('/').map_or("", |(_, path)| path);
        let path = path.split('?').next().unwrap();
        let plain: Vec<&str> =
            path.split('/').map(|part| if part.parse::<u64>().is_ok() { "#" } else { part }).collect();
        call["method"] == method && format!("/{}", plain.join("/")) == shape
    };
    calls.iter().find(fits).unwrap_or_else(|| panic!("no {method} {shape} in {file}"))["response"].clone()
}

/// The element names of a document, each with its path from the root.
pub(crate) fn elements(xml: &[u8]) -> BTreeSet<String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut stack, mut paths, mut buffer) = (Vec::new(), BTreeSet::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer).unwrap() {
            quick_xml::events::Event::Start(tag) => {
                stack.push(tag.name().as_ref().to_owned());
                paths.insert(stack.join("/"));
            }
            quick_xml::events::Event::End(_) => {
                stack.pop();
            }
            quick_xml::events::Event::Eof => return paths,
            _ => {}
        }
        buffer.clear();
    }
}

/// Asserts that `ours` has what `theirs` has; `cloud` are fields that are left out of the comparison.
pub(crate) fn covers(place: &str, theirs: &Value, ours: &Value, cloud: &[&str]) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs.iter().filter(|(name, _)| !cloud.contains(&name.as_str())) {
                let mine = ours.get(name).unwrap_or_else(|| panic!("{place}.{name} is missing"));
                covers(&format!("{place}.{name}"), value, mine, cloud);
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            if let (Some(value), Some(mine)) = (theirs.first(), ours.first()) {
                covers(&format!("{place}[]"), value, mine, cloud);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(kind(theirs), kind(ours), "{place}: recorded {theirs}, ours {ours}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[tokio::test]
async fn answers_have_the_recorded_shapes() {
    let client = started(still()).await;
    let seed = ScanSeed { state: SeedState::Completed, hosts: 2, findings: 40, earlier_runs: 1, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap().id;

    let only_cloud = [
        "template_uuid",
        "permissions",
        "legacy",
        "schedule_uuid",
        "wizard_uuid",
        "policy_id",
        "tag_targets",
        "is_archived",
        "reindexing",
        "owner_id",
        "shared",
    ];
    let ours = client.get("/scans").await.json();
    covers("list", &recorded("tenable_io/test_scan_results.json", "GET", "/scans"), &ours, &only_cloud);

    let ours = client.get(&format!("/scans/{scan}")).await.json();
    let mut theirs = recorded("tenable_io/test_scan_results.json", "GET", "/scans/#");
    theirs["hosts"][0].as_object_mut().unwrap().remove("uuid");
    theirs["info"]["acls"][0].as_object_mut().unwrap().remove("uuid");
    covers("details", &theirs, &ours, &only_cloud);

    let ours = client.get(&format!("/scans/{scan}/hosts/2")).await.json();
    covers("host", &recorded("tenable_io/test_scan_host_details.json", "GET", "/scans/#/hosts/#"), &ours, &only_cloud);

    let theirs = recorded("tenable_io/test_scan_plugin_output.json", "GET", "/scans/#/hosts/#/plugins/#");
    let ours = client.get(&format!("/scans/{scan}/hosts/2/plugins/19506")).await.json();
    let outputs = [&theirs["outputs"][0], &ours["outputs"][0]];
    for name in ["has_attachment", "severity", "plugin_output", "hosts", "custom_description"] {
        covers(name, &outputs[0][name], &outputs[1][name], &[]);
    }
    let theirs = &theirs["info"]["plugindescription"];
    covers(
        "plugin",
        theirs,
        &ours["info"]["plugindescription"],
        &["xrefs", "has_patch", "vuln_information", "cvss_temporal_score", "cvss3_temporal_score"],
    );

    covers(
        "folders",
        &recorded("tenable_io/test_folders_list.json", "GET", "/folders"),
        &client.get("/folders").await.json(),
        &[],
    );
    let theirs = recorded("tenable_io/test_list_scanners.json", "GET", "/scanners");
    covers(
        "scanners",
        &theirs,
        &client.get("/scanners").await.json(),
        &["group", "license", "pool", "source", "owner_name", "owner_uuid"],
    );
}
