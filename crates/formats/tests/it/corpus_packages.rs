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
        assert_eq!((whole.headers[0].note.is_some(), whole.problems.len()), (findings == 0, 0), "{file}");
    }
}

/// What makes an issue of Snyk a finding: project, issue, package and version.
fn issues_of(projects: &[Value]) -> usize {
    let mut all = std::collections::BTreeSet::new();
    for (at, project) in projects.iter().enumerate() {
        let applications = project["applications"].as_array().into_iter().flatten();
        for (within, tested) in std::iter::once(project).chain(applications).enumerate() {
            for issue in tested["vulnerabilities"].as_array().into_iter().flatten() {
                let of = |name: &str| issue[name].as_str().unwrap_or_default().to_owned();
                all.insert((at, within, of("id"), of("name"), of("version")));
            }
            let misconfigurations = tested["infrastructureAsCodeIssues"].as_array().into_iter().flatten();
            for (number, _) in misconfigurations.enumerate() {
                all.insert((at, within, "iac".to_owned(), number.to_string(), String::new()));
            }
        }
    }
    all.len()
}

/// The manifest counts an issue for each path; `issues_of` what is left without those.
#[test]
fn every_report_of_snyk_gives_the_issues_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, listed, findings) in [
        ("dd_snyk_single_project_many_vulns.json", 41, 41),
        ("dd_snyk_single_project_no_vulns.json", 0, 0),
        ("dd_snyk_all_projects_issue4277.json", 82, 0),
        ("dd_snyk_all_containers_target_output.json", 40, 0),
        ("dd_snyk_snykcontainer_issue_epss.json", 1, 0),
        ("dd_snyk_single_project_upgrade_libs.json", 254, 0),
        ("s2h_test-report.json", 33, 0),
        ("s2h_multi-test-report.json", 139, 0),
        ("s2h_test-report-container-with-app-vulns.json", 1, 0),
        ("s2h_test-report-unmanaged-cpp.json", 41, 0),
        ("s2h_test-report-with-risk-scores.json", 5, 5),
        ("s2h_test-report-nuget-multi-project.json", 3, 3),
        ("s2h_no-vulns.json", 0, 0),
        ("s2h_iac-test-report.json", 0, 30),
        ("heimdall_nodejs-goof-local.json", 379, 0),
        ("heimdall_nodejs-goof-remote.json", 97, 0),
    ] {
        let path = corpus.join("snyk").join(file);
        let held = document(&path);
        let projects = held.as_array().map_or_else(|| std::slice::from_ref(&held), Vec::as_slice);
        let own = |project: &Value| project["vulnerabilities"].as_array().map_or(0, Vec::len);
        assert_eq!(projects.iter().map(own).sum::<usize>(), listed, "{file}: the manifest");
        let whole = read_as(&path, "snyk");
        assert_eq!(whole.findings.len(), issues_of(projects), "{file}");
        assert!(findings == 0 || whole.findings.len() == findings, "{file}");
        assert!(!whole.blind && !whole.complete, "{file}");
    }
}

#[test]
fn every_export_of_dependency_track_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, findings) in [
        ("dd_dependency_track_dependency_track_4.10_2024_02_11.json", 1),
        ("dd_dependency_track_dependency_track_3.8.0_2021-01-18.json", 9),
        ("dd_dependency_track_many_findings_with_cvssV3_score.json", 12),
        ("dd_dependency_track_many_findings_with_alias.json", 12),
        ("dd_dependency_track_no_findings_because_findings_key_is_empty_list.json", 0),
        ("am_dependency-track-findings.json", 5),
        ("heimdall_fpf-default.json", 2),
        ("heimdall_fpf-optional-attributes.json", 56),
        ("heimdall_fpf-with-attributions.json", 67),
        ("heimdall_fpf-no-vulnerabilities.json", 0),
    ] {
        let path = corpus.join("dependency_track").join(file);
        let held = document(&path);
        assert_eq!(elements(&held, "findings"), findings, "{file}: the manifest");
        let settled = |finding: &&Value| {
            let state = finding["analysis"]["state"].as_str().unwrap_or("NOT_SET");
            finding["analysis"]["isSuppressed"] == true || !["NOT_SET", "EXPLOITABLE", "IN_TRIAGE"].contains(&state)
        };
        let closed = held["findings"].as_array().unwrap().iter().filter(settled).count();
        let whole = read_as(&path, "dependency-track");
        assert_eq!(whole.findings.len(), findings - closed, "{file}");
    }
}

