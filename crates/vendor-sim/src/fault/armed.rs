//! The faults in force, and the decision whether one strikes a request.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{Fault, FaultKind};
use crate::random::Draw;

/// Number of an armed fault within its simulator.
pub type FaultId = u64;

/// A fault and what it has done so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArmedFault {
    pub id: FaultId,
    pub fault: Fault,
    /// Requests its place matched.
    pub seen: u32,
    /// Requests it struck.
    pub struck: u32,
}

impl ArmedFault {
    fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.struck >= times)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FaultBook {
    draw: Draw,
    armed: Arc<Mutex<(FaultId, Vec<ArmedFault>)>>,
    cleared: Arc<Notify>,
}

impl FaultBook {
    pub(crate) fn new(seed: u64) -> Self {
        FaultBook { draw: Draw::new(seed).of("fault"), armed: Arc::default(), cleared: Arc::default() }
    }

    pub(crate) fn arm(&self, fault: Fault) -> FaultId {
        let mut guard = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0 += 1;
        let id = guard.0;
        guard.1.push(ArmedFault { id, fault, seen: 0, struck: 0 });
        id
    }

    /// All faults, spent ones too, in the order they were armed.
    pub(crate) fn list(&self) -> Vec<ArmedFault> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Removes one fault, or all; returns how many went.
    pub(crate) fn clear(&self, id: Option<FaultId>) -> usize {
        let mut guard = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = guard.1.len();
        guard.1.retain(|armed| id.is_some_and(|id| id != armed.id));
        let gone = before - guard.1.len();
        drop(guard);
        self.cleared.notify_waiters();
        gone
    }

    /// Waits until this fault is cleared.
    pub(crate) async fn until_cleared(&self, id: FaultId) {
        loop {
            // Before looking, so that no clearing is missed in between.
            let cleared = self.cleared.notified();
            if !self.list().iter().any(|armed| armed.id == id) {
                return;
            }
            cleared.await;
        }
    }

    /// The first armed fault that strikes this request.
    pub(crate) fn strike(&self, method: &str, path: &str, operation: &str) -> Option<(FaultId, FaultKind)> {
        let mut guard = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        for armed in &mut guard.1 {
            if armed.is_spent() || !armed.fault.place.covers(method, path, operation) {
                continue;
            }
            armed.seen += 1;
            let chance = self.draw.with(armed.id).with(u64::from(armed.seen)).chance(armed.fault.probability);
            if armed.seen > armed.fault.skip && chance {
                armed.struck += 1;
                return Some((armed.id, armed.fault.kind.clone()));
            }
        }
        None
    }
}
