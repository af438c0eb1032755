//! Looking at a web site as a stranger does: its answer is the subject, so any status is an answer and any certificate
//! is let in and told.
//!
//! That is safe here and nowhere else: nothing secret is sent, and of the answer nothing but its head is read.
//! Redirects are not followed, each address is checked by the target policy when it is connected to, and the deadlines
//! and the limits on a head are those of every outgoing call.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use scanhelm_core::{Error, Timestamp};
use tokio::time::timeout;
use url::Url;

use crate::certificate::{Certificate, judged};
use crate::error::{NetError, NetErrorKind, Phase};
use crate::http::{host_and_port, target_of};
use crate::limits::HttpLimits;
use crate::policy::NetworkPolicy;
use crate::tls;
use crate::transport::{Incoming, Live, Outgoing};

/// Visits sites within a policy and limits.
#[derive(Clone, Debug)]
pub struct Visitor {
    policy: Arc<NetworkPolicy>,
    limits: HttpLimits,
    ca_pem: Option<String>,
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    pub url: Url,
    pub status: u16,
    /// In the order in which they came, names in lower case. What is not UTF-8 in a value is replaced.
    pub headers: Vec<(String, String)>,
    /// `None`: without TLS.
    pub secured: Option<Secured>,
}

/// What the TLS handshake showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// `TLS 1.3`.
    pub version: &'static str,
    pub certificate: Certificate,
    /// When it was looked at.
    pub at: Timestamp,
}

impl Visitor {
    /// `ca_pem`: whom to trust instead of those whom this machine trusts.
    #[must_use]
    pub fn new(policy: NetworkPolicy, limits: HttpLimits, ca_pem: Option<String>) -> Self {
        Self { policy: Arc::new(policy), limits, ca_pem }
    }

    /// One GET.
    ///
    /// # Errors
    /// When no head of an answer came.
    pub async fn visit(&self, url: &Url, headers: &[(&'static str, &str)]) -> Result<Visit, NetError> {
        let failed = |kind| NetError { what: "look at the site", host: host_and_port(url), kind };
        let not_sent = |detail: String| failed(NetErrorKind::Request { detail });
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let target = target_of(&bare, Arc::clone(&self.policy)).map_err(|error| not_sent(told(&error)))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let onlooker = Arc::new(Onlooker { provider: Arc::clone(&provider), noted: Mutex::default() });
        let config = onlooker.config().map_err(|error| not_sent(told(&error)))?;
        let live = Live::with(target, config, self.limits).map_err(|error| not_sent(told(&error)))?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|error| not_sent(error.to_string()))?;
            map.insert(HeaderName::from_static(name), value);
        }
        let outgoing = Outgoing { method: Method::GET, url: url.clone(), headers: map, body: None, form: None };
        let total = self.limits.total;
        let Incoming { status, headers, .. } = timeout(total, live.send(outgoing))
            .await
            .map_err(|_| failed(NetErrorKind::Timeout { phase: Phase::Total, after: total }))?
            .map_err(failed)?;
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Visit {
            url: url.clone(),
            status,
            headers: headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            secured: onlooker.told(|| self.roots()),
        })
    }

    fn roots(&self) -> Result<Arc<rustls::RootCertStore>, String> {
        match &self.ca_pem {
            Some(pem) => tls::own_roots(pem).map(|(roots, _)| roots),
            None => tls::system_roots(),
        }
        .map_err(|error| told(&error))
    }
}

fn told(error: &Error) -> String {
    error.fields.first().map_or_else(|| error.detail.clone(), |field| field.detail.clone())
}

/// Lets every certificate in and notes it. That the server holds its key is checked as ever.
#[derive(Debug)]
struct Onlooker {
    provider: Arc<CryptoProvider>,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    shown: Option<Shown>,
    version: &'static str,
}

#[derive(Debug)]
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
    at: UnixTime,
}

impl Onlooker {
    fn config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::internal(format!("no usable TLS version: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        Ok(config)
    }

    fn told(&self, roots: impl FnOnce() -> Result<Arc<rustls::RootCertStore>, String>) -> Option<Secured> {
        let noted = self.lock();
        let Shown { chain, name, at } = noted.shown.as_ref()?;
        Some(Secured {
            version: noted.version,
            certificate: judged(chain, name, *at, roots(), &self.provider),
            at: Timestamp::from_seconds(i64::try_from(at.as_secs()).unwrap_or(i64::MAX)),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|one| one.clone().into_owned());
        self.lock().shown = Some(Shown { chain: chain.collect(), name: server_name.to_owned(), at: now });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.lock().version = "TLS 1.2";
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.lock().version = "TLS 1.3";
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
