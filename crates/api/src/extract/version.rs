//! `ETag` and `If-Match`: "change this only if it is still what I read".

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use scanhelm_core::Error;

use crate::Api;
use crate::problem::Failure;

/// A thing and its version, for a later [`IfMatch`].
pub(crate) type Tagged<T> = ([(HeaderName, String); 1], Json<T>);

/// What has a version.
pub(crate) trait Versioned {
    fn version(&self) -> i64;
}

pub(crate) fn tagged<T: Versioned>(thing: T) -> Tagged<T> {
    ([entity_tag(&thing)], Json(thing))
}

/// The header alone, where the answer holds more than the thing.
pub(crate) fn entity_tag(thing: &impl Versioned) -> (HeaderName, String) {
    (header::ETAG, format!("\"{}\"", thing.version()))
}

/// The version named in `If-Match`; none when the header is absent or `*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        number.parse().map(|version| Self(Some(version))).map_err(|_| {
            Error::field("If-Match", "malformed", "Send the `ETag` or the `version` that you read, such as `\"3\"`.")
                .into()
        })
    }
}
