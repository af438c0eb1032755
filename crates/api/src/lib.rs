//! The HTTP API: routes, the OpenAPI document made from them, live events, and the console.
//!
//! There are no rules in here. A handler parses, calls one use case of the hub with the caller's
//! [`Grant`](scanhelm_core::permission::Grant) and renders what comes back. What holds for every request is written
//! once: who may call an operation (`access`), what every answer carries (`edge`), how a refusal looks (`problem`),
//! and that no operation can exist without a declared permission (`registration`, `document`).

mod access;
mod connections;
mod console;
mod credentials;
mod document;
mod dto;
mod edge;
mod extract;
mod feed;
mod once;
mod operator;
mod origin;
mod problem;
mod registration;
mod routes;
mod serve;
mod settings;
mod spool;
mod streams;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
pub use document::BuildError;
pub use operator::{Telemetry, operator_router, serve_operator};
use scanhelm_hub::Hub;
pub use serve::{ServeError, listen};
pub use settings::Settings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

use crate::connections::Bounded;
use crate::streams::Streams;
use crate::throttle::Throttle;

/// What every handler can reach.
#[derive(Clone, Debug)]
struct Api {
    hub: Hub,
    settings: Arc<Settings>,
    log_ins: Arc<LogInThrottle>,
    /// Calls of vendors by address: bursts of hundreds are normal, since some call once an issue.
    webhooks: Arc<Throttle<IpAddr>>,
    streams: Streams,
    /// Ends the answers that would never end by themselves.
    stop: CancellationToken,
}

/// Attempts to get in with a guess: from one address, and at one account from anywhere.
#[derive(Debug)]
struct LogInThrottle {
    by_address: Throttle<IpAddr>,
    by_account: Throttle<String>,
}

impl LogInThrottle {
    fn new() -> Self {
        Self {
            by_address: Throttle::new(20, Duration::from_secs(3)),
            // An attacker who keeps an account busy delays its owner by seconds, not for good.
            by_account: Throttle::new(10, Duration::from_secs(2)),
        }
    }
}

/// The committed document, which is what [`openapi`] makes of this program: a check keeps them the same.
const DOCUMENT: &str = include_str!("../../../openapi.json");

/// The text of `openapi.json`: OpenAPI 3.1, byte-identical for the same program.
pub fn openapi() -> Result<String, BuildError> {
    document::text(&routes::operations().document()?)
}

/// Everything that is served on the public listener.
///
/// # Errors
/// When an operation lacks a declared permission or a company: the hub must not start then.
pub fn router(hub: Hub, settings: Settings, stop: CancellationToken) -> Result<Router, BuildError> {
    let api = Api {
        streams: Streams::new(settings.max_event_streams),
        settings: Arc::new(settings),
        log_ins: Arc::new(LogInThrottle::new()),
        webhooks: Arc::new(Throttle::new(1000, Duration::from_millis(50))),
        hub,
        stop,
    };
    let routes = routes::operations().router(&api)?;
    Ok(routes
        .fallback(console::serve)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(api.clone(), edge::edge))
        .with_state(api))
}

/// Serves until `shutdown`; returns when open answers have ended or their grace is over.
pub async fn serve(
    listener: TcpListener,
    hub: Hub,
    settings: Settings,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let grace = settings.shutdown_grace;
    let listener = Bounded::new(listener, settings.max_connections, settings.idle_timeout);
    let router = router(hub, settings, shutdown.clone())?;
    serve::run(listener, router, grace, shutdown).await
}
