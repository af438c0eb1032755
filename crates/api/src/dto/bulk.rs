//! Judging many findings at once, on the wire.

use scanhelm_core::Error;
use scanhelm_core::ids::{AssetId, FindingId, ScanId};
use scanhelm_hub::FindingFilter;
use scanhelm_hub::findings::{Judgement, OrderedJudging, Selection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::finding::Transition;
use super::job::JobTicket;
use super::words::{FindingState, Severity, Time};

/// Many findings and one judgement. Either `ids` or `filter`, at most 10,000 findings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkJudging {
    #[serde(default)]
    ids: Option<Vec<Uuid>>,
    /// Whatever matches when it is asked for; empty means all.
    #[serde(default)]
    filter: Option<FindingSelection>,
    action: Transition,
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
    cve: Option<String>,
    cwe: Option<u32>,
    first_seen_after: Option<Time>,
    first_seen_before: Option<Time>,
    last_seen_after: Option<Time>,
    last_seen_before: Option<Time>,
    /// A text in the title, the CVEs, the location or the fingerprint.
    q: Option<String>,
}

/// The job whose `result` is `{changed, unchanged, refused, rows: [{id, result, code?, reason?}]}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkTicket {
    /// How many findings it looks at.
    selected: u64,
    #[serde(flatten)]
    job: JobTicket,
}

impl BulkJudging {
    pub(crate) fn into_command(self) -> Result<(Selection, Judgement), Error> {
        let selection = match (self.ids, self.filter) {
            (Some(ids), None) => Selection::These(ids.into_iter().map(FindingId).collect()),
            (None, Some(filter)) => Selection::Matching(Box::new(filter.into())),
            (None, None) => return Err(Error::field("ids", "required", "Say which findings: `ids` or `filter`.")),
            (Some(_), Some(_)) => {
                return Err(Error::field("filter", "conflict", "Use `ids` or `filter`, not both."));
            }
        };
        Ok((selection, self.action.into()))
    }
}

impl From<Transition> for Judgement {
    fn from(transition: Transition) -> Self {
        let Transition { to, reason, expires_at } = transition;
        Self { to: to.0, reason, expires_at: expires_at.map(|time| time.0) }
    }
}

impl From<FindingSelection> for FindingFilter {
    fn from(selection: FindingSelection) -> Self {
        Self {
            severity: selection.severity.into_iter().map(|word| word.0).collect(),
            status: selection.status.into_iter().map(|word| word.0).collect(),
            scanner: selection.scanner,
            scan_id: selection.scan_id.map(ScanId),
            run_id: None,
            asset_id: selection.asset_id.map(AssetId),
            cve: selection.cve,
            cwe: selection.cwe,
            q: selection.q,
            first_seen_after: selection.first_seen_after.map(|time| time.0),
            first_seen_before: selection.first_seen_before.map(|time| time.0),
            last_seen_after: selection.last_seen_after.map(|time| time.0),
            last_seen_before: selection.last_seen_before.map(|time| time.0),
            // Everything that matches is judged, also what a grouped list shows behind its strongest.
            grouped: false,
        }
    }
}

impl From<OrderedJudging> for BulkTicket {
    fn from(ordered: OrderedJudging) -> Self {
        Self { selected: ordered.selected, job: JobTicket::of(ordered.job_id) }
    }
}
