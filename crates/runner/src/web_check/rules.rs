//! The rules of the web check. Ids are part of what findings are known by, so they stay.

use scanhelm_core::Severity;

/// What is wrong, how bad it is and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub id: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    /// Number and name of the weakness in the CWE.
    pub weakness: (u32, &'static str),
    pub why: &'static str,
    pub what_to_do: &'static str,
    pub reference: &'static str,
}

const CLEARTEXT: (u32, &str) = (319, "Cleartext Transmission of Sensitive Information");
const SCRIPTING: (u32, &str) =
    (79, "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')");
const PROTECTION: (u32, &str) = (693, "Protection Mechanism Failure");
const EXPOSURE: (u32, &str) = (200, "Exposure of Sensitive Information to an Unauthorized Actor");
const OTHER_DOMAINS: (u32, &str) = (942, "Permissive Cross-domain Security Policy with Untrusted Domains");
const CERTIFICATE: (u32, &str) = (295, "Improper Certificate Validation");
const EXPIRATION: (u32, &str) = (298, "Improper Validation of Certificate Expiration");

const MDN_HSTS: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security";
const MDN_CSP: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP";
const MDN_COOKIE: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie";
const MDN_CORS: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS";
const MDN_REFERRER: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy";
const OWASP_TLS: &str = "https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html";

pub(super) static HTTP_NOT_REDIRECTED: Rule = Rule {
    id: "http-not-redirected",
    severity: Severity::Medium,
    title: "The site is served without TLS",
    weakness: CLEARTEXT,
    why: "Who stands between a visitor and the site reads and changes everything, also what the visitor types.",
    what_to_do: "Answer every http request with a redirect to https on the same host.",
    reference: OWASP_TLS,
};

pub(super) static REDIRECT_TO_HTTP: Rule = Rule {
    id: "redirect-to-http",
    severity: Severity::Medium,
    title: "A redirect leads from https to http",
    weakness: CLEARTEXT,
    why: "A visitor who asked for a protected page is sent to an unprotected one.",
    what_to_do: "Redirect to https addresses only; behind a proxy, tell the application that its visitors use https.",
    reference: OWASP_TLS,
};

pub(super) static HSTS_MISSING: Rule = Rule {
    id: "hsts-missing",
    severity: Severity::Medium,
    title: "No Strict-Transport-Security",
    weakness: CLEARTEXT,
    why: "Browsers that are given a http address, or none, ask without TLS first, and somebody in between can answer.",
    what_to_do: "Send `Strict-Transport-Security: max-age=31536000; includeSubDomains` with every answer over https.",
    reference: MDN_HSTS,
};

pub(super) static HSTS_SHORT: Rule = Rule {
    id: "hsts-short",
    severity: Severity::Low,
    title: "Strict-Transport-Security is soon forgotten",
    weakness: CLEARTEXT,
    why: "Who comes back later than max-age is unprotected again; 180 days is the least that counts as long.",
    what_to_do: "Raise max-age to a year: `Strict-Transport-Security: max-age=31536000; includeSubDomains`.",
    reference: MDN_HSTS,
};

pub(super) static CSP_MISSING: Rule = Rule {
    id: "csp-missing",
    severity: Severity::Medium,
    title: "No Content-Security-Policy",
    weakness: PROTECTION,
    why: "Nothing limits what an injected script can load, run and send away.",
    what_to_do: "Send a Content-Security-Policy that names where scripts may come from; begin with `default-src 'self'`.",
    reference: MDN_CSP,
};

pub(super) static CSP_UNSAFE_INLINE: Rule = Rule {
    id: "csp-unsafe-inline",
    severity: Severity::Medium,
    title: "The Content-Security-Policy allows scripts within the page",
    weakness: SCRIPTING,
    why: "A script that is injected into the page runs, which is what the policy is there to prevent.",
    what_to_do: "Remove 'unsafe-inline' for scripts; give those that have to stay in the page a nonce or hash.",
    reference: MDN_CSP,
};

pub(super) static CSP_UNSAFE_EVAL: Rule = Rule {
    id: "csp-unsafe-eval",
    severity: Severity::Low,
    title: "The Content-Security-Policy allows text to be run as a script",
    weakness: SCRIPTING,
    why: "Where a script passes input to eval, the policy does not stop it.",
    what_to_do: "Remove 'unsafe-eval'; replace eval, new Function and timers that are given text.",
    reference: MDN_CSP,
};

pub(super) static CSP_ANY_SOURCE: Rule = Rule {
    id: "csp-any-source",
    severity: Severity::Medium,
    title: "The Content-Security-Policy lets scripts come from anywhere",
    weakness: SCRIPTING,
    why: "An injected element can load a script from any server.",
    what_to_do: "Name the sources in script-src or default-src; use no `*`, `https:`, `http:` or `data:` for scripts.",
    reference: MDN_CSP,
};

