//! What the readers of platforms' answers, and of tools of one purpose, make of a report.

use std::io::{Cursor, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::weakness;
use scanhelm_formats::ReadOptions;
use zip::write::SimpleFileOptions;

use crate::answer_samples::{
    CPAN_AUDIT, DEFENDER, GUARDDOG, INSIGHTAPPSEC, SEMGREP_PLATFORM, SNYK_API, SSLYZE, STACKHAWK,
};
use crate::corpus::corpus;
use crate::reading::{Whole, entry, known_by, read, read_with};

/// Rule and severity of each finding.
fn rated(whole: &Whole) -> Vec<(&str, Severity)> {
    whole.findings.iter().map(|finding| (finding.rule_id.as_str(), finding.severity)).collect()
}

#[test]
fn cpan_audit_names_the_distribution_and_what_it_knows() {
    let whole = read(CPAN_AUDIT).unwrap();
    assert_eq!(
        known_by(&whole)[0],
        entry("repository:unknown repository", "cve:CVE-2011-4116", "package:pkg:generic/File-Temp@0.2311\n")
    );
    assert_eq!(
        rated(&whole),
        [
            ("CPANSA-File-Temp-2011-4116", Severity::High),
            ("CPANSA-File-Temp-2012-01", Severity::Medium),
            ("CPANSA-HTTP-Tiny-2016-01", Severity::Low)
        ]
    );
    assert!(!whole.complete && !whole.blind && whole.rejected.is_empty());
}

#[test]
fn snyks_answers_hold_what_is_open() {
    let whole = read(SNYK_API).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            entry("repository:25502d3a", "cve:CVE-2023-4863", "package:pkg:pypi/pillow@9.5.0\n"),
            entry("repository:25502d3a", "rule:snyk:CWE-89#9a29d87f", "code:src/db.py\n"),
        ]
    );
    assert_eq!(whole.findings[0].cvss[0].score, Some(9.6), "Snyk's own score comes first");
    let mine = ReadOptions { repository: Some("shop".to_owned()), ..ReadOptions::default() };
    assert_eq!(read_with(SNYK_API, &mine).unwrap().findings[0].asset.identity(), "repository:shop");
    let unnamed = read(SNYK_API.replacen("\"dependency\"", "\"other\"", 1)).unwrap();
    assert_eq!((unnamed.findings.len(), unnamed.rejected[0].reason.as_str()), (1, "it names no package"));
}

#[test]
fn snyk_says_the_same_of_a_package_in_its_answers_and_in_its_report() {
    let Some(corpus) = corpus() else { return };
    let of = |file: &str| read(std::fs::read(corpus.join("snyk").join(file)).unwrap()).unwrap();
    let whole = of("parlay_numpy_issues.json");
    assert_eq!(known_by(&whole)[0][1..], ["cve:CVE-2019-6446", "package:pkg:pypi/numpy@1.16.0\n"].map(str::to_owned));
    // Each issue of each version; the document counts issues.
    let aggregated = of("apits_aggregatedIssuesWithVulnPaths-goof.json");
    assert_eq!((aggregated.findings.len(), aggregated.rejected.len()), (21, 0));
}

#[test]
fn defender_names_the_machine_as_well_as_it_can() {
    let whole = read(DEFENDER).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            entry("name:m1", "cve:CVE-2022-3602", "package:pkg:generic/openssl/openssl@3.0.1\n"),
            entry(
                "fqdn:db1.example.com",
                "cve:CVE-2020-0001",
                "package:pkg:generic/adobe/reader:%20Old%20TLS%20inside@9.0\n"
            ),
        ]
    );
    assert!(whole.rejected.is_empty() && !whole.complete);
    assert!(whole.findings[1].seen_at.is_some());
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn defenders_pages_in_an_archive_are_one_report() {
    let machines = r#"{"value":[{"id":"m1","computerDnsName":"app1.example.com","lastIpAddress":"10.0.0.7","osPlatform":"Linux"}]}"#;
    let page = r#"{"value":[{"cveId":"CVE-2021-1","machineId":"m2","productName":"x","severity":"Low"}]}"#;
    let pages = [("machines/1.json", machines), ("vulnerabilities/1.json", DEFENDER), ("vulnerabilities/2.json", page)];
    let whole = read(zipped(&pages)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (3, 0));
    assert_eq!(whole.findings[0].asset.identity(), "fqdn:app1.example.com");
    assert_eq!(whole.findings[0].asset.operating_system.as_deref(), Some("Linux"));
    let broken = &DEFENDER[..DEFENDER.len() / 2];
    assert!(read(zipped(&[pages[0], ("vulnerabilities/1.json", broken)])).is_err(), "a page that breaks off");
    assert!(read(zipped(&[pages[0], pages[1], ("readme.txt", "x")])).is_err(), "something else beside the pages");
}

