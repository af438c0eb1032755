//! Reading scans: everything the hub itself knows, with what can be done about each and why not.

use std::collections::HashMap;

use scanhelm_core::activity::Activity;
use scanhelm_core::assessment::AssessmentRun;
use scanhelm_core::asset::Asset;
use scanhelm_core::capability::{Availability, Capability, Situation, availability};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{IntegrationId, ScanId};
use scanhelm_core::integration::Integration;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::{Origin, Run, Scan};
use scanhelm_core::schedule::Schedule;
use scanhelm_core::{Error, Result, Timestamp};
use scanhelm_store::ScanFilter;

use super::Scans;
use crate::Hub;
use crate::trap::{self, Trap};

/// The capabilities that a scan's answer carries.
const SHOWN: [Capability; 7] = [
    Capability::Launch,
    Capability::Pause,
    Capability::Resume,
    Capability::Stop,
    Capability::DeleteRemote,
    Capability::Import,
    Capability::Preview,
];

/// A scan with what depends on more than its row.
#[derive(Clone, Debug)]
pub struct ScanView {
    pub scan: Scan,
    pub integration_name: Option<String>,
    pub capabilities: Vec<(Capability, Availability)>,
    pub stale: bool,
    pub duration_s: Option<u64>,
    /// Share of the vendor's findings that are in the hub, 0 to 100; `None` while either number is unknown.
    pub imported_percent: Option<f64>,
    pub schedule: Option<Schedule>,
    /// What it lists of what assets are made of, as far as no newer list took its place; `None`: nothing.
    pub components: Option<u64>,
}

impl Scans<'_> {
    pub async fn get(&self, grant: &Grant, id: ScanId) -> Result<ScanView> {
        let scan = self.row(grant, id).await?;
        let mut views = self.views(grant, vec![scan]).await?;
        views.pop().ok_or_else(Error::not_found)
    }

    pub async fn list(&self, grant: &Grant, filter: &ScanFilter, page: &PageRequest) -> Result<Page<ScanView>> {
        grant.require(Permission::ScanRead)?;
        let filter = ScanFilter { stale_before: self.hub.stale_before(), ..filter.clone() };
        let found = self.hub.store().list_scans(grant.company, &filter, page).await?;
        let items = self.views(grant, found.items).await?;
        Ok(Page { items, next_cursor: found.next_cursor, total: found.total })
    }

    pub(crate) async fn row(&self, grant: &Grant, id: ScanId) -> Result<Scan> {
        grant.require(Permission::ScanRead)?;
        self.hub.store().scan(grant.company, id).await?.ok_or_else(Error::not_found)
    }

    async fn views(&self, grant: &Grant, scans: Vec<Scan>) -> Result<Vec<ScanView>> {
        let integrations: HashMap<IntegrationId, Integration> = self
            .hub
            .store()
            .integrations(grant.company)
            .await?
            .into_iter()
            .map(|integration| (integration.id, integration))
            .collect();
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?.status;
        let ids: Vec<ScanId> = scans.iter().map(|scan| scan.id).collect();
        let mut schedules: HashMap<ScanId, Schedule> = self
            .hub
            .store()
            .schedules_of_scans(grant.company, &ids)
            .await?
            .into_iter()
            .map(|schedule| (schedule.scan_id, schedule))
            .collect();
        let components = self.hub.store().components_of_scans(grant.company, &ids).await?;
        Ok(scans
            .into_iter()
            .map(|scan| {
                let integration = scan.integration_id.and_then(|id| integrations.get(&id));
                let schedule = schedules.remove(&scan.id);
                let components = components.get(&scan.id).copied();
                ScanView { schedule, components, ..self.view(scan, integration, company) }
            })
            .collect())
    }

    fn view(&self, scan: Scan, integration: Option<&Integration>, company: CompanyStatus) -> ScanView {
        let now = self.hub.now();
        let capabilities =
            SHOWN.iter().map(|shown| (*shown, available(self.hub, *shown, &scan, integration, company))).collect();
        let imported_percent = match (scan.imported_findings, scan.counts.total()) {
            (_, _) if !scan.counts_known => None,
            (0, 0) => scan.import_state.is_finished().then_some(100.0),
            #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
            (imported, total) => Some((imported as f64 * 100.0 / total.max(1) as f64).min(100.0)),
        };
        ScanView {
            integration_name: integration.map(|integration| integration.name.clone()),
            capabilities,
            stale: scan.is_stale(now, self.hub.settings().sync.status_interval),
            duration_s: scan.duration_s(now),
            imported_percent,
            schedule: None,
            components: None,
            scan,
        }
    }

    pub async fn assessment_runs(&self, grant: &Grant, page: &PageRequest) -> Result<Page<AssessmentRun>> {
        grant.require(Permission::ScanRead)?;
        self.hub.store().assessment_runs(grant.company, page).await
    }

    pub async fn runs(&self, grant: &Grant, id: ScanId) -> Result<Vec<Run>> {
        self.row(grant, id).await?;
        self.hub.store().runs(grant.company, id).await
    }

    /// The feed of one scan, newest first.
    pub async fn activity(&self, grant: &Grant, id: ScanId, page: &PageRequest) -> Result<Page<Activity>> {
        self.row(grant, id).await?;
        self.hub.store().activity(grant.company, id, page).await
    }

    pub async fn assets(&self, grant: &Grant, id: ScanId, page: &PageRequest) -> Result<Page<Asset>> {
        grant.require(Permission::AssetRead)?;
        self.row(grant, id).await?;
        self.hub.store().scan_assets(grant.company, id, page).await
    }
}

impl Hub {
    /// A followed, unfinished scan that was last seen before this is stale.
    pub(crate) fn stale_before(&self) -> Timestamp {
        Scan::stale_before(self.now(), self.settings().sync.status_interval)
    }
}

/// Decides one action for one scan. Local scans know only their own rules.
pub(crate) fn available(
    hub: &Hub,
    capability: Capability,
    scan: &Scan,
    integration: Option<&Integration>,
    company: CompanyStatus,
) -> Availability {
    let company = if trap::on(Trap::S13) { CompanyStatus::Active } else { company };
    let from_code = integration.and_then(|integration| hub.offered_by(&integration.connector));
    let narrowed = integration.and_then(|integration| integration.instance.capabilities.clone());
    let capabilities = match (from_code, narrowed) {
        // What the code offers bounds what the instance was found to offer: a newer build may have lost something.
        (Some(code), Some(instance)) => {
            let lost: Vec<_> = instance.offered().filter(|offered| !code.has(*offered)).collect();
            Some(instance.without(lost.into_iter().map(|lost| (lost, "This build does not offer it.".to_owned()))))
        }
        (code, None) => code,
        (None, Some(_)) => None,
    };
    let product = integration
        .and_then(|integration| hub.0.connectors.by_id(&integration.connector))
        .map_or("The scanner", |connector| connector.manifest().product);
    availability(
        capability,
        &Situation {
            capabilities: capabilities.as_ref(),
            vendor: product,
            linked: scan.link.as_ref().is_some_and(|link| integration.is_some_and(|found| found.is_home_of(link)))
                && !scan.origin.runs_here()
                && scan.origin != Origin::Upload,
            integration_enabled: integration.is_some_and(|integration| integration.enabled),
            company,
            has_run: scan.run_number > 0,
            vendor_state: scan.vendor_state,
            import_state: scan.import_state,
        },
    )
}
