//! Real reports of scanners of code, secrets and infrastructure as code, with counts by an independent reading.

use std::path::PathBuf;

use serde_json::Value;

use crate::corpus::corpus;
use crate::reading::{Whole, read};

pub(crate) fn file(path: &str) -> Option<PathBuf> {
    Some(corpus()?.join(path))
}

pub(crate) fn whole(path: &str) -> Option<Whole> {
    let bytes = std::fs::read(file(path)?).unwrap();
    Some(read(bytes).unwrap_or_else(|error| panic!("{path}: {error}")))
}

pub(crate) fn json(path: &str) -> Option<Value> {
    let bytes = std::fs::read(file(path)?).unwrap();
    Some(serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Reads the file as this format with so many findings and nothing rejected.
#[track_caller]
pub(crate) fn expect(path: &str, format: &str, findings: usize, complete: bool) -> Option<Whole> {
    let whole = whole(path)?;
    assert_eq!((whole.format, whole.findings.len()), (format, findings), "{path}");
    assert_eq!(whole.rejected, [], "{path}");
    assert_eq!((whole.complete, whole.blind), (complete, false), "{path}: {:?}", whole.problems);
    Some(whole)
}

fn length(value: &Value) -> usize {
    value.as_array().unwrap().len()
}

#[test]
fn every_report_of_a_scanner_for_secrets_gives_the_leaks_it_holds() {
    for (path, format, complete) in [
        ("local/gitleaks/sample.json", "gitleaks", false),
        ("local/gitleaks/git-history.json", "gitleaks", false),
        ("local/trufflehog3/sample.json", "trufflehog3", false),
    ] {
        let Some(document) = json(path) else { return };
        expect(path, format, length(&document), complete);
    }
    for (path, format) in
        [("local/betterleaks/sample.json", "betterleaks"), ("local/kingfisher/sample.json", "kingfisher")]
    {
        let Some(document) = json(path) else { return };
        expect(path, format, length(&document["findings"]), true);
    }
    let path = "local/detect-secrets/sample.json";
    let Some(document) = json(path) else { return };
    let leaks = document["results"].as_object().unwrap().values().map(length).sum();
    expect(path, "detect-secrets", leaks, false);
}

#[test]
fn the_digest_of_the_scanner_identifies_where_the_report_is_redacted() {
    let Some(whole) = whole("local/betterleaks/sample.json") else { return };
    assert!(whole.findings.iter().all(|leak| leak.check.as_deref().is_some_and(|check| check.starts_with("secret "))));
    assert!(whole.headers[0].scanner_version.as_deref() == Some("2.0.0-rc.4"));
}

#[test]
fn every_report_of_a_linter_gives_the_findings_it_holds() {
    let of_list = |path: &str| json(path).map(|document| length(&document));
    for (path, format) in [
        ("local/hadolint/sample.json", "hadolint"),
        ("local/gixy/sample.json", "gixy"),
        ("local/zizmor/sample.json", "zizmor"),
        ("local/ruff-S/sample.json", "ruff"),
        ("local/cfn-lint/sample.json", "cfn-lint"),
        ("local/spectral/sample.json", "spectral"),
    ] {
        let Some(count) = of_list(path) else { return };
        expect(path, format, count, false);
    }
    let path = "local/shellcheck/sample.json";
    expect(path, "shellcheck", length(&json(path).unwrap()["comments"]), false);
    let path = "local/eslint-security/sample.json";
    let files = json(path).unwrap();
    let messages = files.as_array().unwrap().iter().flat_map(|file| file["messages"].as_array().unwrap());
    let messages = messages.filter(|message| message["fatal"] != true).count();
    expect(path, "eslint", messages, false);
    for (path, format, groups) in [
        ("local/njsscan/sample.json", "njsscan", ["nodejs", "templates"]),
        ("local/mobsfscan/sample.json", "njsscan", ["results", "none"]),
        ("mobsf/dd_many_findings.json", "njsscan", ["results", "none"]),
        ("mobsf/dd_no_findings.json", "njsscan", ["results", "none"]),
    ] {
        let document = json(path).unwrap();
        let rules = groups.iter().filter_map(|group| document[group].as_object()).flat_map(|group| group.values());
        let findings = rules.map(|rule| rule["files"].as_array().map_or(1, |files| files.len().max(1))).sum();
        expect(path, format, findings, false);
    }
    let path = "local/checkov/sample.json";
    let frameworks = json(path).unwrap();
    let failed =
        frameworks.as_array().unwrap().iter().map(|framework| length(&framework["results"]["failed_checks"])).sum();
    expect(path, "checkov", failed, true);
    let path = "checkmarx/astcli_kics_results.json";
    let total = json(path).unwrap()["total_counter"].as_u64().unwrap();
    expect(path, "kics", usize::try_from(total).unwrap(), false);
    let path = file("local/cppcheck/sample.xml").unwrap();
    let errors = std::fs::read_to_string(path).unwrap().matches("<error ").count();
    expect("local/cppcheck/sample.xml", "cppcheck", errors, false);
    let path = file("local/lynis/sample.dat").unwrap();
    let lines = std::fs::read_to_string(path).unwrap();
    let entries =
        lines.lines().filter(|line| line.starts_with("warning[]") || line.starts_with("suggestion[]")).count();
    expect("local/lynis/sample.dat", "lynis", entries, false);
    let path = file("local/flawfinder-csv/sample.csv").unwrap();
    let rows = csv::Reader::from_path(path).unwrap().records().count();
    expect("local/flawfinder-csv/sample.csv", "flawfinder-csv", rows, false);
}

#[test]
fn a_linter_that_could_not_read_its_target_says_so() {
    for (path, blind) in [
        ("local/njsscan/syntax-error.json", false),
        ("local/ruff-S/syntax-error.json", false),
        ("local/cfn-lint/missing.json", true),
    ] {
        let Some(whole) = whole(path) else { return };
        assert!(whole.findings.is_empty() && !whole.complete && !whole.problems.is_empty(), "{path}");
        assert_eq!(whole.blind, blind, "{path}");
    }
}

/// What a finding is known by, without the asset.
fn known_by(whole: &Whole) -> Vec<(String, String)> {
    use scanhelm_core::finding::identity::{location, weakness};
    let mut keys: Vec<_> =
        whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect();
    keys.sort();
    keys
}

/// Redacted, so that rule and path are all that both hold.
#[test]
fn kingfisher_says_the_same_in_both_of_its_formats() {
    let (own, sarif) = (whole("local/kingfisher/sample.json"), whole("local/kingfisher-sarif/sample.sarif"));
    let (Some(own), Some(sarif)) = (own, sarif) else { return };
    assert_eq!(known_by(&own), known_by(&sarif));
}

#[test]
fn hadolint_says_the_same_in_both_of_its_formats() {
    let (Some(own), Some(sarif)) = (whole("local/hadolint/sample.json"), whole("local/hadolint-sarif/sample.sarif"))
    else {
        return;
    };
    assert_eq!(known_by(&own), known_by(&sarif));
    assert_eq!(own.findings[0].severity, sarif.findings[0].severity);
}

/// The SARIF holds hits that the table leaves out, and not the other way round.
#[test]
fn flawfinder_says_the_same_in_both_of_its_formats() {
    let (Some(own), Some(sarif)) = (whole("local/flawfinder-csv/sample.csv"), whole("local/flawfinder/sample.sarif"))
    else {
        return;
    };
    let known = known_by(&sarif);
    for finding in known_by(&own) {
        assert!(known.contains(&finding), "{finding:?}");
    }
}

/// Elements of this name with none of these marks, counted without any of our code.
fn elements(path: &str, start: &str, without: &[&str]) -> Option<usize> {
    let text = std::fs::read_to_string(file(path)?).unwrap();
    let tags = text.split(start).skip(1).map(|rest| rest.split('>').next().unwrap());
    Some(tags.filter(|tag| !without.iter().any(|mark| tag.contains(mark))).count())
}

#[test]
fn every_report_of_cxsast_gives_the_open_flows_it_holds() {
    let judged = ["state=\"1\"", "FalsePositive=\"True\"", "Status=\"Fixed\""];
    for name in [
        "dd_checkmarx_many_aggregated_findings",
        "dd_checkmarx_multiple_findings",
        "dd_checkmarx_multiple_findings_same_query_id",
        "dd_checkmarx_no_finding",
        "dd_checkmarx_utf8_various_non_ascii_char",
        "cxflow_1-finding",
        "cxflow_11-findings",
        "cxflow_100-findings",
        "cxflow_1-finding-closed",
        "cxflow_2-findings-same-vuln-type-same-file-false-positive",
    ] {
        let path = format!("checkmarx/{name}.xml");
        let Some(open) = elements(&path, "<Result ", &judged) else { return };
        expect(&path, "checkmarx", open, false);
    }
    for (path, rows) in [
        ("checkmarx/j1_report_203476.csv", 357),
        ("checkmarx/j1_report_203473.csv", 18),
        ("checkmarx/j1_report_203483.csv", 0),
    ] {
        let mut table = csv::Reader::from_path(file(path).unwrap()).unwrap();
        let state = table.headers().unwrap().iter().position(|name| name == "Result State").unwrap();
        let states: Vec<String> = table.records().map(|row| row.unwrap()[state].to_owned()).collect();
        assert_eq!(states.len(), rows, "{path}: the manifest");
        let open = states.iter().filter(|state| *state != "Not Exploitable").count();
        expect(path, "checkmarx-csv", open, false);
    }
}

#[test]
fn every_report_of_fortify_gives_the_issues_it_holds() {
    for name in [
        "dd_fortify_fortify_few_findings_count_chart.xml",
        "dd_fortify_issue6260.xml",
        "sarifsdk_bannedAPIs_java.xml",
        "sarifsdk_bannedAPIs_m0.xml",
    ] {
        let path = format!("fortify/{name}");
        let Some(issues) = elements(&path, "<Issue ", &[]) else { return };
        expect(&path, "fortify-report", issues, false);
    }
    for (name, complete) in [
        ("dd_fortify_audit.fvdl", true),
        ("sarifsdk_OneResultBasic.fvdl", true),
        ("sarifsdk_OneResultWithTwoTraces.fvdl", true),
        ("sarifsdk_TwoResultsWithNodeRefs.fvdl", true),
    ] {
        let path = format!("fortify/{name}");
        let text = std::fs::read_to_string(file(&path).unwrap()).unwrap();
        expect(&path, "fortify", text.matches("<Vulnerability>").count(), complete);
    }
}

#[test]
fn every_report_of_checkmarx_one_gives_the_open_results_it_holds() {
    let judged = |result: &&Value| {
        let state: String =
            result["state"].as_str().unwrap_or_default().chars().filter(char::is_ascii_alphabetic).collect();
        !state.eq_ignore_ascii_case("notexploitable")
    };
    for name in
        ["astcli_cx_result", "dd_checkmarx_one_checkmarx_one_format_two", "dd_checkmarx_one_checkmarx_one_sca_10770"]
    {
        let path = format!("checkmarx/{name}.json");
        let Some(document) = json(&path) else { return };
        let open = document["results"].as_array().unwrap().iter().filter(judged).count();
        expect(&path, "checkmarx-one", open, false);
    }
    for (name, count) in [
        ("dd_checkmarx_sample_report", 669 + 117 + 31),
        // It counts eleven and holds ten.
        ("dd_checkmarx_multiple_findings", 10),
        // 136 flows and 10 settings.
        ("dd_checkmarx_one_vulnerabilities_from_scan_results", 146),
        ("dd_checkmarx_one_vulnerabilities_from_scan_results_sast_only", 2),
    ] {
        let path = format!("checkmarx/{name}.json");
        expect(&path, "checkmarx-report", count, false);
    }
}

#[test]
fn every_answer_of_sonarqube_gives_the_open_issues_it_holds() {
    for name in [
        "dd_api_sonarqube_issues",
        "dd_api_sonarqube_hotspots_many_vulns",
        "dd_sonarqube_findings_over_api_hotspots",
        "dd_sonarqube_findings_over_api_empty",
        "dd_sonarqube_sonar-6-findings",
        "dd_sonarqube_issue_10150",
        "am_sonarqube-api",
        "am_sonarqube-api-multimodule",
        "am_sonarqube-differential",
        "j1_issues_page2_empty",
    ] {
        let path = format!("sonarqube/{name}.json");
        let Some(document) = json(&path) else { return };
        let lists = [&document, &document["issues"], &document["hotspots"]];
        let issues = lists.into_iter().filter_map(Value::as_array).flatten();
        let open = issues.filter(|issue| !["CLOSED", "RESOLVED"].contains(&issue["status"].as_str().unwrap())).count();
        expect(&path, "sonarqube", open, false);
    }
}

#[test]
fn every_report_of_veracode_gives_the_open_flaws_it_holds() {
    for (name, complete) in [
        ("dd_veracode_veracode_scan", false),
        ("dd_veracode_many_findings", true),
        ("dd_veracode_dynamic_finding", false),
        ("dd_veracode_mitigated_finding", false),
        ("dd_veracode_veracode_scan_sca_mitigated", false),
        ("heimdall_veracode", true),
    ] {
        let path = format!("veracode/{name}.xml");
        let judged = ["remediation_status=\"Fixed\"", " mitigation_status=\"accepted\"", " mitigation=\"true\""];
        let Some(flaws) = elements(&path, "<flaw ", &judged) else { return };
        let packages = elements(&path, "<vulnerability ", &judged).unwrap();
        expect(&path, "veracode", flaws + packages, complete);
    }
    for name in [
        "dd_veracode_static_findings_list_format",
        "dd_veracode_static_embedded_format",
        "dd_veracode_dynamic_findings_list_format",
        "dd_veracode_sca_findings_list_format",
        "dd_veracode_sca_embedded_format",
        "j1_findings_static",
        "j1_findings_sca",
    ] {
        let path = format!("veracode/{name}.json");
        let document = json(&path).unwrap();
        let lists = [&document["findings"], &document["_embedded"]["findings"]];
        let findings = lists.into_iter().filter_map(Value::as_array).flatten();
        let open = findings.filter(|finding| {
            let status = &finding["finding_status"];
            status["status"] != "CLOSED" && status["resolution_status"] != "APPROVED"
        });
        expect(&path, "veracode-findings", open.count(), false);
    }
    expect("veracode/am_veracode_pipeline_scanner_result.json", "veracode-pipeline", 8, false);
    expect("veracode/dd_veracode_sca_veracode_sca.json", "veracode-agent", 1, false);
    // Of its three rows one is resolved.
    expect("veracode/dd_veracode_sca_veracode_sca.csv", "veracode-agent-csv", 2, false);
}

#[test]
fn every_report_of_gitlab_gives_the_vulnerabilities_it_holds() {
    for (path, complete) in [
        ("gitlab/dd_gitlab_sast_gl-sast-report-many-vuln_v15.json", false),
        ("gitlab/dd_gitlab_sast_gl-sast-report-many-vuln_v14.json", false),
        ("gitlab/dd_gitlab_dep_scan_gl-dependency-scanning-report-many-vuln_v15.json", true),
        ("gitlab/dd_gitlab_container_scan_issue6639_v15.json", false),
        ("gitlab/dd_gitlab_container_scan_gl-container-scanning-report-5-vuln_v15.json", true),
        ("gitlab/dd_gitlab_dast_gitlab_dast_many_vul_v15.json", false),
        ("trivy/golden_alpine-310.gitlab.json", true),
        ("checkmarx/dd_checkmarx_one_checkmarx_one.json", true),
    ] {
        let Some(document) = json(path) else { return };
        expect(path, "gitlab", length(&document["vulnerabilities"]), complete);
    }
    let path = "trivy/golden_alpine-310.gitlab-codequality.json";
    expect(path, "gitlab-codequality", length(&json(path).unwrap()), false);
}

/// Schema 15 dropped the scanner and kept the identifiers.
#[test]
fn both_schemas_of_gitlab_give_one_finding_each() {
    let [four, five] =
        ["v14", "v15"].map(|schema| whole(&format!("gitlab/dd_gitlab_sast_gl-sast-report-many-vuln_{schema}.json")));
    let (Some(four), Some(five)) = (four, five) else { return };
    assert_eq!(known_by(&four), known_by(&five));
}

#[test]
fn every_list_of_github_gives_the_open_alerts_it_holds() {
    for (name, count) in [
        ("dd_github_sast_github_sast_many_vul", 2),
        ("dd_github_vulnerability_github-5-vuln", 5),
        ("dd_github_vulnerability_github_search", 2),
        ("webhook_code_scanning_alert_closed-by-user", 0),
        ("webhook_code_scanning_alert_reopened", 1),
        ("webhook_dependabot_alert_created", 1),
        ("webhook_dependabot_alert_fixed", 0),
    ] {
        expect(&format!("github_code_scanning/{name}.json"), "github", count, false);
    }
}

/// What the document holds of what is not well, counted by its own words.
fn unwell_of_mobsf(document: &Value) -> usize {
    let is_finding = |word: &Value| !["good", "secure"].contains(&word.as_str().unwrap());
    let code = document["code_analysis"]["findings"].as_object().unwrap().values();
    let code: usize = code
        .filter(|rule| is_finding(&rule["metadata"]["severity"]))
        .map(|rule| rule["files"].as_object().unwrap().len().max(1))
        .sum();
    let of = |list: &Value, severity: fn(&Value) -> &Value| {
        list.as_array().map_or(0, |list| list.iter().filter(|record| is_finding(severity(record))).count())
    };
    let manifest = of(&document["manifest_analysis"]["manifest_findings"], |record| &record["severity"]);
    let network = of(&document["network_security"]["network_findings"], |record| &record["severity"]);
    let certificate = of(&document["certificate_analysis"]["certificate_findings"], |record| &record[0]);
    let binaries =
        document["binary_analysis"].as_array().unwrap().iter().flat_map(|file| file.as_object().unwrap().values());
    let binaries = binaries
        .filter(|judgement| ["high", "warning"].contains(&judgement["severity"].as_str().unwrap_or("")))
        .count();
    code + manifest + network + certificate + binaries + length(&document["secrets"])
}

#[test]
fn every_report_of_mobsf_gives_what_is_not_well() {
    for (name, complete) in [
        ("dd_damnvulnrablebank", false),
        ("dd_issue_9132", false),
        ("dd_scorecard_dvba_4_0_7_android_full", false),
        // Their logs tell that a program was not there or failed, as that of the one before.
        ("live/01_JustTrustMe_report", false),
        ("live/02_ClipDump_report", false),
        ("live/03_mobi_acpm_sslunpinning_v2_37f44f_report", false),
        ("live/23_async_report_droidmon", false),
        ("live/04_cordova_src_report", true),
    ] {
        let path = format!("mobsf/{name}.json");
        let Some(document) = json(&path) else { return };
        let whole = expect(&path, "mobsf", unwell_of_mobsf(&document), complete).unwrap();
        let kept = format!("{whole:?}");
        for secret in document["secrets"].as_array().unwrap() {
            let secret = secret.as_str().unwrap().rsplit(" : ").next().unwrap().trim_matches('"').to_owned();
            assert!(!kept.contains(&secret), "{path} keeps a secret");
        }
    }
}

#[test]
fn every_report_of_appscan_gives_the_issues_it_holds() {
    // The manifest's counts.
    for (name, issues) in [
        ("dd_dast_issue_9279", 18),
        ("dd_dast_many_findings", 60),
        ("dd_dast_no_findings", 0),
        ("dd_sast_many_issues", 83),
        ("dd_sast_one_issue", 1),
    ] {
        expect(&format!("appscan_asoc/{name}.xml"), "appscan", issues, false);
    }
    // Its authors masked every address and a severity.
    let Some(masked) = whole("appscan_asoc/dd_dast_issue_10074.xml") else { return };
    let reasons: Vec<&str> = masked.rejected.iter().map(|rejected| rejected.reason.as_str()).collect();
    assert_eq!((masked.findings.len(), reasons.len()), (0, 4));
    assert!(
        reasons.iter().all(|reason| ["it names no address", "`` is no severity of AppScan"].contains(reason)),
        "{reasons:?}"
    );
}
