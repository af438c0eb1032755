//! The hub as its callers see it: real store (both databases), real connector, simulated vendor, real loops.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod adoption;
mod assets_merging;
mod bulkhead;
mod closing;
mod components;
mod conditions;
mod control;
mod corpus;
mod deletion;
mod delta;
mod details;
mod estate;
mod export;
mod fairness;
mod faults;
mod feeds;
mod harness;
mod interleavings;
mod local;
mod local_inventories;
mod local_machine;
mod local_sites;
mod meanwhile;
mod notifications;
mod own_scanner;
mod periods;
mod rating;
mod relation;
mod replicas;
mod report_meaning;
mod reported_run;
mod requests;
mod retention;
mod said;
mod same_or_another;
mod schedules;
mod suppression;
mod triage;
mod troubled;
mod upload;
mod vendor_meaning;
mod vendor_time;
mod webhooks;
