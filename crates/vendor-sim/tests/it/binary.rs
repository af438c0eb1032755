//! `scanhelm-sim` as scripts use it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

fn simulator() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanhelm-sim"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_says_where_it_listens_and_ends_on_sigterm() {
    let mut child = simulator().args(["nessus", "--scans", "3", "--speed", "60"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await.unwrap().unwrap().unwrap();
    let address = line.strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}")).to_owned();
    assert!(address.starts_with("127.0.0.1:") && TcpStream::connect(&address).await.is_ok());
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let status = tokio::time::timeout(Duration::from_secs(10), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(lines.next_line().await.unwrap(), None, "one line, nothing else");
}

#[tokio::test]
async fn wrong_arguments_are_named_and_exit_2() {
    for (arguments, named) in [
        (&["nesus"][..], "nesus"),
        (&["nessus", "--fault", "statu,code=500"], "no fault is called `statu`"),
        (&["nessus", "--fault", "vendor-error"], "fault `vendor-error` needs `code=`"),
        (&["nessus", "--tls-authority", "/nowhere/at/all.pem"], "cannot write /nowhere/at/all.pem"),
        (&["nessus", "--licence", "enterprise"], "enterprise"),
        (&["nessus", "--listen", "nowhere"], "nowhere"),
    ] {
        let output = simulator().args(arguments).output().await.unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(complaint.contains(named), "{complaint}");
    }
}

#[tokio::test]
async fn help_explains_faults_by_example() {
    let output = simulator().arg("--help").output().await.unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for expected in ["Examples:", "lose-answer", "--fault status,code=429", "/_sim/clock", "Tenable Security Center"] {
        assert!(help.contains(expected), "{expected}");
    }
}
