//! The live view of what the vendor shows right now. It belongs to the hub, not to a viewer: however many pages are
//! open, the vendor is asked at most once a period for one scan.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use scanhelm_connectors::contract::LivePreview;
use scanhelm_core::capability::Capability;
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::ScanId;
use scanhelm_core::permission::Grant;
use scanhelm_core::{Error, ErrorCode, Result};
use tokio::sync::Mutex;

use super::Scans;
use super::read::available;

/// Age at which a preview of a scan that moves is asked for again.
const FRESH: Duration = Duration::from_secs(8);
/// Previews kept.
const KEPT: usize = 1000;

#[derive(Debug, Default)]
pub struct PreviewCache(Mutex<HashMap<ScanId, Arc<Mutex<Option<Kept>>>>>);

#[derive(Clone, Debug)]
struct Kept {
    run: Option<String>,
    terminal: bool,
    preview: LivePreview,
}

impl Scans<'_> {
    pub async fn preview(&self, grant: &Grant, id: ScanId) -> Result<LivePreview> {
        let scan = self.row(grant, id).await?;
        let integration = match scan.integration_id {
            Some(integration) => self.hub.store().integration(grant.company, integration).await?,
            None => None,
        };
        available(self.hub, Capability::Preview, &scan, integration.as_ref(), CompanyStatus::Active).require()?;
        let (Some(integration), Some(link)) = (integration, &scan.link) else {
            return Err(Error::not_found());
        };
        let slot = self.slot(id).await;
        // One asker at a time; the others get its answer.
        let mut kept = slot.lock().await;
        if let Some(found) = kept.as_ref() {
            let same_end = found.terminal && scan.vendor_state.is_terminal() && found.run == scan.external_run_id;
            if same_end || self.hub.now().since(found.preview.observed_at) < FRESH {
                return Ok(found.preview.clone());
            }
        }
        let session = self.hub.session(&integration).await?;
        let accessor = session.preview().ok_or_else(Error::not_found)?;
        match accessor.preview(&link.external_scan_id).await {
            Ok(Some(preview)) => {
                *kept = Some(Kept {
                    run: scan.external_run_id.clone(),
                    terminal: scan.vendor_state.is_terminal(),
                    preview: preview.clone(),
                });
                Ok(preview)
            }
            Ok(None) => Err(Error::new(ErrorCode::Conflict, "The scanner no longer has this scan.")),
            // An old view with its time on it is better than none.
            Err(error) => match kept.as_ref() {
                Some(found) => Ok(found.preview.clone()),
                None => Err(Error::new(ErrorCode::Conflict, format!("The scanner could not be asked: {error}"))),
            },
        }
    }

    async fn slot(&self, id: ScanId) -> Arc<Mutex<Option<Kept>>> {
        let mut slots = self.hub.0.previews.0.lock().await;
        if slots.len() >= KEPT && !slots.contains_key(&id) {
            slots.clear();
        }
        Arc::clone(slots.entry(id).or_default())
    }
}
