//! `scanhelm findings export` and `delta` against a hub, and what independent judges say of the files.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use crate::hub::{Running, ask, bootstrap, clean, ended};
use crate::support::{corpus, judged};

fn client(url: &str, key: &str) -> Command {
    let mut command = clean();
    command.env("SCANHELM_HUB", url).env("SCANHELM_API_KEY", key);
    command
}

pub(crate) const HOSTILE: &str = "=cmd|' /C calc'!A0;=1\n+1 <script>alert(1)</script> ]]> \u{202e}";

/// A report whose texts are hostile.
fn hostile_report() -> String {
    let result = |rule: &str| {
        json!({"ruleId": rule, "level": "error", "message": {"text": HOSTILE}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "a b/ü.py"}, "region": {"startLine": 3, "snippet": {"text": HOSTILE}}}}]})
    };
    let results: Vec<Value> = ["-2+3", "@SUM(A1)", "x\"y", "<b>"].map(result).to_vec();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "=Evil;=1"}}, "results": results}]}).to_string()
}

/// Hosts, packages and code of real reports, hostile texts, and one finding of each judgement: by the schemas of OASIS,
/// OWASP and OCSF.
#[test]
fn what_a_hub_gives_out_is_valid_for_independent_judges() {
    let Some(corpus) = corpus() else { return };
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (_hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let hostile = parent.path().join("hostile.sarif");
    fs::write(&hostile, hostile_report()).unwrap();
    let mut import = client(&url, &key);
    import.args(["import", "--hub", &url]).arg(&hostile);
    for report in
        ["local/bandit/sample.json", "nessus/dd_nessus_v_unknown.xml", "trivy/dd_trivy_legacy_many_vulns.json"]
    {
        import.arg(corpus.join(report));
    }
    let imported = ended(&mut import);
    assert_eq!(imported.code, 0, "{}", imported.stderr);

    let list = ended(client(&url, &key).args(["findings", "ls", "--output", "json", "--limit", "5"]));
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let judgements = ["in_progress", "risk_accepted", "false_positive", "duplicate", "closed"];
    for (finding, to) in list.as_array().unwrap().iter().zip(judgements) {
        let path = format!("/api/v1/findings/{}/transition", finding["id"].as_str().unwrap());
        let body = json!({"to": to, "reason": HOSTILE});
        assert_eq!(ask(&url, "POST", &path, Some(&key), Some(&body)).0, 200, "{to}");
    }

    let exported = |name: &str| {
        let file = parent.path().join(name);
        let export = ended(client(&url, &key).args(["findings", "export", "--output-file"]).arg(&file));
        assert_eq!((export.code, export.stdout.as_str()), (0, ""), "{}", export.stderr);
        fs::read_to_string(file).unwrap()
    };
    let ndjson = exported("all.ndjson");
    let count = ndjson.lines().count();
    assert!(count > 30, "{count}");
    for (name, judge, spoilt) in [
        ("all.sarif", "outputs_sarif.py", r#"{"version": "2.1.0", "runs": [{"results": []}]}"#),
        (
            "all.cdx.json",
            "outputs_cyclonedx.py",
            r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": "one"}"#,
        ),
        ("all.ocsf.ndjson", "outputs_ocsf.py", r#"{"class_uid": 2002, "metadata": {"version": "1.5.0"}}"#),
    ] {
        let mut text = exported(name);
        if judge == "outputs_ocsf.py" {
            assert_eq!(text.lines().count(), count);
            // It takes a second for each event: those that were judged, which are the worst, and some of all others.
            let some = |(place, _): &(usize, &str)| *place < 10 || place % 30 == 0;
            text = text.lines().enumerate().filter(some).map(|(_, line)| format!("{line}\n")).collect();
        }
        assert_eq!(judged(judge, &text), Ok(()), "{name}");
        assert!(judged(judge, spoilt).is_err(), "{judge} judges");
    }
    for state in judgements {
        assert_eq!(ndjson.matches(&format!("\"status\":\"{state}\"")).count(), 1, "{state}");
    }
}

#[test]
fn an_export_is_whole_or_not_there() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let report = parent.path().join("hostile.sarif");
    fs::write(&report, hostile_report()).unwrap();
    assert_eq!(ended(client(&url, &key).args(["import", "--hub", &url]).arg(&report)).code, 0);
    let file = parent.path().join("findings.csv");
    let export =
        |more: &[&str]| ended(client(&url, &key).args(["findings", "export", "--output-file"]).arg(&file).args(more));
    assert_eq!(export(&[]).code, 0);
    let whole = fs::read_to_string(&file).unwrap();
    let mut reader = csv_rows(&whole);
    assert_eq!(reader.len(), 5);
    assert!(reader.remove(0).starts_with("severity,scanner"));
    assert_eq!(export(&["--severity", "low"]).code, 0);
    assert_eq!(csv_rows(&fs::read_to_string(&file).unwrap()).len(), 1);

    let printed = ended(client(&url, &key).args(["findings", "export", "--format", "csv"]));
    assert_eq!((printed.code, printed.stdout), (0, whole), "{}", printed.stderr);
    let before = fs::read(&file).unwrap();
    for (wrong, said) in [(&["--severity", "worst"][..], "severity"), (&["--asset", "x"], "asset_id")] {
        let refused = export(wrong);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let unknown = ended(client(&url, &key).args(["findings", "export", "--output-file", "findings.pdf"]));
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    drop(hub);
    assert_eq!(export(&[]).code, 4);
    assert_eq!(fs::read(&file).unwrap(), before, "the old file stays");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 3, "nothing else is left");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ended(client(&format!("http://{free}"), &key).args(["findings", "export", "--format", "csv"])).code, 4);
}

/// Header and records, whatever line breaks are in their cells.
fn csv_rows(table: &str) -> Vec<String> {
    let (mut rows, mut open) = (vec![String::new()], false);
    for line in table.lines() {
        let row = rows.last_mut().unwrap();
        row.push_str(line);
        open ^= line.matches('"').count() % 2 == 1;
        if !open {
            rows.push(String::new());
        }
    }
    rows.pop();
    rows
}

#[test]
fn any_two_runs_are_compared() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (_hub, url) = Running::serve(&data, &[]);
    let key = bootstrap(&data);
    let json = |arguments: &[&str]| -> Value {
        let told = ended(client(&url, &key).args(arguments).args(["--output", "json"]));
        assert_eq!(told.code, 0, "{}", told.stderr);
        serde_json::from_str(&told.stdout).unwrap()
    };
    let mut scans = Vec::new();
    for (name, report) in [("one", hostile_report()), ("two", hostile_report().replace("x\\\"y", "another"))] {
        let file = parent.path().join(format!("{name}.sarif"));
        fs::write(&file, report).unwrap();
        assert_eq!(ended(client(&url, &key).args(["import", "--hub", &url]).arg(&file)).code, 0);
        let listed = json(&["scans", "ls", "--origin", "upload"]);
        let known: Vec<String> =
            listed.as_array().unwrap().iter().map(|scan| scan["id"].as_str().unwrap().to_owned()).collect();
        scans.push(known.into_iter().find(|id| !scans.contains(id)).unwrap());
    }
    let run = json(&["findings", "delta", &scans[0]])["run"]["id"].as_str().unwrap().to_owned();
    let delta = json(&["findings", "delta", &scans[1], "--against", &run]);
    assert_eq!((&delta["new"]["counts"]["total"], &delta["unchanged"]["counts"]["total"]), (&json!(1), &json!(3)));
    let new = json(&["findings", "delta", &scans[1], "--against", &run, "--list", "new"]);
    assert_eq!(new.as_array().unwrap().len(), 1);
    let table = ended(client(&url, &key).args(["findings", "delta", &scans[1], "--against", &run]));
    assert!(table.stdout.contains("unchanged  3 high"), "{}", table.stdout);
    let unknown = "0190b8a2-0000-7000-8000-00000000ffff";
    assert_eq!(ended(client(&url, &key).args(["findings", "delta", &scans[1], "--against", unknown])).code, 2);
}

