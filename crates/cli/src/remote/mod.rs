//! The remote client: the same API as everyone's, from a terminal or a pipeline.
//!
//! Data goes to standard output, as a table or as the hub's own JSON; texts of foreign origin are neutralised for
//! terminals. Exit code 4 says that the hub could not be asked, 2 that it refused.

pub(crate) mod assets;
mod client;
pub(crate) mod components;
mod delta;
mod export;
pub(crate) mod findings;
pub(crate) mod integrations;
mod job;
pub(crate) mod run;
pub(crate) mod scans;
pub(crate) mod schedules;
pub(crate) mod standings;
pub(crate) mod status;
mod table;
pub(crate) mod upload;
mod watch;

use std::fmt;

use clap::ValueEnum;

pub(crate) use client::{Client, HubArguments, advice, chosen_host, chosen_host_within};

use crate::exit::{self, Exit};

/// Why a remote command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum RemoteError {
    /// Nobody answered, or not as a hub does.
    Unreachable(String),
    /// The hub answered no.
    Refused(String),
    /// Ctrl-C while waiting; what goes on and how to come back to it.
    Interrupted(String),
}

impl fmt::Display for RemoteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(reason) | Self::Refused(reason) | Self::Interrupted(reason) => {
                formatter.write_str(reason)
            }
        }
    }
}

type Answer<T> = Result<T, RemoteError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Table,
    /// As the hub answers
    Json,
}

/// Ends a command that gives a text.
fn ended(answer: Answer<String>) -> Exit {
    match answer {
        Ok(text) => exit::printed(&text),
        Err(error) => failed(&error),
    }
}

/// Waits for an end that comes by itself, or for Ctrl-C: what is waited for goes on at the hub all the same.
async fn unless_interrupted<T>(waiting: impl Future<Output = Answer<T>>, goes_on: String) -> Answer<T> {
    tokio::select! {
        ended = waiting => ended,
        Ok(()) = tokio::signal::ctrl_c() => Err(RemoteError::Interrupted(goes_on)),
    }
}

pub(crate) fn failed(error: &RemoteError) -> Exit {
    let (told, exit) = match error {
        RemoteError::Unreachable(_) => (format!("error: {error}"), Exit::Unreachable),
        RemoteError::Refused(_) => (format!("error: {error}"), Exit::Refused),
        RemoteError::Interrupted(goes_on) => (goes_on.clone(), Exit::Interrupted),
    };
    exit::say(&told);
    exit
}
