//! The log: one line an event on standard error, so that standard output stays for data.

use std::io::IsTerminal;
use std::sync::OnceLock;

use scanhelm_core::Clock;
use scanhelm_hub::system::SystemClock;
use serde_json::json;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::log_queue::{LogEnd, LogQueue};
use crate::settings::{LogForm, Values};
use crate::traces::Spans;

/// As global as the log itself.
static LINES: OnceLock<LogQueue> = OnceLock::new();

/// Starts logging as the settings say. A line tells all by itself, so spans are for `spans` only. What is still to be
/// written is written when the answer is dropped.
pub(crate) fn start(values: &Values, spans: Option<Spans>) -> std::io::Result<LogEnd> {
    // The filter was read once already, when the settings were checked.
    let filter = EnvFilter::try_new(&values.log.filter.0).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = filter.and(filter_fn(|metadata| metadata.is_event()));
    let form = values.log.form;
    let (lines, end) = LogQueue::into(std::io::stderr(), move |missing| missing_line(form, missing))?;
    LINES.get_or_init(|| lines.clone());
    let log = tracing_subscriber::fmt::layer().with_writer(lines);
    let log = match form {
        LogForm::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        LogForm::Human => log.compact().with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    tracing_subscriber::registry().with(spans).with(log.with_filter(filter)).init();
    Ok(end)
}

/// Waits until what was logged is written; for an end of the process that drops nothing.
pub(crate) fn write_out() {
    if let Some(lines) = LINES.get() {
        lines.write_out();
    }
}

/// Made by hand, because the log itself is what was full.
fn missing_line(form: LogForm, missing: u64) -> String {
    let (at, target) = (SystemClock.now(), module_path!());
    let message = format!("{missing} lines of the log were dropped: whoever reads it was too slow");
    match form {
        LogForm::Json => {
            json!({"timestamp": at, "level": "WARN", "message": message, "missing": missing, "target": target})
                .to_string()
        }
        LogForm::Human => format!("{at}  WARN {target}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_about_missing_lines_has_the_form_of_the_others() {
        let line: serde_json::Value = serde_json::from_str(&missing_line(LogForm::Json, 7)).unwrap();
        assert_eq!((&line["level"], &line["missing"]), (&json!("WARN"), &json!(7)));
        assert!(line["timestamp"].is_string() && line["message"].as_str().unwrap().starts_with("7 lines"));
        assert!(missing_line(LogForm::Human, 7).contains(" WARN scanhelm"));
    }
}
