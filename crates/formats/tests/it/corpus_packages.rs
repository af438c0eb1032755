//! Real reports of package, image and cloud scanners. What they hold is counted here without any of our code.

use std::collections::BTreeMap;
use std::path::Path;

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;
use serde_json::Value;

use crate::corpus::corpus;
use crate::reading::{Whole, read};

fn document(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn read_as(path: &Path, format: &str) -> Whole {
    let whole = read(std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(whole.format, format, "{}", path.display());
    assert_eq!(whole.rejected, [], "{}", path.display());
    for finding in &whole.findings {
        assert!(!finding.title.is_empty() && !finding.rule_id.is_empty(), "{}", path.display());
        if let Location::Package { purl, path: place } = &finding.location {
            assert!(purl.starts_with("pkg:") && !purl.contains(['?', ' ', '\0']), "{}: {purl}", path.display());
            assert!(place.as_deref().is_none_or(|place| !place.starts_with('/')), "{}: {place:?}", path.display());
        }
    }
    whole
}

/// How many elements the lists of this name have, wherever they stand.
fn elements(value: &Value, name: &str) -> usize {
    match value {
        Value::Object(members) => {
            // Packages have licences too, as facts.
            let below: usize =
                members.iter().filter(|(key, _)| *key != "Packages").map(|(_, member)| elements(member, name)).sum();
            let own = members.get(name).and_then(Value::as_array);
            // A list of groups has the same name in the reports on a cluster.
            below + own.map_or(0, |list| list.iter().filter(|entry| entry.get("Results").is_none()).count())
        }
        Value::Array(list) => list.iter().map(|element| elements(element, name)).sum(),
        _ => 0,
    }
}

fn by_severity(whole: &Whole) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for finding in &whole.findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts
}

#[test]
fn every_trivy_report_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, findings) in [
        ("trivy/dd_trivy_scheme_2_many_vulns.json", 5),
        ("trivy/dd_trivy_legacy_many_vulns.json", 93),
        ("trivy/dd_trivy_kubernetes.json", 20),
        ("trivy/dd_trivy_issue_9170.json", 37),
        ("trivy/dd_trivy_license_scheme.json", 19),
        ("trivy/dd_trivy_cvssv4_severity_source.json", 3),
        ("trivy/dd_trivy_severity_prio.json", 2),
        ("trivy/golden_alpine-310.json", 4),
        ("trivy/golden_alpine-39.json", 6),
        ("trivy/golden_gomod.json", 5),
        ("trivy/golden_helm.json", 18),
        ("trivy/golden_centos-7.json", 3),
        ("trivy/golden_test-repo.json", 2),
        ("trivy/golden_ubuntu-1804.json", 5),
        ("trivy/golden_terraform-remote-module.json", 3),
        ("trivy/golden_busybox-with-lockfile.json", 2),
        ("trivy/golden_fluentd-gems.json", 2),
        ("trivy/scb_juice-shop-v10.2.0.json", 237),
        ("trivy/scb_local-k8s-scan-result.json", 878),
        ("local/trivy-config/sample.json", 115),
        ("local/trivy-secret-misconfig/sample.json", 255),
    ] {
        let path = corpus.join(file);
        let whole = read_as(&path, "trivy");
        let held = document(&path);
        let lists = ["Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"];
        assert_eq!(lists.iter().map(|name| elements(&held, name)).sum::<usize>(), findings, "{file}");
        assert_eq!(whole.findings.len(), findings, "{file}");
        assert!(!whole.complete && !whole.assets.is_empty(), "{file}");
        for finding in &whole.findings {
            let identity = finding.asset.identity();
            assert!(!identity.contains("(alpine") && !identity.starts_with("name:"), "{file}: {identity}");
        }
    }
}

#[test]
fn the_purls_that_trivy_gives_are_those_made_of_its_names() {
    let Some(corpus) = corpus() else { return };
    for file in [
        "golden_alpine-310",
        "golden_centos-7",
        "golden_ubuntu-1804",
        "golden_gomod",
        "golden_test-repo",
        "scb_juice-shop-v10.2.0",
        "golden_fluentd-gems",
    ] {
        let text = std::fs::read_to_string(corpus.join(format!("trivy/{file}.json"))).unwrap();
        let given = read(text.as_str()).unwrap();
        let made = read(text.replace("\"PURL\":", "\"NoPURL\":")).unwrap();
        let purls = |whole: &Whole| -> Vec<Location> {
            whole.findings.iter().map(|finding| finding.location.clone()).collect()
        };
        assert_eq!(purls(&given), purls(&made), "{file}");
    }
}

#[test]
fn every_report_of_the_trivy_operator_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (kind, list, findings) in [
        ("vulnerabilityreport_many", "vulnerabilities", 41),
        ("configauditreport_many", "checks", 13),
        ("exposedsecretreport_many", "secrets", 2),
    ] {
        let path = corpus.join(format!("trivy/dd_trivy_operator_{kind}.json"));
        assert_eq!(elements(&document(&path), list), findings);
        let whole = read_as(&path, "trivy-operator");
        assert_eq!((whole.findings.len(), whole.assets.len()), (findings, 1), "{kind}");
    }
    let whole = read_as(&corpus.join("trivy/dd_trivy_operator_clustercompliancereport.json"), "trivy-operator");
    assert_eq!((whole.findings.len(), whole.problems.len()), (0, 1));
}

