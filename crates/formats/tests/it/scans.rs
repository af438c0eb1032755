//! What the readers of commercial scanners of packages and images make of a report.

use scanhelm_core::Severity;

use crate::package_samples::{AQUA, DEPENDENCY_TRACK, PRISMA, PRISMA_CSV, SNYK};
use crate::reading::{entry, known_by, read};

#[test]
fn an_issue_of_snyk_is_one_finding_by_however_many_paths() {
    let whole = read(SNYK).unwrap();
    let (shop, image) = ("repository:shop", "image:o/shop:1.0");
    assert_eq!(
        known_by(&whole),
        [
            entry(shop, "cve:CVE-2019-10744", "package:pkg:npm/lodash@4.17.4\nweb/package-lock.json"),
            entry(shop, "rule:snyk:snyk:lic:npm:left:GPL-2.0", "package:pkg:npm/left@1.0.0\nweb/package-lock.json"),
            entry(image, "cve:CVE-2020-1967", "package:pkg:deb/debian/libssl1.1@1.1.1d-0\n"),
            entry(image, "rule:snyk:SNYK-GOLANG-X-1", "package:pkg:golang/golang.org/x/crypto/ssh@0.1.0\nusr/bin/app"),
            entry(shop, "rule:snyk:SNYK-CC-TF-136#resource.aws_redshift_cluster[a].logging", "code:main.tf\n"),
        ]
    );
    assert!(!whole.complete && !whole.blind && whole.rejected.is_empty());
    insta::assert_json_snapshot!("snyk_issue", whole.findings[0]);
}

#[test]
fn the_order_of_the_paths_changes_nothing_that_identifies() {
    let swapped = SNYK.replacen("\"lodash@4.17.4\"", "\"async@2.0.0\",\"lodash@4.17.4\"", 1);
    assert_eq!(known_by(&read(SNYK).unwrap()), known_by(&read(swapped).unwrap()));
}

#[test]
fn a_project_that_snyk_could_not_test_is_a_problem() {
    let failed = r#"{"ok":false,"error":"Missing node_modules folder","path":"/ci/shop"}"#;
    let whole = read(failed).unwrap();
    assert!(whole.blind && whole.problems == ["Missing node_modules folder"]);
    let one = read(SNYK.replacen("[{", &format!("[{failed},{{"), 1)).unwrap();
    assert!(!one.blind && one.problems.len() == 1 && one.findings.len() == 5);
    let odd = read(SNYK.replacen("\"high\"", "\"awful\"", 1)).unwrap();
    assert_eq!(odd.rejected[0].reason, "`awful` is no severity of Snyk");
}

#[test]
fn audit_in_dependency_track_decides_what_is_open() {
    let whole = read(DEPENDENCY_TRACK).unwrap();
    let place = "package:pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.13.3\n";
    assert_eq!(known_by(&whole), [entry("repository:shop", "cve:CVE-2022-42004", place)]);
    assert_eq!((whole.findings[0].cwes.clone(), whole.findings[0].severity), (vec![502, 400], Severity::High));
    for (state, findings, rejected) in
        [("RESOLVED", 1, 0), ("FALSE_POSITIVE", 1, 0), ("IN_TRIAGE", 2, 0), ("ODD", 1, 1)]
    {
        let whole = read(DEPENDENCY_TRACK.replace("NOT_AFFECTED", state)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (findings, rejected), "{state}");
    }
}

#[test]
fn prisma_says_the_same_as_json_and_as_a_table() {
    let (json, table) = (read(PRISMA).unwrap(), read(PRISMA_CSV).unwrap());
    let image = "image:registry.example/shop:1.0";
    let core = "package:pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1\n";
    assert_eq!(
        known_by(&json),
        [
            entry(image, "rule:prisma-cloud:compliance:41", "asset"),
            entry(image, "cve:CVE-2021-43529", "package:pkg:rpm/redhat/nss-util@3.67.0-7.el8_5\n"),
            entry(image, "cve:CVE-2021-44228", &format!("{core}app/log4j.jar")),
        ]
    );
    assert_eq!(
        known_by(&table),
        [
            // The table names no file.
            entry(image, "cve:CVE-2021-44228", core),
            entry("image:other:latest", "rule:prisma-cloud:compliance:41", "asset"),
        ]
    );
    assert_eq!((json.findings[2].severity, table.findings[0].severity), (Severity::High, Severity::High));
    assert_eq!(json.findings[2].solution, table.findings[0].solution);
    assert!(json.findings[1].cvss.is_empty() && json.findings[1].evidence.as_deref().unwrap().contains("CVSS: 9.8"));
    assert_eq!(table.assets.len(), 2);
    let whole = read(PRISMA_CSV.replacen(",important,", ",odd,", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`odd` is no severity of Prisma Cloud"));
}

#[test]
fn aqua_leaves_out_what_was_acknowledged() {
    let whole = read(AQUA).unwrap();
    let image = "image:registry.example/shop:1.0";
    assert_eq!(
        known_by(&whole),
        [
            entry(image, "cve:CVE-2011-3374", "package:pkg:deb/debian/apt@1.8.2.2\n"),
            entry(
                image,
                "cve:CVE-2023-45133",
                "package:pkg:npm/%40babel/traverse@7.22.15\napp/node_modules/@babel/traverse"
            ),
        ]
    );
    assert_eq!((whole.findings[0].severity, whole.findings[1].severity), (Severity::Info, Severity::High));
    let summary = r#"{"status":"SCANNED","image_name":"shop:1.0","cves_counts":{"total":1},"cves":[{"file":"/usr/lib/libcrypto.so","name":"CVE-2101-1337","severity":"high","acknowledged":false}]}"#;
    let whole = read(summary).unwrap();
    assert_eq!(
        known_by(&whole),
        [entry("image:shop:1.0", "cve:CVE-2101-1337", "package:pkg:generic/libcrypto.so\nusr/lib/libcrypto.so")]
    );
}
