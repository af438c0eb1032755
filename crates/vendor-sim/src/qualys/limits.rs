//! How often and how much at once a client may ask, counted for each kind of call, on the vendor's own headers.
//!
//! The window slides on virtual time. A call is under way until its answer has left. What is over a limit is answered
//! 409 with the code 1965 (too often) or 1960 (too much at once) and counts for neither.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;

use super::Qualys;
use super::answer::{Call, Refused};
use crate::clock::Moment;

const WINDOW_SECONDS: f64 = 3600.0;
const CALLS: u32 = 300;
const AT_ONCE: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Limits {
    kinds: Mutex<HashMap<String, Kind>>,
}

#[derive(Debug, Default)]
struct Kind {
    /// When the calls of the last hour came.
    calls: VecDeque<Moment>,
    running: u32,
}

/// What the headers tell.
#[derive(Debug, Clone, Copy)]
struct Reading {
    limit: u32,
    remaining: u32,
    to_wait: u64,
    running: u32,
}

/// A call under way; it is over when this is dropped.
struct UnderWay {
    qualys: Arc<Qualys>,
    kind: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.qualys.limits.with(&self.kind, |kind| kind.running = kind.running.saturating_sub(1));
    }
}

impl Limits {
    fn with<T>(&self, kind: &str, action: impl FnOnce(&mut Kind) -> T) -> T {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        action(kinds.entry(kind.to_owned()).or_default())
    }

    /// Counts a call, or says why it may not be made.
    fn enter(&self, name: &str, limit: u32, now: Moment) -> (Reading, Result<(), Refused>) {
        self.with(name, |kind| {
            while kind.calls.front().is_some_and(|at| now.since(*at) >= WINDOW_SECONDS) {
                kind.calls.pop_front();
            }
            let wait = kind.calls.front().map_or(0.0, |at| WINDOW_SECONDS - now.since(*at)).ceil() as u64;
            let over = kind.calls.len() as u32 >= limit;
            let refused = if over {
                Err(too_often(wait))
            } else if kind.running >= AT_ONCE {
                Err(too_much_at_once(kind.running + 1 - AT_ONCE))
            } else {
                kind.calls.push_back(now);
                kind.running += 1;
                Ok(())
            };
            let remaining = limit.saturating_sub(kind.calls.len() as u32);
            // The call itself is not counted as running, as recorded.
            let running = kind.running.saturating_sub(u32::from(refused.is_ok()));
            (Reading { limit, remaining, to_wait: if over { wait } else { 0 }, running }, refused)
        })
    }
}

pub(super) fn too_often(seconds: u64) -> Refused {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let text = format!("This API cannot be run again for another {hours} hours, {minutes} minutes and {rest} seconds.");
    let items = vec![("SECONDS_TO_WAIT", seconds.to_string())];
    Refused { items, ..Refused::new(StatusCode::CONFLICT, 1965, text) }
}

fn too_much_at_once(to_finish: u32) -> Refused {
    let text = format!(
        "This API cannot be run again until {to_finish} currently running instance{} finished.",
        if to_finish == 1 { " has" } else { "s have" }
    );
    let items = vec![("CALLS_TO_FINISH", to_finish.to_string())];
    Refused { items, ..Refused::new(StatusCode::CONFLICT, 1960, text) }
}

pub(super) async fn count(State(qualys): State<Arc<Qualys>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let call = Call::of(&parts, &qualys);
    let kind = parts.uri.path().to_owned();
    let limit = qualys.site.config.calls_per_hour.unwrap_or(CALLS);
    let (reading, allowed) = qualys.limits.enter(&kind, limit, call.now);
    let mut response = match allowed {
        Err(refused) => call.answer(Err(refused)),
        Ok(()) => {
            let under_way = UnderWay { qualys: Arc::clone(&qualys), kind };
            until_sent(next.run(Request::from_parts(parts, body)).await, under_way)
        }
    };
    for (name, value) in [
        ("x-ratelimit-limit", u64::from(reading.limit)),
        ("x-ratelimit-window-sec", WINDOW_SECONDS as u64),
        ("x-ratelimit-remaining", u64::from(reading.remaining)),
        ("x-ratelimit-towait-sec", reading.to_wait),
        ("x-concurrency-limit-limit", u64::from(AT_ONCE)),
        ("x-concurrency-limit-running", u64::from(reading.running)),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    let pod = qualys.state().draw.of("pod").uuid();
    if let Ok(value) = HeaderValue::from_str(&format!("Qualys:USPOD3:{pod}:{pod}")) {
        response.headers_mut().insert("x-powered-by", value);
    }
    response
}

/// The same answer, which keeps `under_way` until its last byte is taken or nobody wants it any more.
fn until_sent(response: Response, under_way: UnderWay) -> Response {
    let (parts, body) = response.into_parts();
    let body = body.into_data_stream().map(move |part| {
        let _ = &under_way;
        part
    });
    Response::from_parts(parts, Body::from_stream(body))
}
