//! Refusals, and what every handler needs.
//!
//! The shape of an error is documented; that `code` repeats the HTTP status is a choice.

use std::convert::Infallible;
use std::sync::{Arc, MutexGuard};

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Acunetix;
use super::state::State;
use crate::clock::Moment;
use crate::ledger::{Action, Effect};
use crate::lifecycle::NotPossible;
use crate::vendor::RequestSeq;

pub(super) type Answer<T = Response> = Result<T, Refused>;

/// An error as Acunetix words it: `{"code", "reason", "details"}`.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    reason: String,
    details: Vec<String>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, reason: &str) -> Self {
        Refused { status, reason: reason.to_owned(), details: Vec::new() }
    }

    /// `what` begins with a capital: `Target`.
    pub(super) fn not_found(what: &str) -> Self {
        Refused::new(StatusCode::NOT_FOUND, &format!("{what} not found"))
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Refused { details: vec![detail.into()], ..Refused::new(StatusCode::BAD_REQUEST, "Validation errors") }
    }

    pub(super) fn conflict(reason: &str) -> Self {
        Refused::new(StatusCode::CONFLICT, reason)
    }
}

/// What a control call answers in the wrong state is not known; 409 is a choice.
impl From<NotPossible> for Refused {
    fn from(error: NotPossible) -> Self {
        Refused::conflict(&format!("Not possible while the scan is {}", super::state::word(error.phase)))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(error_body(self.status, &self.reason, &self.details))).into_response()
    }
}

pub(super) fn error_body(status: StatusCode, reason: &str, details: &[String]) -> Value {
    json!({ "code": status.as_u16(), "reason": reason, "details": details })
}

pub(super) async fn no_such_route() -> Refused {
    Refused::not_found("Resource")
}

pub(super) async fn wrong_method() -> Refused {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

/// 201 with the address of what was made.
pub(super) fn created(location: &str, body: Value) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// One request being handled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) vendor: Arc<Acunetix>,
    pub(super) seq: u64,
    pub(super) now: Moment,
}

impl FromRequestParts<Arc<Acunetix>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, vendor: &Arc<Acunetix>) -> Result<Self, Infallible> {
        let seq = parts.extensions.get::<RequestSeq>().map_or(0, |seq| seq.0);
        Ok(Call { vendor: Arc::clone(vendor), seq, now: vendor.now() })
    }
}

impl Call {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.vendor.state()
    }

    pub(super) fn effect(&self, action: Action, subject: &str, run: Option<&str>) {
        self.effect_with(action, subject, run, None);
    }

    pub(super) fn effect_with(&self, action: Action, subject: &str, run: Option<&str>, findings: Option<u64>) {
        self.vendor.site.ledger.effect(Effect {
            at: self.now,
            request: Some(self.seq),
            action,
            subject: subject.to_owned(),
            run: run.map(str::to_owned),
            findings,
        });
    }
}

/// Reads a JSON body whatever its declared type; no body reads as an empty object.
pub(super) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Answer<T> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text).map_err(|error| Refused::invalid(format!("body: {error}")))
}

/// A date and time as the API writes it. That the zone is written `+00:00` is not documented; clients of the product
/// read it so.
pub(super) fn time(moment: Moment) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S.%6f+00:00")
}
