//! Every refusal is one `application/problem+json` document.
//!
//! A handler returns a [`Failure`]; it does not know the request id. The failure travels as a response extension to
//! the edge, which renders it once. So the bytes of "unknown" and "foreign" cannot differ by which handler answered,
//! and what axum refuses by itself gets the same form.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::{Error, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) type ApiResult<T> = Result<T, Failure>;

/// A refusal on its way to the edge.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    error: Error,
    retry_after_seconds: Option<u64>,
}

impl Failure {
    pub(crate) fn rate_limited(detail: impl Into<String>, retry_after_seconds: u64) -> Self {
        Self {
            error: Error::new(ErrorCode::RateLimited, detail),
            retry_after_seconds: Some(retry_after_seconds.max(1)),
        }
    }

    pub(crate) const fn error(&self) -> &Error {
        &self.error
    }

    /// A refusal that axum or a layer made by itself, by its status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Error::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => method_not_allowed(),
            StatusCode::PAYLOAD_TOO_LARGE => {
                Error::new(ErrorCode::BodyTooLarge, "The body is larger than this route takes.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Error::new(ErrorCode::UnsupportedMediaType, "Send the content type that the API reference names.")
            }
            status if status.is_client_error() => Error::new(
                ErrorCode::InvalidInput,
                "The request cannot be read. See /openapi.json for what is expected.",
            ),
            status => Error::internal(format!("a layer answered {status}")),
        }
        .into()
    }
}

pub(crate) fn method_not_allowed() -> Error {
    Error::new(ErrorCode::MethodNotAllowed, "This path exists but not with this method. `Allow` names those it has.")
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let retry_after_seconds = (error.code == ErrorCode::StoreUnavailable).then_some(2);
        Self { error, retry_after_seconds }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status_of(self.error.code);
        response.extensions_mut().insert(self);
        response
    }
}

/// A refusal as the caller reads it (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// Names the kind of problem; a name, not an address. `docs/reference/errors.md` explains each.
    #[serde(rename = "type")]
    #[schema(example = "urn:scanhelm:problem:not_found")]
    kind: String,
    /// What the code means, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable; for programs.
    #[schema(value_type = String, example = "not_found")]
    code: ErrorCode,
    /// What happened here and what to do next; for people.
    detail: &'a str,
    /// Each unacceptable field of an `invalid_input`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>, required = false)]
    errors: &'a [scanhelm_core::FieldError],
    /// The same as the `X-Request-Id` header; quote it when you report trouble.
    request_id: &'a str,
}

/// One unacceptable field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// A path such as `ci.commit_sha`; the parameter's name for a query parameter.
    field: String,
    /// Stable: `required`, `unknown`, `malformed`, `out_of_range`, ...
    code: String,
    detail: String,
}

/// Makes the document of a failure and puts it into the response that carried it.
pub(crate) fn render(failure: &Failure, request_id: &str, carried_by: Response) -> Response {
    let error = failure.error();
    let problem = Problem {
        kind: format!("urn:scanhelm:problem:{}", error.code),
        title: error.code.title(),
        status: error.code.http_status(),
        code: error.code,
        detail: &error.detail,
        errors: &error.fields,
        request_id,
    };
    // Serialising these plain fields cannot fail; an empty body with the right status would be the honest rest.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (mut parts, _) = carried_by.into_parts();
    parts.status = status_of(error.code);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = failure.retry_after_seconds {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.code == ErrorCode::Unauthenticated {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scanhelm\""));
    }
    Response::from_parts(parts, Body::from(body))
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
