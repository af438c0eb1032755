//! What stands of the findings of a run, on the wire.

use scanhelm_hub::findings as hub;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{FindingState, Time};

/// Evidence of one scanner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) scanner: String,
    /// As `scanner_ref` of a sighting; at most 1,000.
    pub(crate) references: Vec<String>,
}

/// What stands of each, in the order in which they were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Standings {
    /// `null`: there is no such evidence.
    pub(crate) items: Vec<Option<Standing>>,
}

/// What stands of a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Standing {
    finding_id: Uuid,
    /// As it counts now: behind a verdict or a rule whose time is up nothing is hidden.
    status: FindingState,
    /// Why it does not count, in the words of whoever judged it or wrote the rule.
    reason: Option<String>,
    /// Name of the member who judged it or answers for the rule.
    by: Option<String>,
    /// Name of the rule that suppresses it.
    rule: Option<String>,
    /// Until when that stands.
    expires_at: Option<Time>,
    /// In words, where a judgement ran out and nobody has judged since.
    ran_out: Option<String>,
}

impl From<hub::Standing> for Standing {
    fn from(standing: hub::Standing) -> Self {
        Self {
            finding_id: standing.finding.0,
            status: standing.status.into(),
            reason: standing.reason,
            by: standing.by,
            rule: standing.rule,
            expires_at: standing.expires_at.map(Time),
            ran_out: standing.ran_out,
        }
    }
}
