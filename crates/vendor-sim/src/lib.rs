//! Simulated vendors with a ledger.
//!
//! Each simulated vendor is a stateful server on loopback that behaves as the vendor's documentation and recordings
//! say: scans are made, run on a virtual clock, fail, and are exported. Tests, the demonstration and the benchmarks
//! use it in place of the product. It is written from the vendor's facts alone and shares no types with the
//! connectors, because a misunderstanding on both sides would otherwise go unnoticed; an independent client library
//! judges it (`e2e/judges`).
//!
//! Shared by all vendors: [`Clock`], [`Fault`], the ledger, run life cycle, server and `/_sim` control routes.
//! A vendor is a folder and one line in [`VENDORS`].

mod acunetix;
mod clock;
mod config;
mod control;
mod desk;
mod estate;
mod fault;
mod fleet;
mod hooks;
mod invicti;
mod ledger;
mod lifecycle;
mod line;
mod nessus;
mod pairs;
mod past;
mod qualys;
mod random;
mod recurrence;
mod schedule;
mod sim;
mod sites;
mod tenable_sc;
mod tls;
mod vendor;

pub use clock::{Clock, Moment};
pub use config::{Credentials, Licence, SimConfig, TlsFlaw};
pub use fault::{ArmedFault, Fault, FaultError, FaultId, FaultKind, GRAMMAR as FAULT_GRAMMAR, Place, RetryAfter};
pub use hooks::{Webhook, WebhookError};
pub use ledger::{Action, Effect, Exchange, FindingRef, LedgerReport, Served};
pub use sim::{Sim, StartError};
pub use tls::TlsError;
pub use vendor::{RunTruth, ScanSeed, ScanTruth, SeedError, SeedState, VENDORS, VendorEntry};
