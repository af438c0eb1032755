//! The sweep: every scan of the vendor that the hub does not know becomes a row, unless someone deleted it here.

use std::collections::HashSet;

use scanhelm_connectors::contract::{ScanList, Session};
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::ScanId;
use scanhelm_core::integration::Integration;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Observation, Origin, Scan, VendorLink};
use scanhelm_core::text::single_line;
use scanhelm_core::{ErrorCode, Result};
use serde_json::json;

use super::look::Trouble;
use super::recognition::recognise;
use crate::Hub;
use crate::failpoint;
use crate::telemetry;
use crate::trap::{self, Trap};

/// Adopts what is new. One scan that cannot be adopted does not stop the others.
pub(super) async fn sweep(
    hub: &Hub,
    integration: &Integration,
    session: &dyn Session,
    incarnation: &str,
    list: &ScanList,
) -> Result<u64, Trouble> {
    let company = hub.store().company(integration.company_id).await?;
    let adopts = company.is_some_and(|company| company.status == CompanyStatus::Active) || trap::on(Trap::S13);
    let mut blocked = hub.store().blocked(integration.id).await?;
    if !incarnation.is_empty() && blocked.iter().any(|(of, _)| of.is_empty()) {
        let transaction = hub.store().begin().await?;
        transaction.claim_blocks(integration.id, incarnation).await?;
        transaction.commit().await?;
        blocked = hub.store().blocked(integration.id).await?;
    }
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
        let hidden = trap::on(Trap::S6) && blocked.iter().any(|(_, blocked)| blocked == external);
        if known.contains(external) || hidden || blocked.contains(&(incarnation.to_owned(), external.clone())) {
            continue;
        }
        let link = VendorLink {
            integration_id: integration.id,
            incarnation: incarnation.to_owned(),
            external_scan_id: external.clone(),
        };
        if recognise(hub, integration, session, observation, &link).await? {
            continue;
        }
        // What was ordered while the company was active is still recognised: otherwise it would be called not created.
        if !adopts {
            continue;
        }
        match adopt(hub, integration, observation, link).await {
            Ok(true) => adopted += 1,
            Ok(false) => {}
            // Another process was faster.
            Err(error) if error.code == ErrorCode::ScanAlreadyLinked => {}
            Err(error) => {
                tracing::warn!(integration = %integration.id, external, %error, "not adopted; the next sweep tries again");
            }
        }
    }
    if adopted > 0 {
        telemetry::adopted(&integration.connector, adopted);
    }
    Ok(adopted)
}

/// `false`: it was deleted here at this moment.
async fn adopt(hub: &Hub, integration: &Integration, observation: &Observation, link: VendorLink) -> Result<bool> {
    let name = single_line(&observation.name, 300);
    let name = if name.is_empty() { format!("{} {}", integration.name, link.external_scan_id) } else { name };
    if trap::on(Trap::S9)
        && hub.store().scans_of_integration(integration.id).await?.iter().any(|scan| scan.name == name)
    {
        return Err(scanhelm_core::Error::new(ErrorCode::ScanNameTaken, "A scan of this name exists."));
    }
    let mut scan = Scan::new(ScanId::new(hub.ids()), integration.company_id, name, Origin::Adopted, hub.now());
    scan.vendor = Some(integration.connector.clone());
    scan.integration_id = Some(integration.id);
    scan.link = Some(link);
    let transaction = hub.store().begin().await?;
    transaction.insert_scan(&scan).await?;
    // Asked after the insert, which waits for a deletion that is being committed: deleted stays deleted.
    if let Some(link) = &scan.link
        && transaction.is_blocked(link).await?
    {
        return Ok(false);
    }
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
    Ok(true)
}
