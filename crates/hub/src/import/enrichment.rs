//! Where a deployment's own facts join a record on its way in, kept beside what the scanner said. The hub imports
//! without any. Public facts (EPSS, KEV, NVD) do not come this way: they change every day, so findings are rated by
//! them, see [`crate::rating`], and hold no copy.

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
