//! TLS towards one instance: which certificates are trusted, and what exactly is wrong with the others.
//!
//! Without a CA of its own an integration trusts what the operating system trusts. With one it trusts *only* that:
//! a public CA must not be able to vouch for an appliance in a cellar. Many appliances come with a self-signed
//! certificate that calls itself a CA, which a strict verifier refuses as a server's; pasting exactly that
//! certificate is a pin, and is accepted as one. There is no switch that turns verification off.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use scanhelm_core::{Error, Timestamp};

/// What is wrong with the vendor's TLS, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsProblem {
    pub detail: String,
    pub fix: &'static str,
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TLS: {}", self.detail)
    }
}

/// The configuration for one integration.
pub(crate) fn client_config(ca_pem: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (roots, pinned) = match ca_pem {
        Some(pem) => own_roots(pem)?,
        None => (system_roots()?, Vec::new()),
    };
    let usual = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|error| Error::internal(format!("cannot build the certificate verifier: {error}")))?;
    let verifier = Verifier { usual, pinned, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("no usable TLS version: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// For a client that calls nothing with TLS.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("no usable TLS version: {error}")))?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

pub(crate) fn own_roots(pem: &str) -> Result<(Arc<RootCertStore>, Vec<CertificateDer<'static>>), Error> {
    let refuse = |detail: &str| Err(Error::field("ca_pem", "malformed", detail));
    if pem.contains("PRIVATE KEY") {
        return refuse("This holds a private key. Paste only certificates; a private key must stay where it is.");
    }
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        match certificate {
            Ok(certificate) => certificates.push(certificate),
            Err(_) => return refuse("This is not a PEM certificate: a BEGIN CERTIFICATE block is damaged."),
        }
    }
    if certificates.is_empty() {
        return refuse("No certificate found. Paste the PEM text, from BEGIN CERTIFICATE to END CERTIFICATE.");
    }
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        if roots.add(certificate.clone()).is_err() {
            return refuse("One of the certificates cannot be read as an X.509 certificate.");
        }
    }
    Ok((Arc::new(roots), certificates))
}

pub(crate) fn system_roots() -> Result<Arc<RootCertStore>, Error> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    if roots.is_empty() {
        return Err(Error::field(
            "ca_pem",
            "required",
            "This machine trusts no public certificate authority (is the package ca-certificates installed?). \
             Install it, or give the CA certificate of the instance.",
        ));
    }
    Ok(Arc::clone(roots))
}

/// The usual verifier, which in addition accepts a pinned certificate and can tell "self-signed" from "unknown CA".
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(error) if is_ca_as_server(&error) && self.pinned.iter().any(|pinned| pinned == end_entity) => {
                // The dates were checked before its being a CA was; the name is what is left.
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(error) if is_self_signed(&error, end_entity, server_name, now, &self.provider) => {
                Err(CertificateError::Other(OtherError(Arc::new(SelfSigned))).into())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// A certificate that would be fine if only it itself were trusted is self-signed.
pub(crate) fn is_self_signed(
    error: &rustls::Error,
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
    provider: &Arc<CryptoProvider>,
) -> bool {
    let untrusted = matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)
    );
    if !untrusted && !is_ca_as_server(error) {
        return false;
    }
    let mut itself = RootCertStore::empty();
    if itself.add(certificate.clone().into_owned()).is_err() {
        return false;
    }
    let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(itself), Arc::clone(provider)).build()
    else {
        return false;
    };
    match verifier.verify_server_cert(certificate, &[], server_name, &[], now) {
        Ok(_) => true,
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => true,
        Err(error) => is_ca_as_server(&error),
    }
}

/// The verifier names this case only inside an opaque error.
fn is_ca_as_server(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner)))
        if inner.to_string() == "CaUsedAsEndEntity" || format!("{inner:?}") == "CaUsedAsEndEntity")
}

#[derive(Debug)]
struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the certificate is self-signed")
    }
}

impl std::error::Error for SelfSigned {}

const PASTE_CA: &str =
    "Paste the certificate of the authority that signed it (PEM) as CA of this integration, or install a trusted one.";
const RENEW: &str = "Renew the certificate of the instance.";

/// The verifier's verdict in words, each with its own remedy.
pub(crate) fn explain(error: &rustls::Error) -> TlsProblem {
    let problem = |detail: String, fix| TlsProblem { detail, fix };
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::ExpiredContext { not_after, .. } => {
                problem(format!("the certificate expired on {}", date(*not_after)), RENEW)
            }
            CertificateError::Expired => problem("the certificate has expired".to_owned(), RENEW),
            CertificateError::NotValidYetContext { not_before, .. } => problem(
                format!("the certificate is valid only from {}", date(*not_before)),
                "Check the clocks of the instance and of the hub.",
            ),
            CertificateError::NotValidForNameContext { expected, presented } => problem(
                format!(
                    "the certificate is for {}, not for {}",
                    if presented.is_empty() { "no name at all".to_owned() } else { named(presented) },
                    expected.to_str()
                ),
                "Use a name that the certificate holds as address, or give the instance a certificate for this one.",
            ),
            CertificateError::UnknownIssuer => {
                problem("the certificate is signed by an authority that is not trusted".to_owned(), PASTE_CA)
            }
            CertificateError::BadSignature => problem(
                "the certificate is signed by another authority of the same name than the trusted one (was the instance \
                 installed anew?)"
                    .to_owned(),
                PASTE_CA,
            ),
            CertificateError::Other(OtherError(inner)) if inner.is::<SelfSigned>() => problem(
                "the certificate is self-signed and is not the trusted one".to_owned(),
                "Paste exactly this certificate (PEM) as CA of this integration, or install one from a trusted authority.",
            ),
            other => problem(crate::error::line(&format!("the certificate is refused: {other}")), PASTE_CA),
        },
        rustls::Error::PeerIncompatible(reason) => problem(
            format!("no common protocol ({reason:?}): TLS 1.2 or newer with forward secrecy is needed"),
            "Enable TLS 1.2 or 1.3 at the instance.",
        ),
        rustls::Error::AlertReceived(alert) => problem(
            format!("the instance refused the handshake ({alert:?})"),
            "Check that it speaks TLS 1.2 or newer and needs no client certificate.",
        ),
        rustls::Error::InvalidMessage(_) => problem(
            "what answers on this port does not speak TLS".to_owned(),
            "Check the port, and https against http.",
        ),
        other => problem(
            crate::error::line(&other.to_string()),
            "Check the certificate and the TLS versions of the instance.",
        ),
    }
}

fn named(presented: &[String]) -> String {
    let shown: Vec<String> = presented.iter().take(5).map(|name| presented_name(name)).collect();
    shown.join(", ")
}

/// The verifier tells them as `DnsName("shop.example")`.
pub(crate) fn presented_name(name: &str) -> String {
    let bare = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    crate::error::line(bare.trim_matches('"'))
}

fn date(time: UnixTime) -> String {
    let text = Timestamp::from_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}