#[test]
fn every_report_of_prisma_gives_the_issues_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, vulnerabilities, compliances) in [
        ("dd_twistlock_many_vulns.json", 5, 1),
        ("dd_twistlock_findings_include_packages.json", 4, 2),
        ("dd_twistlock_no_vuln.json", 0, 0),
        ("heimdall_twistlock-twistcli-sample-1.json", 97, 0),
        ("heimdall_twistlock-twistcli-coderepo-scan-sample.json", 4, 0),
        // The manifest counts the list around it.
        ("am_prisma-cloud-report.json", 3, 2),
    ] {
        let path = corpus.join("prisma_cloud_compute").join(file);
        let held = document(&path);
        assert_eq!(
            (elements(&held, "vulnerabilities"), elements(&held, "compliances")),
            (vulnerabilities, compliances)
        );
        assert_eq!(read_as(&path, "prisma-cloud").findings.len(), vulnerabilities + compliances, "{file}");
    }
    for (file, rows) in [
        ("dd_twistlock_scan_report_many_vuln.csv", 3),
        ("dd_twistlock_scan_report_prisma_twistlock_images_four_vulns.csv", 4),
    ] {
        let path = corpus.join("prisma_cloud_compute").join(file);
        assert_eq!(csv::Reader::from_path(&path).unwrap().records().count(), rows, "{file}");
        assert_eq!(read_as(&path, "prisma-cloud-csv").findings.len(), rows, "{file}");
    }
}

#[test]
fn every_report_of_aqua_gives_the_vulnerabilities_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, findings) in [
        ("dd_aqua_many_vulns.json", 24),
        ("dd_aqua_vulns_with_aqua_severity.json", 13),
        ("dd_aqua_over_api_v2.json", 99),
        ("dd_aqua_over_api_v2_empty.json", 0),
        ("dd_aqua_many_v2.json", 3),
        ("am_aqua_scanner_result.json", 14),
        ("dd_aqua_aqua_devops_issue_10611.json", 0),
        ("dd_aqua_issue_10849.json", 0),
    ] {
        let path = corpus.join("aqua").join(file);
        let held = document(&path);
        let lists = ["vulnerabilities", "cves", "result"].iter().map(|name| elements(&held, name)).sum::<usize>();
        // The manifest does not count those of the pipeline.
        assert!(findings == lists || file.contains("1061") || file.contains("1084"), "{file}: {lists}");
        let whole = read(std::fs::read(&path).unwrap()).unwrap();
        // Two were made up by their authors to have a severity that does not exist.
        let odd = if file.starts_with("am_") { 2 } else { 0 };
        assert_eq!((whole.format, whole.findings.len(), whole.rejected.len()), ("aqua", lists - odd, odd), "{file}");
        assert!(whole.rejected.iter().all(|rejected| rejected.reason == "`invalid_severity` is no severity of Aqua"));
    }
}

#[test]
fn every_document_of_xray_gives_the_issues_it_holds() {
    let Some(corpus) = corpus() else { return };
    let mut held_by_kind = vec![];
    for file in [
        "dd_jfrog_xray_on_demand_binary_scan_many_vulns.json",
        "dd_jfrog_xray_on_demand_binary_scan_many_vulns_docker.json",
        "dd_jfrog_xray_unified_Vulnerabilities-Report-XRAY_Unified.json",
        "heimdall_jfrog_xray_sample.json",
        "jfcli_audit_simple_json.json",
        "xcj_graph_response.json",
        "xcj_graph_vulnerability_research.json",
    ] {
        let path = corpus.join("jfrog_xray").join(file);
        let held = document(&path);
        let scans = held.as_array().map_or_else(|| std::slice::from_ref(&held), Vec::as_slice);
        let mut known = std::collections::BTreeSet::new();
        for list in ["vulnerabilities", "violations", "securityViolations", "rows", "data"] {
            for issue in scans.iter().flat_map(|scan| scan[list].as_array().into_iter().flatten()) {
                if issue["type"].as_str().is_some_and(|kind| kind != "security") {
                    continue;
                }
                let of =
                    |name: &str| issue[name].as_str().filter(|text| !text.is_empty()).unwrap_or_default().to_owned();
                let cve = issue.pointer("/component_versions/more_details/cves/0/cve").and_then(Value::as_str);
                let mut rule = of("issue_id") + &of("issueId");
                if rule.is_empty() {
                    rule = cve.map_or_else(|| of("summary"), str::to_owned);
                }
                let package = [
                    of("impactedPackageName"),
                    of("impactedPackageVersion"),
                    of("vulnerable_component"),
                    of("source_comp_id"),
                ];
                match issue["components"].as_object() {
                    Some(components) => known.extend(components.keys().map(|id| (rule.clone(), id.clone()))),
                    None if package.concat().is_empty() => {}
                    None => {
                        known.insert((rule, package.concat()));
                    }
                }
            }
        }
        let whole = read_as(&path, "jfrog-xray");
        assert_eq!(whole.findings.len(), known.len(), "{file}");
        held_by_kind.push(known.len());
    }
    assert_eq!(&held_by_kind[..4], [3, 4, 7, 21]);
}

