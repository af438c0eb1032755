//! E rows of the fault matrix: a machine that has no room, no file descriptors, no reader of the log; and litter.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};
use serde_json::{Value, json};

use crate::hub::{Running, ask, bootstrap, clean, eventually};

/// `scanhelm serve` under a limit of the shell.
fn serve_under(limit: &str, data: &Path) -> Command {
    let serve = clean();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(serve.get_program());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8").env("SCANHELM_LIMITS_REQUESTS_PER_MINUTE", "60000");
    for setting in ["STATUS_INTERVAL", "ADOPTION_INTERVAL", "BACKFILL_INTERVAL"] {
        command.env(format!("SCANHELM_SYNC_{setting}"), "500ms");
    }
    command.current_dir(data.parent().unwrap()).stdin(Stdio::null());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

fn spooled(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("spool")).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn items(url: &str, path: &str, key: &str) -> Vec<Value> {
    let (status, body) = ask(url, "GET", path, Some(key), None);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Value>(body.trim()).unwrap()["items"].as_array().unwrap().clone()
}

/// No room for the large report: its import says so and leaves no half file; the small one comes in, the hub lives.
/// (A limit on the size of files stands for the full disk: the same error at the same write.)
#[test]
fn fm_e01_no_room_for_a_report_costs_only_its_import() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sim = runtime.block_on(Sim::start(SimConfig { speed: 5.0, ..SimConfig::new("nessus") })).unwrap();
    let add = |name: &str, findings: u32, hosts: u32| {
        let seed =
            ScanSeed { name: name.to_owned(), findings, hosts, state: SeedState::Completed, ..ScanSeed::default() };
        runtime.block_on(async { sim.add_scan(seed) }).unwrap();
    };
    add("large", 12_000, 40);
    add("small", 10, 1);
    // In blocks of 512 bytes; without the trap the first write too many would end the process.
    let (_hub, url) = Running::listening(&mut serve_under("trap '' XFSZ; ulimit -f 10000", &data));
    let key = bootstrap(&data);
    let known = sim.credentials();
    let integration = json!({
        "connector": "nessus", "name": "Nessus", "base_url": sim.base_url(),
        "credentials": {"access_key": known.access_key, "secret_key": known.secret_key},
    });
    assert_eq!(ask(&url, "POST", "/api/v1/integrations", Some(&key), Some(&integration)).0, 201);
    let scan = |name: &str| items(&url, "/api/v1/scans", &key).into_iter().find(|scan| scan["name"] == name);
    eventually("the small one is in", || scan("small").filter(|scan| scan["import_state"] == "done"));
    let reason = eventually("the large one says why it is not", || {
        let jobs = items(&url, "/api/v1/jobs?kind=import", &key);
        jobs.iter().find_map(|job| job["error"].as_str().map(str::to_owned))
    });
    assert!(reason.contains("too large") || reason.contains("space"), "{reason}");
    assert_ne!(scan("large").unwrap()["import_state"], "done");
    assert_eq!(spooled(&data), Vec::<String>::new());
    assert_eq!(ask(&url, "GET", "/api/v1/findings/counts", Some(&key), None).0, 200);
}

/// What a hub that died left in its spool is gone after the next start.
#[test]
fn fm_e06_litter_of_a_crash_is_swept_at_the_start() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (mut hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let mut upload = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let part = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.sarif\"\r\n\r\n";
    let head = format!(
        "POST /api/v1/imports HTTP/1.1\r\nHost: hub\r\nX-API-Key: {key}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n{part}"
    );
    upload.write_all(head.as_bytes()).unwrap();
    upload.write_all(&[b'{'; 20_000]).unwrap();
    eventually("the upload is being written", || (!spooled(&data).is_empty()).then_some(()));
    hub.signal("-KILL");
    hub.status();
    assert_eq!(spooled(&data).len(), 1, "the crash left its file");
    fs::write(data.join("spool").join("somebody-elses.tmp"), "litter").unwrap();
    let (_hub, url) = Running::serve(&data, &[]);
    assert_eq!(spooled(&data), Vec::<String>::new());
    assert!(items(&url, "/api/v1/scans", &key).is_empty());
}

/// Nobody reads the log any more: the hub serves on.
#[test]
fn fm_e07_a_log_that_nobody_reads_does_not_hold_the_hub() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let mut child = serve_under("true", &data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended");
    }
    let url = line.split("listening on ").nth(1).unwrap().split([' ', '"']).next().unwrap().to_owned();
    // Far more lines than a pipe holds, each request one.
    let begun = Instant::now();
    for number in 0..1500 {
        let (status, _) = ask(&url, "GET", &format!("/healthz?{number}"), None, None);
        assert_eq!(status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let ends = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(ends.elapsed() < Duration::from_secs(20), "the blocked log holds the end");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(log);
}
