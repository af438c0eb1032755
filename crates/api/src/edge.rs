//! The outermost layer: what holds for every answer, whoever made it.
//!
//! It names the request, turns a panic into a refusal, renders refusals, sets the security headers and writes the
//! access log. It is one layer because the order matters: nothing may leave the hub without having passed all of it.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use scanhelm_core::Error;
use tracing::Instrument;
use tracing::field::Empty;

use crate::Api;
use crate::access::CallerLabel;
use crate::problem::{self, Failure};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Console pages load only what this host serves; nothing may frame them, and a `<base>` or form cannot point away.
/// Styles may be inline because the grid positions its rows that way; scripts never.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Answers of the API are data: whatever a browser is talked into doing with them, nothing in them runs.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

pub(crate) async fn edge(State(api): State<Api>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let request_id = sent_request_id(request.headers()).unwrap_or_else(|| api.hub.ids().next().to_string());
    let method = request.method().clone();
    // Without the query: searches and cursors may hold what people are looking for.
    let path = request.uri().path().to_owned();

    let span = tracing::info_span!(
        "request",
        otel.name = %method,
        otel.kind = "server",
        url.path = path,
        request_id,
        http.response.status_code = Empty,
    );
    let mut response = caught(next.run(request)).instrument(span.clone()).await;

    if let Some(failure) = refusal(&mut response) {
        if let Some(cause) = &failure.error().internal {
            tracing::error!(request_id, %method, path, code = %failure.error().code, cause, "request failed");
        }
        response = problem::render(&failure, &request_id, response);
    }
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    let caller = response.extensions().get::<CallerLabel>().map(ToString::to_string);
    set_headers(response.headers_mut(), &path, &request_id, api.settings.serves_https());
    tracing::info!(
        request_id,
        %method,
        path,
        status = response.status().as_u16(),
        caller,
        milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// A panic in a handler is one request's trouble, not the hub's.
async fn caught(answering: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Failure::from(Error::internal(panic_text(panic.as_ref()))).into_response(),
    }
}

/// A caller's own id is kept, so that it can follow a request through its logs and ours; but only if it is harmless
/// in a log line.
fn sent_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=64).contains(&id.len()) && id.bytes().all(harmless)).then(|| id.to_owned())
}

/// The refusal a handler left, or the one that a bare error status of a layer means.
fn refusal(response: &mut Response) -> Option<Failure> {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        return Some(failure);
    }
    let status = response.status();
    (status.is_client_error() || status.is_server_error()).then(|| Failure::of_status(status))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("no message"))
}

fn set_headers(headers: &mut HeaderMap, path: &str, request_id: &str, https: bool) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"));
    // An exported page is a file.
    let is_data = !is_page || headers.contains_key(header::CONTENT_DISPOSITION);
    let policy = if is_data && crate::console::is_reserved(path) { DATA_POLICY } else { CONSOLE_POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    if https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
}

/// For requests that no route takes.
pub(crate) async fn no_such_method() -> Response {
    Failure::from(problem::method_not_allowed()).into_response()
}

/// For a request that is not done in time. Its work is dropped where it stands; what was committed stays, and jobs go
/// on by themselves.
pub(crate) fn too_slow() -> Error {
    Error::store_unavailable("the request was cut at its time limit")
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn only_harmless_request_ids_are_kept() {
        let sent = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(id));
            sent_request_id(&headers)
        };
        assert_eq!(sent("ci-1234.5_a").as_deref(), Some("ci-1234.5_a"));
        for bad in ["", "a b", "a\"b", "<script>", "a/b", &"x".repeat(65).leak()[..]] {
            assert_eq!(sent(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn fm_e10_a_panic_is_a_refusal_that_tells_the_caller_nothing() {
        let mut response = caught(async { panic!("at the disco") }).await;
        let failure = refusal(&mut response).unwrap();
        assert_eq!(failure.error().code, scanhelm_core::ErrorCode::Internal);
        assert!(failure.error().internal.as_ref().unwrap().contains("at the disco"));
        assert!(!failure.error().detail.contains("disco"));
    }

    #[test]
    fn a_bare_error_status_becomes_a_refusal_and_success_does_not() {
        let mut bare = StatusCode::PAYLOAD_TOO_LARGE.into_response();
        assert_eq!(refusal(&mut bare).unwrap().error().code, scanhelm_core::ErrorCode::BodyTooLarge);
        assert!(refusal(&mut StatusCode::NO_CONTENT.into_response()).is_none());
    }
}
