//! A process that is collected with the kernel's account of it. Only whoever collects a process is given the account, and
//! neither the standard library nor tokio asks for it: a thread waits for each, and so needs no look at it meanwhile.

use std::io;
use std::process::ExitStatus;

use tokio::task::{JoinHandle, spawn_blocking};
use wait4::{ResUse, Wait4};

#[derive(Debug)]
pub(super) struct Child {
    collecting: JoinHandle<io::Result<ResUse>>,
    end: Option<End>,
    /// What this program held at most when the process was started.
    own: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub status: ExitStatus,
    /// Bytes of memory that the process held at most, or one of those that it started and collected, whichever held most.
    /// The kernel counts the moment of the start in, when the process was this program still: what is not more than that
    /// is not known.
    pub peak_memory: Option<u64>,
}

impl Child {
    /// From here on it can be gone at any time.
    pub(super) fn of(child: std::process::Child) -> Self {
        Self { collecting: spawn_blocking(move || collected(child)), end: None, own: own_peak() }
    }

    /// May be asked again, and dropped in between.
    pub(super) async fn wait(&mut self) -> io::Result<End> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let used = (&mut self.collecting).await.map_err(io::Error::other)??;
        let end = End {
            status: used.status,
            peak_memory: Some(used.rusage.maxrss).filter(|peak| *peak > self.own.unwrap_or_default()),
        };
        self.end = Some(end);
        Ok(end)
    }
}

fn collected(mut child: std::process::Child) -> io::Result<ResUse> {
    loop {
        match child.wait4() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            ended => return ended,
        }
    }
}

/// `None` where there is no `/proc`, and where a process is not charged for who started it.
fn own_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
