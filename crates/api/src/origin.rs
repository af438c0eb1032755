//! The defence against writes that another site makes a browser send (CSRF).
//!
//! Only a browser's cookie needs it: an API key is never sent by itself. `SameSite=Strict` is the first wall; this is
//! the second, because same-*site* still includes every port and every sub-domain of the host. A browser tells where a
//! write comes from in `Origin` (all of them do, for everything but GET and HEAD); the answer must be ourselves.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use scanhelm_core::{Error, ErrorCode};

use crate::settings::Settings;

pub(crate) const fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// For requests that carry the session cookie, and for those that ask for one.
pub(crate) fn require_same_origin(parts: &Parts, settings: &Settings) -> Result<(), Error> {
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return match text(&parts.headers, "sec-fetch-site") {
            Some("same-origin") => Ok(()),
            _ => Err(refused("The request names no origin. Programs should send an API key instead of a cookie.")),
        };
    };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let Some((scheme, authority)) =
        origin.as_ref().and_then(|origin| Some((origin.scheme_str()?, origin.authority()?.as_str())))
    else {
        return Err(refused("The request's origin is not a site."));
    };
    if let Some((public_scheme, public_authority)) = settings.public_authority()
        && scheme.eq_ignore_ascii_case(&public_scheme)
        && authority.eq_ignore_ascii_case(&public_authority)
    {
        return Ok(());
    }
    // Without a configured address the host the browser asked for is the only thing to compare with. The scheme is
    // not compared: a proxy may end TLS before us.
    let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(|| text(&parts.headers, "host"));
    match host {
        Some(host) if host.eq_ignore_ascii_case(authority) => Ok(()),
        _ => Err(refused(
            "The request comes from another origin than the console's. Behind a proxy, set `[server] public_url`.",
        )),
    }
}

/// The same, but a program that is no browser (no `Origin`, no `Sec-Fetch-Site`) may ask for a session.
pub(crate) fn refuse_foreign_origin(parts: &Parts, settings: &Settings) -> Result<(), Error> {
    if parts.headers.contains_key(header::ORIGIN) || parts.headers.contains_key("sec-fetch-site") {
        return require_same_origin(parts, settings);
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn refused(detail: &str) -> Error {
    Error::new(ErrorCode::OriginRefused, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn verdict(headers: &[(&str, &str)], public_url: Option<&str>) -> bool {
        let mut request = Request::builder().method(Method::POST).uri("/api/v1/scans");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let settings = Settings { public_url: public_url.map(str::to_owned), ..Settings::default() };
        require_same_origin(&parts, &settings).is_ok()
    }

    #[test]
    fn only_our_own_origin_may_write() {
        let host = ("host", "hub.example:8480");
        assert!(verdict(&[host, ("origin", "http://hub.example:8480")], None));
        assert!(verdict(&[host, ("origin", "https://HUB.example:8480")], None));
        for foreign in [
            "http://hub.example",
            "http://hub.example:8481",
            "http://evil.example",
            "http://hub.example:8480.evil.example",
            "http://evil.hub.example:8480",
            "null",
            "",
            "hub.example:8480",
        ] {
            assert!(!verdict(&[host, ("origin", foreign)], None), "{foreign:?}");
        }
    }

    #[test]
    fn a_missing_origin_is_only_trusted_when_the_browser_vouches() {
        let host = ("host", "hub.example");
        assert!(!verdict(&[host], None));
        assert!(verdict(&[host, ("sec-fetch-site", "same-origin")], None));
        assert!(!verdict(&[host, ("sec-fetch-site", "same-site")], None));
        assert!(!verdict(&[host, ("sec-fetch-site", "cross-site")], None));
    }

    #[test]
    fn the_public_address_counts_behind_a_proxy() {
        let headers = [("host", "127.0.0.1:8480"), ("origin", "https://hub.example")];
        assert!(verdict(&headers, Some("https://hub.example")));
        assert!(!verdict(&headers, Some("http://hub.example")));
        assert!(!verdict(&headers, None));
    }
}
