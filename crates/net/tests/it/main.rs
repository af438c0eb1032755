//! Crate net against servers that misbehave, on 127.0.0.1.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod answers;
mod certificates;
mod downloads;
mod mail;
mod outcomes;
mod server;
mod targets;
