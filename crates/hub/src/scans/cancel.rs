//! Cancelling a local scan: the process group is ended by the job that runs it; a scan that still waits ends at once.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::ScanId;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::status::VendorState;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;

use super::{ScanView, Scans};
use crate::local::told::log;

impl Scans<'_> {
    pub async fn cancel(&self, grant: &Grant, id: ScanId) -> Result<ScanView> {
        let scan = self.row(grant, id).await?;
        grant.require(Permission::ScanControl)?;
        if !scan.origin.runs_here() {
            return Err(Error::new(
                ErrorCode::NotPossibleInState,
                "Only local scans are cancelled here; stop a vendor's scan with its stop action.",
            ));
        }
        // The job may write the row between our read and our write: read again and decide anew.
        for _ in 0..5 {
            let mut scan = self.row(grant, id).await?;
            if scan.vendor_state.is_terminal() {
                return Err(Error::new(
                    ErrorCode::ScanIsTerminal,
                    format!("The scan is already {}.", scan.vendor_state),
                ));
            }
            let version = scan.version;
            scan.vendor_state = VendorState::Cancelled;
            scan.finished_at = Some(self.hub.now());
            let transaction = self.hub.store().begin().await?;
            if !transaction.try_save_scan(&scan, version).await? {
                continue;
            }
            crate::notifications::run_notice(self.hub, &transaction, &scan).await?;
            transaction.cancel_job_of(grant.company, &format!("local:{id}"), self.hub.now()).await?;
            let activity = NewActivity {
                company_id: grant.company,
                scan_id: id,
                at: self.hub.now(),
                actor: grant.actor,
                event: Event::ScanCancelled,
                message: "Cancelled.".to_owned(),
                data: json!({}),
            };
            log(&activity);
            transaction.append_activity(activity).await?;
            transaction
                .append_audit(&self.hub.audit_entry(grant, "scan.cancel", format!("scan/{id}"), json!(null)))
                .await?;
            transaction.commit().await?;
            self.hub.committed();
            return self.get(grant, id).await;
        }
        Err(Error::new(ErrorCode::Conflict, "The scan is changing too fast; try again."))
    }
}
