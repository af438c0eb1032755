//! kill -9 around what happens on this machine: a scanner that runs as a child, and a file with results that is being
//! written.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::installation::{Database, Hub, Installation};
use crate::hub::{clean, eventually};

const SIGXFSZ: i32 = 25;

/// The hub dies, its scanner does not: the next hub ends what was left running, removes its files, says what became of the
/// scan, and another one can be started. A hub that starts beside one that lives takes nothing from it.
#[test]
fn fm_a29_a_scanner_that_outlives_its_hub_is_ended_and_its_scan_too() {
    let installation = Installation::new(Database::Sqlite);
    let folder = installation.folder();
    let [tools, source, files, note] = ["tools", "shop", "files", "pid"].map(|name| folder.join(name));
    for folder in [&tools, &source, &files] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(source.join("app.py"), "eval(input())\n").unwrap();
    let scanner = tools.join("bandit");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo bandit 1.9.0; exit 0; fi\necho $$ > {0}.new\nmv {0}.new {0}\n\
         exec sleep 600\n",
        note.display()
    );
    fs::write(&scanner, script).unwrap();
    fs::set_permissions(&scanner, fs::Permissions::from_mode(0o755)).unwrap();
    let settings = [
        ("SCANHELM_LOCAL_TOOL_PATHS", tools.to_str().unwrap()),
        ("SCANHELM_LOCAL_ALLOWED_ROOTS", source.to_str().unwrap()),
        ("TMPDIR", files.to_str().unwrap()),
    ];
    let written = || -> BTreeSet<_> { fs::read_dir(&files).unwrap().map(|file| file.unwrap().path()).collect() };
    let hub = installation.start_with(&settings);
    let body = json!({"name": "shop", "target_path": source, "scan_types": ["code"]});
    let scan = hub.call("POST", "scans", Some(&body));
    let pid = eventually("the scanner to run", || fs::read_to_string(&note).ok());
    let alive = || Path::new("/proc").join(pid.trim()).exists();
    assert!(alive());
    let path = format!("scans/{}", scan["id"].as_str().unwrap());
    assert_eq!(hub.call("GET", &path, None)["status"], "running");
    let left = written();
    assert_eq!(left.len(), 1, "{left:?}");
    let beside = Installation::new(Database::Sqlite);
    beside.start_with(&settings).stop();
    assert!(alive() && written() == left, "the scan of a hub that lives was taken for left over");
    hub.kill();
    assert_eq!(written(), left);
    let mut hub = installation.start_with(&settings);
    assert_eq!(written(), BTreeSet::new(), "the files of the scan are removed");
    let ended = eventually("the scan to be over", || {
        let scan = hub.call("GET", &path, None);
        (scan["status"] != "running").then_some(scan)
    });
    assert_eq!(ended["status"], "failed", "{ended:#}");
    assert!(ended["error"].as_str().unwrap().contains("Start it again"), "{ended:#}");
    assert!(ended["finished_at"].is_string(), "{ended:#}");
    eventually("what was left running to be ended", || (!alive()).then_some(()));
    let feed = hub.items(&format!("{path}/activity?limit=500"));
    let count = |kind: &str| feed.iter().filter(|event| event["kind"] == kind).count();
    assert_eq!((count("scan.start"), count("scan.failed")), (1, 1), "{feed:#?}");
    // The way is free for another one.
    fs::remove_file(&note).unwrap();
    let again =
        hub.call("POST", "scans", Some(&json!({"name": "again", "target_path": source, "scan_types": ["code"]})));
    eventually("the scanner to run again", || fs::read_to_string(&note).ok());
    hub.call("POST", &format!("scans/{}/cancel", again["id"].as_str().unwrap()), None);
    hub.await_that("nothing to be left to do", Hub::is_idle);
    hub.stop();
    assert_eq!(written(), BTreeSet::new(), "a hub that stops leaves nothing");
}

