//! What can be done with a scan, and why not when it cannot.
//!
//! Three things decide in this order: the connector (it has the operation in code or it has not), the instance (its
//! licence or the account's rights, learnt by `check`, may only take away), and the scan's present state. The first
//! two make an action *absent*, the third makes it *unavailable for now*; the console hides the first kind and
//! disables the second, and the API gives the reason for both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::company::CompanyStatus;
use crate::status::{ImportState, VendorState};
use crate::{Error, ErrorCode};

/// An optional operation of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    Launch,
    Pause,
    Resume,
    Stop,
    Create,
    DeleteRemote,
    Import,
    Preview,
    History,
    SubScanners,
    Webhooks,
}

impl Capability {
    pub const ALL: [Self; 11] = [
        Self::Launch,
        Self::Pause,
        Self::Resume,
        Self::Stop,
        Self::Create,
        Self::DeleteRemote,
        Self::Import,
        Self::Preview,
        Self::History,
        Self::SubScanners,
        Self::Webhooks,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Create => "create",
            Self::DeleteRemote => "delete_remote",
            Self::Import => "import",
            Self::Preview => "preview",
            Self::History => "history",
            Self::SubScanners => "sub_scanners",
            Self::Webhooks => "webhooks",
        }
    }
}

/// What one integration offers: the connector's operations, less those its instance refuses (with the reason).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilitySet {
    offered: std::collections::BTreeSet<Capability>,
    #[serde(default)]
    withheld: BTreeMap<Capability, String>,
}

impl CapabilitySet {
    /// What the connector's code can do.
    #[must_use]
    pub fn of(offered: impl IntoIterator<Item = Capability>) -> Self {
        Self { offered: offered.into_iter().collect(), withheld: BTreeMap::new() }
    }

    /// Takes capabilities away, each with the reason. Taking away what was never offered changes nothing: an
    /// instance can narrow a connector, never widen it.
    #[must_use]
    pub fn without(mut self, refused: impl IntoIterator<Item = (Capability, String)>) -> Self {
        for (capability, reason) in refused {
            if self.offered.remove(&capability) {
                self.withheld.insert(capability, reason);
            }
        }
        self
    }

    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.offered.contains(&capability)
    }

    /// Why the instance withholds a capability that the connector has.
    #[must_use]
    pub fn withheld_because(&self, capability: Capability) -> Option<&str> {
        self.withheld.get(&capability).map(String::as_str)
    }

    pub fn offered(&self) -> impl Iterator<Item = Capability> {
        self.offered.iter().copied()
    }

    pub fn withheld(&self) -> impl Iterator<Item = (Capability, &str)> {
        self.withheld.iter().map(|(capability, reason)| (*capability, reason.as_str()))
    }
}

/// What the answer depends on besides the capability set.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// `None`: the scan has no integration. Otherwise what the integration offers.
    pub capabilities: Option<&'a CapabilitySet>,
    /// The vendor's product name, for the sentence.
    pub vendor: &'a str,
    /// The scan is tied to a vendor scan.
    pub linked: bool,
    pub integration_enabled: bool,
    pub company: CompanyStatus,
    /// It has been started at least once; a configuration that never ran waits for nothing.
    pub has_run: bool,
    pub vendor_state: VendorState,
    pub import_state: ImportState,
}

/// Whether one action can be taken now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Availability {
    pub available: bool,
    /// The vendor cannot do it at all: show no button.
    pub supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip)]
    pub code: Option<ErrorCode>,
}

impl Availability {
    const fn yes() -> Self {
        Self { available: true, supported: true, reason: None, code: None }
    }

    fn no(code: ErrorCode, reason: impl Into<String>) -> Self {
        let supported = !matches!(code, ErrorCode::UnsupportedByVendor);
        Self { available: false, supported, reason: Some(reason.into()), code: Some(code) }
    }

    /// As the refusal of a request.
    pub fn require(&self) -> Result<(), Error> {
        match (&self.code, &self.reason) {
            (Some(code), Some(reason)) => Err(Error::new(*code, reason.clone())),
            _ => Ok(()),
        }
    }
}

