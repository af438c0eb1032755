//! Answers of sites, and what is wrong with them.

use scanhelm_net::Visit;

use super::judged::{STRANGER, judged};
use super::seen::Seen;
use super::seen::made::{seen, visit};
use super::*;

/// Nothing is wrong with an answer that has these.
const GOOD: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=31536000"),
    ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=()"),
    ("server", "nginx"),
];

/// The good answer with other values; an empty one takes the header out.
fn answer(headers: &[(&str, &str)]) -> Visit {
    answer_at("https://shop.example/a", 200, headers)
}

fn answer_at(url: &str, status: u16, headers: &[(&str, &str)]) -> Visit {
    let kept = GOOD.into_iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
    let all: Vec<_> = kept.chain(headers.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
    visit(url, status, &all)
}

fn broken(seen: &Seen) -> Vec<&'static str> {
    judged(seen).iter().map(|one| one.rule.id).collect()
}

#[test]
fn each_header_decides_its_own_rule() {
    for (headers, rules) in [
        (&[][..], &[][..]),
        (&[("strict-transport-security", "")], &["hsts-missing"]),
        (&[("strict-transport-security", "max-age=0; includeSubDomains")], &["hsts-missing"]),
        (&[("strict-transport-security", "includeSubDomains")], &["hsts-missing"]),
        (&[("strict-transport-security", "max-age=soon")], &["hsts-missing"]),
        (&[("strict-transport-security", "includeSubDomains; MAX-AGE = \"15552000\"")], &[]),
        (&[("strict-transport-security", "max-age=15551999")], &["hsts-short"]),
        (
            &[("strict-transport-security", "max-age=1"), ("strict-transport-security", "max-age=99999999")],
            &["hsts-short"],
        ),
        (&[("content-security-policy", "")], &["csp-missing", "frames-allowed"]),
        (
            &[("content-security-policy", ""), ("content-security-policy-report-only", "default-src 'self'")],
            &["csp-missing", "frames-allowed"],
        ),
        (&[("content-security-policy", ""), ("x-frame-options", "DENY")], &["csp-missing"]),
        (&[("content-security-policy", "default-src 'self'"), ("x-frame-options", "sameorigin")], &[]),
        (
            &[("content-security-policy", "default-src 'self'"), ("x-frame-options", "ALLOW-FROM https://a.example")],
            &["frames-allowed"],
        ),
        (&[("content-security-policy", "default-src 'self'"), ("x-frame-options", "deny, sameorigin")], &[]),
        (
            &[("content-security-policy", "default-src 'self'; frame-ancestors *"), ("x-frame-options", "DENY")],
            &["frames-allowed"],
        ),
        (
            &[("content-security-policy", "script-src * 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'")],
            &["csp-unsafe-inline", "csp-unsafe-eval", "csp-any-source"],
        ),
        (&[("x-content-type-options", "")], &["content-type-guessed"]),
        (&[("x-content-type-options", "NoSniff, nosniff")], &[]),
        (&[("x-content-type-options", "none")], &["content-type-guessed"]),
        (&[("referrer-policy", "")], &["referrer-policy-missing"]),
        (&[("referrer-policy", "never")], &["referrer-policy-missing"]),
        (&[("referrer-policy", "no-referrer, unsafe-url")], &["referrer-leaked"]),
        (&[("referrer-policy", "unsafe-url"), ("referrer-policy", "same-origin, later-word")], &[]),
        (&[("permissions-policy", "")], &["permissions-policy-missing"]),
        (&[("server", "Apache/2.4.1 (Unix)")], &["software-disclosed"]),
        (
            &[("x-powered-by", "PHP/5.3"), ("x-aspnet-version", "4.0.30319")],
            &["software-disclosed", "software-disclosed"],
        ),
    ] {
        assert_eq!(broken(&seen(vec![answer(headers)])), rules, "{headers:?}");
    }
}

#[test]
fn what_is_no_page_needs_no_rules_of_pages() {
    let data = answer(&[
        ("content-type", "application/json; charset=utf-8"),
        ("content-security-policy", ""),
        ("referrer-policy", ""),
        ("permissions-policy", ""),
        ("x-content-type-options", ""),
    ]);
    assert_eq!(broken(&seen(vec![data])), ["content-type-guessed"]);
    let untyped = answer(&[("content-type", " "), ("content-security-policy", "")]);
    assert_eq!(broken(&seen(vec![untyped])), ["csp-missing", "frames-allowed"]);
}

#[test]
fn an_address_without_a_name_cannot_have_hsts() {
    let addressed = answer_at("https://192.0.2.7/", 200, &[("strict-transport-security", "")]);
    assert_eq!(broken(&seen(vec![addressed])), Vec::<&str>::new());
}