#[test]
fn every_response_of_aws_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, format, listed, findings) in [
        // One is closed.
        ("aws_inspector/dd_aws_inspector2_aws_inspector2_many_vul.json", "aws-inspector", 8, 7),
        ("aws_inspector/dd_aws_inspector2_aws_inspector2_package_vuln_metadata.json", "aws-inspector", 28, 28),
        ("aws_inspector/dd_aws_inspector2_aws_inspector2_zero_vul.json", "aws-inspector", 0, 0),
        ("aws_inspector/dd_awssecurityhub_inspector_ec2_cve.json", "aws-asff", 5, 5),
        ("aws_inspector/dd_awssecurityhub_inspector_ecr.json", "aws-asff", 7, 7),
        ("aws_inspector/dd_awssecurityhub_inspector_ec2_ghsa.json", "aws-asff", 1, 1),
        ("aws_inspector/dd_awssecurityhub_inspector_ec2_cve_no_vulnerabilities.json", "aws-asff", 1, 1),
        // One has passed.
        ("aws_inspector/heimdall_asff_sample.json", "aws-asff", 18, 17),
        ("trivy/golden_alpine-310.asff.json", "aws-asff", 4, 4),
        ("trivy/heimdall_trivy_asff.json", "aws-asff", 44, 44),
    ] {
        let path = corpus.join(file);
        let held = document(&path);
        assert_eq!(elements(&held, "findings") + elements(&held, "Findings"), listed, "{file}");
        let whole = read_as(&path, format);
        let packages = |list: &str, within: &str| -> usize {
            let all = held[list].as_array().into_iter().flatten();
            all.filter(|finding| finding["status"] != "CLOSED").map(|finding| elements(finding, within).max(1)).sum()
        };
        let several = packages("findings", "vulnerablePackages") + packages("Findings", "VulnerablePackages");
        let settled = usize::from(file.contains("heimdall_asff"));
        assert_eq!(whole.findings.len(), several - settled, "{file}");
        assert!(whole.findings.len() >= findings, "{file}");
    }
}

/// Its template gives no file, so that packages of a system are the same and others are not.
#[test]
fn trivy_says_the_same_to_security_hub() {
    use scanhelm_core::finding::identity::{location, weakness};
    let Some(corpus) = corpus() else { return };
    let own = read_as(&corpus.join("trivy/golden_alpine-310.json"), "trivy");
    let hub = read_as(&corpus.join("trivy/golden_alpine-310.asff.json"), "aws-asff");
    let known = |whole: &Whole| -> std::collections::BTreeSet<_> {
        whole
            .findings
            .iter()
            .map(|one| (one.scanner.clone(), weakness(one), location(&one.location), one.severity))
            .collect()
    };
    assert_eq!(known(&own), known(&hub));
}

#[test]
fn every_report_of_wiz_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, findings) in [("img", true), ("dir", true), ("iac", true), ("img", false), ("dir", false)] {
        let name = format!("wiz/dd_wizcli_{file}_wizcli_{file}_{}_vul.json", if findings { "many" } else { "zero" });
        let path = corpus.join(&name);
        let held = document(&path);
        let lists =
            ["vulnerabilities", "secrets", "matches"].iter().map(|list| elements(&held["result"], list)).sum::<usize>();
        let whole = read_as(&path, "wizcli");
        assert_eq!((whole.findings.len(), lists > 0, whole.problems.len()), (lists, findings, 0), "{name}");
    }
    let path = corpus.join("wiz/dd_wiz_sca_format.csv");
    let mut table = csv::Reader::from_path(&path).unwrap();
    let status = table.headers().unwrap().iter().position(|name| name == "FindingStatus").unwrap();
    let open = table.records().filter(|row| &row.as_ref().unwrap()[status] == "Open").count();
    assert_eq!(read_as(&path, "wiz-vulnerabilities-csv").findings.len(), open);
    let resolved = read_as(&corpus.join("wiz/dd_wiz_resolved_findings.csv"), "wiz-issues-csv");
    assert!(resolved.findings.is_empty(), "all three are resolved");
}