pub(super) static FRAMES_ALLOWED: Rule = Rule {
    id: "frames-allowed",
    severity: Severity::Medium,
    title: "Other sites can show the page in a frame",
    weakness: (1021, "Improper Restriction of Rendered UI Layers or Frames"),
    why: "A hostile site can lay the page below its own and have visitors click what they do not see.",
    what_to_do: "Send `Content-Security-Policy: frame-ancestors 'none'` (or 'self'), for old browsers also \
                 `X-Frame-Options: DENY`.",
    reference: "https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html",
};

pub(super) static CONTENT_TYPE_GUESSED: Rule = Rule {
    id: "content-type-guessed",
    severity: Severity::Low,
    title: "No X-Content-Type-Options",
    weakness: PROTECTION,
    why: "Browsers may take a file for a script or a style sheet although it is called something else.",
    what_to_do: "Send `X-Content-Type-Options: nosniff` with every answer.",
    reference: "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options",
};

pub(super) static REFERRER_POLICY_MISSING: Rule = Rule {
    id: "referrer-policy-missing",
    severity: Severity::Info,
    title: "No Referrer-Policy",
    weakness: EXPOSURE,
    why: "What of the address other sites are told is left to each browser's default.",
    what_to_do: "Send `Referrer-Policy: strict-origin-when-cross-origin` or a stricter one.",
    reference: MDN_REFERRER,
};

pub(super) static REFERRER_LEAKED: Rule = Rule {
    id: "referrer-leaked",
    severity: Severity::Low,
    title: "The Referrer-Policy tells other sites the whole address",
    weakness: EXPOSURE,
    why: "Paths and queries of addresses go to every site that a page links to or loads from.",
    what_to_do: "Send `Referrer-Policy: strict-origin-when-cross-origin` or a stricter one.",
    reference: MDN_REFERRER,
};

pub(super) static PERMISSIONS_POLICY_MISSING: Rule = Rule {
    id: "permissions-policy-missing",
    severity: Severity::Info,
    title: "No Permissions-Policy",
    weakness: PROTECTION,
    why: "Scripts of the page may ask for camera, microphone and place, whoever brought them in.",
    what_to_do: "Send a Permissions-Policy that turns off what the site does not use: `camera=(), microphone=()`.",
    reference: "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy",
};

pub(super) static COOKIE_NOT_SECURE: Rule = Rule {
    id: "cookie-not-secure",
    severity: Severity::Low,
    title: "A cookie goes over http as well",
    weakness: (614, "Sensitive Cookie in HTTPS Session Without 'Secure' Attribute"),
    why: "One request without TLS shows the cookie to whoever stands in between.",
    what_to_do: "Set the cookie with `Secure`.",
    reference: MDN_COOKIE,
};

pub(super) static COOKIE_FOR_SCRIPTS: Rule = Rule {
    id: "cookie-for-scripts",
    severity: Severity::Low,
    title: "A cookie can be read by scripts",
    weakness: (1004, "Sensitive Cookie Without 'HttpOnly' Flag"),
    why: "An injected script can send the cookie away.",
    what_to_do: "Set the cookie with `HttpOnly`, unless scripts of the page have to read it.",
    reference: MDN_COOKIE,
};

pub(super) static COOKIE_ACROSS_SITES: Rule = Rule {
    id: "cookie-across-sites",
    severity: Severity::Info,
    title: "A cookie does not say whether other sites may have it sent",
    weakness: (1275, "Sensitive Cookie with Improper SameSite Attribute"),
    why: "Whether a request that another site makes carries the cookie is left to each browser's default.",
    what_to_do: "Set the cookie with `SameSite=Lax` or `SameSite=Strict`.",
    reference: MDN_COOKIE,
};

pub(super) static SOFTWARE_DISCLOSED: Rule = Rule {
    id: "software-disclosed",
    severity: Severity::Info,
    title: "The answer names the software behind the site",
    weakness: EXPOSURE,
    why: "Who looks for sites with a known weakness finds this one by it.",
    what_to_do: "Turn the header off, or leave the version out.",
    reference: "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
};

pub(super) static CORS_ANY_ORIGIN_WITH_CREDENTIALS: Rule = Rule {
    id: "cors-any-origin-with-credentials",
    severity: Severity::High,
    title: "Every site may read the page as its visitor",
    weakness: OTHER_DOMAINS,
    why: "The answer allows whichever origin asks, with credentials: a hostile site reads what its visitor may read here.",
    what_to_do: "Compare the Origin of a request with a list of those that are allowed; never send it back as it came.",
    reference: MDN_CORS,
};

pub(super) static CORS_ANY_ORIGIN: Rule = Rule {
    id: "cors-any-origin",
    severity: Severity::Low,
    title: "Every site may read the page",
    weakness: OTHER_DOMAINS,
    why: "The answer allows whichever origin asks. Without credentials that is what anybody can read; from within a \
          network it opens pages that only the visitor reaches.",
    what_to_do: "Send `*` where everybody is meant, else compare the Origin with a list of those that are allowed.",
    reference: MDN_CORS,
};

