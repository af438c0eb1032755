//! Where the hub keeps its facts: one concrete [`Store`] over SQLite (the embedded default) or PostgreSQL.
//!
//! The only crate that names SQL. It keeps core's structs as they are and decides nothing about them; rules that must
//! hold whoever writes (unique links, one unfinished job a key, tenancy) are constraints of the schema. Every table
//! of a tenant carries its company, and every read on behalf of a tenant takes a `CompanyId` and filters by it;
//! reads without one are for the hub's own loops and say so.
//!
//! One code base serves both databases: portable column types, one text per statement, the few differences in
//! [`connection`], [`sql`] and [`schema`]. Reads are methods of [`Reader`], reachable from a [`Store`] and from a
//! [`Transaction`]; writes are methods of [`Transaction`] only.

mod activity;
mod api_keys;
mod approvals;
mod assets;
mod audit;
mod blocklist;
mod changes;
mod commands;
mod comments;
mod companies;
mod components;
mod connection;
mod coverage;
mod differences;
mod fault;
mod feeds;
mod findings;
mod hubs;
mod imports;
mod inspect;
mod integrations;
mod job_findings;
mod jobs;
mod keyed_requests;
mod meta;
mod notifications;
mod owners;
mod paging;
mod program;
mod ratings;
mod row;
mod runs;
mod scans;
mod schedules;
mod schema;
mod sessions;
mod sightings;
mod sql;
mod store;
mod sub_scanners;
mod suppression;
mod triage;
mod users;
mod webhooks;

pub use approvals::ApprovalFinding;
pub use assets::{
    Alias, AssetCounts, AssetFilter, AssetRow, MergeableFinding, MergedFinding, Placed, SourceCoverage, SourceEvidence,
    SplitFinding,
};
pub use changes::Changes;
pub use components::{ComponentChanges, ComponentCounts, ComponentFilter, ComponentList, NewComponent};
pub use connection::Backend;
pub use coverage::ClosingCandidate;
pub use differences::RunEvidence;
pub use findings::{
    ExportedFinding, FindingFilter, FindingRow, FindingStanding, GroupSize, NewFinding, OwnerFilter, RelatedFinding,
};
pub use inspect::SchemaState;
pub use job_findings::JobFinding;
pub use jobs::{HeartbeatAnswer, JobBacklog, JobFilter, QueueDepth};
pub use keyed_requests::{KeyedRequest, RequestKey};
pub use notifications::DeliveryFilter;
pub use owners::OwnerChange;
pub use program::{LagUntil, Unmeasured};
pub use ratings::{RatedRow, ReRating, SlaPolicyRow};
pub use scans::ScanFilter;
pub use schedules::ScheduleFilter;
pub use schema::VERSION as SCHEMA_VERSION;
pub use sightings::{NewSighting, SightingContent, SightingRow, SightingUpdate};
pub use store::{Reader, Store, StoreOptions, Transaction};
pub use suppression::{SuppressionPass, SuppressionRow};
pub use triage::VerdictFilter;
pub use webhooks::VendorCall;
