//! Reading integrations: list, one, its sub-scanners, what the vendor has, what is blocked.

use scanhelm_core::ids::{BlockId, IntegrationId, ScanId};
use scanhelm_core::integration::{BlockEntry, Integration, SubScanner};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::Observation;
use scanhelm_core::{Error, Result};
use serde::Serialize;
use serde_json::json;

use super::Integrations;

/// A scan of the vendor and what the hub makes of it.
#[derive(Clone, Debug)]
pub struct RemoteScan {
    pub observation: Observation,
    pub adoption: AdoptionState,
    pub scan_id: Option<ScanId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdoptionState {
    /// In the hub.
    Adopted,
    /// The next sweep will adopt it.
    New,
    /// Deleted here; stays away.
    Blocked,
}

impl Integrations<'_> {
    pub async fn get(&self, grant: &Grant, id: IntegrationId) -> Result<Integration> {
        grant.require(Permission::IntegrationRead)?;
        self.hub.store().integration(grant.company, id).await?.ok_or_else(Error::not_found)
    }

    pub async fn list(&self, grant: &Grant) -> Result<Vec<Integration>> {
        grant.require(Permission::IntegrationRead)?;
        self.hub.store().integrations(grant.company).await
    }

    pub async fn sub_scanners(&self, grant: &Grant, id: IntegrationId) -> Result<Vec<SubScanner>> {
        self.get(grant, id).await?;
        self.hub.store().sub_scanners(grant.company, id).await
    }

    /// Asks the vendor for its whole list.
    pub async fn remote_scans(&self, grant: &Grant, id: IntegrationId) -> Result<Vec<RemoteScan>> {
        let integration = self.get(grant, id).await?;
        let session = self.hub.session(&integration).await?;
        let list = session.list_scans().await.map_err(|error| {
            Error::new(scanhelm_core::ErrorCode::Conflict, format!("The scanner could not be asked: {error}"))
        })?;
        let incarnation = list.incarnation.unwrap_or_default();
        let known = self.hub.store().scans_by_links(id, &incarnation).await?;
        let blocked = self.hub.store().blocked(id).await?;
        let remote = list.scans.into_iter().map(|observation| {
            let scan_id = known
                .iter()
                .find(|scan| {
                    scan.link.as_ref().is_some_and(|link| link.external_scan_id == observation.external_scan_id)
                })
                .map(|scan| scan.id);
            let key = (incarnation.clone(), observation.external_scan_id.clone());
            let adoption = match scan_id {
                Some(_) => AdoptionState::Adopted,
                None if blocked.contains(&key) => AdoptionState::Blocked,
                None => AdoptionState::New,
            };
            RemoteScan { observation, adoption, scan_id }
        });
        Ok(remote.collect())
    }

    pub async fn blocklist(&self, grant: &Grant) -> Result<Vec<BlockEntry>> {
        grant.require(Permission::IntegrationRead)?;
        self.hub.store().blocklist(grant.company).await
    }

    /// Lets the next sweep adopt the scan again.
    pub async fn unblock(&self, grant: &Grant, id: BlockId) -> Result<()> {
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.delete_block(grant.company, id).await? {
            return Err(Error::not_found());
        }
        transaction
            .append_audit(&self.hub.audit_entry(grant, "blocklist.remove", format!("blocklist/{id}"), json!(null)))
            .await?;
        transaction.commit().await?;
        self.hub.look_now();
        Ok(())
    }
}
