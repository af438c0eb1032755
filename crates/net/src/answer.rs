//! A successful answer held in memory, and reading it as what it should be.

use bytes::Bytes;
use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use serde::de::DeserializeOwned;

use crate::error::{NetError, NetErrorKind, Unreadable, line};

/// A 2xx answer with its whole body.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: Option<String>,
    /// What a creation is answered with instead of a body. Text of the vendor, never followed.
    pub location: Option<String>,
    /// `name=value` of each cookie that was set: where a session is kept in one, whoever logged in carries it.
    pub cookies: Vec<Secret>,
    pub body: Bytes,
    /// When the request was sent: an observation made from this answer is as old as that.
    pub asked_at: Timestamp,
    pub(crate) what: &'static str,
    pub(crate) host: String,
}

impl Answer {
    /// The body as JSON of the expected shape.
    ///
    /// # Errors
    /// Precisely: a web page, nothing, `null`, not UTF-8, not JSON, or another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NetError> {
        self.decode().map_err(|why| self.unreadable(why))
    }

    /// This answer, called unreadable by its reader.
    #[must_use]
    pub fn unreadable(&self, why: Unreadable) -> NetError {
        NetError { what: self.what, host: self.host.clone(), kind: NetErrorKind::Unreadable(why) }
    }

    /// A web page where none is due.
    #[must_use]
    pub fn is_html(&self) -> bool {
        looks_like_html(self.content_type.as_deref(), &self.body)
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        if self.is_html() {
            return Err(Unreadable::Html);
        }
        let body = self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.body);
        let text = std::str::from_utf8(body).map_err(|_| Unreadable::Encoding)?.trim();
        match text {
            "" => Err(Unreadable::Empty),
            "null" => Err(Unreadable::Null),
            json => serde_json::from_str(json).map_err(|error| Unreadable::Malformed(line(&error.to_string()))),
        }
    }
}

pub(crate) fn looks_like_html(content_type: Option<&str>, body: &[u8]) -> bool {
    let says_so = content_type.is_some_and(|kind| {
        let kind = kind.trim_start().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    });
    let start: Vec<u8> = body
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(body)
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take(15)
        .map(u8::to_ascii_lowercase)
        .collect();
    says_so || start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}
