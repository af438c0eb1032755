//! `GET /metrics` for Prometheus, on a listener of its own: whoever reaches it sees the whole installation, so it is
//! never served where companies come in.
//!
//! What the process counts is kept by the recorder. What *is* (queues, budgets, stale scans, ...) is read when asked
//! and rendered by a recorder made for that one answer: nothing can be out of date, and the series of an integration
//! end with it. The state of one database is the same from every hub that shares it; budgets and breakers are each
//! hub's own.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use scanhelm_core::{Result, Timestamp};
use scanhelm_hub::installation::{BreakerState, InstallationState, IntegrationState, JobBacklog};
use scanhelm_hub::{Hub, telemetry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::connections::Bounded;
use crate::serve::{self, ServeError};

/// Scrapers are few.
const CONNECTIONS: usize = 16;
const IDLE: Duration = Duration::from_mins(2);
const GRACE: Duration = Duration::from_secs(1);
/// As the exporter's own listener would.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the process has counted since it was installed.
#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Telemetry")
    }
}

impl Telemetry {
    /// Makes this process count. Once a process, before the hub starts.
    ///
    /// # Errors
    /// When it was done before.
    pub fn install() -> Result<Self, BuildError> {
        let lag = Matcher::Full(telemetry::SYNC_LAG.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(lag, &telemetry::SYNC_LAG_BUCKETS)?;
        let handle = builder.install_recorder()?;
        telemetry::describe();
        Ok(Self(handle))
    }

    /// Puts what histograms have collected into their buckets, again and again: they hold every single value until then,
    /// and a scraper may never come.
    async fn keep_small(self) -> Infallible {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

/// Everything that is served on the operator's listener.
pub fn operator_router(hub: Hub, telemetry: Telemetry) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((hub, telemetry))
}

/// Serves the operator's listener until `shutdown`.
pub async fn serve_operator(
    listener: TcpListener,
    hub: Hub,
    telemetry: Telemetry,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let listener = Bounded::new(listener, CONNECTIONS, IDLE);
    let upkeep = telemetry.clone().keep_small();
    tokio::select! {
        served = serve::run(listener, operator_router(hub, telemetry), GRACE, shutdown) => served,
        never = upkeep => match never {},
    }
}

async fn metrics(State((hub, telemetry)): State<(Hub, Telemetry)>) -> impl IntoResponse {
    let state = hub.installation().await;
    let text = telemetry.0.render() + &render_state(&hub, &state);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// The present state. Without the database what needs it is missing, and `scanhelm_store_up` says so.
fn render_state(hub: &Hub, state: &Result<InstallationState>) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        tell_process(hub);
        describe_gauge!("scanhelm_store_up", "1 when the database answered this scrape.");
        match state {
            Ok(state) => {
                gauge!("scanhelm_store_up").set(1.0);
                tell_jobs(&state.jobs, hub.now());
                tell_integrations(&state.integrations);
                gauge!("scanhelm_stale_scans_of_disabled_integrations").set(number(state.stale_elsewhere));
            }
            Err(error) => {
                tracing::warn!(%error, "the state for Prometheus cannot be read");
                gauge!("scanhelm_store_up").set(0.0);
            }
        }
    });
    handle.render()
}

