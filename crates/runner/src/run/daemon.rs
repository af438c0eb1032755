//! A scanner that runs as a daemon: it is started as any other, told through its API what to do, asked for its report, and
//! ended. The process is supervised all along, so a time limit, cancelling and dropping end it as they end any other.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use scanhelm_core::credential::Secret;
use scanhelm_net::{HttpLimits, Loopback};
use serde::de::IgnoredAny;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::start::{Failure, Trouble, last_words};
use crate::message;
use crate::process::{self, Ended, Why};
use crate::scanner::Drive;

/// Where a daemon is to listen, and what it is to ask for: its port is open to everybody on this machine.
#[derive(Debug)]
pub(crate) struct Door {
    pub port: u16,
    pub key: Secret,
}

impl Door {
    /// Somebody else can take the port until the daemon does; then the daemon ends, or does not know the key.
    pub(super) fn new() -> std::io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let [first, second] = [rand::random::<u128>(), rand::random::<u128>()];
        Ok(Self { port, key: Secret::new(format!("{first:032x}{second:032x}")) })
    }
}

/// What the steps of a scanner have in hand.
#[derive(Debug)]
pub(crate) struct Daemon<'a> {
    pub api: Loopback,
    pub target: &'a str,
    /// Where its report has to go, and how large it may be.
    pub report: &'a Path,
    pub report_bytes: u64,
}

impl<'a> Daemon<'a> {
    /// `header` is what it takes its key in.
    pub(super) fn new(
        door: &Door,
        header: &'static str,
        target: &'a str,
        report: &'a Path,
        report_bytes: u64,
    ) -> Result<Self, Trouble> {
        let limits = HttpLimits {
            connect: Duration::from_secs(5),
            // Some steps answer when they are done.
            silence: Duration::from_secs(120),
            total: Duration::from_secs(130),
            ..HttpLimits::default()
        };
        let api = Loopback::new(door.port, (header, door.key.clone()), limits)
            .map_err(|error| Trouble::of(format!("its API cannot be called: {error}")))?;
        Ok(Self { api, target, report, report_bytes })
    }
}

/// Runs the process and takes the steps meanwhile. Whichever ends first decides; then the process is asked to shut down
/// when all went well, and ended. There is trouble when the steps failed, or could not be taken to their end.
pub(super) async fn driven(
    command: &process::Command<'_>,
    daemon: &Daemon<'_>,
    (drive, shutdown): (Drive, &str),
    cancel: &CancellationToken,
    started: impl FnOnce(process::Identity),
) -> std::io::Result<(Ended, Option<Trouble>)> {
    let stop = cancel.child_token();
    let mut process = pin!(process::run(command, &stop, started));
    let done = tokio::select! {
        biased;
        ended = &mut process => return ended.map(too_early),
        done = drive(daemon) => done,
    };
    let by_itself = if done.is_ok() {
        let asked = daemon.api.get::<IgnoredAny>("end", shutdown, &[]);
        timeout(command.grace, async { tokio::join!(&mut process, asked).0 }).await.ok()
    } else {
        None
    };
    let ended = match by_itself {
        Some(ended) => ended?,
        None => {
            stop.cancel();
            process.await?
        }
    };
    Ok(match done {
        _ if cancel.is_cancelled() => (Ended { why: Why::Cancelled, ..ended }, None),
        Ok(()) => (Ended { why: Why::Exit(ExitStatus::default()), ..ended }, None),
        Err(reason) => (ended, Some(Trouble::of(reason))),
    })
}

/// It ended before its work was done; if not by itself, the usual reasons say why.
fn too_early(ended: Ended) -> (Ended, Option<Trouble>) {
    let Why::Exit(status) = &ended.why else { return (ended, None) };
    let words = message::shown(last_words(&ended));
    let said = if words.is_empty() { String::new() } else { format!(": {words}") };
    let reason = format!("it ended before its scan was done, with {status}{said}");
    let failure = Failure { reason, exit_code: status.code(), ..Failure::default() };
    (ended, Some(Trouble::Failed(failure)))
}
