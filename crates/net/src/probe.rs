//! The first three steps of "Test connection": DNS, TCP, TLS. Each says what was seen and what to do, and nothing of
//! what the other side sent: a connection test must not become a way to read banners of the inside network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use scanhelm_core::Error;
use scanhelm_core::integration::ConditionKind;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::error::{find_cause, line};
use crate::http::target_of;
use crate::policy::{NetworkPolicy, Refusal};
use crate::resolver::{ResolveError, Target};
use crate::tls;

/// One step of a connection test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProbeStep {
    /// `dns`, `tcp` or `tls`.
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
    /// What to do when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl ProbeStep {
    fn ok(name: &'static str, detail: String) -> Self {
        Self { name, ok: true, detail, fix: None }
    }

    fn failed(name: &'static str, detail: String, fix: &str) -> Self {
        Self { name, ok: false, detail, fix: Some(fix.to_owned()) }
    }

    fn refused(name: &'static str, refusal: &Refusal) -> Self {
        Self::failed(name, refusal.to_string(), ConditionKind::AddressRefused.next_step())
    }
}

/// Walks the steps until one fails.
///
/// # Errors
/// When the URL or the CA certificate is not acceptable in the first place.
pub async fn probe(
    base_url: &Url,
    ca_pem: Option<&str>,
    policy: Arc<NetworkPolicy>,
    patience: Duration,
) -> Result<Vec<ProbeStep>, Error> {
    let mut literal_checked_later = base_url.clone();
    // A literal address that is refused is a failed step here, not a malformed request.
    if matches!(base_url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
        literal_checked_later.set_host(Some("literal.invalid")).map_err(Error::internal)?;
    }
    let target = target_of(&literal_checked_later, policy)?;
    let config = tls::client_config(ca_pem)?;
    let mut steps = Vec::new();
    let addresses = match look_up(base_url, &target, patience).await {
        Ok((step, addresses)) => {
            steps.push(step);
            addresses
        }
        Err(step) => return Ok(vec![step]),
    };
    let stream = match connect(&addresses, patience).await {
        Ok((step, stream)) => {
            steps.push(step);
            stream
        }
        Err(step) => {
            steps.push(step);
            return Ok(steps);
        }
    };
    if target.tls {
        steps.push(shake_hands(base_url, config, stream, patience).await);
    }
    Ok(steps)
}

async fn look_up(url: &Url, target: &Target, patience: Duration) -> Result<(ProbeStep, Vec<SocketAddr>), ProbeStep> {
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    if let Some(address) = literal {
        return match target.check(address) {
            Ok(()) => {
                let step = ProbeStep::ok("dns", format!("{address} is an address, nothing to resolve"));
                Ok((step, vec![SocketAddr::new(address, target.port)]))
            }
            Err(refusal) => Err(ProbeStep::refused("dns", &refusal)),
        };
    }
    let host = url.host_str().unwrap_or_default();
    let check_name = "Check the spelling of the host name and the DNS servers of the hub.";
    match timeout(patience, target.resolve(host)).await {
        Ok(Ok(addresses)) => {
            let shown: Vec<String> = addresses.iter().take(4).map(|address| address.ip().to_string()).collect();
            Ok((ProbeStep::ok("dns", format!("{host} is {}", shown.join(", "))), addresses))
        }
        Ok(Err(ResolveError::Refused(refusal))) => Err(ProbeStep::refused("dns", &refusal)),
        Ok(Err(ResolveError::Lookup(error))) => {
            Err(ProbeStep::failed("dns", line(&format!("{host} cannot be resolved ({error})")), check_name))
        }
        Err(_) => Err(ProbeStep::failed("dns", format!("{host} was not resolved within {patience:?}"), check_name)),
    }
}

async fn connect(addresses: &[SocketAddr], patience: Duration) -> Result<(ProbeStep, TcpStream), ProbeStep> {
    let mut seen = Vec::new();
    for address in addresses.iter().take(4) {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((ProbeStep::ok("tcp", format!("connected to {address}")), stream)),
            Ok(Err(error)) => seen.push(format!("{address}: {}", error.kind())),
            Err(_) => seen.push(format!("{address}: no answer within {patience:?}")),
        }
    }
    Err(ProbeStep::failed(
        "tcp",
        line(&seen.join("; ")),
        "Check that the instance is running, the port is right and no firewall stands between the hub and it.",
    ))
}

async fn shake_hands(url: &Url, config: rustls::ClientConfig, stream: TcpStream, patience: Duration) -> ProbeStep {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => ServerName::from(std::net::IpAddr::from(address)),
        Some(Host::Ipv6(address)) => ServerName::from(std::net::IpAddr::from(address)),
        Some(Host::Domain(name)) => match ServerName::try_from(name.to_owned()) {
            Ok(name) => name,
            Err(_) => {
                let detail = "the host name cannot be in a certificate".to_owned();
                return ProbeStep::failed("tls", detail, "Use a plain host name.");
            }
        },
        None => return ProbeStep::failed("tls", "the address names no host".to_owned(), "Enter https://host:port."),
    };
    match timeout(patience, TlsConnector::from(Arc::new(config)).connect(name, stream)).await {
        Ok(Ok(stream)) => {
            let version = stream.get_ref().1.protocol_version().map(|version| format!("{version:?}"));
            ProbeStep::ok("tls", format!("trusted certificate, {}", version.unwrap_or_default().replace('_', ".")))
        }
        Ok(Err(error)) => match find_cause::<rustls::Error>(&error) {
            Some(reason) => {
                let problem = tls::explain(reason);
                ProbeStep::failed("tls", problem.detail, problem.fix)
            }
            None => ProbeStep::failed(
                "tls",
                format!("the handshake was cut ({})", error.kind()),
                "Check that this port speaks TLS, and https against http.",
            ),
        },
        Err(_) => ProbeStep::failed(
            "tls",
            format!("the handshake was not finished within {patience:?}"),
            "Check that this port speaks TLS; a proxy or firewall may hold the connection.",
        ),
    }
}
