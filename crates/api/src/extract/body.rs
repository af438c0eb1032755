//! JSON bodies. Refusals name the field; unknown fields are refused by the types themselves (`deny_unknown_fields`),
//! so that `{"role": "admin"}` slipped into a body is an error and not a surprise.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use scanhelm_core::{Error, ErrorCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::Api;
use crate::problem::Failure;

/// A body that trickles in slower than this is given up: it holds a connection.
const SLOWEST: Duration = Duration::from_secs(30);

/// A required JSON body.
#[derive(Clone, Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body that may be left out, which means the defaults.
#[derive(Clone, Debug)]
pub(crate) struct OptionalBody<T>(pub(crate) T);

/// A body of whatever kind, as it came.
#[derive(Clone, Debug)]
pub(crate) struct RawBody(pub(crate) Bytes);

impl FromRequest<Api> for RawBody {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        read(request, api).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = read(request, api).await?;
        if !is_json {
            return Err(not_json().into());
        }
        parse(&bytes).map(Self).map_err(Failure::from)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = read(request, api).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(not_json().into());
        }
        parse(&bytes).map(Self).map_err(Failure::from)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn not_json() -> Error {
    Error::new(ErrorCode::UnsupportedMediaType, "Send the body as `Content-Type: application/json`.")
}

async fn read(request: Request, api: &Api) -> Result<Bytes, Failure> {
    match tokio::time::timeout(SLOWEST, Bytes::from_request(request, api)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Error::new(
            ErrorCode::BodyTooLarge,
            format!("The body is larger than {} bytes.", api.settings.max_body_bytes),
        )
        .into()),
        Ok(Err(_)) => Err(Error::field("body", "truncated", "The body broke off. Nothing was changed.").into()),
        Err(_) => Err(Error::field("body", "too_slow", "The body did not arrive in time. Nothing was changed.").into()),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, error.inner())
    })?;
    json.end().map_err(|error| field_error(".", &error))?;
    Ok(value)
}

/// Turns serde's sentence into a field and a code. The sentence never holds a value of another field, so it may be
/// shown; a string value of the wrong kind is left out of it, because it may be a misplaced secret.
fn field_error(path: &str, error: &serde_json::Error) -> Error {
    let path = if path == "." { "" } else { path };
    if !error.is_data() {
        return Error::field("body", "malformed", format!("This is not JSON: {error}."));
    }
    let sentence = error.to_string();
    let sentence = sentence.split(" at line ").next().unwrap_or(&sentence);
    let quoted = sentence.split('`').nth(1).unwrap_or_default();
    let child = |name: &str| match path {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    if sentence.starts_with("unknown field") {
        // The path already ends in the unknown name.
        let field = if path.ends_with(quoted) { path.to_owned() } else { child(quoted) };
        return Error::field(field, "unknown", "There is no such field here.");
    }
    if sentence.starts_with("missing field") {
        return Error::field(child(quoted), "required", "This field is required.");
    }
    if sentence.starts_with("duplicate field") {
        return Error::field(child(quoted), "repeated", "This field is given more than once.");
    }
    let expected = sentence.rsplit_once("expected ").map(|(_, expected)| expected);
    let detail = match expected {
        Some(expected) => format!("Expected {expected}."),
        None => format!("{sentence}."),
    };
    Error::field(if path.is_empty() { "body" } else { path }, "malformed", detail)
}

/// For `Option<Option<T>>` with `#[serde(default, deserialize_with = "nullable")]`: absent is `None`, `null` is
/// `Some(None)`.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Whether a field is there at all, whatever its value: for fields that exist only to be refused with a better word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Present(pub(crate) bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only refusals are looked at")]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "nullable")]
        note: Option<Option<String>>,
        #[serde(default)]
        status: Present,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only refusals are looked at")]
    struct Inner {
        count: u32,
    }

    fn refused(text: &str) -> (String, &'static str) {
        let error = parse::<Outer>(text.as_bytes()).unwrap_err();
        (error.fields[0].field.clone(), error.fields[0].code)
    }

    #[test]
    fn refusals_name_the_field() {
        assert_eq!(refused(r"{"), ("body".to_owned(), "malformed"));
        assert_eq!(refused(r#"{"name":"a"} x"#), ("body".to_owned(), "malformed"));
        assert_eq!(refused(r"[]"), ("body".to_owned(), "malformed"));
        assert_eq!(refused(r"{}"), ("name".to_owned(), "required"));
        assert_eq!(refused(r#"{"name":1}"#), ("name".to_owned(), "malformed"));
        assert_eq!(refused(r#"{"name":"a","role":"admin"}"#), ("role".to_owned(), "unknown"));
        assert_eq!(refused(r#"{"name":"a","name":"b"}"#), ("name".to_owned(), "repeated"));
        assert_eq!(refused(r#"{"name":"a","inner":{}}"#), ("inner.count".to_owned(), "required"));
        assert_eq!(refused(r#"{"name":"a","inner":{"count":-1}}"#), ("inner.count".to_owned(), "malformed"));
        assert_eq!(refused(r#"{"name":"a","inner":{"count":1,"x":1}}"#), ("inner.x".to_owned(), "unknown"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_not_repeated() {
        let error = parse::<Outer>(br#"{"name":"a","inner":"hunter2hunter2"}"#).unwrap_err();
        assert!(!error.detail.contains("hunter2"), "{}", error.detail);
    }

    #[test]
    fn absent_null_and_present_are_three_things() {
        let read = |text: &str| parse::<Outer>(text.as_bytes()).unwrap();
        assert_eq!(read(r#"{"name":"a"}"#).note, None);
        assert_eq!(read(r#"{"name":"a","note":null}"#).note, Some(None));
        assert_eq!(read(r#"{"name":"a","note":"b"}"#).note, Some(Some("b".to_owned())));
        assert!(!read(r#"{"name":"a"}"#).status.0);
        assert!(read(r#"{"name":"a","status":null}"#).status.0);
    }
}
