//! Whatever a scanner does, it is either in the records or visibly failed.

use std::fs;
use std::time::{Duration, Instant};

use scanhelm_runner::{Limits, ScanRequest, ScanState};

use crate::fake::{Fakes, REPORT, assert_gone};

#[tokio::test]
async fn fm_e08_exit_code_1_with_a_report_is_findings() {
    let fakes = Fakes::bandit(r#"cat "$whole" > "$report"; exit 1"#);
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.state, ScanState::Completed);
    assert_eq!(outcome.failed, Vec::new());
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(outcome.records[0].rule_id, "B307");
    assert_eq!(outcome.records[0].location.label(), "app.py:1");
    assert_eq!((outcome.ran[0].findings, outcome.ran[0].exit_code), (1, 1));
    assert_eq!(outcome.ran[0].version.as_deref(), Some("9.9.9"));
}

#[tokio::test]
async fn exit_code_0_with_nothing_looked_at_is_a_failure() {
    let fakes = Fakes::bandit(
        r#"echo '{"errors":[{"filename":"./gone","reason":"No such file or directory"}],"generated_at":"x",
           "metrics":{"_totals":{"loc":0}},"results":[]}' > "$report""#,
    );
    let reason = fakes.failure(fakes.request()).await;
    assert!(reason.contains("looked at nothing") && reason.contains("No such file or directory"), "{reason}");
}

