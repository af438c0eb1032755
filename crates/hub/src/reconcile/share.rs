//! How hubs on one database share the integrations, without a leader.
//!
//! Each hub counts who is alive and takes no more leases than its share; who holds more, because another has just
//! joined, gives the rest back. A lease is kept from look to look, so that a vendor sees one hub and not all in turn.
//! The counts may be a moment old: the lease decides who looks, the share only how many.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use scanhelm_core::ids::IntegrationId;
use scanhelm_core::{Result, Timestamp};

use super::lock;
use crate::Hub;

/// When this hub last gave a sign of life.
#[derive(Debug, Default)]
pub(crate) struct SignOfLife(Mutex<Option<Timestamp>>);

/// What this hub may take, at one instant.
#[derive(Debug)]
pub(super) struct Share {
    owner: String,
    leases: HashMap<IntegrationId, String>,
    /// Integrations that this hub may hold; `None`: it is alone.
    quota: Option<usize>,
    held: usize,
}

impl Share {
    /// Also gives the sign of life by which the others count this hub, and gives back what is above its share.
    pub(super) async fn of(hub: &Hub, integrations: &[IntegrationId], busy: &HashSet<IntegrationId>) -> Result<Self> {
        give_sign_of_life(hub).await?;
        let now = hub.now();
        let owner = hub.0.owner.clone();
        let hubs = hub.store().live_hubs(now).await?.len();
        if hubs <= 1 {
            return Ok(Self { owner, leases: HashMap::new(), quota: None, held: 0 });
        }
        let mut leases = hub.store().integration_leases(now).await?;
        let quota = integrations.len().div_ceil(hubs);
        let mine: Vec<IntegrationId> =
            integrations.iter().filter(|id| leases.get(id) == Some(&owner)).copied().collect();
        let mut held = mine.len();
        let surplus: Vec<IntegrationId> =
            mine.into_iter().rev().filter(|id| !busy.contains(id)).take(held.saturating_sub(quota)).collect();
        if !surplus.is_empty() {
            let transaction = hub.store().begin().await?;
            transaction.release_integrations(&owner, &surplus).await?;
            transaction.commit().await?;
            held -= surplus.len();
            // For this once they are somebody else's.
            leases.extend(surplus.into_iter().map(|id| (id, String::new())));
        }
        Ok(Self { owner, leases, quota: Some(quota), held })
    }

    /// Whether this hub is to look at an integration; counts it as held then.
    pub(super) fn takes(&mut self, id: IntegrationId) -> bool {
        let Some(quota) = self.quota else {
            return true;
        };
        match self.leases.get(&id) {
            Some(holder) => *holder == self.owner,
            None if self.held < quota => {
                self.held += 1;
                true
            }
            None => false,
        }
    }
}

async fn give_sign_of_life(hub: &Hub) -> Result<()> {
    let now = hub.now();
    let lease = hub.settings().sync.lease;
    let last = *lock(&hub.0.sign_of_life.0);
    if last.is_some_and(|at| at <= now && now.since(at) < lease / 3) {
        return Ok(());
    }
    let transaction = hub.store().begin().await?;
    transaction.keep_hub_alive(&hub.0.owner, now.plus(lease), now.minus(lease)).await?;
    transaction.commit().await?;
    *lock(&hub.0.sign_of_life.0) = Some(now);
    Ok(())
}
