//! The exporter: OTLP over HTTP, in batches, from a thread of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use scanhelm_hub::system::SystemClock;
use scanhelm_net::{HttpLimits, NetworkPolicy, VendorHttp, VendorHttpOptions};
use tokio::runtime::Handle;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;

use super::Spans;

/// For the last batch, when the hub has stopped; part of the ten seconds that the whole end may take.
const FLUSH: Duration = Duration::from_millis(1500);

#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    pub(super) fn start(collector: &str) -> Result<Self, String> {
        let client = Client { http: client(collector)?, runtime: Handle::current() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{collector}/v1/traces"))
            .build()
            .map_err(|error| format!("traces cannot be sent to {collector}: {error}"))?;
        let resource = Resource::builder()
            .with_service_name("scanhelm")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider })
    }

    /// Spans of our own code only, and no log lines: what a library finds worth a line may hold what we never tell.
    pub(crate) fn spans(&self) -> Spans {
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("scanhelm"));
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("scanhelm"))
            .with_location(false)
            .with_threads(false);
        Box::new(layer.with_filter(ours))
    }

    /// Sends what is left.
    pub(crate) async fn stop(self) {
        let flush = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(FLUSH));
        match tokio::time::timeout(FLUSH, flush).await {
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces were not sent"),
            Ok(_) => {}
            Err(_) => tracing::warn!("the last traces were not sent: the collector does not answer"),
        }
    }
}

/// The operator names the collector, so it may be in any network that is ever called; this handle calls nothing else.
fn client(collector: &str) -> Result<VendorHttp, String> {
    let wrong = |error: scanhelm_core::Error| format!("traces cannot be sent to {collector}: {}", error.detail);
    let base_url = collector.parse().map_err(|error| format!("traces cannot be sent to {collector}: {error}"))?;
    let options = VendorHttpOptions {
        base_url,
        ca_pem: None,
        policy: Arc::new(NetworkPolicy::parse(&["0.0.0.0/0", "::/0"]).map_err(wrong)?),
        limits: HttpLimits::default(),
        clock: Arc::new(SystemClock),
        counted_as: None,
    };
    VendorHttp::new(options).map_err(wrong)
}

/// Sends through `net`, on the hub's runtime: the exporter's thread has none.
struct Client {
    http: VendorHttp,
    runtime: Handle,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("host", &self.http.host()).finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (http, body) = (self.http.clone(), request.into_body().to_vec());
        let sending = async move {
            let request = scanhelm_net::Request::new("send traces", &["v1", "traces"]);
            http.post_bytes(&request, "application/x-protobuf", body).await
        };
        // A call that sends spans must not become one: it would be sent, and so on without end.
        let answer = self.runtime.spawn(sending.with_subscriber(NoSubscriber::new())).await??;
        Ok(Response::builder().status(answer.status).body(answer.body)?)
    }
}
