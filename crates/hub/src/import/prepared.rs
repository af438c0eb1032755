//! What can be computed of records without the database: identity, fingerprint, and what will be stored of them. It is
//! most of the work of an import, so it is done where the report is read, while the batch before is written.

use std::collections::HashMap;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::cvss;
use scanhelm_core::finding::identity::{Identity, Ordinals, scanner_ref};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::ids::{AssetId, CompanyId};
use scanhelm_core::import::Quarantined;
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_core::text::{MAX_TEXT, clean, single_line};
use scanhelm_core::{Error, Result, Timestamp};
use scanhelm_formats::CoveredAsset;
use scanhelm_store::{Alias, SightingContent};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::pipeline::Frame;
use crate::Hub;

/// What one transaction writes.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) assets: Vec<CoveredAsset>,
    pub(super) records: Vec<Prepared>,
    pub(super) rejected: Vec<Quarantined>,
    /// How many records of the report are in with it.
    pub(super) position: u64,
}

/// A finding of the report and its place among equals.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) record: FindingRecord,
    pub(super) ordinal: u32,
    pub(super) suppressed: bool,
}

/// A record as the import goes on with it. Its long texts are only in `row`.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) fingerprint: String,
    pub(super) identity: Identity,
    pub(super) scanner_ref: String,
    pub(super) asset_identity: String,
    /// Where its finding is: what was reported, or what that was merged into.
    pub(super) placed: Option<AssetId>,
    pub(super) seen_at: Timestamp,
    pub(super) row: SightingContent,
    pub(super) asset: AssetRecord,
    pub(super) location: Location,
    pub(super) cves: Vec<String>,
    pub(super) cwes: Vec<u32>,
    /// Whoever keeps the code does not want it counted.
    pub(super) suppressed: bool,
}

impl Prepared {
    pub(super) fn place(
        &mut self,
        company: CompanyId,
        ids: &HashMap<String, AssetId>,
        aliases: &HashMap<AssetId, Alias>,
    ) {
        self.placed = ids.get(&self.asset_identity).copied();
        if let Some(alias) = self.placed.and_then(|reported| aliases.get(&reported)) {
            self.placed = Some(alias.asset_id);
            self.identity.asset.clone_from(&alias.identity);
            self.fingerprint = self.identity.fingerprint(company);
        }
    }
}

/// Prepares the records of one report, from its first.
pub(super) struct Preparation {
    hub: Hub,
    company: CompanyId,
    frame: Frame,
    ordinals: Ordinals,
    /// When each covered asset of this report was finished, for records that are not dated.
    covered: HashMap<String, (Timestamp, bool)>,
}

impl Preparation {
    pub(super) fn new(hub: &Hub, company: CompanyId, frame: &Frame, ordinals: Ordinals) -> Self {
        Self { hub: hub.clone(), company, frame: frame.clone(), ordinals, covered: HashMap::new() }
    }

    pub(super) fn ordinal(&mut self, record: &FindingRecord) -> u32 {
        self.ordinals.next(record)
    }

    /// Remembers when and how the asset of records to come was covered.
    pub(super) fn cover(&mut self, asset: &CoveredAsset) {
        let covered_at = asset.finished_at.unwrap_or(self.frame.seen_at);
        self.covered.insert(asset.asset.identity(), (covered_at, asset.authenticated == Some(true)));
    }

    pub(super) fn prepare(&self, Record { record, ordinal, suppressed }: Record) -> Result<Prepared> {
        let identity = Identity::of(&record, ordinal);
        let asset_identity = identity.asset.clone();
        let covered = self.covered.get(&asset_identity);
        let seen_at = record.seen_at.or_else(|| covered.map(|(at, _)| *at)).unwrap_or(self.frame.seen_at);
        let authenticated = record.asset.authenticated || covered.is_some_and(|(_, authenticated)| *authenticated);
        let detail = Detail::of(&record, self.hub.0.enrichment.enrich(&record)).json()?;
        let mut row = SightingContent {
            scanner: single_line(&record.scanner, 80),
            rule_id: single_line(&record.rule_id, 300),
            title: single_line(&record.title, 500),
            severity: record.severity,
            authenticated,
            policy: self.frame.policy.clone(),
            content: 0,
            detail,
            cvss_tenths: cvss::leading(record.cvss.iter().filter_map(|score| score.vector.as_deref()))
                .map(|score| score.tenths),
            suppressed: None,
        };
        let scanner_ref = scanner_ref(&record, ordinal);
        row.suppressed = self.frame.suppressed.get(&scanner_ref).cloned();
        row.content = content_digest(&row);
        let FindingRecord { asset, location, cves, cwes, .. } = record;
        Ok(Prepared {
            fingerprint: identity.fingerprint(self.company),
            scanner_ref,
            identity,
            asset_identity,
            placed: None,
            seen_at,
            row,
            asset,
            location,
            cves,
            cwes,
            suppressed,
        })
    }
}

