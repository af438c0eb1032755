//! The whole installation at one instant, for whoever operates it: numbers and ids across companies, no names.
//!
//! Read when asked, never kept by a loop, so that what is shown is what is.

use std::collections::HashMap;

use scanhelm_core::Result;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::Integration;
pub use scanhelm_net::{BreakerState, BreakerView, BudgetView};
pub use scanhelm_store::JobBacklog;

use crate::Hub;

#[derive(Clone, Debug)]
pub struct InstallationState {
    /// By kind of job; kinds without waiting or running jobs are not there.
    pub jobs: Vec<JobBacklog>,
    /// The enabled ones.
    pub integrations: Vec<IntegrationState>,
    /// Scans that are stale and whose integration is not in `integrations`.
    pub stale_elsewhere: u64,
}

/// How one integration is doing.
#[derive(Clone, Debug)]
pub struct IntegrationState {
    pub integration: Integration,
    pub stale_scans: u64,
    /// Budget and breaker of this process; `None` while it has not talked to the vendor.
    pub calls: Option<(BudgetView, BreakerView)>,
}

impl Hub {
    /// For the operator, who needs no grant: it is served on a listener of its own.
    pub async fn installation(&self) -> Result<InstallationState> {
        let mut stale: HashMap<IntegrationId, u64> =
            self.store().stale_scans_by_integration(self.stale_before()).await?.into_iter().collect();
        let integrations = self
            .store()
            .all_enabled_integrations()
            .await?
            .into_iter()
            .map(|integration| IntegrationState {
                stale_scans: stale.remove(&integration.id).unwrap_or(0),
                calls: self.0.sessions.calls(integration.id),
                integration,
            })
            .collect();
        let jobs = self.store().job_backlog().await?;
        Ok(InstallationState { jobs, integrations, stale_elsewhere: stale.into_values().sum() })
    }
}
