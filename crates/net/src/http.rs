//! The handle through which everything is asked of one vendor instance.
//!
//! It is bound to a base URL: requests are made of path segments, never of URLs, so neither a vendor's `next` link
//! nor an id full of slashes can take the credentials elsewhere. Clones share budget and breaker.

mod counting;
mod download;
mod events;
mod request;
mod upload;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use reqwest::Method;
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use scanhelm_core::credential::Secret;
use scanhelm_core::{Clock, Error, ErrorCode};
use serde::Serialize;
use tracing::Instrument;
use tracing::field::Empty;
use url::{Host, Url};

use crate::answer::{Answer, looks_like_html};
use crate::body::Reader;
use crate::breaker::{Breaker, BreakerView};
use crate::budget::{Budget, BudgetView};
use crate::error::{NetError, NetErrorKind, Phase, Unreadable, WriteError, line};
use crate::limits::HttpLimits;
use crate::policy::NetworkPolicy;
use crate::replay::{Exchange, Replay};
use crate::resolver::Target;
use crate::retry_after;
use crate::transport::{Incoming, Live, Outgoing, Transport};

pub use counting::describe_metrics;
pub use events::{EventStream, ServerEvent};
pub use request::Request;
pub use upload::Upload;

/// What a handle is made from.
#[derive(Clone, Debug)]
pub struct VendorHttpOptions {
    pub base_url: Url,
    /// Trust exactly these certificates.
    pub ca_pem: Option<String>,
    pub policy: Arc<NetworkPolicy>,
    pub limits: HttpLimits,
    pub clock: Arc<dyn Clock>,
    /// The connector whose calls they are in the metrics; `None`: they are not counted.
    pub counted_as: Option<&'static str>,
}

/// See the module.
#[derive(Clone)]
pub struct VendorHttp {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None`: connected to nothing.
    base_url: Option<Url>,
    host: String,
    transport: Transport,
    limits: HttpLimits,
    clock: Arc<dyn Clock>,
    budget: Budget,
    breaker: Mutex<Breaker>,
    counted_as: Option<&'static str>,
}

impl fmt::Debug for VendorHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VendorHttp").field("host", &self.inner.host).finish_non_exhaustive()
    }
}

/// What is sent.
#[derive(Clone)]
struct Body {
    /// Content type.
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Where a body goes.
enum Sink<'a> {
    Memory,
    File { into: &'a Path, cap: u64 },
}

impl VendorHttp {
    /// Binds a handle to one instance. Opens no connection.
    ///
    /// # Errors
    /// When the URL is no plain `http(s)://host[:port][/path]`, the address is refused by the policy, or the CA
    /// certificate cannot be read.
    pub fn new(options: VendorHttpOptions) -> Result<Self, Error> {
        let VendorHttpOptions { base_url, ca_pem, policy, limits, clock, counted_as } = options;
        let target = target_of(&base_url, policy)?;
        let live = Live::new(target, ca_pem.as_deref(), limits)?;
        Ok(Self::with(Some(base_url), Transport::Live(Box::new(live)), limits, clock, counted_as))
    }

    /// A handle that answers from recordings and never opens a socket.
    #[must_use]
    pub fn replaying(base_url: Url, exchanges: Vec<Exchange>, clock: Arc<dyn Clock>) -> Self {
        let limits = HttpLimits { read_attempts: 1, ..HttpLimits::default() };
        Self::with(Some(base_url), Transport::Replay(Replay::new(exchanges)), limits, clock, None)
    }

    /// A handle that answers no call, to ask a connector what it offers.
    #[must_use]
    pub fn to_nothing(clock: Arc<dyn Clock>) -> Self {
        Self::with(None, Transport::Replay(Replay::new(Vec::new())), HttpLimits::default(), clock, None)
    }

