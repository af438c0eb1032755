//! What the readers of commercial scanners of code make of their reports.

use std::io::Write;

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::{Limits, ReadError, ReadOptions};
use zip::write::SimpleFileOptions;

use crate::code_samples::*;
use crate::reading::{Whole, read, read_with};

fn known(whole: &Whole) -> Vec<(String, String)> {
    whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect()
}

#[test]
fn a_flow_is_known_by_its_query_and_its_ends_in_every_layout() {
    let (xml, csv) = (read(CHECKMARX).unwrap(), read(CHECKMARX_CSV).unwrap());
    let expected =
        ("rule:checkmarx:Java/SQL_Injection#src/a.java username -> prepare".to_owned(), "code:src/b.java\n".to_owned());
    assert_eq!(known(&xml), vec![expected.clone()]);
    assert_eq!(known(&csv), [expected]);
    assert_eq!(xml.rejected[0].reason, "`Dire` is no severity of Checkmarx");
    assert_eq!(xml.rejected.len(), 1, "what was judged or is fixed is no finding");
    let flow = &xml.findings[0];
    assert_eq!(
        (flow.severity, flow.cwes.as_slice(), flow.title.as_str()),
        (Severity::High, [89].as_slice(), "SQL Injection")
    );
    assert_eq!(flow.evidence.as_deref(), Some("login(username)\nc.prepare(\"select \" + username)"));
    assert!(!xml.complete && !csv.complete);
}

#[test]
fn moved_lines_and_a_new_scan_change_nothing() {
    let again = CHECKMARX
        .replace("<Line>49</Line>", "<Line>50</Line>")
        .replace("1000227", "1000228")
        .replace("pathid=20", "pathid=9");
    assert_eq!(known(&read(CHECKMARX).unwrap()), known(&read(again).unwrap()));
}

#[test]
fn the_caller_names_the_repository_else_the_project_does() {
    assert_eq!(read(CHECKMARX).unwrap().assets[0].asset.identity(), "repository:shop");
    let options = ReadOptions { repository: Some("git.example/shop".to_owned()), ..ReadOptions::default() };
    assert_eq!(read_with(CHECKMARX, &options).unwrap().assets[0].asset.identity(), "repository:git.example/shop");
}

#[test]
fn fortify_gives_one_finding_in_both_of_its_layouts() {
    let (fvdl, report) = (read(FVDL).unwrap(), read(FORTIFY_REPORT).unwrap());
    assert_eq!(known(&fvdl)[0], known(&report)[0]);
    assert_eq!(known(&report)[0].0, "rule:fortify:SQL Injection#53C25D2FC6950554F16D3CEF9E41EF6F");
    assert_eq!(fvdl.findings[0].severity, report.findings[0].severity);
    assert_eq!(fvdl.findings[0].cwes, [89, 564]);
    assert_eq!(fvdl.findings[0].evidence.as_deref(), Some("run(sql)"));
    assert_eq!(report.rejected[0].reason, "`Dire` is no priority of Fortify");
    assert!(!report.complete);
}

#[test]
fn fvdl_is_complete_without_errors_of_the_engine() {
    let whole = read(FVDL).unwrap();
    assert!(whole.complete);
    assert_eq!(known(&whole)[1], ("rule:fortify:Dead Code: Unused Field#B2".to_owned(), "code:src/b.cs\n".to_owned()));
    assert_eq!(whole.findings[1].severity, Severity::Low);
    assert_eq!(whole.rejected[0].reason, "it has no severity, and its rule no impact");
    let failed = read(FVDL.replace("<Errors/>", "<Errors><Error code=\"1232\">no memory</Error></Errors>")).unwrap();
    assert!(!failed.complete && failed.problems == ["1232 no memory"]);
    assert!(!read(FVDL.replace("<Errors/>", "")).unwrap().complete);
}

#[test]
fn what_stands_behind_the_issues_is_bounded() {
    let limits = Limits { max_context: 300, ..Limits::default() };
    let error = read_with(FVDL, &ReadOptions { limits, ..ReadOptions::default() }).unwrap_err();
    assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
}

#[test]
fn an_fpr_holds_its_results_beside_the_sources() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, content) in [("src-archive/a.cs", "class A {}"), ("audit.fvdl", FVDL), ("audit.xml", "<Audit/>")] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    let packed = archive.finish().unwrap().into_inner();
    assert_eq!(read(packed).unwrap(), read(FVDL).unwrap());
}

