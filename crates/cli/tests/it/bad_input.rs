//! What people point `scanhelm scan` at by mistake, and what hostile trees hold.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, scanhelm, scanners};

const WEAK: &str = "import pickle\npickle.loads(b'')\n";

fn bandit(place: &Path, target: &str, scanner_folder: &Path) -> Ended {
    let mut command = scanhelm();
    command.current_dir(place).args(["scan", "--output", "json", "--scanner", "bandit", "--scanner-dir"]);
    command.arg(scanner_folder).args(["--", target]).output().unwrap().into()
}

/// A script in place of Bandit; `$report` is where the report has to go.
pub(crate) fn fake(script: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bandit");
    fs::write(&path, format!("#!/bin/sh\n[ \"$1\" = --version ] && echo bandit 9.0 && exit\nreport=$6\n{script}\n"))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn report(file: &str) -> String {
    format!(
        r#"printf '%s' '{{"errors":[],"generated_at":"x","metrics":{{"_totals":{{"loc":1}}}},"results":[{{"code":"1 x\n","col_offset":0,"filename":"./{file}","issue_severity":"HIGH","issue_text":"t","line_number":1,"test_id":"B1","test_name":"n"}}]}}' > "$report"; exit 1"#
    )
}

#[test]
fn what_is_no_file_and_no_folder_is_refused_and_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    for (target, said) in [
        ("/dev/null", "neither a file nor a folder"),
        ("/dev/zero", "neither a file nor a folder"),
        ("pipe", "neither a file nor a folder"),
        ("socket", "neither a file nor a folder"),
        ("loop", "`loop` cannot be read"),
    ] {
        let ended = bandit(folder.path(), target, &scanners());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{target}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{target}: {}", ended.stderr);
    }
}

#[test]
fn links_and_odd_names_within_the_tree_do_not_keep_the_others_from_being_looked_at() {
    let folder = TempDir::new().unwrap();
    let tree = folder.path();
    let _socket = UnixListener::bind(tree.join("socket.py")).unwrap();
    symlink("loop.py", tree.join("loop.py")).unwrap();
    symlink(".", tree.join("again")).unwrap();
    for name in ["--exit-zero.py", "two\nlines.py"] {
        fs::write(tree.join(name), WEAK).unwrap();
    }
    let ended = bandit(tree, ".", &scanners());
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let paths: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["location"]["path"].as_str())
        .collect();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(paths.contains(&"--exit-zero.py") && paths.contains(&"two\nlines.py"), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("again") || path.contains("loop")), "{paths:?}");
    let one = bandit(tree, "--exit-zero.py", &scanners());
    assert_eq!(one.code, 0, "{}", one.stderr);
    assert!(one.stdout.contains("B301") && !one.stdout.contains("lines.py"), "{}", one.stdout);
}

/// Bandit writes such a name with half of a surrogate pair, which no parser takes for text.
#[test]
fn findings_in_a_file_whose_name_is_no_unicode_are_told_like_all_others() {
    let folder = TempDir::new().unwrap();
    for name in [&b"caf\xe9.py"[..], b"app.py"] {
        fs::write(folder.path().join(OsStr::from_bytes(name)), WEAK).unwrap();
    }
    let ended = bandit(folder.path(), ".", &scanners());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap().iter();
    let paths: Vec<&str> = findings.filter_map(|finding| finding["location"]["path"].as_str()).collect();
    assert_eq!(paths, ["app.py", "caf\u{fffd}.py", "app.py", "caf\u{fffd}.py"], "{json}");
    assert_eq!(json["scanners"][0]["outcome"], "complete", "{json}");
}

/// Bandit would wait for whoever writes into a pipe; nobody does. Only the pipes are left out.
#[test]
fn pipes_in_the_tree_hold_no_scanner_and_are_told() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    for name in ["app.py", "xpipe.py", "sub/pipe.py", "o1.py"] {
        fs::write(folder.path().join(name), WEAK).unwrap();
    }
    for name in ["pipe.py", "a,b.py", "o[1].py", "pipe.txt"] {
        assert!(Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap().success());
    }
    let ended = bandit(folder.path(), ".", &scanners());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap().iter();
    let paths: BTreeSet<&str> = findings.filter_map(|finding| finding["location"]["path"].as_str()).collect();
    assert_eq!(paths, BTreeSet::from(["app.py", "o1.py", "sub/pipe.py", "xpipe.py"]), "{json}");
    let told: Vec<String> = ["a,b.py", "o[1].py", "pipe.py"]
        .map(|name| format!("{name} is neither a file nor a folder and was not looked at"))
        .to_vec();
    assert_eq!(json["scanners"][0]["warnings"], serde_json::json!(told), "{json}");
}