    fn with(
        base_url: Option<Url>,
        transport: Transport,
        limits: HttpLimits,
        clock: Arc<dyn Clock>,
        counted_as: Option<&'static str>,
    ) -> Self {
        let host = base_url.as_ref().map_or_else(|| "nowhere".to_owned(), host_and_port);
        let budget = Budget::new(&limits);
        let breaker = Mutex::new(Breaker::new(limits.breaker_failures, limits.breaker_pause));
        Self { inner: Arc::new(Inner { base_url, host, transport, limits, clock, budget, breaker, counted_as }) }
    }

    /// `host:port` of the instance.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.inner.host
    }

    #[must_use]
    pub fn limits(&self) -> &HttpLimits {
        &self.inner.limits
    }

    #[must_use]
    pub fn breaker(&self) -> BreakerView {
        self.inner.breaker().view()
    }

    #[must_use]
    pub fn budget(&self) -> BudgetView {
        self.inner.budget.view()
    }

    /// The vendor asked for a pause in words that only its connector understands: no call before it has passed.
    pub fn hold(&self, pause: Duration) {
        self.inner.budget.hold(pause.min(self.inner.limits.max_retry_after));
    }

    /// Reads. Repeated a few times when the trouble looks passing.
    ///
    /// # Errors
    /// Everything but a complete 2xx answer.
    pub async fn get(&self, request: &Request<'_>) -> Result<Answer, NetError> {
        let limits = &self.inner.limits;
        self.inner.call(Method::GET, request, None, limits.read_attempts, limits.total, Sink::Memory).await
    }

    /// Sends once.
    ///
    /// # Errors
    /// [`WriteError::NotDone`] when it certainly had no effect, [`WriteError::Unknown`] when it may have had one.
    pub async fn post_json<B: Serialize + Sync>(&self, request: &Request<'_>, body: &B) -> Result<Answer, WriteError> {
        self.inner.write(Method::POST, request, Some(body)).await
    }

    /// As [`VendorHttp::post_json`], with the fields of a form (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// As there.
    pub async fn post_form(&self, request: &Request<'_>, fields: &[(&str, &str)]) -> Result<Answer, WriteError> {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post_bytes(request, "application/x-www-form-urlencoded", form.into_bytes()).await
    }

    /// As [`VendorHttp::post_json`], with a body that is ready.
    ///
    /// # Errors
    /// As there.
    pub async fn post_bytes(
        &self,
        request: &Request<'_>,
        content_type: &'static str,
        bytes: Vec<u8>,
    ) -> Result<Answer, WriteError> {
        let (inner, body) = (&self.inner, Body { kind: content_type, bytes });
        Ok(inner.call(Method::POST, request, Some(body), 1, inner.limits.total, Sink::Memory).await?)
    }

    /// As [`VendorHttp::post_json`].
    ///
    /// # Errors
    /// As there.
    pub async fn put_json<B: Serialize + Sync>(&self, request: &Request<'_>, body: &B) -> Result<Answer, WriteError> {
        self.inner.write(Method::PUT, request, Some(body)).await
    }

    /// As [`VendorHttp::post_json`].
    ///
    /// # Errors
    /// As there.
    pub async fn patch_json<B: Serialize + Sync>(&self, request: &Request<'_>, body: &B) -> Result<Answer, WriteError> {
        self.inner.write(Method::PATCH, request, Some(body)).await
    }

    /// As [`VendorHttp::post_json`], without a body.
    ///
    /// # Errors
    /// As there.
    pub async fn delete(&self, request: &Request<'_>) -> Result<Answer, WriteError> {
        self.inner.write::<()>(Method::DELETE, request, None).await
    }
}

