//! What Scanhelm writes, Scanhelm reads.

use proptest::prelude::*;
use scanhelm_core::Severity;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_formats::ReadError;
use scanhelm_formats::write::Output;

use crate::code_samples::{SCANHELM, SCANHELM_CSV};
use crate::reading::read;
use crate::samples::samples;
use crate::writers::written;

fn json(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Json, findings)
}

fn csv(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Csv, findings)
}

/// Its rows in an order of their own: what an asset is guessed to be decides the order of the table.
fn rows(table: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(table);
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    rows.sort();
    rows
}

fn comes_back(findings: &[FindingRecord]) {
    let bytes = json(findings);
    let whole = read(bytes.clone()).unwrap();
    assert_eq!((whole.format, whole.rejected.len(), whole.complete), ("scanhelm", 0, false));
    assert_eq!(whole.findings.len(), findings.len());
    assert!(whole.findings.iter().all(|finding| findings.contains(finding)));
    assert_eq!(json(&whole.findings), bytes, "the same bytes");
    let table = csv(findings);
    let whole = read(table.clone()).unwrap();
    assert_eq!((whole.format, whole.rejected.len(), whole.complete), ("scanhelm-csv", 0, false));
    assert_eq!(rows(&csv(&whole.findings)), rows(&table));
}

#[test]
fn the_findings_of_every_format_come_back() {
    let findings: Vec<FindingRecord> =
        samples().into_iter().flat_map(|sample| read(sample.text).unwrap().findings).collect();
    assert!(findings.len() > 100);
    comes_back(&findings);
    comes_back(&[]);
}

#[test]
fn a_table_tells_what_it_can_of_assets_and_places() {
    let whole = read(SCANHELM_CSV).unwrap();
    let known: Vec<(String, String, String)> = whole
        .findings
        .iter()
        .map(|finding| (finding.asset.identity(), weakness(finding), location(&finding.location)))
        .collect();
    let row =
        |asset: &str, weakness: &str, location: &str| (asset.to_owned(), weakness.to_owned(), location.to_owned());
    assert_eq!(
        known,
        [
            row("repository:shop", "rule:bandit:B307", "code:src/app.py\n"),
            row("fqdn:db1.example.org", "cve:CVE-2022-3602,CVE-2022-3786", "port:443/tcp"),
            row("site:https://shop.example", "rule:zap:10062", "web: https://shop.example/a q"),
        ]
    );
    assert_eq!(whole.findings[0].evidence.as_deref(), Some("=1+1"), "without our apostrophe");
    assert_eq!(whole.rejected.len(), 1);
}

#[test]
fn a_newer_schema_is_refused() {
    let error = read(SCANHELM.replace("scanhelm-findings/1", "scanhelm-findings/2")).unwrap_err();
    assert!(
        matches!(&error, ReadError::Malformed { .. }) && error.to_string().contains("scanhelm-findings/2"),
        "{error}"
    );
    let whole = read(SCANHELM).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
}

#[test]
fn what_a_project_suppresses_is_told_apart() {
    let marked = SCANHELM.replacen("{\"fingerprint\"", "{\"suppressed\":{\"by\":\"inline\"},\"fingerprint\"", 1);
    assert_ne!(marked, SCANHELM);
    let whole = read(marked).unwrap();
    assert_eq!((whole.findings.len(), whole.suppressed.len()), (0, 1));
    assert_eq!(whole.suppressed, read(SCANHELM).unwrap().findings);
}

fn text() -> impl Strategy<Value = String> {
    "[='+@\"a-zé,;\\n ]{0,12}"
}

prop_compose! {
    fn records()(
        severity in prop::sample::select(Severity::ALL.to_vec()),
        rule in "[A-Z]{1,3}[0-9]{1,4}",
        title in "['=]?[a-z]{1,8}",
        host in "[a-z]{1,6}(\\.example)?",
        kind in 0..6_u8,
        path in "[a-z]{1,5}(/[a-z]{1,5}){0,2}\\.py",
        line in prop::option::of(1..900_u32),
        port in 1..u16::MAX,
        cves in prop::collection::vec((1999..2030_u32, 1000..99_999_u32), 0..3),
        cwes in prop::collection::btree_set(1..1400_u32, 0..3),
        score in prop::option::of(0..100_u8),
        texts in prop::array::uniform3(prop::option::of(text())),
        references in prop::collection::vec("https://[a-z]{1,5}\\.example", 0..3),
    ) -> FindingRecord {
        let site = format!("https://{host}");
        let (asset, location) = match kind {
            0 => (AssetRecord::repository(&host), Location::Code { path, line, column: Some(3), source: Some("x(y)".to_owned()) }),
            1 => (AssetRecord::new(AssetKind::Host, host.clone(), vec![AssetKey::Ip("10.0.0.1".to_owned())]), Location::Network { port, protocol: "tcp".to_owned(), service: None }),
            2 => (AssetRecord::new(AssetKind::Site, host.clone(), vec![AssetKey::Site(site.clone())]), Location::Web { url: format!("{site}/a"), method: Some("GET".to_owned()), parameter: Some("q".to_owned()) }),
            3 => (AssetRecord::repository(&host), Location::Package { purl: format!("pkg:npm/{host}@1.0"), path: Some(path) }),
            4 => (AssetRecord::new(AssetKind::Image, host.clone(), vec![AssetKey::Image(host.clone())]), Location::Package { purl: format!("pkg:npm/{host}@1.0"), path: None }),
            _ => (AssetRecord::new(AssetKind::CloudResource, host.clone(), vec![AssetKey::CloudId(host.clone())]), Location::Asset),
        };
        let [description, solution, evidence] = texts;
        FindingRecord {
            scanner: "tool".to_owned(),
            rule_id: rule,
            title,
            severity,
            vendor_severity: Some("x".to_owned()),
            asset,
            location,
            check: Some("item 7".to_owned()),
            cves: cves.iter().map(|(year, number)| format!("CVE-{year}-{number}")).collect::<std::collections::BTreeSet<_>>().into_iter().collect(),
            cwes: cwes.into_iter().collect(),
            cvss: score.map(|score| CvssScore { version: "3.1".to_owned(), vector: None, score: Some(f64::from(score) / 10.0) }).into_iter().collect(),
            family: None,
            description: description.filter(|text| !text.is_empty()),
            solution: solution.filter(|text| !text.is_empty()),
            evidence: evidence.filter(|text| !text.is_empty()),
            references,
            seen_at: None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// JSON brings back every record as it was; the table gives the same table again.
    #[test]
    fn whatever_is_written_comes_back(findings in prop::collection::vec(records(), 0..12)) {
        comes_back(&findings);
    }
}
