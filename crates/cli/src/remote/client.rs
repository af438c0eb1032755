//! Talking to one hub.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_hub::system::SystemClock;
use scanhelm_net::{
    EventStream, HttpLimits, NetError, NetErrorKind, NetworkPolicy, Request, Upload, VendorHttp, VendorHttpOptions,
    WriteError,
};
use serde_json::Value;
use url::Url;

use super::{Answer, RemoteError};

/// The person at the terminal chooses the hub, so inside addresses are fine; a key is sent over a public network only
/// under TLS.
const INSIDE: [&str; 7] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1", "fc00::/7"];

/// Which hub, and who asks.
#[derive(Args, Clone, Debug)]
pub(crate) struct HubArguments {
    /// Address of the hub
    #[arg(long, value_name = "URL", env = "SCANHELM_HUB", default_value = "http://127.0.0.1:8480", global = true)]
    hub: String,
    #[command(flatten)]
    key: KeyArguments,
}

/// Who asks.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct KeyArguments {
    /// API key; in the environment it is not seen by other users of this machine
    #[arg(long, value_name = "KEY", env = "SCANHELM_API_KEY", hide_env_values = true, global = true)]
    api_key: Option<SecretText>,
    /// PEM file of the certificate authority that vouches for the hub
    #[arg(long, value_name = "FILE", env = "SCANHELM_CA_FILE", global = true)]
    ca_file: Option<PathBuf>,
}

/// A secret that clap may carry: its `Debug` tells nothing.
#[derive(Clone, Debug)]
struct SecretText(Secret);

impl std::str::FromStr for SecretText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Secret::new(text.trim())))
    }
}

impl HubArguments {
    pub(crate) fn client(&self) -> Answer<Client> {
        self.key.client(&self.hub)
    }

    /// For a file that the hub makes while we wait: it may be silent for long before the first byte.
    pub(crate) fn client_for_files(&self) -> Answer<Client> {
        const MAKING: Duration = Duration::from_mins(15);
        let limits = HttpLimits {
            silence: MAKING,
            pace_window: MAKING,
            download_total: Duration::from_hours(24),
            ..Client::limits()
        };
        Client::new(&self.hub, &self.key, limits)
    }
}

impl KeyArguments {
    pub(crate) fn client(&self, hub: &str) -> Answer<Client> {
        Client::new(hub, self, Client::limits())
    }
}

/// One hub.
#[derive(Debug)]
pub(crate) struct Client {
    http: VendorHttp,
    headers: Vec<(&'static str, Secret)>,
}

impl Client {
    /// Asks only what everyone may know.
    pub(crate) fn anonymous(hub: &str) -> Answer<Self> {
        Self::new(hub, &KeyArguments::default(), Self::limits())
    }

    fn limits() -> HttpLimits {
        HttpLimits {
            connect: Duration::from_secs(5),
            requests_per_minute: 6000,
            burst: 1000,
            // A person waits: one more attempt shows that it is not a passing trouble.
            read_attempts: 2,
            breaker_failures: u32::MAX,
            ..HttpLimits::default()
        }
    }

