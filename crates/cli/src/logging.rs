//! The log: one line an event on standard error, so that standard output stays for data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::{LogForm, Values};

/// Starts logging as the settings say.
pub(crate) fn start(values: &Values) {
    // The filter was read once already, when the settings were checked.
    let filter = EnvFilter::try_new(&values.log.filter.0).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match values.log.form {
        LogForm::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        LogForm::Human => log.compact().with_ansi(std::io::stderr().is_terminal()).init(),
    }
}
