//! The vendor's words for where a result stands: the scan's and, in a second column, the import's.
//!
//! The words are documented, how long each lasts is not. The time before a run starts is shared among the five
//! preparing words. A run that its user stopped ends as Partial, which is unverified. When it is over its results are
//! brought into the repository: for three virtual seconds the import is pending, then it takes five and one more for
//! every five hundred findings.

use super::state::ScanResult;
use crate::clock::Moment;
use crate::lifecycle::Phase;

const PREPARING: [&str; 5] =
    ["Queued", "Preparing", "Resolving Hostnames", "Verifying Targets", "Initializing Scanners"];
const PENDING: f64 = 3.0;
const IMPORT: f64 = 5.0;
const FINDINGS_PER_SECOND: f64 = 500.0;

impl ScanResult {
    pub(super) fn status(&self, now: Moment) -> &'static str {
        match self.execution.phase() {
            Phase::Pending => {
                let share = now.since(self.execution.changed()).max(0.0) / self.pace.queue.max(1.0);
                let step = (share * PREPARING.len() as f64) as usize;
                PREPARING.get(step).or(PREPARING.last()).copied().unwrap_or("Queued")
            }
            Phase::Running => "Running",
            Phase::Pausing => "Pausing",
            Phase::Paused => "Paused",
            Phase::Resuming => "Resuming",
            Phase::Stopping => "Stopping",
            Phase::Completed => "Completed",
            Phase::Canceled => "Partial",
            Phase::Aborted => "Error",
        }
    }

    /// Where bringing the results into the repository stands.
    pub(super) fn import(&self, now: Moment) -> Import {
        let over = matches!(self.execution.phase(), Phase::Completed | Phase::Canceled);
        let begin = self.imported_again.or(self.execution.ended);
        let (Some(begin), true) = (begin, over && self.finding_count(now) > 0) else { return Import::NoResults };
        let start = begin.plus(PENDING);
        let finish = start.plus(IMPORT + self.finding_count(now) as f64 / FINDINGS_PER_SECOND);
        if now < start {
            Import::Pending
        } else if now < finish {
            Import::Importing { start, share: now.since(start) / finish.since(start) }
        } else {
            Import::Finished { start, finish }
        }
    }

    /// Whether the report of the run can be fetched, which does not wait for the import.
    pub(super) fn is_downloadable(&self, now: Moment) -> bool {
        matches!(self.execution.phase(), Phase::Completed | Phase::Canceled) && self.finding_count(now) > 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Import {
    NoResults,
    Pending,
    /// The share of the findings that is in the repository already.
    Importing {
        start: Moment,
        share: f64,
    },
    Finished {
        start: Moment,
        finish: Moment,
    },
}

impl Import {
    pub(super) fn word(self) -> &'static str {
        match self {
            Import::NoResults => "No Results",
            Import::Pending => "Import Pending",
            Import::Importing { .. } => "Importing",
            Import::Finished { .. } => "Finished",
        }
    }

    pub(super) fn started(self) -> Option<Moment> {
        match self {
            Import::Importing { start, .. } | Import::Finished { start, .. } => Some(start),
            Import::NoResults | Import::Pending => None,
        }
    }

    pub(super) fn finished(self) -> Option<Moment> {
        match self {
            Import::Finished { finish, .. } => Some(finish),
            _ => None,
        }
    }

    /// Which of `total` findings the repository knows.
    pub(super) fn known(self, total: usize) -> usize {
        match self {
            Import::NoResults | Import::Pending => 0,
            Import::Importing { share, .. } => (total as f64 * share) as usize,
            Import::Finished { .. } => total,
        }
    }
}