    fn new(hub: &str, key: &KeyArguments, limits: HttpLimits) -> Answer<Self> {
        let refused = |reason: String| RemoteError::Refused(reason);
        let shown = scanhelm_core::text::single_line(hub, 200);
        let base_url = Url::parse(hub.trim()).map_err(|_| {
            refused(format!("`{shown}` is not the address of a hub; write it like https://scanhelm.example.com"))
        })?;
        let ca_pem = match &key.ca_file {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|error| refused(format!("{} cannot be read: {error}", path.display())))?,
            ),
            None => None,
        };
        let policy = NetworkPolicy::parse(&INSIDE).map_err(|error| refused(error.detail))?;
        let http = VendorHttp::new(VendorHttpOptions {
            base_url,
            ca_pem,
            policy: Arc::new(policy),
            limits,
            clock: Arc::new(SystemClock),
            counted_as: None,
        })
        .map_err(|error| refused(format!("the hub {shown} cannot be asked: {}", advice(&error.detail))))?;
        let headers = key.api_key.iter().map(|key| ("x-api-key", key.0.clone())).collect();
        Ok(Self { http, headers })
    }

    /// Below `/api/v1`.
    pub(crate) async fn get(&self, what: &'static str, path: &[&str], query: &[(&str, &str)]) -> Answer<Value> {
        let path = versioned(path);
        let request = Request::new(what, &path).query(query).headers(&self.headers);
        self.http.get(&request).await.and_then(|answer| answer.json()).map_err(|error| self.explain(&error))
    }

    /// Outside `/api/v1`.
    pub(crate) async fn get_root(&self, what: &'static str, path: &[&str]) -> Answer<Value> {
        let request = Request::new(what, path).headers(&self.headers);
        self.http.get(&request).await.and_then(|answer| answer.json()).map_err(|error| self.explain(&error))
    }

    pub(crate) async fn post(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Answer<Value> {
        let path = versioned(path);
        let request = Request::new(what, &path).query(query).headers(&self.headers);
        let answer = self.http.post_json(&request, body).await.map_err(|error| self.explain_write(&error))?;
        answer.json().map_err(|error| self.explain(&error))
    }

    /// A question with too much in it for an address; asking changes nothing.
    pub(crate) async fn look_up(&self, what: &'static str, path: &[&str], body: &Value) -> Answer<Value> {
        let path = versioned(path);
        let request = Request::new(what, &path).headers(&self.headers);
        let answer = self.http.post_json(&request, body).await.map_err(|error| self.explain(error.net()))?;
        answer.json().map_err(|error| self.explain(&error))
    }

    pub(crate) async fn patch(&self, what: &'static str, path: &[&str], body: &Value) -> Answer<Value> {
        let path = versioned(path);
        let request = Request::new(what, &path).headers(&self.headers);
        let answer = self.http.patch_json(&request, body).await.map_err(|error| self.explain_write(&error))?;
        answer.json().map_err(|error| self.explain(&error))
    }

    /// `None`: done, with nothing to tell.
    pub(crate) async fn delete(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Answer<Option<Value>> {
        let path = versioned(path);
        let request = Request::new(what, &path).query(query).headers(&self.headers);
        let answer = self.http.delete(&request).await.map_err(|error| self.explain_write(&error))?;
        if answer.status == 204 {
            return Ok(None);
        }
        answer.json().map(Some).map_err(|error| self.explain(&error))
    }

    pub(crate) async fn upload(&self, file: &Path, name: &str, texts: &[(&'static str, &str)]) -> Answer<Value> {
        let path = versioned(&["imports"]);
        let request = Request::new("send the report", &path).headers(&self.headers);
        let upload = Upload { path: file, field: "file", file_name: name, texts };
        let answer = self.http.upload(&request, &upload).await.map_err(|error| self.explain_write(&error))?;
        answer.json().map_err(|error| self.explain(&error))
    }

    /// Streams an answer into a file, which is whole when this succeeds.
    pub(crate) async fn download(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        into: &Path,
    ) -> Answer<u64> {
        let path = versioned(path);
        // A page is as good an export as any.
        let request = Request::new(what, &path).query(query).headers(&self.headers).mislabelled();
        self.http.download(&request, into, u64::MAX).await.map_err(|error| self.explain(&error))
    }

    /// The live feed of a scan behind an event.
    pub(crate) async fn scan_events(&self, scan: &str, after: Option<&str>) -> Answer<EventStream> {
        let path = versioned(&["scans", scan, "events"]);
        let query: Vec<(&str, &str)> = after.map(|seq| ("after", seq)).into_iter().collect();
        let request = Request::new("follow the scan", &path).query(&query).headers(&self.headers);
        self.http.events(&request).await.map_err(|error| self.explain(&error))
    }

    fn explain_write(&self, error: &WriteError) -> RemoteError {
        match (error, self.explain(error.net())) {
            (WriteError::Unknown(_), RemoteError::Unreachable(reason)) => {
                RemoteError::Unreachable(format!("{reason}. It may have been done all the same: look before repeating"))
            }
            (_, explained) => explained,
        }
    }

    pub(crate) fn explain(&self, error: &NetError) -> RemoteError {
        let host = &error.host;
        match &error.kind {
            NetErrorKind::Status { status: 401, .. } if self.headers.is_empty() => RemoteError::Refused(format!(
                "the hub {host} wants to know who asks: give an API key in SCANHELM_API_KEY or with --api-key"
            )),
            NetErrorKind::Status { status: 502..=504, .. } => RemoteError::Unreachable(format!("{error}")),
            NetErrorKind::Status { status, message, .. } if message.is_empty() => {
                RemoteError::Refused(format!("the hub {host} answered {status} ({})", error.what))
            }
            NetErrorKind::Status { message, .. } => RemoteError::Refused(format!("{}: {message}", error.what)),
            NetErrorKind::RateLimited { .. } | NetErrorKind::Request { .. } | NetErrorKind::File { .. } => {
                RemoteError::Refused(error.to_string())
            }
            NetErrorKind::AddressRefused(refusal) => RemoteError::Refused(format!(
                "the hub {host} is not asked: {}. Use https://",
                advice(&refusal.to_string())
            )),
            NetErrorKind::Unreadable(_) => RemoteError::Unreachable(format!(
                "what answers at {host} does not seem to be a Scanhelm hub ({}). Check the address",
                error.kind
            )),
            kind if kind_is_tls(error) => RemoteError::Unreachable(format!(
                "cannot reach the hub {host}: {kind}. --ca-file names the authority of a private certificate"
            )),
            kind => RemoteError::Unreachable(format!(
                "cannot reach the hub {host}: {kind}. Is it running, and is the address (--hub or SCANHELM_HUB) right?"
            )),
        }
    }
}

/// Another API that whoever runs the command has chosen.
pub(crate) fn chosen_host(address: &str) -> Answer<VendorHttp> {
    chosen_host_within(address, Client::limits())
}

pub(crate) fn chosen_host_within(address: &str, limits: HttpLimits) -> Answer<VendorHttp> {
    let refused = |reason: String| RemoteError::Refused(reason);
    let shown = scanhelm_core::text::single_line(address, 200);
    let base_url = Url::parse(address.trim()).map_err(|_| refused(format!("`{shown}` is not an address")))?;
    let policy = NetworkPolicy::parse(&INSIDE).map_err(|error| refused(error.detail))?;
    VendorHttp::new(VendorHttpOptions {
        base_url,
        ca_pem: None,
        policy: Arc::new(policy),
        limits,
        clock: Arc::new(SystemClock),
        counted_as: None,
    })
    .map_err(|error| refused(format!("{shown} cannot be asked: {}", advice(&error.detail))))
}

fn kind_is_tls(error: &NetError) -> bool {
    error.condition() == ConditionKind::Tls
}

/// The room below speaks to the operator of a hub; here a person chose the address.
pub(crate) fn advice(text: &str) -> &str {
    text.split_once(". Use https, or let").map_or(text, |(reason, _)| reason)
}

fn versioned<'a>(path: &[&'a str]) -> Vec<&'a str> {
    ["api", "v1"].into_iter().chain(path.iter().copied()).collect()
}
