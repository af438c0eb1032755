//! `scanhelm scans watch`: the scan's own feed, line by line, until it is over. The stream may break at any time; what
//! was missed comes with the next one, because events are numbered.

use std::time::Duration;

use scanhelm_core::backoff::Backoff;
use scanhelm_net::ServerEvent;
use serde_json::Value;

use super::client::Client;
use super::scans::described;
use super::table::{text, time};
use super::{Answer, Form, RemoteError, failed, unless_interrupted};
use crate::exit::{self, Exit};
use crate::results;

const RECONNECT: Backoff = Backoff { first: Duration::from_millis(500), cap: Duration::from_secs(15) };
/// A hub that restarts is back sooner.
const ATTEMPTS: u32 = 10;

pub(super) async fn run(client: &Client, scan: &str, output: Form) -> Exit {
    let goes_on = format!("Interrupted. The scan goes on; watch it again with `scanhelm scans watch {scan}`.");
    match unless_interrupted(follow(client, scan, output), goes_on).await {
        Ok(scan) => {
            if let (Form::Table, Err(error)) = (output, results::to_standard_output(&described(&scan))) {
                return exit::refused(&error);
            }
            match text(&scan, "status").as_str() {
                "completed" => Exit::Done,
                _ => Exit::ScannerFailed,
            }
        }
        Err(error) => failed(&error),
    }
}

/// Prints the feed; gives the scan when it is over.
async fn follow(client: &Client, scan: &str, output: Form) -> Answer<Value> {
    // From the beginning: a scan that ended before we came has its story as well.
    let mut last = "0".to_owned();
    let mut failures = 0;
    loop {
        let error = match round(client, scan, output, &mut last, &mut failures).await {
            Ok(Some(scan)) => return Ok(scan),
            Ok(None) => None,
            Err(RemoteError::Unreachable(reason)) => Some(reason),
            Err(refused) => return Err(refused),
        };
        failures += 1;
        if let Some(reason) = error {
            if failures > ATTEMPTS {
                return Err(RemoteError::Unreachable(reason));
            }
            exit::say(&format!("{reason}; trying again"));
        }
        tokio::time::sleep(RECONNECT.delay(failures, scanhelm_hub::system::jitter())).await;
    }
}

/// One stream. `Some`: the scan is over.
async fn round(
    client: &Client,
    id: &str,
    output: Form,
    last: &mut String,
    failures: &mut u32,
) -> Answer<Option<Value>> {
    let mut events = client.scan_events(id, Some(last)).await?;
    // Looked at behind the opening of the stream: what happens from here on is in it.
    let mut scan = client.get("show the scan", &["scans", id], &[]).await?;
    loop {
        if is_over(&scan) && newest_seen(client, id, last).await? {
            return Ok(Some(scan));
        }
        let Some(event) = events.next().await.map_err(|error| client.explain(&error))? else { return Ok(None) };
        *failures = 0;
        if let Some(seq) = &event.id {
            last.clone_from(seq);
        }
        print(output, &event)?;
        scan = client.get("show the scan", &["scans", id], &[]).await?;
    }
}

/// Whether everything in the scan's feed was printed.
async fn newest_seen(client: &Client, id: &str, last: &str) -> Answer<bool> {
    let feed = client.get("read the feed", &["scans", id, "activity"], &[("limit", "1")]).await?;
    let newest = super::table::items(&feed).first().and_then(|newest| newest.get("seq")).and_then(Value::as_i64);
    Ok(newest.unwrap_or_default() <= last.parse().unwrap_or_default())
}

/// Ended, and nothing is left to come in.
fn is_over(scan: &Value) -> bool {
    let importable = scan.pointer("/capabilities/import/supported") == Some(&Value::Bool(true));
    match (text(scan, "status").as_str(), text(scan, "import_state").as_str()) {
        ("failed" | "cancelled", _) => true,
        ("completed", "pending" | "running") => false,
        // Seen as completed a moment ago: the import is about to be announced.
        ("completed", "none") => !importable,
        ("completed", _) => true,
        _ => false,
    }
}

fn print(output: Form, event: &ServerEvent) -> Answer<()> {
    let line = match (output, serde_json::from_str::<Value>(&event.data)) {
        (Form::Json, Ok(data)) => format!("{}\n", serde_json::json!({"event": event.event, "data": data})),
        (Form::Json, Err(_)) => return Ok(()),
        (Form::Table, data) => {
            let data = data.unwrap_or_default();
            let line = format!("{}  {:18} {}", time(&data, "at"), event.event, text(&data, "message"));
            format!("{}\n", results::cell(&line, 400))
        }
    };
    results::to_standard_output(&line)
        .map_err(|error| RemoteError::Refused(format!("standard output cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scan_is_over_when_its_results_are_in() {
        let scan = |status: &str, import: &str, supported: bool| {
            is_over(&json!({
                "status": status, "import_state": import, "capabilities": {"import": {"supported": supported}},
            }))
        };
        assert!(scan("failed", "none", true) && scan("cancelled", "pending", true));
        assert!(scan("completed", "done", true) && scan("completed", "partial", true));
        assert!(scan("completed", "failed", true) && scan("completed", "none", false));
        assert!(!scan("completed", "none", true) && !scan("completed", "pending", true));
        assert!(!scan("importing", "running", true) && !scan("running", "none", true));
    }
}
