//! Live events as server-sent events. `id:` is the sequence number, so a browser that lost the connection continues
//! by itself where it was.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use scanhelm_core::Error;
use scanhelm_core::activity::Activity;
use scanhelm_core::ids::ScanId;
use scanhelm_core::permission::Permission;
use serde_json::{Map, Value, json};

use crate::Api;
use crate::access::{Access, Caller};
use crate::extract::{Asked, Filters, Id, QueryReader};
use crate::feed::{Delivery, Feed};
use crate::problem::{ApiResult, Failure};
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::ScanRead);
    operations.operation(read, handler!(of_scan)).operation(read, handler!(of_company))
}

struct Since(Option<i64>);

impl Filters for Since {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.parsed("after", "a sequence number"))
    }
}

/// `Last-Event-ID` of a browser that reconnects.
struct LastEventId(Option<i64>);

impl FromRequestParts<Api> for LastEventId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get("last-event-id") else {
            return Ok(Self(None));
        };
        let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
        number.map(|number| Self(Some(number))).ok_or_else(|| {
            Error::field("Last-Event-ID", "malformed", "Send the `id` of the last event you saw.").into()
        })
    }
}

/// Everything that happens to one scan, from now on or after `after`.
///
/// `event:` is one of `scan.start scanner.start scanner.complete scanner.skipped scanner.failed scan.complete
/// scan.failed scan.cancelled scan.status scan.progress import.start import.progress import.complete import.failed`
/// or a newer word; `data:` is JSON with `scan_id`, `at`, `seq`, `message` and what belongs to the event.
#[utoipa::path(get, path = "/api/v1/scans/{id}/events", operation_id = "stream_scan_events", tag = "events",
    params(
        ("id" = Uuid, Path),
        ("after" = Option<i64>, Query, description = "Begin behind this sequence number; 0 for all that is kept."),
        ("Last-Event-ID" = Option<i64>, Header, description = "As `after`; sent by browsers, and wins."),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 429, description = "Too many open streams."),
    ))]
async fn of_scan(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<ScanId>,
    last: LastEventId,
    Asked(since): Asked<Since>,
) -> ApiResult<Response> {
    api.hub.scans().get(&caller.proven.grant, id).await?;
    stream(&api, caller, Some(id), last.0.or(since.0)).await
}

/// Everything that happens to the scans of the company, from now on or after `after`.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = "events",
    params(
        ("after" = Option<i64>, Query, description = "Begin behind this sequence number."),
        ("Last-Event-ID" = Option<i64>, Header, description = "As `after`; sent by browsers, and wins."),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 429, description = "Too many open streams."),
    ))]
async fn of_company(
    State(api): State<Api>,
    caller: Caller,
    last: LastEventId,
    Asked(since): Asked<Since>,
) -> ApiResult<Response> {
    stream(&api, caller, None, last.0.or(since.0)).await
}

async fn stream(api: &Api, caller: Caller, scan: Option<ScanId>, after: Option<i64>) -> ApiResult<Response> {
    let grant = caller.proven.grant;
    let place = api.streams.open(grant.actor).ok_or_else(|| {
        Failure::rate_limited("You have too many event streams open. Close one; `/api/v1/events` carries all scans.", 5)
    })?;
    // A number from the future (a restored database) would wait for ever: begin at the end instead.
    let latest = api.hub.store().latest_seq().await?;
    let feed = Feed {
        hub: api.hub.clone(),
        grant,
        credential: caller.credential,
        scan,
        after: after.unwrap_or(latest).clamp(0, latest),
        heartbeat: api.settings.event_heartbeat,
        stop: api.stop.clone(),
        place,
    };
    // The first bytes tell the browser at once that the stream is open.
    let hello = stream::once(async { Event::default().comment("open").retry(std::time::Duration::from_secs(2)) });
    let events = hello.chain(feed.follow().map(|delivery| match delivery {
        Delivery::Activity(activity) => event(&activity),
        Delivery::StillHere => Event::default().comment(""),
    }));
    let mut response = Sse::new(events.map(Ok::<_, Infallible>)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Asks a proxy not to collect the stream into blocks.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn event(activity: &Activity) -> Event {
    let mut data = match &activity.data {
        Value::Object(object) => object.clone(),
        Value::Null => Map::new(),
        other => Map::from_iter([("value".to_owned(), other.clone())]),
    };
    data.insert("scan_id".to_owned(), json!(activity.scan_id));
    data.insert("at".to_owned(), json!(activity.at));
    data.insert("seq".to_owned(), json!(activity.seq));
    data.insert("message".to_owned(), json!(activity.message));
    // JSON text has no line break, so it is one `data:` line.
    Event::default().id(activity.seq.to_string()).event(&activity.event).data(Value::Object(data).to_string())
}
