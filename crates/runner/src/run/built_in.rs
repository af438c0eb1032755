//! A scanner that is part of Scanhelm: no process, but the same limits and ends as those of programs.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::command_line::shown;
use super::one::Scan;
use super::start::{Done, Start, Trouble};
use crate::scanner::{BuiltIn, Scanner};

impl Scan {
    pub(super) async fn looked(
        &self,
        scanner: &Scanner,
        look: BuiltIn,
        start: &Start,
        time: Duration,
        cancel: &CancellationToken,
    ) -> Result<Done, Trouble> {
        let target = start.targets.first().map(|target| target.to_string_lossy()).unwrap_or_default();
        let words = ["scan", "--url", target.as_ref(), "--scanner", scanner.id].map(OsString::from);
        let command = shown(Path::new("scanhelm"), &words, &[], Path::new("$FOLDER"));
        let read = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Trouble::Cancelled),
            ended = tokio::time::timeout(time, look(&self.targets)) => match ended {
                Ok(read) => read.map_err(Trouble::of),
                Err(_) => Err(self.out_of_time(scanner)),
            },
        };
        let read = read.map_err(|trouble| trouble.told(&command, None))?;
        Ok(Done { read, exit_code: 0, peak_memory: None, cached: false, command })
    }
}
