//! One observation of one row: `observe()` decides, this writes.

use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::ids::RunId;
use scanhelm_core::scan::{Change, Observation, Run, Scan, observe};
use scanhelm_core::status::VendorState;
use scanhelm_store::Transaction;

use super::feed::{activity_of, went_back};
use crate::Hub;
use crate::failpoint;
use crate::notifications;
use crate::telemetry;
use crate::trap::{self, Trap};

/// How long a vendor's list may lag behind its detail.
const LISTS_CATCH_UP: Duration = Duration::from_mins(1);

/// What an observation makes of a row.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) before: Scan,
    /// At the version it has once it is written.
    pub(super) next: Scan,
    changes: Vec<Change>,
    shown: ShownRun,
}

/// Which run of a scan a look shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShownRun {
    LatestOrNew,
    /// Shortly after a launch a vendor's list may still show the run before, although its detail shows the new one.
    /// Believing both in turn would make a run of every look.
    ListLags,
    /// A run from before the latest one, long after: the vendor was restored from a backup, or somebody deleted the
    /// latest. It is taken as it is shown; what the later run brought stays, because its evidence is newer.
    WentBack,
}

impl Decided {
    /// The row is as fresh as the look, and nothing else is new.
    pub(super) fn only_seen(&self) -> bool {
        self.changes.iter().all(|change| matches!(change, Change::Seen { .. }))
    }
}

/// An end that nobody saw coming may be an old one: of a run from before its integration was connected, or of an
/// earlier run that the vendor went back to.
async fn is_news(transaction: &Transaction, decided: &Decided) -> Result<bool> {
    let Decided { before, next, shown, .. } = decided;
    let was_seen_going = before.last_observed_at.is_some() && !before.vendor_state.is_terminal();
    let Some(id) = next.integration_id.filter(|_| next.vendor_state.is_terminal() && !was_seen_going) else {
        return Ok(true);
    };
    if *shown == ShownRun::WentBack {
        return Ok(false);
    }
    let Some(integration) = transaction.any_integration(id).await? else {
        return Ok(true);
    };
    Ok(match next.vendor_finished_at {
        Some(end) => end >= integration.created_at,
        None => before.last_observed_at.is_some() || integration.health.last_sweep_at.is_some(),
    })
}

/// What became of a [`Decided`] in its transaction.
pub(super) enum Written {
    /// With news in the feed or without.
    Yes { told: bool },
    /// Someone else's write came in between: read the row again and decide again.
    Outrun,
}

impl Hub {
    /// Applies one observation to one row in one transaction, with run and feed. Someone else's write in between makes
    /// it read again; a row deleted meanwhile is left alone.
    pub(crate) async fn apply_observation(&self, scan: Scan, observation: &Observation) -> Result<Scan> {
        let mut scan = scan;
        for _ in 0..5 {
            let Some(decided) = self.decide(&scan, observation).await? else {
                return Ok(scan);
            };
            let transaction = self.store().begin().await?;
            let Written::Yes { told } = self.write(&transaction, &decided).await? else {
                drop(transaction);
                match self.store().scan(scan.company_id, scan.id).await? {
                    Some(fresh) => scan = fresh,
                    None => return Ok(scan),
                }
                continue;
            };
            failpoint::hit("look.observation.before_commit").await;
            transaction.commit().await?;
            failpoint::hit("look.observation.after_commit").await;
            self.written(&decided).await?;
            if told {
                self.committed();
            }
            return Ok(decided.next);
        }
        Ok(scan)
    }

    /// `None`: nothing follows, as the row has been seen later than this or the vendor shows a run of before.
    pub(super) async fn decide(&self, scan: &Scan, observation: &Observation) -> Result<Option<Decided>> {
        let misread;
        let observation = if trap::on(Trap::S10) && observation.state.is_none() {
            misread = Observation { state: Some(VendorState::Failed), ..observation.clone() };
            &misread
        } else {
            observation
        };
        let shown = self.shown_run(scan, observation).await?;
        if shown == ShownRun::ListLags {
            return Ok(None);
        }
        let changes = observe(scan, observation, self.now());
        if changes.is_empty() {
            return Ok(None);
        }
        let mut next = scan.clone();
        for change in &changes {
            next.apply(change);
            if matches!(change, Change::NewRun { .. }) {
                next.run_id = Some(RunId::new(self.ids()));
            }
        }
        next.version = scan.version + 1;
        Ok(Some(Decided { before: scan.clone(), next, changes, shown }))
    }