fn tell_process(hub: &Hub) {
    describe_gauge!("scanhelm_build_info", "Always 1; the label tells the version.");
    gauge!("scanhelm_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_gauge!("scanhelm_loop_last_run_timestamp_seconds", Unit::Seconds, "When the loop last ran.");
    describe_gauge!("scanhelm_loop_failing", "1 when the loop's last run failed.");
    for status in hub.loops() {
        let labels = [("loop", status.name)];
        gauge!("scanhelm_loop_last_run_timestamp_seconds", &labels).set(timestamp(status.last_run_at));
        gauge!("scanhelm_loop_failing", &labels).set(flag(status.error.is_some()));
    }
}

fn tell_jobs(jobs: &[JobBacklog], now: Timestamp) {
    describe_gauge!("scanhelm_jobs", "Unfinished jobs by kind and state: queued or running.");
    describe_gauge!(
        "scanhelm_oldest_due_job_age_seconds",
        Unit::Seconds,
        "How long the oldest queued job of the kind could have started already."
    );
    for backlog in jobs {
        let kind = &backlog.kind;
        gauge!("scanhelm_jobs", "kind" => kind.clone(), "state" => "queued").set(number(backlog.queued));
        gauge!("scanhelm_jobs", "kind" => kind.clone(), "state" => "running").set(number(backlog.running));
        if let Some(due) = backlog.oldest_due {
            let age = now.since(due).as_secs_f64();
            gauge!("scanhelm_oldest_due_job_age_seconds", "kind" => kind.clone()).set(age);
        }
    }
}

fn tell_integrations(integrations: &[IntegrationState]) {
    describe_gauge!("scanhelm_stale_scans", "Unfinished scans that were not seen for three status intervals.");
    describe_gauge!("scanhelm_stale_scans_of_disabled_integrations", "The same where nobody is to look.");
    describe_gauge!("scanhelm_integration_up", "1 when the last look at the integration went well.");
    describe_gauge!("scanhelm_integration_error_streak", "Looks in a row that failed.");
    describe_gauge!(
        "scanhelm_integration_last_success_timestamp_seconds",
        Unit::Seconds,
        "When a look at the integration last went well."
    );
    describe_gauge!("scanhelm_integration_condition", "Always 1; what is wrong with the integration.");
    describe_gauge!("scanhelm_integration_budget_available", "Requests that could be sent at this instant.");
    describe_gauge!("scanhelm_integration_budget_held_seconds", Unit::Seconds, "Pause that the vendor asked for.");
    describe_gauge!("scanhelm_integration_requests_in_flight", "Requests under way.");
    describe_gauge!("scanhelm_integration_breaker_state", "1 for the state that the circuit breaker is in.");
    integrations.iter().for_each(tell_integration);
}

fn tell_integration(state: &IntegrationState) {
    let (integration, health) = (&state.integration, &state.integration.health);
    let labels = [("integration", integration.id.to_string()), ("connector", integration.connector.clone())];
    let with = |name: &'static str, value: &'static str| {
        let [id, connector] = labels.clone();
        [id, connector, (name, value.to_owned())]
    };
    gauge!("scanhelm_stale_scans", &labels).set(number(state.stale_scans));
    if health.last_attempt_at.is_some() {
        gauge!("scanhelm_integration_up", &labels).set(flag(health.error_streak == 0));
    }
    gauge!("scanhelm_integration_error_streak", &labels).set(f64::from(health.error_streak));
    if let Some(at) = health.last_success_at {
        gauge!("scanhelm_integration_last_success_timestamp_seconds", &labels).set(timestamp(at));
    }
    if let Some(condition) = &health.condition {
        gauge!("scanhelm_integration_condition", &with("kind", condition.kind.as_str())).set(1.0);
    }
    let Some((budget, breaker)) = &state.calls else { return };
    gauge!("scanhelm_integration_budget_available", &labels).set(f64::from(budget.available));
    gauge!("scanhelm_integration_budget_held_seconds", &labels).set(number(budget.held_for_seconds));
    gauge!("scanhelm_integration_requests_in_flight", &labels).set(number(budget.in_flight as u64));
    for (word, known) in
        [("closed", BreakerState::Closed), ("open", BreakerState::Open), ("half_open", BreakerState::HalfOpen)]
    {
        gauge!("scanhelm_integration_breaker_state", &with("state", word)).set(flag(breaker.state == known));
    }
}

const fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers")]
const fn number(count: u64) -> f64 {
    count as f64
}

/// Seconds since the epoch.
#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers")]
const fn timestamp(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1000.0
}
