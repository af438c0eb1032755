//! Who may ask: API keys (`x-apikey`) and sessions (a token in `X-SecurityCenter` and a cookie).
//!
//! There are two accounts. The one of the configured credentials belongs to an organisation and sees scans and
//! results; `NAME-administrator`, with the access key `KEY-administrator`, runs the server and sees scanners. How many
//! sessions a user may have is set by the vendor's administrator; here it is [`MOST_SESSIONS`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused, Said, body};
use super::wire::text;
use crate::clock::Moment;
use crate::config::Credentials;
use crate::ledger::Action;
use crate::pairs;
use crate::random::Draw;

pub(super) const SESSION_SECONDS: u32 = 3600;
const MOST_SESSIONS: usize = 8;
const ADMINISTRATOR: &str = "-administrator";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Organisation,
    Administrator,
}

#[derive(Debug)]
struct Session {
    cookie: String,
    role: Role,
    used: Moment,
}

#[derive(Debug)]
pub(super) struct Access {
    draw: Draw,
    credentials: Credentials,
    /// By token.
    sessions: BTreeMap<u64, Session>,
    issued: u64,
}

/// How a request proved who sends it.
pub(super) struct Admitted {
    pub(super) role: Role,
    session: Option<u64>,
}

impl Access {
    pub(super) fn new(draw: Draw, credentials: Credentials) -> Self {
        Access { draw, credentials, sessions: BTreeMap::new(), issued: 0 }
    }

    pub(super) fn admits(&self, headers: &HeaderMap, now: Moment) -> Option<Admitted> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(keys) = header("x-apikey") {
            let role = self.role_of(pairs::value(keys, "accessKey")?, &self.credentials.access_key)?;
            let fits = pairs::value(keys, "secretKey") == Some(&self.credentials.secret_key);
            return fits.then_some(Admitted { role, session: None });
        }
        let token: u64 = header("x-securitycenter")?.parse().ok()?;
        let session = self.sessions.get(&token)?;
        let fits = pairs::value(header("cookie")?, "TNS_SESSIONID") == Some(&session.cookie) && !expired(session, now);
        fits.then_some(Admitted { role: session.role, session: Some(token) })
    }

    pub(super) fn forget_expired(&mut self, now: Moment) {
        self.sessions.retain(|_, session| !expired(session, now));
    }

    pub(super) fn username(&self) -> &str {
        &self.credentials.username
    }

    fn role_of(&self, name: &str, known: &str) -> Option<Role> {
        if name == known {
            return Some(Role::Organisation);
        }
        (name.strip_suffix(ADMINISTRATOR)? == known).then_some(Role::Administrator)
    }

    /// Token and cookie of a new session.
    fn open(&mut self, role: Role, now: Moment) -> (u64, String) {
        self.issued += 1;
        let draw = self.draw.of("session").with(self.issued);
        let (token, cookie) = (100_000_000 + draw.below(1_900_000_000), draw.hex(32));
        self.sessions.insert(token, Session { cookie: cookie.clone(), role, used: now });
        (token, cookie)
    }
}

fn expired(session: &Session, now: Moment) -> bool {
    now.since(session.used) > f64::from(SESSION_SECONDS)
}

pub(super) async fn require(State(sc): State<Arc<TenableSc>>, mut request: Request, next: Next) -> Response {
    let now = sc.now();
    let role = {
        let mut state = sc.state();
        let Some(admitted) = state.access.admits(request.headers(), now) else {
            return Refused::new(12, "This request requires authentication. Please log in.\n").into_response();
        };
        if let Some(session) = admitted.session.and_then(|token| state.access.sessions.get_mut(&token)) {
            session.used = now;
        }
        admitted.role
    };
    request.extensions_mut().insert(role);
    next.run(request).await
}

pub(super) fn open_routes() -> Router<Arc<TenableSc>> {
    Router::new().route("/rest/token", post(log_in))
}

pub(super) fn guarded_routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/token", axum::routing::delete(log_out))
        .route("/rest/currentUser", get(who))
        .route("/rest/currentOrganization", get(organisation))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogIn {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    release_session: Option<Value>,
}

async fn log_in(call: Call, bytes: Bytes) -> Answer<Response> {
    let log_in: LogIn = body(&bytes)?;
    let release = log_in.release_session.is_some_and(|value| value == true || value == "true");
    let mut state = call.state();
    let access = &mut state.access;
    let role = access.role_of(&log_in.username, &access.credentials.username);
    let Some(role) = role.filter(|_| log_in.password == access.credentials.password) else {
        return Err(Refused::new(143, "Invalid login credentials.\n"));
    };
    let of_role = |access: &Access| access.sessions.values().filter(|session| session.role == role).count();
    if of_role(access) >= MOST_SESSIONS {
        if !release {
            return Ok(Said::from(json!({ "releaseSession": true })).into_response());
        }
        access.sessions.retain(|_, session| session.role != role);
    }
    let (token, cookie) = access.open(role, call.now);
    drop(state);
    call.effect(Action::Login, &log_in.username, None);
    let mut response = Said::from(json!({
        "lastLogin": text(call.now.epoch_seconds()), "lastLoginIP": "127.0.0.1", "failedLogins": "0",
        "failedLoginIP": "", "lastFailedLogin": "-1", "token": token, "unassociatedCert": "false",
    }))
    .into_response();
    let secure = if call.sc.site.config.tls { "; secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("TNS_SESSIONID={cookie}; path=/; HttpOnly{secure}")) {
        response.headers_mut().insert("set-cookie", value);
    }
    Ok(response)
}

/// With API keys there is nothing to end, and the vendor's answer is the same.
async fn log_out(call: Call, headers: HeaderMap) -> Said {
    let mut state = call.state();
    let session = state.access.admits(&headers, call.now).and_then(|admitted| admitted.session);
    if let Some(token) = session {
        state.access.sessions.remove(&token);
        let username = state.access.username().to_owned();
        drop(state);
        call.effect(Action::Logout, username, None);
    }
    Said::nothing()
}

async fn who(call: Call) -> Said {
    let state = call.state();
    let (suffix, role, id) =
        if call.is_administrator() { (ADMINISTRATOR, "Administrator", "1") } else { ("", "Security Manager", "2") };
    let username = format!("{}{suffix}", state.access.username());
    json!({
        "id": id, "username": username, "firstname": username, "lastname": "", "status": "0", "email": "",
        "role": { "id": id, "name": role, "description": "" },
        "orgID": if call.is_administrator() { "0" } else { "1" }, "orgName": super::system::ORGANISATION,
    })
    .into()
}

async fn organisation() -> Said {
    json!({ "id": "1", "name": super::system::ORGANISATION, "description": "" }).into()
}