impl Inner {
    fn error(&self, what: &'static str, kind: NetErrorKind) -> NetError {
        NetError { what, host: self.host.clone(), kind }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write<B: Serialize + Sync>(
        &self,
        method: Method,
        request: &Request<'_>,
        body: Option<&B>,
    ) -> Result<Answer, WriteError> {
        let body = body.map(|body| self.json(request, body)).transpose()?;
        Ok(self.call(method, request, body, 1, self.limits.total, Sink::Memory).await?)
    }

    fn json<B: Serialize>(&self, request: &Request<'_>, body: &B) -> Result<Body, NetError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| self.error(request.what, NetErrorKind::Request { detail: line(&error.to_string()) }))?;
        Ok(Body { kind: "application/json", bytes })
    }

    /// One call as the caller sees it: breaker, deadline, attempts.
    async fn call(
        &self,
        method: Method,
        request: &Request<'_>,
        body: Option<Body>,
        attempts: u32,
        total: Duration,
        sink: Sink<'_>,
    ) -> Result<Answer, NetError> {
        let what = request.what;
        let span = tracing::info_span!(
            "vendor call",
            otel.name = what,
            otel.kind = "client",
            otel.status_code = Empty,
            server.address = self.host,
            http.request.method = %method,
            error.type = Empty,
        );
        let outcome = self.passed(method, request, body, attempts, total, sink).instrument(span.clone()).await;
        self.count_call(outcome.as_ref().err());
        if let Err(kind) = &outcome {
            span.record("otel.status_code", "ERROR").record("error.type", kind.condition().as_str());
        }
        outcome.map_err(|kind| self.error(what, kind))
    }

    async fn passed(
        &self,
        method: Method,
        request: &Request<'_>,
        body: Option<Body>,
        attempts: u32,
        total: Duration,
        sink: Sink<'_>,
    ) -> Result<Answer, NetErrorKind> {
        match Pass::ask(self) {
            Err(kind) => Err(kind),
            Ok(pass) => {
                let work = self.attempts(&method, request, body, attempts, &sink);
                let outcome = match tokio::time::timeout(total, work).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(NetErrorKind::Timeout { phase: Phase::Total, after: total }),
                };
                pass.settle(outcome.as_ref().err());
                outcome
            }
        }
    }

