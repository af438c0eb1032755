//! One connector opposite its simulated vendor, on a stage where time moves by hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use scanhelm_connectors::by_id;
use scanhelm_connectors::contract::{Connection, Downloaded, NewVendorScan, Prepared, RunRef, Session};
use scanhelm_core::backoff::Backoff;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::status::VendorState;
use scanhelm_core::{Clock, Timestamp};
use scanhelm_net::{HttpLimits, NetworkPolicy, VendorHttp, VendorHttpOptions};
use scanhelm_vendor_sim::{Licence, ScanSeed, SeedState, Sim, SimConfig};

use crate::cases::Case;

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) case: Case,
    pub(crate) sim: Sim,
}

#[derive(Debug)]
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_760_000_000)
    }
}

/// Impatient, so that faults cost a test seconds and not minutes.
pub(crate) fn limits() -> HttpLimits {
    HttpLimits {
        connect: Duration::from_secs(2),
        silence: Duration::from_secs(1),
        total: Duration::from_secs(4),
        download_total: Duration::from_secs(4),
        min_bytes_per_second: 1000,
        pace_window: Duration::from_secs(1),
        body_bytes: 4 * 1024 * 1024,
        requests_per_minute: 60_000,
        burst: 1000,
        patience: Duration::from_millis(200),
        backoff: Backoff { first: Duration::from_millis(10), cap: Duration::from_millis(20) },
        breaker_failures: 1000,
        ..HttpLimits::default()
    }
}

impl Stage {
    pub(crate) async fn set(case: Case, licence: Licence, scans: u32) -> Self {
        let mut config = SimConfig::new(case.connector);
        config.licence = licence;
        config.scans = scans;
        config.speed = 0.0;
        Self { case, sim: Sim::start(config).await.expect("the simulator starts") }
    }

    /// A session with fresh budget and breaker.
    pub(crate) fn session(&self) -> Box<dyn Session> {
        self.session_with((self.case.login.fields)(self.sim.credentials()))
    }

    /// Every secret is another one than the simulator knows.
    pub(crate) fn session_with_wrong_secrets(&self) -> Box<dyn Session> {
        let manifest = by_id(self.case.connector).unwrap().manifest();
        let secrets: Vec<&str> = manifest
            .auth_methods
            .iter()
            .flat_map(|method| method.fields)
            .filter(|field| field.secret)
            .map(|field| field.name)
            .collect();
        let mut fields = (self.case.login.fields)(self.sim.credentials());
        for (name, text) in &mut fields {
            if secrets.contains(name) {
                *text = "wrong".to_owned();
            }
        }
        self.session_with(fields)
    }

    fn session_with(&self, fields: Vec<(&'static str, String)>) -> Box<dyn Session> {
        let http = VendorHttp::new(VendorHttpOptions {
            base_url: self.sim.base_url().parse().unwrap(),
            ca_pem: None,
            policy: Arc::new(NetworkPolicy::parse(&["127.0.0.1"]).unwrap()),
            limits: limits(),
            clock: Arc::new(StandingClock),
            counted_as: None,
        })
        .unwrap();
        let credentials: Credentials =
            fields.into_iter().map(|(name, text)| (name.to_owned(), Secret::new(text))).collect();
        let connection = Connection { http, credentials, clock: Arc::new(StandingClock) };
        by_id(self.case.connector).unwrap().open(connection).unwrap()
    }

    pub(crate) fn seed(&self, state: SeedState) -> String {
        let seed = ScanSeed { name: format!("{state:?} one"), state, ..ScanSeed::default() };
        self.sim.add_scan(seed).unwrap().id
    }

    /// Lets time pass until the scan is in this state.
    pub(crate) async fn until(&self, session: &dyn Session, id: &str, state: VendorState) {
        for _ in 0..400 {
            let seen = session.scan(id).await.unwrap().unwrap();
            if seen.state == Some(state) {
                return;
            }
            self.sim.advance(Duration::from_secs(5));
        }
        panic!("scan {id} never became {state}: {:?}", session.scan(id).await);
    }

    /// Prepares and downloads the report of a run, as the hub does.
    pub(crate) async fn report(&self, session: &dyn Session, run: &RunRef, into: &Path) -> Downloaded {
        let ready = self.ready(session, run).await;
        session.results().download(run, &ready, into.to_owned()).await.unwrap()
    }

    pub(crate) async fn ready(&self, session: &dyn Session, run: &RunRef) -> serde_json::Value {
        let mut state = None;
        for _ in 0..100 {
            match session.results().prepare(run, state.take()).await.unwrap() {
                Prepared::Ready { state } => return state,
                Prepared::Waiting { state: next, again_in } => {
                    self.sim.advance(again_in);
                    // The state survives a restart of the hub.
                    state = Some(serde_json::from_str(&next.to_string()).unwrap());
                }
            }
        }
        panic!("the report never became ready");
    }

    /// Everything that was changed at the vendor, without log-ins and what time did.
    pub(crate) fn side_effects(&self) -> Vec<String> {
        use scanhelm_vendor_sim::Action::{ExportRequested, ExportServed, Login, Logout};
        let ledger = self.sim.ledger();
        ledger
            .effects
            .iter()
            .filter(|effect| effect.request.is_some())
            .filter(|effect| !matches!(effect.action, Login | Logout | ExportRequested | ExportServed))
            .map(|effect| format!("{:?} {}", effect.action, effect.subject))
            .collect()
    }
}

/// A scan as somebody would ask for it, with targets that the vendor of this case takes.
pub(crate) fn wanted(case: &Case, name: &str, token: &str) -> NewVendorScan {
    NewVendorScan {
        name: name.to_owned(),
        targets: case.targets.iter().map(|target| (*target).to_owned()).collect(),
        template: case.template.map(str::to_owned),
        sub_scanner: None,
        folder: case.folder.map(str::to_owned),
        client_token: token.to_owned(),
        launch: false,
    }
}
