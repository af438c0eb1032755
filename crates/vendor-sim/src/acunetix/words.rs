//! What Acunetix calls the weaknesses of a site. `None`: it has no check for that.

use crate::random::Draw;
use crate::sites::Weakness;

pub(super) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) name: &'static str,
    /// 0 info to 4 critical.
    pub(super) severity: u8,
    /// Percent.
    pub(super) confidence: u8,
    /// The kind in the XML export.
    pub(super) kind: &'static str,
}

pub(super) fn checks(weakness: Weakness) -> bool {
    words(weakness).is_some()
}

pub(super) fn words(weakness: Weakness) -> Option<Words> {
    let (name, severity, confidence, kind) = match weakness {
        Weakness::SqlInjection => ("SQL Injection", 4, 100, "validation"),
        Weakness::BlindSqlInjection => ("Blind SQL Injection", 4, 100, "validation"),
        Weakness::Log4Shell => ("Apache Log4j2 JNDI Remote Code Execution", 4, 100, "validation"),
        Weakness::CommandInjection => ("Code Execution", 4, 100, "validation"),
        Weakness::PhpCgiArgumentInjection => ("PHP-CGI Argument Injection", 4, 95, "configuration"),
        Weakness::ReflectedXss => ("Cross-site Scripting", 3, 100, "validation"),
        Weakness::StoredXss => ("Cross-site Scripting (stored)", 3, 100, "validation"),
        Weakness::DomXss => ("Cross-site Scripting (DOM based)", 3, 100, "validation"),
        Weakness::DirectoryTraversal => ("Directory Traversal", 3, 100, "validation"),
        Weakness::ServerSideRequestForgery => ("Server-side Request Forgery", 3, 100, "validation"),
        Weakness::ExternalEntity => ("XML External Entity Injection", 3, 100, "validation"),
        Weakness::ApacheProxyForgery => ("Apache mod_proxy SSRF", 3, 95, "configuration"),
        Weakness::RepositoryExposed => ("Git repository found", 3, 95, "configuration"),
        Weakness::WeakPassword => ("Weak password", 3, 100, "configuration"),
        Weakness::OpenRedirect => ("Unvalidated Redirection", 2, 95, "validation"),
        Weakness::MissingCsrfProtection => ("HTML form without CSRF protection", 2, 80, "informational"),
        Weakness::PasswordSentInClear => ("User credentials are sent in clear text", 2, 95, "configuration"),
        Weakness::OutdatedJquery => ("Vulnerable JavaScript libraries", 2, 95, "configuration"),
        Weakness::TripleDesAccepted => ("TLS/SSL Sweet32 attack", 2, 95, "configuration"),
        Weakness::SlowHttp => ("Slow HTTP Denial of Service Attack", 2, 80, "denialofservice"),
        Weakness::DirectoryListing => ("Directory listings", 2, 100, "informational"),
        Weakness::ErrorDetails => ("Application error messages", 2, 95, "validation"),
        Weakness::MissingFrameProtection => ("Clickjacking: X-Frame-Options header", 1, 95, "configuration"),
        Weakness::CookieWithoutSecure => ("Cookies without Secure flag set", 1, 100, "informational"),
        Weakness::CookieWithoutHttpOnly => ("Cookies without HttpOnly flag set", 1, 100, "informational"),
        Weakness::TraceEnabled => ("TRACE method is enabled", 1, 100, "configuration"),
        Weakness::MissingHsts => ("HTTP Strict Transport Security (HSTS) not implemented", 1, 95, "informational"),
        Weakness::MissingContentPolicy => ("Content Security Policy (CSP) not implemented", 0, 95, "informational"),
        Weakness::EmailDisclosure => ("Email addresses", 0, 95, "informational"),
        Weakness::ServerVersionDisclosure => return None,
    };
    Some(Words { name, severity, confidence, kind })
}

/// `vt_id`: the same on every server.
pub(super) fn type_id(weakness: Weakness) -> String {
    Draw::new(0).of("acunetix").of(weakness.key()).uuid()
}

pub(super) fn tags(weakness: Weakness) -> Vec<String> {
    let facts = weakness.facts();
    let mut tags = vec![format!("CWE-{}", facts.cwe), "confidence.95".to_owned()];
    if !facts.cves.is_empty() {
        tags.push("known_vulnerabilities".to_owned());
    }
    tags
}
