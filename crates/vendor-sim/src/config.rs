//! Settings of one simulated vendor.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::fault::Fault;
use crate::hooks::Webhook;

/// What the vendor's licence lets a client do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Licence {
    /// Everything.
    #[default]
    Manager,
    /// Reading and export; the calls that create or control scans are off.
    Professional,
}

/// How a certificate can be refused although its authority is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFlaw {
    /// It is for `scanner.example.com`.
    OtherName,
    /// It ended on 2020-02-03.
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: String,
    pub access_key: String,
    pub secret_key: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Credentials {
            username: "admin".to_owned(),
            password: "scanhelm-demo".to_owned(),
            access_key: "sim-access-key".to_owned(),
            secret_key: "sim-secret-key".to_owned(),
        }
    }
}

#[derive(Debug, Clone)]
pub struct SimConfig {
    /// A name in [`crate::VENDORS`].
    pub vendor: String,
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Size of the fleet that exists at the start.
    pub scans: u32,
    /// Findings in each complete run of the fleet.
    pub findings: u32,
    /// Virtual seconds a real second; 0 stands still until advanced by hand.
    pub speed: f64,
    /// Runs take so many times less time than they would, above 0. The clock goes on as `speed` says, so that a vendor
    /// in haste shows no time that has not come yet. Runs that are over when it starts took their full time.
    pub haste: f64,
    pub seed: u64,
    pub licence: Licence,
    /// Speak HTTPS, with a certificate of a test authority made at the start ([`crate::Sim::authority`]).
    pub tls: bool,
    /// What is wrong with that certificate.
    pub tls_flaw: Option<TlsFlaw>,
    /// Calls of one kind a client may make an hour of virtual time; the vendor's own limit when none. Vendors without
    /// such a limit have none.
    pub calls_per_hour: Option<u32>,
    pub credentials: Credentials,
    /// Beginning of virtual time; the machine's present when none.
    pub start: Option<Moment>,
    pub faults: Vec<Fault>,
    /// Where the vendor calls when a scan changes; for vendors that do.
    pub webhook: Option<Webhook>,
}

impl SimConfig {
    pub fn new(vendor: &str) -> Self {
        SimConfig {
            vendor: vendor.to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            scans: 0,
            findings: 120,
            speed: 1.0,
            haste: 1.0,
            seed: 1,
            licence: Licence::default(),
            tls: false,
            tls_flaw: None,
            calls_per_hour: None,
            credentials: Credentials::default(),
            start: None,
            faults: Vec::new(),
            webhook: None,
        }
    }
}
