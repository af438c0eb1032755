//! DefectDojo's "Generic Findings Import", which many tools without a format of their own write: JSON and CSV. A finding
//! that is inactive, mitigated, false positive, duplicate or out of scope is none. The format does not tell how a scan
//! ended, so it never closes anything. What identifies is the tool's own id of the weakness (`vuln_id_from_tool`), else the
//! title, which is all that the format asks for; `unique_id_from_tool` where it is given.

mod json;
mod table;

use scanhelm_core::Severity;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use crate::code_report::Place;
use crate::format::Format;
use crate::gathered::{bare, filled};
use crate::package::{generic, package_location, push_score};
use crate::site::{page, site};
use crate::weakness::{cves_in, cwes_in};

pub(crate) const JSON: Format = json::FORMAT;
pub(crate) const TABLE: Format = table::FORMAT;

#[derive(Default)]
struct Generic<'a> {
    scanner: &'a str,
    title: &'a str,
    severity: &'a str,
    description: &'a str,
    mitigation: &'a str,
    references: &'a str,
    /// Vulnerability ids: CVEs and others.
    ids: Vec<String>,
    cwe: String,
    vector: &'a str,
    score: Option<f64>,
    rule: &'a str,
    unique: &'a str,
    file: &'a str,
    line: Option<u32>,
    component: &'a str,
    version: &'a str,
    endpoint: String,
    evidence: String,
}

impl Generic<'_> {
    fn finding(self, place: &Place) -> Result<FindingRecord, String> {
        let severity = match self.severity.to_ascii_lowercase().as_str() {
            "informational" => Severity::Info,
            word => word.parse().map_err(|_| format!("`{}` is no severity of DefectDojo", self.severity))?,
        };
        let title = filled(single_line(self.title, 200)).ok_or("it has no title")?;
        let (mut cves, mut cwes, mut cvss) = (vec![], vec![], vec![]);
        self.ids.iter().for_each(|id| cves_in(id, &mut cves));
        cwes_in(&format!("CWE-{}", self.cwe.trim_start_matches("CWE-")), &mut cwes);
        push_score(&mut cvss, "3.1", Some(self.vector), self.score);
        let (asset, location) = self.place(place);
        let rule = filled(self.rule).or_else(|| self.ids.first().and_then(|id| filled(id.clone())));
        Ok(FindingRecord {
            vendor_severity: filled(self.severity),
            check: filled(self.unique),
            cves,
            cwes,
            cvss,
            description: filled(self.description),
            solution: filled(self.mitigation),
            evidence: filled(self.evidence),
            references: self
                .references
                .split_whitespace()
                .filter(|word| word.contains("://"))
                .map(str::to_owned)
                .collect(),
            ..bare(self.scanner, rule.unwrap_or_else(|| title.clone()), title, severity, &asset, location)
        })
    }

    fn place(&self, place: &Place) -> (AssetRecord, Location) {
        let own = place.asset.clone();
        if let Some(url) = (!self.component.is_empty()).then(|| generic(self.component, self.version)).flatten() {
            return (own, package_location(url, Some(self.file)));
        }
        if !self.file.is_empty() {
            let path = place.tree.relative(self.file);
            return (own, Location::Code { path, line: self.line, column: None, source: None });
        }
        if let Some(url) = page(&self.endpoint) {
            return (site(&url), Location::Web { url, method: None, parameter: None });
        }
        match filled(self.endpoint.trim().to_owned()) {
            Some(host) => {
                let key = match host.parse::<std::net::IpAddr>() {
                    Ok(_) => AssetKey::Ip(host.clone()),
                    Err(_) if host.contains('.') => AssetKey::Fqdn(host.clone()),
                    Err(_) => AssetKey::Hostname(host.clone()),
                };
                (AssetRecord::new(AssetKind::Host, host, vec![key]), Location::Asset)
            }
            None => (own, Location::Asset),
        }
    }
}
