//! What a local scan tells: in the feed, on the event streams, and as one line of the log each.
//!
//! The names of the payload are the hub's own and stay, whatever the runner calls its parts; docs/LOCAL_SCANS.md lists
//! them.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::text::single_line;
use scanhelm_runner::RunnerEvent;
use serde_json::{Map, Value, json};

/// Letters of an error in an event, so that with the sign of what was left out there are 200 at most. More of it is in
/// the scan's `error` and in the message.
const SHORT: usize = 196;

/// What belongs to an event of the runner.
pub(super) fn payload(event: &RunnerEvent) -> Value {
    let Ok(Value::Object(mut data)) = serde_json::to_value(event) else {
        return json!({});
    };
    rename(&mut data, "id", "scanner");
    if let Some(duration) = data.remove("duration") {
        let part = |name: &str| duration.get(name).and_then(Value::as_u64).unwrap_or(0);
        data.insert("duration_ms".to_owned(), json!(part("secs") * 1000 + part("nanos") / 1_000_000));
    }
    if matches!(event.event(), Event::ScannerFailed | Event::ScanFailed) {
        rename(&mut data, "reason", "error");
        if let Some(Value::String(error)) = data.get_mut("error") {
            *error = short(error);
        }
    }
    Value::Object(data)
}

pub(crate) fn short(error: &str) -> String {
    single_line(error, SHORT)
}

fn rename(data: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = data.remove(from) {
        data.insert(to.to_owned(), value);
    }
}

/// One line for whoever follows the log with `tail`.
pub(crate) fn log(activity: &NewActivity) {
    let scanner = activity.data.get("scanner").and_then(Value::as_str);
    let (scan, event) = (activity.scan_id, activity.event.as_str());
    tracing::info!(target: "scanhelm::local", scan_id = %scan, event, scanner, "{}", activity.message);
}
