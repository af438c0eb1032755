//! Judging many findings at once, on the wire.

use scanhelm_core::Error;
use scanhelm_core::compliance::Tag;
use scanhelm_core::ids::{AssetId, FindingId, ScanId, UserId};
use scanhelm_hub::findings::{Action, Judgement, OrderedJudging, Selection};
use scanhelm_hub::{FindingFilter, JobFinding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::job::JobTicket;
use super::person::{OwnerQuery, OwnerWord, choice};
use super::words::{FindingState, Severity, Time};
use crate::extract::nullable;

/// Many findings and what to do with each. Either `ids` or `filter`, at most 100,000 findings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkJudging {
    #[serde(default)]
    ids: Option<Vec<Uuid>>,
    /// Whatever matches when it is asked for; empty means all.
    #[serde(default)]
    filter: Option<FindingSelection>,
    action: BulkAction,
}

/// At least one of `to`, `owner` and `comment`. A finding that one of them cannot be done with is left as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkAction {
    #[serde(default)]
    to: Option<FindingState>,
    /// Required for everything that takes findings out of the queue.
    #[serde(default)]
    reason: String,
    /// Until when `risk_accepted`, `false_positive` or `duplicate` stands.
    #[serde(default)]
    expires_at: Option<Time>,
    /// The new owner; `null` for nobody. Absent: each keeps the one it has.
    #[serde(default, deserialize_with = "nullable")]
    owner: Option<Option<OwnerWord>>,
    /// To be added to each.
    #[serde(default)]
    comment: Option<String>,
}

/// The filters of `GET /findings`, as a body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FindingSelection {
    /// Any of these.
    severity: Vec<Severity>,
    /// Any of these.
    status: Vec<FindingState>,
    /// Seen by this scanner product.
    scanner: Option<String>,
    /// Seen by the latest run of this scan.
    scan_id: Option<Uuid>,
    asset_id: Option<Uuid>,
    /// The id of a member, `me`, `none` or `gone`.
    owner: Option<String>,
    cve: Option<String>,
    cwe: Option<u32>,
    /// `owasp-2021:A03`.
    compliance: Option<String>,
    first_seen_after: Option<Time>,
    first_seen_before: Option<Time>,
    last_seen_after: Option<Time>,
    last_seen_before: Option<Time>,
    /// Known to be exploited, or not known to be.
    kev: Option<bool>,
    /// At least this probability, 0 to 1.
    epss_min: Option<f64>,
    /// At least this risk score, 0 to 100.
    risk_min: Option<u8>,
    /// Due before this time, and neither gone nor waived.
    due_before: Option<Time>,
    /// Due by now, and neither gone nor waived.
    overdue: bool,
    /// A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint.
    q: Option<String>,
}

/// The job whose `result` is `{changed, unchanged, pending, refused, approval_id, results_url, rows?}`. `rows`, of at most
/// 500 findings, are `{id, result, code?, reason?}`; `GET /jobs/{id}/results` tells of any number, also while it runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkTicket {
    /// How many findings it looks at.
    selected: u64,
    #[serde(flatten)]
    job: JobTicket,
}

impl BulkJudging {
    /// `person` is who asks.
    pub(crate) fn into_command(self, person: Option<UserId>) -> Result<(Selection, Action), Error> {
        let selection = match (self.ids, self.filter) {
            (Some(ids), None) => Selection::These(ids.into_iter().map(FindingId).collect()),
            (None, Some(filter)) => Selection::Matching(Box::new(filter.meant(person)?)),
            (None, None) => return Err(Error::field("ids", "required", "Say which findings: `ids` or `filter`.")),
            (Some(_), Some(_)) => {
                return Err(Error::field("filter", "conflict", "Use `ids` or `filter`, not both."));
            }
        };
        Ok((selection, self.action.into()))
    }
}

impl From<BulkAction> for Action {
    fn from(action: BulkAction) -> Self {
        let BulkAction { to, reason, expires_at, owner, comment } = action;
        let expires_at = expires_at.map(|time| time.0);
        Self { judgement: to.map(|to| Judgement { to: to.0, reason, expires_at }), owner: choice(owner), comment }
    }
}

impl FindingSelection {
    fn meant(self, person: Option<UserId>) -> Result<FindingFilter, Error> {
        let selection = self;
        let owner = match selection.owner.as_deref().map(str::parse::<OwnerQuery>) {
            None => None,
            Some(Ok(owner)) => Some(owner.filter(person)?),
            Some(Err(known)) => return Err(Error::field("filter.owner", "malformed", known)),
        };
        let tag = |text: &str| {
            text.parse::<Tag>().map_err(|known| Error::field("filter.compliance", "unknown", known.to_string()))
        };
        let compliance = selection.compliance.as_deref().map(tag).transpose()?;
        if selection.epss_min.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(Error::field("filter.epss_min", "out_of_range", "A number from 0 to 1."));
        }
        Ok(FindingFilter {
            owner,
            severity: selection.severity.into_iter().map(|word| word.0).collect(),
            status: selection.status.into_iter().map(|word| word.0).collect(),
            scanner: selection.scanner,
            scan_id: selection.scan_id.map(ScanId),
            run_id: None,
            asset_id: selection.asset_id.map(AssetId),
            cve: selection.cve,
            cwe: selection.cwe,
            compliance,
            any_cwe: &[],
            q: selection.q,
            first_seen_after: selection.first_seen_after.map(|time| time.0),
            first_seen_before: selection.first_seen_before.map(|time| time.0),
            last_seen_after: selection.last_seen_after.map(|time| time.0),
            last_seen_before: selection.last_seen_before.map(|time| time.0),
            kev: selection.kev,
            epss_min: selection.epss_min,
            risk_min: selection.risk_min,
            due_before: selection.due_before.map(|time| time.0),
            overdue: selection.overdue,
            // Everything that matches is judged, also what a grouped list shows behind its strongest.
            grouped: false,
        })
    }
}

impl From<OrderedJudging> for BulkTicket {
    fn from(ordered: OrderedJudging) -> Self {
        Self { selected: ordered.selected, job: JobTicket::of(ordered.job_id) }
    }
}

/// What became of a finding of an order on many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobResult {
    /// The finding.
    id: Uuid,
    /// `changed`, `unchanged`, `pending` (it waits for an approval) or `refused`; `null` until it has had its turn.
    result: Option<String>,
    /// Of a refusal.
    code: Option<String>,
    reason: Option<String>,
}

impl From<JobFinding> for JobResult {
    fn from(row: JobFinding) -> Self {
        Self { id: row.finding_id.0, result: row.result, code: row.code, reason: row.reason }
    }
}
