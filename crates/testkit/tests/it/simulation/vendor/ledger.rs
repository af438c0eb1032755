//! What a vendor remembers of the hub, for the checkers.

use scanhelm_core::Timestamp;

use crate::simulation::stage::Acting;

/// Something changed at the vendor because a hub asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) at: Timestamp,
    pub(crate) acting: Acting,
    pub(crate) action: &'static str,
    /// Of the vendor scan; unlike its id never used again.
    pub(crate) uid: u64,
}

/// A report that was handed over whole.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) acting: Acting,
    pub(crate) uid: u64,
    pub(crate) run: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) effects: Vec<Effect>,
    pub(crate) served: Vec<Served>,
    /// Every call: when, and which.
    pub(crate) calls: Vec<(Timestamp, &'static str)>,
    /// When the last complete list was asked for that was answered.
    pub(crate) listed_at: Option<Timestamp>,
    /// The installations whose list was answered, and when first.
    pub(crate) shown: Vec<(String, Timestamp)>,
    /// Secrets that came here and do not belong here.
    pub(crate) foreign_secrets: Vec<String>,
}