/// What the scanner said, cleaned; not part of any identity. Its JSON is part of a digest that is stored: the names are
/// in their order, inside of the values too.
#[derive(Debug, Serialize)]
struct Detail<'record> {
    check: Option<String>,
    cves: &'record [String],
    cvss: Value,
    cwes: &'record [u32],
    description: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    enrichment: Map<String, Value>,
    evidence: Option<String>,
    family: Option<String>,
    location: Value,
    references: Vec<String>,
    solution: Option<String>,
    vendor_severity: Option<String>,
}

impl<'record> Detail<'record> {
    fn of(record: &'record FindingRecord, enrichment: Map<String, Value>) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(|text| clean(text, MAX_TEXT));
        Self {
            check: record.check.as_deref().map(|check| clean(check, 2000)),
            cves: &record.cves,
            cvss: json!(record.cvss),
            cwes: &record.cwes,
            description: text(&record.description),
            enrichment,
            evidence: text(&record.evidence),
            family: record.family.as_deref().map(|family| single_line(family, 200)),
            location: json!(record.location),
            references: record.references.iter().take(100).map(|reference| single_line(reference, 2000)).collect(),
            solution: text(&record.solution),
            vendor_severity: record.vendor_severity.as_deref().map(|word| single_line(word, 80)),
        }
    }

    fn json(&self) -> Result<String> {
        let long = [&self.description, &self.evidence, &self.solution].into_iter().flatten().map(String::len);
        // Large enough at once for most, line breaks and quotes included.
        let mut json = Vec::with_capacity(1024 + long.sum::<usize>() * 9 / 8);
        serde_json::to_writer(&mut json, self).map_err(Error::internal)?;
        json.shrink_to_fit();
        String::from_utf8(json).map_err(Error::internal)
    }
}

/// Stable over versions and machines: it is stored.
fn content_digest(row: &SightingContent) -> u64 {
    let mut hash = Sha256::new();
    let authenticated = if row.authenticated { "1" } else { "0" };
    let policy = row.policy.as_deref().unwrap_or("");
    for part in [&row.title, row.severity.as_str(), &row.rule_id, authenticated, policy, &row.detail] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    // Only where there is any: most was stored before there could be.
    if let Some(Suppressed { by, reason, owner, .. }) = &row.suppressed {
        for part in [by.as_str(), reason.as_deref().unwrap_or(""), owner.as_deref().unwrap_or("")] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise an upgrade would take every sighting for changed.
    #[test]
    fn a_detail_is_written_in_the_order_of_its_names() {
        let record: FindingRecord = serde_json::from_value(json!({
            "scanner": "nessus", "rule_id": "1001", "title": "Old OpenSSL", "severity": "high", "vendor_severity": "3",
            "asset": {"kind": "host", "name": "web", "keys": [], "operating_system": null, "authenticated": false},
            "location": {"kind": "network", "port": 443, "protocol": "tcp", "service": "www"},
            "check": "a \"check\"", "cves": ["CVE-2022-3602"], "cwes": [787], "family": "General", "solution": "update",
            "cvss": [{"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}],
            "description": "two\nlines", "evidence": "1.0\u{1b}[31m", "references": ["https://example.org/a"],
        }))
        .unwrap();
        for enrichment in [json!({}), json!({"kev": true, "epss": {"score": 0.5, "percentile": 0.9}})] {
            let written = Detail::of(&record, enrichment.as_object().unwrap().clone()).json().unwrap();
            let read: Value = serde_json::from_str(&written).unwrap();
            assert_eq!(read.to_string(), written);
            assert_eq!(read.get("enrichment").is_some(), enrichment != json!({}));
            assert_eq!(read["evidence"], "1.0[31m");
        }
    }
}
