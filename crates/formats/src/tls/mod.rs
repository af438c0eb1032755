//! What scanners of TLS servers write: testssl.sh, sslscan and SSLyze.
//!
//! Never complete: a report does not say which of its tests a scan was told to leave out, and one port of a host says nothing
//! of the others.

mod sslscan;
mod sslyze;
mod testssl;

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
pub(crate) use sslscan::FORMAT as SSLSCAN;
pub(crate) use sslyze::FORMAT as SSLYZE;
pub(crate) use testssl::{FORMAT as TESTSSL, TABLE as TESTSSL_TABLE};

use crate::gathered::{bare, filled};

/// Shorter RSA keys are weak.
const SHORTEST_RSA: u64 = 2048;

/// What is weak: a rule, in words, how severe, the CVE that it is known by, and what shows it.
type Weak = (String, String, Severity, Option<&'static str>, String);

/// A protocol that is not to be spoken any more.
fn protocol(name: &str) -> Option<Weak> {
    let severity = match name {
        "SSLv2" | "SSLv3" => Severity::High,
        "TLSv1.0" | "TLSv1.1" => Severity::Medium,
        _ => return None,
    };
    Some((format!("protocol:{name}"), format!("The server speaks {name}"), severity, None, String::new()))
}

fn heartbleed(shown: String) -> Weak {
    ("heartbleed".to_owned(), "Heartbleed".to_owned(), Severity::Critical, Some("CVE-2014-0160"), shown)
}

fn renegotiation() -> Weak {
    let title = "Insecure renegotiation".to_owned();
    ("renegotiation".to_owned(), title, Severity::Medium, Some("CVE-2009-3555"), String::new())
}

fn compression() -> Weak {
    ("compression".to_owned(), "TLS compression".to_owned(), Severity::Medium, Some("CVE-2012-4929"), String::new())
}

/// `null`, `anonymous` or `weak` ciphers, if there are any; which they are is evidence.
fn ciphers(kind: &str, names: &[String]) -> Option<Weak> {
    let severity = if kind == "weak" { Severity::Medium } else { Severity::High };
    let title = format!("The server accepts {kind} ciphers");
    (!names.is_empty()).then(|| (format!("cipher:{kind}"), title, severity, None, names.join("\n")))
}

/// What is wrong with a certificate, in a word, and what shows it.
fn certificate(wrong: &str, shown: String) -> Weak {
    let (title, severity) = match wrong {
        "expired" => ("The certificate has expired", Severity::High),
        "self-signed" => ("The certificate is self-signed", Severity::Medium),
        "signature" => ("The certificate is signed with an old digest", Severity::Medium),
        "key" => ("The certificate's key is short", Severity::Medium),
        _ => ("The certificate is not trusted", Severity::Medium),
    };
    (format!("certificate:{wrong}"), title.to_owned(), severity, None, shown)
}

fn findings(scanner: &str, weak: Vec<Weak>, asset: &AssetRecord, location: &Location) -> Vec<FindingRecord> {
    let finding = |(rule, title, severity, cve, shown): Weak| FindingRecord {
        cves: cve.map(str::to_owned).into_iter().collect(),
        evidence: filled(shown),
        ..bare(scanner, rule, title, severity, asset, location.clone())
    };
    weak.into_iter().map(finding).collect()
}