#[test]
fn guarddog_tells_what_code_can_do_from_what_malware_does() {
    let whole = read(GUARDDOG).unwrap();
    assert_eq!(rated(&whole), [("threat-runtime-obfuscation-api", Severity::High), ("typosquatting", Severity::High)]);
    assert_eq!(known_by(&whole)[1], entry("repository:left-pad", "rule:guarddog:typosquatting", "asset"));
    assert!(!whole.complete && whole.problems.len() == 1);
    let capable = read(GUARDDOG.replace("threat-runtime-obf", "capability-runtime-obf")).unwrap();
    assert_eq!(capable.findings[0].severity, Severity::Info);
}

#[test]
fn semgreps_platform_says_what_is_open() {
    let whole = read(SEMGREP_PLATFORM).unwrap();
    assert_eq!(
        known_by(&whole),
        [entry("repository:shop/web", "rule:semgrep:python.sql.injection#0f8c79a6_0", "code:src/db.py\n")]
    );
    assert_eq!((whole.findings[0].cwes.as_slice(), whole.rejected.len()), (&[89][..], 0));
}

#[test]
fn sslyze_says_what_is_weak_by_the_rules_of_sslscan() {
    let whole = read(SSLYZE).unwrap();
    assert_eq!(
        rated(&whole),
        [
            ("protocol:TLSv1.0", Severity::Medium),
            ("heartbleed", Severity::Critical),
            ("renegotiation", Severity::Medium),
            ("robot", Severity::High),
            ("client-renegotiation", Severity::Low),
            ("cipher:anonymous", Severity::High),
            ("cipher:weak", Severity::Medium),
            ("certificate:expired", Severity::High),
            ("certificate:self-signed", Severity::Medium),
            ("certificate:signature", Severity::Medium),
            ("certificate:key", Severity::Medium),
        ]
    );
    assert!(whole.findings.iter().all(|finding| finding.asset.identity() == "fqdn:db1.example.com"));
    assert_eq!(whole.assets.len(), 1, "a server that was not reached is not covered");
    assert_eq!(whole.problems.len(), 2, "{:?}", whole.problems);
    assert!(!whole.complete && !whole.blind);
    let reached = SSLYZE.replacen("\"scan_status\":\"COMPLETED\"", "\"scan_status\":\"ERROR_NO_CONNECTIVITY\"", 1);
    assert!(read(reached).unwrap().blind);
}

#[test]
fn stackhawk_gives_each_page_of_a_plugin() {
    let whole = read(STACKHAWK).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            entry("site:https://shop.example", "rule:stackhawk:40018", "web:POST https://shop.example/search "),
            entry("site:https://shop.example", "rule:stackhawk:40018", "web:GET https://shop.example/login "),
            entry("site:https://shop.example", "rule:stackhawk:10015", "web: https://shop.example/ "),
        ]
    );
    assert_eq!(whole.findings[1].evidence.as_deref(), Some("Status at StackHawk: FALSE_POSITIVE"));
    let odd = read(STACKHAWK.replace("\"High\"", "\"Odd\"")).unwrap();
    assert_eq!((odd.findings.len(), odd.rejected[0].reason.as_str()), (1, "`Odd` is no severity of StackHawk"));
    assert_eq!(read(STACKHAWK.replace("COMPLETED", "ERROR")).unwrap().problems.len(), 1);
}

#[test]
fn insightappsec_knows_a_vulnerability_by_its_module_whatever_attack_showed_it() {
    let whole = read(INSIGHTAPPSEC).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            entry("site:http://shop.example", "rule:insightappsec:m1", "web:GET http://shop.example/find q"),
            entry("site:http://shop.example", "rule:insightappsec:m3", "web:GET http://shop.example/ "),
        ]
    );
    assert_eq!(whole.findings[0].cvss[0].vector.as_deref(), Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"));
    assert!(whole.findings[1].evidence.as_deref().unwrap().starts_with("Marked in InsightAppSec as false positive"));
    let begin = INSIGHTAPPSEC.find("{\"id\":\"v1\"").unwrap();
    let end = INSIGHTAPPSEC.find(",\n{\"id\":\"v2\"").unwrap();
    let alone = read(&INSIGHTAPPSEC[begin..end]).unwrap();
    assert_eq!(known_by(&alone)[0], known_by(&whole)[0], "the answer for one");
    assert_eq!(weakness(&alone.findings[0]), "rule:insightappsec:m1");
}
