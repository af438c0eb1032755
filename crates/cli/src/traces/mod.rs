//! Traces: which request, look or job led to which calls, and how long each took.
//!
//! The spans stand in the code always and cost nothing as long as nobody listens. Sending them to a collector of
//! OpenTelemetry is the cargo feature `opentelemetry`, because few installations have one and its crates are many. A
//! build without it refuses the setting instead of ignoring it.

#[cfg(feature = "opentelemetry")]
mod exporting;

use tracing_subscriber::{Layer, Registry};

#[cfg(feature = "opentelemetry")]
pub(crate) use exporting::Traces;

use crate::settings::Values;

/// What reads the spans.
pub(crate) type Spans = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts sending spans, when the settings name a collector; inside a runtime only.
///
/// # Errors
/// When this build cannot, or the address is no collector's.
pub(crate) fn start(values: &Values) -> Result<Option<Traces>, String> {
    values.traces.collector.0.as_deref().map(Traces::start).transpose()
}

#[cfg(not(feature = "opentelemetry"))]
#[derive(Debug)]
pub(crate) enum Traces {}

#[cfg(not(feature = "opentelemetry"))]
impl Traces {
    fn start(collector: &str) -> Result<Self, String> {
        Err(format!(
            "`[traces] collector` names {collector}, but this build sends no traces. Build with `cargo build --release \
             --features opentelemetry`, or leave the setting empty"
        ))
    }

    pub(crate) fn spans(&self) -> Spans {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as in a build that sends")]
    pub(crate) async fn stop(self) {
        match self {}
    }
}
