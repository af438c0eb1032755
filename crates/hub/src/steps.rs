//! What the loops do, one decision at a time.
//!
//! A loop is a timer around these steps and holds nothing else, so whoever takes the steps in another order, at other
//! times or in two hubs at once runs the very code of production: the deterministic simulation does.

use scanhelm_core::Result;

use crate::Hub;
use crate::jobs::ClaimedJob;
use crate::reconcile::{self, DueLook};
use crate::{feeds, findings, notifications, rating, schedules, suppression};

/// The steps of one hub's loops.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Steps<'_> {
    /// The looks that are due.
    pub async fn due_looks(&self) -> Result<Vec<DueLook>> {
        reconcile::due_looks(self.hub).await
    }

    /// Gives every scan that is completed and not imported its import job; how many.
    pub async fn enqueue_imports(&self) -> Result<u64> {
        reconcile::enqueue_due(self.hub).await
    }

    /// Groups the findings of assets that an import or a deletion left to do; how many assets.
    pub async fn relate_findings(&self) -> Result<u64> {
        findings::relate_due(self.hub).await
    }

    /// Fires the schedules that are due, closes the runs that have ended; how many moved.
    pub async fn fire_schedules(&self) -> Result<u64> {
        schedules::fire_due(self.hub).await
    }

    /// Computes the next times of all schedules anew; how many moved.
    pub async fn reload_schedules(&self) -> Result<u64> {
        schedules::reload(self.hub).await
    }

    /// Removes finished jobs that nobody looks up any more; how many.
    pub async fn prune(&self) -> Result<u64> {
        reconcile::prune(self.hub).await
    }

    /// Turns what happened into messages, and has sent what is due; how many things moved.
    pub async fn route_notices(&self) -> Result<u64> {
        notifications::route_due(self.hub).await
    }

    /// Ends the verdicts, requests and suppression rules that are past their time; how many.
    pub async fn end_judgements(&self) -> Result<u64> {
        Ok(findings::end_what_ran_out(self.hub).await? + suppression::end_lapsed(self.hub).await?)
    }

    /// Gives every feed that is due and every company that is to be rated or matched with its rules anew its job; how
    /// many.
    pub async fn enqueue_ratings(&self) -> Result<u64> {
        let rated = feeds::enqueue_due(self.hub).await? + rating::enqueue_due(self.hub).await?;
        Ok(rated + suppression::enqueue_due(self.hub).await?)
    }

    /// Leases up to `limit` jobs that are due, the most urgent first.
    pub async fn claim_jobs(&self, limit: u32) -> Result<Vec<ClaimedJob>> {
        crate::jobs::claim(self.hub, limit).await
    }

    /// At an orderly end: other hubs need not wait until this one's leases run out.
    pub async fn give_leases_back(&self) -> Result<()> {
        self.hub.store().release_leases(&self.hub.0.owner).await?;
        reconcile::give_leases_back(self.hub).await
    }
}

impl Hub {
    #[must_use]
    pub fn steps(&self) -> Steps<'_> {
        Steps { hub: self }
    }
}