#[test]
fn redirects_and_what_is_served_without_tls() {
    let to = |url: &str, location: &str| answer_at(url, 301, &[("location", location)]);
    let (plain, secured) = ("http://shop.example/", "https://shop.example/");
    for (steps, leads_to, rules) in [
        (vec![to(plain, secured), answer_at(secured, 200, &[])], None, &[][..]),
        (vec![answer_at(plain, 200, &[])], None, &["http-not-redirected"]),
        (vec![answer_at(plain, 500, &[])], None, &["http-not-redirected"]),
        (vec![to(secured, plain), answer_at(plain, 200, &[])], None, &["http-not-redirected", "redirect-to-http"]),
        (vec![to(secured, plain), to(plain, "https://shop.example/b"), answer(&[])], None, &["redirect-to-http"]),
        (vec![to(plain, "https://www.shop.example/")], Some("https://www.shop.example/"), &[]),
        (vec![to(plain, "http://www.shop.example/")], Some("http://www.shop.example/"), &["http-not-redirected"]),
        (vec![to(secured, "http://www.shop.example/")], Some("http://www.shop.example/"), &["redirect-to-http"]),
    ] {
        let told = format!("{steps:?}");
        let seen = Seen { leads_to: leads_to.map(|url| url.parse().unwrap()), ..seen(steps) };
        assert_eq!(broken(&seen), rules, "{told}");
    }
    for (status, location, is_told) in
        [(200, "", true), (301, secured, false), (301, "/elsewhere", true), (404, "", false)]
    {
        let without_tls = Some(answer_at(plain, status, &[("location", location)]));
        let seen = Seen { without_tls, ..seen(vec![answer(&[])]) };
        assert_eq!(broken(&seen) == ["http-not-redirected"], is_told, "{status} {location}");
    }
}

#[test]
fn what_scripts_of_other_sites_may_read() {
    for (origin, credentials, rule) in [
        (STRANGER, "true", Some("cors-any-origin-with-credentials")),
        (STRANGER, "", Some("cors-any-origin")),
        (STRANGER, "TRUE", Some("cors-any-origin")),
        ("*", "true", Some("cors-wildcard-with-credentials")),
        ("*", "", None),
        ("https://shop.example", "true", None),
        ("", "true", None),
    ] {
        let to_stranger =
            answer(&[("access-control-allow-origin", origin), ("access-control-allow-credentials", credentials)]);
        let seen = Seen { to_stranger: Some(to_stranger), ..seen(vec![answer(&[])]) };
        assert_eq!(broken(&seen).first().copied(), rule, "{origin} {credentials}");
    }
}

#[test]
fn of_cookies_the_last_of_a_name_counts_over_all_steps() {
    let first = answer_at("https://shop.example/", 302, &[("location", "/a"), ("set-cookie", "sid=1")]);
    let second =
        answer(&[("set-cookie", "sid=2; Secure; HttpOnly; SameSite=Lax"), ("set-cookie", "a=1; Secure; HttpOnly")]);
    let found = judged(&seen(vec![first, second]));
    let told: Vec<_> = found.iter().map(|one| (one.rule.id, one.parameter.as_deref(), one.url.as_str())).collect();
    assert_eq!(told, [("cookie-across-sites", Some("a"), "https://shop.example/")]);
}

#[test]
fn evidence_holds_nothing_that_changes_or_lets_in() {
    let page = answer(&[
        ("content-security-policy", "script-src 'nonce-c2VjcmV0' 'unsafe-eval'; frame-ancestors 'none'"),
        ("set-cookie", "session=hunter2"),
        ("x-powered-by", "a\u{1b}[31m\u{7}b"),
    ]);
    let found = judged(&seen(vec![page]));
    let evidence: String = found.iter().map(|one| one.evidence.as_str()).collect();
    assert!(evidence.contains("'nonce-...'") && evidence.contains("session=[value]"), "{evidence}");
    assert!(
        !evidence.contains("c2VjcmV0") && !evidence.contains("hunter2") && !evidence.contains('\u{1b}'),
        "{evidence}"
    );
}

#[test]
fn only_the_usual_ports_have_a_counterpart_without_tls() {
    let without_tls = |start: &str, end: &str| {
        let steps = [visit(start, 302, &[]), visit(end, 200, &[])];
        counterpart(&steps).map(|url| url.to_string())
    };
    let (plain, secured) = ("http://shop.example/", "https://shop.example/a?b=c");
    assert_eq!(without_tls(secured, secured).as_deref(), Some("http://shop.example/a"));
    assert_eq!(without_tls(plain, secured), None, "it was asked for already");
    assert_eq!(without_tls(secured, plain), None);
    assert_eq!(without_tls("https://shop.example:8443/", "https://shop.example:8443/"), None);
}

#[test]
fn every_rule_can_be_broken_and_has_an_id_of_its_own() {
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        assert!(rule.reference.starts_with("https://") && rule.what_to_do.ends_with('.'), "{rule:?}");
    }
}