    async fn attempts(
        &self,
        method: &Method,
        request: &Request<'_>,
        body: Option<Body>,
        attempts: u32,
        sink: &Sink<'_>,
    ) -> Result<Answer, NetErrorKind> {
        let mut failures = 0;
        loop {
            let outcome = self.attempt(method, request, body.clone(), sink).await;
            failures += 1;
            match outcome {
                Err(kind) if failures < attempts && kind.is_transient() => {
                    tracing::debug!(what = request.what, host = self.host, attempt = failures, reason = %kind, "again");
                    tokio::time::sleep(self.limits.backoff.delay(failures, rand::random())).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        request: &Request<'_>,
        body: Option<Body>,
        sink: &Sink<'_>,
    ) -> Result<Answer, NetErrorKind> {
        let outgoing = self.outgoing(method, request, body, sink)?;
        let patience = self.limits.patience;
        let place = self
            .budget
            .acquire(patience)
            .await
            .map_err(|exhausted| NetErrorKind::RateLimited { retry_after: exhausted.0, sent: false })?;
        let asked_at = self.clock.now();
        let begun = tokio::time::Instant::now();
        self.count_request();
        let outcome = self.exchange(request, outgoing, asked_at, sink).await;
        drop(place);
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(answer) => tracing::debug!(
                what = request.what, host = self.host, %method, status = answer.status, elapsed_ms, "answered"
            ),
            Err(kind) => tracing::debug!(what = request.what, host = self.host, %method, elapsed_ms, %kind, "failed"),
        }
        outcome
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        outgoing: Outgoing,
        asked_at: scanhelm_core::Timestamp,
        sink: &Sink<'_>,
    ) -> Result<Answer, NetErrorKind> {
        let incoming = self.transport.send(outgoing).await?;
        self.heed_limits(&incoming.headers);
        let incoming = self.successful(incoming).await?;
        let header = |name| incoming.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let (content_type, location) = (header(CONTENT_TYPE).map(str::to_owned), header(LOCATION).map(line));
        let cookies = cookies(&incoming.headers);
        let cap = match sink {
            Sink::Memory => self.limits.body_bytes,
            Sink::File { cap, .. } => *cap,
        };
        let reader = Reader::new(incoming.body, cap, self.limits);
        let body = match sink {
            Sink::Memory => reader.into_memory().await?,
            Sink::File { .. } if !request.mislabelled && looks_like_html(content_type.as_deref(), b"") => {
                return Err(NetErrorKind::Unreadable(Unreadable::Html));
            }
            Sink::File { into, .. } => {
                reader.into_file(into).await?;
                bytes::Bytes::new()
            }
        };
        Ok(Answer {
            status: incoming.status,
            content_type,
            location,
            cookies,
            body,
            asked_at,
            what: request.what,
            host: self.host.clone(),
        })
    }

    /// Sorts out everything that is not a 2xx.
    async fn successful(&self, incoming: Incoming) -> Result<Incoming, NetErrorKind> {
        let header = |name| incoming.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let status = incoming.status;
        let wish = header(RETRY_AFTER).map(|text| self.pause(Some(text)));
        match status {
            200..=299 => match header(CONTENT_ENCODING).filter(|name| !name.eq_ignore_ascii_case("identity")) {
                Some(name) => Err(NetErrorKind::Unreadable(Unreadable::Compression(line(name)))),
                None => Ok(incoming),
            },
            300..=399 if incoming.headers.contains_key(LOCATION) => {
                Err(NetErrorKind::Redirect { status, to: self.destination(header(LOCATION).unwrap_or_default()) })
            }
            429 => {
                let retry_after = match wish {
                    Some(wish) => wish,
                    None => self.pause(self.wish_in_body(incoming.body).await.as_deref()),
                };
                self.budget.hold(retry_after);
                Err(NetErrorKind::RateLimited { retry_after, sent: true })
            }
            _ => {
                if let (503, Some(pause)) = (status, wish) {
                    self.budget.hold(pause);
                }
                let body = Reader::new(incoming.body, 64 * 1024, self.limits).into_memory().await.unwrap_or_default();
                Err(NetErrorKind::Status { status, message: vendor_message(&body), retry_after: wish, body })
            }
        }
    }

    /// Some vendors write their wish into the body of the refusal instead of its head.
    async fn wish_in_body(&self, body: BoxStream<'static, Result<Bytes, NetErrorKind>>) -> Option<String> {
        let body = Reader::new(body, 64 * 1024, self.limits).into_memory().await.ok()?;
        retry_after::in_body(&body)
    }

    fn pause(&self, header: Option<&str>) -> Duration {
        let limits = &self.limits;
        retry_after::pause(header, self.clock.now(), limits.rate_limit_pause, limits.max_retry_after)
    }

    /// Vendors that tell what is left: nothing left means wait for the reset instead of for the refusal (B04).
    fn heed_limits(&self, headers: &HeaderMap) {
        let number = |names: &[&str]| {
            names.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse::<i64>().ok())
        };
        if let Some(places) = number(&["x-concurrency-limit-limit"]).and_then(|places| usize::try_from(places).ok()) {
            self.budget.limit_concurrency(places);
        }
        // A time span, told only while the vendor refuses calls.
        let to_wait = number(&["x-ratelimit-towait-sec"]).filter(|seconds| *seconds > 0);
        let left = number(&["x-ratelimit-remaining", "ratelimit-remaining"]);
        let reset = number(&["x-ratelimit-reset", "ratelimit-reset"]).filter(|reset| *reset > 0 && left == Some(0));
        // Large numbers are an instant, small ones a time span.
        let until_reset = reset.map(|at| if at > 100_000_000 { at - self.clock.now().as_millis() / 1000 } else { at });
        if let Some(seconds) = to_wait.or(until_reset).and_then(|seconds| u64::try_from(seconds).ok()) {
            self.budget.hold(Duration::from_secs(seconds).min(self.limits.max_retry_after));
        }
    }

    /// Where a redirect points, without anything that could be a secret.
    fn destination(&self, location: &str) -> String {
        match self.base_url.as_ref().and_then(|base| base.join(location).ok()) {
            Some(mut url) => {
                url.set_query(None);
                url.set_fragment(None);
                let _ = url.set_username("");
                let _ = url.set_password(None);
                line(url.as_str())
            }
            None => "an unreadable address".to_owned(),
        }
    }

    fn outgoing(
        &self,
        method: &Method,
        request: &Request<'_>,
        body: Option<Body>,
        sink: &Sink<'_>,
    ) -> Result<Outgoing, NetErrorKind> {
        let refuse = |detail: &str| NetErrorKind::Request { detail: detail.to_owned() };
        let mut url = self.base_url.clone().ok_or_else(|| refuse("this handle is connected to nothing"))?;
        // The URL standard drops these from a path, which would turn one request into another.
        if request.segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(refuse("an id from the vendor cannot be part of a path"));
        }
        url.path_segments_mut()
            .map_err(|()| refuse("the base URL cannot have a path"))?
            .pop_if_empty()
            .extend(request.segments)
            .extend(request.slash.then_some(""));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let mut headers = HeaderMap::new();
        if let Sink::Memory = sink {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        if let Some(body) = &body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.kind));
        }
        for (name, secret) in request.headers {
            let unsendable = || refuse(&format!("the header {name} holds characters that cannot be sent"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
            let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| unsendable())?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Outgoing { method: method.clone(), url, headers, body: body.map(|body| body.bytes), form: None })
    }
}

