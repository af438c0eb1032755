//! The import: a run's results become assets, sightings and findings, exactly once.
//!
//! `vendor_job` asks the vendor for the report, `upload` takes one from a person; both leave a file in the spool.
//! `pipeline` reads it twice: first to its end without keeping anything, so that a broken file stores nothing half,
//! then in batches. `batch` turns one batch into rows in one transaction together with its checkpoint; `closing`
//! decides, once everything is in, what is fixed. A crash at any instruction continues behind the last checkpoint
//! with the same end.

mod batch;
mod closing;
mod components;
mod decided;
mod enrichment;
mod finish;
mod local;
mod pipeline;
mod prepared;
mod run;
mod spool;
mod upload;
mod vendor_job;

pub use enrichment::{Enrichment, NoEnrichment};
pub(crate) use finish::{attempt_cut, attempts_exhausted};
pub(crate) use local::{LocalImport, fail_local, import_local};
pub use run::{ReportedEnd, ReportedRun, ReportedScanner};
pub(crate) use spool::{digest_of, discard};
pub use upload::{AcceptedUpload, UploadOptions};
pub(crate) use upload::{UPLOAD_JOB, run_upload};
pub(crate) use vendor_job::{IMPORT_JOB, IMPORT_KEY, run_vendor_import};

use scanhelm_core::ids::{JobId, RunId, ScanId};
use scanhelm_core::job::NewJob;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::Scan;
use scanhelm_core::status::ImportState;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;

use crate::Hub;

/// Use cases about imports.
#[derive(Clone, Copy, Debug)]
pub struct Imports<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Imports<'_> {
    /// "Import now". With `force` also what is already in: importing twice changes nothing.
    pub async fn start(&self, grant: &Grant, id: ScanId, force: bool) -> Result<JobId> {
        let mut scan = self.hub.scans().row(grant, id).await?;
        grant.require(Permission::ScanImport)?;
        let view = self.hub.scans().get(grant, id).await?;
        let availability =
            view.capabilities.iter().find(|(shown, _)| *shown == scanhelm_core::capability::Capability::Import);
        if let Some((_, availability)) = availability {
            availability.require()?;
        }
        if scan.import_state.is_finished() && !force {
            return Err(Error::new(
                ErrorCode::NotPossibleInState,
                "The latest run is already imported. Import it again with force=true; that changes nothing twice.",
            ));
        }
        let version = scan.version;
        scan.import_state = ImportState::Pending;
        let transaction = self.hub.store().begin().await?;
        if !transaction.try_save_scan(&scan, version).await? {
            return Err(Error::new(ErrorCode::Conflict, "The scan is changing; try again."));
        }
        let job = transaction.enqueue(&self.hub.import_job(&scan, true), self.hub.now()).await?;
        transaction
            .append_audit(&self.hub.audit_entry(grant, "scan.import", format!("scan/{id}"), json!({"force": force})))
            .await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(job)
    }
}

impl Hub {
    /// The job that imports a scan's latest run. `by_hand` goes before what the reconciler found.
    pub(crate) fn import_job(&self, scan: &Scan, by_hand: bool) -> NewJob {
        let mut job = self.new_job(scan.company_id, IMPORT_JOB, json!({"scan_id": scan.id, "run_id": scan.run_id}));
        job.dedup_key = scan.run_id.map(|run| format!("{IMPORT_KEY}{run}"));
        job.concurrency_key = scan.integration_id.map(|integration| format!("import:{integration}"));
        job.priority = if by_hand { 0 } else { 10 };
        job.max_attempts = 20;
        job
    }

    /// The job that imports an earlier run of a scan: after everything that is new.
    pub(crate) fn import_job_of(&self, scan: &Scan, run: RunId) -> NewJob {
        let mut job = self.import_job(scan, false);
        job.payload = json!({"scan_id": scan.id, "run_id": run});
        job.dedup_key = Some(format!("{IMPORT_KEY}{run}"));
        job.priority = 20;
        job
    }
}
