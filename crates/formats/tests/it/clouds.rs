//! What the readers of Xray, AWS and Wiz make of a report.

use scanhelm_core::Severity;

use crate::package_samples::{ASFF, INSPECTOR, WIZ_ISSUES, WIZ_VULNERABILITIES, WIZCLI, XRAY};
use crate::reading::{entry, known_by, read};

#[test]
fn xray_names_each_component_once_whatever_watches_it() {
    let whole = read(XRAY).unwrap();
    let (image, cve) = ("image:shop:1.0", "cve:CVE-2023-3446");
    assert_eq!(
        known_by(&whole),
        [
            entry(image, cve, "package:pkg:apk/alpine/libcrypto3@3.1.1-r1\n"),
            entry(image, cve, "package:pkg:deb/debian/openssl@1.1.1d-0\n"),
        ]
    );
    assert_eq!(whole.findings[0].solution.as_deref(), Some("Upgrade libcrypto3 to 3.1.1-r3"));
    let versions: Vec<_> = whole.findings[0].cvss.iter().map(|score| score.version.as_str()).collect();
    assert_eq!((versions, whole.problems.len()), (vec!["3.1", "2.0"], 0));
    let running = read(XRAY.replacen("\"completed\"", "\"scanning\"", 1)).unwrap();
    assert_eq!(running.problems, ["Xray says that the scan is `scanning`"]);
}

#[test]
fn other_documents_of_xray_come_to_the_same_kind_of_identity() {
    let report = r#"{"total_rows":1,"rows":[{"cves":[{"cve":"CVE-2019-2988"}],"severity":"High","vulnerable_component":"rpm://7:expat:17:2.1.0-10.el7_3","impacted_artifact":"docker://shop:1.0","fixed_versions":["≥ 2.1.0-11"],"issue_id":"XRAY-1","package_type":"rpm"}]}"#;
    let place = "package:pkg:rpm/redhat/expat@2.1.0-10.el7_3\n";
    let whole = read(report).unwrap();
    assert_eq!(known_by(&whole), [entry("image:shop:1.0", "cve:CVE-2019-2988", place)]);
    assert_eq!(whole.findings[0].solution.as_deref(), Some("Upgrade expat to 2.1.0-11"));
    let search = r#"{"total_count":1,"data":[{"id":"","severity":"High","summary":"Loop","issue_type":"security","source_comp_id":"npm://acorn:5.7.3","component_versions":{"fixed_versions":["5.7.4"],"more_details":{"cves":[{"cvss_v3":"7.5/CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]}}}]}"#;
    let whole = read(search).unwrap();
    assert_eq!(
        known_by(&whole),
        [entry("repository:unknown repository", "rule:jfrog-xray:Loop", "package:pkg:npm/acorn@5.7.3\n")]
    );
    assert_eq!(whole.findings[0].cvss[0].score, Some(7.5));
}

#[test]
fn inspector_is_one_scanner_in_its_own_format_and_in_security_hub() {
    let (own, hub) = (read(INSPECTOR).unwrap(), read(ASFF).unwrap());
    let image = "image:123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1.0";
    let openssl = entry(image, "cve:CVE-2023-2650", "package:pkg:deb/debian/openssl@1.1.1n-0%2Bdeb11u4\n");
    assert_eq!(
        known_by(&own),
        [
            openssl.clone(),
            entry(
                "cloud:arn:aws:lambda:eu-central-1:1:function:api",
                "rule:aws-inspector:python-log-injection",
                "code:src/api.py\n"
            ),
        ]
    );
    assert_eq!(
        known_by(&hub),
        [
            openssl,
            entry(
                "cloud:AWS::::Account:1",
                "rule:aws-security-hub:arn:aws:securityhub:::ruleset/cis/v/1.2.0/rule/1.1",
                "asset"
            ),
        ]
    );
    assert_eq!(
        (&own.findings[0].scanner, &own.findings[0].rule_id),
        (&hub.findings[0].scanner, &hub.findings[0].rule_id)
    );
    assert!(own.findings[0].seen_at.is_some() && hub.findings[0].seen_at.is_some());
    assert_eq!(hub.findings[1].severity, Severity::Medium);
    let paged = read(INSPECTOR.replacen("{\"findings\"", "{\"nextToken\":\"x\",\"findings\"", 1)).unwrap();
    assert_eq!(paged.problems.len(), 1);
}

#[test]
fn what_is_settled_in_aws_is_no_finding() {
    for (from, to) in [
        ("\"RecordState\":\"ACTIVE\",\n", "\"RecordState\":\"ARCHIVED\",\n"),
        ("{\"Status\":\"NEW\"}", "{\"Status\":\"SUPPRESSED\"}"),
        ("{\"Status\":\"FAILED\"}", "{\"Status\":\"PASSED\"}"),
    ] {
        assert_eq!(read(ASFF.replacen(from, to, 1)).unwrap().findings.len(), 1, "{to}");
    }
    let odd = read(INSPECTOR.replacen("\"ACTIVE\"", "\"ODD\"", 1)).unwrap();
    assert_eq!(odd.rejected[0].reason, "`ODD` is no status of Inspector");
}

#[test]
fn the_cli_of_wiz_finds_packages_secrets_and_misconfigurations() {
    let whole = read(WIZCLI).unwrap();
    let image = "image:shop:1.0";
    assert_eq!(
        known_by(&whole),
        [
            entry(image, "cve:CVE-2024-5535", "package:pkg:apk/alpine/libcrypto3@3.3.1-r0\n"),
            entry(image, "cve:CVE-2023-44487", "package:pkg:golang/golang.org/x/net@0.14.0\napp/go.mod"),
            entry(image, "rule:wiz:secret:PASSWORD", "code:app/testing.go\n"),
            entry(image, "rule:wiz:4ac84116#FROM={{a}}", "code:Dockerfile\nRUN apk add git"),
        ]
    );
    let failed = read(WIZCLI.replacen("\"SUCCESS\"", "\"FAILED\"", 1)).unwrap();
    assert_eq!(failed.problems, ["Wiz says that the scan is in the state FAILED"]);
}

#[test]
fn tables_of_wiz_leave_out_what_is_resolved() {
    let node = "cloud:https://cloud.example/instances/node-1";
    let whole = read(WIZ_VULNERABILITIES).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            entry(
                node,
                "cve:CVE-2024-39474",
                "package:pkg:golang/github.com/containerd/containerd@1.4.0\nusr/bin/containerd"
            ),
            entry(node, "cve:CVE-2024-0001", "package:pkg:deb/debian/openssl@1.1.1\n"),
        ]
    );
    assert_eq!(whole.findings[0].severity, Severity::High);
    let issues = read(WIZ_ISSUES).unwrap();
    assert_eq!(known_by(&issues), [entry("cloud:k8s/user/42cf/aks-support", "rule:wiz:5bd69891", "asset")]);
    for sample in [WIZ_VULNERABILITIES.replacen(",Open,", ",Odd,", 1), WIZ_ISSUES.replacen(",OPEN,", ",ODD,", 1)] {
        let whole = read(sample).unwrap();
        assert_eq!(whole.rejected[0].reason, "`odd` is no status of Wiz");
    }
}
