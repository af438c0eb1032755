//! What Invicti calls the weaknesses of a site. `None`: it has no check for that. Types are those of its Swagger.

use crate::sites::{Flaw, Weakness};

#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) severity: &'static str,
    /// Percent; 100 is confirmed.
    pub(super) certainty: u8,
    pub(super) owasp: &'static str,
}

/// The severities, worst first.
pub(super) const SEVERITIES: [&str; 6] = ["Critical", "High", "Medium", "Low", "Information", "BestPractice"];

pub(super) fn checks(weakness: Weakness) -> bool {
    words(weakness).is_some()
}

pub(super) fn words(weakness: Weakness) -> Option<Words> {
    let (kind, name, severity, certainty, owasp) = match weakness {
        Weakness::SqlInjection => ("ConfirmedSqlInjection", "SQL Injection", "Critical", 100, "A1"),
        Weakness::BlindSqlInjection => ("ConfirmedBlindSqlInjection", "Blind SQL Injection", "Critical", 100, "A1"),
        Weakness::CommandInjection => ("CommandInjection", "Command Injection", "Critical", 100, "A1"),
        Weakness::Log4Shell => ("Log4JCodeEvaluation", "Remote Code Evaluation (Log4j)", "Critical", 100, "A9"),
        Weakness::PhpCgiArgumentInjection => ("PhpOutOfDate", "Out-of-date Version (PHP)", "Critical", 90, "A9"),
        Weakness::ApacheProxyForgery => ("ApacheOutOfDate", "Out-of-date Version (Apache)", "Critical", 90, "A9"),
        Weakness::ReflectedXss => ("Xss", "Cross-site Scripting", "High", 100, "A7"),
        Weakness::StoredXss => ("PermanentXss", "Stored Cross-site Scripting", "High", 100, "A7"),
        Weakness::DomXss => ("DomBasedXss", "Cross-site Scripting (DOM based)", "High", 100, "A7"),
        Weakness::DirectoryTraversal => ("LocalFileInclusion", "Local File Inclusion", "High", 100, "A5"),
        Weakness::ServerSideRequestForgery => {
            ("ServerSideRequestForgery", "Server-Side Request Forgery", "High", 100, "A5")
        }
        Weakness::ExternalEntity => ("XmlExternalEntityInjection", "XML External Entity Injection", "High", 100, "A4"),
        Weakness::RepositoryExposed => ("GitDetected", "[Possible] Source Code Disclosure (Git)", "High", 90, "A6"),
        Weakness::WeakPassword => ("WeakCredentials", "Weak Credentials", "High", 100, "A2"),
        Weakness::PasswordSentInClear => ("PasswordOverHttp", "Password Transmitted over HTTP", "High", 100, "A3"),
        Weakness::CookieWithoutSecure => ("CookieNotMarkedAsSecure", "Cookie Not Marked as Secure", "High", 100, "A6"),
        Weakness::OpenRedirect => ("OpenRedirection", "Open Redirection", "Medium", 100, "A10"),
        Weakness::OutdatedJquery => ("JqueryOutOfDate", "Out-of-date Version (jQuery)", "Medium", 90, "A9"),
        Weakness::TripleDesAccepted => ("WeakCiphersDetected", "Weak Ciphers Enabled", "Medium", 100, "A6"),
        Weakness::MissingHsts => {
            ("HstsNotEnabled", "HTTP Strict Transport Security (HSTS) Policy Not Enabled", "Medium", 95, "A6")
        }
        Weakness::MissingCsrfProtection => ("CsrfDetected", "[Possible] Cross-site Request Forgery", "Low", 80, "A5"),
        Weakness::CookieWithoutHttpOnly => {
            ("CookieNotMarkedAsHttpOnly", "Cookie Not Marked as HttpOnly", "Low", 100, "A5")
        }
        Weakness::MissingFrameProtection => {
            ("MissingXFrameOptionsHeader", "Missing X-Frame-Options Header", "Low", 90, "A5")
        }
        Weakness::TraceEnabled => ("TraceTrackIdentified", "TRACE/TRACK Method Detected", "Low", 100, "A5"),
        Weakness::ErrorDetails => ("StackTraceDisclosure", "Stack Trace Disclosure", "Low", 90, "A6"),
        Weakness::ServerVersionDisclosure => {
            ("ServerVersionDisclosure", "Version Disclosure (Web Server)", "Low", 90, "A5")
        }
        Weakness::DirectoryListing => ("OpenDirectoryListing", "Directory Listing", "Information", 100, "A6"),
        Weakness::EmailDisclosure => ("EmailDisclosure", "Email Address Disclosure", "Information", 95, "A6"),
        Weakness::MissingContentPolicy => {
            ("CspNotImplemented", "Content Security Policy (CSP) Not Implemented", "BestPractice", 100, "A6")
        }
        Weakness::SlowHttp => return None,
    };
    Some(Words { kind, name, severity, certainty, owasp })
}

/// How many of each of [`SEVERITIES`].
pub(super) fn counts(weaknesses: &[Weakness]) -> [usize; 6] {
    SEVERITIES.map(|severity| {
        weaknesses.iter().filter(|weakness| words(**weakness).is_some_and(|words| words.severity == severity)).count()
    })
}

/// The address of a flaw; a parameter of a GET request is part of it.
pub(super) fn url(flaw: &Flaw, origin: &str) -> String {
    match (flaw.method, flaw.parameter) {
        ("GET", Some(name)) => format!("{origin}{}?{name}=test", flaw.path),
        _ => format!("{origin}{}", flaw.path),
    }
}
