//! From what was seen to what is wrong. No I/O: every case is a test.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::text::single_line;
use scanhelm_net::Visit;
use url::{Host, Url};

use super::certificates;
use super::cookies::Cookie;
use super::policy::Policies;
use super::rules::{self, Rule};
use super::seen::{Seen, header, headers, is_secured, redirect};

/// A rule that is broken, and where.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) url: Url,
    /// The header or cookie.
    pub(super) parameter: Option<String>,
    pub(super) evidence: String,
}

impl Observation {
    pub(super) fn new(rule: &'static Rule, url: &Url, evidence: impl Into<String>) -> Self {
        Self { rule, severity: rule.severity, url: url.clone(), parameter: None, evidence: evidence.into() }
    }

    fn of(self, parameter: &str) -> Self {
        Self { parameter: Some(single_line(parameter, 100)), ..self }
    }
}

/// The origin that a stranger's script is said to come from. Nobody can have such a name (RFC 6761).
pub(super) const STRANGER: &str = "https://web-check.scanhelm.invalid";

/// 180 days in seconds.
const LONG: u64 = 15_552_000;

pub(super) fn judged(seen: &Seen) -> Vec<Observation> {
    let Some(last) = seen.steps.last() else { return Vec::new() };
    let mut found = without_tls(seen, last);
    found.extend(strict_transport(last));
    if seen.leads_to.is_none() {
        if is_page(last) {
            found.extend(content_security(last));
            found.extend(frames(last));
            found.extend(referrers(last));
            found.extend(permissions(last));
        }
        found.extend(content_type(last));
        found.extend(seen.to_stranger.as_ref().and_then(other_origins));
    }
    found.extend(software(last));
    found.extend(cookies(&seen.steps));
    let secured = seen.steps.iter().rev().find_map(|step| Some((&step.url, step.secured.as_ref()?)));
    found.extend(secured.into_iter().flat_map(|(url, secured)| certificates::judged(&origin(url), secured)));
    found
}

/// Whether a browser shows it as a page: what has no type may be taken for one.
fn is_page(visit: &Visit) -> bool {
    header(visit, "content-type").is_none_or(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind.is_empty() || kind == "text/html" || kind == "application/xhtml+xml"
    })
}

/// Cookies, certificates and their like belong to no single page.
fn origin(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin
}

fn shown(name: &str, value: &str) -> String {
    single_line(&format!("{name}: {value}"), 600)
}

fn lacking(visit: &Visit, name: &str) -> String {
    format!("The answer ({}) has no header {name}.", visit.status)
}

fn without_tls(seen: &Seen, last: &Visit) -> Vec<Observation> {
    let mut found = Vec::new();
    let leads_on = |visit: &Visit| redirect(visit).is_some_and(|to| is_secured(&to));
    let served = [Some(last), seen.without_tls.as_ref().filter(|visit| visit.status < 400)];
    for visit in served.into_iter().flatten().filter(|visit| !is_secured(&visit.url) && !leads_on(visit)) {
        let evidence = format!("The answer is {} and leads to no https address.", visit.status);
        found.push(Observation::new(&rules::HTTP_NOT_REDIRECTED, &visit.url, evidence));
    }
    for step in seen.steps.iter().filter(|step| is_secured(&step.url)) {
        if let Some(to) = redirect(step).filter(|to| to.scheme() == "http") {
            let evidence = format!("The answer ({}) leads to {}.", step.status, without_query(&to));
            found.push(Observation::new(&rules::REDIRECT_TO_HTTP, &step.url, evidence));
        }
    }
    found
}

fn without_query(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    crate::message::shown(bare.as_str())
}

