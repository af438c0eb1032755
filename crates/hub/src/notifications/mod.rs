//! Notifications: who is told of what, and how it gets there.
//!
//! A notice is written in the transaction of its cause ([`notices`]). A loop takes notices out of that outbox and turns
//! them into deliveries ([`route`]), which is one transaction again. Jobs send the deliveries of each channel in their
//! order ([`send`]). So a crash anywhere loses none; a message whose answer was lost is sent again under the same id.

mod channels;
mod deliveries;
mod judgements;
mod notices;
mod route;
mod rules;
mod send;
mod settings;
mod transmit;

pub use channels::{ChannelChange, IssuedChannel, NewChannel};
pub use deliveries::{DeliveryDetail, DeliveryView};
pub(crate) use judgements::{
    approval_decided, approval_requested, mentioned, suppression_rule_ran_out, verdicts_ran_out,
};
pub(crate) use notices::{findings_notice, import_failed, integration_notice, run_notice, schedule_notice};
pub(crate) use route::{forget_old, route_due};
pub use rules::{NewRule, RuleChange, RuleView};
pub(crate) use send::{NOTIFY_JOB, run_sender};
pub use settings::NotifySettings;
pub use transmit::TestResult;

use crate::Hub;

/// Use cases about channels, rules and deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Notifications<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Hub {
    #[must_use]
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications { hub: self }
    }
}
