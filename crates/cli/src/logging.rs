//! The log: one line an event on standard error, so that standard output stays for data.

use std::io::IsTerminal;

use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::log_queue::{LogEnd, LogQueue};
use crate::settings::{LogForm, Values};
use crate::traces::Spans;

/// Starts logging as the settings say. A line tells all by itself, so spans are for `spans` only. What is still to be
/// written is written when the answer is dropped.
pub(crate) fn start(values: &Values, spans: Option<Spans>) -> std::io::Result<LogEnd> {
    // The filter was read once already, when the settings were checked.
    let filter = EnvFilter::try_new(&values.log.filter.0).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = filter.and(filter_fn(|metadata| metadata.is_event()));
    let (lines, end) = LogQueue::into(std::io::stderr())?;
    let log = tracing_subscriber::fmt::layer().with_writer(lines);
    let log = match values.log.form {
        LogForm::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        LogForm::Human => log.compact().with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    tracing_subscriber::registry().with(spans).with(log.with_filter(filter)).init();
    Ok(end)
}
