//! Bringing known scans up to what a look saw: `observe()` decides, this writes.

use std::collections::HashMap;

use scanhelm_connectors::contract::ScanList;
use scanhelm_core::Result;
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::RunId;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Change, Observation, Run, Scan, observe};
use scanhelm_core::status::VendorState;
use scanhelm_store::Transaction;
use serde_json::json;

use crate::Hub;
use crate::failpoint;
use crate::telemetry;
use crate::trap::{self, Trap};

/// How long a vendor's list may lag behind its detail.
const LISTS_CATCH_UP: std::time::Duration = std::time::Duration::from_mins(1);

/// Applies a complete list to the scans of the same id space.
pub(super) async fn observe_known(hub: &Hub, list: &ScanList, known: Vec<Scan>) -> Result<()> {
    let seen: HashMap<&str, &Observation> =
        list.scans.iter().map(|observation| (observation.external_scan_id.as_str(), observation)).collect();
    for scan in known {
        let external = scan.link.as_ref().map(|link| link.external_scan_id.as_str()).unwrap_or_default();
        match seen.get(external) {
            Some(observation) => {
                hub.apply_observation(scan, observation).await?;
            }
            None => missing(hub, scan).await?,
        }
    }
    Ok(())
}

/// Gone from a complete list: shown, not deleted. Its results stay.
async fn missing(hub: &Hub, mut scan: Scan) -> Result<()> {
    if scan.vendor_missing_since.is_some() {
        return Ok(());
    }
    scan.vendor_missing_since = Some(hub.now());
    let version = scan.version;
    let transaction = hub.store().begin().await?;
    if transaction.try_save_scan(&scan, version).await? {
        transaction
            .append_activity(feed(
                hub,
                &scan,
                Event::ScanGone,
                "No longer in the scanner's list.".to_owned(),
                json!({}),
            ))
            .await?;
        transaction.commit().await?;
        hub.committed();
    }
    Ok(())
}

impl Hub {
    /// Applies one observation to one row in one transaction, with run and feed. Someone else's write in between makes
    /// it read again; a row deleted meanwhile is left alone.
    pub(crate) async fn apply_observation(&self, scan: Scan, observation: &Observation) -> Result<Scan> {
        let mut scan = scan;
        let misread;
        let observation = if trap::on(Trap::S10) && observation.state.is_none() {
            misread = Observation { state: Some(VendorState::Failed), ..observation.clone() };
            &misread
        } else {
            observation
        };
        if self.shows_a_run_of_before(&scan, observation).await? {
            return Ok(scan);
        }
        for _ in 0..5 {
            let changes = observe(&scan, observation, self.now());
            if changes.is_empty() {
                return Ok(scan);
            }
            let mut next = scan.clone();
            for change in &changes {
                next.apply(change);
                if matches!(change, Change::NewRun { .. }) {
                    next.run_id = Some(RunId::new(self.ids()));
                }
            }
            let transaction = self.store().begin().await?;
            if !transaction.try_save_scan(&next, scan.version).await? {
                drop(transaction);
                match self.store().scan(scan.company_id, scan.id).await? {
                    Some(fresh) => scan = fresh,
                    None => return Ok(scan),
                }
                continue;
            }
            next.version = scan.version + 1;
            self.save_run_of(&transaction, &next, &changes).await?;
            let mut told = false;
            for activity in changes.iter().filter_map(|change| activity_of(self, &next, change)) {
                transaction.append_activity(activity).await?;
                told = true;
            }
            failpoint::hit("look.observation.before_commit").await;
            transaction.commit().await?;
            failpoint::hit("look.observation.after_commit").await;
            if trap::on(Trap::S1) && next.import_is_due() {
                let transaction = self.store().begin().await?;
                transaction.enqueue(&self.import_job(&next, false), self.now()).await?;
                transaction.commit().await?;
            }
            if told {
                self.committed();
            }
            self.count_reflected(&scan, &next, &changes).await;
            return Ok(next);
        }
        Ok(scan)
    }

    /// Shortly after a launch a vendor's list may still show the run before, although its detail shows the new one.
    /// Believing both in turn would make a run of every look.
    async fn shows_a_run_of_before(&self, scan: &Scan, observation: &Observation) -> Result<bool> {
        if observation.external_run_id.is_none() || observation.external_run_id == scan.external_run_id {
            return Ok(false);
        }
        let runs = self.store().runs(scan.company_id, scan.id).await?;
        let known = runs.iter().any(|run| run.external_run_id == observation.external_run_id);
        let fresh = runs.first().is_some_and(|run| self.now().since(run.created_at) < LISTS_CATCH_UP);
        Ok(known && fresh)
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

fn feed(hub: &Hub, scan: &Scan, event: Event, message: String, data: serde_json::Value) -> NewActivity {
    NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event,
        message,
        data,
    }
}

/// What of a change belongs into the feed: raw and mapped words side by side.
fn activity_of(hub: &Hub, scan: &Scan, change: &Change) -> Option<NewActivity> {
    let raw = scan.vendor_status_raw.clone().unwrap_or_default();
    match change {
        Change::State { from, to } => {
            let event = match to {
                VendorState::Completed => Event::ScanComplete,
                VendorState::Failed => Event::ScanFailed,
                VendorState::Cancelled => Event::ScanCancelled,
                VendorState::Queued | VendorState::Running | VendorState::Paused => Event::ScanStatus,
            };
            let message = format!("{from} → {to} (the scanner says \"{raw}\").");
            Some(feed(hub, scan, event, message, json!({"from": from.as_str(), "to": to.as_str(), "raw": raw})))
        }
        Change::UnknownWord { raw } => {
            telemetry::unknown_status(scan.vendor.as_deref().unwrap_or_default());
            let message =
                format!("The scanner uses a status we do not know: \"{raw}\". The state stays {}.", scan.vendor_state);
            Some(feed(hub, scan, Event::UnknownVendorStatus, message, json!({"raw": raw})))
        }
        Change::NewRun { external_run_id } => {
            let data = json!({"run_id": scan.run_id, "external_run_id": external_run_id, "number": scan.run_number});
            Some(feed(hub, scan, Event::ScanStart, format!("Run {} began.", scan.run_number), data))
        }
        Change::Progress { percent } if !scan.vendor_state.is_terminal() => {
            let data = json!({"progress": percent, "counts": scan.counts});
            Some(feed(hub, scan, Event::ScanProgress, format!("{percent:.0} %."), data))
        }
        Change::Renamed { name } => {
            Some(feed(hub, scan, Event::ScanChanged, format!("Renamed at the scanner: {name}."), json!({"name": name})))
        }
        Change::Reappeared => {
            Some(feed(hub, scan, Event::ScanStatus, "In the scanner's list again.".to_owned(), json!({})))
        }
        _ => None,
    }
}
