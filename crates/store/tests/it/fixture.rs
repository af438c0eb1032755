//! A fresh database of either kind, and things to put into it.

use std::sync::atomic::{AtomicU64, Ordering};

use scanhelm_core::asset::{AssetKey, AssetKind};
use scanhelm_core::company::{Company, CompanyStatus};
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{FindingState, Location, Rating, SightingSource};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, IntegrationId, JobId, RunId, ScanId, SightingId};
use scanhelm_core::integration::{Health, Instance, Integration};
use scanhelm_core::job::NewJob;
use scanhelm_core::scan::{Origin, Run, Scan, VendorLink};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::{Ids, Severity, SeverityCounts, Timestamp};
use scanhelm_store::{AssetRow, NewFinding, NewSighting, SightingContent, Store, StoreOptions};
use scanhelm_testkit::postgres::PostgresDatabase;
use uuid::Uuid;

/// Runs each named test of the module on both databases.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident),+ $(,)?) => {
        mod sqlite {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { Box::pin(super::$name($crate::fixture::World::sqlite().await)).await; })+
        }
        mod postgres {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { Box::pin(super::$name($crate::fixture::World::postgres().await)).await; })+
        }
    };
}
pub(crate) use on_both;

#[derive(Debug)]
pub(crate) enum Place {
    File(tempfile::TempDir),
    Server(PostgresDatabase),
}

/// Ordered and reproducible.
#[derive(Debug)]
pub(crate) struct Counter(AtomicU64);

