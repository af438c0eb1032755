//! What the parts of the product do together, in ways that no single crate can test.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod simulation;
