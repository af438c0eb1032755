//! Who may ask: API keys (`X-ApiKeys`) and sessions (`X-Cookie`).
//!
//! How long a session lives is not documented; here it ends after thirty idle minutes of virtual time.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, body};
use crate::clock::Moment;
use crate::config::Credentials;
use crate::ledger::Action;
use crate::pairs;
use crate::random::Draw;

pub(super) const IDLE_MINUTES: u32 = 30;

#[derive(Debug)]
pub(super) struct Access {
    draw: Draw,
    credentials: Credentials,
    /// Last use of each session.
    sessions: HashMap<String, Moment>,
    issued: u64,
}

impl Access {
    pub(super) fn new(draw: Draw, credentials: Credentials) -> Self {
        Access { draw, credentials, sessions: HashMap::new(), issued: 0 }
    }

    /// The session token, or an empty one for API keys, when the headers admit the caller.
    pub(super) fn admits(&self, headers: &HeaderMap, now: Moment) -> Option<String> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(keys) = text("x-apikeys") {
            let fits = pairs::value(keys, "accessKey") == Some(&self.credentials.access_key)
                && pairs::value(keys, "secretKey") == Some(&self.credentials.secret_key);
            return fits.then(String::new);
        }
        let token = pairs::value(text("x-cookie")?, "token")?;
        let used = self.sessions.get(token)?;
        (!expired(*used, now)).then(|| token.to_owned())
    }

    pub(super) fn forget_expired(&mut self, now: Moment) {
        self.sessions.retain(|_, used| !expired(*used, now));
    }

    fn next_secret(&mut self, label: &str) -> String {
        self.issued += 1;
        self.draw.of(label).with(self.issued).hex(64)
    }
}

fn expired(used: Moment, now: Moment) -> bool {
    now.since(used) > f64::from(IDLE_MINUTES) * 60.0
}

fn invalid_credentials() -> Refused {
    Refused(StatusCode::UNAUTHORIZED, "Invalid Credentials".to_owned())
}

pub(super) async fn require(State(nessus): State<Arc<Nessus>>, request: Request, next: Next) -> Response {
    let now = nessus.now();
    {
        let mut state = nessus.state();
        match state.access.admits(request.headers(), now) {
            None => return invalid_credentials().into_response(),
            Some(token) => {
                if let Some(used) = state.access.sessions.get_mut(&token) {
                    *used = now;
                }
            }
        }
    }
    next.run(request).await
}

/// Logging in needs no credentials but its own.
pub(super) fn open_routes() -> Router<Arc<Nessus>> {
    Router::new().route("/session", post(log_in))
}

pub(super) fn guarded_routes() -> Router<Arc<Nessus>> {
    Router::new().route("/session", get(who).delete(log_out)).route("/session/keys", put(rotate_keys))
}

#[derive(Deserialize)]
struct LogIn {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

async fn log_in(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    let log_in: LogIn = body(&bytes)?;
    let mut state = call.state();
    let known = &state.access.credentials;
    if log_in.username != known.username || log_in.password != known.password {
        return Err(invalid_credentials());
    }
    let token = state.access.next_secret("session");
    state.access.sessions.insert(token.clone(), call.now);
    drop(state);
    call.effect(Action::Login, &log_in.username, None);
    Ok(Json(json!({ "token": token })))
}

async fn log_out(call: Call, headers: HeaderMap) -> Answer<()> {
    let mut state = call.state();
    let token = state.access.admits(&headers, call.now).ok_or_else(invalid_credentials)?;
    state.access.sessions.remove(&token);
    let username = state.access.credentials.username.clone();
    drop(state);
    call.effect(Action::Logout, username, None);
    Ok(())
}

async fn who(call: Call) -> Json<Value> {
    let username = call.state().access.credentials.username.clone();
    Json(json!({
        "id": 2, "username": username, "name": username, "email": null, "type": "local", "permissions": 128,
        "lastlogin": call.now.epoch_seconds(), "container_id": 0, "groups": null,
    }))
}

/// New keys for the caller; the old pair is dead at once.
async fn rotate_keys(call: Call) -> Json<Value> {
    let mut state = call.state();
    let (access_key, secret_key) = (state.access.next_secret("access"), state.access.next_secret("secret"));
    state.access.credentials.access_key.clone_from(&access_key);
    state.access.credentials.secret_key.clone_from(&secret_key);
    let username = state.access.credentials.username.clone();
    drop(state);
    call.effect(Action::RotateKeys, username, None);
    Json(json!({ "accessKey": access_key, "secretKey": secret_key }))
}