/// Decides one action. The order of the questions is the order in which the reasons help: first what can never
/// work here, then what does not work now.
#[must_use]
pub fn availability(capability: Capability, situation: &Situation<'_>) -> Availability {
    let Some(capabilities) = situation.capabilities.filter(|_| situation.linked) else {
        return Availability::no(
            ErrorCode::NotLinked,
            "This scan is a record of the hub only: it has no integration and no vendor scan to act on.",
        );
    };
    if !capabilities.has(capability) {
        let reason = capabilities.withheld_because(capability).map_or_else(
            || format!("{} offers no {} through its API.", situation.vendor, capability.as_str().replace('_', " ")),
            str::to_owned,
        );
        return Availability::no(ErrorCode::UnsupportedByVendor, reason);
    }
    if !situation.integration_enabled {
        return Availability::no(ErrorCode::NotPossibleInState, "The integration is disabled. Enable it first.");
    }
    if situation.company == CompanyStatus::Deactivated && matches!(capability, Capability::Launch | Capability::Resume)
    {
        return Availability::no(
            ErrorCode::CompanyDeactivated,
            "The company is deactivated: nothing new may be started. Stop, pause and reading still work.",
        );
    }
    match state_reason(capability, situation) {
        Some(reason) => Availability::no(ErrorCode::NotPossibleInState, reason),
        None => Availability::yes(),
    }
}

fn state_reason(capability: Capability, situation: &Situation<'_>) -> Option<String> {
    let state = situation.vendor_state;
    let fits = match capability {
        Capability::Launch => !state.is_active(),
        Capability::Pause => state == VendorState::Running,
        Capability::Resume => state == VendorState::Paused,
        Capability::Stop => state.is_active() || (state == VendorState::Queued && situation.has_run),
        Capability::Import => {
            if situation.import_state == ImportState::Running {
                return Some("An import of this scan is running.".to_owned());
            }
            state == VendorState::Completed
        }
        _ => true,
    };
    if fits {
        return None;
    }
    Some(match capability {
        Capability::Launch => format!("The scan is {state}; it can be launched when it has ended."),
        Capability::Pause => format!("Only a running scan can be paused; this one is {state}."),
        Capability::Resume => format!("Only a paused scan can be resumed; this one is {state}."),
        Capability::Stop if !situation.has_run => "There is nothing to stop: the scan never ran.".to_owned(),
        Capability::Stop => format!("There is nothing to stop: the scan is {state}."),
        _ => format!("Results can be imported when the scan has completed; it is {state}."),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn situation(set: &CapabilitySet, state: VendorState) -> Situation<'_> {
        Situation {
            capabilities: Some(set),
            vendor: "Nessus",
            linked: true,
            integration_enabled: true,
            company: CompanyStatus::Active,
            has_run: true,
            vendor_state: state,
            import_state: ImportState::None,
        }
    }

    proptest! {
        /// An instance can narrow a connector, never widen it.
        #[test]
        fn withholding_never_offers_more(offered in proptest::collection::btree_set(0..11usize, 0..11), refused in proptest::collection::btree_set(0..11usize, 0..11)) {
            let pick = |index: &usize| Capability::ALL[*index];
            let set = CapabilitySet::of(offered.iter().map(pick)).without(refused.iter().map(|i| (pick(i), "licence".to_owned())));
            for (index, capability) in Capability::ALL.into_iter().enumerate() {
                prop_assert_eq!(set.has(capability), offered.contains(&index) && !refused.contains(&index));
                for state in VendorState::ALL {
                    let answer = availability(capability, &situation(&set, state));
                    prop_assert_eq!(answer.available, answer.reason.is_none());
                    prop_assert!(!answer.available || set.has(capability));
                }
            }
        }
    }

    #[test]
    fn reasons_name_the_first_obstacle() {
        let set = CapabilitySet::of(Capability::ALL).without([(Capability::Launch, "Nessus Professional".to_owned())]);
        let launch = availability(Capability::Launch, &situation(&set, VendorState::Running));
        assert_eq!((launch.supported, launch.reason.as_deref()), (false, Some("Nessus Professional")));
        let pause = availability(Capability::Pause, &situation(&set, VendorState::Completed));
        assert_eq!(pause.code, Some(ErrorCode::NotPossibleInState));
        let mut unlinked = situation(&set, VendorState::Queued);
        unlinked.linked = false;
        assert_eq!(availability(Capability::Stop, &unlinked).code, Some(ErrorCode::NotLinked));
        let mut deactivated = situation(&set, VendorState::Paused);
        deactivated.company = CompanyStatus::Deactivated;
        assert_eq!(availability(Capability::Resume, &deactivated).code, Some(ErrorCode::CompanyDeactivated));
        assert!(availability(Capability::Stop, &deactivated).available);
    }
}
