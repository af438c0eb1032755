//! What `scanhelm diff` and `compare` write, and what independent judges say of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outputs::HOSTILE;
use crate::support::{Ended, judged, scanhelm, scanners};

/// One result for each rule, with hostile texts.
fn report(rules: &[(&str, &str)]) -> String {
    let result = |(rule, level): &(&str, &str)| {
        json!({"ruleId": rule, "level": level, "message": {"text": HOSTILE}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "a b/ü.py"}, "region": {"startLine": 3, "snippet": {"text": HOSTILE}}}}]})
    };
    let results: Vec<Value> = rules.iter().map(result).collect();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "=Evil;=1"}}, "results": results}]}).to_string()
}

fn command(folder: &Path, arguments: &[&str]) -> Ended {
    scanhelm().current_dir(folder).args(arguments).output().unwrap().into()
}

/// Two results: `stays` is in both, `=gone` in the first, `@new` and `<b>` in the second.
fn results() -> TempDir {
    let folder = TempDir::new().unwrap();
    let before = report(&[("stays", "warning"), ("=gone", "error")]);
    let after = report(&[("stays", "warning"), ("@new", "error"), ("<b>", "note")]);
    for (name, text) in [("before", before), ("after", after)] {
        let (sarif, json) = (format!("{name}.sarif"), format!("{name}.json"));
        fs::write(folder.path().join(&sarif), text).unwrap();
        let import = command(folder.path(), &["import", &sarif, "--repository", "shop", "--output-file", &json]);
        assert_eq!(import.code, 0, "{}", import.stderr);
    }
    folder
}

fn states(sarif: &Value) -> BTreeMap<&str, (&str, &str)> {
    let results = sarif["runs"].as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap());
    fn word(value: &Value) -> &str {
        value.as_str().unwrap()
    }
    results.map(|result| (word(&result["ruleId"]), (word(&result["baselineState"]), word(&result["kind"])))).collect()
}

#[test]
fn a_comparison_is_written_in_every_form() {
    let folder = results();
    let written = |form: &str| {
        let ended = command(folder.path(), &["diff", "before.json", "after.json", "--output", form]);
        assert_eq!(ended.code, 1, "{form}: {}", ended.stderr);
        ended.stdout
    };
    let text = written("sarif");
    assert_eq!(judged("outputs_sarif.py", &text), Ok(()));
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let expected = [
        ("<b>", ("new", "fail")),
        ("=gone", ("absent", "pass")),
        ("@new", ("new", "fail")),
        ("stays", ("unchanged", "fail")),
    ];
    assert_eq!(states(&sarif), BTreeMap::from(expected));
    let document: Value = serde_json::from_str(&written("json")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let gone = results.iter().find(|result| result["ruleId"] == "=gone").unwrap();
    assert_eq!(gone["partialFingerprints"]["scanhelm/v1"], document["fixed"][0]["fingerprint"]);
    // What is gone is not read as a finding.
    fs::write(folder.path().join("changes.sarif"), &text).unwrap();
    let read = command(folder.path(), &["import", "changes.sarif", "--output", "ndjson"]);
    assert_eq!((read.code, read.stdout.lines().count()), (0, 3), "{}", read.stderr);

    assert!(written("cyclonedx-vex").contains("\"specVersion\":\"1.6\""));
    let junit = written("junit");
    assert_eq!(judged("outputs_junit.py", &junit), Ok(()));
    assert_eq!((junit.matches("<testcase").count(), junit.matches("<failure").count()), (2, 1), "{junit}");
    let issues: Value = serde_json::from_str(&written("gitlab-codequality")).unwrap();
    assert_eq!(issues.as_array().unwrap().len(), 2, "{issues}");
    assert_eq!(written("github-annotations").lines().count(), 2);

    let ndjson = written("ndjson");
    let lines: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str)> =
        lines.iter().map(|line| (line["change"].as_str().unwrap(), line["rule"].as_str().unwrap())).collect();
    assert_eq!(told, [("new", "@new"), ("new", "<b>"), ("fixed", "=gone"), ("unchanged", "stays")]);
    let csv = written("csv");
    assert!(csv.starts_with("change,severity,scanner,rule_id,title,location,fingerprint\nnew,high,"), "{csv}");
    assert!(csv.contains(",'=gone,") && csv.contains(",'@new,") && !csv.contains(",="), "{csv}");
    let page = written("html");
    assert!(page.contains("<b>2 new, 1 fixed, 1 unchanged</b>") && page.contains("fixed: 1</summary>"), "{page}");
    assert!(!page.contains("<script>"), "{page}");
    assert!(written("markdown").contains("**2 new, 1 fixed, 1 unchanged**"));
    assert!(written("table").ends_with("2 new, 1 fixed, 1 unchanged\n"));
}

#[test]
fn the_gates_of_a_comparison_count_what_is_new() {
    let folder = results();
    for (gates, code) in [
        (&[][..], 1),
        (&["--fail-on-new", "critical"], 0),
        (&["--fail-on-new", "high"], 1),
        (&["--max-findings", "2"], 0),
        (&["--max-findings", "1"], 1),
        (&["--max-findings", "2", "--fail-on-new", "high"], 1),
        (&["--max-findings", "2", "--fail-on-new", "critical"], 0),
    ] {
        let ended = command(folder.path(), &[&["diff", "before.json", "after.json"][..], gates].concat());
        assert_eq!(ended.code, code, "{gates:?}: {}", ended.stderr);
    }
    let refused = command(folder.path(), &["diff", "before.json", "after.json", "--output-file", "changes.pdf"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
}

/// A baseline knows a few words of each finding; that is enough to say which is gone.
#[test]
fn a_scan_is_compared_with_a_baseline_in_every_form_and_says_who_failed() {
    let folder = TempDir::new().unwrap();
    let scan = |command: &[&str], tools: &Path| -> Ended {
        let mut scan = scanhelm();
        scan.current_dir(folder.path()).args(command).args(["--scanner", "bandit", "--scanner-dir"]).arg(tools);
        scan.output().unwrap().into()
    };
    let weak = |code: &str| fs::write(folder.path().join("app.py"), code).unwrap();
    weak("import pickle\npickle.loads(b'')\n");
    let baseline = scan(&["baseline", "-o", "known.json"], &scanners());
    assert_eq!(baseline.code, 0, "{}", baseline.stderr);
    weak("import subprocess\nimport pickle\n");
    let compare = ["compare", ".", "known.json", "--output", "sarif", "--output-file", "changes.xml"];
    let ended = scan(&compare, &scanners());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(judged("outputs_sarif.py", &ended.stdout), Ok(()));
    let sarif: Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected = [("B301", ("absent", "pass")), ("B403", ("unchanged", "fail")), ("B404", ("new", "fail"))];
    assert_eq!(states(&sarif), BTreeMap::from(expected));

    let broken = crate::bad_input::fake("exit 9");
    let failed = scan(&compare, broken.path());
    assert_eq!(failed.code, 3, "{}", failed.stderr);
    assert!(failed.stdout.contains("\"executionSuccessful\":false"), "{}", failed.stdout);
    assert!(!failed.stdout.contains("\"absent\""), "{}", failed.stdout);
    let junit = fs::read_to_string(folder.path().join("changes.xml")).unwrap();
    assert!(junit.contains("<error message="), "{junit}");
}
