//! The demo lives by itself, and leaves nothing behind.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::hub::{Running, clean, ended, eventually};

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
    command.args(["demo", "--listen", "127.0.0.1:0", "--scans", "6", "--speed", "600"]);
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
    let vendor = |scans: &Value| {
        scans.as_array().unwrap().iter().filter(|scan| scan["vendor"] == "nessus").cloned().collect::<Vec<_>>()
    };
    eventually("all of the vendor's scans", || (vendor(&scans()).len() == 6).then_some(()));
    eventually("an imported scan of the vendor", || {
        vendor(&scans())
            .into_iter()
            .find(|scan| scan["import_state"] == "done" && scan["imported_findings"].as_u64() > Some(0))
    });
    eventually("the uploaded report", || {
        scans()
            .as_array()
            .unwrap()
            .iter()
            .find(|scan| scan["origin"] == "upload" && scan["import_state"] == "done")
            .cloned()
    });
    let integrations = json(client().args(["integrations", "ls", "--output", "json"]));
    let id = integrations[0]["id"].as_str().unwrap();
    let tested = ended(client().args(["integrations", "test", id]));
    assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
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
