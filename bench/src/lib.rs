//! What the measuring program and the processes that simulate vendors for it say to each other: one line of JSON each
//! way. The vendors have processes of their own, so that what they cost is not taken for the hub's.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The first line to a process of vendors: what it is to simulate. It answers with an empty line once all listen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fleet {
    /// A simulated vendor's name.
    pub vendor: String,
    /// Shortest and longest scan, in seconds.
    pub lasts_s: (u64, u64),
    /// Findings of each scan.
    pub findings: u32,
    pub instances: Vec<Instance>,
}

/// One installation of the vendor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    pub listen: SocketAddr,
    /// Scans that run from the start, somewhere between their beginning and their end.
    pub scans: u32,
    pub seed: u64,
    pub webhook: Option<Webhook>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Webhook {
    pub url: String,
    /// `Name: value`
    pub header: String,
}

/// Every further line to a process of vendors. It ends when there are no more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Answered with [`Calls`].
    CountCalls,
    /// From now on, in the simulator's grammar. Answered with an empty line.
    Fault { instance: usize, fault: String },
    /// Between these milliseconds since the epoch. Answered with [`Ended`].
    TellEnded { since: u64, until: u64 },
}

/// Requests that arrived since the start, by the vendor's name for the call, of each instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls(pub Vec<BTreeMap<String, u64>>);

/// The scans that ended, by the vendor's own clock, of each instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended(pub Vec<Vec<String>>);

/// What a process that only reads a report says at its end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Parsed {
    pub findings: u64,
    pub rejected: u64,
    /// From the opened file to the end of the report.
    pub seconds: f64,
    /// Resident memory at most.
    pub peak_bytes: u64,
}
