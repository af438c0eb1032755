//! Starting, holding, stopping.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::hub::{Running, ask, bootstrap, clean, ended, eventually, open_stream};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_makes_a_private_installation_and_offers_its_set_up_once() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (mut hub, url) = Running::serve(&data, &[]);
    let line = hub.out_line("setup: ");
    let setup = line.strip_prefix("setup: ").unwrap();
    assert!(setup.starts_with(&format!("{url}/setup?token=")), "{setup}");
    assert_eq!(mode(&data), 0o700);
    for file in ["master.key", "setup-url"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!(fs::read_to_string(data.join("setup-url")).unwrap().trim(), setup);
    assert!(data.join("scanhelm.db").exists());
    eventually("readiness", || (ask(&url, "GET", "/readyz", None, None).0 == 200).then_some(()));

    let token = setup.split("token=").nth(1).unwrap();
    let person = json!({
        "token": token, "company": "Example", "name": "Ann", "email": "ann@example.com", "password": "correct horse 7"
    });
    let (status, body) = ask(&url, "POST", "/api/v1/setup", None, Some(&person));
    assert_eq!(status, 201, "{body}");
    eventually("the file to go away", || (!data.join("setup-url").exists()).then_some(()));
    assert_ne!(ask(&url, "POST", "/api/v1/setup", None, Some(&person)).0, 201);

    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0));
    drop(hub);
    let (mut again, _) = Running::serve(&data, &[]);
    again.signal("-TERM");
    assert_eq!(again.wait().0, Some(0));
    assert!(!data.join("setup-url").exists());
}

/// It starts itself anew with few heaps, as the same process: whoever started it can still stop it.
#[test]
#[cfg(target_env = "gnu")]
fn it_keeps_few_heaps() {
    let heaps = |hub: &Running| {
        let environment = fs::read(format!("/proc/{}/environ", hub.pid())).unwrap();
        let entries = environment.split(|byte| *byte == 0).map(|entry| String::from_utf8_lossy(entry).into_owned());
        entries.filter(|entry| entry.starts_with("MALLOC_ARENA_MAX=")).collect::<Vec<_>>()
    };
    let parent = tempfile::tempdir().unwrap();
    let (mut hub, _) = Running::serve(&parent.path().join("data"), &[]);
    assert_eq!(heaps(&hub), ["MALLOC_ARENA_MAX=2"]);
    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0), "{}", hub.log);
}

#[test]
fn term_ends_it_in_order_within_ten_seconds_with_streams_open() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (mut hub, url) = Running::serve(&data, &["--log", "json"]);
    let key = bootstrap(&data);
    let _stream = open_stream(&url, "/api/v1/events", &key);
    hub.signal("-TERM");
    let (code, took) = hub.wait();
    assert_eq!(code, Some(0), "{}", hub.log);
    assert!(took < Duration::from_secs(10), "{took:?}");
    for line in hub.log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event.get("level").is_some() && event.get("timestamp").is_some(), "{line}");
    }
}

#[test]
fn a_data_folder_serves_one_hub() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (hub, _) = Running::serve(&data, &[]);
    let second = ended(clean().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data));
    assert_eq!(second.code, 2);
    assert!(second.stderr.contains(&data.display().to_string()), "{}", second.stderr);
    assert!(second.stderr.contains(&format!("process {}", hub.pid())), "{}", second.stderr);
    assert_eq!(second.stdout, "");
}

#[test]
fn a_port_in_use_is_said_before_anything_else_happens() {
    let parent = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = parent.path().join("data");
    let refused = ended(clean().args(["serve", "--listen", &address, "--data"]).arg(&data));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains(&address) && refused.stderr.contains("--listen"), "{}", refused.stderr);
    assert!(!data.join("scanhelm.db").exists());
}

#[test]
fn a_readable_master_key_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let migrated = ended(clean().args(["admin", "migrate", "--data"]).arg(&data));
    assert_eq!(migrated.code, 0, "{}", migrated.stderr);
    fs::write(data.join("master.key"), "0".repeat(64)).unwrap();
    fs::set_permissions(data.join("master.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = ended(clean().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
    let doctor = ended(clean().args(["doctor", "--data"]).arg(&data));
    assert_eq!(doctor.code, 1, "{}", doctor.stdout);
    assert!(doctor.stdout.contains("FAIL  master key"), "{}", doctor.stdout);
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_name() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("scanhelm.db"), "this is no database, and it is long enough to be seen as none".repeat(20))
        .unwrap();
    let refused = ended(clean().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("scanhelm.db") || refused.stderr.contains("database"), "{}", refused.stderr);
}

