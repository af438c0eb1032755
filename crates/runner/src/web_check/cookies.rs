//! Cookies, as the site sets them (RFC 6265).

use scanhelm_core::Severity;

use super::rules::{COOKIE_ACROSS_SITES, COOKIE_FOR_SCRIPTS, COOKIE_NOT_SECURE, Rule};

/// One `Set-Cookie`, without its value: that may let somebody in.
#[derive(Debug)]
pub(super) struct Cookie {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Cookie {
    /// `None`: it is no cookie, or takes one back.
    pub(super) fn read(header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, _) = parts.next()?.split_once('=')?;
        let attribute = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned())
        };
        let cookie = Self { name: name.trim().to_owned(), attributes: parts.map(attribute).collect() };
        (!cookie.name.is_empty() && !cookie.is_taken_back()).then_some(cookie)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        // Of two of one name the last counts.
        self.attributes.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn is_taken_back(&self) -> bool {
        match self.attribute("max-age") {
            Some(seconds) => seconds.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
            None => self.attribute("expires").is_some_and(|time| time.contains("1970")),
        }
    }

    /// By its name, what lets its bearer in.
    fn is_of_session(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let words = ["sess", "auth", "token", "jwt", "login", "remember"];
        !self.is_against_forgery() && (name.ends_with("sid") || words.iter().any(|word| name.contains(word)))
    }

    /// These are there to be read by scripts and sent back.
    fn is_against_forgery(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.contains("csrf") || name.contains("xsrf")
    }

    /// What it lacks, and how bad that is. `secured`: the site is one of https.
    pub(super) fn lacks(&self, secured: bool) -> Vec<(&'static Rule, Severity)> {
        let of_session = self.is_of_session();
        let weighed = |rule: &'static Rule, worse: Severity| (rule, if of_session { worse } else { rule.severity });
        let mut lacks = Vec::new();
        if secured && self.attribute("secure").is_none() {
            lacks.push(weighed(&COOKIE_NOT_SECURE, Severity::Medium));
        }
        if self.attribute("httponly").is_none() && !self.is_against_forgery() {
            lacks.push(weighed(&COOKIE_FOR_SCRIPTS, Severity::Medium));
        }
        let known = |site: &str| ["strict", "lax", "none"].iter().any(|word| site.eq_ignore_ascii_case(word));
        if !self.attribute("samesite").is_some_and(known) {
            lacks.push(weighed(&COOKIE_ACROSS_SITES, Severity::Low));
        }
        lacks
    }

    /// As it was set, without its value.
    pub(super) fn shown(&self) -> String {
        let attributes = self.attributes.iter().map(|(name, value)| match value.is_empty() {
            true => format!("; {name}"),
            false => format!("; {name}={value}"),
        });
        format!("{}=[value]{}", self.name, attributes.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(header: &str, secured: bool) -> Vec<String> {
        let lacks = Cookie::read(header).map(|cookie| cookie.lacks(secured)).unwrap_or_default();
        lacks.iter().map(|(rule, severity)| format!("{} {severity}", rule.id)).collect()
    }

    #[test]
    fn what_cookies_lack_and_how_much_that_weighs() {
        for (header, expected) in [
            (
                "PHPSESSID=abc",
                &["cookie-not-secure medium", "cookie-for-scripts medium", "cookie-across-sites low"][..],
            ),
            ("theme=dark", &["cookie-not-secure low", "cookie-for-scripts low", "cookie-across-sites info"]),
            ("connect.sid=s%3A; Path=/; HttpOnly; SameSite=Lax", &["cookie-not-secure medium"]),
            ("id=1; SECURE; httponly ; samesite = strict", &[]),
            ("id=1; Secure; HttpOnly; SameSite=None", &[]),
            ("id=1; Secure; HttpOnly; SameSite=sometimes", &["cookie-across-sites info"]),
            ("XSRF-TOKEN=x; Secure; SameSite=Lax", &[]),
            ("csrftoken=x; SameSite=Lax", &["cookie-not-secure low"]),
            ("session=; Max-Age=0", &[]),
            ("session=gone; expires=Thu, 01 Jan 1970 00:00:00 GMT", &[]),
            ("nothing", &[]),
            ("=nameless", &[]),
            ("", &[]),
        ] {
            assert_eq!(lacks(header, true), expected, "{header}");
        }
        assert_eq!(lacks("a=1; HttpOnly; SameSite=Lax", false), Vec::<String>::new(), "without TLS it says nothing");
    }

    #[test]
    fn the_value_is_never_shown() {
        let cookie = Cookie::read("session=hunter2; Path=/; HttpOnly").unwrap();
        assert_eq!(cookie.shown(), "session=[value]; path=/; httponly");
    }
}
