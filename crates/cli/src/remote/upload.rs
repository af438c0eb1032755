//! `scanhelm import FILE... --hub URL`: sends reports to a hub and waits until they are in. One report's trouble does
//! not keep the others.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::client::{Client, KeyArguments};
use super::scans::import_result;
use super::{Answer, RemoteError, job};
use crate::exit::{self, Exit};
use crate::results;

/// Where reports go instead of the terminal.
#[derive(Args, Debug)]
#[command(next_help_heading = "Sending to a hub")]
pub(crate) struct UploadArguments {
    /// Send the reports to this hub instead of showing them
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    #[command(flatten)]
    key: KeyArguments,
    /// Name of the scan; only for a single report
    #[arg(long, value_name = "NAME", requires = "hub")]
    scan_name: Option<String>,
    /// Counts as evidence of this integration
    #[arg(long, value_name = "ID", requires = "hub")]
    integration: Option<String>,
    /// Commit that was scanned
    #[arg(long, value_name = "SHA", requires = "hub")]
    commit: Option<String>,
    /// Branch that was scanned
    #[arg(long, value_name = "NAME", requires = "hub")]
    branch: Option<String>,
}

/// What is sent with each report.
#[derive(Debug)]
pub(crate) struct Reports<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) format: Option<&'a str>,
    pub(crate) repository: Option<&'a str>,
}

impl UploadArguments {
    /// The hub, when reports are to be sent.
    pub(crate) fn hub(&self) -> Option<&str> {
        self.hub.as_deref()
    }

    pub(crate) async fn send(&self, hub: &str, reports: &Reports<'_>) -> Exit {
        if self.scan_name.is_some() && reports.files.len() > 1 {
            return exit::refused(&"--scan-name names one scan, but there are several reports");
        }
        let client = match self.key.client(hub) {
            Ok(client) => client,
            Err(error) => return super::failed(&error),
        };
        let mut exit = Exit::Done;
        for path in reports.files {
            let name = results::cell(&path.display().to_string(), 300);
            match self.send_one(&client, path, reports).await {
                Ok(result) => {
                    let scan = result.get("scan_id").and_then(Value::as_str).unwrap_or("-");
                    let line = format!("{name}: scan {}: {}", results::cell(scan, 60), import_result(&result));
                    if let Err(error) = results::to_standard_output(&line) {
                        return exit::refused(&error);
                    }
                }
                Err(error) if matches!(error, RemoteError::Interrupted(_)) => return super::failed(&error),
                Err(error) => {
                    exit::say(&format!("error: {name}: {error}"));
                    exit = match error {
                        RemoteError::Unreachable(_) => Exit::Unreachable,
                        RemoteError::Refused(_) if exit == Exit::Done => Exit::Refused,
                        RemoteError::Refused(_) => exit,
                        RemoteError::Interrupted(_) => Exit::Interrupted,
                    };
                }
            }
        }
        exit
    }

    async fn send_one(&self, client: &Client, path: &Path, reports: &Reports<'_>) -> Answer<Value> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ci = json!({"commit_sha": self.commit, "branch_name": self.branch}).to_string();
        let told = self.commit.is_some() || self.branch.is_some();
        let texts: Vec<(&'static str, &str)> = [
            ("format", reports.format),
            ("scan_name", self.scan_name.as_deref()),
            ("integration_id", self.integration.as_deref()),
            ("repository", reports.repository),
            ("ci", told.then_some(ci.as_str())),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect();
        let accepted = client.upload(path, &name, &texts).await?;
        job::wait(client, &accepted).await
    }
}
