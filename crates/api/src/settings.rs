//! What the operator may set about the API. The values come from `scanhelm.toml`; here are their meaning and defaults.

use std::time::Duration;

use axum::http::Uri;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach the console, `https://scanhelm.example.com`. Its origin is accepted for browser writes
    /// besides the request's own host, and `https` makes the session cookie `Secure`.
    pub public_url: Option<String>,
    /// Largest JSON body in bytes. Report files have the hub's own limit.
    pub max_body_bytes: usize,
    /// A request whose answer has not begun by then is refused.
    pub request_timeout: Duration,
    /// The same for uploads, which last as long as the line is slow.
    pub upload_timeout: Duration,
    /// Connections at once; further ones wait.
    pub max_connections: usize,
    /// A connection on which nothing moves for this long is closed. Longer than `request_timeout`, because nothing
    /// moves while an answer is being made.
    pub idle_timeout: Duration,
    /// Open event streams of one caller.
    pub max_event_streams: usize,
    /// Time between two comments that keep an idle event stream alive through proxies.
    pub event_heartbeat: Duration,
    /// How long open answers may go on after the hub was told to stop.
    pub shutdown_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            max_body_bytes: 1024 * 1024,
            request_timeout: Duration::from_secs(120),
            upload_timeout: Duration::from_secs(60 * 60),
            max_connections: 2000,
            idle_timeout: Duration::from_mins(3),
            max_event_streams: 20,
            event_heartbeat: Duration::from_secs(15),
            shutdown_grace: Duration::from_secs(5),
        }
    }
}

impl Settings {
    pub(crate) fn serves_https(&self) -> bool {
        self.public_authority().is_some_and(|(scheme, _)| scheme == "https")
    }

    /// Scheme and `host[:port]` of the public address.
    pub(crate) fn public_authority(&self) -> Option<(String, String)> {
        let uri: Uri = self.public_url.as_deref()?.parse().ok()?;
        Some((uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?.as_str().to_ascii_lowercase()))
    }
}
