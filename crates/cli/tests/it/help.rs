//! What the program says about itself.

use serde_json::Value;

use crate::hub::{clean, ended};

const COMMANDS: &[&[&str]] = &[
    &["serve"],
    &["demo"],
    &["scan"],
    &["baseline"],
    &["compare"],
    &["diff"],
    &["init"],
    &["comment"],
    &["scanners"],
    &["import"],
    &["scans"],
    &["scans", "ls"],
    &["scans", "show"],
    &["scans", "watch"],
    &["scans", "launch"],
    &["scans", "pause"],
    &["scans", "resume"],
    &["scans", "stop"],
    &["scans", "cancel"],
    &["scans", "rm"],
    &["scans", "import"],
    &["findings"],
    &["findings", "ls"],
    &["findings", "show"],
    &["findings", "export"],
    &["findings", "delta"],
    &["integrations"],
    &["integrations", "ls"],
    &["integrations", "test"],
    &["integrations", "sync"],
    &["schedules"],
    &["schedules", "ls"],
    &["schedules", "next"],
    &["schedules", "add"],
    &["schedules", "runs"],
    &["schedules", "pause"],
    &["schedules", "resume"],
    &["schedules", "rm"],
    &["status"],
    &["config", "show"],
    &["config", "validate"],
    &["doctor"],
    &["openapi"],
    &["admin"],
    &["admin", "bootstrap"],
    &["admin", "migrate"],
    &["explain"],
    &["rules"],
    &["rules", "explain"],
    &["completions"],
    &["reference", "cli"],
];

#[test]
fn every_command_explains_itself_with_examples() {
    for command in COMMANDS {
        let help = ended(clean().args(*command).arg("--help"));
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{command:?}");
        let usage = format!("Usage: scanhelm {}", command.join(" "));
        assert!(help.stdout.contains(&usage), "{command:?}: {}", help.stdout);
        assert!(help.stdout.contains("Examples:\n  "), "{command:?}: {}", help.stdout);
    }
}

#[test]
fn a_key_in_the_environment_does_not_show_in_the_help() {
    let help = ended(clean().env("SCANHELM_API_KEY", "shk_secret").args(["scans", "ls", "--help"]));
    assert!(help.stdout.contains("SCANHELM_API_KEY") && !help.stdout.contains("shk_secret"), "{}", help.stdout);
}

#[test]
fn a_misspelt_command_is_a_usage_error_on_standard_error() {
    for arguments in [&["serv"][..], &["scans", "ls", "--limit", "0"], &["demo", "--speed", "-1"], &["import"]] {
        let refused = ended(clean().args(arguments));
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!refused.stderr.is_empty());
    }
}

#[test]
fn the_reference_pages_cover_every_command_setting_and_connector_and_never_change_by_themselves() {
    let page = |name: &str, environment: &[(&str, &str)]| {
        let page = ended(clean().envs(environment.iter().copied()).args(["reference", name]));
        assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{name}");
        page.stdout
    };
    let cli = page("cli", &[]);
    for command in COMMANDS {
        assert!(cli.contains(&format!("\n## scanhelm {}\n", command.join(" "))), "{command:?}");
    }
    let config = page("config", &[]);
    for name in ["SCANHELM_SYNC_STATUS_INTERVAL", "| `allow` |", "## [local]", "`127.0.0.1:8480`"] {
        assert!(config.contains(name), "{name}: {config}");
    }
    assert!(page("connectors", &[]).contains("| `nessus` |"));
    let environment = [("SCANHELM_HUB", "http://elsewhere"), ("SCANHELM_SYNC_STATUS_INTERVAL", "1s")];
    assert_eq!(page("cli", &environment), cli);
    assert_eq!(page("config", &environment), config);
}

#[test]
fn the_openapi_document_is_complete_json_and_the_same_every_time() {
    let first = ended(clean().arg("openapi"));
    assert_eq!(first.code, 0, "{}", first.stderr);
    let document: Value = serde_json::from_str(&first.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/api/v1/scans"]["get"].is_object());
    assert_eq!(ended(clean().arg("openapi")).stdout, first.stdout);
}

/// By the shell that people use, in the way in which it asks.
#[test]
fn bash_completes_commands_by_the_script() {
    let script = ended(clean().args(["completions", "bash"]));
    assert_eq!((script.code, script.stderr.as_str()), (0, ""));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scanhelm.bash");
    std::fs::write(&file, script.stdout).unwrap();
    let asked = r#"set -eu; source "$1"; complete -p scanhelm
        COMP_WORDS=(scanhelm dif); COMP_CWORD=1; _scanhelm scanhelm dif scanhelm; echo "${COMPREPLY[*]}"
        COMP_WORDS=(scanhelm rules expl); COMP_CWORD=2; _scanhelm scanhelm expl rules; echo "${COMPREPLY[*]}"
        COMP_WORDS=(scanhelm scan --stag); COMP_CWORD=2; _scanhelm scanhelm --stag scan; echo "${COMPREPLY[*]}""#;
    let mut bash = std::process::Command::new("bash");
    let answer = ended(bash.args(["--norc", "--noprofile", "-c", asked, "bash"]).arg(&file));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert!(lines[0].contains("-F _scanhelm"), "{lines:?}");
    assert_eq!(lines[1..], ["diff", "explain", "--staged"]);
    for shell in ["zsh", "fish"] {
        assert!(ended(clean().args(["completions", shell])).stdout.contains("completions"), "{shell}");
    }
}

#[test]
fn a_rule_is_explained_from_what_is_shipped_and_from_a_result() {
    let shipped = ended(clean().args(["rules", "explain", "scanhelm-python-shell-command"]));
    assert_eq!(shipped.code, 0, "{}", shipped.stderr);
    assert!(
        shipped.stdout.contains("CWE-78 Improper Neutralization") && shipped.stdout.contains("Give subprocess a list")
    );
    let mistyped = ended(clean().args(["rules", "explain", "scanhelm-pyton-shell-comand"]));
    assert_eq!((mistyped.code, mistyped.stdout.as_str()), (2, ""));
    assert!(mistyped.stderr.contains("did you mean `scanhelm-python-shell-command`?"), "{}", mistyped.stderr);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.json");
    let finding = |rule: &str, line: u32| {
        serde_json::json!({"fingerprint": "x", "scanner": "bandit", "rule_id": rule, "title": "Shell", "severity": "high",
            "asset": {"kind": "repository", "name": "shop", "keys": []}, "cwes": [78], "references": ["https://example.com/b602"],
            "description": "It calls\n\u{1b}[2Ja shell.", "solution": "Call no shell.",
            "location": {"kind": "code", "path": "app.py", "line": line}})
    };
    let result =
        serde_json::json!({"schema": "scanhelm-findings/1", "findings": [finding("B602", 7), finding("B602", 9)]});
    std::fs::write(&path, result.to_string()).unwrap();
    let explain =
        |arguments: &[&str]| ended(clean().args(["rules", "explain"]).args(arguments).arg("--results").arg(&path));
    let known = explain(&["b602"]);
    assert_eq!(known.code, 0, "{}", known.stderr);
    for said in
        ["B602 (bandit)", "high", "definitions/78.html", "example.com/b602", "Call no shell.", "2 places\n  app.py:7"]
    {
        assert!(known.stdout.contains(said), "{said}: {}", known.stdout);
    }
    assert!(!known.stdout.contains('\u{1b}'), "{:?}", known.stdout);
    assert_eq!(explain(&["B602", "--scanner", "ruff"]).code, 2);
}
