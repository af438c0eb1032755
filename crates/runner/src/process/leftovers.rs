//! Processes of a scan that nobody supervises: they left their group, or their hub was killed.
//!
//! Every process of a scan carries the scan's marker in its environment, which children inherit. Reading it from
//! `/proc` finds them wherever they went. On systems without `/proc` only the group is ended.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::environment::MARKER;

/// A process can fork between the look and the signal, so one more look follows until nothing new is seen. One that is
/// signalled does not fork any more: this ends also against a program that forks without end.
const ROUNDS: usize = 100;

/// Ends every process of the scan with this marker, whichever scanner it belongs to, and says how many there were. For a hub that starts after a crash:
/// call it with the marker of each scan that was running.
///
/// Blocks for as long as reading the process table takes.
pub fn end_leftovers(marker: &str) -> usize {
    end_marked(marker)
}

pub(super) fn end_marked(marker: &str) -> usize {
    if marker.is_empty() {
        return 0;
    }
    let mut ended = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut new = marked(marker);
        new.retain(|pid| !ended.contains(pid));
        if new.is_empty() {
            break;
        }
        for pid in new {
            if let Err(error) = kill(pid, Signal::SIGKILL) {
                tracing::debug!(%pid, %error, "a process ended before it was ended");
            }
            ended.insert(pid);
        }
    }
    ended.len()
}

/// The environment of a zombie is empty, so the dead are not found.
fn marked(marker: &str) -> Vec<Pid> {
    let wanted = format!("{MARKER}={marker}").into_bytes();
    // Within a scan each scanner has the scan's marker, a slash and its name.
    let is_marked =
        |entry: &[u8]| entry.strip_prefix(wanted.as_slice()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
    let own = Pid::this();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|pid| *pid != own)
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(is_marked)
        })
        .collect()
}