    /// The row, its run and its feed.
    pub(super) async fn write(&self, transaction: &Transaction, decided: &Decided) -> Result<Written> {
        let Decided { before, next, changes, shown } = decided;
        if !transaction.try_save_scan(next, before.version).await? {
            return Ok(Written::Outrun);
        }
        self.save_run_of(transaction, next, changes).await?;
        if changes.iter().any(|change| matches!(change, Change::State { .. })) && is_news(transaction, decided).await? {
            notifications::run_notice(self, transaction, next).await?;
        }
        let mut told = false;
        let back = (*shown == ShownRun::WentBack).then(|| went_back(self, next));
        for activity in changes.iter().filter_map(|change| activity_of(self, next, change)).chain(back) {
            transaction.append_activity(activity).await?;
            told = true;
        }
        Ok(Written::Yes { told })
    }

    /// After the commit.
    pub(super) async fn written(&self, decided: &Decided) -> Result<()> {
        let Decided { before, next, changes, .. } = decided;
        if trap::on(Trap::S1) && next.import_is_due() {
            let transaction = self.store().begin().await?;
            transaction.enqueue(&self.import_job(next, false), self.now()).await?;
            transaction.commit().await?;
        }
        self.count_reflected(before, next, changes).await;
        Ok(())
    }

    async fn shown_run(&self, scan: &Scan, observation: &Observation) -> Result<ShownRun> {
        if observation.external_run_id.is_none() || observation.external_run_id == scan.external_run_id {
            return Ok(ShownRun::LatestOrNew);
        }
        let runs = self.store().runs(scan.company_id, scan.id).await?;
        let known = runs.iter().any(|run| run.external_run_id == observation.external_run_id);
        let fresh = runs.first().is_some_and(|run| self.now().since(run.created_at) < LISTS_CATCH_UP);
        Ok(match (known, fresh) {
            (false, _) => ShownRun::LatestOrNew,
            (true, true) => ShownRun::ListLags,
            (true, false) => ShownRun::WentBack,
        })
    }

    /// Counts how long after the vendor's own end the hub showed a run as completed, once both are known. A run that
    /// had ended before its integration was connected tells nothing about that.
    async fn count_reflected(&self, before: &Scan, scan: &Scan, changes: &[Change]) {
        let is_new = |change: &Change| matches!(change, Change::NewRun { .. } | Change::State { .. });
        let learnt = before.vendor_finished_at.is_none() || changes.iter().any(is_new);
        let ended = changes.iter().any(|change| matches!(change, Change::Finished { vendor_at: Some(_), .. }));
        if !learnt || !ended || scan.vendor_state != VendorState::Completed {
            return;
        }
        let (Some(id), Some(end), Some(seen)) = (scan.integration_id, scan.vendor_finished_at, scan.finished_at) else {
            return;
        };
        match self.store().any_integration(id).await {
            Ok(Some(integration)) if integration.created_at <= end => {
                telemetry::reflected(&integration.connector, (end <= seen).then(|| seen.since(end)));
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(scan = %scan.id, %error, "a sync lag is not counted"),
        }
    }

    async fn save_run_of(&self, transaction: &Transaction, scan: &Scan, changes: &[Change]) -> Result<()> {
        let Some(run_id) = scan.run_id else {
            return Ok(());
        };
        let run = Run {
            id: run_id,
            scan_id: scan.id,
            company_id: scan.company_id,
            external_run_id: scan.external_run_id.clone(),
            number: scan.run_number,
            vendor_state: scan.vendor_state,
            import_state: scan.import_state,
            started_at: scan.started_at,
            finished_at: scan.finished_at,
            vendor_finished_at: scan.vendor_finished_at,
            counts: scan.counts,
            imported_findings: scan.imported_findings,
            created_at: self.now(),
        };
        if changes.iter().any(|change| matches!(change, Change::NewRun { .. })) {
            return transaction.insert_run(&run).await;
        }
        if changes.iter().any(|change| !matches!(change, Change::Seen { .. } | Change::Details { .. })) {
            return transaction.save_run(&run).await;
        }
        Ok(())
    }
}
