//! Forgetting what has been over for long, so that the queue stays small however long the hub runs.

use std::time::Duration;

use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::Grant;
use scanhelm_core::{ErrorCode, Result, Timestamp};

use crate::Hub;

/// How long a finished job can be looked up.
const JOBS_KEPT: Duration = Duration::from_hours(24 * 30);
/// How long a request that comes again is recognised.
pub(crate) const REQUESTS_KEPT: Duration = Duration::from_hours(24);
/// In one transaction.
const BATCH: u32 = 1_000;
/// Looked for at a time.
const SCANS: u32 = 100;

/// In batches, each short enough to delay nobody.
pub(crate) async fn prune(hub: &Hub) -> Result<u64> {
    let before = hub.now().minus(JOBS_KEPT);
    let mut pruned = 0;
    loop {
        let transaction = hub.store().begin().await?;
        let gone = transaction.prune_jobs(before, BATCH).await?;
        transaction.commit().await?;
        pruned += gone;
        if gone < u64::from(BATCH) {
            break;
        }
    }
    let transaction = hub.store().begin().await?;
    pruned += transaction.prune_keyed_requests(hub.now().minus(REQUESTS_KEPT)).await?;
    transaction.commit().await?;
    for company in hub.store().companies().await? {
        if let Some(kept) = hub.settings().scans_kept {
            pruned += forget_scans(hub, company.id, hub.now().minus(kept)).await?;
        }
        forget_texts(hub, company.id).await?;
    }
    Ok(pruned)
}

/// The uploads and local scans that ended before, each deleted by itself and by the name of the hub.
async fn forget_scans(hub: &Hub, company: CompanyId, before: Timestamp) -> Result<u64> {
    let grant = Grant::system(company);
    let mut forgotten = 0;
    loop {
        let scans = hub.store().scans_to_forget(company, before, SCANS).await?;
        for scan in &scans {
            match hub.scans().order_deletion(&grant, *scan, false, false).await {
                Ok(_) => forgotten += 1,
                // Somebody was faster.
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        if scans.len() < SCANS as usize {
            return Ok(forgotten);
        }
    }
}

/// Of what findings no longer say.
async fn forget_texts(hub: &Hub, company: CompanyId) -> Result<()> {
    let mut after = Some(0);
    while let Some(from) = after {
        let transaction = hub.store().begin().await?;
        after = transaction.prune_finding_texts(company, from, BATCH).await?;
        transaction.commit().await?;
    }
    Ok(())
}
