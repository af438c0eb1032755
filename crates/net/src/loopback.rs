//! The API of a program that we started on this machine: on the loopback interface only, and with a key of its own.
//!
//! The program is ours, so there is no budget and no breaker; it starts slowly and works long, so whoever asks decides
//! how often. What it says is still a stranger's: bounded, within deadlines, and never followed.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use scanhelm_core::credential::Secret;
use scanhelm_core::{Error, text};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use crate::body::Reader;
use crate::error::{NetError, NetErrorKind, Phase, Unreadable};
use crate::http::{host_and_port, target_of};
use crate::limits::HttpLimits;
use crate::policy::NetworkPolicy;
use crate::tls;
use crate::transport::{Incoming, Live, Outgoing};

pub struct Loopback {
    base: Url,
    header: (&'static str, Secret),
    live: Live,
    limits: HttpLimits,
}

impl fmt::Debug for Loopback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loopback").field("host", &host_and_port(&self.base)).finish_non_exhaustive()
    }
}

impl Loopback {
    /// Opens no connection. `header` goes along with every request.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn new(port: u16, header: (&'static str, Secret), limits: HttpLimits) -> Result<Self, Error> {
        let base: Url = format!("http://127.0.0.1:{port}").parse().map_err(Error::internal)?;
        let policy = NetworkPolicy::parse(&["127.0.0.1"])?;
        let live = Live::with(target_of(&base, Arc::new(policy))?, tls::trusting_nobody()?, limits)?;
        Ok(Self { base, header, live, limits })
    }

    /// The JSON that a GET brings. `what` names the operation in errors.
    ///
    /// # Errors
    /// When there is no answer, it is no success, or not of that shape.
    pub async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, NetError> {
        let failed = |kind| NetError { what, host: host_and_port(&self.base), kind };
        let total = self.limits.total;
        let read = async {
            let reader = self.asked(path, query, self.limits.body_bytes).await?;
            reader.into_memory().await
        };
        let body = timeout(total, read)
            .await
            .unwrap_or(Err(NetErrorKind::Timeout { phase: Phase::Total, after: total }))
            .map_err(failed)?;
        serde_json::from_slice(&body).map_err(|error| {
            let detail = text::single_line(&error.to_string(), 300);
            failed(NetErrorKind::Unreadable(Unreadable::Malformed(detail)))
        })
    }

    /// Writes what a GET brings into a file, which exists only when all of it came.
    ///
    /// # Errors
    /// As [`Loopback::get`]; also when the file cannot be written.
    pub async fn download(&self, what: &'static str, path: &str, into: &Path, cap: u64) -> Result<(), NetError> {
        let total = self.limits.download_total;
        let read = async { self.asked(path, &[], cap).await?.into_file(into).await };
        timeout(total, read)
            .await
            .unwrap_or(Err(NetErrorKind::Timeout { phase: Phase::Total, after: total }))
            .map(drop)
            .map_err(|kind| NetError { what, host: host_and_port(&self.base), kind })
    }

    /// A success's body.
    async fn asked(&self, path: &str, query: &[(&str, &str)], cap: u64) -> Result<Reader, NetErrorKind> {
        let mut url = self.base.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let (name, secret) = &self.header;
        let mut value = HeaderValue::from_str(secret.expose())
            .map_err(|_| NetErrorKind::Request { detail: format!("the header {name} cannot be sent") })?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
        let outgoing = Outgoing { method: Method::GET, url, headers, body: None, form: None };
        let Incoming { status, body, .. } = self.live.send(outgoing).await?;
        if (200..300).contains(&status) {
            return Ok(Reader::new(body, cap, self.limits));
        }
        let said = Reader::new(body, MOST_OF_AN_ERROR, self.limits).into_memory().await.unwrap_or_default();
        let message = text::single_line(&String::from_utf8_lossy(&said), 300);
        Err(NetErrorKind::Status { status, message, retry_after: None, body: said })
    }
}

const MOST_OF_AN_ERROR: u64 = 64 * 1024;