impl Ids for Counter {
    fn next(&self) -> Uuid {
        let number = u128::from(self.0.fetch_add(1, Ordering::SeqCst));
        Uuid::from_u128((number << 80) | 0x7000_8000_0000_0000_0000)
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) ids: Counter,
    pub(crate) company: CompanyId,
    pub(crate) other: CompanyId,
    place: Place,
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        Self::on(Place::File(tempfile::tempdir().unwrap())).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::on(Place::Server(PostgresDatabase::create())).await
    }

    async fn on(place: Place) -> Self {
        let store = Store::open(&options(&place)).await.unwrap();
        let ids = Counter(AtomicU64::new(1));
        let (company, other) = (CompanyId::new(&ids), CompanyId::new(&ids));
        let world = Self { store, ids, company, other, place };
        let tx = world.store.begin().await.unwrap();
        for (id, name) in [(company, "Acme"), (other, "Globex")] {
            let company = Company { id, name: name.to_owned(), status: CompanyStatus::Active, created_at: at(0) };
            tx.insert_company(&company).await.unwrap();
        }
        tx.commit().await.unwrap();
        world
    }

    /// Another process on the same database.
    pub(crate) async fn open_again(&self) -> scanhelm_core::Result<Store> {
        Store::open(&options(&self.place)).await
    }

    /// Another database of the same kind that nobody has opened yet.
    pub(crate) fn empty_database(&self) -> (Place, StoreOptions) {
        let place = match self.place {
            Place::File(_) => Place::File(tempfile::tempdir().unwrap()),
            Place::Server(_) => Place::Server(PostgresDatabase::create()),
        };
        let options = options(&place);
        (place, options)
    }

    pub(crate) fn url(&self) -> String {
        options(&self.place).url
    }

    pub(crate) fn integration(&self, company: CompanyId, name: &str) -> Integration {
        Integration {
            id: IntegrationId::new(&self.ids),
            company_id: company,
            connector: "nessus".to_owned(),
            name: name.to_owned(),
            base_url: "https://127.0.0.1:8834".to_owned(),
            ca_pem: None,
            enabled: true,
            created_at: at(0),
            updated_at: at(0),
            credential_hints: Vec::new(),
            instance: Instance::default(),
            health: Health::default(),
            version: 1,
        }
    }

    pub(crate) async fn stored_integration(&self, company: CompanyId, name: &str) -> Integration {
        let integration = self.integration(company, name);
        let tx = self.store.begin().await.unwrap();
        tx.insert_integration(&integration, b"sealed").await.unwrap();
        tx.commit().await.unwrap();
        integration
    }

    pub(crate) fn scan(&self, name: &str, origin: Origin, second: i64) -> Scan {
        Scan::new(ScanId::new(&self.ids), self.company, name, origin, at(second))
    }

    pub(crate) async fn stored_scan(&self, name: &str, second: i64) -> Scan {
        let scan = self.scan(name, Origin::Manual, second);
        self.store_scan(&scan).await.unwrap();
        scan
    }

    pub(crate) async fn store_scan(&self, scan: &Scan) -> scanhelm_core::Result<()> {
        let tx = self.store.begin().await.unwrap();
        tx.insert_scan(scan).await?;
        tx.commit().await
    }

    /// A new run of a scan, which the scan then shows.
    pub(crate) async fn stored_run(&self, scan: &mut Scan) -> RunId {
        let run = Run {
            id: RunId::new(&self.ids),
            scan_id: scan.id,
            company_id: scan.company_id,
            external_run_id: None,
            number: scan.run_number + 1,
            vendor_state: VendorState::Completed,
            import_state: ImportState::None,
            started_at: None,
            finished_at: None,
            vendor_finished_at: None,
            counts: SeverityCounts::default(),
            imported_findings: 0,
            created_at: scan.created_at,
        };
        scan.run_number = run.number;
        scan.run_id = Some(run.id);
        let tx = self.store.begin().await.unwrap();
        tx.insert_run(&run).await.unwrap();
        scan.version = tx.save_scan(scan, scan.version).await.unwrap();
        tx.commit().await.unwrap();
        run.id
    }

    pub(crate) fn job(&self, kind: &str) -> NewJob {
        NewJob {
            id: JobId::new(&self.ids),
            company_id: self.company,
            kind: kind.to_owned(),
            payload: serde_json::json!({"kind": kind}),
            dedup_key: None,
            concurrency_key: None,
            priority: 0,
            run_at: at(0),
            max_attempts: 3,
        }
    }

    pub(crate) fn asset(&self, identity: &str, first: i64, last: i64, name: &str) -> AssetRow {
        AssetRow {
            id: AssetId::new(&self.ids),
            identity: identity.to_owned(),
            kind: AssetKind::Host,
            name: name.to_owned(),
            keys: vec![AssetKey::Fqdn(name.to_owned())],
            operating_system: None,
            first_seen_at: at(first),
            last_seen_at: at(last),
        }
    }

    pub(crate) fn finding(&self, company: CompanyId, asset: AssetId, weakness: &str, second: i64) -> NewFinding {
        let identity = Identity {
            version: 1,
            asset: asset.to_string(),
            weakness: weakness.to_owned(),
            location: "443/tcp".to_owned(),
            ordinal: 0,
        };
        NewFinding {
            id: FindingId::new(&self.ids),
            company_id: company,
            fingerprint: identity.fingerprint(company),
            identity,
            asset_id: asset,
            title: format!("Weakness {weakness}"),
            severity: Severity::High,
            status: FindingState::Open,
            cves: vec![weakness.to_owned()],
            cwes: vec![79, 89],
            location: Location::Network { port: 443, protocol: "tcp".to_owned(), service: None },
            first_seen_at: at(second),
            last_seen_at: at(second),
            resolved_at: None,
            cvss_tenths: None,
            rating: Rating::default(),
        }
    }

    pub(crate) fn sighting(
        &self,
        finding: &NewFinding,
        source: &SightingSource,
        reference: &str,
        scan: ScanId,
        run: RunId,
        second: i64,
    ) -> NewSighting {
        NewSighting {
            id: SightingId::new(&self.ids),
            company_id: finding.company_id,
            finding_id: finding.id,
            asset_id: finding.asset_id,
            source: source.clone(),
            scanner_ref: reference.to_owned(),
            scan_id: scan,
            run_id: run,
            first_seen_at: at(second),
            last_seen_at: at(second),
            shown: content(Severity::High, &finding.title, 7),
        }
    }
}

pub(crate) fn content(severity: Severity, title: &str, content: u64) -> SightingContent {
    SightingContent {
        scanner: "nessus".to_owned(),
        rule_id: "10863".to_owned(),
        title: title.to_owned(),
        severity,
        authenticated: false,
        policy: Some("default".to_owned()),
        content,
        detail: r#"{"description":"text"}"#.to_owned(),
        cvss_tenths: None,
        suppressed: None,
    }
}

pub(crate) fn link(integration: IntegrationId, incarnation: &str, external: &str) -> VendorLink {
    VendorLink {
        integration_id: integration,
        incarnation: incarnation.to_owned(),
        external_scan_id: external.to_owned(),
    }
}

pub(crate) fn linked(mut scan: Scan, integration: IntegrationId, external: &str) -> Scan {
    scan.integration_id = Some(integration);
    scan.link = Some(link(integration, "server-1", external));
    scan
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + second)
}

fn options(place: &Place) -> StoreOptions {
    let url = match place {
        Place::File(folder) => format!("sqlite://{}", folder.path().join("scanhelm.db").display()),
        Place::Server(database) => database.url().to_owned(),
    };
    StoreOptions { url, readers: 3 }
}
