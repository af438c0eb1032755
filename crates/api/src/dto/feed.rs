//! Feeds on the wire.

use scanhelm_hub::feeds::FeedView;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{FeedKind, Time};

/// Public facts about vulnerabilities, and how fresh they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Feed {
    kind: FeedKind,
    /// How many records are loaded.
    records: u64,
    /// The publisher's own: the model of EPSS, the catalogue of KEV, the release of CWE.
    version: Option<String>,
    /// The day that the publisher gives it.
    published_at: Option<Time>,
    last_success_at: Option<Time>,
    last_attempt_at: Option<Time>,
    /// The last attempt failed; what was loaded before it stands.
    failed: bool,
    /// Why, and what to do; for operators.
    error: Option<String>,
    /// Where what is loaded came from; for operators.
    source: Option<String>,
    /// The settings name a place to look at.
    configured: bool,
    /// That place; for operators.
    configured_source: Option<String>,
    next_look_at: Option<Time>,
}

/// Every feed there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Feeds {
    pub(crate) items: Vec<Feed>,
}

impl From<FeedView> for Feed {
    fn from(view: FeedView) -> Self {
        let state = view.state;
        Self {
            kind: state.kind.into(),
            records: state.records,
            version: state.version,
            published_at: state.published_at.map(Time),
            last_success_at: state.succeeded_at.map(Time),
            last_attempt_at: state.attempted_at.map(Time),
            failed: view.failed,
            error: state.error,
            source: state.source,
            configured: view.configured,
            configured_source: view.configured_source,
            next_look_at: view.next_look_at.map(Time),
        }
    }
}
