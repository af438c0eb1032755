//! Vendors that call us: a proven call is stored and makes one look, everything else is a stranger at the door.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_connectors::Registry;
use scanhelm_connectors::contract::{CallError, Checked, Connection, Connector, Manifest, Results, ScanList, Session};
use scanhelm_connectors::nessus::Nessus;
use scanhelm_connectors::webhooks::{About, Delivery, Notice, Unverified, Webhooks, is_secret};
use scanhelm_core::ErrorCode;
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::Observation;
use scanhelm_core::status::Status;
use scanhelm_hub::Extensions;
use scanhelm_hub::failpoint;
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_hub::system::SystemClock;
use scanhelm_vendor_sim::{SeedState, Sim};

use crate::harness::{Home, LOOKS, Running, nessus, on_both_databases, seed};

/// A Nessus that could call: the simulated one cannot.
#[derive(Debug)]
struct CallingNessus;

impl Connector for CallingNessus {
    fn manifest(&self) -> &'static Manifest {
        Nessus.manifest()
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, scanhelm_core::Error> {
        Ok(Box::new(Calling(Nessus.open(connection)?)))
    }
}

#[derive(Debug)]
struct Calling(Box<dyn Session>);

#[async_trait]
impl Session for Calling {
    async fn check(&self) -> Result<Checked, CallError> {
        self.0.check().await
    }
    async fn list_scans(&self) -> Result<ScanList, CallError> {
        self.0.list_scans().await
    }
    async fn scan(&self, id: &str) -> Result<Option<Observation>, CallError> {
        self.0.scan(id).await
    }
    fn results(&self) -> &dyn Results {
        self.0.results()
    }
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(&Calls)
    }
}

#[derive(Debug)]
struct Calls;

impl Webhooks for Calls {
    fn setup(&self) -> &'static str {
        "Nothing to do."
    }
    fn verify(&self, delivery: &Delivery<'_>, secret: &Secret) -> Result<(), Unverified> {
        is_secret(delivery.header("x-secret").ok_or(Unverified::Missing)?, secret)
    }
    fn notice(&self, delivery: &Delivery<'_>) -> Notice {
        let delivery_id = delivery.header("x-delivery").map(str::to_owned);
        Notice { delivery_id, about: About::Scans(vec![String::from_utf8_lossy(delivery.body).into_owned()]) }
    }
}

/// A hub that looks at nothing by itself for an hour.
async fn start(home: &Home) -> Running {
    let extensions = Extensions { connectors: Registry::new(vec![Arc::new(CallingNessus)]), ..Extensions::default() };
    home.start_extended(extensions, |settings| {
        settings.sync.status_interval = Duration::from_secs(3600);
        settings.sync.adoption_interval = Duration::from_secs(3600);
    })
    .await
}

/// A hub that knows one running scan and has come to rest.
async fn at_rest(hub: &Running, sim: &Sim) -> (Grant, IntegrationId, Secret) {
    sim.add_scan(seed("one", SeedState::Running)).unwrap();
    let grant = hub.company("Acme").await;
    let id = hub.connect(&grant, sim).await;
    hub.sync(&grant).await;
    hub.await_status(&grant, "one", Status::Running).await;
    let issued = hub.hub.integrations().issue_webhook_secret(&grant, id).await.unwrap();
    (grant, id, issued.secret)
}

async fn call(hub: &Running, id: IntegrationId, secret: &str, delivery: Option<&str>) -> Result<(), ErrorCode> {
    let mut headers = vec![("x-secret".to_owned(), secret.to_owned())];
    headers.extend(delivery.map(|delivery| ("x-delivery".to_owned(), delivery.to_owned())));
    hub.hub.integrations().receive_webhook(id, &headers, b"{}").await.map_err(|error| error.code)
}

fn lists(sim: &Sim) -> usize {
    sim.ledger().requests.iter().filter(|request| request.operation == "scans.list").count()
}

