//! The report of one scan: Invicti writes it while it is asked for. What the report cannot tell (when, what, how much
//! of the site) is put in front of it: `{"Scan": ..., "Report": ...}`, which the reader `invicti` of `formats` knows.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Client;
use super::map;
use super::model::is_same_id;
use crate::contract::{CallError, Downloaded, Prepared, RunRef};
use crate::outcome;

const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// Reports hold requests and answers in full; this bounds what a hostile server can write to the disk.
const MAX_REPORT_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// What is known when the report is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ready {
    scan: Value,
    /// How many issues the scan counts; `None`: it does not tell.
    issues: Option<u64>,
}

pub(super) async fn prepare(client: &Client, run: &RunRef) -> Result<Prepared, CallError> {
    let id = run.external_scan_id.as_str();
    if run.external_run_id.as_deref().is_some_and(|run| !is_same_id(run, id)) {
        return Err(CallError::Gone { detail: format!("Invicti scan {id} has one run only, its own") });
    }
    let Some((task, _)) = client.scan(id).await? else {
        return Err(CallError::Gone { detail: format!("Invicti has no scan {id} any more") });
    };
    match map::state_of(&task.state) {
        Some(VendorState::Completed) => {
            let ready = Ready { scan: map::facts_for_the_reader(&task), issues: map::counts(&task).map(|c| c.total()) };
            let state = serde_json::to_value(ready).map_err(|error| outcome::garbage(error.to_string()))?;
            Ok(Prepared::Ready { state })
        }
        Some(VendorState::Failed | VendorState::Cancelled) => Err(CallError::Refused {
            detail: format!("the scan ended without whole results (Invicti says `{}`)", task.state),
            by_licence: false,
        }),
        _ => Ok(Prepared::Waiting { state: Value::Null, again_in: LOOK_AGAIN }),
    }
}

pub(super) async fn download(
    client: &Client,
    run: &RunRef,
    state: &Value,
    into: PathBuf,
) -> Result<Downloaded, CallError> {
    let ready: Ready = serde_json::from_value(state.clone())
        .map_err(|_| outcome::garbage("the stored state of the report is not readable; prepare it again"))?;
    let id = run.external_scan_id.clone();
    let report = beside(&into, "report");
    client.download(&id, &report, MAX_REPORT_BYTES).await?;
    let taken = report.clone();
    let outcome = tokio::task::spawn_blocking(move || take(&taken, &into, &ready, &id))
        .await
        .map_err(|error| vendor_error(format!("the report could not be looked at ({error})")))?;
    // Done with, or not to be taken for a report by anybody.
    let _ = tokio::fs::remove_file(&report).await;
    outcome
}

/// Looks at the whole report and writes it with the scan in front; `into` exists only when all of it is there.
fn take(report: &Path, into: &Path, ready: &Ready, id: &str) -> Result<Downloaded, CallError> {
    let unreadable = |error: io::Error| vendor_error(format!("the downloaded report cannot be read back ({error})"));
    let head: Report = serde_json::from_reader(content(report).map_err(unreadable)?).map_err(|error| {
        let cut = if error.is_eof() { "ends in the middle" } else { "is not Invicti's JSON" };
        outcome::garbage(format!("the report {cut} ({error})"))
    })?;
    if !is_same_id(&head.target.scan_id, id) {
        return Err(outcome::garbage(format!("asked for the report of scan {id} and got that of another one")));
    }
    if head.vulnerabilities.is_empty() && ready.issues.is_some_and(|issues| issues > 0) {
        let issues = ready.issues.unwrap_or_default();
        return Err(CallError::Failed {
            kind: ConditionKind::VendorError,
            detail: format!("the report is empty although the scan counts {issues} issues; it is not written yet"),
            retry_after: Some(Duration::from_secs(60)),
        });
    }
    let part = beside(into, "part");
    let bytes = wrap(report, &part, &ready.scan).and_then(|bytes| fs::rename(&part, into).map(|()| bytes));
    bytes.map(|bytes| Downloaded { bytes, format: Some("invicti") }).map_err(|error| {
        let _ = fs::remove_file(&part);
        vendor_error(format!("the report cannot be written to the disk ({error})"))
    })
}

fn wrap(report: &Path, part: &Path, scan: &Value) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(part)?);
    write!(file, "{{\"Scan\":{scan},\"Report\":")?;
    io::copy(&mut content(report)?, &mut file)?;
    file.write_all(b"}")?;
    file.flush()?;
    file.get_ref().metadata().map(|metadata| metadata.len())
}

/// Without the byte order mark that some exports begin with.
fn content(report: &Path) -> io::Result<BufReader<File>> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut reader = BufReader::with_capacity(64 * 1024, File::open(report)?);
    if reader.fill_buf()?.starts_with(MARK) {
        reader.consume(MARK.len());
    }
    Ok(reader)
}

/// The parts of a report that say whose it is and that it is whole; nothing of an issue is kept.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    target: Target,
    vulnerabilities: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    scan_id: String,
}

fn beside(into: &Path, what: &str) -> PathBuf {
    let mut name = into.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    into.with_file_name(name)
}

fn vendor_error(detail: String) -> CallError {
    CallError::Failed { kind: ConditionKind::VendorError, detail, retry_after: None }
}
