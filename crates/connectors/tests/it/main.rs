//! Every connector, driven through the contract: against its simulator and against recorded answers.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod acunetix;
mod cases;
mod catalogue;
mod conformance;
mod faults;
mod invicti;
mod nessus;
mod qualys_vm;
mod recorded;
mod stage;
