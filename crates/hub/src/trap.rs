//! Bugs that a literal reading of the requirements leads to, kept so that a test can switch one on.
//!
//! At the place where the right decision is taken stands one question, [`on`]. In a release build the answer is a
//! constant "no". What each does wrong, and which invariant it breaks, is in `docs/RELIABILITY.md`.

/// A bug of the list S1..S13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trap {
    /// Imports only when a look sees a scan turn completed.
    S1,
    /// Takes a scan of which something is imported for imported.
    S2,
    /// Fires from memory: by the clock of each process, and written down only afterwards.
    S3,
    /// Answers 202 and does the work detached, in memory.
    S4,
    /// A time limit throws away what an import has done.
    S5,
    /// Blocks a vendor's id whatever installation it belonged to.
    S6,
    /// Deletes the vendor's copy once, without writing the wish down.
    S7,
    /// Adopts without asking whether the scan was created here.
    S8,
    /// A name that is taken ends the sweep.
    S9,
    /// Takes an unknown word for a failure.
    S10,
    /// Asks for every scan by itself.
    S11,
    /// Lets its own phase overwrite what the vendor says.
    S12,
    /// Goes on starting scans for a deactivated company.
    S13,
}

#[cfg(debug_assertions)]
mod switch {
    use std::cell::Cell;

    use super::Trap;

    thread_local! {
        static ON: Cell<Option<Trap>> = const { Cell::new(None) };
    }

    /// Switches one bug on in this thread, and every other off.
    pub fn set(trap: Option<Trap>) {
        ON.set(trap);
    }

    pub(crate) fn on(trap: Trap) -> bool {
        ON.get() == Some(trap)
    }
}

#[cfg(debug_assertions)]
pub(crate) use switch::on;
#[cfg(debug_assertions)]
pub use switch::set;

#[cfg(not(debug_assertions))]
pub(crate) const fn on(_trap: Trap) -> bool {
    false
}