/// Browsers heed it over TLS and for names only, and the first of several (RFC 6797, 8.1).
fn strict_transport(last: &Visit) -> Option<Observation> {
    if !is_secured(&last.url) || !matches!(last.url.host(), Some(Host::Domain(_))) {
        return None;
    }
    let name = "Strict-Transport-Security";
    let about = |rule, evidence: String| Some(Observation::new(rule, &origin(&last.url), evidence).of(name));
    let Some(value) = header(last, "strict-transport-security") else {
        return about(&rules::HSTS_MISSING, lacking(last, name));
    };
    let seconds = value.split(';').find_map(|part| {
        let (key, seconds) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("max-age").then(|| seconds.trim().trim_matches('"').to_owned())
    });
    match seconds.and_then(|seconds| seconds.parse::<u64>().ok()) {
        None => about(&rules::HSTS_MISSING, format!("Browsers ignore it without a max-age: {}", shown(name, value))),
        Some(0) => about(&rules::HSTS_MISSING, format!("A max-age of 0 takes it back: {}", shown(name, value))),
        Some(seconds) if seconds < LONG => about(&rules::HSTS_SHORT, shown(name, value)),
        Some(_) => None,
    }
}

fn content_security(page: &Visit) -> Vec<Observation> {
    let name = "Content-Security-Policy";
    let about = |rule, evidence: String| Observation::new(rule, &page.url, evidence).of(name);
    let Some(policies) = Policies::of(headers(page, "content-security-policy")) else {
        let only = header(page, "content-security-policy-report-only");
        let only = only.map_or("", |_| " Content-Security-Policy-Report-Only reports and prevents nothing.");
        return vec![about(&rules::CSP_MISSING, format!("{}{only}", lacking(page, name)))];
    };
    let text = headers(page, "content-security-policy").map(without_nonces).collect::<Vec<_>>().join(", ");
    let broken = [
        (policies.allow_inline_scripts(), &rules::CSP_UNSAFE_INLINE),
        (policies.allow_eval(), &rules::CSP_UNSAFE_EVAL),
        (policies.allow_scripts_from_anywhere(), &rules::CSP_ANY_SOURCE),
    ];
    broken.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, rule)| about(rule, shown(name, &text))).collect()
}

/// They are others in every answer.
fn without_nonces(policy: &str) -> String {
    let hidden = |word: &str| if word.starts_with("'nonce-") { "'nonce-...'".to_owned() } else { word.to_owned() };
    policy.split(' ').map(hidden).collect::<Vec<_>>().join(" ")
}

/// `frame-ancestors` replaces X-Frame-Options, and of the latter several that differ forbid all frames (HTML, 7.5.1).
fn frames(page: &Visit) -> Option<Observation> {
    let name = "X-Frame-Options";
    let limited = Policies::of(headers(page, "content-security-policy")).and_then(|policies| policies.limit_frames());
    let mut options: Vec<String> = headers(page, "x-frame-options")
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .collect();
    options.sort_unstable();
    options.dedup();
    let known = |word: &String| matches!(word.as_str(), "deny" | "sameorigin");
    let by_options = match options.as_slice() {
        [one] => known(one),
        several => several.iter().any(|word| known(word) || word == "allowall"),
    };
    if limited.unwrap_or(by_options) {
        return None;
    }
    let evidence = match (limited, header(page, "x-frame-options")) {
        (Some(_), _) => "frame-ancestors in the Content-Security-Policy allows every site.".to_owned(),
        (None, Some(value)) => format!("Browsers ignore what it says: {}", shown(name, value)),
        (None, None) => {
            format!("The answer ({}) has neither {name} nor frame-ancestors in a Content-Security-Policy.", page.status)
        }
    };
    Some(Observation::new(&rules::FRAMES_ALLOWED, &page.url, evidence).of(name))
}

fn content_type(last: &Visit) -> Option<Observation> {
    let name = "X-Content-Type-Options";
    let value = header(last, "x-content-type-options");
    // The first word counts (Fetch, 3.5).
    let first = value.and_then(|value| value.split(',').next()).unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("nosniff") {
        return None;
    }
    let evidence = value.map_or_else(|| lacking(last, name), |value| shown(name, value));
    Some(Observation::new(&rules::CONTENT_TYPE_GUESSED, &last.url, evidence).of(name))
}

