//! What tests of several crates share: real databases, the corpus of real reports, and the like.
//!
//! Nothing here ships: only `[dev-dependencies]` may name this crate.

pub mod corpus;
pub mod postgres;
