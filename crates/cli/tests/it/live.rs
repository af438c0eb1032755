//! What a person sees while a scan runs: rows on a terminal, lines elsewhere, and a scan that is repeated.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{scanhelm, scanners};

const PATIENCE: Duration = Duration::from_secs(120);
const WEAK: &str = "import pickle\n\n\ndef read(data):\n    return pickle.loads(data)\n";

/// Through a pseudo-terminal.
fn on_terminal(term: &str) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    let program = env!("CARGO_BIN_EXE_scanhelm");
    let line = format!("{program} scan . --scanner bandit --scanner-dir {}", scanners().display());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    let output = script.env("TERM", term).env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_terminal_shows_rows_that_move_and_a_dumb_one_lines() {
    let moving = on_terminal("xterm");
    assert!(moving.contains("\u{1b}[") && !moving.contains("bandit 1.9.4: started"), "{moving:?}");
    assert!(moving.contains("Scanning ") && moving.contains("0 of 1 scanners done, 0 s"), "{moving:?}");
    assert!(moving.contains("\n  bandit  2 findings in "), "{moving:?}");
    assert!(!moving.contains("\u{1b}[3"), "a colour: {moving:?}");
    let dumb = on_terminal("dumb");
    assert!(!dumb.contains('\u{1b}') && dumb.contains("bandit 1.9.4: started"), "{dumb:?}");
}

/// One scanner runs for ever, the other waits for its turn. The shell keeps its own trap for Ctrl-C: `dash` would
/// end with it, before it tells the state of the terminal.
#[test]
fn rows_tell_who_runs_and_who_waits_and_ctrl_c_leaves_them_as_text() {
    let (folder, tools) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    for name in ["bandit", "semgrep"] {
        let path = tools.path().join(name);
        fs::write(&path, "#!/bin/sh\n[ \"$1\" = --version ] && echo 9.0 && exit\nexec sleep 300\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_scanhelm");
    let tools = tools.path().display();
    let line = format!(
        "trap : INT; stty cols 40; {program} scan . --sequential --scanner bandit --scanner semgrep --scanner-dir {tools}; \
         code=$?; stty -a | grep -o -e '-\\?echo '; exit $code"
    );
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).env("TERM", "xterm").env_remove("NO_COLOR");
    let mut child = script.env("SCANHELM_NO_CACHE", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut shown = String::new();
    while !(shown.contains("  running, ") && shown.contains("  waiting")) {
        let mut buffer = [0; 4096];
        let length = output.read(&mut buffer).unwrap();
        assert!(length > 0, "it ended with {shown:?}");
        shown.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    assert!(shown.contains("\u{1b}[36m"), "no colour: {shown:?}");
    child.stdin.as_ref().unwrap().write_all(b"\x03").unwrap();
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    let end = rest.split("\u{1b}[2K").last().unwrap();
    assert!(end.contains("bandit   stopped") && end.contains("semgrep  stopped"), "{rest:?}");
    assert!(end.contains("Interrupted: nothing was written.") && end.contains("\necho "), "{rest:?}");
    assert!(!shown.contains("\u{1b}[?25l") && !rest.contains("\u{1b}[?25l"), "the cursor is hidden: {rest:?}");
}

fn awaited(lines: &Receiver<String>, wanted: &str) {
    let mut seen = Vec::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        if line.contains(wanted) {
            return;
        }
        seen.push(line);
    }
    panic!("`{wanted}` did not come: {seen:?}");
}

#[test]
fn a_watched_folder_is_scanned_again_when_its_files_change() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), WEAK).unwrap();
    let mut command = scanhelm();
    command.current_dir(folder.path()).args([
        "scan",
        ".",
        "--watch",
        "--quiet",
        "--scanner",
        "bandit",
        "--scanner-dir",
    ]);
    let mut child = command.arg(scanners()).stdout(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader =
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| sender.send(line).unwrap()));
    awaited(&lines, "2 findings");
    fs::create_dir(folder.path().join("node_modules")).unwrap();
    fs::write(folder.path().join("node_modules/other.py"), WEAK).unwrap();
    fs::write(folder.path().join("more.py"), WEAK).unwrap();
    awaited(&lines, "more.py:5");
    awaited(&lines, "2 new, 0 gone");
    fs::remove_file(folder.path().join("app.py")).unwrap();
    awaited(&lines, "0 new, 2 gone");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(lines);
    reader.join().unwrap();
}
