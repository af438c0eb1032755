//! What a simulation consists of: hubs on one database, vendors, companies, and what people were told.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::{CommandId, CompanyId, IntegrationId, JobId, ScanId, ScheduleId};
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::scan::{Scan, VendorLink};
use scanhelm_core::{Clock as _, Timestamp};
use scanhelm_hub::accounts::NewInstallation;
use scanhelm_hub::integrations::NewIntegration;
use scanhelm_hub::vault::Vault;
use scanhelm_hub::{Extensions, Hub, Parts, Registry, Settings, failpoint};
use scanhelm_net::NetworkPolicy;
use scanhelm_store::{Store, StoreOptions};
use tempfile::TempDir;

use super::checkers::{History, Violation};
use super::dice::{BEGINNING, CountingIds, Dice, SeededChance, VirtualClock};
use super::stage::{Acting, Running, Stage};
use super::vendor::{KINDS, ModelConnector, Vendor};

/// What a batch of an import takes, so that attempts run out of time as they do with large reports.
const BATCH_TAKES: Duration = Duration::from_secs(4);

/// One process of the product: when it dies, all but its folder is lost.
pub(crate) struct Process {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
    pub(crate) folder: PathBuf,
}

/// A look or a job that has begun and not ended.
pub(crate) struct Activity {
    pub(crate) acting: Acting,
    pub(crate) label: String,
    pub(crate) running: Running,
}

pub(crate) struct Company {
    pub(crate) grant: Grant,
    pub(crate) integrations: Vec<Connected>,
    pub(crate) active: bool,
    /// Since when it is deactivated, and such times of before.
    pub(crate) deactivated: Vec<(Timestamp, Option<Timestamp>)>,
    /// Changes that were answered with success, each of which has an audit entry.
    pub(crate) changes: u64,
}

#[derive(Clone)]
pub(crate) struct Connected {
    pub(crate) id: IntegrationId,
    pub(crate) vendor: usize,
}

/// A deletion that was answered with success.
pub(crate) struct Deletion {
    pub(crate) link: VendorLink,
    pub(crate) vendor: usize,
    /// Of the vendor's scan.
    pub(crate) uid: Option<u64>,
    /// The vendor's copy was to go, and nobody was warned that it stays.
    pub(crate) cascade: bool,
    /// Someone wants the scan back.
    pub(crate) withdrawn: bool,
}

/// A command that was answered with success.
pub(crate) struct Order {
    pub(crate) command: CommandId,
    pub(crate) company: CompanyId,
    pub(crate) vendor: usize,
    /// The vendor scan that was meant.
    pub(crate) uid: Option<u64>,
    pub(crate) at: Timestamp,
}

/// What people were told and may rely on.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) jobs: Vec<(CompanyId, JobId, String)>,
    pub(crate) deletions: Vec<Deletion>,
    pub(crate) orders: Vec<Order>,
    /// Scans whose creation at a vendor was accepted, with the vendor, and whether they were to be launched.
    pub(crate) created: Vec<(CompanyId, ScanId, usize, bool)>,
    /// Schedules with their period in minutes.
    pub(crate) schedules: Vec<(CompanyId, ScheduleId, i64)>,
    /// Vendors' scans, by vendor and uid, that someone linked by hand.
    pub(crate) linked: Vec<(usize, u64)>,
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) dice: Dice,
    pub(crate) clock: VirtualClock,
    pub(crate) stage: Stage,
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) processes: Vec<Process>,
    pub(crate) companies: Vec<Company>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) told: Told,
    pub(crate) history: History,
    pub(crate) violations: Vec<Violation>,
    pub(crate) trace: Vec<String>,
    ids: Arc<CountingIds>,
    chance: Arc<SeededChance>,
    pub(crate) home: TempDir,
}

/// An empty database of this build's schema, to begin with a copy of.
static EMPTY: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = folder();
    let path = folder.path().join("empty.db");
    let url = format!("sqlite://{}", path.display());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            Store::open(&StoreOptions { url, readers: 1 }).await.unwrap().close().await.unwrap();
        });
    })
    .join()
    .unwrap();
    (folder, path)
});

