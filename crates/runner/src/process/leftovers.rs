//! Processes of a scan that nobody supervises: they left their group, or their hub was killed.
//!
//! Every process of a scan carries the scan's marker in its environment, which children inherit, and has its home in a
//! private folder. Reading that from `/proc` finds them wherever they went. On systems without `/proc` only the group is
//! ended.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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
    // Within a scan each scanner has the scan's marker, a slash and its name.
    end_with(format!("{MARKER}={marker}").as_bytes())
}

/// Ends every process whose home is this folder or lies in it: also scanners that were only asked for their version, which
/// belong to no scan. Says how many there were, and blocks as long.
pub fn end_those_at_home_in(folder: &Path) -> usize {
    // In one without a name everybody is at home.
    if folder.file_name().is_none() {
        return 0;
    }
    end_with(&[b"HOME=", folder.as_os_str().as_bytes()].concat())
}

/// Those that have this in their environment, alone or with a slash and more behind it.
fn end_with(wanted: &[u8]) -> usize {
    let mut ended = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut new = having(wanted);
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
fn having(wanted: &[u8]) -> Vec<Pid> {
    let is_wanted = |entry: &[u8]| entry.strip_prefix(wanted).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
    let own = Pid::this();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|pid| *pid != own)
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(is_wanted)
        })
        .collect()
}
