//! What the reports of package, image and cloud scanners have in common: how a package is named, which asset it belongs to,
//! and the shape of a finding about it.

pub(crate) mod field;
mod purl;
mod score;
mod seen;
mod sheet;
pub(crate) mod subject;
mod workload;

pub(crate) use purl::{canonical, generic, kind_of, purl};
use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
pub(crate) use score::{push_score, severity_of_scores, severity_of_vector};
pub(crate) use seen::Seen;
pub(crate) use sheet::{Columns, Sheet, has_columns};
pub(crate) use workload::workload;

use crate::weakness::cves_in;

/// A finding with what identifies it; the CVEs are those in its rule.
pub(crate) fn draft(
    scanner: &str,
    rule_id: &str,
    severity: Severity,
    asset: &AssetRecord,
    location: Location,
) -> FindingRecord {
    let mut cves = vec![];
    cves_in(rule_id, &mut cves);
    FindingRecord {
        scanner: scanner.to_owned(),
        rule_id: rule_id.to_owned(),
        title: rule_id.to_owned(),
        severity,
        vendor_severity: None,
        asset: asset.clone(),
        location,
        check: None,
        cves,
        cwes: vec![],
        cvss: vec![],
        family: None,
        description: None,
        solution: None,
        evidence: None,
        references: vec![],
        seen_at: None,
    }
}

/// Where a package is. The package database of a system is no place: each of its packages is in it, scanners spell it
/// differently or not at all, and the same package is in it once.
pub(crate) fn package_location(purl: String, path: Option<&str>) -> Location {
    let of_system = ["pkg:deb/", "pkg:rpm/", "pkg:apk/"].iter().any(|kind| purl.starts_with(kind));
    let path = path.map(|path| path.trim().trim_start_matches("./").trim_start_matches('/').to_owned());
    Location::Package { purl, path: path.filter(|path| !path.is_empty() && !of_system) }
}

/// `openssl 1.1.1: Buffer overflow`: which package, and what is said of it; the rule where nothing is said.
pub(crate) fn package_title(name: &str, version: &str, said: Option<&str>, rule_id: &str) -> String {
    let said = said.map(|text| single_line(text, 200)).filter(|text| !text.is_empty());
    let package = [name, version].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    single_line(&format!("{package}: {}", said.as_deref().unwrap_or(rule_id)), 300)
}

/// What to do: the versions that are fixed, or that there is none.
pub(crate) fn upgrade(name: &str, fixed: &[String]) -> Option<String> {
    let fixed: Vec<&str> = fixed.iter().map(|version| version.trim()).filter(|version| !version.is_empty()).collect();
    (!fixed.is_empty()).then(|| format!("Upgrade {name} to {}", fixed.join(", ")))
}

/// Lines `name: value` of what there is, as evidence.
pub(crate) fn lines(pairs: &[(&str, Option<&str>)]) -> Option<String> {
    let there = pairs.iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.trim().is_empty())?)));
    let text = there.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}

/// The five words that most scanners of packages share, and those that a few add.
pub(crate) fn severity(word: &str) -> Option<Severity> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" | "minor" => Severity::Low,
        "info" | "informational" | "information" | "negligible" | "unknown" | "none" | "undefined" | "unassigned"
        | "unscored" | "unspecified" | "untriaged" => Severity::Info,
        _ => return None,
    })
}

/// [`severity`], or why the record is rejected.
pub(crate) fn severity_or_reason(word: &str, scanner: &str) -> Result<Severity, String> {
    severity(word).ok_or_else(|| format!("`{}` is no severity of {scanner}", single_line(word, 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_system_is_no_place() {
        let path = |purl: &str, path| match package_location(purl.to_owned(), path) {
            Location::Package { path, .. } => path,
            _ => None,
        };
        assert_eq!(path("pkg:apk/alpine/musl@1.1.22", Some("/lib/apk/db/installed")), None);
        assert_eq!(path("pkg:npm/lodash@4.17.4", Some("./package-lock.json")).as_deref(), Some("package-lock.json"));
        assert_eq!(path("pkg:npm/lodash@4.17.4", Some("/app/package.json")).as_deref(), Some("app/package.json"));
        assert_eq!(path("pkg:npm/lodash@4.17.4", Some(" ")), None);
    }

    #[test]
    fn a_title_names_the_package() {
        assert_eq!(package_title("a", "1", Some(" Bad\n thing "), "X-1"), "a 1: Bad thing");
        assert_eq!(package_title("a", "", None, "X-1"), "a: X-1");
        assert_eq!(upgrade("a", &[" ".to_owned()]), None);
    }
}
