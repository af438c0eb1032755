//! How a server's certificate stands: for which names, from when to when, and who vouches for it.
//!
//! Every question is put to the usual verifier by itself, because a verdict names only the first thing that is wrong.
//! It looks at the dates before anything else, so a date that no certificate is valid at tells the dates.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use scanhelm_core::Timestamp;

use crate::tls;

/// What a certificate says, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `None` where it names no such time.
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    /// The names that it is for, where the host's is not among them.
    pub other_names: Option<Vec<String>>,
    pub trust: Trust,
}

/// Who vouches for a certificate, its dates and names aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// An authority that is trusted here.
    Known,
    /// Nobody but itself.
    SelfSigned,
    /// An authority that is not trusted here, or none that the server names.
    UnknownIssuer,
    /// It cannot be used for another reason.
    Refused(String),
    /// This machine trusts nobody, so it cannot tell.
    NotKnown(String),
}

/// 9999-12-31T23:59:59Z, which means "no end" (RFC 5280, 4.1.2.5).
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(253_402_300_799));
const BEGINNING_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::ZERO);

/// Asks all questions about the first certificate of a chain.
pub(crate) fn judged(
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
    roots: Result<Arc<RootCertStore>, String>,
    provider: &Arc<CryptoProvider>,
) -> Certificate {
    let Some((own, others)) = chain.split_first() else {
        return Certificate {
            valid_from: None,
            valid_until: None,
            other_names: None,
            trust: Trust::Refused("the server sent none".to_owned()),
        };
    };
    let dates = Verifier::of(itself(own), provider);
    let at = |time| dates.as_ref().ok().and_then(|verifier| verifier.asked(own, &[], name, time).err());
    let valid_from = at(BEGINNING_OF_TIME).and_then(|error| match error {
        CertificateError::NotValidYetContext { not_before, .. } => Some(not_before),
        _ => None,
    });
    let valid_until = at(END_OF_TIME).and_then(|error| match error {
        CertificateError::ExpiredContext { not_after, .. } => Some(not_after),
        _ => None,
    });
    // When its own dates do not stand in the way.
    let valid = now.max(valid_from.unwrap_or(now)).min(valid_until.unwrap_or(END_OF_TIME));
    let trust = match roots.map(|roots| Verifier::of(roots, provider)) {
        Ok(Ok(verifier)) => verifier.trust(own, others, name, valid),
        Ok(Err(reason)) | Err(reason) => Trust::NotKnown(reason),
    };
    Certificate {
        valid_from: valid_from.map(timestamp),
        valid_until: valid_until.map(timestamp),
        other_names: other_names(own, name),
        trust,
    }
}

/// A certificate that cannot vouch even for itself leaves the store empty.
fn itself(certificate: &CertificateDer<'_>) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let _ = roots.add(certificate.clone().into_owned());
    Arc::new(roots)
}

struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn of(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
        built.map(|usual| Self { usual, provider: Arc::clone(provider) }).map_err(|error| error.to_string())
    }

    fn verdict(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        time: UnixTime,
    ) -> Result<(), rustls::Error> {
        self.usual.verify_server_cert(own, others, name, &[], time).map(drop)
    }

    /// What is wrong with the certificate at that time.
    fn asked(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        time: UnixTime,
    ) -> Result<(), CertificateError> {
        match self.verdict(own, others, name, time) {
            Err(rustls::Error::InvalidCertificate(error)) => Err(error),
            _ => Ok(()),
        }
    }

    fn trust(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        time: UnixTime,
    ) -> Trust {
        match self.verdict(own, others, name, time) {
            // Names are looked at last.
            Ok(())
            | Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Trust::Known,
            Err(error) if tls::is_self_signed(&error, own, name, time, &self.provider) => Trust::SelfSigned,
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            )) => Trust::UnknownIssuer,
            Err(error) => Trust::Refused(tls::explain(&error).detail),
        }
    }
}

/// `None`: the host's name is among its names.
fn other_names(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Option<Vec<String>> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    match verify_server_name(&parsed, name) {
        Ok(()) => None,
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) => {
            Some(presented.iter().map(|name| tls::presented_name(name)).collect())
        }
        Err(_) => Some(Vec::new()),
    }
}

fn timestamp(time: UnixTime) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}
