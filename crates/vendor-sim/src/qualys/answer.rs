//! Refusals, short answers, and what every handler needs.
//!
//! Error codes are the vendor's published ones. Which of them answers a call that does not fit a scan's state, or one
//! without `X-Requested-With`, is not known; the choices are made here.

use std::sync::{Arc, MutexGuard};

use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Qualys;
use super::document::Document;
use super::state::State;
use crate::clock::Moment;
use crate::config::Licence;
use crate::ledger::{Action, Effect};
use crate::vendor::{Form, RequestSeq};

const SIMPLE_RETURN: &str = "/api/2.0/simple_return.dtd";

/// An error of the vendor's: a status, a code, a text, and named values.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) text: String,
    pub(super) items: Vec<(&'static str, String)>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: u32, text: impl Into<String>) -> Self {
        Refused { status, code, text: text.into(), items: Vec::new() }
    }

    pub(super) fn unknown_parameter(name: &str) -> Self {
        Refused::new(StatusCode::BAD_REQUEST, 1901, format!("Unrecognized parameter(s): {name}"))
    }

    pub(super) fn missing(name: &str) -> Self {
        Refused::new(StatusCode::BAD_REQUEST, 1903, format!("Missing required parameter(s): {name}"))
    }

    pub(super) fn only_one_of(names: &str) -> Self {
        Refused::new(StatusCode::BAD_REQUEST, 1904, format!("Please specify only one of these parameters: {names}"))
    }

    pub(super) fn need_one_of(names: &str) -> Self {
        Refused::new(StatusCode::BAD_REQUEST, 1922, format!("Please specify at least one of the following: {names}"))
    }

    pub(super) fn invalid(name: &str, value: &str, why: &str) -> Self {
        let text = format!("parameter {name} has invalid value: {value} ({why})");
        Refused::new(StatusCode::BAD_REQUEST, 1905, text)
    }

    pub(super) fn wrong_method() -> Self {
        Refused::new(StatusCode::BAD_REQUEST, 1908, "Wrong HTTP method: this action has to be sent by POST")
    }

    pub(super) fn forbidden() -> Self {
        Refused::new(StatusCode::FORBIDDEN, 2012, "User license is not authorized to run this API.")
    }

    pub(super) fn blocked(text: impl Into<String>) -> Self {
        Refused::new(StatusCode::CONFLICT, 1920, text)
    }

    pub(super) fn write(&self, origin: &str, now: Moment) -> String {
        let items: Vec<(&str, &str)> = self.items.iter().map(|(key, value)| (*key, value.as_str())).collect();
        simple(origin, now, Some(self.code), &self.text, &items)
    }
}

/// The document that the vendor answers when there is little to say.
pub(super) fn simple(origin: &str, now: Moment, code: Option<u32>, text: &str, items: &[(&str, &str)]) -> String {
    let mut document = Document::new("SIMPLE_RETURN", origin, SIMPLE_RETURN, now);
    if let Some(code) = code {
        document.number("CODE", code);
    }
    document.text("TEXT", text);
    if !items.is_empty() {
        document.open("ITEM_LIST");
        for (key, value) in items {
            document.item(key, value);
        }
        document.close("ITEM_LIST");
    }
    document.finish()
}

/// One request being handled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) qualys: Arc<Qualys>,
    pub(super) seq: u64,
    pub(super) now: Moment,
    pub(super) method: Method,
    pub(super) path: String,
    /// `https://host:port`, as the client wrote it.
    pub(super) origin: String,
    form: Form,
}

impl Call {
    pub(super) fn of(parts: &Parts, qualys: &Arc<Qualys>) -> Self {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let scheme = if qualys.site.config.tls { "https" } else { "http" };
        Call {
            qualys: Arc::clone(qualys),
            seq: parts.extensions.get::<RequestSeq>().map_or(0, |seq| seq.0),
            now: qualys.now(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            origin: format!("{scheme}://{host}"),
            form: parts.extensions.get::<Form>().cloned().unwrap_or_else(|| Form(Arc::default())),
        }
    }
}

impl FromRequestParts<Arc<Qualys>> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, qualys: &Arc<Qualys>) -> Result<Self, Self::Rejection> {
        Ok(Call::of(parts, qualys))
    }
}

