//! The envelope of every answer, refusals, and what every handler needs.
//!
//! A refusal is recorded as status 403 with a code of its own, whatever the reason: 403 does not mean "not allowed".
//! Only code 147 with its text is recorded (deleting what is not there); the other codes are choices made here.

use std::convert::Infallible;
use std::sync::{Arc, MutexGuard};

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State as Shared};
use axum::http::header::HeaderValue;
use axum::http::request::Parts;
use axum::http::{Response as HttpResponse, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::TenableSc;
use super::access::Role;
use super::state::State;
use crate::clock::Moment;
use crate::config::Licence;
use crate::ledger::{Action, Effect};
use crate::vendor::RequestSeq;

pub(super) type Answer<T = Said> = Result<T, Refused>;

/// What goes into the envelope.
#[derive(Debug, Clone)]
pub(super) struct Said {
    response: Value,
    /// Beside an `error_code` of 0: the vendor reports some failures only so.
    remark: String,
}

impl Said {
    pub(super) fn remark(text: &str) -> Self {
        Said { response: Value::from(""), remark: text.to_owned() }
    }

    /// An empty text, the vendor's answer when there is nothing to tell.
    pub(super) fn nothing() -> Self {
        Value::from("").into()
    }
}

impl From<Value> for Said {
    fn from(response: Value) -> Self {
        Said { response, remark: String::new() }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Refused {
    code: u32,
    text: String,
}

impl Refused {
    pub(super) fn new(code: u32, text: impl Into<String>) -> Self {
        Refused { code, text: text.into() }
    }

    /// `verb` is what was asked, `kind` and `id` of what.
    pub(super) fn missing(verb: &str, kind: &str, id: &str) -> Self {
        Refused::new(147, format!("Unable to find existing {kind} #{id} to {verb}.\n{kind} #{id} does not exist.\n"))
    }

    pub(super) fn invalid(text: impl AsRef<str>) -> Self {
        Refused::new(146, format!("{}\n", text.as_ref()))
    }
}

/// Handlers hand over what they say; [`envelope`] writes it down.
impl IntoResponse for Said {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FORBIDDEN;
        response.extensions_mut().insert(self);
        response
    }
}

pub(super) async fn envelope(Shared(sc): Shared<Arc<TenableSc>>, request: Request, next: Next) -> Response {
    let now = sc.now();
    let mut response = next.run(request).await;
    let (said, refused) = (response.extensions_mut().remove::<Said>(), response.extensions_mut().remove::<Refused>());
    let written = match (said, refused) {
        (Some(said), _) => Some(sealed(said.response, 0, &said.remark, now)),
        (None, Some(refused)) => Some(sealed(Value::from(""), refused.code, &refused.text, now)),
        (None, None) => None,
    };
    let mut response = match written {
        None => response,
        Some(body) => {
            let (parts, _) = response.into_parts();
            let mut whole = Json(body).into_response();
            *whole.status_mut() = parts.status;
            whole.headers_mut().extend(parts.headers);
            whole
        }
    };
    response.headers_mut().insert("securitycenter", HeaderValue::from_static(super::system::VERSION));
    response
}

pub(super) fn sealed(response: Value, code: u32, text: &str, now: Moment) -> Value {
    json!({
        "type": "regular",
        "response": response,
        "error_code": code,
        "error_msg": text,
        "warnings": [],
        "timestamp": now.epoch_seconds(),
    })
}

pub(super) async fn no_such_route() -> HttpResponse<Body> {
    let mut response = Response::new(Body::from("<html><head><title>404 Not Found</title></head></html>"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/html; charset=iso-8859-1"));
    response
}

/// One request being handled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) sc: Arc<TenableSc>,
    pub(super) seq: u64,
    pub(super) now: Moment,
    role: Option<Role>,
}

impl FromRequestParts<Arc<TenableSc>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, sc: &Arc<TenableSc>) -> Result<Self, Infallible> {
        let seq = parts.extensions.get::<RequestSeq>().map_or(0, |seq| seq.0);
        let role = parts.extensions.get::<Role>().copied();
        Ok(Call { sc: Arc::clone(sc), seq, now: sc.now(), role })
    }
}

impl Call {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.sc.state()
    }

    pub(super) fn is_administrator(&self) -> bool {
        self.role == Some(Role::Administrator)
    }

    /// Scans and their results belong to an organisation; the administrator of the server has none.
    pub(super) fn may_read_scans(&self) -> Answer<()> {
        if self.is_administrator() {
            return Err(Refused::new(143, "You do not have permission to access Scans.\n"));
        }
        Ok(())
    }

    pub(super) fn may_change_scans(&self) -> Answer<()> {
        self.may_read_scans()?;
        match self.sc.site.config.licence {
            Licence::Manager => Ok(()),
            Licence::Professional => Err(Refused::new(143, "You do not have permission to manage Scans.\n")),
        }
    }

    pub(super) fn effect(&self, action: Action, subject: impl ToString, run: Option<i64>) {
        self.effect_with(action, subject, run, None);
    }

    pub(super) fn effect_with(&self, action: Action, subject: impl ToString, run: Option<i64>, findings: Option<u64>) {
        self.sc.site.ledger.effect(Effect {
            at: self.now,
            request: Some(self.seq),
            action,
            subject: subject.to_string(),
            run: run.map(|run| run.to_string()),
            findings,
        });
    }
}

/// Reads a JSON body whatever its declared type; no body reads as an empty object.
pub(super) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Answer<T> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text).map_err(|error| Refused::invalid(format!("Invalid JSON: {error}")))
}
