//! Connectors: one folder a vendor, behind one small contract.
//!
//! A connector is pure around an HTTP handle. It receives the handle from `net`, so budgets, retries, TLS, redaction
//! and recording are not its business; it never sees the store; it translates the vendor's words in exactly one file
//! (`map.rs`). What a connector can do is *derived* from which optional accessors answer, so neither the API nor the
//! console can promise what it lacks.

pub mod acunetix;
mod client_token;
pub mod contract;
pub mod invicti;
mod lenient;
pub mod nessus;
mod outcome;
pub mod qualys;
mod registry;
pub mod tenable_sc;
pub mod webhooks;

pub use registry::{Registry, by_id, connectors};