#[test]
fn checkmarx_one_gives_the_findings_of_all_engines_in_both_of_its_layouts() {
    let (results, report) = (read(CHECKMARX_ONE).unwrap(), read(CHECKMARX_REPORT).unwrap());
    let sorted = |whole: &Whole| {
        let mut known = known(whole);
        known.sort();
        known
    };
    let flow = known(&read(CHECKMARX).unwrap()).remove(0);
    assert_eq!(known(&results)[0], flow, "one flow in every layout");
    assert_eq!(
        known(&results)[1..],
        [
            ("rule:checkmarx:IaC/Missing User Instruction#USER is there".to_owned(), "code:Dockerfile\n".to_owned()),
            (
                "cve:CVE-2013-7285".to_owned(),
                "package:pkg:maven/com.thoughtworks.xstream/xstream@1.4.5\npom.xml".to_owned()
            ),
        ]
    );
    assert_eq!(sorted(&report)[1..], sorted(&results)[1..], "the report does not tell where a package is");
    assert_eq!(results.rejected[0].reason, "results of the engine `sscs-x` are not read");
    assert_eq!((results.rejected.len(), report.rejected.len()), (1, 0));
    assert!(!results.complete && !report.complete);
}

#[test]
fn sonarqube_keeps_what_is_open_and_knows_it_by_the_hash_of_the_line() {
    let whole = read(SONARQUBE).unwrap();
    assert_eq!(
        known(&whole),
        [
            ("rule:sonarqube:java:S2077#d9024e5c".to_owned(), "code:cart-common-folder/src/A.java\n".to_owned()),
            ("rule:sonarqube:java:S1".to_owned(), "asset".to_owned()),
        ]
    );
    assert_eq!(whole.findings.iter().map(|issue| issue.severity).collect::<Vec<_>>(), [Severity::High, Severity::High]);
    assert_eq!(whole.assets[0].asset.identity(), "repository:acme:cart");
    assert_eq!(whole.rejected[0].reason, "it has no severity");
    let hotspots = r#"[{"key":"A","component":"p:a.rb","project":"p","securityCategory":"auth","vulnerabilityProbability":"HIGH","status":"TO_REVIEW","line":9,"message":"password"},
        {"key":"B","component":"p:a.rb","project":"p","securityCategory":"auth","vulnerabilityProbability":"LOW","status":"REVIEWED","resolution":"SAFE","message":"m"},
        {"key":"C","component":"p:a.rb","project":"p","securityCategory":"auth","vulnerabilityProbability":"LOW","status":"REVIEWED","resolution":"ACKNOWLEDGED","message":"m"}]"#;
    let hotspots = read(hotspots).unwrap();
    assert_eq!(hotspots.findings.len(), 2);
    assert_eq!(known(&hotspots)[0], ("rule:sonarqube:hotspot:auth".to_owned(), "code:a.rb\n".to_owned()));
}

#[test]
fn veracode_gives_one_flaw_in_its_report_and_its_api() {
    let (report, api) = (read(VERACODE).unwrap(), read(VERACODE_FINDINGS).unwrap());
    assert_eq!(known(&report)[0], ("rule:veracode:CWE-89#issue 16".to_owned(), "code:com/x/A.java\n".to_owned()));
    assert_eq!(known(&report)[0], known(&api)[0]);
    assert_eq!(known(&report)[1].1, "web: https://shop.example/a b");
    assert_eq!(known(&report)[2].1, "package:pkg:maven/com.h2database/h2@2.1.214\n");
    assert_eq!((report.findings.len(), report.rejected.len()), (3, 1));
    assert_eq!(report.rejected[0].reason, "`9` is no severity of Veracode");
    assert_eq!(report.findings[0].solution.as_deref(), Some("Bind.\n- Always"));
    assert!(report.complete && report.headers[0].policy.as_deref() == Some("static"));
    assert!(!read(VERACODE.replace("total_flaws=\"3\"", "total_flaws=\"4\"")).unwrap().complete);
    assert!(!read(VERACODE.replace("published_date=\"2020-06-01 10:02:01 UTC\"", "")).unwrap().complete);
    assert_eq!((api.findings.len(), api.complete), (3, false));
    assert_eq!(api.findings[2].cvss.len(), 2);
    let empty = r#"{"_links":{"self":{"href":"https://api.example/appsec/v2/applications/b6d3/findings"}},"page":{"size":500,"total_elements":0,"total_pages":0,"number":0}}"#;
    let empty = read(empty).unwrap();
    assert_eq!((empty.format, empty.findings.len(), empty.complete), ("veracode-findings", 0, false));
}

