//! What the readers of package, image and cloud scanners make of a report.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::weakness;
use scanhelm_formats::ReadOptions;

use crate::package_samples::{ANCHORE, GRYPE, TRIVY, TRIVY_OPERATOR};
use crate::reading::{entry, known_by, read, read_with};

#[test]
fn trivy_finds_packages_checks_secrets_and_licences() {
    let whole = read(TRIVY).unwrap();
    let image = "image:shop:1.0";
    assert_eq!(
        known_by(&whole),
        [
            entry(image, "cve:CVE-2019-1549", "package:pkg:apk/alpine/libcrypto1.1@1.1.1c-r0\n"),
            entry(
                image,
                "rule:trivy:GHSA-xxxx-yyyy-zzzz",
                "package:pkg:npm/%40scope/left@1.0.0\napp/node_modules/left/package.json"
            ),
            entry(image, "rule:trivy:AWS-0028#aws_instance.db", "code:main.tf\n"),
            entry(image, "rule:trivy:DS-0002", "code:Dockerfile\nUSER root"),
            entry(image, "rule:trivy:aws-access-key-id", "code:app/.env\nKEY=****"),
            entry(image, "rule:trivy:license:GPL-2.0", "package:pkg:generic/musl\n"),
        ]
    );
    assert!(!whole.complete && !whole.blind && whole.rejected.is_empty());
    assert!(whole.headers[0].finished_at.is_some());
    insta::assert_json_snapshot!("trivy_vulnerability", whole.findings[0]);
}

#[test]
fn what_trivy_says_with_an_odd_word_is_rejected() {
    for (from, to, reason) in [
        ("\"MEDIUM\"", "\"AWFUL\"", "`AWFUL` is no severity of Trivy"),
        ("\"FAIL\"", "\"MAYBE\"", "`MAYBE` is no status of Trivy"),
        ("\"VulnerabilityID\":\"CVE-2019-1549\",", "", "it has no `VulnerabilityID`"),
        ("{\"VulnerabilityID\":\"CVE-2019-1549\",", "7,{\"VulnerabilityID\":\"CVE-2019-1549\",", "it is no object"),
    ] {
        let whole = read(TRIVY.replacen(from, to, 1)).unwrap();
        assert_eq!(whole.rejected.len(), 1, "{reason}");
        assert_eq!(whole.rejected[0].reason, reason);
        assert!(whole.findings.len() >= 5);
    }
}

#[test]
fn a_legacy_list_and_a_cluster_are_trivy_too() {
    let results = TRIVY.split_once("\"Results\":").unwrap().1.trim().trim_end_matches('}');
    let list = read(format!("{results}\n")).unwrap();
    assert_eq!((list.format, list.findings.len()), ("trivy", 6));
    assert_eq!(list.findings[0].asset.identity(), "repository:unknown repository");
    let cluster = format!(
        r#"{{"ClusterName":"prod","Resources":[{{"Results":{results},"Namespace":"default","Kind":"ReplicaSet","Name":"shop-965685897"}}]}}"#
    );
    let whole = read(cluster).unwrap();
    let workload = "cloud:kubernetes:prod/default/Deployment/shop";
    assert!(whole.findings.len() == 6 && whole.findings.iter().all(|finding| finding.asset.identity() == workload));
    assert_eq!(whole.assets.len(), 1);
}

#[test]
fn the_operator_reports_on_workloads() {
    let whole = read(TRIVY_OPERATOR).unwrap();
    let workload = "cloud:kubernetes:unknown cluster/default/Deployment/shop";
    assert_eq!(
        known_by(&whole),
        [
            entry(workload, "cve:CVE-2023-23914", "package:pkg:apk/alpine/curl@7.87.0-r1\n"),
            entry(workload, "rule:trivy:KSV-0014", "asset"),
        ]
    );
    let named = ReadOptions { repository: Some("prod".to_owned()), ..ReadOptions::default() };
    let whole = read_with(TRIVY_OPERATOR, &named).unwrap();
    assert_eq!(whole.findings[0].asset.identity(), "cloud:kubernetes:prod/default/Deployment/shop");
}

#[test]
fn grype_and_trivy_meet_in_the_same_finding() {
    let whole = read(GRYPE).unwrap();
    assert_eq!(
        known_by(&whole),
        [entry("image:shop:1.0", "cve:CVE-2019-10744", "package:pkg:npm/lodash@4.17.4\napp/lib/package.json")]
    );
    let versions: Vec<_> = whole.findings[0].cvss.iter().map(|score| score.version.as_str()).collect();
    assert_eq!((versions, whole.complete), (vec!["3.1", "2.0"], true));
    let theirs =
        read(TRIVY.replacen("GHSA-xxxx-yyyy-zzzz", "CVE-2019-10744", 1).replace("@scope/left", "lodash")).unwrap();
    let same = theirs.findings[1].clone();
    assert_eq!(weakness(&same), weakness(&whole.findings[0]));
    assert_eq!(same.asset.identity(), whole.findings[0].asset.identity());
}

#[test]
fn grype_proves_nothing_when_something_was_left_out() {
    for (from, to) in [
        ("\"only-fixed\":false", "\"only-fixed\":true"),
        ("\"ignore-wontfix\":\"\"", "\"ignore-wontfix\":\"wont-fix\""),
        ("\"exclude\":[]", "\"exclude\":[\"./lib\"]"),
        ("\"match-type\":\"exact-indirect-match\"", "\"vulnerability\":\"CVE-2019-10744\""),
        ("\"configuration\":", "\"settings\":"),
        ("\"type\":\"image\"", "\"type\":\"directory\""),
    ] {
        assert!(!read(GRYPE.replacen(from, to, 1)).unwrap().complete, "{to}");
    }
}

#[test]
fn anchore_names_packages_of_the_system_and_of_languages() {
    let whole = read(ANCHORE).unwrap();
    let image = "image:sha256:e010a676dba5";
    assert_eq!(
        known_by(&whole),
        [
            entry(image, "cve:CVE-2020-8927", "package:pkg:rpm/redhat/brotli@1.0.6-2.el8\n"),
            entry(image, "cve:CVE-2024-50379", "package:pkg:maven/org.apache.tomcat/tomcat@9.0.97\nlib/tomcat.jar"),
        ]
    );
    assert_eq!(whole.findings[1].severity, Severity::Info);
    assert_eq!(whole.findings[1].solution.as_deref(), Some("Upgrade org.apache.tomcat:tomcat to 9.0.98"));
}
