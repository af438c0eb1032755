//! "Completed at the vendor and not imported" is a condition, looked for each time; it does not matter who saw the
//! scan complete or whether anyone did.

use scanhelm_core::Result;
use scanhelm_core::status::ImportState;

use crate::Hub;
use crate::import::IMPORT_KEY;
use crate::trap::{self, Trap};

/// Gives every due scan its import job; the queue holds at most one unfinished job a run.
pub(crate) async fn enqueue_due(hub: &Hub) -> Result<u64> {
    if trap::on(Trap::S1) {
        return Ok(0);
    }
    let mut enqueued = 0;
    for mut scan in hub.store().scans_with_import_due(IMPORT_KEY, 100).await? {
        if scan.run_id.is_none() {
            continue;
        }
        let version = scan.version;
        scan.import_state = ImportState::Pending;
        let transaction = hub.store().begin().await?;
        if !transaction.try_save_scan(&scan, version).await? {
            continue;
        }
        transaction.enqueue(&hub.import_job(&scan, false), hub.now()).await?;
        transaction.commit().await?;
        hub.committed();
        enqueued += 1;
    }
    Ok(enqueued)
}
