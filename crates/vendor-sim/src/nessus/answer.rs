//! Refusals, and what every handler needs.

use std::convert::Infallible;
use std::sync::{Arc, MutexGuard};

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Nessus;
use super::state::State;
use crate::clock::Moment;
use crate::config::Licence;
use crate::ledger::{Action, Effect};
use crate::lifecycle::NotPossible;
use crate::vendor::RequestSeq;

pub(super) type Answer<T = Response> = Result<T, Refused>;

/// An error as Nessus words it: a status and `{"error": text}`.
#[derive(Debug)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl Refused {
    pub(super) fn not_found() -> Self {
        Refused(StatusCode::NOT_FOUND, "The requested file was not found".to_owned())
    }

    pub(super) fn invalid(field: &str) -> Self {
        Refused(StatusCode::BAD_REQUEST, format!("Invalid '{field}' field"))
    }

    pub(super) fn bad(text: &str) -> Self {
        Refused(StatusCode::BAD_REQUEST, text.to_owned())
    }

    pub(super) fn conflict(text: &str) -> Self {
        Refused(StatusCode::CONFLICT, text.to_owned())
    }
}

/// The real body of this refusal is not known; 409 is a choice.
impl From<NotPossible> for Refused {
    fn from(error: NotPossible) -> Self {
        Refused::conflict(&format!("The scan cannot be controlled while {:?}", error.phase).to_lowercase())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(super) async fn no_such_route() -> Refused {
    Refused::not_found()
}

pub(super) async fn wrong_method() -> Refused {
    Refused(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed".to_owned())
}

/// One request being handled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) nessus: Arc<Nessus>,
    pub(super) seq: u64,
    pub(super) now: Moment,
}

impl FromRequestParts<Arc<Nessus>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, nessus: &Arc<Nessus>) -> Result<Self, Infallible> {
        let seq = parts.extensions.get::<RequestSeq>().map_or(0, |seq| seq.0);
        Ok(Call { nessus: Arc::clone(nessus), seq, now: nessus.now() })
    }
}

impl Call {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.nessus.state()
    }

    /// Refuses calls that create or control scans, as Professional and Expert do.
    pub(super) fn needs_manager(&self) -> Answer<()> {
        match self.nessus.licence() {
            Licence::Manager => Ok(()),
            Licence::Professional => Err(Refused(StatusCode::PRECONDITION_FAILED, "API is not available".to_owned())),
        }
    }

    pub(super) fn effect(&self, action: Action, subject: impl ToString, run: Option<&str>) {
        self.effect_with(action, subject, run, None);
    }

    pub(super) fn effect_with(&self, action: Action, subject: impl ToString, run: Option<&str>, findings: Option<u64>) {
        self.nessus.site.ledger.effect(Effect {
            at: self.now,
            request: Some(self.seq),
            action,
            subject: subject.to_string(),
            run: run.map(str::to_owned),
            findings,
        });
    }
}

pub(super) fn number(text: &str) -> Answer<i64> {
    text.parse().map_err(|_| Refused::not_found())
}

/// Reads a JSON body whatever its declared type; no body reads as an empty object.
pub(super) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Answer<T> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text).map_err(|error| Refused::bad(&format!("Invalid JSON: {error}")))
}
