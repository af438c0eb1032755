//! Where facts from outside the report (EPSS, KEV, computed scores) join a record on its way in. The hub imports
//! without any; feeds plug in here.

use std::fmt;

use scanhelm_core::finding::FindingRecord;

/// Adds to a record before it is correlated. Must be pure for a given state of its feeds: importing again with the same
/// feeds changes nothing. Must not change what identifies the record.
pub trait Enrichment: Send + Sync + fmt::Debug {
    /// Facts to keep beside the scanner's own, by name; empty when there are none.
    fn enrich(&self, record: &FindingRecord) -> serde_json::Map<String, serde_json::Value>;
}

/// No feeds are configured.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEnrichment;

impl Enrichment for NoEnrichment {
    fn enrich(&self, _record: &FindingRecord) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
}
