//! Local scans. What a project says of their findings is in [`suppression`]; here is the strict machine of a run: the hub
//! starts these processes itself, so, unlike with vendor scans, a transition that is not in the table is a bug of ours
//! and is refused.

pub mod suppression;

use crate::status::VendorState;

/// Whether a local run may go from one state to another.
#[must_use]
pub const fn may_transition(from: VendorState, to: VendorState) -> bool {
    matches!(
        (from, to),
        (VendorState::Queued, VendorState::Running | VendorState::Cancelled | VendorState::Failed)
            | (VendorState::Running, VendorState::Completed | VendorState::Failed | VendorState::Cancelled)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_runs_stay_ended() {
        for from in VendorState::ALL.into_iter().filter(|state| state.is_terminal()) {
            assert!(VendorState::ALL.into_iter().all(|to| !may_transition(from, to)));
        }
        assert!(may_transition(VendorState::Queued, VendorState::Running));
        assert!(!may_transition(VendorState::Queued, VendorState::Completed));
    }
}
