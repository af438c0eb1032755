//! An import: bringing one run's results into the hub, in batches with a checkpoint in each batch's transaction.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{CompanyId, ImportId, JobId, RunId, ScanId};
use crate::status::ImportState;

/// A record that could not be taken, and why. Kept and shown, never dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// 0-based position among the report's records.
    pub record: u64,
    pub reason: String,
    /// As much of the record as helps to find it.
    pub excerpt: String,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Records read, quarantined ones included.
    pub records: u64,
    /// New findings.
    pub created: u64,
    /// Known sightings with newer content, and new sightings of known findings.
    pub updated: u64,
    pub reopened: u64,
    pub unchanged: u64,
    /// Findings closed because a complete covering run no longer shows them.
    pub fixed: u64,
    pub not_seen: u64,
    pub quarantined: u64,
}

impl ImportCounts {
    pub const fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.created += other.created;
        self.updated += other.updated;
        self.reopened += other.reopened;
        self.unchanged += other.unchanged;
        self.fixed += other.fixed;
        self.not_seen += other.not_seen;
        self.quarantined += other.quarantined;
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub id: ImportId,
    pub company_id: CompanyId,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub job_id: JobId,
    pub state: ImportState,
    /// Records whose effect is committed: where a restart continues.
    pub checkpoint: u64,
    pub counts: ImportCounts,
    /// First ones, bounded; `counts.quarantined` is the whole number.
    pub quarantined: Vec<Quarantined>,
    /// What the connector needs to continue (such as the export id it polls), opaque to the hub.
    pub vendor_state: Option<serde_json::Value>,
    /// Digest of the report being imported: a resume continues only on the same bytes.
    pub report_sha256: Option<String>,
    pub error: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}
