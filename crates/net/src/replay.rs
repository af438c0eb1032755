//! Recorded answers in place of a network, for the corpus of real exchanges: everything above the socket (status,
//! limits, decoding, meaning) runs as in life.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::error::NetErrorKind;
use crate::transport::{Incoming, Outgoing};

/// One recorded request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub method: String,
    /// Path and query as sent: `/scans/5?history_id=7`.
    pub target: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Answers each request with its recordings in order; the last one stays.
#[derive(Debug)]
pub(crate) struct Replay {
    recordings: Mutex<HashMap<(String, String), Vec<Exchange>>>,
}

impl Replay {
    pub(crate) fn new(exchanges: Vec<Exchange>) -> Self {
        let mut recordings: HashMap<_, Vec<Exchange>> = HashMap::new();
        for exchange in exchanges.into_iter().rev() {
            recordings.entry((exchange.method.clone(), exchange.target.clone())).or_default().push(exchange);
        }
        Self { recordings: Mutex::new(recordings) }
    }

    pub(crate) fn answer(&self, request: &Outgoing) -> Result<Incoming, NetErrorKind> {
        let key = (request.method.to_string(), target_of(&request.url));
        let mut recordings = self.recordings.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = recordings.get_mut(&key);
        let exchange = queue.and_then(|queue| if queue.len() > 1 { queue.pop() } else { queue.last().cloned() });
        let Some(exchange) = exchange else {
            return Err(NetErrorKind::Connect { detail: format!("no answer is recorded for {} {}", key.0, key.1) });
        };
        let headers: HeaderMap = exchange
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
            })
            .collect();
        let body = futures::stream::once(async move { Ok(exchange.body) }).boxed();
        Ok(Incoming { status: exchange.status, headers, body })
    }
}

fn target_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
