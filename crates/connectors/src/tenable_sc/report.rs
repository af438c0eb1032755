//! The results of one run: wait until both columns say that they are there and they can be downloaded, then take the
//! zip archive and make sure that all of it came. Security Center writes it while it answers; nothing is asked for.

use std::path::Path;
use std::time::Duration;

use scanhelm_core::status::VendorState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::client::Client;
use super::map;
use super::model::{Envelope, Outcome, is_number};
use crate::contract::{CallError, Downloaded, Prepared};
use crate::outcome;

/// What is waited for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    result: String,
    looks: u32,
}

const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// Ten minutes.
const MAX_LOOKS: u32 = 30;

/// `result` is the number of the run.
pub(super) async fn prepare(client: &Client, result: &str, state: Option<Value>) -> Result<Prepared, CallError> {
    let known = state.and_then(|state| serde_json::from_value::<Wanted>(state).ok());
    let looks = known.filter(|wanted| wanted.result == result).map_or(0, |wanted| wanted.looks) + 1;
    let state = serde_json::to_value(Wanted { result: result.to_owned(), looks })
        .map_err(|error| outcome::garbage(error.to_string()))?;
    let gone = || CallError::Gone { detail: format!("Security Center has no scan result {result} any more") };
    if !is_number(result) {
        return Err(gone());
    }
    let Some(seen) = client.result(result).await? else { return Err(gone()) };
    if is_there(&seen.value, map::state_at(&seen.value, seen.vendor_now)) {
        return Ok(Prepared::Ready { state });
    }
    if map::has_no_results(&seen.value) {
        return Err(CallError::Refused {
            detail: format!(
                "Security Center says that scan result {result} has no results: no host was scanned. There is nothing \
                 to import; check the targets and the scan zone"
            ),
            by_licence: false,
        });
    }
    if looks >= MAX_LOOKS {
        return Err(outcome::vendor_error(format!(
            "Security Center still does not offer the results of scan result {result} for download. Results may be \
             purged by its data expiration; see the result there"
        )));
    }
    Ok(Prepared::Waiting { state, again_in: LOOK_AGAIN })
}

fn is_there(result: &Outcome, state: Option<VendorState>) -> bool {
    result.download_available && state == Some(VendorState::Completed)
}

pub(super) async fn download(client: &Client, state: &Value, into: &Path) -> Result<Downloaded, CallError> {
    let wanted: Wanted = serde_json::from_value(state.clone())
        .map_err(|_| outcome::garbage("the stored state of the results is not readable; prepare them again"))?;
    let bytes = client.download(&wanted.result, into).await?;
    if let Err(error) = is_whole_archive(into).await {
        // Nobody may take the broken file for a report.
        let _ = tokio::fs::remove_file(into).await;
        return Err(error);
    }
    Ok(Downloaded { bytes, format: Some("nessus") })
}

/// A zip archive begins with a file and ends with its directory, which is what a server that failed half-way leaves
/// out. A refusal may come in place of an archive, as a success.
async fn is_whole_archive(path: &Path) -> Result<(), CallError> {
    /// The end mark with the longest comment.
    const WINDOW: u64 = 22 + 65_535;
    let on_file =
        |error: std::io::Error| outcome::vendor_error(format!("the downloaded results cannot be read back ({error})"));
    let mut file = tokio::fs::File::open(path).await.map_err(on_file)?;
    let size = file.metadata().await.map_err(on_file)?.len();
    let mut head = Vec::new();
    (&mut file).take(WINDOW).read_to_end(&mut head).await.map_err(on_file)?;
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(&head) {
        let reason = scanhelm_core::text::single_line(&envelope.error_msg, 300);
        return Err(outcome::vendor_error(format!("Security Center refuses the results: {reason}")));
    }
    if !head.starts_with(b"PK\x03\x04") {
        return Err(outcome::garbage("what came are not results of Security Center, which come as a zip archive"));
    }
    file.seek(std::io::SeekFrom::Start(size.saturating_sub(WINDOW))).await.map_err(on_file)?;
    let mut tail = Vec::new();
    file.take(WINDOW).read_to_end(&mut tail).await.map_err(on_file)?;
    if !tail.windows(4).any(|window| window == b"PK\x05\x06") {
        return Err(outcome::garbage(format!("the archive of results ends in the middle, after {size} bytes")));
    }
    Ok(())
}
