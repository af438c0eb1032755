//! Somebody else's program, under supervision.
//!
//! It gets a process group of its own, no input, a bare environment, a time limit and limits on what it may write. It
//! is ended by asking (TERM), waiting, and then killing the whole group: tools start helpers, and a helper that
//! outlives its parent would hold the output pipe, the processor and the files. What left the group is found by a mark
//! in its environment ([`leftovers`]). All this also happens when the future is dropped.

mod child;
mod environment;
mod group;
mod identity;
mod leftovers;
mod output;
mod user;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use child::Child;
pub(crate) use environment::IS_SET;
use group::Group;
pub use identity::Identity;
pub use leftovers::{end_leftovers, end_those_at_home_in};
use output::Meter;
pub use user::User;

/// How often the size of the report is looked at.
const SIZE_CHECK: Duration = Duration::from_millis(200);
/// How long pipes are drained after the last process is gone. Only one that escaped the mark as well could hold them.
const DRAIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Command<'a> {
    pub program: &'a Path,
    pub arguments: Vec<OsString>,
    pub folder: &'a Path,
    /// Home and place for temporary files.
    pub home: &'a Path,
    pub environment: &'a [(&'a str, &'a str)],
    /// Whom it runs as; `None`: as this program.
    pub user: Option<&'a User>,
    pub marker: &'a str,
    /// The file the report goes to, if there is one.
    pub report: Option<&'a Path>,
    /// Standard output is the report. It is written by the program into the file itself, so no pipe cuts it.
    pub printed: bool,
    pub time: Duration,
    pub grace: Duration,
    pub report_bytes: u64,
    pub output_bytes: u64,
}

/// How a program came to its end. Output is what is kept of it: beginning and end.
#[derive(Debug)]
pub(crate) struct Ended {
    pub why: Why,
    pub stdout: String,
    pub stderr: String,
    /// See [`child::End`].
    pub peak_memory: Option<u64>,
}

#[derive(Debug)]
pub(crate) enum Why {
    /// By itself.
    Exit(ExitStatus),
    Cancelled,
    TimedOut,
    ReportTooLarge,
    OutputTooLarge,
}

/// Runs it to its end, whichever that is. No process of it is left when this returns or is dropped.
pub(crate) async fn run(
    command: &Command<'_>,
    cancel: &CancellationToken,
    started: impl FnOnce(Identity),
) -> io::Result<Ended> {
    let stdout = match command.report {
        Some(path) if command.printed => Stdio::from(std::fs::File::create(path)?),
        _ => Stdio::piped(),
    };
    if let Some(user) = command.user {
        user.give(command.home)?;
    }
    let mut starting = std::process::Command::new(command.program);
    starting
        .args(&command.arguments)
        .current_dir(command.folder)
        .env_clear()
        .envs(environment::bare(command))
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(user) = command.user {
        user.applied(&mut starting);
    }
    let mut process = starting.spawn()?;
    let group = Group::new(process.id(), command.marker);
    started(Identity::of(process.id()));
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let mut child = Child::of(process);

    let meter = Meter::new(command.output_bytes);
    let (stdout, stderr) =
        (stdout.map(ChildStdout::from_std).transpose()?, stderr.map(ChildStderr::from_std).transpose()?);
    let mut output = pin!(async { tokio::join!(output::keep(stdout, &meter), output::keep(stderr, &meter)) });
    let mut kept = None;

    let deadline = Instant::now() + command.time;
    let mut size_check = interval(SIZE_CHECK);
    size_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let why = loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => break Why::Cancelled,
            end = child.wait() => break Why::Exit(end?.status),
            both = &mut output, if kept.is_none() => kept = Some(both),
            () = meter.exceeded() => break Why::OutputTooLarge,
            () = sleep_until(deadline) => break Why::TimedOut,
            _ = size_check.tick() => if command.report_is_too_large() { break Why::ReportTooLarge },
        }
    };

    if !matches!(why, Why::Exit(_)) {
        group.ask_to_end();
        let mut end = pin!(timeout(command.grace, child.wait()));
        loop {
            tokio::select! {
                _ = &mut end => break,
                both = &mut output, if kept.is_none() => kept = Some(both),
            }
        }
    }
    group.kill();
    // The leader is dead or dying now: this only collects it.
    let end = child.wait().await?;
    if kept.is_none() {
        kept = timeout(DRAIN, &mut output).await.ok();
    }
    let why = match why {
        Why::Exit(_) if command.report_is_too_large() => Why::ReportTooLarge,
        why => why,
    };
    let (stdout, stderr) = kept.unwrap_or_default();
    Ok(Ended { why, stdout, stderr, peak_memory: end.peak_memory })
}

impl Command<'_> {
    fn report_is_too_large(&self) -> bool {
        let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        self.report.is_some_and(|path| size(path) > self.report_bytes)
    }

    /// The program's folder, also where its link points: tools find their helpers beside themselves.
    fn program_folders(&self) -> Vec<PathBuf> {
        let direct = self.program.parent().map(Path::to_path_buf);
        let behind = self.program.canonicalize().ok().and_then(|path| path.parent().map(Path::to_path_buf));
        let mut folders: Vec<PathBuf> = direct.into_iter().chain(behind).collect();
        folders.dedup();
        folders
    }
}
