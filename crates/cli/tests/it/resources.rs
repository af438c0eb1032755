//! E rows of the fault matrix: a machine that has no room, no file descriptors, no reader of the log; and litter. And a
//! database that may not grow.

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

/// The database may not grow any more: what is asked for is refused with the reason, nothing is half there, what is
/// known can be read, and when there is room again all goes on by itself. (A limit on the size of files stands for the
/// full disk: the same failure of the same writes.)
#[test]
fn fm_d08_no_room_for_the_database_refuses_changes_until_there_is() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    // In blocks of 512 bytes; only the soft limit, which can be lifted again.
    let (mut hub, url) = Running::listening(&mut serve_under("trap '' XFSZ; ulimit -S -f 4000", &data));
    let key = bootstrap(&data);
    let targets: Vec<String> = (0..500).map(|number| format!("10.0.{}.{}", number / 250, number % 250)).collect();
    let record = |name: &str| json!({"name": name, "scan_type": "vulnerability", "targets": targets});
    let make = |name: &str| ask(&url, "POST", "/api/v1/scans", Some(&key), Some(&record(name)));
    let mut made = Vec::new();
    let refused = loop {
        let name = format!("scan {}", made.len());
        match make(&name) {
            (201, _) => made.push(name),
            refused => break refused,
        }
        assert!(made.len() < 5000, "the limit is never reached");
    };
    assert!(made.len() > 3, "{made:?}");
    let names = || {
        let scans = items(&url, "/api/v1/scans?limit=500", &key);
        scans.iter().map(|scan| scan["name"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let known: std::collections::BTreeSet<String> = made.iter().cloned().collect();
    for _ in 0..5 {
        let (status, text) = make("one too many");
        assert_eq!(status, 503, "{text}");
        assert!(text.contains("store_unavailable"), "{text}");
        assert_eq!(names(), known, "what was acknowledged is there, and nothing else");
    }
    assert_eq!(refused.0, 503, "{}", refused.1);
    let lifted =
        Command::new("prlimit").args(["--pid", &hub.pid().to_string(), "--fsize=unlimited:"]).status().unwrap();
    assert!(lifted.success());
    eventually("there is room again", || (make("after").0 == 201).then_some(()));
    let mut expected = known;
    expected.insert("after".to_owned());
    assert_eq!(names(), expected);
    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0), "{}", hub.log);
    // A new process finds the database whole.
    let (_hub, url) = Running::serve(&data, &[]);
    let (status, body) = ask(&url, "GET", "/api/v1/scans?limit=500", Some(&key), None);
    assert_eq!((status, body.matches("\"name\":\"scan ").count()), (200, made.len()));
}

/// Clock ticks of processor time that a process has used.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// More callers than the process may have open files: it waits instead of running in circles, it lives, and whoever
/// comes when there is room again is served.
#[test]
fn fm_e03_no_file_descriptors_left_is_waited_out() {
    const FILES: u32 = 90;
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (mut hub, url) = Running::listening(&mut serve_under(&format!("ulimit -n {FILES}"), &data));
    let key = bootstrap(&data);
    let open = || fs::read_dir(format!("/proc/{}/fd", hub.pid())).unwrap().count();
    let address = url.strip_prefix("http://").unwrap();
    let callers: Vec<TcpStream> = (0..2 * FILES).map(|_| TcpStream::connect(address).unwrap()).collect();
    eventually("all of its files to be open", || (open() >= FILES as usize - 2).then_some(()));
    let (begun, before) = (Instant::now(), ticks(hub.pid()));
    std::thread::sleep(Duration::from_secs(3));
    // A hundred ticks a second; it may do its ordinary work, and not nothing but try again.
    let used = (ticks(hub.pid()) - before) as f64 / 100.0 / begun.elapsed().as_secs_f64();
    assert!(used < 0.5, "{used:.2} of a processor for nothing");
    drop(callers);
    eventually("the files to be closed", || (open() < FILES as usize / 2).then_some(()));
    let record = json!({"name": "by hand", "scan_type": "vulnerability", "targets": ["10.0.0.1"]});
    assert_eq!(ask(&url, "POST", "/api/v1/scans", Some(&key), Some(&record)).0, 201);
    assert_eq!(items(&url, "/api/v1/scans", &key).len(), 1);
    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0));
    let tried = hub.whole_log().matches("accept").count();
    assert!(tried <= 50, "{tried} lines about what could not be accepted");
}
