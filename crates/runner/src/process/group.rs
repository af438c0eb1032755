//! A process group that does not outlive its owner.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::leftovers;

#[derive(Debug)]
pub(super) struct Group {
    leader: Option<Pid>,
    marker: String,
}

impl Group {
    /// The group that `leader` was started in as its first member.
    pub(super) fn new(leader: u32, marker: &str) -> Self {
        let leader = i32::try_from(leader).ok().map(Pid::from_raw);
        Self { leader, marker: marker.to_owned() }
    }

    pub(super) fn ask_to_end(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// The group, and what left it.
    pub(super) fn kill(&self) {
        self.signal(Signal::SIGKILL);
        leftovers::end_marked(&self.marker);
    }

    fn signal(&self, signal: Signal) {
        if let Some(leader) = self.leader
            && let Err(error) = killpg(leader, signal)
            && error != nix::errno::Errno::ESRCH
        {
            tracing::warn!(group = leader.as_raw(), %signal, %error, "a scanner's processes cannot be signalled");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
