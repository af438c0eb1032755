//! What the readers of bills of materials make of a document.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::{Limits, ReadError, ReadOptions};

use crate::package_samples::{CYCLONEDX, CYCLONEDX_XML, GRYPE, SPDX, SPDX_TAGS};
use crate::reading::{Whole, read, read_with};

fn found(whole: &Whole) -> Vec<(String, String, Severity)> {
    let all = whole.findings.iter();
    all.map(|finding| (weakness(finding), location(&finding.location), finding.severity)).collect()
}

#[test]
fn what_is_settled_is_no_finding_and_what_is_open_is_one_for_each_component() {
    let whole = read(CYCLONEDX).unwrap();
    let entry = |weakness: &str, location: &str, severity| (weakness.to_owned(), location.to_owned(), severity);
    assert_eq!(
        found(&whole),
        [
            entry("cve:CVE-2019-10744", "package:pkg:npm/lodash@4.17.4\napp/lib/package.json", Severity::High),
            entry("cve:CVE-2019-10744", "package:pkg:generic/g%2Finner@1\n", Severity::High),
            entry("cve:CVE-2020-0002", "asset", Severity::Medium),
        ]
    );
    assert_eq!((whole.headers[0].scanner.as_str(), whole.complete, whole.problems.len()), ("grype", false, 0));
    assert_eq!(whole.findings[0].asset.identity(), "image:shop:1.0");
    insta::assert_json_snapshot!("cyclonedx_finding", whole.findings[0]);
}

#[test]
fn xml_says_the_same_as_json() {
    let (json, xml) = (read(CYCLONEDX).unwrap(), read(CYCLONEDX_XML).unwrap());
    assert_eq!(json.findings, xml.findings);
    assert_eq!((json.headers, json.assets), (xml.headers, xml.assets));
}

#[test]
fn a_scanner_is_the_same_in_its_own_format() {
    let (own, bom) = (read(GRYPE).unwrap(), read(CYCLONEDX).unwrap());
    assert_eq!(found(&own)[0].0, found(&bom)[0].0);
    assert_eq!(found(&own)[0].1, found(&bom)[0].1);
    assert_eq!(own.findings[0].asset.identity(), bom.findings[0].asset.identity());
}

#[test]
fn every_state_of_an_analysis_is_known() {
    for (state, findings, rejected) in [
        ("exploitable", 3, 0),
        ("in_triage", 3, 0),
        ("resolved", 1, 0),
        ("resolved_with_pedigree", 1, 0),
        ("false_positive", 1, 0),
        ("not_affected", 1, 0),
        ("odd", 1, 1),
    ] {
        for sample in [CYCLONEDX, CYCLONEDX_XML] {
            let whole = read(sample.replacen("in_triage", state, 1)).unwrap();
            assert_eq!((whole.findings.len(), whole.rejected.len()), (findings, rejected), "{state}");
        }
    }
}

#[test]
fn a_component_that_is_not_there_is_told_and_a_package_url_is_enough() {
    let whole = read(CYCLONEDX.replacen("3e67/1#lodash", "3e67/1#nobody", 1)).unwrap();
    assert_eq!(whole.rejected[0].reason, "it affects `nobody`, which is no component");
    let whole = read(CYCLONEDX.replacen("3e67/1#lodash", "3e67/1#pkg:npm/left@1?a=b", 1)).unwrap();
    assert_eq!(location(&whole.findings[0].location), "package:pkg:npm/left@1\n");
}

#[test]
fn an_inventory_is_no_clean_result() {
    for inventory in [
        r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"bom-ref":"a","name":"a"}]}"#,
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.3"><components><component bom-ref="a"><name>a</name></component></components></bom>"#,
    ] {
        let whole = read(inventory).unwrap();
        assert!(!whole.complete && !whole.blind && whole.findings.is_empty());
        let note = "it is an inventory of 1 components that lists no vulnerabilities";
        assert_eq!((whole.headers[0].note.as_deref(), whole.problems.len()), (Some(note), 0));
        assert_eq!(whole.headers[0].scanner, "cyclonedx");
    }
    let other = r#"{"bomFormat":"Other","specVersion":"1.4","components":[]}"#;
    assert!(matches!(read(other).unwrap_err(), ReadError::Malformed { .. }));
}

#[test]
fn the_extension_before_version_1_4_is_read() {
    let vulnerability = r#"<v:id>CVE-2018-7489</v:id><v:source name="NVD"><v:url>https://example.com</v:url></v:source>
        <v:ratings><v:rating><v:score><v:base>9.8</v:base></v:score><v:severity>Critical</v:severity><v:method>CVSSv3</v:method><v:vector>AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</v:vector></v:rating></v:ratings>
        <v:cwes><v:cwe>184</v:cwe></v:cwes><v:advisories><v:advisory>https://example.com/1</v:advisory></v:advisories></v:vulnerability></v:vulnerabilities>"#;
    let head = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components><component bom-ref="pkg:maven/g/a@2.9.9"><group>g</group><name>a</name><version>2.9.9</version><purl>pkg:maven/g/a@2.9.9</purl>"#;
    let behind = format!(
        r#"{head}</component></components><v:vulnerabilities><v:vulnerability ref="pkg:maven/g/a@2.9.9">{vulnerability}</bom>"#
    );
    let within = format!(r#"{head}<v:vulnerabilities><v:vulnerability>{vulnerability}</component></components></bom>"#);
    for document in [behind, within] {
        let whole = read(document).unwrap();
        assert_eq!(
            found(&whole),
            [("cve:CVE-2018-7489".to_owned(), "package:pkg:maven/g/a@2.9.9\n".to_owned(), Severity::Critical)]
        );
        let score = &whole.findings[0].cvss[0];
        assert_eq!((score.version.as_str(), score.score), ("3.0", Some(9.8)));
        assert_eq!(whole.findings[0].references, ["https://example.com", "https://example.com/1"]);
    }
}

#[test]
fn spdx_names_advisories_as_json_and_as_tags() {
    let (json, tags) = (read(SPDX).unwrap(), read(SPDX_TAGS).unwrap());
    for whole in [&json, &tags] {
        let place = "package:pkg:npm/lodash@4.17.4\n".to_owned();
        assert_eq!(found(whole), [("cve:CVE-2019-10744".to_owned(), place, Severity::Medium)]);
        assert_eq!(whole.findings[0].asset.identity(), "repository:shop");
        let note = "it is an inventory of 2 packages: only the advisories that it names are findings";
        assert_eq!((whole.headers[0].note.as_deref(), whole.problems.len()), (Some(note), 0));
        assert!(!whole.complete && whole.headers[0].finished_at.is_some());
    }
    let cut = SPDX_TAGS.trim_end();
    assert!(matches!(read(cut).unwrap_err(), ReadError::Truncated { .. }));
    let open = SPDX_TAGS.replace("</text>", "");
    assert!(matches!(read(open).unwrap_err(), ReadError::Truncated { .. }));
}

#[test]
fn more_components_than_memory_is_given_are_refused() {
    // A tree needs more room than its text.
    for (sample, shorter) in [(CYCLONEDX, 400), (CYCLONEDX_XML, 2000)] {
        let limits = Limits { max_context: 200, ..Limits::default() };
        let error = read_with(sample, &ReadOptions { limits, ..ReadOptions::default() }).unwrap_err();
        assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
        let limits = Limits { max_token: shorter, ..Limits::default() };
        let whole = read_with(sample, &ReadOptions { limits, ..ReadOptions::default() }).unwrap();
        assert_eq!((whole.rejected.len(), whole.rejected[0].reason.as_str()), (1, "the record is too long"));
    }
}
