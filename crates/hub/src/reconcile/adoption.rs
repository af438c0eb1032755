//! The sweep: every scan of the vendor that the hub does not know becomes a row, unless someone deleted it here.

use std::collections::HashSet;

use scanhelm_connectors::contract::ScanList;
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::command::{CommandKind, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::ScanId;
use scanhelm_core::integration::Integration;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Observation, Origin, Scan, VendorLink};
use scanhelm_core::text::single_line;
use scanhelm_core::{ErrorCode, Result};
use serde_json::json;

use crate::Hub;
use crate::failpoint;
use crate::telemetry;

/// Adopts what is new. One scan that cannot be adopted does not stop the others.
pub(super) async fn sweep(hub: &Hub, integration: &Integration, incarnation: &str, list: &ScanList) -> Result<u64> {
    let company = hub.store().company(integration.company_id).await?;
    if company.is_none_or(|company| company.status == CompanyStatus::Deactivated) {
        return Ok(0);
    }
    let blocked = hub.store().blocked(integration.id).await?;
    let known: HashSet<String> = hub
        .store()
        .scans_by_links(integration.id, incarnation)
        .await?
        .into_iter()
        .filter_map(|scan| scan.link.map(|link| link.external_scan_id))
        .collect();
    let mut adopted = 0;
    for observation in &list.scans {
        let external = &observation.external_scan_id;
        if known.contains(external) || blocked.contains(&(incarnation.to_owned(), external.clone())) {
            continue;
        }
        let link = VendorLink {
            integration_id: integration.id,
            incarnation: incarnation.to_owned(),
            external_scan_id: external.clone(),
        };
        if recognise(hub, integration, observation, &link).await? {
            continue;
        }
        match adopt(hub, integration, observation, link).await {
            Ok(()) => adopted += 1,
            // Another process was faster.
            Err(error) if error.code == ErrorCode::ScanAlreadyLinked => {}
            Err(error) => return Err(error),
        }
    }
    if adopted > 0 {
        telemetry::adopted(&integration.connector, adopted);
    }
    Ok(adopted)
}

/// A scan that the hub asked for and whose creation answer was lost carries the row's token.
async fn recognise(hub: &Hub, integration: &Integration, observation: &Observation, link: &VendorLink) -> Result<bool> {
    let Some(token) = &observation.client_token else {
        return Ok(false);
    };
    let Some(scan) = hub.store().scan_by_token(integration.id, token).await? else {
        return Ok(false);
    };
    if scan.link.is_some() {
        return Ok(false);
    }
    hub.link_created(scan.company_id, scan.id, link.clone()).await?;
    for mut command in hub.store().open_commands(integration.id).await? {
        let lost = matches!(command.state, CommandState::Unknown | CommandState::Sent);
        if command.kind == CommandKind::Create && command.scan_id == Some(scan.id) && lost {
            command.state = CommandState::Accepted;
            command.target = Some(link.external_scan_id.clone());
            command.detail = Some("Found at the scanner by its token.".to_owned());
            command.finished_at = Some(hub.now());
            let transaction = hub.store().begin().await?;
            transaction.save_command(&command).await?;
            transaction.commit().await?;
        }
    }
    if let Some(scan) = hub.store().scan(scan.company_id, scan.id).await? {
        hub.apply_observation(scan, observation).await?;
    }
    Ok(true)
}

async fn adopt(hub: &Hub, integration: &Integration, observation: &Observation, link: VendorLink) -> Result<()> {
    let name = single_line(&observation.name, 300);
    let name = if name.is_empty() { format!("{} {}", integration.name, link.external_scan_id) } else { name };
    let mut scan = Scan::new(ScanId::new(hub.ids()), integration.company_id, name, Origin::Adopted, hub.now());
    scan.vendor = Some(integration.connector.clone());
    scan.integration_id = Some(integration.id);
    scan.link = Some(link);
    let transaction = hub.store().begin().await?;
    transaction.insert_scan(&scan).await?;
    transaction
        .append_activity(NewActivity {
            company_id: scan.company_id,
            scan_id: scan.id,
            at: hub.now(),
            actor: Actor::System,
            event: Event::ScanAdopted,
            message: format!("Found at {}.", integration.name),
            data: json!({"external_scan_id": observation.external_scan_id, "name": scan.name}),
        })
        .await?;
    failpoint::hit("look.adoption.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("look.adoption.after_commit").await;
    hub.committed();
    hub.apply_observation(scan, observation).await?;
    Ok(())
}
