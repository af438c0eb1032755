//! Where requests go: a live client pair, or recordings.
//!
//! Two live clients share one TLS configuration and one resolver. Reads keep connections alive. A write gets a
//! connection of its own, so that "the vendor closed an idle connection in the same instant" cannot happen to it:
//! a failure to connect then proves that nothing was sent, and a failure after it is a lost answer.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use reqwest::header::HeaderMap;
use scanhelm_core::Error;
use url::Url;

use crate::error::{NetErrorKind, Phase, find_cause, line, root_cause};
use crate::limits::HttpLimits;
use crate::policy::Refusal;
use crate::replay::Replay;
use crate::resolver::Target;
use crate::tls;

#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// In place of a body.
    pub(crate) form: Option<reqwest::multipart::Form>,
}

pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: BoxStream<'static, Result<Bytes, NetErrorKind>>,
}

#[derive(Debug)]
pub(crate) enum Transport {
    Live(Box<Live>),
    Replay(Replay),
}

impl Transport {
    pub(crate) async fn send(&self, request: Outgoing) -> Result<Incoming, NetErrorKind> {
        match self {
            Self::Live(live) => live.send(request).await,
            Self::Replay(replay) => replay.answer(&request),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Live {
    reads: reqwest::Client,
    writes: reqwest::Client,
    limits: HttpLimits,
}

impl Live {
    pub(crate) fn new(target: Target, ca_pem: Option<&str>, limits: HttpLimits) -> Result<Self, Error> {
        Self::with(target, tls::client_config(ca_pem)?, limits)
    }

    pub(crate) fn with(target: Target, tls: rustls::ClientConfig, limits: HttpLimits) -> Result<Self, Error> {
        // The client's silence timer also runs while it connects. Were it shorter, an endless handshake would look
        // like a request without an answer, and a write that never left like one that may have happened.
        let silence = limits.silence.max(limits.connect + std::time::Duration::from_millis(200));
        let limits = HttpLimits { silence, ..limits };
        let build = |idle_connections: usize| {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that builds an HTTP client")]
            let builder = reqwest::Client::builder();
            builder
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(std::sync::Arc::new(target.clone()))
                .http1_only()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .user_agent(concat!("Scanhelm/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(limits.connect)
                .read_timeout(limits.silence)
                .pool_max_idle_per_host(idle_connections)
                .pool_idle_timeout(std::time::Duration::from_secs(20))
                .build()
                .map_err(|error| Error::internal(format!("cannot build the HTTP client: {}", root_cause(&error))))
        };
        Ok(Self { reads: build(limits.concurrency.max(1))?, writes: build(0)?, limits })
    }

    pub(crate) async fn send(&self, request: Outgoing) -> Result<Incoming, NetErrorKind> {
        let client = if request.method == Method::GET { &self.reads } else { &self.writes };
        let mut builder = client.request(request.method, request.url).headers(request.headers);
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        if let Some(form) = request.form {
            builder = builder.multipart(form);
        }
        let limits = self.limits;
        let response = builder.send().await.map_err(|error| explain(&error, &limits))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes_stream().map(move |chunk| chunk.map_err(|error| explain_body(&error, &limits)));
        Ok(Incoming { status, headers, body: body.boxed() })
    }
}

fn explain(error: &reqwest::Error, limits: &HttpLimits) -> NetErrorKind {
    if let Some(refusal) = find_cause::<Refusal>(error) {
        return NetErrorKind::AddressRefused(refusal.clone());
    }
    if error.is_connect() {
        if error.is_timeout() {
            return NetErrorKind::Timeout { phase: Phase::Connect, after: limits.connect };
        }
        if let Some(problem) = find_cause::<rustls::Error>(error) {
            return NetErrorKind::Tls(tls::explain(problem));
        }
        let detail = root_cause(error);
        return if error.is_dns() { NetErrorKind::Dns { detail } } else { NetErrorKind::Connect { detail } };
    }
    if error.is_builder() {
        return NetErrorKind::Request { detail: root_cause(error) };
    }
    if error.is_timeout() {
        return NetErrorKind::Timeout { phase: Phase::Silence, after: limits.silence };
    }
    let detail = root_cause(error);
    if detail.starts_with("invalid") || detail.contains("too large") {
        return NetErrorKind::NotHttp { detail };
    }
    NetErrorKind::NoAnswer { detail }
}

fn explain_body(error: &reqwest::Error, limits: &HttpLimits) -> NetErrorKind {
    if error.is_timeout() {
        return NetErrorKind::Timeout { phase: Phase::Silence, after: limits.silence };
    }
    // The reader of the body knows how much came.
    NetErrorKind::Cut { received: 0, detail: line(&root_cause(error)) }
}
