//! Judgements that need a second person, on the wire.

use std::collections::HashMap;

use scanhelm_core::finding::{Finding, approval};
use scanhelm_hub::findings::{ApprovalRow, ApprovalView, PolicyChange, PolicyView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::{Members, Person};
use super::words::{ApprovalState, FindingState, Severity, Time, actor};
use crate::extract::Versioned;

/// A request for a judgement that needs a second person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approval {
    id: Uuid,
    state: ApprovalState,
    /// What the findings are to become.
    to: FindingState,
    reason: String,
    /// Until when the judgement would stand.
    expires_at: Option<Time>,
    requested_by: String,
    /// The person behind that, who cannot decide it.
    requester: Person,
    requested_at: Time,
    /// Undecided by then, it ends.
    ends_at: Time,
    decided_by: Option<String>,
    decided_at: Option<Time>,
    decision_reason: Option<String>,
    /// How many findings it is about.
    findings: u64,
    /// How many of them became what: `changed`, `unchanged`, `refused`, `rejected`, `withdrawn`, `expired`, or `open`.
    /// Only of one request.
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    outcomes: HashMap<String, u64>,
}

impl Approval {
    pub(crate) fn new(view: ApprovalView, members: &Members) -> Self {
        let ApprovalView { approval, outcomes } = view;
        Self {
            id: approval.id.0,
            state: approval.state.into(),
            to: approval.to.into(),
            reason: approval.reason,
            expires_at: approval.expires_at.map(Time),
            requested_by: actor(approval.requested_by),
            requester: Person::of(approval.requester_id, members),
            requested_at: approval.requested_at.into(),
            ends_at: approval.ends_at.into(),
            decided_by: approval.decided_by.map(actor),
            decided_at: approval.decided_at.map(Time),
            decision_reason: approval.decision_reason,
            findings: approval.findings,
            outcomes: outcomes
                .into_iter()
                .map(|(outcome, findings)| (outcome.unwrap_or_else(|| "open".to_owned()), findings))
                .collect(),
        }
    }
}

/// That a finding waits for one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PendingApproval {
    id: Uuid,
    to: FindingState,
    requested_at: Time,
    ends_at: Time,
}

impl From<&approval::Approval> for PendingApproval {
    fn from(approval: &approval::Approval) -> Self {
        Self {
            id: approval.id.0,
            to: approval.to.into(),
            requested_at: approval.requested_at.into(),
            ends_at: approval.ends_at.into(),
        }
    }
}

/// A finding of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalFinding {
    fingerprint: String,
    /// `null` when there is none: the judgement then waits for it.
    finding: Option<FindingBrief>,
    /// `null` as long as that is open.
    outcome: Option<String>,
    /// Of a refusal.
    code: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingBrief {
    id: Uuid,
    title: String,
    severity: Severity,
    status: FindingState,
    location: String,
}

impl From<Finding> for FindingBrief {
    fn from(finding: Finding) -> Self {
        Self {
            id: finding.id.0,
            severity: finding.severity.into(),
            status: finding.status.into(),
            location: finding.location.label(),
            title: finding.title,
        }
    }
}

impl From<ApprovalRow> for ApprovalFinding {
    fn from(ApprovalRow { row, finding }: ApprovalRow) -> Self {
        Self {
            fingerprint: row.fingerprint,
            finding: finding.map(Into::into),
            outcome: row.outcome,
            code: row.code,
            reason: row.reason,
        }
    }
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApprovalDecision {
    /// Required to reject.
    pub(crate) reason: String,
}

/// What of the company's judgement needs a second person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriagePolicy {
    /// Target states that somebody else has to approve. Empty: every judgement is made at once.
    approval_states: Vec<FindingState>,
    /// Those that could be chosen.
    eligible_states: Vec<FindingState>,
    /// A request that nobody decides ends after so many days.
    request_days: u32,
    /// How many members may decide requests. With none or one, some of them can never be approved.
    approvers: u64,
    version: i64,
}

impl Versioned for TriagePolicy {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<PolicyView> for TriagePolicy {
    fn from(PolicyView { policy, approvers }: PolicyView) -> Self {
        Self {
            approval_states: policy.states.into_iter().map(FindingState).collect(),
            eligible_states: approval::Policy::ELIGIBLE.map(FindingState).to_vec(),
            request_days: policy.request_days,
            approvers,
            version: policy.version,
        }
    }
}

/// Only what is given changes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TriagePolicyPatch {
    approval_states: Option<Vec<FindingState>>,
    request_days: Option<u32>,
}

impl From<TriagePolicyPatch> for PolicyChange {
    fn from(patch: TriagePolicyPatch) -> Self {
        Self {
            states: patch.approval_states.map(|states| states.into_iter().map(|state| state.0).collect()),
            request_days: patch.request_days,
        }
    }
}
