//! Integrations: a company's connections to vendor instances.

mod backfill;
mod configure;
mod connect;
mod look_up;
mod test;
mod webhooks;

pub use backfill::OrderedBackfill;
pub(crate) use backfill::{BACKFILL_JOB, run_backfill};
pub use configure::{IntegrationChange, NewIntegration};
pub use connect::SessionCache;
pub(crate) use connect::condition;
pub use look_up::{AdoptionState, RemoteScan};
pub use test::TestReport;
pub use webhooks::{IssuedWebhook, WebhookView};

use crate::Hub;

/// Use cases about integrations.
#[derive(Clone, Copy, Debug)]
pub struct Integrations<'hub> {
    pub(crate) hub: &'hub Hub,
}
