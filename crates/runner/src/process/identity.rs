//! Which process it is. A pid alone is reused; with the time of its start it names one process for ever.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: u32,
    /// In the kernel's ticks since boot; `None` where there is no `/proc`.
    pub started: Option<u64>,
}

impl Identity {
    pub(super) fn of(pid: u32) -> Self {
        Self { pid, started: start_ticks(pid) }
    }

    /// Whether this very process still runs.
    #[must_use]
    pub fn is_alive(self) -> bool {
        self.started.is_some() && start_ticks(self.pid) == self.started
    }
}

/// Field 22 of `/proc/PID/stat`. Field 2 is a name in brackets that may hold blanks and brackets. A zombie counts as
/// gone.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_pid_and_start() {
        let this = Identity::of(std::process::id());
        assert!(this.is_alive());
        let another = Identity { started: this.started.map(|ticks| ticks + 1), ..this };
        assert!(!another.is_alive());
    }
}
