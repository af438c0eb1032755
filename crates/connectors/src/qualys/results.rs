//! The results of one scan. Qualys gives them at once, so there is nothing to wait for but the scan itself: one whose
//! results are not processed yet is not over.
//!
//! Titles and CVEs come with the results (`json_extended`), so the knowledge base is not asked: one call a scan, whatever
//! its size.

use std::path::Path;
use std::time::Duration;

use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::answer::Complaint;
use super::client::Client;
use super::map;
use crate::contract::{CallError, Downloaded, Prepared, RunRef};
use crate::outcome;

const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Larger results of one scan are not known; this bounds what a hostile server can write to the disk.
const MAX_RESULTS_BYTES: u64 = 8 * 1024 * 1024 * 1024;

pub(super) async fn prepare(client: &Client, run: &RunRef) -> Result<Prepared, CallError> {
    let reference = run.external_scan_id.as_str();
    let gone = || CallError::Gone { detail: format!("Qualys has no scan {reference} any more") };
    if run.external_run_id.as_deref().is_some_and(|run| run != reference) {
        return Err(gone());
    }
    let (scan, _) = client.scan(reference).await?.ok_or_else(gone)?;
    let state = json!({ "scan_ref": reference });
    match map::state_of(&scan) {
        Some(VendorState::Completed | VendorState::Cancelled | VendorState::Failed) => Ok(Prepared::Ready { state }),
        _ => Ok(Prepared::Waiting { state, again_in: LOOK_AGAIN }),
    }
}

pub(super) async fn download(
    client: &Client,
    run: &RunRef,
    state: &Value,
    into: &Path,
) -> Result<Downloaded, CallError> {
    let reference = run.external_scan_id.as_str();
    if state.get("scan_ref").and_then(Value::as_str) != Some(reference) || !map::is_reference(reference) {
        return Err(outcome::garbage("the stored state of the download is not that of this scan; prepare it again"));
    }
    let bytes = client.results(reference, into, MAX_RESULTS_BYTES).await?;
    if let Err(error) = is_whole_list(client, into).await {
        // Nobody may take the broken file for results.
        let _ = tokio::fs::remove_file(into).await;
        return Err(error);
    }
    Ok(Downloaded { bytes, format: Some("qualys-results") })
}

/// Results are one JSON list; what begins otherwise is a complaint or a page.
async fn is_whole_list(client: &Client, path: &Path) -> Result<(), CallError> {
    const HEAD: u64 = 64 * 1024;
    const TAIL: u64 = 4096;
    let on_file = |error: std::io::Error| CallError::Failed {
        kind: ConditionKind::VendorError,
        detail: format!("the downloaded results cannot be read back ({error})"),
        retry_after: None,
    };
    let mut file = tokio::fs::File::open(path).await.map_err(on_file)?;
    let size = file.metadata().await.map_err(on_file)?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    (&mut file).take(HEAD).read_to_end(&mut head).await.map_err(on_file)?;
    file.seek(std::io::SeekFrom::Start(size.saturating_sub(TAIL))).await.map_err(on_file)?;
    file.take(TAIL).read_to_end(&mut tail).await.map_err(on_file)?;
    if let Some(complaint) = Complaint::find(&client.said_of("download the results"), &head) {
        client.heed(&head);
        return Err(complaint.of_read());
    }
    if !head.trim_ascii_start().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head.trim_ascii_start()).starts_with(b"[") {
        return Err(outcome::garbage("what came is no list of results (a log-in page or a proxy?)"));
    }
    if !tail.trim_ascii_end().ends_with(b"]") {
        return Err(outcome::garbage(format!("the results end in the middle, after {size} bytes")));
    }
    Ok(())
}
