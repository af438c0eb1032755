//! What a local scan tells while it runs: on its stream, and line by line in the log.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::hub::{Running, ask, bootstrap, clean, open_stream};

const REPORT: &str = r#"{"errors": [], "metrics": {"./app.py": {"loc": 1}}, "results": []}"#;

fn program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// One scanner ends, one is too old, one breaks with many words, and the others have nothing to look at.
#[test]
fn every_event_of_a_local_scan_is_streamed_with_its_payload_and_logged() {
    let parent = tempfile::tempdir().unwrap();
    let (tools, source, data) = (parent.path().join("tools"), parent.path().join("shop"), parent.path().join("data"));
    for folder in [&tools, &source] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(source.join("app.py"), "eval(input())\n").unwrap();
    let report = "for word in \"$@\"; do [ \"$last\" = --output ] && report=$word; last=$word; done";
    let version = "[ \"$1\" = --version ] && echo 9.9.9 && exit";
    program(&tools.join("bandit"), &format!("{version}\n{report}\necho '{REPORT}' > \"$report\""));
    program(&tools.join("semgrep"), "echo 0.0.1");
    program(&tools.join("ruff"), &format!("{version}\necho '{}' >&2; exit 7", "many words ".repeat(60)));
    let key = bootstrap(&data);
    let mut command = clean();
    command.env("SCANHELM_LOCAL_TOOL_PATHS", &tools).env("SCANHELM_LOCAL_ALLOWED_ROOTS", &source);
    // One after the other: then their events have one order.
    command.env("SCANHELM_LOCAL_MAX_PARALLEL", "1");
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let (mut hub, url) = Running::listening(&mut command);
    let order = json!({"name": "shop", "target_path": source, "scan_types": ["code"]});
    let (status, made) = ask(&url, "POST", "/api/v1/scans", Some(&key), Some(&order));
    assert!(status < 300, "{made}");
    let id = serde_json::from_str::<Value>(&made).unwrap()["id"].as_str().unwrap().to_owned();

    let mut stream = open_stream(&url, &format!("/api/v1/scans/{id}/events?after=0"), &key);
    let (mut told, mut name) = (Vec::new(), String::new());
    while told.last().is_none_or(|(name, _): &(String, Value)| name != "import.complete") {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended after {told:#?}");
        if let Some(event) = line.strip_prefix("event:") {
            name = event.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            told.push((name.clone(), serde_json::from_str(data).unwrap()));
        }
    }
    let sequence: Vec<String> = told
        .iter()
        .filter(|(name, _)| name.starts_with("scan"))
        .map(|(name, data)| match data["scanner"].as_str() {
            Some(scanner) => format!("{name} {scanner}"),
            None => name.clone(),
        })
        .collect();
    // The other scanners of code have nothing to look at.
    let others = |line: &&String| ["bandit", "semgrep", "ruff"].iter().all(|known| !line.ends_with(known));
    let (of_others, own): (Vec<&String>, Vec<&String>) =
        sequence.iter().partition(|line| line.starts_with("scanner.") && others(line));
    assert!(
        !of_others.is_empty() && of_others.iter().all(|line| line.starts_with("scanner.skipped ")),
        "{of_others:?}"
    );
    let expected = [
        "scan.created",
        "scan.start",
        "scanner.skipped semgrep",
        "scanner.start bandit",
        "scanner.complete bandit",
        "scanner.start ruff",
        "scanner.failed ruff",
        "scan.complete",
    ];
    assert_eq!(own, expected);
    let data = |wanted: &str| {
        let of =
            |(name, data): &&(String, Value)| format!("{name} {}", data["scanner"].as_str().unwrap_or("")) == wanted;
        told.iter().find(of).unwrap().1.clone()
    };
    assert!(data("scanner.skipped semgrep")["install_hint"].as_str().unwrap().contains("semgrep"));
    let error = data("scanner.failed ruff")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("exit code 7") && error.chars().count() <= 200, "{error}");

    let documented = documented();
    for (name, data) in told.iter().filter(|(name, _)| documented.contains_key(name)) {
        let always = ["at", "message", "scan_id", "seq"];
        let own = data.as_object().unwrap().keys().filter(|key| !always.contains(&key.as_str()));
        for key in own {
            assert!(documented[name].contains(key), "{name} has `{key}`, which docs/LOCAL_SCANS.md does not name");
        }
    }
    for line in &sequence[1..] {
        let (event, scanner) = line.split_once(' ').unwrap_or((line, ""));
        let found = hub
            .log
            .lines()
            .any(|logged| logged.contains("scanhelm::local") && logged.contains(event) && logged.contains(scanner));
        if !found {
            hub.log_line(event);
        }
    }
    let logged = |line: &str| line.contains("scanhelm::local") && line.contains("scanner.failed") && line.contains(&id);
    assert!(hub.log.lines().any(logged), "{}", hub.log);
}

/// The names of each event's payload, from the table of the page.
fn documented() -> BTreeMap<String, Vec<String>> {
    let page = include_str!("../../../../docs/LOCAL_SCANS.md");
    let section = page.split("## Real-time events").nth(1).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        (words(cells[1]).remove(0), words(cells[3]))
    })
    .collect()
}
