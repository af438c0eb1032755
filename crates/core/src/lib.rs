//! The product's rules, pure.
//!
//! Everything that decides what Scanhelm believes lives here and nowhere else: how a vendor's words become a
//! status, when a finding is the same finding, when one may be closed, who may do what. Nothing in this crate
//! reads a clock, draws a random number, opens a file or a socket: time and randomness are arguments. That is
//! what lets the rules be read without a framework and run a million property cases a second.
//!
//! Not here: how facts are fetched (`connectors`), parsed (`formats`), kept (`store`) or acted upon (`hub`).

pub mod activity;
pub mod assessment;
pub mod asset;
pub mod backoff;
pub mod capability;
pub mod ci;
pub mod command;
pub mod company;
pub mod compliance;
pub mod component;
pub mod coverage;
pub mod credential;
pub mod error;
pub mod explanation;
pub mod feed;
pub mod finding;
pub mod ids;
pub mod import;
pub mod integration;
pub mod job;
pub mod local;
pub mod merging;
pub mod notification;
pub mod page;
pub mod permission;
pub mod program;
pub mod scan;
pub mod schedule;
pub mod severity;
pub mod status;
pub mod text;
pub mod time;

pub use error::{Error, ErrorCode, FieldError, Result};
pub use ids::Ids;
pub use severity::{Severity, SeverityCounts, findings_in_words};
pub use time::{Clock, Timestamp};
