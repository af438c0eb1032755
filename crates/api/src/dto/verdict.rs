//! Judgements by fingerprint, on the wire.

use scanhelm_core::finding::verdict;
use scanhelm_hub::findings::{FingerprintState, Judgement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::approval::PendingApproval;
use super::words::{FindingState, Time, actor};

/// A judgement of a fingerprint to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FingerprintJudgement {
    to: FindingState,
    /// Required for everything that takes findings out of the queue.
    #[serde(default)]
    reason: String,
    /// Until when `risk_accepted`, `false_positive` or `duplicate` stands.
    #[serde(default)]
    expires_at: Option<Time>,
}

impl From<FingerprintJudgement> for Judgement {
    fn from(judgement: FingerprintJudgement) -> Self {
        let FingerprintJudgement { to, reason, expires_at } = judgement;
        Self { to: to.0, reason, expires_at: expires_at.map(|time| time.0) }
    }
}

/// The last judgement of a fingerprint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verdict {
    fingerprint: String,
    state: FindingState,
    reason: Option<String>,
    actor: String,
    at: Time,
    expires_at: Option<Time>,
}

impl From<verdict::Verdict> for Verdict {
    fn from(verdict: verdict::Verdict) -> Self {
        Self {
            fingerprint: verdict.fingerprint,
            state: verdict.state.into(),
            reason: verdict.reason,
            actor: actor(verdict.actor),
            at: verdict.at.into(),
            expires_at: verdict.expires_at.map(Time),
        }
    }
}

/// What stands of a fingerprint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FingerprintVerdict {
    fingerprint: String,
    /// `null`: nobody has judged it.
    verdict: Option<Verdict>,
    /// `null`: nobody has seen it yet, or it is gone.
    finding_id: Option<Uuid>,
    status: Option<FindingState>,
    /// A judgement that waits for a second person.
    pending_approval: Option<PendingApproval>,
}

impl From<FingerprintState> for FingerprintVerdict {
    fn from(state: FingerprintState) -> Self {
        Self {
            fingerprint: state.fingerprint,
            verdict: state.verdict.map(Into::into),
            finding_id: state.finding.as_ref().map(|finding| finding.id.0),
            status: state.finding.map(|finding| finding.status.into()),
            pending_approval: state.pending.as_ref().map(Into::into),
        }
    }
}
