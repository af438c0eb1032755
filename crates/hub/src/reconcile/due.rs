//! Which integrations are to be looked at now: by this hub, and each at most once at a time.

use std::collections::HashSet;
use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::Integration;
use tracing::Instrument;

use super::look::Depth;
use super::share::Share;
use super::{lock, look};
use crate::Hub;

/// One look that is due. While it exists, no other look at the same integration begins in this process.
#[derive(Debug)]
pub struct DueLook {
    hub: Hub,
    integration: Integration,
}

impl DueLook {
    /// `None`: this process is looking already.
    pub(super) fn reserve(hub: &Hub, integration: Integration) -> Option<Self> {
        lock(&hub.0.looked_at).insert(integration.id).then(|| Self { hub: hub.clone(), integration })
    }

    #[must_use]
    pub fn integration(&self) -> IntegrationId {
        self.integration.id
    }

    /// Looks. What could not be stored is seen again by the next look.
    pub async fn take(self) {
        let id = self.integration.id;
        if let Err(error) = self.look(Depth::AsDue).await {
            tracing::warn!(integration = %id, %error, "look not stored; the next one repeats it");
        }
    }

    pub(super) async fn look(self, depth: Depth) -> Result<()> {
        let Integration { id, connector, .. } = &self.integration;
        let span = tracing::info_span!("look", integration = %id, connector);
        Box::pin(look::look(&self.hub, self.integration.clone(), depth)).instrument(span).await
    }
}

impl Drop for DueLook {
    fn drop(&mut self) {
        lock(&self.hub.0.looked_at).remove(&self.integration.id);
    }
}

/// Between two looks for the sake of a vendor's calls.
const NUDGE_REST: Duration = Duration::from_secs(2);

/// Those whose time has come, those that someone wants looked at (the wish is then granted), and those whose vendor has
/// called since they were last looked at.
pub(crate) async fn due_looks(hub: &Hub) -> Result<Vec<DueLook>> {
    let now = hub.now();
    let nudged: HashSet<IntegrationId> = hub.store().nudged_integrations().await?.into_iter().collect();
    let wanted_elsewhere: HashSet<IntegrationId> = hub.store().wanted_looks().await?.into_iter().collect();
    let integrations = hub.store().all_enabled_integrations().await?;
    let ids: Vec<IntegrationId> = integrations.iter().map(|integration| integration.id).collect();
    let busy = lock(&hub.0.looked_at).clone();
    let mut share = Share::of(hub, &ids, &busy).await?;
    let mut due = Vec::new();
    for integration in integrations {
        let id = integration.id;
        let wanted = lock(&hub.0.wanted).contains(&id);
        let is_due = integration.health.next_poll_at.is_none_or(|at| at <= now)
            || wanted
            || wanted_elsewhere.contains(&id)
            || (nudged.contains(&id) && integration.health.heeds_a_nudge(NUDGE_REST, now));
        if !is_due {
            continue;
        }
        if !share.takes(id) {
            if wanted {
                pass_on(hub, id).await?;
            }
            continue;
        }
        if let Some(look) = DueLook::reserve(hub, integration) {
            lock(&hub.0.wanted).remove(&id);
            due.push(look);
        }
    }
    Ok(due)
}

/// What is wanted here is looked at by the hub whose share it is.
async fn pass_on(hub: &Hub, id: IntegrationId) -> Result<()> {
    let transaction = hub.store().begin().await?;
    transaction.want_look(id, hub.now()).await?;
    transaction.commit().await?;
    lock(&hub.0.wanted).remove(&id);
    Ok(())
}
