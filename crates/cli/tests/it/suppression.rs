//! What suppresses a finding of a local scan, and what a gate then counts, with the real Bandit.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hub::{Running, ask, bootstrap, clean, eventually};
use crate::support::{Ended, scanhelm, scanners};

const CALL: &str = "    return subprocess.call(line, shell=True)";

fn command(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = scanhelm();
    command.current_dir(folder).env("SCANHELM_FAKE_NOW", "2026-06-15T12:00:00Z").args(arguments);
    command.args(["--scanner", "bandit", "--scanner-dir"]).arg(scanners()).output().unwrap().into()
}

fn scan(folder: &Path, more: &[&str]) -> Ended {
    command(folder, &[&["scan", "."][..], more].concat())
}

/// Bandit calls the import low and each call high.
fn project(calls: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), calls);
    folder
}

fn write(folder: &Path, calls: &[&str]) {
    let body = |(at, call): (usize, &&str)| format!("\n\ndef run{at}(line):\n{call}\n");
    let bodies: String = calls.iter().enumerate().map(body).collect();
    fs::write(folder.join("app.py"), format!("import subprocess\n{bodies}")).unwrap();
}

fn rules(ended: &Ended) -> Vec<(String, String)> {
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|finding| (word(&finding["rule_id"]), word(&finding["suppressed"]["by"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(rule, by)| ((*rule).to_owned(), (*by).to_owned())).collect()
}

fn baseline(folder: &Path) {
    let ended = command(folder, &["baseline", "-o", "base.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn a_second_identical_weakness_is_new_and_moved_code_is_not() {
    let folder = project(&[CALL]);
    let folder = folder.path();
    baseline(folder);
    let gate = ["--baseline", "base.json", "--fail-on-new", "info", "--output", "json"];
    let same = scan(folder, &gate);
    assert_eq!((same.code, rules(&same)), (0, pairs(&[])), "{}", same.stderr);
    write(folder, &["    pass\n    pass", &format!("    if line:\n        {}", CALL.trim())]);
    let moved = scan(folder, &gate);
    assert_eq!((moved.code, rules(&moved)), (0, pairs(&[])), "{}", moved.stdout);
    write(folder, &[CALL, CALL]);
    let second = scan(folder, &gate);
    assert_eq!((second.code, rules(&second)), (1, pairs(&[("B602", "")])), "{}", second.stdout);
    let compared = command(folder, &["compare", ".", "base.json"]);
    assert_eq!(compared.code, 1, "{}", compared.stderr);
    assert!(compared.stdout.ends_with("1 new, 0 fixed, 2 unchanged\n"), "{}", compared.stdout);
    assert_eq!(command(folder, &["compare", ".", "base.json", "--fail-on-new", "critical"]).code, 0);
    write(folder, &[]);
    let fixed = command(folder, &["compare", ".", "base.json"]);
    assert_eq!(fixed.code, 0);
    assert!(fixed.stdout.ends_with("0 new, 1 fixed, 1 unchanged\n"), "{}", fixed.stdout);
}

#[test]
fn a_baseline_is_the_same_bytes_from_any_folder_and_the_tree_is_not_written_to() {
    let (folder, elsewhere) = (project(&[CALL, CALL]), TempDir::new().unwrap());
    let target = folder.path().display().to_string();
    for (from, target, name) in [(folder.path(), ".", "one"), (elsewhere.path(), target.as_str(), "two")] {
        let output = elsewhere.path().join(name).display().to_string();
        let ended = command(from, &["baseline", target, "-o", &output]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let text = |name: &str| fs::read_to_string(elsewhere.path().join(name)).unwrap();
    assert_eq!(text("one"), text("two"));
    assert_eq!(text("one").lines().count(), 6, "{}", text("one"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_comment_goes_before_a_rule_and_a_rule_before_the_baseline() {
    let folder = project(&[CALL]);
    let folder = folder.path();
    baseline(folder);
    let shown = |more: &[&str]| {
        let all = ["--baseline", "base.json", "--show-suppressed", "--output", "json", "--fail-on", "info"];
        let ended = scan(folder, &[&all[..], more].concat());
        (ended.code, rules(&ended))
    };
    assert_eq!(shown(&[]), (0, pairs(&[("B602", "baseline"), ("B404", "baseline")])));
    let rule = "[[ignore]]\nrule = \"bandit:B6*\"\npath = \"*.py\"\nreason = \"reviewed\"\n";
    fs::write(folder.join(".scanhelm.toml"), rule).unwrap();
    assert_eq!(shown(&[]), (0, pairs(&[("B602", "config"), ("B404", "baseline")])));
    write(folder, &[&format!("    # scanhelm: ignore-next-line B602 -- fixed words\n{CALL}")]);
    assert_eq!(shown(&[]), (0, pairs(&[("B602", "inline"), ("B404", "baseline")])));
    assert_eq!(shown(&["--no-suppress"]), (1, pairs(&[("B602", ""), ("B404", "")])));

    let sarif = scan(folder, &["--baseline", "base.json", "--show-suppressed", "--output", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let suppression = |at: usize| sarif["runs"][0]["results"][at]["suppressions"][0].clone();
    assert_eq!(
        (&suppression(0)["kind"], &suppression(0)["justification"]),
        (&"inSource".into(), &"fixed words".into())
    );
    assert_eq!(suppression(1)["kind"], "external");
    let table = scan(folder, &["--baseline", "base.json", "--show-suppressed"]);
    assert!(table.stdout.contains("inline: fixed words"), "{}", table.stdout);
    let hidden = scan(folder, &["--baseline", "base.json"]);
    let said = "no findings\n  2 suppressed: 1 inline, 1 baseline; --show-suppressed shows them\n";
    assert!(hidden.stdout.contains(said), "{}", hidden.stdout);
    let csv = scan(folder, &["--baseline", "base.json", "--show-suppressed", "--output", "csv"]);
    assert_eq!(csv.stdout.lines().count(), 1, "a form without marks hides them: {}", csv.stdout);
}

#[test]
fn a_rule_that_ran_out_or_is_not_used_and_an_unclear_comment_silence_nothing_and_are_told() {
    let folder = project(&[&format!("{CALL}  # scanhelm: ignore B602")]);
    let file = "require_reason = true\n\
        [[ignore]]\nrule = \"B602\"\nreason = \"x\"\nexpires = \"2026-06-15\"\n\
        [[ignore]]\nrule = \"B999\"\nreason = \"x\"\n\
        [[ignore]]\nrule = \"B404\"\nreason = \"x\"\nexpires = \"2026-06-16\"\n";
    fs::write(folder.path().join(".scanhelm.toml"), file).unwrap();
    let ended = scan(folder.path(), &["--fail-on", "info", "--output", "json"]);
    assert_eq!((ended.code, rules(&ended)), (1, pairs(&[("B602", "")])), "{}", ended.stderr);
    for said in
        ["`b602` ran out on 2026-06-15", "`b999` matches no finding", "app.py:5: this project asks for a reason"]
    {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
}

/// Nobody who could have found what a rule is for looked; that one ran out is true all the same.
#[test]
fn a_rule_is_not_called_useless_by_an_inventory() {
    let folder = project(&[CALL]);
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\n").unwrap();
    let rules = "[[ignore]]\nrule = \"B602\"\nreason = \"x\"\n\
        [[ignore]]\nrule = \"B404\"\nreason = \"x\"\nexpires = \"2026-06-15\"\n";
    fs::write(folder.path().join(".scanhelm.toml"), rules).unwrap();
    let mut command = scanhelm();
    command.current_dir(folder.path()).env("SCANHELM_FAKE_NOW", "2026-06-15T12:00:00Z");
    command.args(["scan", ".", "--type", "sbom", "--scanner-dir"]).arg(scanners());
    let ended: Ended = command.output().unwrap().into();
    assert!(ended.code == 0 && ended.stdout.contains("1 component"), "{} {}", ended.stdout, ended.stderr);
    assert!(!ended.stderr.contains("matches no finding"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`b404` ran out on 2026-06-15"), "{}", ended.stderr);
}

/// Semgrep looked, and Bandit may find in the next scan what the rule is for.
#[test]
fn a_rule_is_not_called_useless_by_another_scanner_than_it_names() {
    let folder = project(&[CALL]);
    let rules =
        ["bandit:B101", "semgrep:none", "none"].map(|rule| format!("[[ignore]]\nrule = \"{rule}\"\nreason = \"x\"\n"));
    fs::write(folder.path().join(".scanhelm.toml"), rules.concat()).unwrap();
    let mut command = scanhelm();
    command.current_dir(folder.path()).args(["scan", ".", "--scanner", "semgrep", "--scanner-dir"]).arg(scanners());
    let ended: Ended = command.output().unwrap().into();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let told = |rule: &str| ended.stderr.contains(&format!("`{rule}` matches no finding"));
    assert_eq!(["bandit:b101", "semgrep:none", "none"].map(told), [false, true, true], "{}", ended.stderr);
}

#[test]
fn the_gates_count_what_is_kept_and_flags_go_before_the_file() {
    let folder = project(&[CALL]);
    let file = "fail_on = \"high\"\nmax_findings = 1\n[[severity]]\nrule = \"B602\"\nseverity = \"low\"\n";
    fs::write(folder.path().join(".scanhelm.toml"), file).unwrap();
    let json: Value = serde_json::from_str(&scan(folder.path(), &["--output", "json"]).stdout).unwrap();
    let call = json["findings"].as_array().unwrap().iter().find(|one| one["rule_id"] == "B602").unwrap();
    assert_eq!((&call["severity"], &call["vendor_severity"]), (&"low".into(), &"HIGH".into()));
    for (more, code) in [
        (&[][..], 1),
        (&["--max-findings", "2"], 0),
        (&["--max-findings", "2", "--no-suppress"], 1),
        (&["--max-findings", "2", "--fail-on", "low"], 1),
        (&["--max-findings", "2", "--fail-on-new", "low"], 2),
    ] {
        assert_eq!(scan(folder.path(), more).code, code, "{more:?}");
    }
}

#[test]
fn a_missing_or_broken_baseline_and_a_typing_mistake_are_refused_before_anything_runs() {
    let folder = project(&[CALL]);
    let folder = folder.path();
    for (text, said) in [(None, "No such file"), (Some("{}"), "it is no baseline"), (Some("["), "it is no baseline")] {
        if let Some(text) = text {
            fs::write(folder.join("base.json"), text).unwrap();
        }
        for arguments in [&["scan", ".", "--baseline", "base.json"][..], &["compare", ".", "base.json"]] {
            let ended = command(folder, arguments);
            assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
            assert!(ended.stderr.contains(said) && !ended.stderr.contains("started"), "{}", ended.stderr);
        }
    }
    fs::write(folder.join(".scanhelm.toml"), "types = [\"code\"]\nfial_on = \"high\"\n").unwrap();
    let ended = scan(folder, &[]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains(".scanhelm.toml:2: there is no key `fial_on`; did you mean `fail_on`?"),
        "{}",
        ended.stderr
    );
    let checked: Ended = scanhelm().current_dir(folder).args(["config", "validate", "."]).output().unwrap().into();
    assert!(checked.code == 2 && checked.stderr.contains("did you mean `fail_on`?"), "{}", checked.stderr);
    let nowhere = command(folder, &["baseline", "-o", "gone/base.json"]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.stderr);
    assert!(nowhere.stderr.contains("there is no folder to write `gone/base.json` into"), "{}", nowhere.stderr);
    assert!(!nowhere.stderr.contains("started"), "{}", nowhere.stderr);
}

#[test]
fn a_scanner_that_failed_is_3_unless_it_is_allowed_and_writes_no_baseline() {
    let folder = project(&[CALL]);
    let with = |arguments: &[&str]| -> Ended {
        let mut command = scanhelm();
        command.current_dir(folder.path()).env("PATH", folder.path()).env_remove("SCANHELM_LOCAL_TOOL_PATHS");
        command.args(arguments).args(["--scanner", "bandit"]).output().unwrap().into()
    };
    assert_eq!(with(&["scan", "."]).code, 3);
    assert_eq!(with(&["scan", ".", "--allow-scanner-failure"]).code, 0);
    assert_eq!(with(&["baseline", "-o", "base.json"]).code, 3);
    assert!(!folder.path().join("base.json").exists());
}

#[test]
fn init_writes_a_valid_file_once() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| -> Ended {
        scanhelm().current_dir(folder.path()).args(arguments).output().unwrap().into()
    };
    assert_eq!(run(&["init"]).code, 0);
    assert_eq!(run(&["config", "validate", ".scanhelm.toml"]).code, 0);
    let file = folder.path().join(".scanhelm.toml");
    let uncommented: String = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    fs::write(&file, uncommented).unwrap();
    let checked = run(&["config", "validate", "."]);
    assert_eq!(checked.code, 0, "every example can be used: {}", checked.stderr);
    assert_eq!(run(&["init"]).code, 2);
    assert_eq!(run(&["init", "--force"]).code, 0);
    assert_eq!(run(&["config", "validate", "."]).code, 0);
}

/// One tree with all three ways, looked at by the command and by a hub.
#[test]
fn the_hub_comes_to_the_same_verdicts() {
    let parent = TempDir::new().unwrap();
    let (folder, tools, data) = (parent.path().join("shop"), parent.path().join("tools"), parent.path().join("data"));
    for folder in [&folder, &tools] {
        fs::create_dir(folder).unwrap();
    }
    symlink(scanners().join("bandit").canonicalize().unwrap(), tools.join("bandit")).unwrap();
    for other in ["semgrep", "ruff"] {
        fs::write(tools.join(other), "#!/bin/sh\necho 0.0.1\n").unwrap();
        fs::set_permissions(tools.join(other), fs::Permissions::from_mode(0o755)).unwrap();
    }
    write(&folder, &[]);
    baseline(&folder);
    let comment = format!("{CALL}  # scanhelm: ignore B602 -- fixed words");
    write(&folder, &[&comment, "    return subprocess.Popen(line, shell=True)", "    return eval(line)"]);
    let rule = "baseline = \"base.json\"\n[[ignore]]\nrule = \"bandit:B307\"\nreason = \"reviewed\"\n\
        [[severity]]\nrule = \"bandit:B602\"\nseverity = \"info\"\n";
    fs::write(folder.join(".scanhelm.toml"), rule).unwrap();
    let ended = scan(&folder, &["--show-suppressed", "--output", "json"]);
    let mut told = rules(&ended);
    told.sort();
    assert_eq!(told, pairs(&[("B307", "config"), ("B404", "baseline"), ("B602", ""), ("B602", "inline")]));
    let rated = |findings: &Value| {
        let findings = findings.as_array().unwrap().iter();
        let mut severities: Vec<String> = findings.map(|finding| finding["severity"].to_string()).collect();
        severities.sort();
        severities
    };
    let severities = rated(&serde_json::from_str::<Value>(&ended.stdout).unwrap()["findings"]);
    assert_eq!(severities.iter().filter(|severity| *severity == "\"info\"").count(), 2, "{severities:?}");

    let key = bootstrap(&data);
    let mut command = clean();
    command.env("SCANHELM_LOCAL_TOOL_PATHS", &tools).env("SCANHELM_LOCAL_ALLOWED_ROOTS", &folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let (_hub, url) = Running::listening(&mut command);
    let get = |path: &str| -> Value {
        let (status, text) = ask(&url, "GET", &format!("/api/v1/{path}"), Some(&key), None);
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let order = json!({"name": "shop", "target_path": folder, "scan_types": ["code"]});
    let (status, made) = ask(&url, "POST", "/api/v1/scans", Some(&key), Some(&order));
    assert!(status < 300, "{made}");
    let id = serde_json::from_str::<Value>(&made).unwrap()["id"].as_str().unwrap().to_owned();
    let scan = eventually("the scan to end", || {
        let scan = get(&format!("scans/{id}"));
        matches!(scan["status"].as_str(), Some("completed" | "failed")).then_some(scan)
    });
    assert_eq!(scan["status"], "completed", "{scan:#}");
    assert_eq!((&scan["counts"]["total"], &scan["imported_findings"]), (&1.into(), &4.into()), "{scan:#}");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = get("findings?limit=100");
    assert_eq!(rated(&listed["items"]), severities);
    assert_eq!(scan["counts"]["info"], 1, "{scan:#}");
    let mut same: Vec<(String, String)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let whole = get(&format!("findings/{}", finding["id"].as_str().unwrap()));
            let sighting = &whole["sightings"][0];
            let by = word(&sighting["suppressed"]["by"]);
            assert_eq!(finding["status"], if by.is_empty() { "open" } else { "suppressed" });
            (word(&sighting["rule_id"]), by)
        })
        .collect();
    same.sort();
    assert_eq!(same, told);
}