async fn until_answered(hub: &Running) {
    for _ in 0..LOOKS {
        if hub.hub.store().nudged_integrations().await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no look answered the call");
}

on_both_databases! {
    /// The hub would look again in an hour.
    async fn a_proven_call_is_answered_by_a_look_at_once(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = start(&home).await;
        let (grant, id, secret) = at_rest(&hub, &sim).await;
        // Ends, and another scan appears, that nobody here knows.
        sim.advance(Duration::from_secs(3600));
        sim.add_scan(seed("two", SeedState::Completed)).unwrap();
        let before = lists(&sim);
        for _ in 0..30 {
            assert_eq!(call(&hub, id, secret.expose(), None).await, Ok(()));
        }
        hub.await_imported(&grant, "one").await;
        hub.await_imported(&grant, "two").await;
        until_answered(&hub).await;
        assert!(lists(&sim) - before <= 4, "many calls, few looks: {}", lists(&sim) - before);
        let seen = hub.hub.integrations().webhook(&grant, id).await.unwrap().webhook.unwrap();
        assert!(seen.last_delivery_at.is_some() && seen.last_refused.is_none());
        hub.stop().await;
    }

    async fn the_same_delivery_counts_once(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = start(&home).await;
        let (_, id, secret) = at_rest(&hub, &sim).await;
        assert_eq!(call(&hub, id, secret.expose(), Some("d-1")).await, Ok(()));
        until_answered(&hub).await;
        let before = lists(&sim);
        for _ in 0..5 {
            assert_eq!(call(&hub, id, secret.expose(), Some("d-1")).await, Ok(()), "the vendor may deliver again");
            assert!(hub.hub.store().nudged_integrations().await.unwrap().is_empty());
        }
        assert_eq!(lists(&sim), before);
        hub.stop().await;
    }

    /// Whatever is wrong with a call, the sender hears the same; the owner hears what it was.
    async fn a_call_without_proof_is_a_stranger(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = start(&home).await;
        let (grant, id, secret) = at_rest(&hub, &sim).await;
        let unknown = Err(ErrorCode::NotFound);
        assert_eq!(call(&hub, IntegrationId::new(hub.hub.ids()), secret.expose(), None).await, unknown);
        assert_eq!(call(&hub, id, "whs_0", None).await, unknown);
        let seen = hub.hub.integrations().webhook(&grant, id).await.unwrap().webhook.unwrap();
        assert!(seen.last_refused.unwrap().because.contains("wrong"));
        assert!(hub.hub.store().nudged_integrations().await.unwrap().is_empty());

        let renewed = hub.hub.integrations().issue_webhook_secret(&grant, id).await.unwrap().secret;
        assert_eq!(call(&hub, id, secret.expose(), None).await, unknown, "the old secret is worth nothing");
        assert_eq!(call(&hub, id, renewed.expose(), None).await, Ok(()));

        let change = IntegrationChange { enabled: Some(false), ..IntegrationChange::default() };
        hub.hub.integrations().update(&grant, id, change, None).await.unwrap();
        assert_eq!(call(&hub, id, renewed.expose(), None).await, unknown, "disabled");
        let change = IntegrationChange { enabled: Some(true), ..IntegrationChange::default() };
        hub.hub.integrations().update(&grant, id, change, None).await.unwrap();
        hub.hub.integrations().delete_webhook(&grant, id).await.unwrap();
        assert_eq!(call(&hub, id, renewed.expose(), None).await, unknown, "ended");

        let stranger = hub.company("Zenith").await;
        for refused in [
            hub.hub.integrations().webhook(&stranger, id).await.map(drop),
            hub.hub.integrations().issue_webhook_secret(&stranger, id).await.map(drop),
            hub.hub.integrations().delete_webhook(&stranger, id).await,
        ] {
            assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
        }
        let page = scanhelm_core::page::PageRequest { limit: 100, ..Default::default() };
        let audited = hub.hub.accounts().audit_log(&grant, &page).await.unwrap().items;
        let actions: Vec<_> = audited.iter().filter(|entry| entry.action.contains("webhook")).collect();
        assert_eq!(actions.len(), 3, "two secrets and an end: {actions:?}");
        hub.stop().await;
    }

    /// An answered call was stored: a hub that dies right after it looks when it is back.
    async fn fm_a25_a_call_that_was_answered_survives_the_hub(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = start(&home).await;
        let (grant, id, secret) = at_rest(&hub, &sim).await;
        hub.stop().await;
        sim.advance(Duration::from_secs(3600));
        let dying = start_without_loops(&home).await;
        // Before the commit nothing came of it: the vendor gets no answer and delivers again.
        failpoint::watch(Some(Arc::new(|place| {
            Box::pin(async move {
                if place == "webhook.before_commit" {
                    std::future::pending::<()>().await;
                }
            })
        })));
        let headers = [("x-secret".to_owned(), secret.expose().to_owned()), ("x-delivery".to_owned(), "d-1".to_owned())];
        let integrations = dying.integrations();
        let lost = tokio::time::timeout(Duration::from_secs(2), integrations.receive_webhook(id, &headers, b"{}"));
        assert!(lost.await.is_err(), "no answer");
        failpoint::watch(None);
        assert!(dying.store().nudged_integrations().await.unwrap().is_empty());
        integrations.receive_webhook(id, &headers, b"{}").await.unwrap();
        integrations.receive_webhook(id, &headers, b"{}").await.unwrap();
        dying.store().clone().close().await.unwrap();

        let before = lists(&sim);
        let hub = start(&home).await;
        hub.await_imported(&grant, "one").await;
        until_answered(&hub).await;
        assert_eq!(lists(&sim) - before, 1, "two deliveries of one id, one look");
        hub.stop().await;
    }

    /// The pause that the vendor's trouble asks for goes first.
    async fn a_call_does_not_hurry_an_integration_in_trouble(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = start(&home).await;
        let (grant, id, secret) = at_rest(&hub, &sim).await;
        sim.fault("status,code=401".parse().unwrap());
        hub.sync(&grant).await;
        let integration = hub.hub.integrations().get(&grant, id).await.unwrap();
        assert_eq!(integration.health.condition.unwrap().kind, ConditionKind::Authentication);
        hub.stop().await;
        let resting = start_without_loops(&home).await;
        let headers = [("x-secret".to_owned(), secret.expose().to_owned())];
        resting.integrations().receive_webhook(id, &headers, b"").await.unwrap();
        assert_eq!(resting.store().nudged_integrations().await.unwrap(), [id], "it waits");
        assert!(resting.steps().due_looks().await.unwrap().is_empty(), "no further attempt with a refused key");
    }
}

async fn start_without_loops(home: &Home) -> scanhelm_hub::Hub {
    let extensions = Extensions { connectors: Registry::new(vec![Arc::new(CallingNessus)]), ..Extensions::default() };
    home.hub(Arc::new(SystemClock), extensions, |_| {}).await
}
