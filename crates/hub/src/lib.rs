//! Use cases and loops: what Scanhelm *does*.
//!
//! The hub joins the pure decisions of `core` with the effects of the rooms below it: it asks connectors, reads
//! reports, runs local scanners and writes to the store. It knows no SQL, no vendor's field and no HTTP route. Every
//! use case that a person can reach takes a [`Grant`](scanhelm_core::permission::Grant), so that tenant scope and
//! permission cannot be forgotten; every loop is level-triggered and may die at any instruction.

pub mod accounts;
pub mod assets;
pub mod catalogue;
pub mod components;
pub mod database_clock;
pub mod events;
pub mod failpoint;
pub mod feeds;
pub mod findings;
pub mod import;
pub mod installation;
pub mod integrations;
pub mod jobs;
pub mod local;
pub mod notifications;
pub mod program;
pub mod rating;
pub mod reconcile;
pub mod requests;
pub mod scans;
pub mod schedules;
pub mod settings;
mod steps;
pub mod suppression;
pub mod system;
pub mod telemetry;
pub mod trap;
pub mod vault;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

pub use scanhelm_connectors::Registry;
pub use scanhelm_connectors::contract::{LivePreview, Manifest as ConnectorManifest};
use scanhelm_core::capability::CapabilitySet;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::job::{Job, NewJob};
use scanhelm_core::{Clock, Ids, Result, Timestamp};
use scanhelm_net::NetworkPolicy;
use scanhelm_store::Store;
pub use scanhelm_store::{
    AssetFilter, ComponentFilter, DeliveryFilter, FindingFilter, JobFilter, JobFinding, OwnerFilter, ScanFilter,
    ScheduleFilter, VerdictFilter,
};
pub use settings::Settings;
pub use steps::Steps;
use tokio::sync::Semaphore;

/// The running product. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: Settings,
    vault: vault::Vault,
    enrichment: Arc<dyn import::Enrichment>,
    connectors: Registry,
    chance: Arc<dyn system::Chance>,
    network: Arc<NetworkPolicy>,
    bus: events::EventBus,
    /// Wakes the job workers.
    work: jobs::Bell,
    places: jobs::Places,
    /// One for each scanner that runs here, whichever scan it belongs to.
    scanner_places: Arc<Semaphore>,
    /// One for each export that this machine bears.
    exports: Arc<Semaphore>,
    wake: reconcile::Wake,
    /// Integrations to look at before their time.
    wanted: Mutex<HashSet<IntegrationId>>,
    sessions: integrations::SessionCache,
    previews: scans::PreviewCache,
    scanners: scanhelm_runner::Discovery,
    loops: Mutex<HashMap<&'static str, reconcile::LoopStatus>>,
    /// Integrations at which this process is looking.
    looked_at: Mutex<HashSet<IntegrationId>>,
    asked: reconcile::Asked,
    sign_of_life: reconcile::SignOfLife,
    /// Identifies this process in leases.
    owner: String,
}

/// What can be put in place of the usual.
#[derive(Clone, Debug)]
pub struct Extensions {
    /// Feeds that add facts to every record on its way in.
    pub enrichment: Arc<dyn import::Enrichment>,
    pub connectors: Registry,
    pub chance: Arc<dyn system::Chance>,
}

impl Default for Extensions {
    /// No feeds, the connectors of this build, real chance.
    fn default() -> Self {
        Self {
            enrichment: Arc::new(import::NoEnrichment),
            connectors: Registry::built_in(),
            chance: Arc::new(system::SystemChance),
        }
    }
}

/// What a hub is made of.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub settings: Settings,
    pub vault: vault::Vault,
    pub network: NetworkPolicy,
}

