//! How many heaps the C library keeps.
//!
//! glibc gives every thread a heap of its own, up to eight for each core, and hands little of what a thread has freed
//! back to the system. A hub has a thread for each database connection, so the peaks of its imports would stay with
//! it, once for each. Two heaps hold a fifth less memory, idle and at the peak, and imports take the same time
//! (docs/PERFORMANCE.md). glibc reads the number once, when a process starts, and only from its environment; so a
//! long-running command starts itself once more in place, under the same process id, before it does anything else.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

const SETTING: &str = "MALLOC_ARENA_MAX";
const ARENAS: &str = "2";

/// Starts this program anew with few heaps, unless the environment already says how many. Returns only when there is
/// nothing to do or the start failed; the program works either way.
pub(crate) fn keep_few() -> io::Result<()> {
    if !cfg!(target_env = "gnu") || std::env::var_os(SETTING).is_some() {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    Err(Command::new(std::env::current_exe()?).arg0(name).args(arguments).env(SETTING, ARENAS).exec())
}
