//! Refusals, and what every handler needs.
//!
//! The body of a refusal is not documented; `{"Message": text}`, as servers of this kind write, is a choice.

use std::convert::Infallible;
use std::sync::{Arc, MutexGuard};

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Invicti;
use super::state::State;
use crate::clock::Moment;
use crate::ledger::{Action, Effect};
use crate::vendor::RequestSeq;

pub(super) type Answer<T = Response> = Result<T, Refused>;

#[derive(Debug)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl Refused {
    pub(super) fn not_found(what: &str) -> Self {
        Refused(StatusCode::NOT_FOUND, format!("{what} could not be found."))
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Refused(StatusCode::BAD_REQUEST, detail.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(message(&self.1))).into_response()
    }
}

pub(super) fn message(text: &str) -> Value {
    json!({ "Message": text })
}

pub(super) async fn no_such_route() -> Refused {
    Refused::not_found("The requested resource")
}

pub(super) async fn wrong_method() -> Refused {
    Refused(StatusCode::METHOD_NOT_ALLOWED, "The requested resource does not support this method.".to_owned())
}

/// One request being handled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) vendor: Arc<Invicti>,
    pub(super) seq: u64,
    pub(super) now: Moment,
}

impl FromRequestParts<Arc<Invicti>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, vendor: &Arc<Invicti>) -> Result<Self, Infallible> {
        let seq = parts.extensions.get::<RequestSeq>().map_or(0, |seq| seq.0);
        Ok(Call { vendor: Arc::clone(vendor), seq, now: vendor.now() })
    }
}

impl Call {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.vendor.state()
    }

    pub(super) fn effect(&self, action: Action, subject: &str, findings: Option<u64>) {
        self.vendor.site.ledger.effect(Effect {
            at: self.now,
            request: Some(self.seq),
            action,
            subject: subject.to_owned(),
            run: None,
            findings,
        });
    }
}

/// Reads a JSON body whatever its declared type.
pub(super) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(|error| Refused::invalid(format!("The request is invalid: {error}")))
}

/// A date and time as the API writes it.
pub(super) fn time(moment: Moment) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// The date format of the account, in which some texts are written.
pub(super) const ACCOUNT_DATE: &str = "dd/MM/yyyy";

/// A date and time in the account's format, without a zone.
pub(super) fn account_time(moment: Moment) -> String {
    moment.format("%d/%m/%Y %I:%M %p")
}

/// A duration as reports write it: `00:10:08.2111365`.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    let whole = seconds as u64;
    let fraction = ((seconds - whole as f64) * 1e7) as u64;
    format!("{:02}:{:02}:{:02}.{fraction:07}", whole / 3600, whole / 60 % 60, whole % 60)
}