impl Hub {
    /// Puts the parts together. Starts nothing: see [`reconcile::run`].
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self::extended(parts, Extensions::default())
    }

    #[must_use]
    pub fn extended(parts: Parts, extensions: Extensions) -> Self {
        let owner = format!("hub-{}", parts.ids.next());
        Self(Arc::new(Inner {
            bus: events::EventBus::new(),
            work: jobs::Bell::default(),
            places: jobs::Places::new(parts.settings.jobs.workers),
            scanner_places: Arc::new(Semaphore::new(parts.settings.local.places())),
            exports: Arc::new(Semaphore::new(findings::EXPORTS_AT_ONCE)),
            wake: reconcile::Wake::default(),
            wanted: Mutex::default(),
            sessions: integrations::SessionCache::default(),
            previews: scans::PreviewCache::default(),
            scanners: scanhelm_runner::Discovery::new(
                parts.settings.local.tool_paths.clone(),
                std::collections::BTreeMap::new(),
            )
            .with_places(parts.settings.local.places())
            .with_own(&parts.settings.local.own)
            .with_private_folders(scanhelm_runner::PrivateFolders::held()),
            loops: Mutex::default(),
            looked_at: Mutex::default(),
            asked: reconcile::Asked::default(),
            sign_of_life: reconcile::SignOfLife::default(),
            owner,
            store: parts.store,
            clock: parts.clock,
            ids: parts.ids,
            settings: parts.settings,
            vault: parts.vault,
            enrichment: extensions.enrichment,
            connectors: extensions.connectors,
            chance: extensions.chance,
            network: Arc::new(parts.network),
        }))
    }

    #[must_use]
    pub fn scans(&self) -> scans::Scans<'_> {
        scans::Scans { hub: self }
    }

    #[must_use]
    pub fn requests(&self) -> requests::Requests<'_> {
        requests::Requests { hub: self }
    }

    #[must_use]
    pub fn integrations(&self) -> integrations::Integrations<'_> {
        integrations::Integrations { hub: self }
    }

    #[must_use]
    pub fn findings(&self) -> findings::Findings<'_> {
        findings::Findings { hub: self }
    }

    #[must_use]
    pub fn assets(&self) -> assets::Assets<'_> {
        assets::Assets { hub: self }
    }

    #[must_use]
    pub fn components(&self) -> components::Components<'_> {
        components::Components { hub: self }
    }

    #[must_use]
    pub fn feeds(&self) -> feeds::Feeds<'_> {
        feeds::Feeds { hub: self }
    }

    #[must_use]
    pub fn ratings(&self) -> rating::Ratings<'_> {
        rating::Ratings { hub: self }
    }

    #[must_use]
    pub fn suppression(&self) -> suppression::Suppression<'_> {
        suppression::Suppression { hub: self }
    }

    #[must_use]
    pub fn imports(&self) -> import::Imports<'_> {
        import::Imports { hub: self }
    }

    #[must_use]
    pub fn accounts(&self) -> accounts::Accounts<'_> {
        accounts::Accounts { hub: self }
    }

    #[must_use]
    pub fn jobs(&self) -> jobs::Jobs<'_> {
        jobs::Jobs { hub: self }
    }

    #[must_use]
    pub fn events(&self) -> &events::EventBus {
        &self.0.bus
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        self.0.ids.as_ref()
    }

    /// What every loop did last.
    #[must_use]
    pub fn loops(&self) -> Vec<reconcile::LoopStatus> {
        let loops = self.0.loops.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut statuses: Vec<_> = loops.values().cloned().collect();
        statuses.sort_by_key(|status| status.name);
        statuses
    }

    /// Ready when the store answers and every loop has started.
    pub async fn readiness(&self) -> Result<()> {
        self.0.store.ping().await?;
        if self.loops().len() < reconcile::LOOPS {
            return Err(scanhelm_core::Error::store_unavailable("the loops are still starting"));
        }
        Ok(())
    }

    /// After a commit that enqueued work or appended activity.
    pub(crate) fn committed(&self) {
        self.0.work.ring();
        self.0.bus.nudge();
    }

    /// After a commit of another hub, of which nothing more is known than that there was one.
    pub(crate) fn committed_elsewhere(&self) {
        self.0.work.ring();
        self.0.bus.nudge();
    }

    /// What the code of a connector can do; `None` when it is not in this build.
    pub(crate) fn offered_by(&self, connector: &str) -> Option<CapabilitySet> {
        self.0.connectors.by_id(connector).map(scanhelm_connectors::contract::Connector::capabilities)
    }

    /// Makes the integrations that are due be looked at now instead of at the next tick.
    pub(crate) fn look_now(&self) {
        self.0.wake.integrations.notify_one();
    }

    /// Looks at one integration now.
    pub(crate) fn look_at(&self, integration: IntegrationId) {
        self.0.wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(integration);
        self.look_now();
    }

    /// A job with the usual defaults.
    pub(crate) fn new_job(
        &self,
        company_id: scanhelm_core::ids::CompanyId,
        kind: &str,
        payload: serde_json::Value,
    ) -> NewJob {
        NewJob {
            id: scanhelm_core::ids::JobId::new(self.ids()),
            company_id,
            kind: kind.to_owned(),
            payload,
            dedup_key: None,
            concurrency_key: None,
            priority: 0,
            run_at: self.now(),
            max_attempts: 10,
        }
    }

    /// Enqueues a job in a transaction of its own. `false`: there is one with its key already.
    pub(crate) async fn enqueue_alone(&self, job: &NewJob) -> Result<bool> {
        let transaction = self.0.store.begin().await?;
        let id = transaction.enqueue(job, self.now()).await?;
        transaction.commit().await?;
        self.committed();
        Ok(id == job.id)
    }
}

/// Where a 202 can be watched.
#[must_use]
pub fn job_url(job: &Job) -> String {
    format!("/api/v1/jobs/{}", job.id)
}
