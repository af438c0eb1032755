//! What ends the scanners and removes their files when this program cannot: SIGKILL leaves nobody who could.
//!
//! A process of its own waits for the end of a pipe that only this program holds. When the pipe breaks, whatever the
//! reason, it ends all that carries the mark of the scan or has its home in the folder of the scan, also what scanners
//! started, and removes the folder. A signal that the kernel sends at the death of a parent would reach the scanner alone,
//! and no helper of it.
//!
//! The program is this one under another name, so that there is nothing to install. Where there is no `/proc` nothing is
//! found and nothing is ended.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use scanhelm_core::Clock;
use scanhelm_hub::system::SystemClock;
use tempfile::TempDir;

/// The name under which this program is the guard.
const NAME: &str = "scanhelm-guard";

/// As long as it exists, and no longer, the scanners with its mark may run, and the files in its folder are there.
#[derive(Debug)]
pub(super) struct Guard {
    marker: String,
    process: Option<Child>,
    folder: TempDir,
}

impl Guard {
    /// The process is best effort: a scan does without.
    pub(super) fn start() -> io::Result<Self> {
        // Canonical, as scanned folders are.
        let parent = std::env::temp_dir().canonicalize()?;
        let folder = scanhelm_runner::private_folder(&parent, "scanhelm-")?;
        let marker = format!("scan-{}-{}", std::process::id(), SystemClock.now());
        let start = |program| {
            let mut command = Command::new(program);
            // In a group of its own: Ctrl-C is for the scan, which ends in order.
            command.arg0(NAME).arg(&marker).arg(folder.path()).process_group(0);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let process = std::env::current_exe().ok().and_then(start);
        Ok(Self { marker, process, folder })
    }

    /// Readable by nobody else.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Put into the environment of every process of the scan.
    pub(super) fn marker(&self) -> String {
        self.marker.clone()
    }
}

impl Drop for Guard {
    /// By now the scanners have ended, or the runner ended them. The folder goes last.
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
    if let Some(folder) = arguments.next() {
        scanhelm_runner::process::end_those_at_home_in(Path::new(&folder));
        // Gone already when the scan came to its end; and of a failure there is nobody to tell.
        let _ = std::fs::remove_dir_all(folder);
    }
    true
}