#[test]
fn every_document_of_black_duck_gives_the_vulnerabilities_it_holds() {
    let Some(corpus) = corpus() else { return };
    let path = corpus.join("blackduck/dd_api_blackduck_many_vulns.json");
    let held = document(&path);
    let settled = ["REMEDIATION_COMPLETE", "PATCHED", "MITIGATED", "IGNORED", "DUPLICATE", "NOT_AFFECTED"];
    let is_open = |item: &&Value| {
        let status = item["vulnerabilityWithRemediation"]["remediationStatus"].as_str().unwrap();
        item["ignored"] != true && !settled.contains(&status)
    };
    assert_eq!(held.as_array().unwrap().len(), 43);
    assert_eq!(read_as(&path, "blackduck").findings.len(), held.as_array().unwrap().iter().filter(is_open).count());
    for (file, format, rows) in [
        ("dd_blackduck_many_vulns.csv", "blackduck-csv", 24),
        ("dd_blackduck_many_vulns_new_format.csv", "blackduck-csv", 9),
        ("dd_blackduck_binary_analysis_many_vulns.csv", "blackduck-binary-csv", 5),
    ] {
        let path = corpus.join("blackduck").join(file);
        let mut table = csv::ReaderBuilder::new().flexible(true).from_path(&path).unwrap();
        let status = table.headers().unwrap().iter().position(|name| name == "Remediation status");
        let all: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(all.len(), rows, "{file}");
        let open = all.iter().filter(|row| status.is_none_or(|at| !settled.contains(&&row[at]))).count();
        assert_eq!(read_as(&path, format).findings.len(), open, "{file}");
    }
}

#[test]
fn every_document_of_mend_gives_the_vulnerabilities_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, list, held_there) in [
        ("dd_mend_cli_generated_many_vulns.json", "vulnerabilities", 20),
        ("dd_mend_mend-sca-platform-api3-multiple-findings.json", "response", 11),
        ("dd_mend_mend-sca-platform-api3-one-finding.json", "response", 1),
        ("dd_mend_okhttp_one_vuln.json", "vulnerabilities", 1),
        ("dd_mend_mend_sca_vuln.json", "vulnerabilities", 1),
        ("wssdk_lib_list_out.json", "vulnerabilities", 72),
    ] {
        let path = corpus.join("mend").join(file);
        let held = document(&path);
        assert_eq!(elements(&held, list), held_there, "{file}");
        let settled =
            |finding: &&Value| finding["findingInfo"]["status"].as_str().is_some_and(|status| status != "ACTIVE");
        let closed = held["response"].as_array().map_or(0, |all| all.iter().filter(settled).count());
        assert_eq!(read_as(&path, "mend").findings.len(), held_there - closed, "{file}");
    }
}

#[test]
fn every_raw_report_of_sonatype_gives_the_issues_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, issues) in
        [("dd_sonatype_many_vulns.json", 6), ("dd_sonatype_two_vulns.json", 2), ("dd_sonatype_long_file_path.json", 3)]
    {
        let path = corpus.join("sonatype_iq").join(file);
        assert_eq!(elements(&document(&path), "securityIssues"), issues, "{file}");
        // One does not apply.
        let settled = usize::from(file.contains("many"));
        assert_eq!(read_as(&path, "sonatype-iq").findings.len(), issues - settled, "{file}");
    }
}

/// Each package once, however often the document lists it.
#[test]
fn every_bill_of_materials_gives_the_components_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, different) in [("cdxgen", 1092), ("cyclonedx-py", 34), ("syft", 385), ("trivy-sbom", 381)] {
        let path = corpus.join("local").join(file).join("sample.json");
        let document = Box::new(std::fs::File::open(&path).unwrap());
        let read = scanhelm_formats::components(document, &scanhelm_formats::ReadOptions::default());
        assert_eq!(read.unwrap().unwrap().len(), different, "{file}");
    }
}
