//! Findings: one weakness at one location of one asset of one company.
//!
//! `record` is what a report says; `identity` decides what is the same finding; `correlation` decides what an
//! incoming record does to what is known; `relation` groups what scanners bundle differently; `state` is the human side:
//! `verdict` is what a person decided and how long it stands, `approval` what needs a second person, `comment` what people
//! say; `suppression` is what rules take out of the queue. When a finding may be closed is decided in [`crate::coverage`]; `delta` compares two runs. `risk` says what to look
//! at first, `sla` until when it should be gone; `rating` puts both together, `cvss` computes scores from vectors.

pub mod approval;
pub mod comment;
pub mod correlation;
pub mod cvss;
pub mod delta;
pub mod identity;
pub mod rating;
mod record;
pub mod relation;
pub mod risk;
pub mod sla;
mod state;
pub mod suppression;
pub mod verdict;

pub use rating::Rating;
pub use record::{CvssScore, FindingRecord, Location};
use serde::{Deserialize, Serialize};
pub use state::{FindingState, may_transition};

use crate::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, SightingId, SuppressionRuleId, UserId};
use crate::local::suppression::Suppressed;
use crate::{Severity, Timestamp};

/// As the hub keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub id: FindingId,
    pub company_id: CompanyId,
    /// Hex SHA-256; see [`identity`].
    pub fingerprint: String,
    pub asset_id: AssetId,
    pub title: String,
    /// The worst of its live sightings.
    pub severity: Severity,
    pub status: FindingState,
    pub cves: Vec<String>,
    pub cwes: Vec<u32>,
    pub location: Location,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// When the hub closed it, if it did.
    pub resolved_at: Option<Timestamp>,
    pub sighting_count: u32,
    /// Who takes care of it; may have left the company since.
    pub owner_id: Option<UserId>,
    pub rating: Rating,
    /// When a scanner saw it again after it was fixed.
    pub reopened_at: Option<Timestamp>,
    /// When it was first gone, if it is: what its due date is measured by.
    pub stopped_at: Option<Timestamp>,
    /// The rule that suppresses it, if one does.
    pub suppression_rule_id: Option<SuppressionRuleId>,
}

/// One scanner's evidence of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sighting {
    pub id: SightingId,
    pub company_id: CompanyId,
    pub finding_id: FindingId,
    pub source: SightingSource,
    /// The scanner's own stable reference within the source; see [`identity::scanner_ref`].
    pub scanner_ref: String,
    pub scanner: String,
    pub rule_id: String,
    pub title: String,
    pub severity: Severity,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// The scanner was logged in on the asset when it saw this.
    pub authenticated: bool,
    pub state: SightingState,
    /// Description, solution, evidence, scores as the scanner gave them.
    pub detail: serde_json::Value,
    /// The scanned project suppresses it.
    pub suppressed: Option<Suppressed>,
}

/// Whose evidence: an integration's, or a kind of scanner whose reports come as files or local runs. Written
/// `integration:<uuid>` or `scanner:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SightingSource(pub String);

impl SightingSource {
    #[must_use]
    pub fn integration(id: crate::ids::IntegrationId) -> Self {
        Self(format!("integration:{id}"))
    }

    #[must_use]
    pub fn scanner(name: &str) -> Self {
        Self(format!("scanner:{}", name.to_ascii_lowercase()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` for a kind of scanner.
    #[must_use]
    pub fn integration_id(&self) -> Option<crate::ids::IntegrationId> {
        self.0.strip_prefix("integration:")?.parse().ok()
    }
}

/// Whether the scanner still sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SightingState {
    Seen,
    /// A later complete run covered asset and check and did not see it.
    Fixed,
    /// A later run did not see it, but that proves nothing; the reason is kept.
    NotSeen,
}

impl SightingState {
    pub const ALL: [Self; 3] = [Self::Seen, Self::Fixed, Self::NotSeen];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Fixed => "fixed",
            Self::NotSeen => "not_seen",
        }
    }
}
