//! A running simulator and the handle on it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::{Credentials, SimConfig};
use crate::control;
use crate::desk::{Desk, attend};
use crate::fault::{ArmedFault, Fault, FaultBook, FaultId};
use crate::hooks::Hooks;
use crate::ledger::{FindingRef, Ledger, LedgerReport};
use crate::line::{Line, Switchboard, SwitchedListener};
use crate::tls::{Identity, TlsError};
use crate::vendor::{ScanSeed, ScanTruth, SeedError, Site, VENDORS};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no simulated vendor is called `{name}`; there are: {known}")]
    UnknownVendor { name: String, known: String },
    #[error("cannot listen on {address}: {source}; choose another address or port 0")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot make a certificate for HTTPS: {0}")]
    Tls(#[from] TlsError),
    #[error("the simulated {vendor} sends no webhooks; start it without one")]
    NoWebhooks { vendor: String },
    #[error("cannot build the fleet: {0}")]
    Fleet(#[from] SeedError),
}

/// One simulated vendor on its own port. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Sim {
    desk: Desk,
    address: SocketAddr,
    base_url: String,
    authority: Option<String>,
    credentials: Credentials,
    board: Switchboard,
    server: JoinHandle<()>,
    /// What delivers webhooks and lets things happen that nobody asks about.
    heralds: Vec<JoinHandle<()>>,
}

/// How often a vendor with a webhook looks at its own scans, in real time.
const HERALD_PERIOD: Duration = Duration::from_millis(50);

impl Sim {
    pub async fn start(config: SimConfig) -> Result<Sim, StartError> {
        let Some(entry) = VENDORS.iter().find(|entry| entry.name == config.vendor) else {
            let known: Vec<_> = VENDORS.iter().map(|entry| entry.name).collect();
            return Err(StartError::UnknownVendor { name: config.vendor, known: known.join(", ") });
        };
        let listen_error = |source| StartError::Listen { address: config.listen, source };
        let tcp = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = tcp.local_addr().map_err(listen_error)?;

        let clock = Clock::start(config.start, config.speed);
        let ledger = Ledger::default();
        let faults = FaultBook::new(config.seed);
        for fault in &config.faults {
            faults.arm(fault.clone());
        }
        let mut heralds = Vec::new();
        let mut hooks = Hooks::default();
        if let Some(webhook) = config.webhook.clone() {
            let (sender, delivery) = Hooks::start(webhook, ledger.clone(), clock.clone());
            hooks = sender;
            heralds.push(delivery);
        }
        let site = Site { config: config.clone(), clock: clock.clone(), ledger: ledger.clone(), hooks };
        let vendor = (entry.build)(site);
        if config.webhook.is_some() && !vendor.sends_webhooks() {
            return Err(StartError::NoWebhooks { vendor: config.vendor });
        }
        for seed in crate::fleet::seeds(config.scans, config.findings, config.seed) {
            vendor.add_scan(seed)?;
        }

        let desk = Desk { vendor: vendor.clone(), clock, ledger, faults };
        let routes: Router =
            control::routes(desk.clone()).merge(vendor.router().layer(from_fn_with_state(desk.clone(), attend)));
        let board = Switchboard::default();
        let identity = if config.tls { Some(Identity::issue(address.ip(), config.tls_flaw)?) } else { None };
        let authority = identity.as_ref().map(|identity| identity.authority.clone());
        let listener = SwitchedListener { tcp, board: board.clone(), identity };
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes.into_make_service_with_connect_info::<Line>()).await {
                tracing::error!(%error, "the simulator's server ended");
            }
        });
        if config.webhook.is_some() {
            let vendor = desk.vendor.clone();
            heralds.push(tokio::spawn(async move {
                let mut ticks = tokio::time::interval(HERALD_PERIOD);
                loop {
                    ticks.tick().await;
                    vendor.settle();
                }
            }));
        }
        let base_url = format!("{}://{address}", if config.tls { "https" } else { "http" });
        Ok(Sim { desk, address, base_url, authority, credentials: config.credentials, board, server, heralds })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate, PEM, of the authority that vouches for an HTTPS simulator.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The credentials it was started with.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub fn clock(&self) -> &Clock {
        &self.desk.clock
    }

    pub fn advance(&self, by: Duration) {
        self.desk.clock.advance(by);
        self.desk.vendor.settle();
    }

    pub fn ledger(&self) -> LedgerReport {
        self.desk.vendor.settle();
        self.desk.ledger.report()
    }

    pub fn fault(&self, fault: Fault) -> FaultId {
        self.desk.faults.arm(fault)
    }

    pub fn faults(&self) -> Vec<ArmedFault> {
        self.desk.faults.list()
    }

    pub fn clear_fault(&self, id: FaultId) {
        self.desk.faults.clear(Some(id));
    }

    pub fn clear_faults(&self) {
        self.desk.faults.clear(None);
    }

    pub fn add_scan(&self, seed: ScanSeed) -> Result<ScanTruth, SeedError> {
        self.desk.vendor.settle();
        self.desk.vendor.add_scan(seed)
    }

    /// The truth about every scan, by id.
    pub fn scans(&self) -> Vec<ScanTruth> {
        self.desk.vendor.settle();
        self.desk.vendor.scans()
    }

    pub fn scan(&self, id: &str) -> Option<ScanTruth> {
        self.scans().into_iter().find(|scan| scan.id == id)
    }

    /// What a run has found so far; `None` when there is no such scan or run.
    pub fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        self.desk.vendor.settle();
        self.desk.vendor.findings(scan, run)
    }

    /// Stops and waits until the port is closed.
    pub async fn shutdown(mut self) {
        self.server.abort();
        self.heralds.iter().for_each(JoinHandle::abort);
        self.board.sever_all();
        if let Err(error) = (&mut self.server).await
            && !error.is_cancelled()
        {
            tracing::error!(%error, "the simulator's server failed");
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
        self.heralds.iter().for_each(JoinHandle::abort);
        self.board.sever_all();
    }
}