#[test]
fn every_grype_report_gives_the_matches_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, matches, complete) in [
        ("dd_anchore_grype_many_vulns4.json", 9, false),
        ("dd_anchore_grype_many_vulns_with_epss_values.json", 15, true),
        ("dd_anchore_grype_fix_available.json", 1, true),
        ("heimdall_amazon.json", 16, true),
    ] {
        let path = corpus.join("anchore_grype").join(file);
        assert_eq!(elements(&document(&path), "matches"), matches, "{file}");
        let whole = read_as(&path, "grype");
        assert_eq!((whole.findings.len(), whole.complete, whole.assets.len()), (matches, complete, 1), "{file}");
    }
}

#[test]
fn every_anchore_document_gives_the_vulnerabilities_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, findings) in [
        ("dd_anchore_engine_many_vulns_2.4.1.json", 51),
        ("dd_anchore_engine_new_format_issue_11552.json", 84),
        ("dd_anchore_engine_no_vuln.json", 0),
        ("dd_anchorectl_vulns_many_vulns.json", 23),
    ] {
        let path = corpus.join("anchore_grype").join(file);
        let held = document(&path);
        let lists = ["vulnerabilities", "securityEvaluation"].iter().map(|name| elements(&held, name)).sum::<usize>();
        assert_eq!(lists + held.as_array().map_or(0, Vec::len), findings, "{file}");
        let whole = read_as(&path, "anchore");
        assert_eq!(whole.findings.len(), findings, "{file}");
        assert_eq!(by_severity(&whole).values().sum::<usize>(), findings, "{file}");
    }
}

#[test]
fn every_report_of_an_auditor_gives_the_advisories_it_holds() {
    let Some(corpus) = corpus() else { return };
    let count = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    let local = |file: &str| corpus.join("local").join(file);

    let npm = local("npm-audit-local/sample.json");
    let vias: usize = document(&npm)["vulnerabilities"].as_object().unwrap().values().map(|of| count(of, "/via")).sum();
    assert_eq!((read_as(&npm, "npm-audit").findings.len(), vias), (3, 3));
    let refused = read_as(&local("npm-audit-mirror/sample.json"), "npm-audit");
    assert!(refused.blind && refused.findings.is_empty() && refused.problems[0].starts_with("405"));

    let pip = local("pip-audit-local-osv/sample.json");
    assert_eq!((read_as(&pip, "pip-audit").findings.len(), elements(&document(&pip), "vulns")), (35, 35));
    let skipped = read_as(&local("pip-audit-mirror/sample.json"), "pip-audit");
    assert!(skipped.blind && skipped.problems.len() == 4);

    let cargo = local("cargo-audit/sample.json");
    assert_eq!(
        (read_as(&cargo, "cargo-audit").findings.len(), count(&document(&cargo), "/vulnerabilities/list")),
        (3, 3)
    );

    let safety = local("safety-1.10.3/sample.json");
    let rows = document(&safety).as_array().unwrap().len();
    assert_eq!(read_as(&safety, "safety-1").findings.len(), rows);

    let retire = local("retire/sample.json");
    let whole = read_as(&retire, "retire");
    assert_eq!((whole.findings.len(), elements(&document(&retire), "vulnerabilities")), (172, 172));
    let place = scanhelm_core::finding::identity::location(&whole.findings[0].location);
    assert!(!place.contains("target/npmold"), "{place}");
}

#[test]
fn cargo_audit_names_the_same_advisories_in_its_sarif() {
    let Some(corpus) = corpus() else { return };
    let rules = |file: &str| {
        let whole = read(std::fs::read(corpus.join(file)).unwrap()).unwrap();
        whole.findings.iter().map(|finding| finding.rule_id.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    // Its SARIF names package and version in prose only, so that the places cannot be the same.
    assert_eq!(rules("local/cargo-audit/sample.json"), rules("local/cargo-audit-sarif/sample.sarif"));
}

#[test]
fn every_bill_of_materials_gives_the_vulnerabilities_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, scanner, asset, components, findings) in [
        ("local/cdxgen/sample.json", "cdxgen", "repository:owasp-nodejs-goat", 1092, 0),
        ("local/cyclonedx-py/sample.json", "cyclonedx-py", "repository:unknown repository", 34, 0),
        ("local/syft/sample.json", "syft", "repository:unknown repository", 419, 0),
        ("local/retire-cdx/sample.json", "retire", "repository:npmold", 3, 0),
        ("local/trivy-sbom/sample.json", "trivy", "repository:unknown repository", 381, 0),
        ("trivy/golden_npm-cyclonedx.json", "trivy", "repository:unknown repository", 13, 1),
        (
            "trivy/golden_fluentd.cdx.json",
            "trivy",
            "image:ghcr.io/aquasecurity/trivy-test-images:fluentd-multiple-lockfiles",
            161,
            0,
        ),
    ] {
        let path = corpus.join(file);
        let held = document(&path);
        assert_eq!(held["components"].as_array().unwrap().len(), components, "{file}");
        let whole = read_as(&path, "cyclonedx");
        assert_eq!((whole.headers[0].scanner.as_str(), whole.findings.len()), (scanner, findings), "{file}");
        assert_eq!(whole.assets[0].asset.identity(), asset, "{file}");
        assert_eq!(whole.problems.len(), usize::from(findings == 0), "{file}");
    }
}