/// In memory where the system has such a place.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        TempDir::new_in(memory).unwrap_or_else(|_| TempDir::new().unwrap())
    } else {
        TempDir::new().unwrap()
    }
}

impl World {
    /// One or two companies with their vendors, one or two hubs.
    pub(crate) async fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let clock = VirtualClock::new();
        let stage = Stage::new(Dice::new(seed, 2));
        let home = folder();
        std::fs::copy(&EMPTY.1, home.path().join("hub.db")).unwrap();
        let count = 1 + dice.below(3);
        let vendors =
            (0..count).map(|number| Vendor::new(number, dice.pick(&KINDS).unwrap(), seed, clock.clone())).collect();
        let mut world = Self {
            seed,
            dice,
            ids: Arc::new(CountingIds::new(clock.clone())),
            chance: Arc::new(SeededChance::new(seed)),
            clock,
            stage,
            vendors,
            processes: Vec::new(),
            companies: Vec::new(),
            activities: Vec::new(),
            told: Told::default(),
            history: History::default(),
            violations: Vec::new(),
            trace: Vec::new(),
            home,
        };
        world.watch_failpoints();
        world.processes.push(world.process(0).await);
        if world.dice.percent(40) {
            world.processes.push(world.process(1).await);
        }
        world.settle_companies().await;
        world
    }

    fn watch_failpoints(&self) {
        let (stage, clock) = (self.stage.clone(), self.clock.clone());
        failpoint::watch(Some(Arc::new(move |place| {
            if place == "import.batch.after_commit" {
                clock.advance(BATCH_TAKES);
            }
            stage.at(place)
        })));
    }

    async fn process(&self, number: usize) -> Process {
        let url = format!("sqlite://{}", self.home.path().join("hub.db").display());
        let store = Store::open(&StoreOptions { url, readers: 1 }).await.unwrap();
        let folder = self.home.path().join(format!("process-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        Process { hub: self.hub(&store, &folder), store, folder }
    }

    fn hub(&self, store: &Store, folder: &Path) -> Hub {
        let mut settings = Settings::new(folder.to_owned());
        settings.sync.adoption_interval = Duration::from_secs(90);
        settings.sync.backfill_interval = Duration::from_secs(90);
        settings.sync.details_per_look = 3;
        settings.import.batch_rows = 3;
        settings.jobs.attempt = Duration::from_secs(10);
        settings.jobs.lease = Duration::from_mins(3);
        let connectors = KINDS.iter().map(|kind| {
            Arc::new(ModelConnector {
                kind,
                vendors: self.vendors.clone(),
                stage: self.stage.clone(),
                clock: self.clock.clone(),
            }) as Arc<dyn scanhelm_connectors::contract::Connector>
        });
        let extensions = Extensions {
            connectors: Registry::new(connectors.collect()),
            chance: self.chance.clone(),
            ..Extensions::default()
        };
        let parts = Parts {
            store: store.clone(),
            clock: Arc::new(self.clock.clone()),
            ids: self.ids.clone(),
            settings,
            vault: Vault::new([7; 32]),
            network: NetworkPolicy::parse(&["10.0.0.0/8"]).unwrap(),
        };
        Hub::extended(parts, extensions)
    }

    /// The process dies and is started again with the same command line.
    pub(crate) async fn restart(&mut self, number: usize) {
        self.activities.retain(|activity| activity.acting.hub != number);
        let (store, folder) = (self.processes[number].store.clone(), self.processes[number].folder.clone());
        if self.dice.percent(15) {
            // A container's folder goes with it.
            std::fs::remove_dir_all(&folder).unwrap();
            std::fs::create_dir_all(&folder).unwrap();
        }
        let hub = self.hub(&store, &folder);
        hub.sweep_spool().await.unwrap();
        self.processes[number].hub = hub;
    }

    async fn settle_companies(&mut self) {
        let hub = self.processes[0].hub.clone();
        let companies = if self.vendors.len() > 1 { 1 + self.dice.below(2) } else { 1 };
        for number in 0..companies {
            let installation = NewInstallation {
                company: format!("Company {number}"),
                name: String::new(),
                email: format!("admin{number}@example.com"),
                password: None,
            };
            let made = if number == 0 {
                hub.accounts().bootstrap(installation).await.unwrap()
            } else {
                let first = self.companies[0].grant;
                let operator = Grant { role: Role::Operator, ..first };
                hub.accounts().create_company(&operator, installation).await.unwrap()
            };
            let grant = Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin };
            self.companies.push(Company {
                grant,
                integrations: Vec::new(),
                active: true,
                deactivated: Vec::new(),
                changes: 0,
            });
        }
        for vendor in 0..self.vendors.len() {
            let company = vendor % companies;
            let grant = self.companies[company].grant;
            let made = hub.integrations().create(&grant, self.new_integration(vendor)).await.unwrap();
            self.companies[company].integrations.push(Connected { id: made.id, vendor });
            for _ in 0..1 + self.dice.below(3) {
                let now = self.clock.now();
                self.vendors[vendor].state().by_hand(now);
            }
        }
        for company in &mut self.companies {
            company.changes = audit_entries(&hub, &company.grant).await;
        }
    }

    fn new_integration(&self, vendor: usize) -> NewIntegration {
        let vendor = &self.vendors[vendor];
        NewIntegration {
            connector: vendor.kind.manifest.id.to_owned(),
            name: vendor.name.clone(),
            base_url: vendor.base_url(),
            credentials: self.credentials(vendor),
            ca_pem: None,
            enabled: true,
        }
    }

    /// Those that the vendor takes now.
    pub(crate) fn credentials(&self, vendor: &Vendor) -> Credentials {
        [("token".to_owned(), Secret::new(vendor.state().secret.clone()))].into_iter().collect()
    }

    pub(crate) fn tell(&mut self, what: &str) {
        let since = self.clock.now().since(BEGINNING);
        let mut line = String::new();
        write!(line, "+{:>8.3} {what}", since.as_secs_f64()).unwrap();
        self.trace.push(line);
    }

    /// All rows that a simulation is about, as text.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for company in 0..self.companies.len() {
            for (_, scans) in self.scans_of(company).await {
                lines.extend(scans.iter().map(|scan| format!("{scan:?}")));
            }
            let id = self.companies[company].grant.company;
            lines.extend(self.processes[0].store.dump_findings(id).await.unwrap());
        }
        lines
    }

    pub(crate) async fn end(mut self) {
        self.activities.clear();
        for Process { hub, store, .. } in std::mem::take(&mut self.processes) {
            drop(hub);
            store.close().await.unwrap();
        }
    }

    /// All scans of a company that belong to an integration, by integration.
    pub(crate) async fn scans_of(&self, company: usize) -> Vec<(Connected, Vec<Scan>)> {
        let mut found = Vec::new();
        for connected in &self.companies[company].integrations {
            let scans = self.processes[0].store.scans_of_integration(connected.id).await.unwrap();
            found.push((connected.clone(), scans));
        }
        found
    }

    /// The vendor scan that a link means.
    pub(crate) fn uid_of(&self, vendor: usize, link: &VendorLink) -> Option<u64> {
        let state = self.vendors[vendor].state();
        let mut all = state.scans.values().chain(&state.gone);
        all.find(|scan| scan.incarnation == link.incarnation && scan.id == link.external_scan_id).map(|scan| scan.uid)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.activities.clear();
        failpoint::watch(None);
    }
}

/// Of what people did; the hub writes its own as well.
pub(crate) async fn audit_entries(hub: &Hub, grant: &Grant) -> u64 {
    let mut page = scanhelm_core::page::PageRequest { limit: 500, ..Default::default() };
    let mut count = 0;
    loop {
        let found = hub.accounts().audit_log(grant, &page).await.unwrap();
        count += found.items.iter().filter(|entry| entry.actor == grant.actor).count() as u64;
        page.cursor = found.next_cursor;
        if page.cursor.is_none() {
            return count;
        }
    }
}