/// A report that is broken beside one that is not: every form that can tell says so.
#[test]
fn a_local_result_says_in_every_form_what_was_not_read() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("hostile.sarif"), hostile_report()).unwrap();
    fs::write(parent.path().join("broken.sarif"), "{\"version\": \"2.1.0\", \"runs\": [").unwrap();
    let files = ["out.junit.xml", "out.codequality.json", "out.md", "out.json", "out.sarif", "out.html"];
    let written = |reports: [&str; 2]| -> Vec<String> {
        let mut import = clean();
        import.current_dir(parent.path()).arg("import").args(files.iter().flat_map(|file| ["--output-file", file]));
        let ended = ended(import.args(["--output", "github-annotations"]).args(reports));
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        let texts = files.iter().map(|file| fs::read_to_string(parent.path().join(file)).unwrap());
        texts.chain([ended.stdout]).collect()
    };
    let texts = written(["hostile.sarif", "broken.sarif"]);
    let [junit, quality, comment, json, sarif, page, annotations] = texts.as_slice() else { unreachable!() };
    assert!(junit.contains("errors=\"1\"") && junit.contains("<error message="), "{junit}");
    assert_eq!(judged("outputs_codequality.py", quality), Ok(()));
    let issues: Value = serde_json::from_str(quality).unwrap();
    assert_eq!(issues.as_array().unwrap().len(), 4);
    assert!(comment.starts_with("<!-- scanhelm:scan ") && comment.contains("**Failed**: broken.sarif"), "{comment}");
    let json: Value = serde_json::from_str(json).unwrap();
    assert!(json["scanners"].as_array().unwrap().iter().any(|told| told["outcome"] == "failed"), "{json}");
    assert!(sarif.contains("\"executionSuccessful\":false"), "{sarif}");
    assert_eq!(judged("outputs_sarif.py", sarif), Ok(()));
    assert!(page.contains("<b>broken.sarif failed</b>"), "{page}");
    assert!(annotations.starts_with("::error title=broken.sarif failed::"), "{annotations}");
    assert!(annotations.lines().all(|line| line.starts_with("::error ")), "{annotations}");
    let folder = parent.path().display().to_string();
    assert!(texts.iter().all(|text| !text.contains(&folder)), "no absolute path");
}
