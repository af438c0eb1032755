//! One line a vendor and way to log in. Everything the suite must know of a vendor beyond the contract is a [`Case`];
//! what the vendor cannot do (no launch, no pause) needs no word here, because the suite asks the accessors.

mod acunetix;
mod invicti;
mod nessus;
mod qualys_vm;
mod tenable_sc;

use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::{Credentials, Licence};

pub(crate) const CASES: &[Case] = &[
    nessus::KEYS,
    nessus::PASSWORD,
    qualys_vm::PASSWORD,
    tenable_sc::KEYS,
    tenable_sc::PASSWORD,
    acunetix::API_KEY,
    invicti::TOKEN,
];

/// A connector opposite its simulator, and how they are to be driven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Id in the registry and name of the simulator.
    pub(crate) connector: &'static str,
    pub(crate) login: Login,
    pub(crate) calls: Calls,
    pub(crate) report: Report,
    /// Targets that one scan of this vendor can have.
    pub(crate) targets: &'static [&'static str],
    /// For vendors that have to be told.
    pub(crate) template: Option<&'static str>,
    pub(crate) folder: Option<&'static str>,
    /// What a run that was stopped is called.
    pub(crate) stopped: VendorState,
    /// Well-formed, and of no scan.
    pub(crate) absent_scan: &'static str,
    /// Well-formed, and of no run.
    pub(crate) absent_run: &'static str,
    /// The licence (or account) of the simulator under which some capabilities are withheld.
    pub(crate) restricted: Option<Licence>,
    /// HTTP statuses of an answer to a launch that mean "no", and those that mean "later".
    pub(crate) refusals: &'static [u16],
    pub(crate) busy: &'static [u16],
}

#[derive(Clone, Copy)]
pub(crate) struct Login {
    /// For messages.
    pub(crate) name: &'static str,
    /// The fields of the manifest's auth method, filled from what the simulator accepts.
    pub(crate) fields: fn(&Credentials) -> Vec<(&'static str, String)>,
    /// There is a session that can end and be renewed.
    pub(crate) is_session: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// The simulator's names of calls, for faults. Of a call that the vendor lacks it is never asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    /// Every call that listing the scans takes; trouble in any of them must spoil the list.
    pub(crate) lists: &'static [&'static str],
    pub(crate) launch: &'static str,
    pub(crate) create: &'static str,
    pub(crate) delete: &'static str,
}

/// The simulator's names of the calls that a report takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    /// Answers whether a report that was asked for is ready; `None`: it is there as soon as the run has ended.
    pub(crate) look: Option<&'static str>,
    /// Answers with it.
    pub(crate) fetch: &'static str,
}