#[test]
fn bootstrap_works_with_the_hub_running_and_stopped() {
    let parent = tempfile::tempdir().unwrap();
    let stopped = parent.path().join("stopped");
    let key = bootstrap(&stopped);
    let (_hub, url) = Running::serve(&stopped, &[]);
    assert_eq!(ask(&url, "GET", "/api/v1/scans", Some(&key), None).0, 200);
    assert!(!stopped.join("setup-url").exists());

    let running = parent.path().join("running");
    let (_hub, url) = Running::serve(&running, &[]);
    assert!(running.join("setup-url").exists());
    let key = bootstrap(&running);
    assert_eq!(ask(&url, "GET", "/api/v1/scans", Some(&key), None).0, 200);
    assert!(!running.join("setup-url").exists());
    let again = ended(
        clean().args(["admin", "bootstrap", "--company", "B", "--email", "b@example.com", "--data"]).arg(&running),
    );
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("users already"), "{}", again.stderr);
    let doctor = ended(clean().args(["doctor", "--data"]).arg(&running));
    assert_eq!(doctor.code, 0, "{}{}", doctor.stdout, doctor.stderr);
    assert!(doctor.stdout.contains(&format!("runs and is ready at {url}")), "{}", doctor.stdout);
}

#[test]
fn migrate_says_what_it_did_and_does_it_once() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let migrate = || ended(clean().args(["admin", "migrate", "--data"]).arg(&data));
    assert!(migrate().stdout.contains("was made at version"));
    assert!(migrate().stdout.contains("already"));
}

#[test]
fn doctor_looks_and_changes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let doctor = || {
        let looked = ended(clean().current_dir(parent.path()).args(["doctor", "-o", "json", "--data"]).arg(&data));
        let checks: Vec<Value> = serde_json::from_str(&looked.stdout).unwrap();
        (looked.code, checks)
    };
    let (code, _) = doctor();
    assert_eq!((code, data.exists()), (0, false));
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, checks) = doctor();
    assert_eq!((code, fs::read_dir(&data).unwrap().count()), (0, 0));
    let folder = checks.iter().find(|check| check["check"] == "data folder").unwrap();
    assert_eq!(folder["verdict"], "warn");
    assert!(folder["fix"].as_str().unwrap().starts_with("chmod 700"), "{folder}");
    fs::write(parent.path().join("scanhelm.toml"), "[jobs]\nworker = 1\n").unwrap();
    let (code, checks) = doctor();
    assert_eq!((code, checks[0]["verdict"].as_str()), (1, Some("fail")));
}

#[test]
fn a_stuck_upload_delays_the_end_and_a_second_signal_does_not_wait_for_it() {
    for (signals, expected) in [(1, Some(0)), (2, Some(130))] {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let (mut hub, url) = Running::serve(&data, &[]);
        let key = bootstrap(&data);
        let mut upload = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /api/v1/imports HTTP/1.1\r\nHost: hub\r\nX-API-Key: {key}\r\nExpect: 100-continue\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n"
        );
        upload.write_all(head.as_bytes()).unwrap();
        // Said when the hub begins to read what will never come.
        let mut answer = [0; 12];
        upload.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100");
        hub.signal("-TERM");
        hub.log_line("stopping");
        if signals == 2 {
            hub.signal("-TERM");
            hub.log_line("stopped at once by a second signal");
        }
        let (code, took) = hub.wait();
        assert_eq!(code, expected, "{}", hub.log);
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn prometheus_has_a_listener_of_its_own_and_only_when_asked() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("scanhelm.toml"), "[metrics]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let (mut hub, url) = Running::serve(&data, &[]);
    let line = hub.log_line("metrics for Prometheus at");
    let operator = line.split("Prometheus at ").nth(1).unwrap().split("/metrics").next().unwrap().to_owned();
    assert_ne!(operator, url);
    let (status, text) = ask(&operator, "GET", "/metrics", None, None);
    assert_eq!(status, 200);
    assert!(text.contains("scanhelm_build_info") && text.contains("scanhelm_store_up 1"), "{text}");
    assert_eq!(ask(&operator, "GET", "/api/v1/scans", None, None).0, 404);
    assert_eq!(ask(&url, "GET", "/metrics", None, None).0, 404);
    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0), "{}", hub.log);

    let (mut quiet, url) = Running::serve(&parent.path().join("quiet"), &[]);
    assert_eq!(ask(&url, "GET", "/metrics", None, None).0, 404);
    quiet.signal("-TERM");
    quiet.wait();
    assert!(!quiet.log.contains("Prometheus"), "{}", quiet.log);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = ended(
        clean()
            .env("SCANHELM_METRICS_LISTEN", &address)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data),
    );
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains(&address) && refused.stderr.contains("[metrics] listen"), "{}", refused.stderr);
}
