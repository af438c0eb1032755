//! A scan that the hub asked for and whose creation answer was lost is found again in the vendor's list (trap S8).
//!
//! It carries the row's token. Where a vendor has no place for one, a new scan of the name and the targets that were
//! asked for is taken for it: names that people give here are unique, so at most one row asks for a name. The command
//! itself is settled by [`super::settle`], which sees the link.

use scanhelm_connectors::contract::Session;
use scanhelm_core::Result;
use scanhelm_core::command::{Command, CommandKind};
use scanhelm_core::integration::Integration;
use scanhelm_core::scan::{Observation, Scan, VendorLink};

use super::look::Trouble;
use crate::Hub;
use crate::trap::{self, Trap};

/// Whether the vendor scan, which no row represents, was one of ours; it is linked then.
pub(super) async fn recognise(
    hub: &Hub,
    integration: &Integration,
    session: &dyn Session,
    observation: &Observation,
    link: &VendorLink,
) -> Result<bool, Trouble> {
    if trap::on(Trap::S8) {
        return Ok(false);
    }
    let scan = match &observation.client_token {
        Some(token) => hub.store().scan_by_token(integration.id, token).await?,
        None => by_name(hub, integration, session, observation).await?,
    };
    let Some(scan) = scan else {
        return Ok(false);
    };
    // A row tied to an earlier installation carries a token that only its own scan can have.
    if scan.link.as_ref().is_some_and(|present| present.incarnation == link.incarnation) {
        return Ok(false);
    }
    hub.link_created(scan.company_id, scan.id, link.clone()).await?;
    if let Some(scan) = hub.store().scan(scan.company_id, scan.id).await? {
        hub.apply_observation(scan, observation).await?;
    }
    Ok(true)
}

/// Commands to create that may have reached the vendor. One that is only `sent` counts: its process may have died.
async fn creations(hub: &Hub, integration: &Integration) -> Result<Vec<Command>> {
    let mut open = hub.store().open_commands(integration.id).await?;
    open.retain(|command| command.kind == CommandKind::Create);
    Ok(open)
}

async fn by_name(
    hub: &Hub,
    integration: &Integration,
    session: &dyn Session,
    observation: &Observation,
) -> Result<Option<Scan>, Trouble> {
    for command in creations(hub, integration).await? {
        let Some(id) = command.scan_id else {
            continue;
        };
        let Some(scan) = hub.store().scan(command.company_id, id).await? else {
            continue;
        };
        if scan.link.is_some() || scan.name != observation.name {
            continue;
        }
        let targets = match &observation.targets {
            Some(targets) => Some(targets.clone()),
            None => session.scan(&observation.external_scan_id).await?.and_then(|detail| detail.targets),
        };
        if targets.is_none_or(|targets| targets == scan.targets) {
            return Ok(Some(scan));
        }
    }
    Ok(None)
}
