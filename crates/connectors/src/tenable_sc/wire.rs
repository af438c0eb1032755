//! One exchange with Security Center: the envelope around every answer, and the log-in in front of it.
//!
//! The HTTP status tells little. A refusal is a 403 or a 200 whose `error_code` is not 0, and a 403 may mean a missing
//! object as well as a missing right. So the envelope is read first, whatever the status; only what has none is judged
//! by its status. A write that is answered with code 0 *and* a complaint (which has been recorded) may have happened.
//!
//! No list of the codes is public. Known are 12 for an ended session and 147 for a missing scan; everything else is
//! told by the words of the message, and what they do not tell is a refusal with the vendor's reason.

use std::path::Path;

use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::text;
use scanhelm_net::{Answer, NetError, Request, VendorHttp, WriteError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::access::Access;
use super::client::Seen;
use super::model::Envelope;
use crate::contract::CallError;
use crate::outcome;

#[derive(Debug)]
pub(super) struct Wire {
    http: VendorHttp,
    access: Access,
}

/// A good answer, out of its envelope.
#[derive(Debug)]
pub(super) struct Heard {
    envelope: Envelope,
    what: &'static str,
    host: String,
    at: Timestamp,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Security Center's own no. Nothing happened.
    Refused(Refusal),
    /// The transport's, or an answer that is none of Security Center's. Nothing happened.
    Net(NetError),
    /// A write that may have happened.
    Lost(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    reason: Reason,
    detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Login,
    Missing,
    Right,
    Other,
}

impl Wire {
    pub(super) const fn new(http: VendorHttp, access: Access) -> Self {
        Self { http, access }
    }

    pub(super) fn host(&self) -> &str {
        self.http.host()
    }

    pub(super) async fn get(
        &self,
        what: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Heard, Trouble> {
        let request = Request::new(what, segments).query(query);
        let headers = self.access.headers(&self.http).await?;
        let first = of_get(what, self.host(), self.http.get(&request.headers(&headers)).await);
        match self.renewed(&first, &headers).await? {
            Some(headers) => of_get(what, self.host(), self.http.get(&request.headers(&headers)).await),
            None => first,
        }
    }

    pub(super) async fn post(&self, what: &'static str, segments: &[&str], body: &Value) -> Result<Heard, Trouble> {
        let request = Request::new(what, segments);
        let headers = self.access.headers(&self.http).await?;
        let first = of_write(what, self.host(), self.http.post_json(&request.headers(&headers), body).await);
        match self.renewed(&first, &headers).await? {
            Some(headers) => of_write(what, self.host(), self.http.post_json(&request.headers(&headers), body).await),
            None => first,
        }
    }

    pub(super) async fn delete(&self, what: &'static str, segments: &[&str]) -> Result<Heard, Trouble> {
        let request = Request::new(what, segments);
        let headers = self.access.headers(&self.http).await?;
        let first = of_write(what, self.host(), self.http.delete(&request.headers(&headers)).await);
        match self.renewed(&first, &headers).await? {
            Some(headers) => of_write(what, self.host(), self.http.delete(&request.headers(&headers)).await),
            None => first,
        }
    }

    pub(super) async fn download(
        &self,
        what: &'static str,
        segments: &[&str],
        body: &Value,
        into: &Path,
        cap: u64,
    ) -> Result<u64, Trouble> {
        let request = Request::new(what, segments);
        let headers = self.access.headers(&self.http).await?;
        let outcome = self.http.download_posted(&request.headers(&headers), body, into, cap).await;
        let first = outcome.map_err(|error| of_status(self.host(), error));
        match self.renewed(&first, &headers).await? {
            Some(headers) => {
                let outcome = self.http.download_posted(&request.headers(&headers), body, into, cap).await;
                outcome.map_err(|error| of_status(self.host(), error))
            }
            None => first,
        }
    }

    /// After a refusal for want of a session: fresh headers, once. A refused write was not carried out, so it may go
    /// again. API keys cannot be renewed, and a wrong password is never tried twice in one call.
    async fn renewed<T>(
        &self,
        outcome: &Result<T, Trouble>,
        used: &[(&'static str, Secret)],
    ) -> Result<Option<Vec<(&'static str, Secret)>>, Trouble> {
        match outcome {
            Err(Trouble::Refused(refusal)) if refusal.is_about_login() => self.access.renewed(&self.http, used).await,
            _ => Ok(None),
        }
    }
}

impl Heard {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Seen<T>, CallError> {
        let value = self.value().map_err(outcome::garbage)?;
        Ok(Seen { value, at: self.at, vendor_now: self.envelope.timestamp })
    }

    /// The answer to a write: done it is, even if what it says cannot be read.
    pub(super) fn read_written<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        self.value().map_err(|detail| CallError::Unknown { detail })
    }

    fn value<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(self.envelope.response.get()).map_err(|error| {
            let error = text::single_line(&error.to_string(), 300);
            format!("{} at {}: the answer is not of the expected shape ({error})", self.what, self.host)
        })
    }
}

impl Trouble {
    /// The credentials are not accepted.
    pub(super) const fn login(detail: String) -> Self {
        Self::Refused(Refusal { reason: Reason::Login, detail })
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(Refusal { reason: Reason::Missing, .. }))
    }

    pub(super) fn of_read(self) -> CallError {
        let failed = |kind, detail| CallError::Failed { kind, detail, retry_after: None };
        match self {
            Self::Refused(Refusal { reason: Reason::Login, detail }) => failed(ConditionKind::Authentication, detail),
            Self::Refused(Refusal { reason: Reason::Missing, detail }) => CallError::Gone { detail },
            Self::Refused(Refusal { reason: Reason::Right, detail }) => failed(ConditionKind::Permission, detail),
            Self::Refused(Refusal { reason: Reason::Other, detail }) | Self::Lost(detail) => {
                failed(ConditionKind::VendorError, detail)
            }
            Self::Net(error) => outcome::of_read(&error),
        }
    }

    pub(super) fn of_write(self) -> CallError {
        match self {
            Self::Refused(Refusal { reason: Reason::Right | Reason::Other, detail }) => {
                CallError::Refused { detail, by_licence: false }
            }
            Self::Lost(detail) => CallError::Unknown { detail },
            Self::Net(error) => outcome::of_write(&WriteError::NotDone(error)),
            login_or_missing => login_or_missing.of_read(),
        }
    }
}

impl Refusal {
    pub(super) fn is_about_login(&self) -> bool {
        self.reason == Reason::Login
    }

    /// What an envelope refuses, if it does.
    fn of(what: &str, host: &str, envelope: &Envelope) -> Option<Self> {
        if envelope.error_code == 0 {
            return None;
        }
        let message = text::single_line(&envelope.error_msg, 500);
        let reason = reason(envelope.error_code, &message);
        let detail = format!("{what} at {host}: Security Center says \"{message}\" (code {})", envelope.error_code);
        Some(Self { reason, detail })
    }
}

fn reason(code: i64, message: &str) -> Reason {
    const LOGIN: [&str; 6] =
        ["invalid token", "invalid login", "invalid api key", "invalid access key", "not logged in", "session has"];
    const MISSING: [&str; 3] = ["does not exist", "unable to find", "not found"];
    const RIGHT: [&str; 5] = ["permission", "privilege", "not authorized", "not allowed", "access denied"];
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match code {
        12 => Reason::Login,
        147 => Reason::Missing,
        _ if says(&LOGIN) => Reason::Login,
        _ if says(&MISSING) => Reason::Missing,
        _ if says(&RIGHT) => Reason::Right,
        _ => Reason::Other,
    }
}

fn of_get(what: &'static str, host: &str, outcome: Result<Answer, NetError>) -> Result<Heard, Trouble> {
    let answer = outcome.map_err(|error| of_status(host, error))?;
    let heard = open(what, host, &answer).map_err(Trouble::Net)?;
    match Refusal::of(what, host, &heard.envelope) {
        Some(refusal) => Err(Trouble::Refused(refusal)),
        None => Ok(heard),
    }
}

fn of_write(what: &'static str, host: &str, outcome: Result<Answer, WriteError>) -> Result<Heard, Trouble> {
    let answer = outcome.map_err(|error| match error {
        WriteError::Unknown(error) => Trouble::Lost(error.to_string()),
        WriteError::NotDone(error) => of_status(host, error),
    })?;
    let heard = open(what, host, &answer).map_err(|error| Trouble::Lost(error.to_string()))?;
    if let Some(refusal) = Refusal::of(what, host, &heard.envelope) {
        return Err(Trouble::Refused(refusal));
    }
    let complaint = text::single_line(&heard.envelope.error_msg, 500);
    if complaint.is_empty() {
        return Ok(heard);
    }
    Err(Trouble::Lost(format!("{what} at {host}: Security Center accepted it and complains \"{complaint}\"")))
}

fn open(what: &'static str, host: &str, answer: &Answer) -> Result<Heard, NetError> {
    let envelope = answer.json::<Envelope>()?;
    Ok(Heard { envelope, what, host: host.to_owned(), at: answer.asked_at })
}

/// A status that is no success, with or without an envelope.
fn of_status(host: &str, error: NetError) -> Trouble {
    let envelope = serde_json::from_slice::<Envelope>(error.body()).ok();
    if let Some(refusal) = envelope.and_then(|envelope| Refusal::of(error.what, host, &envelope)) {
        return Trouble::Refused(refusal);
    }
    let reason = match error.status() {
        Some(401) => Reason::Login,
        Some(404 | 410) => Reason::Missing,
        _ => return Trouble::Net(error),
    };
    Trouble::Refused(Refusal { reason, detail: error.to_string() })
}
