//! The answers a fault puts in place of, or does to, the vendor's own.

use std::io;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::Value;

use super::xml::{self, Change};
use super::{FaultKind, RetryAfter};
use crate::clock::Moment;
use crate::vendor::{Vendor, Wording};

const JSON: &str = "application/json";
const CHUNK: usize = 64 * 1024;

const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=\"post\" \
    action=\"/sso/login\"><input name=\"username\"><input name=\"password\" type=\"password\"><button>Sign in</button>\
    </form></body></html>";

/// The whole answer of a fault that keeps the request from the vendor. `None`: no answer at all.
pub(crate) fn answer_instead(kind: &FaultKind, vendor: &dyn Vendor, now: Moment) -> Option<Response<Body>> {
    let text = |media_type: &'static str, body: Body| with_type(Response::new(body), media_type);
    Some(match kind {
        FaultKind::Status { code, retry_after } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reason = status.canonical_reason().unwrap_or("Error");
            let delay = match retry_after {
                Some(RetryAfter::Seconds(seconds) | RetryAfter::Date(seconds)) => Some(*seconds),
                Some(RetryAfter::Literal(_)) | None => None,
            };
            let refusal = (vendor.wording().refusal)(status, reason, delay);
            let mut response = text(refusal.media_type, Body::from(refusal.body));
            *response.status_mut() = status;
            if let Some(value) = retry_after.as_ref().and_then(|retry| header(&retry_after_text(retry, now))) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
            response
        }
        FaultKind::VendorError { status, code, text: detail } => {
            let complaint = vendor.complaint(*code, detail);
            let mut response = text(complaint.media_type, Body::from(complaint.body));
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response
        }
        FaultKind::LoginPage => text("text/html; charset=utf-8", Body::from(LOGIN_PAGE)),
        FaultKind::EmptyBody => text(JSON, Body::empty()),
        FaultKind::Null => text(JSON, Body::from("null")),
        FaultKind::EmptyArray => text(JSON, Body::from("[]")),
        FaultKind::GarbageJson => text(JSON, Body::from("{\"scans\": [{\"id\": 1, \"name\": \"Quarterly")),
        FaultKind::InvalidUtf8 => {
            text(JSON, Body::from(&b"{\"scans\": [{\"id\": 1, \"name\": \"\xff\xfe\xc3\x28\"}]}"[..]))
        }
        FaultKind::HugeBody { bytes } => text(JSON, huge_body(*bytes)),
        FaultKind::Redirect { location } => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::FOUND;
            if let Some(value) = header(location) {
                response.headers_mut().insert(LOCATION, value);
            }
            response
        }
        FaultKind::Hang | FaultKind::Close => return None,
        FaultKind::Slow { .. }
        | FaultKind::Drip { .. }
        | FaultKind::Cut { .. }
        | FaultKind::DuplicateEntries
        | FaultKind::ReverseEntries
        | FaultKind::OmitEntry { .. }
        | FaultKind::EmptyList
        | FaultKind::RenameStatus { .. }
        | FaultKind::SetField { .. }
        | FaultKind::DropField { .. }
        | FaultKind::LoseAnswer
        | FaultKind::Hold => return None,
    })
}

/// Does to the vendor's answer what the fault says.
pub(crate) async fn spoil(kind: &FaultKind, response: Response<Body>, wording: Wording) -> Response<Body> {
    match kind {
        FaultKind::Drip { delay, bytes } => drip(response, *delay, *bytes).await,
        FaultKind::Cut { keep_percent, chunked } => cut(response, *keep_percent, *chunked).await,
        FaultKind::DuplicateEntries => {
            let json = |answer: &mut Value| each_list(answer, wording, |list| *list = twice(list));
            rewrite(response, wording, Change::Entries(2), json).await
        }
        FaultKind::EmptyList => {
            rewrite(response, wording, Change::Entries(0), |answer| each_list(answer, wording, Vec::clear)).await
        }
        FaultKind::ReverseEntries => {
            let json = |answer: &mut Value| each_list(answer, wording, |list| list.reverse());
            rewrite(response, wording, Change::Reverse, json).await
        }
        FaultKind::OmitEntry { text } => {
            let json = |answer: &mut Value| each_list(answer, wording, |list| list.retain(|entry| !holds(entry, text)));
            rewrite(response, wording, Change::Omit(text), json).await
        }
        FaultKind::SetField { field, from, to } => {
            let from = from.as_deref();
            let json = |answer: &mut Value| set_field(answer, field, from, to);
            rewrite(response, wording, Change::Set { field, from, to }, json).await
        }
        FaultKind::RenameStatus { from, to } => {
            let from = from.as_deref();
            rewrite(response, wording, Change::Rename { from, to }, |answer| rename(answer, wording, from, to)).await
        }
        FaultKind::DropField { field } => {
            rewrite(response, wording, Change::Drop(field), |answer| drop_field(answer, field)).await
        }
        _ => response,
    }
}

fn retry_after_text(retry: &RetryAfter, now: Moment) -> String {
    match retry {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(seconds) => now.plus(*seconds as f64).format("%a, %d %b %Y %H:%M:%S GMT"),
        RetryAfter::Literal(text) => text.clone(),
    }
}

