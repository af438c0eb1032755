//! What a fire does to its scan.

use std::time::Duration;

use scanhelm_core::capability::{Availability, Capability};
use scanhelm_core::command::CommandKind;
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{CommandId, ScanId};
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::{Origin, Scan, VendorLink};
use scanhelm_core::schedule::Schedule;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::Transaction;
use serde_json::Value;

use crate::Hub;
use crate::local::LocalTargets;
use crate::scans::available;

/// What was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub(super) scan_id: ScanId,
    pub(super) command_id: Option<CommandId>,
    pub(super) runs_before: u32,
}

/// Whether a schedule of this scan could ever do anything: refused with the reason otherwise. What only stands in the
/// way now (it runs, the integration is disabled) may be otherwise when the time comes.
pub(crate) async fn require_launchable(hub: &Hub, scan: &Scan) -> Result<()> {
    if local_targets(scan).is_some() {
        return Ok(());
    }
    let mut as_linked = scan.clone();
    if let Some(integration_id) = scan.integration_id.filter(|_| scan.link.is_none()) {
        // Being made at the vendor: judged as it will be.
        let integration = hub.store().integration(scan.company_id, integration_id).await?;
        let incarnation = integration.and_then(|found| found.instance.incarnation).unwrap_or_default();
        as_linked.link = Some(VendorLink { integration_id, incarnation, external_scan_id: String::new() });
    }
    let answer = launch_availability(hub, &as_linked, CompanyStatus::Active).await?;
    match answer.code {
        Some(ErrorCode::NotPossibleInState) | None => Ok(()),
        Some(_) => answer.require(),
    }
}

async fn launch_availability(hub: &Hub, scan: &Scan, company: CompanyStatus) -> Result<Availability> {
    let integration = match scan.integration_id {
        Some(id) => hub.store().integration(scan.company_id, id).await?,
        None => None,
    };
    Ok(available(hub, Capability::Launch, scan, integration.as_ref(), company))
}

fn local_targets(scan: &Scan) -> Option<LocalTargets> {
    scan.origin.runs_here().then(|| LocalTargets::of(&scan.config)).filter(|targets| !targets.is_empty())
}

/// Starts the scan inside the transaction of its nominal time. `wait`: the vendor's share of patience, when many are
/// due at once.
pub(super) async fn start(
    hub: &Hub,
    transaction: &Transaction,
    schedule: &Schedule,
    scan: &Scan,
    nominal: Timestamp,
    wait: Duration,
) -> Result<Started> {
    let grant = Grant::system(schedule.company_id);
    if let Some(targets) = local_targets(scan) {
        return start_here(hub, transaction, &grant, scan, &targets, nominal).await;
    }
    if scan.is_creating() {
        return Err(Error::new(ErrorCode::NotLinked, "The scanner has not confirmed the scan yet."));
    }
    launch_availability(hub, scan, CompanyStatus::Active).await?.require()?;
    let ordered = hub.scans().record_order(transaction, &grant, scan, CommandKind::Launch, wait).await?;
    Ok(Started { scan_id: scan.id, command_id: Some(ordered.command.id), runs_before: scan.run_number })
}

/// A new local scan with the template's wishes.
async fn start_here(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    template: &Scan,
    targets: &LocalTargets,
    nominal: Timestamp,
) -> Result<Started> {
    targets.allowed(hub.settings())?;
    let minute: String = nominal.to_string().chars().take(16).collect();
    let name = format!("{} {minute}Z", single_line(&template.name, 150));
    let mut scan = Scan::new(ScanId::new(hub.ids()), template.company_id, name, Origin::Scheduled, hub.now());
    scan.scan_type.clone_from(&template.scan_type);
    scan.vendor.clone_from(&template.vendor);
    scan.targets.clone_from(&template.targets);
    scan.ci.clone_from(&template.ci);
    scan.assessment_run_id.clone_from(&template.assessment_run_id);
    scan.config.clone_from(&template.config);
    if let Value::Object(config) = &mut scan.config {
        // Of the template's own run.
        config.remove("scanners");
    }
    hub.scans()
        .write_new(transaction, grant, &scan, &[], "Started by a schedule; waiting for a local scanner.")
        .await?;
    Ok(Started { scan_id: scan.id, command_id: None, runs_before: 0 })
}