pub(super) static CORS_WILDCARD_WITH_CREDENTIALS: Rule = Rule {
    id: "cors-wildcard-with-credentials",
    severity: Severity::Low,
    title: "Every site is allowed with credentials",
    weakness: OTHER_DOMAINS,
    why: "Browsers refuse `*` together with credentials, so this protects and serves nobody; often the next step is \
          to send back whichever origin asks.",
    what_to_do: "Name the origins that may ask with credentials, or leave Access-Control-Allow-Credentials out.",
    reference: MDN_CORS,
};

pub(super) static CERTIFICATE_EXPIRED: Rule = Rule {
    id: "certificate-expired",
    severity: Severity::High,
    title: "The certificate has expired",
    weakness: EXPIRATION,
    why: "Browsers refuse the site, and visitors learn to click warnings away.",
    what_to_do: "Renew the certificate, and have it renewed by itself.",
    reference: OWASP_TLS,
};

pub(super) static CERTIFICATE_NOT_YET_VALID: Rule = Rule {
    id: "certificate-not-yet-valid",
    severity: Severity::High,
    title: "The certificate is not valid yet",
    weakness: EXPIRATION,
    why: "Browsers refuse the site.",
    what_to_do: "Check the clocks of the server and of this machine; use the certificate when its time has come.",
    reference: OWASP_TLS,
};

pub(super) static CERTIFICATE_EXPIRES_SOON: Rule = Rule {
    id: "certificate-expires-soon",
    severity: Severity::Low,
    title: "The certificate expires within 14 days",
    weakness: EXPIRATION,
    why: "From then on browsers refuse the site.",
    what_to_do: "Renew the certificate, and have it renewed by itself.",
    reference: OWASP_TLS,
};

pub(super) static CERTIFICATE_FOR_OTHERS: Rule = Rule {
    id: "certificate-for-others",
    severity: Severity::High,
    title: "The certificate is for another name",
    weakness: (297, "Improper Validation of Certificate with Host Mismatch"),
    why: "Browsers refuse the site, because anybody could have such a certificate.",
    what_to_do: "Get a certificate that holds the name of this host among its alternative names.",
    reference: OWASP_TLS,
};

pub(super) static CERTIFICATE_SELF_SIGNED: Rule = Rule {
    id: "certificate-self-signed",
    severity: Severity::Medium,
    title: "The certificate is vouched for by nobody but itself",
    weakness: CERTIFICATE,
    why: "Visitors cannot tell this server from somebody in between.",
    what_to_do: "Get a certificate from an authority that the visitors' browsers trust.",
    reference: OWASP_TLS,
};

pub(super) static CERTIFICATE_NOT_TRUSTED: Rule = Rule {
    id: "certificate-not-trusted",
    severity: Severity::Medium,
    title: "The certificate is not trusted",
    weakness: CERTIFICATE,
    why: "No authority that this machine trusts vouches for the certificate, or the server does not send the \
          certificates in between.",
    what_to_do: "Send the whole chain, and use an authority that the visitors' browsers trust. An authority of one's \
                 own has to be installed on this machine for the check to know it.",
    reference: OWASP_TLS,
};

/// All of them, in the order of the documentation.
pub(crate) static RULES: &[&Rule] = &[
    &HTTP_NOT_REDIRECTED,
    &REDIRECT_TO_HTTP,
    &HSTS_MISSING,
    &HSTS_SHORT,
    &CSP_MISSING,
    &CSP_UNSAFE_INLINE,
    &CSP_UNSAFE_EVAL,
    &CSP_ANY_SOURCE,
    &FRAMES_ALLOWED,
    &CONTENT_TYPE_GUESSED,
    &REFERRER_POLICY_MISSING,
    &REFERRER_LEAKED,
    &PERMISSIONS_POLICY_MISSING,
    &COOKIE_NOT_SECURE,
    &COOKIE_FOR_SCRIPTS,
    &COOKIE_ACROSS_SITES,
    &SOFTWARE_DISCLOSED,
    &CORS_ANY_ORIGIN_WITH_CREDENTIALS,
    &CORS_ANY_ORIGIN,
    &CORS_WILDCARD_WITH_CREDENTIALS,
    &CERTIFICATE_EXPIRED,
    &CERTIFICATE_NOT_YET_VALID,
    &CERTIFICATE_EXPIRES_SOON,
    &CERTIFICATE_FOR_OTHERS,
    &CERTIFICATE_SELF_SIGNED,
    &CERTIFICATE_NOT_TRUSTED,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of docs/LOCAL_SCANS.md is written by hand and must not say anything else.
    #[test]
    fn the_documented_rules_are_these() {
        let page = include_str!("../../../../docs/LOCAL_SCANS.md");
        let table = page.lines().skip_while(|line| !line.starts_with("| rule of `web-check` |"));
        let rows: Vec<Vec<&str>> = table
            .take_while(|line| line.starts_with('|'))
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let documented: Vec<String> = rows.iter().map(|row| row.get(1..4).unwrap_or_default().join(" ")).collect();
        let shown = |rule: &&Rule| format!("`{}` {} {}", rule.id, rule.severity, rule.weakness.0);
        assert_eq!(documented, RULES.iter().map(shown).collect::<Vec<_>>());
    }
}