fn header(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

fn with_type(mut response: Response<Body>, media_type: &'static str) -> Response<Body> {
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// A JSON object of at least `bytes` bytes, made while it is sent.
fn huge_body(bytes: u64) -> Body {
    let filler = Bytes::from(vec![b'x'; CHUNK]);
    let chunks = usize::try_from(bytes.div_ceil(CHUNK as u64)).unwrap_or(usize::MAX);
    let parts = stream::once(async { Bytes::from_static(b"{\"padding\":\"") })
        .chain(stream::iter(std::iter::repeat_n(filler, chunks)))
        .chain(stream::once(async { Bytes::from_static(b"\"}") }));
    Body::from_stream(parts.map(Ok::<_, io::Error>))
}

async fn drip(response: Response<Body>, delay: Duration, bytes: usize) -> Response<Body> {
    let (parts, body) = whole(response).await;
    let pieces: Vec<Bytes> = body.chunks(bytes).map(Bytes::copy_from_slice).collect();
    let body = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(delay).await;
        Ok::<_, io::Error>(piece)
    });
    Response::from_parts(parts, Body::from_stream(body))
}

/// Sends the head of the body, then breaks the connection off.
async fn cut(response: Response<Body>, keep_percent: u8, chunked: bool) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    if chunked {
        parts.headers.remove(CONTENT_LENGTH);
    } else {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let kept = body.slice(0..body.len() * usize::from(keep_percent) / 100);
    let broken = stream::once(async {
        // Lets the server write out what it holds before it learns of the break.
        tokio::task::yield_now().await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut by a simulated fault"))
    });
    let body = stream::once(async { Ok(kept) }).chain(broken);
    Response::from_parts(parts, Body::from_stream(body))
}

/// Changes an answer, be it JSON or XML; others stay as they are.
async fn rewrite(
    response: Response<Body>,
    wording: Wording,
    xml: Change<'_>,
    json: impl FnOnce(&mut Value),
) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    // A file for download is sent as any bytes.
    let is_xml = body.starts_with(b"<?xml")
        || parts.headers.get(CONTENT_TYPE).is_some_and(|kind| String::from_utf8_lossy(kind.as_bytes()).contains("xml"));
    let changed = if is_xml {
        std::str::from_utf8(&body).ok().map(|document| xml::change(document, xml, wording))
    } else {
        serde_json::from_slice(&body).ok().map(|mut answer| {
            json(&mut answer);
            answer.to_string()
        })
    };
    match changed {
        None => Response::from_parts(parts, Body::from(body)),
        Some(changed) => {
            parts.headers.remove(CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(changed))
        }
    }
}

async fn whole(response: Response<Body>) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a vendor's answer ended early by itself");
        Bytes::new()
    });
    (parts, body)
}

fn each_list(answer: &mut Value, wording: Wording, mut change: impl FnMut(&mut Vec<Value>)) {
    match answer {
        Value::Array(list) => change(list),
        whole => {
            for path in wording.list_fields {
                let place = path.split('.').try_fold(&mut *whole, |value, name| value.get_mut(name));
                if let Some(Value::Array(list)) = place {
                    change(list);
                }
            }
        }
    }
}

fn twice(list: &[Value]) -> Vec<Value> {
    list.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect()
}

fn rename(answer: &mut Value, wording: Wording, from: Option<&str>, to: &str) {
    match answer {
        Value::Array(list) => list.iter_mut().for_each(|entry| rename(entry, wording, from, to)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(word) if wording.status_fields.contains(&name.as_str()) => {
                        if from.is_none_or(|from| from == word) {
                            *word = to.to_owned();
                        }
                    }
                    other => rename(other, wording, from, to),
                }
            }
        }
        _ => {}
    }
}

/// Whether a field of the entry has this value.
fn holds(entry: &Value, text: &str) -> bool {
    entry.as_object().is_some_and(|fields| fields.values().any(|value| text_of(value) == text))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number stays a number where the new value is one, and so does a list.
fn set_field(answer: &mut Value, field: &str, from: Option<&str>, to: &str) {
    match answer {
        Value::Array(list) => list.iter_mut().for_each(|entry| set_field(entry, field, from, to)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == field && from.is_none_or(|from| text_of(value) == from) {
                    let alike = |kind: fn(&Value) -> bool| serde_json::from_str(to).ok().filter(kind);
                    let kept = match value {
                        Value::Number(_) => alike(Value::is_number),
                        Value::Array(_) => alike(Value::is_array),
                        _ => None,
                    };
                    *value = kept.unwrap_or_else(|| Value::from(to));
                } else {
                    set_field(value, field, from, to);
                }
            }
        }
        _ => {}
    }
}

fn drop_field(answer: &mut Value, field: &str) {
    match answer {
        Value::Array(list) => list.iter_mut().for_each(|entry| drop_field(entry, field)),
        Value::Object(fields) => {
            fields.remove(field);
            fields.values_mut().for_each(|value| drop_field(value, field));
        }
        _ => {}
    }
}