/// SIGKILL leaves the command no time for anything: its guard ends the scanner, and what the scanner started, and removes
/// what the scan wrote down, copies of the source as well.
#[test]
fn fm_a29_a_command_that_is_killed_leaves_no_scanner_no_helper_no_guard_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let [tools, source, files, note] = ["tools", "shop", "files", "pids"].map(|name| folder.path().join(name));
    for folder in [&tools, &source, &files] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(source.join("app.py"), "eval(input())\n").unwrap();
    for words in [&["init", "--quiet"][..], &["add", "app.py"]] {
        assert!(Command::new("git").current_dir(&source).args(words).status().unwrap().success());
    }
    let scanner = tools.join("bandit");
    fs::write(&scanner, "").unwrap();
    fs::set_permissions(&scanner, fs::Permissions::from_mode(0o755)).unwrap();
    let answers = "if [ \"$1\" = --version ]; then echo bandit 1.9.0; exit 0; fi";
    let written = || fs::read_dir(&files).unwrap().count();
    // The last one does not get as far as to scan: it still tells its version.
    for (first, target, folders) in [(answers, ".", 1), (answers, "--staged", 2), ("", ".", 1)] {
        let script = format!(
            "#!/bin/sh\n{first}\nsetsid sleep 600 &\necho $$ $! > {0}.new\nmv {0}.new {0}\nexec sleep 600\n",
            note.display()
        );
        fs::write(&scanner, script).unwrap();
        let mut command = clean();
        command.current_dir(&source).env("SCANHELM_NO_CACHE", "1").env("TMPDIR", &files);
        command.args(["scan", target, "--quiet", "--scanner", "bandit", "--scanner-dir"]);
        let mut scan = command.arg(&tools).spawn().unwrap();
        let pids = eventually("the scanner to run", || fs::read_to_string(&note).ok());
        let mark = format!("scan-{}-", scan.id());
        let marked = || {
            fs::read_dir("/proc").unwrap().flatten().any(|process| {
                let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
                String::from_utf8_lossy(&words).contains(&mark)
            })
        };
        assert!(pids.split_whitespace().all(runs) && marked(), "{pids}");
        assert_eq!(written(), folders, "{target}");
        for folder in fs::read_dir(&files).unwrap().flatten() {
            let mode = folder.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o700, "others can read {}", folder.path().display());
        }
        scan.kill().unwrap();
        scan.wait().unwrap();
        let all_gone = || !pids.split_whitespace().any(runs) && !marked() && written() == 0;
        eventually("all to be ended and removed", || all_gone().then_some(()));
        fs::remove_file(&note).unwrap();
    }
}

fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn report(folder: &Path, findings: u32) -> std::path::PathBuf {
    let mut text = "<NessusClientData_v2><Report name=\"lab\"><ReportHost name=\"10.0.0.5\"><HostProperties>\
                    <tag name=\"host-ip\">10.0.0.5</tag></HostProperties>"
        .to_owned();
    for number in 0..findings {
        write!(
            text,
            "<ReportItem port=\"443\" svc_name=\"www\" protocol=\"tcp\" severity=\"2\" pluginID=\"{number}\" \
             pluginName=\"Check {number}\" pluginFamily=\"General\"><description>Seen.</description></ReportItem>"
        )
        .unwrap();
    }
    text.push_str("</ReportHost></Report></NessusClientData_v2>");
    let path = folder.join(format!("{findings}.nessus"));
    fs::write(&path, text).unwrap();
    path
}

/// The process dies in the middle of writing (the operating system ends it at the byte that is one too many): who reads
/// the file reads the one before, whole, and never half of the new one.
#[test]
fn fm_a28_a_file_of_results_is_the_old_one_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (report(folder.path(), 3), report(folder.path(), 600));
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for ending in ["json", "sarif", "csv", "txt"] {
        let file = out.join(format!("results.{ending}"));
        let write = |report: &Path, limit: &str| {
            let import = clean();
            let mut command = Command::new("sh");
            command.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(import.get_program());
            command.args(["import", "--output", "json", "--output-file"]).arg(&file).arg(report).output().unwrap()
        };
        let names = || fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>();
        // 4 KiB.
        let died = write(&large, "ulimit -f 8");
        assert_eq!(died.status.signal(), Some(SIGXFSZ), "{ending}: {died:?}");
        assert!(!file.exists(), "half of the first {ending}");
        assert!(write(&small, "true").status.success());
        let before = fs::read(&file).unwrap();
        let known = names();
        assert_eq!(write(&large, "ulimit -f 8").status.signal(), Some(SIGXFSZ));
        assert_eq!(fs::read(&file).unwrap(), before, "the old {ending} is whole");
        // What was begun beside it bears no name that anybody would take for results.
        assert!(names().difference(&known).all(|name| name.to_string_lossy().starts_with(".scanhelm-")));
        assert!(write(&large, "true").status.success());
        let after = fs::read(&file).unwrap();
        assert!(after.len() > 10 * before.len() && after != before, "the new {ending}");
    }
}
