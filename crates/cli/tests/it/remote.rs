//! The remote client against a hub, and against nothing.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::hub::{Running, ask, bootstrap, clean, ended};

const REPORT: &str = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Reviewer", "rules": []}}, "results": [
    {"ruleId": "bad-thing", "level": "error", "message": {"text": "A bad \u001b[31mthing"},
     "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 3,
       "snippet": {"text": "bad()"}}}}]}]}]}"#;

fn client(url: &str, key: &str) -> Command {
    let mut command = clean();
    command.env("SCANHELM_HUB", url).env("SCANHELM_API_KEY", key);
    command
}

fn json(command: &mut Command) -> Value {
    let ended = ended(command);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn report(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_hub_that_is_not_there_is_exit_code_four() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    for arguments in
        [&["status"][..], &["scans", "ls"], &["scans", "launch", "x"], &["integrations", "ls"], &["findings", "ls"]]
    {
        let failed = ended(client(&url, "shk_x").args(arguments));
        assert_eq!((failed.code, failed.stdout.as_str()), (4, ""), "{arguments:?} {}", failed.stderr);
        assert!(failed.stderr.contains(&free.to_string()) && failed.stderr.contains("--hub"), "{}", failed.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = report(folder.path(), "a.sarif", REPORT);
    assert_eq!(ended(client(&url, "shk_x").args(["import", &file, "--hub", &url])).code, 4);
    for wrong in ["not a url", "http://192.0.2.1:1", "ftp://127.0.0.1"] {
        let refused = ended(client(wrong, "shk_x").arg("status"));
        assert_eq!(refused.code, 2, "{wrong}: {}", refused.stderr);
    }
}

#[test]
fn what_is_no_hub_is_called_so() {
    let parent = tempfile::tempdir().unwrap();
    let (_hub, url) = Running::serve(&parent.path().join("data"), &[]);
    // The console answers every path with a page, or nothing is built in: either way it is not the API.
    let refused = ended(client(&format!("{url}/elsewhere"), "shk_x").arg("status"));
    assert!(matches!(refused.code, 2 | 4), "{}", refused.stderr);
}

#[test]
fn without_a_key_and_with_a_wrong_one_it_says_what_to_do() {
    let parent = tempfile::tempdir().unwrap();
    let (_hub, url) = Running::serve(&parent.path().join("data"), &[]);
    let without = ended(clean().args(["scans", "ls", "--hub", &url]));
    assert_eq!(without.code, 2);
    assert!(without.stderr.contains("SCANHELM_API_KEY"), "{}", without.stderr);
    let wrong = ended(client(&url, "shk_wrong").args(["scans", "ls"]));
    assert_eq!(wrong.code, 2);
    assert!(!wrong.stderr.contains("shk_wrong"), "{}", wrong.stderr);
}

const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5",
  "metadata": {"component": {"type": "application", "name": "shop"}},
  "components": [{"type": "library", "group": "@babel", "name": "core", "version": "7.0.0",
    "purl": "pkg:npm/%40babel/core@7.0.0", "licenses": [{"license": {"id": "MIT"}}]}]}"#;

#[test]
fn reports_are_sent_waited_for_and_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (_hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let good = report(parent.path(), "good.sarif", REPORT);
    let broken = report(parent.path(), "broken.sarif", &REPORT[..REPORT.len() - 20]);
    let unknown = report(parent.path(), "unknown.bin", "nothing that anybody knows");

    let sent = ended(client(&url, &key).args(["import", &broken, &unknown, &good, "--hub", &url, "--branch", "main"]));
    assert_eq!(sent.code, 2, "{}", sent.stderr);
    assert!(sent.stdout.contains("good.sarif") && sent.stdout.contains("1 created"), "{}", sent.stdout);
    assert!(sent.stderr.contains("broken.sarif") && sent.stderr.contains("unknown.bin"), "{}", sent.stderr);
    let again = ended(client(&url, &key).args(["import", &good, "--hub", &url, "--branch", "main"]));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.contains("0 created"), "{}", again.stdout);

    let scans = json(client(&url, &key).args(["scans", "ls", "--output", "json", "--origin", "upload"]));
    assert_eq!(scans.as_array().unwrap().len(), 1, "{scans:#}");
    assert_eq!(scans[0]["ci"]["branch_name"], "main");
    let id = scans[0]["id"].as_str().unwrap();
    let shown = ended(client(&url, &key).args(["scans", "show", id]));
    assert!(shown.stdout.contains("completed") && shown.stdout.contains("1 high"), "{}", shown.stdout);
    let watched = ended(client(&url, &key).args(["scans", "watch", id]));
    assert_eq!(watched.code, 0, "{}", watched.stderr);
    assert!(watched.stdout.contains("import.complete"), "{}", watched.stdout);

    let table = ended(client(&url, &key).args(["findings", "ls"]));
    assert!(table.stdout.contains("src/a.py") && !table.stdout.contains('\u{1b}'), "{}", table.stdout);
    let findings = json(client(&url, &key).args(["findings", "ls", "--scan", id, "-o", "json"]));
    let finding = findings[0]["id"].as_str().unwrap();
    let finding = ended(client(&url, &key).args(["findings", "show", finding]));
    assert!(finding.stdout.contains("fingerprint"), "{}", finding.stdout);
    for (filters, found) in [
        (&["--risk", "1", "--sort", "-risk"][..], 1),
        (&["--kev"], 0),
        (&["--epss", "0.5"], 0),
        (&["--overdue"], 0),
        (&["--due-before", "2099-01-01T00:00:00Z"], 0),
        (&["--cwe", "1321"], 0),
    ] {
        let listed = json(client(&url, &key).args(["findings", "ls", "-o", "json"]).args(filters));
        assert_eq!(listed.as_array().unwrap().len(), found, "{filters:?}");
    }
    let nonsense = ended(client(&url, &key).args(["findings", "ls", "--epss", "often"]));
    assert_eq!(nonsense.code, 2, "{}", nonsense.stdout);
    assert!(nonsense.stderr.contains("epss_min"), "{}", nonsense.stderr);

    let asset = json(client(&url, &key).args(["assets", "ls", "-o", "json"]))[0]["id"].as_str().unwrap().to_owned();
    let changed = ["assets", "set", &asset, "--tag", "Shop", "--tag", "pci", "--criticality", "high", "--owner", "me"];
    let changed = ended(client(&url, &key).args(changed));
    assert!(changed.stdout.contains("pci, shop") && changed.stdout.contains("high"), "{}", changed.stdout);
    let table = ended(client(&url, &key).args(["assets", "ls", "--tag", "pci", "--kind", "repository"]));
    assert!(table.stdout.contains(&asset) && table.stdout.contains("1 high"), "{}", table.stdout);
    assert_eq!(ended(client(&url, &key).args(["assets", "ls", "--owner", "none"])).stdout, "no assets\n");
    let freed = ended(client(&url, &key).args(["assets", "set", &asset, "--tag", "", "--owner", "none"]));
    assert!(!freed.stdout.contains("shop") && freed.stdout.contains("high"), "{}", freed.stdout);
    let nothing = ended(client(&url, &key).args(["assets", "set", &asset]));
    assert_eq!((nothing.code, nothing.stdout.as_str()), (2, ""), "{}", nothing.stderr);

    let status = json(client(&url, &key).args(["status", "--output", "json"]));
    assert_eq!(status["scans"]["completed"], 1, "{status:#}");
    let sbom = report(parent.path(), "shop.cdx.json", SBOM);
    assert_eq!(ended(client(&url, &key).args(["import", &sbom, "--hub", &url])).code, 0);
    let table = ended(client(&url, &key).args(["components", "ls", "--search", "Babel"])).stdout;
    assert!(table.contains("@babel/core") && table.contains("7.0.0") && table.contains("shop"), "{table}");
    let of_asset =
        json(client(&url, &key).args(["components", "ls", "--license", "MIT", "--ecosystem", "npm", "-o", "json"]));
    let shop = of_asset[0]["asset"]["id"].as_str().unwrap();
    let listed =
        json(client(&url, &key).args(["components", "ls", "--asset", shop, "--kind", "library", "-o", "json"]));
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &of_asset[0]["name"]));
    assert_eq!(ended(client(&url, &key).args(["components", "ls", "--ecosystem", "none"])).stdout, "no components\n");
    let refused = ended(client(&url, &key).args(["scans", "launch", id]));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let removed = ended(client(&url, &key).args(["scans", "rm", id]));
    assert_eq!((removed.code, removed.stdout.as_str()), (0, "deleted\n"), "{}", removed.stderr);
    let gone = ended(client(&url, &key).args(["scans", "show", id]));
    assert_eq!(gone.code, 2, "{}", gone.stdout);
    assert!(gone.stderr.contains("no such thing"), "{}", gone.stderr);
}