#[tokio::test]
async fn one_file_that_does_not_parse_is_a_warning() {
    let fakes = Fakes::bandit(r#"cat "$NOTES/partial" > "$report"; exit 1"#);
    let error = r#"{"filename":"./bad.py","reason":"syntax error while parsing AST from file"}"#;
    fs::write(fakes.notes.path().join("partial"), REPORT.replace("\"errors\": []", &format!("\"errors\": [{error}]")))
        .unwrap();
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(outcome.ran[0].warnings, ["./bad.py: syntax error while parsing AST from file"]);
}

#[tokio::test]
async fn findings_outside_of_the_target_are_left_out_and_told() {
    let fakes = Fakes::bandit(r#"cat "$NOTES/strange" > "$report"; exit 1"#);
    let part = REPORT.split_once("\"results\": [").unwrap().1.trim_end().trim_end_matches("]}");
    let at = |path: &str| part.replace("./app.py", path);
    let places = ["./app.py", "../other.py", "/etc/passwd", "./node_modules/x/a.py", "./.git/b.py"];
    let results = places.map(at).join(", ");
    let head = REPORT.split_once("\"results\": [").unwrap().0;
    fs::write(fakes.notes.path().join("strange"), format!("{head}\"results\": [{results}]}}")).unwrap();
    let (outcome, _) = fakes.scan(fakes.request()).await;
    let found: Vec<_> = outcome.records.iter().map(|record| record.location.label()).collect();
    assert_eq!(found, ["app.py:1"], "{outcome:?}");
    assert_eq!(outcome.ran[0].warnings, ["2 findings on files that are not in the target were left out"]);
}

#[tokio::test]
async fn fm_e08_no_whole_report_is_a_failure_whatever_the_exit_code() {
    for (script, expected) in [
        (":", "wrote no report"),
        (": > \"$report\"", "wrote no report"),
        ("echo 'Traceback (most recent call last)' > \"$report\"", "report cannot be used"),
        ("echo '{}' > \"$report\"", "report cannot be used"),
        ("head -c 400 \"$whole\" > \"$report\"", "cut off"),
        ("head -c 400 \"$whole\" > \"$report\"; exit 1", "cut off"),
    ] {
        let fakes = Fakes::bandit(script);
        let reason = fakes.failure(fakes.request()).await;
        assert!(reason.contains(expected), "{script}: {reason}");
    }
}

#[tokio::test]
async fn an_unknown_exit_code_is_a_failure_whatever_the_report() {
    let fakes = Fakes::bandit(r#"cat "$whole" > "$report"; echo 'disk is full' >&2; exit 3"#);
    let reason = fakes.failure(fakes.request()).await;
    assert_eq!(reason, "it ended with exit code 3: disk is full");
}

#[tokio::test]
async fn being_killed_from_outside_is_a_failure() {
    let fakes = Fakes::bandit(r#"cat "$whole" > "$report"; kill -9 $$"#);
    let reason = fakes.failure(fakes.request()).await;
    assert!(reason.contains("signal: 9"), "{reason}");
}

#[tokio::test]
async fn fm_e08_a_scanner_that_hangs_is_stopped_at_its_limit() {
    let fakes = Fakes::bandit("echo $$ > $NOTES/pid; sleep 300");
    let begun = Instant::now();
    let reason = fakes.failure(limited(&fakes, |limits| limits.time = Duration::from_millis(500))).await;
    assert!(reason.contains("did not end within 0.5 seconds"), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_gone(&fakes.note("pid"));
}

#[tokio::test]
async fn fm_e08_a_scanner_that_ignores_being_asked_is_killed() {
    let fakes = Fakes::bandit("trap '' TERM; echo $$ > $NOTES/pid; while :; do sleep 300; done");
    let reason = fakes.failure(limited(&fakes, |limits| limits.time = Duration::from_millis(500))).await;
    assert!(reason.contains("did not end"), "{reason}");
    assert_gone(&fakes.note("pid"));
}

#[tokio::test]
async fn fm_e08_a_helper_that_holds_the_pipes_does_not_hold_the_scan() {
    for start in ["sleep 300 &", "setsid sleep 300 &", "(trap '' TERM; exec setsid -f sleep 300) &"] {
        let script = format!("{start}\n{}", r#"cat "$whole" > "$report"; exit 1"#);
        let fakes = Fakes::bandit(&script);
        let begun = Instant::now();
        let (outcome, _) = fakes.scan(fakes.request()).await;
        assert_eq!(outcome.records.len(), 1, "{start}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{start}");
    }
}

#[tokio::test]
async fn fm_e08_a_flood_of_output_is_stopped() {
    let fakes = Fakes::bandit("echo $$ > $NOTES/pid; yes 'is this clean yet?'");
    let reason = fakes.failure(limited(&fakes, |limits| limits.output_bytes = 1_000_000)).await;
    assert_eq!(reason, "it printed more than 1000000 bytes and was stopped");
    assert_gone(&fakes.note("pid"));
}

#[tokio::test]
async fn a_flood_on_both_streams_below_the_limit_does_not_block_the_scanner() {
    let fakes =
        Fakes::bandit(r#"head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; cat "$whole" > "$report"; exit 1"#);
    let (outcome, _) = fakes.scan(fakes.request()).await;
    assert_eq!(outcome.records.len(), 1);
}

#[tokio::test]
async fn a_report_without_end_is_stopped() {
    let fakes = Fakes::bandit(r#"echo $$ > $NOTES/pid; while :; do head -c 1000000 /dev/zero; done > "$report""#);
    let reason = fakes.failure(limited(&fakes, |limits| limits.report_bytes = 5_000_000)).await;
    assert!(reason.contains("grew beyond 5000000 bytes"), "{reason}");
    assert_gone(&fakes.note("pid"));
}

#[tokio::test]
async fn a_report_that_is_too_large_at_the_end_is_refused() {
    let fakes = Fakes::bandit(r#"cat "$whole" > "$report"; exit 1"#);
    let reason = fakes.failure(limited(&fakes, |limits| limits.report_bytes = 100)).await;
    assert!(reason.contains("grew beyond 100 bytes"), "{reason}");
}

#[tokio::test]
async fn a_scanner_sees_nothing_of_our_environment() {
    let fakes = Fakes::bandit(r#"env > $NOTES/environment; pwd > $NOTES/folder; cat "$whole" > "$report"; exit 1"#);
    fakes.scan(fakes.request()).await;
    let environment = fakes.note("environment");
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.contains(&"SCANHELM_RUN") && environment.contains("LANG=C.UTF-8"), "{environment}");
    for ours in ["CARGO_MANIFEST_DIR", "NEXTEST", "USER", "HTTP_PROXY", "https_proxy", "SSH_AUTH_SOCK"] {
        assert!(!names.contains(&ours), "{environment}");
    }
    assert!(!environment.contains(&format!("HOME={}\n", std::env::var("HOME").unwrap_or_default())));
    let folder = fakes.target.path().canonicalize().unwrap();
    assert_eq!(fakes.note("folder"), folder.display().to_string());
}

#[tokio::test]
async fn fm_e08_what_a_scanner_prints_reaches_people_without_credentials_and_escapes() {
    let fakes =
        Fakes::bandit(r#"printf '\033]0;owned\007cannot fetch https://ci:hunter2@rules.example/pack\r\n' >&2; exit 2"#);
    let reason = fakes.failure(fakes.request()).await;
    assert!(reason.ends_with("cannot fetch https://***@rules.example/pack"), "{reason}");
    assert!(!reason.contains("hunter2") && !reason.contains('\u{1b}') && !reason.contains('\u{7}'));
}

#[tokio::test]
async fn the_order_of_the_report_does_not_matter() {
    let finding = |line: u32, severity: &str| {
        format!(
            r#"{{"code":"","col_offset":0,"filename":"./app.py","issue_severity":"{severity}","issue_text":"t","line_number":{line},"test_id":"B1","test_name":"x_y"}}"#
        )
    };
    let report = |results: &[String]| {
        let results = results.join(",");
        format!(
            r#"{{"errors":[],"generated_at":"x","metrics":{{"_totals":{{"loc":9}},"./app.py":{{}}}},"results":[{results}]}}"#
        )
    };
    let mut results = vec![finding(1, "HIGH"), finding(9, "HIGH"), finding(10, "HIGH"), finding(2, "LOW")];
    let fakes = Fakes::bandit(r#"cat "$NOTES/given" > "$report"; exit 1"#);
    let mut lists = Vec::new();
    for _ in 0..results.len() {
        fs::write(fakes.notes.path().join("given"), report(&results)).unwrap();
        let (outcome, _) = fakes.scan(fakes.request()).await;
        lists.push(serde_json::to_string(&outcome.records).unwrap());
        results.rotate_left(1);
    }
    lists.dedup();
    assert_eq!(lists.len(), 1);
}

fn limited(fakes: &Fakes, limit: impl FnOnce(&mut Limits)) -> ScanRequest {
    let mut request = fakes.request();
    limit(&mut request.limits);
    request
}
