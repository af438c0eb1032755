//! An assessment run: the scans that somebody made for one purpose, such as a quarter's audit. Whoever makes or edits a
//! scan says to which it belongs; there is no row beside its scans, so one without scans is not there.

use crate::status::Status;
use crate::{SeverityCounts, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessmentRun {
    /// As people wrote it on the scans.
    pub id: String,
    pub scans: u64,
    /// How many scans are in each status; all seven are there.
    pub by_status: Vec<(Status, u64)>,
    /// Of the scans' latest runs together. A weakness that two scans saw counts twice.
    pub counts: SeverityCounts,
    pub imported_findings: u64,
    /// When the first of its scans was made.
    pub first_created_at: Timestamp,
    /// When the latest of its scans was made.
    pub created_at: Timestamp,
}

impl AssessmentRun {
    /// Every scan has come to its end and is not being imported.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.by_status.iter().all(|(status, scans)| *scans == 0 || status.is_terminal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_when_nothing_waits_runs_or_is_imported() {
        let run = |counted: &[(Status, u64)]| AssessmentRun {
            id: "2026-Q4".to_owned(),
            scans: counted.iter().map(|(_, scans)| scans).sum(),
            by_status: counted.to_vec(),
            counts: SeverityCounts::default(),
            imported_findings: 0,
            first_created_at: Timestamp::from_seconds(1),
            created_at: Timestamp::from_seconds(2),
        };
        assert!(run(&[(Status::Completed, 2), (Status::Failed, 1), (Status::Running, 0)]).is_over());
        for status in [Status::Queued, Status::Running, Status::Paused, Status::Importing] {
            assert!(!run(&[(Status::Completed, 2), (status, 1)]).is_over(), "{status}");
        }
    }
}