#[test]
fn schedules_are_looked_at_added_paused_and_removed() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let mut serve = clean();
    serve.current_dir(parent.path()).env("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8");
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let (_hub, url) = Running::listening(&mut serve);
    let key = bootstrap(&data);
    let next = ended(client(&url, &key).args(["schedules", "next", "0 0 29 2 *"]));
    assert_eq!(next.code, 0, "{}", next.stderr);
    assert_eq!(next.stdout.lines().count(), 5);
    assert!(next.stdout.lines().all(|line| line.contains("-02-29 00:00:00")), "{}", next.stdout);
    for (cron, tz, hint) in [("0 0 31 2 *", "UTC", "never reaches"), ("0 0 * * *", "Europe/Pari", "Europe/Paris")] {
        let refused = ended(client(&url, &key).args(["schedules", "next", cron, "--tz", tz]));
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{cron} {tz}");
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
    assert_eq!(ended(client(&url, &key).args(["schedules", "ls"])).stdout, "no schedules\n");
    let make = |path: &str, body: Value| {
        let (status, body) = ask(&url, "POST", path, Some(&key), Some(&body));
        assert_eq!(status, 201, "{body}");
        let made: Value = serde_json::from_str(&body).unwrap();
        made["id"].as_str().unwrap().to_owned()
    };
    let credentials = serde_json::json!({"access_key": "a".repeat(64), "secret_key": "b".repeat(64)});
    let integration = serde_json::json!({
        "connector": "nessus", "name": "lab", "base_url": "https://127.0.0.1:9", "credentials": credentials,
        "enabled": true,
    });
    let integration = make("/api/v1/integrations", integration);
    let linked = serde_json::json!({"integration_id": integration, "external_scan_id": "7", "name": "nightly"});
    let scan = make("/api/v1/scans", linked);
    let add = ["schedules", "add", scan.as_str(), "30 2 * * 1-5", "--tz", "Europe/Berlin"];
    let added = json(client(&url, &key).args(add).args(["-o", "json"]));
    let id = added["id"].as_str().unwrap();
    let twice = ended(client(&url, &key).args(add));
    assert_eq!(twice.code, 2);
    assert!(twice.stderr.contains("has a schedule"), "{}", twice.stderr);
    let listed = ended(client(&url, &key).args(["schedules", "ls"]));
    assert!(listed.stdout.contains("nightly") && listed.stdout.contains("Europe/Berlin"), "{}", listed.stdout);
    let paused = ended(client(&url, &key).args(["schedules", "pause", id]));
    assert!(paused.stdout.contains("paused"), "{}{}", paused.stdout, paused.stderr);
    let resumed = ended(client(&url, &key).args(["schedules", "resume", id]));
    assert!(resumed.stdout.contains("active") && resumed.stdout.contains("next (UTC)"), "{}", resumed.stdout);
    assert_eq!(ended(client(&url, &key).args(["schedules", "runs", id])).stdout, "none yet\n");
    assert_eq!(ended(client(&url, &key).args(["schedules", "rm", id])).stdout, "removed\n");
    assert_eq!(ended(client(&url, &key).args(["schedules", "ls"])).stdout, "no schedules\n");
}

/// The connection breaks just before the end: nothing is imported and no file stays.
#[test]
fn fm_h06_an_upload_cut_at_the_end_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (_hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.sarif\"\r\n\r\n";
    let body = format!("{head}{REPORT}\r\n--x--\r\n");
    for kept in [body.len() - 6, body.len() * 99 / 100] {
        let mut stream = std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let request = format!(
            "POST /api/v1/imports HTTP/1.1\r\nHost: hub\r\nX-API-Key: {key}\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{}",
            body.len(),
            &body[..kept]
        );
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let spool = data.join("spool");
        let files = || fs::read_dir(&spool).map(Iterator::count).unwrap_or(0);
        crate::hub::eventually("the upload has begun", || (files() == 1).then_some(()));
        drop(stream);
        crate::hub::eventually("the upload is forgotten", || (files() == 0).then_some(()));
    }
    let scans = json(client(&url, &key).args(["scans", "ls", "--output", "json"]));
    assert_eq!(scans.as_array().unwrap().len(), 0, "{scans:#}");
}
