//! What a person may edit of a scan: its name and its belonging. Never its status.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::ScanId;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;

use super::{ScanView, Scans};
use crate::schedules::written_change;

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct ScanChange {
    pub name: Option<String>,
    pub assessment_run_id: Option<Option<String>>,
    pub targets: Option<Vec<String>>,
    /// `Some(None)` removes the schedule.
    pub schedule_cron: Option<Option<String>>,
    pub schedule_tz: Option<String>,
}

impl Scans<'_> {
    pub async fn change(
        &self,
        grant: &Grant,
        id: ScanId,
        change: ScanChange,
        expected_version: Option<i64>,
    ) -> Result<ScanView> {
        let mut scan = self.row(grant, id).await?;
        grant.require(Permission::ScanCreate)?;
        let stale =
            || Error::new(ErrorCode::StaleVersion, "The scan changed since you read it. Read it again and repeat.");
        if expected_version.is_some_and(|expected| expected != scan.version) {
            return Err(stale());
        }
        if let Some(name) = change.name {
            scan.name = single_line(&name, 200);
            if scan.name.is_empty() {
                return Err(Error::field("name", "required", "Give the scan a name."));
            }
        }
        if let Some(assessment_run_id) = change.assessment_run_id {
            scan.assessment_run_id = assessment_run_id.map(|text| single_line(&text, 100));
        }
        if let Some(targets) = change.targets {
            if scan.link.is_some() {
                return Err(Error::field("targets", "system_written", "The targets are those of the vendor's scan."));
            }
            scan.targets = targets.iter().map(|target| single_line(target, 500)).collect();
        }
        let version = scan.version;
        let transaction = self.hub.store().begin().await?;
        if !transaction.try_save_scan(&scan, version).await? {
            return Err(stale());
        }
        written_change(self.hub, &transaction, grant, &scan, change.schedule_cron, change.schedule_tz).await?;
        transaction
            .append_activity(NewActivity {
                company_id: grant.company,
                scan_id: id,
                at: self.hub.now(),
                actor: grant.actor,
                event: Event::ScanChanged,
                message: "Edited.".to_owned(),
                data: json!({"name": scan.name}),
            })
            .await?;
        transaction
            .append_audit(&self.hub.audit_entry(grant, "scan.update", format!("scan/{id}"), json!({"name": scan.name})))
            .await?;
        transaction.commit().await?;
        self.hub.committed();
        self.get(grant, id).await
    }
}