#[test]
fn a_pipeline_scan_is_known_by_function_and_call() {
    let whole = read(VERACODE_PIPELINE).unwrap();
    let known = known(&whole);
    assert_eq!(known[0].0, "rule:veracode:CWE-117#com.sample.LoggingFilter void f(int) org.slf4j.Logger.info");
    assert_eq!((whole.findings.len(), whole.rejected.len(), whole.complete), (1, 1, false));
    let failed = read(VERACODE_PIPELINE.replace("SUCCESS", "TIMEOUT")).unwrap();
    assert_eq!(failed.problems, ["the scan's status is `TIMEOUT`"]);
}

#[test]
fn the_agent_says_the_same_in_both_of_its_formats() {
    let (json, csv) = (read(VERACODE_AGENT).unwrap(), read(VERACODE_AGENT_CSV).unwrap());
    let expected = "package:pkg:maven/org.apache.calcite.avatica/avatica-core@1.11.0\n";
    assert_eq!(known(&json), vec![("cve:CVE-2022-36364".to_owned(), expected.to_owned())]);
    assert_eq!(known(&json), known(&csv));
    assert_eq!((json.rejected.len(), csv.rejected.len()), (0, 1));
}

#[test]
fn gitlab_speaks_for_the_analyzer_that_found_it() {
    let whole = read(GITLAB).unwrap();
    let known = known(&whole);
    let hash = "4dd25cfea7294af80c58a87f764286ce21ec612e78ae7a208c0a92887870963b";
    assert_eq!(known[0], (format!("rule:bandit:B608#{hash}"), "code:src/a.py\n".to_owned()));
    assert_eq!(known[1].1, "package:pkg:golang/golang.org/x/crypto@v0.0.0-2019\nservice/go.sum");
    assert_eq!(known[2].1, "package:pkg:apk/alpine/busybox@1.34.1-r4\n");
    assert_eq!(whole.findings[2].asset.identity(), "image:registry.example/tools:1");
    assert_eq!(known[3], ("rule:all:10062".to_owned(), "web:GET http://api-server/v1/trees q".to_owned()));
    assert_eq!(known[4].0, "rule:gitleaks:AWS#secret sha256:76b8a571c3a0509c");
    assert!(!format!("{whole:?}").contains("hunter2hunter2"));
    assert_eq!(whole.rejected[0].reason, "it has no identifier");
    assert!(whole.complete && whole.headers[0].policy.as_deref() == Some("sast all"));
    for (kind, status) in [("secret_detection", "success"), ("dast", "success"), ("sast", "failure")] {
        let changed = GITLAB
            .replace("\"type\":\"sast\"", &format!("\"type\":\"{kind}\""))
            .replace("\"status\":\"success\"", &format!("\"status\":\"{status}\""));
        assert!(!read(changed).unwrap().complete, "{kind} {status}");
    }
}

#[test]
fn an_issue_of_code_climate_is_known_by_its_fingerprint() {
    let whole = read(CODE_QUALITY).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
    assert_eq!(whole.findings[0].check.as_deref(), Some("aeda1fbbe0e7f685887445359f8078c98eafd6de"));
    assert_eq!(whole.findings[0].cves, ["CVE-2019-1549"]);
}

#[test]
fn only_open_alerts_of_github_are_findings() {
    let whole = read(GITHUB).unwrap();
    assert_eq!(
        known(&whole),
        [
            ("rule:codeql:py/clear-text".to_owned(), "code:src/file.py\n".to_owned()),
            ("cve:CVE-2022-25883".to_owned(), "package:pkg:npm/semver\npackage-lock.json".to_owned()),
            (
                "rule:github-secret-scanning:adafruit_io_key#secret sha256:76b8a571c3a0509c".to_owned(),
                "asset".to_owned()
            ),
        ]
    );
    assert!(whole.findings.iter().all(|alert| alert.asset.identity() == "repository:github.com/acme/shop"));
    assert_eq!(whole.findings[2].severity, Severity::Critical);
    assert_eq!(whole.rejected[0].reason, "`dire` is no severity of GitHub");
    assert!(!format!("{whole:?}").contains("hunter2hunter2"));
    let delivery = r#"{"action":"created","alert":{"number":35,"html_url":"https://github.com/acme/shop/security/code-scanning/35","state":"open","rule":{"id":"x","severity":"note"},"tool":{"name":"CodeQL"}},"repository":{"full_name":"acme/shop"}}"#;
    let delivery = read(delivery).unwrap();
    assert_eq!((delivery.findings.len(), delivery.findings[0].severity), (1, Severity::Low));
    let graph = r#"{"data":{"search":{"nodes":[{"name":"shop","vulnerabilityAlerts":{"nodes":[{"id":"a","state":"OPEN","securityVulnerability":{"severity":"MODERATE","package":{"name":"log4j:log4j","ecosystem":"MAVEN"},
        "advisory":{"summary":"s","identifiers":[{"type":"GHSA","value":"GHSA-2qrg-x229-3v8q"}]}}},{"id":"b","state":"FIXED"}]}}]}}}"#;
    let graph = read(graph).unwrap();
    assert_eq!(
        known(&graph),
        vec![("rule:dependabot:GHSA-2qrg-x229-3v8q".to_owned(), "package:pkg:maven/log4j/log4j\n".to_owned())]
    );
    assert_eq!(graph.findings[0].asset.identity(), "repository:shop");
}