const REFERRER_POLICIES: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// The last word that a browser knows counts (Referrer Policy, 8.1).
fn referrers(page: &Visit) -> Option<Observation> {
    let name = "Referrer-Policy";
    let words = headers(page, "referrer-policy").flat_map(|value| value.split(',')).map(|word| word.trim());
    let known = words.filter_map(|word| REFERRER_POLICIES.into_iter().find(|known| known.eq_ignore_ascii_case(word)));
    let about = |rule, evidence: String| Some(Observation::new(rule, &page.url, evidence).of(name));
    match known.last() {
        None => about(&rules::REFERRER_POLICY_MISSING, lacking(page, name)),
        Some(policy @ ("unsafe-url" | "no-referrer-when-downgrade")) => {
            about(&rules::REFERRER_LEAKED, shown(name, policy))
        }
        Some(_) => None,
    }
}

fn permissions(page: &Visit) -> Option<Observation> {
    let name = "Permissions-Policy";
    let missing = header(page, "permissions-policy").is_none();
    missing.then(|| Observation::new(&rules::PERMISSIONS_POLICY_MISSING, &page.url, lacking(page, name)).of(name))
}

fn other_origins(answer: &Visit) -> Option<Observation> {
    let allowed = header(answer, "access-control-allow-origin")?.trim();
    let credentials = header(answer, "access-control-allow-credentials").is_some_and(|value| value.trim() == "true");
    let rule = match (allowed, credentials) {
        (STRANGER, true) => &rules::CORS_ANY_ORIGIN_WITH_CREDENTIALS,
        (STRANGER, false) => &rules::CORS_ANY_ORIGIN,
        ("*", true) => &rules::CORS_WILDCARD_WITH_CREDENTIALS,
        _ => return None,
    };
    let name = "Access-Control-Allow-Origin";
    let with = if credentials { ", Access-Control-Allow-Credentials: true" } else { "" };
    let evidence = format!("Asked with Origin: {STRANGER}, it answers {}{with}", shown(name, allowed));
    Some(Observation::new(rule, &answer.url, evidence).of(name))
}

/// A name alone is told by so much else that only a version in `Server` counts.
fn software(last: &Visit) -> Vec<Observation> {
    let has_version = |value: &str| value.contains(|letter: char| letter.is_ascii_digit());
    let told = [
        ("Server", header(last, "server").filter(|value| has_version(value))),
        ("X-Powered-By", header(last, "x-powered-by")),
        ("X-AspNet-Version", header(last, "x-aspnet-version")),
        ("X-AspNetMvc-Version", header(last, "x-aspnetmvc-version")),
        ("X-Generator", header(last, "x-generator")),
    ];
    let told =
        told.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.trim().is_empty())?)));
    told.map(|(name, value)| {
        Observation::new(&rules::SOFTWARE_DISCLOSED, &origin(&last.url), shown(name, value)).of(name)
    })
    .collect()
}

/// Of two of one name the last is what the visitor keeps.
fn cookies(steps: &[Visit]) -> Vec<Observation> {
    let secured = steps.iter().any(|step| is_secured(&step.url));
    let mut kept: BTreeMap<String, (Url, Cookie)> = BTreeMap::new();
    for step in steps {
        for cookie in headers(step, "set-cookie").filter_map(Cookie::read) {
            kept.insert(cookie.name.clone(), (origin(&step.url), cookie));
        }
    }
    let lacks = kept.values().flat_map(|(url, cookie)| {
        let about = move |(rule, severity)| {
            let observation = Observation::new(rule, url, shown("Set-Cookie", &cookie.shown())).of(&cookie.name);
            Observation { severity, ..observation }
        };
        cookie.lacks(secured).into_iter().map(about)
    });
    lacks.collect()
}
