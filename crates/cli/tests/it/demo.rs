//! The demo lives by itself, and leaves nothing behind.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use scanhelm_core::Timestamp;
use serde_json::Value;

use crate::hub::{Running, clean, ended, eventually};

const VENDORS: [&str; 5] = ["nessus", "tenable-sc", "qualys-vm", "acunetix", "invicti"];

fn word(line: &str) -> String {
    line.split_whitespace().last().unwrap().to_owned()
}

fn json(command: &mut Command) -> Value {
    let ended = ended(command);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn scans_come_in_move_and_are_imported_without_a_click() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = clean();
    // A database that is set for something else must not be touched by a demo.
    command.env("TMPDIR", temporary.path()).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    command.args(["demo", "--listen", "127.0.0.1:0", "--scans", "4", "--speed", "60"]);
    let mut demo = Running::start(&mut command);
    let url = word(&demo.out_line("  console "));
    let password = word(&demo.out_line("  password "));
    let key = word(&demo.out_line("  API key "));
    assert!(password.len() >= 16 && key.starts_with("shk_"));
    let client = || {
        let mut command = clean();
        command.env("SCANHELM_HUB", &url).env("SCANHELM_API_KEY", &key);
        command
    };
    let scans = || json(client().args(["scans", "ls", "--output", "json", "--limit", "100"]));
    let integrations = json(client().args(["integrations", "ls", "--output", "json"]));
    let integrations = integrations.as_array().unwrap();
    let connected: BTreeSet<_> = integrations.iter().map(|known| known["connector"].as_str().unwrap()).collect();
    assert_eq!(connected, BTreeSet::from(VENDORS));
    let time = |scan: &Value, field: &str| scan[field].as_str().and_then(Timestamp::parse);
    // Adopted before its end, so it moved here.
    let moved = |scan: &Value| {
        let ended = time(scan, "vendor_finished_at");
        let imported = scan["import_state"] == "done" && scan["imported_findings"].as_u64() > Some(0);
        imported && ended.is_some_and(|ended| time(scan, "created_at").unwrap() < ended)
    };
    let all = eventually("of every vendor, all scans, and one that ran, ended and was imported", || {
        let all = scans();
        let complete = VENDORS.iter().all(|vendor| {
            let of_vendor = || all.as_array().unwrap().iter().filter(|scan| scan["vendor"] == *vendor);
            of_vendor().count() >= 4 && of_vendor().any(moved)
        });
        complete.then_some(all)
    });
    for scan in all.as_array().unwrap().iter().filter(|scan| scan["vendor_finished_at"].is_string()) {
        let ended = time(scan, "vendor_finished_at");
        assert!(time(scan, "started_at") <= ended, "{scan}");
        assert!(ended <= time(scan, "last_observed_at"), "not over before it was seen so: {scan}");
    }
    eventually("the uploaded report", || {
        scans()
            .as_array()
            .unwrap()
            .iter()
            .find(|scan| scan["origin"] == "upload" && scan["import_state"] == "done")
            .cloned()
    });
    for integration in integrations {
        let tested = ended(client().args(["integrations", "test", integration["id"].as_str().unwrap()]));
        assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
    }
    let id = integrations[0]["id"].as_str().unwrap();
    let synced = ended(client().args(["integrations", "sync", id]));
    assert_eq!(synced.code, 0, "{}{}", synced.stdout, synced.stderr);
    demo.signal("-INT");
    assert_eq!(demo.wait().0, Some(0), "{}", demo.log);
    let left: Vec<PathBuf> = std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_with_an_installation_is_not_furnished_again() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("kept");
    let start = || {
        let mut command = clean();
        command.args(["demo", "--listen", "127.0.0.1:0", "--scans", "1", "--data"]).arg(&data);
        command
    };
    let mut first = Running::start(&mut start());
    first.out_line("the data stays in");
    first.signal("-TERM");
    assert_eq!(first.wait().0, Some(0));
    assert!(data.join("scanhelm.db").exists());
    let second = ended(&mut start());
    assert_eq!(second.code, 2);
    assert!(second.stderr.contains("scanhelm serve --data"), "{}", second.stderr);
}
