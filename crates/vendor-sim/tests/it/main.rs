#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
//! The simulated vendors, seen from outside: over the wire and through the handle.

mod acunetix;
mod binary;
mod clock;
mod control_routes;
mod exports;
mod faults;
mod fleet;
mod hooks;
mod invicti;
mod judge;
mod nessus;
mod qualys;
mod qualys_limits;
mod recorded;
mod tenable_sc;
mod tenable_sc_recorded;
mod tls;
mod wire;