fn cookies(headers: &HeaderMap) -> Vec<Secret> {
    let set = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|cookie| cookie.split(';').next()).filter(|pair| pair.contains('=')).map(Secret::new).collect()
}

/// A call that the breaker let through; dropped without a verdict, it counts as not having happened.
struct Pass<'a> {
    inner: &'a Inner,
    settled: bool,
}

impl<'a> Pass<'a> {
    fn ask(inner: &'a Inner) -> Result<Self, NetErrorKind> {
        match inner.breaker().admit(inner.clock.now()) {
            Ok(()) => Ok(Self { inner, settled: false }),
            Err(shut) => Err(NetErrorKind::BreakerOpen { until: shut.until, because: shut.because }),
        }
    }

    fn settle(mut self, error: Option<&NetErrorKind>) {
        self.settled = true;
        let mut breaker = self.inner.breaker();
        match error.map(|kind| (kind.is_failure_of_vendor(), kind.condition())) {
            None | Some((Some(false), _)) => breaker.succeeded(),
            Some((Some(true), because)) => breaker.failed(because, self.inner.clock.now(), rand::random()),
            Some((None, _)) => breaker.abandoned(),
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.inner.breaker().abandoned();
        }
    }
}

/// Checks the URL and, where it names an address literally, the address.
pub(crate) fn target_of(base_url: &Url, policy: Arc<NetworkPolicy>) -> Result<Target, Error> {
    let refuse = |detail: &str| Err(Error::field("base_url", "malformed", detail));
    let tls = match base_url.scheme() {
        "https" => true,
        "http" => false,
        _ => return refuse("Only https:// (and http:// where the operator allows it) can be called."),
    };
    if !base_url.username().is_empty() || base_url.password().is_some() {
        return refuse("The address may not hold a user name or password; enter them as credentials.");
    }
    if base_url.query().is_some() || base_url.fragment().is_some() {
        return refuse("The address may not hold a query or a fragment: only https://host:port and a path.");
    }
    let port = match base_url.port_or_known_default() {
        Some(port) if port != 0 => port,
        _ => return refuse("The port must be between 1 and 65535."),
    };
    let target = Target { policy, port, tls };
    let literal = match base_url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return refuse("The address names no host."),
    };
    if let Some(address) = literal {
        target.check(address).map_err(|refusal| Error::new(ErrorCode::AddressRefused, format!("{refusal}.")))?;
    }
    Ok(target)
}

pub(crate) fn host_and_port(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "nowhere".to_owned(),
    }
}

/// The vendor's own words in an error body: the usual members of a JSON object, or short plain text.
fn vendor_message(body: &[u8]) -> String {
    if looks_like_html(None, body) {
        return "a web page".to_owned();
    }
    let text = String::from_utf8_lossy(body);
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(&text) else { return line(&text) };
    ["error", "message", "reason", "detail", "error_description", "title"]
        .iter()
        .find_map(|name| object.get(*name)?.as_str())
        .map(line)
        .unwrap_or_default()
}
