//! Who may ask: HTTP Basic on every call, or a session cookie; and the header every call must carry.
//!
//! A session ends after an idle hour, and there is no log-in without the vendor's own header; both are choices.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Qualys;
use super::answer::{Call, Refused, xml};
use crate::clock::Moment;
use crate::config::Credentials;
use crate::ledger::Action;
use crate::pairs;
use crate::random::Draw;

const IDLE_SECONDS: f64 = 3600.0;
const COOKIE_NAME: &str = "QualysSession";

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

    /// The session, or an empty text for Basic, when the headers admit the caller.
    pub(super) fn admits(&self, headers: &HeaderMap, now: Moment) -> Option<String> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(encoded) = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Basic ")) {
            let pair = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
            let (username, password) = pair.split_once(':')?;
            return self.knows(username, password).then(String::new);
        }
        let session = pairs::value(text(COOKIE)?, COOKIE_NAME)?;
        let used = self.sessions.get(session)?;
        (now.since(*used) <= IDLE_SECONDS).then(|| session.to_owned())
    }

    pub(super) fn forget_expired(&mut self, now: Moment) {
        self.sessions.retain(|_, used| now.since(*used) <= IDLE_SECONDS);
    }

    pub(super) fn username(&self) -> &str {
        &self.credentials.username
    }

    fn knows(&self, username: &str, password: &str) -> bool {
        username == self.credentials.username && password == self.credentials.password
    }
}

fn unauthorised() -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, 2000, "Bad Login/Password")
}

pub(super) async fn require(State(qualys): State<Arc<Qualys>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let call = Call::of(&parts, &qualys);
    let admitted = {
        let mut state = qualys.state();
        let session = state.access.admits(&parts.headers, call.now);
        if let Some(used) = session.as_ref().and_then(|session| state.access.sessions.get_mut(session)) {
            *used = call.now;
        }
        session.is_some()
    };
    if !admitted {
        let mut response = call.answer(Err(unauthorised()));
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Qualys API\""));
        return response;
    }
    if let Err(refused) = named_client(&parts.headers) {
        return call.answer(Err(refused));
    }
    next.run(Request::from_parts(parts, body)).await
}

fn named_client(headers: &HeaderMap) -> Result<(), Refused> {
    if headers.contains_key("x-requested-with") {
        return Ok(());
    }
    Err(Refused::new(StatusCode::BAD_REQUEST, 1903, "Missing required header: X-Requested-With"))
}

pub(super) fn open_routes() -> Router<Arc<Qualys>> {
    Router::new().route("/api/{version}/fo/session/", post(session))
}

pub(super) fn guarded_routes() -> Router<Arc<Qualys>> {
    Router::new().route("/msp/about.php", get(about))
}

async fn session(call: Call, headers: HeaderMap) -> Response {
    let outcome = named_client(&headers).and_then(|()| match call.needed("action")? {
        "login" => log_in(&call),
        "logout" => log_out(&call, &headers),
        other => Err(Refused::invalid("action", other, "must be login or logout")),
    });
    call.answer(outcome)
}

fn log_in(call: &Call) -> Result<Response, Refused> {
    let (username, password) = (call.needed("username")?, call.needed("password")?);
    let mut state = call.state();
    let access = &mut state.access;
    if !access.knows(username, password) {
        return Err(unauthorised());
    }
    access.issued += 1;
    let session = access.draw.of("session").with(access.issued).hex(32);
    access.sessions.insert(session.clone(), call.now);
    drop(state);
    call.effect(Action::Login, username, None);
    let mut response = call.simple("Logged in", &[]);
    let secure = if call.qualys.site.config.tls { "; secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{COOKIE_NAME}={session}; path=/api; HttpOnly{secure}")) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    Ok(response)
}

fn log_out(call: &Call, headers: &HeaderMap) -> Result<Response, Refused> {
    let mut state = call.state();
    let session = state.access.admits(headers, call.now).ok_or_else(unauthorised)?;
    state.access.sessions.remove(&session);
    let username = state.access.username().to_owned();
    drop(state);
    call.effect(Action::Logout, &username, None);
    Ok(call.simple("Logged out", &[]))
}

async fn about() -> Response {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<ABOUT>\n<API-VERSION MAJOR=\"1\" MINOR=\"4\"/>\n\
        <WEB-VERSION>10.32.0.0-1</WEB-VERSION>\n<SCANNER-VERSION>12.17.55-1</SCANNER-VERSION>\n\
        <VULNSIGS-VERSION>2.6.200-3</VULNSIGS-VERSION>\n</ABOUT>\n";
    xml(body.to_owned()).into_response()
}
