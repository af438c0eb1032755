//! The report of one run: ask, look until it is ready, download, and make sure that all of it came.
//!
//! Between the steps everything known is in the state that the hub keeps, so a restart goes on where it was. An
//! export that Nessus has forgotten (404) is asked for anew, a few times; one that Nessus says is broken (500,
//! `error`) is an error, because asking again in a loop has been seen to make a struggling Nessus worse.

use std::path::Path;
use std::time::Duration;

use scanhelm_core::integration::ConditionKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::client::Client;
use crate::contract::{CallError, Downloaded, Prepared, RunRef};
use crate::outcome;

/// What is needed to find the report again. Nessus 8 and later give a token, older ones only a file number.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Export {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    file: Option<String>,
    /// How often it was asked for.
    #[serde(default)]
    requests: u32,
}

const MAX_REQUESTS: u32 = 3;
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Larger reports of one run are not known; this bounds what a hostile server can write to the disk.
const MAX_REPORT_BYTES: u64 = 8 * 1024 * 1024 * 1024;

pub(super) async fn prepare(client: &Client, run: &RunRef, state: Option<Value>) -> Result<Prepared, CallError> {
    // A state of another version of this code is as good as none.
    let Some(export) = state.and_then(|state| serde_json::from_value::<Export>(state).ok()) else {
        return ask(client, run, 0).await;
    };
    let scan = run.external_scan_id.as_str();
    let status = match (&export.token, &export.file) {
        (Some(token), _) => client.export_status(&["tokens", token, "status"]).await?,
        (None, Some(file)) => client.export_status(&["scans", scan, "export", file, "status"]).await?,
        (None, None) => None,
    };
    match status.as_deref() {
        Some("ready") => Ok(Prepared::Ready { state: state_of(&export)? }),
        Some("error") => Err(vendor_error("Nessus could not write the report of this run")),
        Some(_) => Ok(Prepared::Waiting { state: state_of(&export)?, again_in: LOOK_AGAIN }),
        None if export.requests >= MAX_REQUESTS => {
            Err(vendor_error("Nessus forgot the report again and again before it was ready"))
        }
        None => ask(client, run, export.requests).await,
    }
}

async fn ask(client: &Client, run: &RunRef, requests_before: u32) -> Result<Prepared, CallError> {
    let scan = run.external_scan_id.as_str();
    let history = match &run.external_run_id {
        Some(wanted) => {
            let Some((detail, _)) = client.detail(scan).await? else {
                return Err(CallError::Gone { detail: format!("Nessus has no scan {scan} any more") });
            };
            match detail.history.iter().find(|entry| entry.uuid == *wanted) {
                Some(entry) => Some(entry.history_id.0.clone()),
                // A server that tells no history has one run only: the one it shows.
                None if detail.history.is_empty() && detail.info.uuid == *wanted => None,
                None => return Err(CallError::Gone { detail: format!("Nessus has no run {wanted} of scan {scan}") }),
            }
        }
        None => None,
    };
    let answer = client.request_export(scan, history.as_deref()).await?;
    let export = Export {
        token: Some(answer.token).filter(|token| !token.is_empty()),
        file: answer.file.map(|file| file.0),
        requests: requests_before + 1,
    };
    if export.token.is_none() && export.file.is_none() {
        return Err(outcome::garbage("Nessus accepted the export but told neither a token nor a file"));
    }
    Ok(Prepared::Waiting { state: state_of(&export)?, again_in: Duration::from_millis(500) })
}

pub(super) async fn download(
    client: &Client,
    run: &RunRef,
    state: &Value,
    into: &Path,
) -> Result<Downloaded, CallError> {
    let export: Export = serde_json::from_value(state.clone())
        .map_err(|_| outcome::garbage("the stored state of the export is not readable; prepare it again"))?;
    let scan = run.external_scan_id.as_str();
    let bytes = match (&export.token, &export.file) {
        (Some(token), _) => client.download(&["tokens", token, "download"], into, MAX_REPORT_BYTES).await?,
        (None, Some(file)) => {
            client.download(&["scans", scan, "export", file, "download"], into, MAX_REPORT_BYTES).await?
        }
        (None, None) => return Err(outcome::garbage("the stored state of the export names no report")),
    };
    if let Err(error) = is_whole_report(into).await {
        // Nobody may take the broken file for a report.
        let _ = tokio::fs::remove_file(into).await;
        return Err(error);
    }
    Ok(Downloaded { bytes, format: Some("nessus") })
}

/// A .nessus file begins and ends with its one element. The end is what a server that failed half-way leaves out.
async fn is_whole_report(path: &Path) -> Result<(), CallError> {
    const WINDOW: u64 = 4096;
    let on_file = |error: std::io::Error| vendor_error(&format!("the downloaded report cannot be read back ({error})"));
    let mut file = tokio::fs::File::open(path).await.map_err(on_file)?;
    let size = file.metadata().await.map_err(on_file)?.len();
    let mut head = Vec::new();
    (&mut file).take(WINDOW).read_to_end(&mut head).await.map_err(on_file)?;
    file.seek(std::io::SeekFrom::Start(size.saturating_sub(WINDOW))).await.map_err(on_file)?;
    let mut tail = Vec::new();
    file.take(WINDOW).read_to_end(&mut tail).await.map_err(on_file)?;
    if !String::from_utf8_lossy(&head).contains("<NessusClientData_v2") {
        return Err(outcome::garbage("what came is not a Nessus report"));
    }
    if !String::from_utf8_lossy(&tail).trim_end().ends_with("</NessusClientData_v2>") {
        return Err(outcome::garbage(format!("the Nessus report ends in the middle, after {size} bytes")));
    }
    Ok(())
}

fn state_of(export: &Export) -> Result<Value, CallError> {
    serde_json::to_value(export).map_err(|error| outcome::garbage(error.to_string()))
}

fn vendor_error(detail: &str) -> CallError {
    CallError::Failed { kind: ConditionKind::VendorError, detail: detail.to_owned(), retry_after: None }
}