#[test]
fn mobsf_knows_an_app_by_its_package_and_keeps_no_secret() {
    let whole = read(MOBSF).unwrap();
    assert!(whole.complete && whole.problems.is_empty());
    let rules: Vec<&str> = whole.findings.iter().map(|finding| finding.rule_id.as_str()).collect();
    assert_eq!(
        rules,
        [
            "certificate/Signed Application",
            "certificate/Application vulnerable to Janus",
            "manifest/app_allowbackup",
            "manifest/exported",
            "network/Clear text traffic is permitted.",
            "binary/fortify",
            "android_logging",
            "android_logging",
            "hardcoded_secret"
        ]
    );
    assert_eq!(known(&whole)[5].1, "code:lib/arm64-v8a/libx.so\n");
    assert_eq!(known(&whole)[8].0, "rule:mobsf:hardcoded_secret#secret sha256:76b8a571c3a0509c");
    assert_eq!(whole.rejected[0].reason, "`dire` is no severity of MobSF");
    assert_eq!(whole.assets[0].asset.identity(), "repository:org.example.shop");
    assert!(!format!("{whole:?}").contains("hunter2hunter2"));
    let failed = read(MOBSF.replace("\"exception\":null", "\"exception\":\"no JADX\"")).unwrap();
    assert!(!failed.complete && failed.problems == ["Unzipping: no JADX"]);
}

#[test]
fn defectdojos_generic_findings_are_read_wherever_they_are() {
    let whole = read(DEFECTDOJO).unwrap();
    assert_eq!(
        known(&whole),
        [
            ("rule:own scan:R1#u1".to_owned(), "code:src/a.py\n".to_owned()),
            ("cve:CVE-2021-44228".to_owned(), "package:pkg:generic/log4j@2.14.0\n".to_owned()),
            ("rule:own scan:Open page".to_owned(), "web: https://shop.example/a ".to_owned()),
            ("rule:own scan:Weak host".to_owned(), "asset".to_owned()),
        ]
    );
    assert_eq!(whole.findings[3].asset.identity(), "fqdn:db1.example.org");
    assert_eq!(whole.findings[0].references, ["https://r.example/1"]);
    assert_eq!(whole.rejected[0].reason, "`Dire` is no severity of DefectDojo");
    let table = read(DEFECTDOJO_CSV).unwrap();
    assert_eq!(known(&table), vec![("cve:CVE-2020-36234".to_owned(), "web: https://shop.example/a ".to_owned())]);
    assert_eq!((table.rejected.len(), table.complete, whole.complete), (1, false, false));
}

#[test]
fn appscan_finds_on_pages_and_in_code() {
    let whole = read(APPSCAN).unwrap();
    assert_eq!(
        known(&whole),
        [
            ("rule:appscan:attSql".to_owned(), "web:POST https://shop.example/login.jsp uid".to_owned()),
            ("rule:appscan:Privilege".to_owned(), "code:web/Dockerfile\nFROM python:latest".to_owned()),
        ]
    );
    let issue = &whole.findings[0];
    assert_eq!((issue.title.as_str(), issue.cwes.as_slice()), ("SQL injection: It runs", [89].as_slice()));
    assert_eq!(issue.cvss[0].vector.as_deref(), Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:L/A:N"));
    assert_eq!(whole.findings[1].asset.identity(), "repository:shop");
    assert_eq!(whole.rejected[0].reason, "it names no address");
    assert!(!whole.complete && whole.rejected.len() == 1);
}
