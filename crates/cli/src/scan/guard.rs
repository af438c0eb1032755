//! What ends the scanners when this program cannot: SIGKILL leaves nobody who could.
//!
//! A process of its own waits for the end of a pipe that only this program holds. When the pipe breaks, whatever the
//! reason, it ends all that carries the mark of the scan, also what scanners started. A signal that the kernel sends
//! at the death of a parent would reach the scanner alone, and no helper of it.
//!
//! The program is this one under another name, so that there is nothing to install. Where there is no `/proc` nothing is
//! found and nothing is ended.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use scanhelm_core::Clock;
use scanhelm_hub::system::SystemClock;

/// The name under which this program is the guard.
const NAME: &str = "scanhelm-guard";

/// As long as it exists, and no longer, the scanners with its mark may run.
pub(super) struct Guard {
    marker: String,
    process: Option<Child>,
}

impl Guard {
    /// Best effort: a scan does without.
    pub(super) fn start() -> Self {
        let marker = format!("scan-{}-{}", std::process::id(), SystemClock.now());
        let start = |program| {
            let mut command = Command::new(program);
            // In a group of its own: Ctrl-C is for the scan, which ends in order.
            command.arg0(NAME).arg(&marker).process_group(0);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let process = std::env::current_exe().ok().and_then(start);
        Self { marker, process }
    }

    /// Put into the environment of every process of the scan.
    pub(super) fn marker(&self) -> String {
        self.marker.clone()
    }
}

impl Drop for Guard {
    /// By now the scanners have ended, or the runner ended them.
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // One that is gone already needs no end.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether this process was started as the guard; then it has done its work when this returns.
pub(crate) fn was_asked() -> bool {
    let mut arguments = std::env::args_os();
    if arguments.next().as_deref() != Some(OsStr::new(NAME)) {
        return false;
    }
    if let Some(marker) = arguments.next().and_then(|marker| marker.into_string().ok()) {
        // Nothing is ever written: it ends when the other side does.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        scanhelm_runner::process::end_leftovers(&marker);
    }
    true
}
