//! The binary as people and pipelines run it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod bad_input;
mod changes;
mod ci;
mod code_host;
mod config;
mod crash;
mod demo;
mod explain;
mod help;
mod hub;
mod hub_judgements;
mod import;
mod language_model;
mod live;
mod local_events;
mod outputs;
mod own_scanners;
mod remote;
mod repository;
mod resources;
mod scan;
mod serve;
mod steering;
mod support;
mod suppression;
mod traces;
mod use_cases;