impl Call {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.qualys.state()
    }

    /// A parameter with something in it.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.form.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, Refused> {
        self.parameter(name).ok_or_else(|| Refused::missing(name))
    }

    /// A switch, 0 or 1.
    pub(super) fn switch(&self, name: &str, usual: bool) -> Result<bool, Refused> {
        match self.parameter(name) {
            None => Ok(usual),
            Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(other) => Err(Refused::invalid(name, other, "must be 0 or 1")),
        }
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Option<Vec<std::ops::RangeInclusive<u32>>>, Refused> {
        let Some(value) = self.parameter(name) else { return Ok(None) };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<u32>().ok();
            let why = format!("neither a positive integer nor a range: {part}");
            number(first).zip(number(last)).map(|(a, b)| a..=b).ok_or_else(|| Refused::invalid(name, part, &why))
        };
        value.split(',').map(range).collect::<Result<_, _>>().map(Some)
    }

    /// A moment, with or without the time of day.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Moment>, Refused> {
        let Some(value) = self.parameter(name) else { return Ok(None) };
        let day = value.parse::<jiff::civil::Date>().ok().map(|date| format!("{date}T00:00:00Z"));
        let timestamp = day.as_deref().unwrap_or(value).parse::<jiff::Timestamp>();
        let why = "must be YYYY-MM-DD[THH:MM:SSZ]";
        let timestamp = timestamp.map_err(|_| Refused::invalid(name, value, why))?;
        Ok(Some(Moment::from_epoch_seconds(timestamp.as_second())))
    }

    pub(super) fn only_parameters(&self, known: &[&str]) -> Result<(), Refused> {
        let common = ["action", "echo_request"];
        let strange =
            self.form.0.iter().find(|(name, _)| !known.contains(&name.as_str()) && !common.contains(&name.as_str()));
        strange.map_or(Ok(()), |(name, _)| Err(Refused::unknown_parameter(name)))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.form.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn may_change_scans(&self) -> Result<(), Refused> {
        if self.method != Method::POST {
            return Err(Refused::wrong_method());
        }
        match self.qualys.site.config.licence {
            Licence::Manager => Ok(()),
            Licence::Professional => Err(Refused::forbidden()),
        }
    }

    /// The role of the account: the restricted one may look only.
    pub(super) fn role(&self) -> &'static str {
        match self.qualys.site.config.licence {
            Licence::Manager => "Manager",
            Licence::Professional => "Reader",
        }
    }

    pub(super) fn document(&self, root: &'static str) -> Document {
        let definition = format!("{}{}.dtd", self.path, root.to_lowercase());
        Document::new(root, &self.origin, &definition, self.now)
    }

    pub(super) fn simple(&self, text: &str, items: &[(&str, &str)]) -> Response {
        xml(simple(&self.origin, self.now, None, text, items))
    }

    /// Writes a refusal down, or passes the answer on.
    pub(super) fn answer(&self, outcome: Result<Response, Refused>) -> Response {
        outcome.unwrap_or_else(|refused| {
            let mut response = xml(refused.write(&self.origin, self.now));
            *response.status_mut() = refused.status;
            response
        })
    }

    pub(super) fn effect(&self, action: Action, subject: &str, findings: Option<u64>) {
        self.qualys.site.ledger.effect(Effect {
            at: self.now,
            request: Some(self.seq),
            action,
            subject: subject.to_owned(),
            run: Some(subject.to_owned()).filter(|subject| subject.starts_with("scan/")),
            findings,
        });
    }
}

pub(super) fn xml(body: String) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/xml"))], body).into_response()
}
