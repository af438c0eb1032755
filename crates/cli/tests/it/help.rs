//! What the program says about itself.

use serde_json::Value;

use crate::hub::{clean, ended};

const COMMANDS: &[&[&str]] = &[
    &["serve"],
    &["demo"],
    &["scan"],
    &["baseline"],
    &["compare"],
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
