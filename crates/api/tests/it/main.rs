//! The API over a real hub on SQLite. Requests go through the whole router, as a client's would.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod access;
mod assets;
mod companies;
mod components;
mod console;
mod document;
mod events;
mod export;
mod house;
mod judging;
mod notifications;
mod once;
mod operator;
mod problems;
mod program;
mod rating;
mod relation;
mod scans;
mod schedules;
mod session;
mod suppression;
mod tenancy;
mod uploads;
mod vendor;
mod webhooks;
