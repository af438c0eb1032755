//! `Idempotency-Key`: a request that its client may send again, because it lost the answer, and that happens once.
//!
//! Whoever sends a key gets the request carried out in a task of its own: the client that goes away is exactly the one
//! that will ask again. Only a success is kept. A refusal gives the key back, since nothing was done; after an error
//! of ours nobody knows, and the key stays without an answer.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use scanhelm_core::Error;
use scanhelm_hub::requests::{Answer, Came, Taken};

use crate::Api;
use crate::access::Caller;
use crate::extract::RawBody;
use crate::problem::Failure;

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that this is the answer of an earlier request.
const REPEATED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// What an answer means besides its body.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];
/// What a write answers is small.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The layer of the operations that take a key.
pub(crate) async fn once(api: Api, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    // Goes on when the client goes away.
    match tokio::spawn(carry_out(api, request, next)).await {
        Ok(outcome) => outcome.unwrap_or_else(IntoResponse::into_response),
        Err(ended) => Failure::from(Error::internal(ended)).into_response(),
    }
}

async fn carry_out(api: Api, request: Request, next: Next) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let RawBody(body) = RawBody::from_request(Request::from_parts(parts.clone(), body), &api).await?;
    let caller = parts.extensions.get::<Caller>().ok_or_else(|| Error::internal("a key of nobody"))?;
    let key = parts.headers.get(KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = format!("{} {}", parts.method, parts.uri);
    let grant = caller.proven.grant;
    let taken = match api.hub.requests().came(&grant, &operation, key, &body).await? {
        Came::Again(answer) => return Ok(again(answer)),
        Came::First(taken) => taken,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(&api, taken, response).await
}

async fn keep(api: &Api, taken: Taken, response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE {
        if let Err(error) = api.hub.requests().nothing_done(taken).await {
            tracing::warn!(%error, "the key of a refused request stays taken");
        }
        return Ok(response);
    }
    if !status.is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LARGEST_ANSWER).await.map_err(Error::internal)?;
    let headers = KEPT.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = Answer {
        status: status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8(bytes.to_vec()).map_err(Error::internal)?,
    };
    if let Err(error) = api.hub.requests().answered(taken, &answer).await {
        // It is done and told all the same; only who asks again learns less.
        tracing::warn!(%error, "the answer of a request with a key was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPEATED, HeaderValue::from_static("true"));
    response
}
