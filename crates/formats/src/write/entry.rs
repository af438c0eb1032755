//! A finding on its way out.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{FindingRecord, FindingState};
use scanhelm_core::ids::FindingId;
use scanhelm_core::local::suppression::Suppressed;
use serde::{Deserialize, Serialize};

/// Small, as an output can hold a hundred thousand: what most have not is in a box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub record: Box<FindingRecord>,
    /// What makes it this finding.
    pub identity: Identity,
    /// `None` for a report that no hub has seen.
    pub standing: Option<Box<Standing>>,
    /// Why a local scan does not count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Box<Suppressed>>,
    /// Where two looks are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Box<Changed>>,
}

/// What became of a finding between two looks, and the fingerprint by which it was known in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub change: Change,
    pub fingerprint: String,
}

/// In the words of SARIF's `baselineState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    New,
    Unchanged,
    Absent,
}

/// What a hub knows of a finding beside what its scanner says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub id: FindingId,
    pub status: FindingState,
    /// Why it has this status, in the words of whoever judged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_at: Option<Timestamp>,
    /// Until when the judgement stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// How many scanners or integrations have evidence of it.
    pub sightings: u32,
}

impl Entry {
    /// Of a report that no hub has seen.
    #[must_use]
    pub fn of_report(record: impl Into<Box<FindingRecord>>, identity: Identity) -> Self {
        Self { record: record.into(), identity, standing: None, suppressed: None, changed: None }
    }

    #[must_use]
    pub fn identified(&self) -> (&FindingRecord, &Identity) {
        (&self.record, &self.identity)
    }

    /// A fingerprint that is the same on every machine and for every company: weakness and place, not the asset's name.
    pub(super) fn fingerprint(&self) -> String {
        match &self.changed {
            Some(changed) => changed.fingerprint.clone(),
            None => self.identity.portable_fingerprint(),
        }
    }

    pub(super) fn status(&self) -> Option<FindingState> {
        self.standing.as_ref().map(|standing| standing.status)
    }

    /// Why it has its status, if anybody said so.
    pub(super) fn reason(&self) -> Option<&str> {
        self.standing.as_ref()?.reason.as_deref().filter(|reason| !reason.trim().is_empty())
    }
}
