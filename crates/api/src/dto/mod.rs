//! The shapes of the wire. They are apart from the core types on purpose: a rename inside must not change the API,
//! and nothing appears outside because somebody added a field inside.

pub(crate) mod account;
pub(crate) mod approval;
pub(crate) mod assessment;
pub(crate) mod asset;
pub(crate) mod asset_merge;
pub(crate) mod bulk;
pub(crate) mod comment;
pub(crate) mod compliance;
pub(crate) mod component;
pub(crate) mod connector;
pub(crate) mod delta;
pub(crate) mod feed;
pub(crate) mod finding;
mod finding_history;
pub(crate) mod integration;
pub(crate) mod job;
pub(crate) mod list;
pub(crate) mod notification_channel;
pub(crate) mod notification_delivery;
pub(crate) mod notification_rule;
pub(crate) mod person;
pub(crate) mod program;
pub(crate) mod rating;
pub(crate) mod relation;
pub(crate) mod reported_run;
pub(crate) mod scan;
pub(crate) mod scan_parts;
pub(crate) mod scanner;
pub(crate) mod schedule;
pub(crate) mod standing;
pub(crate) mod suppression;
pub(crate) mod verdict;
pub(crate) mod webhook;
pub(crate) mod words;
