//! A hub with its loops on one of the databases, and simulated vendors. Tests move the vendor's clock by hand and wait
//! for conditions; the hub's own periods are short and real.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::{IntegrationId, JobId, ScanId};
use scanhelm_core::integration::{Condition, ConditionKind};
use scanhelm_core::job::{Job, JobState};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::scan::Scan;
use scanhelm_core::status::Status;
use scanhelm_core::{Clock, Timestamp};
use scanhelm_hub::accounts::NewInstallation;
use scanhelm_hub::import::{Enrichment, NoEnrichment};
use scanhelm_hub::integrations::NewIntegration;
use scanhelm_hub::system::{SystemClock, SystemIds};
use scanhelm_hub::vault::Vault;
use scanhelm_hub::{Extensions, Hub, Parts, Settings, reconcile};
use scanhelm_net::NetworkPolicy;
use scanhelm_store::{ScanFilter, Store, StoreOptions};
use scanhelm_testkit::postgres::PostgresDatabase;
use scanhelm_vendor_sim::{FaultId, ScanSeed, SeedState, Sim, SimConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often a test looks for what it waits for, every 50 ms or more: two minutes, so that only a hub that never gets there
/// fails, and not a machine that is busy.
pub(crate) const LOOKS: usize = 2400;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// Stands still until it is moved.
#[derive(Debug)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at(text).as_millis())))
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.store(at(text).as_millis(), Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
}

/// Runs the body once on each database.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($database: crate::harness::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(crate::harness::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body(crate::harness::Database::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_both_databases;

/// The machine's clock, as far ahead as the test wishes.
#[derive(Debug, Default)]
pub(crate) struct Ahead(std::sync::atomic::AtomicU64);

impl Ahead {
    pub(crate) fn by(&self, more: Duration) {
        self.0.fetch_add(u64::try_from(more.as_millis()).unwrap(), std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> scanhelm_core::Timestamp {
        SystemClock.now().plus(Duration::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst)))
    }
}

/// Where a hub keeps its data; outlives restarts of the hub.
#[derive(Debug)]
pub(crate) struct Home {
    url: String,
    data: tempfile::TempDir,
    postgres: Option<PostgresDatabase>,
}

impl Home {
    pub(crate) fn new(database: Database) -> Self {
        let data = tempfile::tempdir().unwrap();
        let postgres = matches!(database, Database::Postgres).then(PostgresDatabase::create);
        let url = postgres.as_ref().map_or_else(
            || format!("sqlite://{}", data.path().join("scanhelm.db").display()),
            |postgres| postgres.url().to_owned(),
        );
        Self { url, data, postgres }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Waits until so many hubs on this PostgreSQL listen for what the others commit.
    pub(crate) async fn await_listeners(&self, hubs: usize) {
        let database = self.postgres.as_ref().expect("a home on PostgreSQL");
        let text =
            "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %'";
        for _ in 0..LOOKS {
            if database.query(text) == hubs.to_string() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{hubs} hubs never listened");
    }

    pub(crate) async fn start(&self) -> Running {
        self.start_with(|_| {}).await
    }

    pub(crate) async fn start_with(&self, change: impl FnOnce(&mut Settings)) -> Running {
        self.start_enriched(Arc::new(NoEnrichment), change).await
    }

    pub(crate) async fn start_enriched(
        &self,
        enrichment: Arc<dyn Enrichment>,
        change: impl FnOnce(&mut Settings),
    ) -> Running {
        let extensions = Extensions { enrichment, ..Extensions::default() };
        Running::of(self.hub(Arc::new(SystemClock), extensions, change).await)
    }

    pub(crate) async fn start_extended(&self, extensions: Extensions, change: impl FnOnce(&mut Settings)) -> Running {
        Running::of(self.hub(Arc::new(SystemClock), extensions, change).await)
    }

    pub(crate) async fn start_extended_at(&self, clock: Arc<dyn Clock>, extensions: Extensions) -> Running {
        Running::of(self.hub(clock, extensions, |_| {}).await)
    }

    /// With a clock that the test moves.
    pub(crate) async fn start_at(&self, clock: Arc<dyn Clock>, change: impl FnOnce(&mut Settings)) -> Running {
        Running::of(self.hub(clock, Extensions::default(), change).await)
    }

    /// A hub whose loops rest: the test takes their steps.
    pub(crate) async fn start_resting(&self, clock: Arc<dyn Clock>, change: impl FnOnce(&mut Settings)) -> Running {
        let hub = self.hub(clock, Extensions::default(), change).await;
        Running { hub, stop: CancellationToken::new(), loops: tokio::spawn(async {}) }
    }

    /// A hub whose loops do not run.
    pub(crate) async fn hub(
        &self,
        clock: Arc<dyn Clock>,
        extensions: Extensions,
        change: impl FnOnce(&mut Settings),
    ) -> Hub {
        let store = Store::open(&StoreOptions { url: self.url.clone(), readers: 4 }).await.unwrap();
        let mut settings = Settings::new(self.data.path().to_owned());
        settings.sync.status_interval = Duration::from_millis(150);
        settings.sync.adoption_interval = Duration::from_millis(300);
        settings.sync.backfill_interval = Duration::from_millis(150);
        settings.sync.details_per_look = 100;
        settings.jobs.poll = Duration::from_millis(50);
        settings.http.requests_per_minute = 60_000;
        settings.http.burst = 10_000;
        settings.http.breaker_failures = 1_000;
        settings.http.read_attempts = 1;
        settings.local.allowed_roots = vec![self.data.path().to_owned()];
        settings.local.tool_paths = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.tools/scanners/bin")];
        change(&mut settings);
        let vault = Vault::open(self.data.path()).unwrap();
        let network = NetworkPolicy::parse(&["127.0.0.0/8"]).unwrap();
        let parts = Parts { store, clock, ids: Arc::new(SystemIds), settings, vault, network };
        Hub::extended(parts, extensions)
    }
}

/// A hub whose loops run.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) hub: Hub,
    stop: CancellationToken,
    loops: JoinHandle<()>,
}

impl Running {
    fn of(hub: Hub) -> Self {
        let stop = CancellationToken::new();
        let loops = tokio::spawn(reconcile::run(hub.clone(), stop.clone()));
        Self { hub, stop, loops }
    }

    /// An orderly end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.loops.await.unwrap();
        self.hub.store().clone().close().await.unwrap();
    }

    /// A company with its administrator.
    pub(crate) async fn company(&self, name: &str) -> Grant {
        let installation = NewInstallation {
            company: name.to_owned(),
            name: String::new(),
            email: format!("{}@example.com", name.to_lowercase()),
            password: None,
        };
        let first = self.hub.accounts().needs_setup().await.unwrap();
        let made = if first {
            self.hub.accounts().bootstrap(installation).await.unwrap()
        } else {
            let user = scanhelm_core::ids::UserId::new(self.hub.ids());
            let operator = Grant {
                actor: Actor::User(user),
                company: self.hub.store().companies().await.unwrap()[0].id,
                role: Role::Operator,
            };
            self.hub.accounts().create_company(&operator, installation).await.unwrap()
        };
        Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin }
    }

    pub(crate) async fn connect(&self, grant: &Grant, sim: &Sim) -> IntegrationId {
        let known = sim.credentials();
        let fields = vec![("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())];
        self.connect_to(grant, "nessus", sim, fields).await
    }

    /// The same for the product of any connector.
    pub(crate) async fn connect_to(
        &self,
        grant: &Grant,
        connector: &str,
        sim: &Sim,
        fields: Vec<(&str, String)>,
    ) -> IntegrationId {
        let credentials: Credentials =
            fields.into_iter().map(|(name, text)| (name.to_owned(), Secret::new(text))).collect();
        // Names are unique in a company.
        let number = self.hub.integrations().list(grant).await.unwrap().len() + 1;
        let new = NewIntegration {
            connector: connector.to_owned(),
            name: format!("{connector} lab {number}"),
            base_url: sim.base_url().to_owned(),
            credentials,
            ca_pem: None,
            enabled: true,
        };
        self.hub.integrations().create(grant, new).await.unwrap().id
    }

    pub(crate) async fn scans(&self, grant: &Grant) -> Vec<Scan> {
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let listed = self.hub.scans().list(grant, &ScanFilter::default(), &page).await.unwrap();
        listed.items.into_iter().map(|view| view.scan).collect()
    }

    pub(crate) async fn scan_named(&self, grant: &Grant, name: &str) -> Option<Scan> {
        self.scans(grant).await.into_iter().find(|scan| scan.name == name)
    }

    /// Waits until the named scan satisfies a condition.
    pub(crate) async fn await_scan(&self, grant: &Grant, name: &str, is: impl Fn(&Scan) -> bool) -> Scan {
        let mut last = None;
        for _ in 0..LOOKS {
            last = self.scan_named(grant, name).await;
            if let Some(scan) = last.as_ref().filter(|scan| is(scan)) {
                return scan.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the scan {name} did not get there; last seen: {last:#?}");
    }

    /// The same while the vendor's time passes, a few seconds at each look.
    pub(crate) async fn await_scan_in(&self, sim: &Sim, grant: &Grant, name: &str, is: impl Fn(&Scan) -> bool) -> Scan {
        let passing = async {
            loop {
                sim.advance(Duration::from_secs(2));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = passing => unreachable!(),
            scan = self.await_scan(grant, name, is) => scan,
        }
    }

    /// An import while the vendor's time passes: its report is written at once.
    pub(crate) async fn await_imported_in(&self, sim: &Sim, grant: &Grant, name: &str) -> Scan {
        self.await_scan_in(sim, grant, name, |scan| scan.import_state.is_finished()).await
    }

    pub(crate) async fn await_status(&self, grant: &Grant, name: &str, status: Status) -> Scan {
        self.await_scan(grant, name, |scan| scan.status() == status).await
    }

    pub(crate) async fn await_imported(&self, grant: &Grant, name: &str) -> Scan {
        self.await_scan(grant, name, |scan| scan.import_state.is_finished()).await
    }

    pub(crate) async fn await_job(&self, grant: &Grant, id: JobId) -> Job {
        let job = self.hub.jobs().wait(grant, id, Duration::from_secs(180)).await.unwrap();
        assert!(job.state.is_terminal(), "{job:#?}");
        job
    }

    /// Waits until the first integration of the company is in this trouble, or in none.
    pub(crate) async fn await_condition(&self, grant: &Grant, wanted: Option<ConditionKind>) -> Option<Condition> {
        let mut last = None;
        for _ in 0..LOOKS {
            last = self.hub.integrations().list(grant).await.unwrap()[0].health.condition.clone();
            if last.as_ref().map(|condition| condition.kind) == wanted {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("wanted {wanted:?}, last seen {last:?}");
    }

    /// What the feed of a scan says, oldest first.
    pub(crate) async fn feed(&self, grant: &Grant, id: ScanId) -> Vec<String> {
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let feed = self.hub.scans().activity(grant, id, &page).await.unwrap();
        feed.items.into_iter().rev().map(|activity| activity.message).collect()
    }

    pub(crate) async fn sync(&self, grant: &Grant) {
        let job = self.hub.scans().sync(grant, None).await.unwrap();
        assert_eq!(self.await_job(grant, job).await.state, JobState::Done);
    }

    /// Uploads bytes and waits; the job as it ended.
    pub(crate) async fn upload(&self, grant: &Grant, name: &str, bytes: &[u8]) -> Job {
        let path = self.hub.imports().upload_file().unwrap();
        std::fs::write(&path, bytes).unwrap();
        let options = scanhelm_hub::import::UploadOptions { file_name: Some(name.to_owned()), ..Default::default() };
        let accepted = self.hub.imports().accept(grant, path, options).await.unwrap();
        self.await_job(grant, accepted.job_id).await
    }

    pub(crate) async fn dump(&self, grant: &Grant) -> Vec<String> {
        self.hub.store().dump_findings(grant.company).await.unwrap()
    }
}

/// A simulated Nessus whose clock stands still until moved.
pub(crate) async fn nessus() -> Sim {
    Sim::start(SimConfig { scans: 0, speed: 0.0, ..SimConfig::new("nessus") }).await.unwrap()
}

pub(crate) fn seed(name: &str, state: SeedState) -> ScanSeed {
    ScanSeed {
        name: name.to_owned(),
        hosts: 3,
        findings: 40,
        state,
        duration_s: 600,
        queue_s: 5,
        age_s: 3600,
        progress_percent: 50,
        ..ScanSeed::default()
    }
}

/// The simulated Nessus is shut down and set up anew at the same address: `seed` decides who it is.
pub(crate) async fn set_up_anew(sim: Sim, seed: u64) -> Sim {
    let listen = sim.address();
    sim.shutdown().await;
    Sim::start(SimConfig { listen, seed, scans: 0, speed: 0.0, ..SimConfig::new("nessus") }).await.unwrap()
}

/// Waits until a fault has struck.
pub(crate) async fn await_strike(sim: &Sim, id: FaultId) {
    for _ in 0..LOOKS {
        if sim.faults().iter().any(|armed| armed.id == id && armed.struck > 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the fault never struck");
}

/// How often the vendor did something, to whatever scan.
pub(crate) fn count(sim: &Sim, action: scanhelm_vendor_sim::Action) -> usize {
    sim.ledger().effects.iter().filter(|effect| effect.action == action).count()
}
