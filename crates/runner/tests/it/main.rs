//! The runner against scanners that misbehave and against real ones.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod addresses;
mod advisories;
mod fake;
mod handed;
mod installed;
mod inventories;
mod misbehaving;
mod own;
mod processes;
mod real;
mod requests;
mod servers;
mod service;
mod settings;
mod web;
mod zap;
