//! Assessment runs on the wire.

use scanhelm_core::assessment;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{Counts, ScanStatus, Time};

/// Scans that were made for one purpose, together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssessmentRun {
    /// As it stands on the scans.
    id: String,
    scans: u64,
    /// All seven statuses.
    by_status: Vec<ScansInStatus>,
    /// Every scan has ended and none is being imported.
    over: bool,
    /// Of the scans' latest runs together; a weakness that two scans saw counts twice.
    counts: Counts,
    imported_findings: u64,
    /// When the first of its scans was made.
    first_created_at: Time,
    /// When the latest of its scans was made.
    created_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScansInStatus {
    status: ScanStatus,
    scans: u64,
}

impl From<assessment::AssessmentRun> for AssessmentRun {
    fn from(run: assessment::AssessmentRun) -> Self {
        let over = run.is_over();
        let counted =
            |(status, scans): (scanhelm_core::status::Status, u64)| ScansInStatus { status: status.into(), scans };
        Self {
            id: run.id,
            scans: run.scans,
            by_status: run.by_status.into_iter().map(counted).collect(),
            over,
            counts: run.counts.into(),
            imported_findings: run.imported_findings,
            first_created_at: run.first_created_at.into(),
            created_at: run.created_at.into(),
        }
    }
}