/// Bandit would read `/dev/zero` for as long as there is memory, also where a link leads there.
#[test]
fn devices_in_the_tree_are_told_and_not_read() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    symlink("/dev/zero", folder.path().join("linked.py")).unwrap();
    symlink("app.py", folder.path().join("same.py")).unwrap();
    let _socket = UnixListener::bind(folder.path().join("socket.py")).unwrap();
    let mut odd = vec!["linked.py", "socket.py"];
    let made = Command::new("mknod").arg(folder.path().join("device.py")).args(["c", "1", "5"]).output().unwrap();
    if made.status.success() {
        odd.insert(0, "device.py");
    } else {
        let reason = String::from_utf8_lossy(&made.stderr);
        eprintln!("no device node can be made here, so none was scanned, only a link to one: {reason}");
    }
    let ended = bandit(folder.path(), ".", &scanners());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(
        json["findings"].as_array().unwrap().iter().any(|finding| finding["location"]["path"] == "app.py"),
        "{json}"
    );
    let told = odd.iter().map(|name| format!("{name} is neither a file nor a folder and was not looked at"));
    assert_eq!(json["scanners"][0]["warnings"], serde_json::json!(told.collect::<Vec<_>>()), "{json}");
}

/// As a user who is not allowed everything; root would be.
#[test]
fn what_cannot_be_read_is_told_and_a_target_that_cannot_be_read_is_refused() {
    let place = TempDir::new().unwrap();
    let target = place.path().join("shop");
    fs::create_dir_all(target.join("closed")).unwrap();
    for (name, mode) in [("app.py", 0o644), ("secret.py", 0o000), ("notes.txt", 0o000), ("closed/a.py", 0o644)] {
        fs::write(target.join(name), WEAK).unwrap();
        fs::set_permissions(target.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(target.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let scanner = fake(&report("app.py"));
    for folder in [place.path(), scanner.path()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // Where it was built others may have no way in.
    let program = place.path().join("scanhelm");
    fs::hard_link(env!("CARGO_BIN_EXE_scanhelm"), &program)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_scanhelm"), &program).map(|_| ()))
        .unwrap();
    let scan = |what: &str| -> Ended {
        let mut command = if nix::unistd::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        command.env("SCANHELM_NO_CACHE", "1").current_dir(&target).args(["scan", what, "--output", "json"]);
        command.args(["--scanner", "bandit", "--scanner-dir"]).arg(scanner.path()).output().unwrap().into()
    };
    let ended = scan(".");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((json["findings"].as_array().unwrap().len(), &json["scanners"][0]["outcome"]), (1, &"partial".into()));
    let warnings = ["closed is a folder that cannot be read", "secret.py cannot be read"];
    assert_eq!(json["scanners"][0]["warnings"], serde_json::json!(warnings), "{json}");
    for what in ["closed", "secret.py"] {
        let refused = scan(what);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{what}: {}", refused.stderr);
        assert!(refused.stderr.contains(&format!("`{what}` cannot be read")), "{}", refused.stderr);
    }
    fs::set_permissions(target.join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_scanner_that_is_named_runs_whatever_its_type_and_is_an_error_beside_types_that_leave_it_out() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    let scan = |arguments: &[&str]| -> Ended {
        let mut command = scanhelm();
        command.current_dir(folder.path()).args(["scan", ".", "--output", "json", "--scanner-dir"]).arg(scanners());
        command.args(["--scanner", "detect-secrets", "--scanner", "bandit"]).args(arguments).output().unwrap().into()
    };
    let both = scan(&[]);
    let told: Value = serde_json::from_str(&both.stdout).unwrap_or_else(|error| panic!("{error}: {}", both.stderr));
    let ran: Vec<&str> =
        told["scanners"].as_array().unwrap().iter().filter_map(|one| one["scanner"].as_str()).collect();
    assert_eq!((both.code, ran), (0, vec!["bandit", "detect-secrets"]));
    let refused = scan(&["--type", "code"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains("detect-secrets does scans of type secrets, which --type leaves out"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_huge_file_is_not_read_for_what_is_said_of_it() {
    let folder = TempDir::new().unwrap();
    fs::File::create(folder.path().join("huge.py")).unwrap().set_len(10 << 30).unwrap();
    let scanner = fake(&report("huge.py"));
    let ended = bandit(folder.path(), ".", scanner.path());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["findings"][0]["location"]["path"], "huge.py", "{json}");
}

#[test]
fn a_scanner_that_writes_into_the_tree_changes_no_result() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    let scanner = fake(&format!("date +%N > made.py\n{}", report("app.py")));
    let first = bandit(folder.path(), ".", scanner.path());
    let second = bandit(folder.path(), ".", scanner.path());
    assert_eq!((first.code, &first.stdout), (0, &second.stdout), "{}", first.stderr);
    assert!(folder.path().join("made.py").exists(), "the script did not run");
}

#[test]
fn a_typing_mistake_in_the_settings_is_told_with_the_nearest_key() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    fs::write(folder.path().join(".scanhelm.toml"), "fial_on = \"high\"\n").unwrap();
    let ended = bandit(folder.path(), ".", &scanners());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(
        ended.stderr.contains(".scanhelm.toml:1: there is no key `fial_on`; did you mean `fail_on`?"),
        "{}",
        ended.stderr
    );
}
