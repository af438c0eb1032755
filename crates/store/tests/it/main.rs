//! The store's contract, each part run on both databases.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod activity;
mod assets;
mod closing;
mod compliance;
mod components;
mod fixture;
mod imports;
mod jobs;
mod judgement;
mod notifications;
mod opening;
mod program;
mod queue;
mod rating;
mod scans;
mod schedules;
mod suppression;
mod tenancy;
mod tenants;
mod volume;
mod webhooks;
