//! The invariants of `docs/RELIABILITY.md`, computed from what the vendors really are and did, what people were told,
//! and what the store holds.

mod commands;
mod findings;
mod history;
mod scans;
mod schedules;

use std::fmt;

pub(crate) use history::History;

use super::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Invariant {
    /// No loss.
    I1,
    /// No duplicate.
    I2,
    /// One row a vendor scan.
    I3,
    /// Deleted stays deleted, and only that.
    I4,
    /// A command has at most one effect, on what it was meant for, when it is allowed.
    I5,
    /// Observation order.
    I6,
    /// Liveness.
    I7,
    /// Shown counts are recomputed counts.
    I8,
    /// Absent is not fixed.
    I9,
    /// Tenants.
    I10,
    /// Secrets.
    I11,
    /// Audit.
    I12,
    /// Staleness.
    I13,
    /// Bounds.
    I14,
    /// Schedules.
    I16,
    /// No manual repair.
    I17,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.invariant, self.detail)
    }
}

impl World {
    pub(crate) fn broken(&mut self, invariant: Invariant, detail: impl Into<String>) {
        self.violations.push(Violation { invariant, detail: detail.into() });
    }

    /// Everything that must hold now that all is quiet.
    pub(crate) async fn check_all(&mut self) {
        self.check_scans().await;
        self.check_deletions().await;
        self.check_commands().await;
        self.check_jobs().await;
        self.check_findings().await;
        self.check_schedules().await;
        self.check_audit().await;
        self.check_secrets().await;
        self.check_freshness().await;
        self.check_load();
    }
}
