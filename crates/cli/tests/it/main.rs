//! The binary as people and pipelines run it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod import;
mod scan;
mod support;
