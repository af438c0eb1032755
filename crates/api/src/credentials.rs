//! What a request shows to prove who it is. Reading it is here; believing it is the hub's.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use scanhelm_core::credential::Secret;
use scanhelm_core::{Error, ErrorCode};

use crate::settings::Settings;

/// With `__Host-` a browser accepts the cookie only over TLS, for this host and the whole path: a sub-domain cannot
/// plant one. Without TLS browsers refuse that name.
const SECURE_COOKIE: &str = "__Host-scanhelm_session";
const PLAIN_COOKIE: &str = "scanhelm_session";

#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// From `X-API-Key` or `Authorization: Bearer`.
    ApiKey(Secret),
    /// From the console's cookie.
    Session(Secret),
}

/// Finds the one credential. A header that is there but empty or unreadable is a refusal, never "anonymous", and a
/// key beside a cookie wins: a program that sends a key means the key.
pub(crate) fn read(headers: &HeaderMap, settings: &Settings) -> Result<Credential, Error> {
    let keys = [
        headers.get("x-api-key").map(|value| key_text(value, None)),
        headers.get(header::AUTHORIZATION).map(|value| key_text(value, Some("bearer"))),
    ];
    let mut keys = keys.into_iter().flatten();
    match (keys.next(), keys.next()) {
        (Some(key), None) => return key.map(Credential::ApiKey),
        (Some(first), Some(second)) => {
            return match (first?, second?) {
                (first, second) if first == second => Ok(Credential::ApiKey(first)),
                _ => Err(unauthenticated("`X-API-Key` and `Authorization` hold different keys. Send one.")),
            };
        }
        (None, _) => {}
    }
    session_token(headers, settings)
        .map(Credential::Session)
        .ok_or_else(|| unauthenticated("Log in, or send an API key in `X-API-Key` or as `Authorization: Bearer`."))
}

fn key_text(value: &HeaderValue, scheme: Option<&str>) -> Result<Secret, Error> {
    let refused = || unauthenticated("The API key is not readable. A key starts with `shk_`.");
    let text = value.to_str().map_err(|_| refused())?.trim();
    let key = match scheme {
        None => text,
        Some(scheme) => {
            let (given, key) = text.split_once(' ').ok_or_else(refused)?;
            if !given.eq_ignore_ascii_case(scheme) {
                return Err(unauthenticated("`Authorization` must be `Bearer` with an API key."));
            }
            key.trim()
        }
    };
    // Longer ones cannot be ours; hashing a megabyte for an anonymous caller is not needed to say so.
    if key.is_empty() || key.len() > 256 {
        return Err(refused());
    }
    Ok(Secret::new(key))
}

pub(crate) fn session_token(headers: &HeaderMap, settings: &Settings) -> Option<Secret> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(cookie_name(settings))?.value();
    (!value.is_empty() && value.len() <= 256).then(|| Secret::new(value))
}

pub(crate) fn session_cookie(token: &Secret, settings: &Settings) -> Result<HeaderValue, Error> {
    header_value(&cookie(token.expose().to_owned(), settings))
}

/// Makes the browser forget the cookie.
pub(crate) fn expired_cookie(settings: &Settings) -> Result<HeaderValue, Error> {
    let mut gone = cookie(String::new(), settings);
    gone.make_removal();
    header_value(&gone)
}

fn cookie(value: String, settings: &Settings) -> Cookie<'static> {
    Cookie::build((cookie_name(settings), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(settings.serves_https())
        .build()
}

fn header_value(cookie: &Cookie<'_>) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&cookie.to_string()).map_err(Error::internal)
}

fn cookie_name(settings: &Settings) -> &'static str {
    if settings.serves_https() { SECURE_COOKIE } else { PLAIN_COOKIE }
}

pub(crate) fn unauthenticated(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::Unauthenticated, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[(&'static str, &'static str)]) -> Result<String, ErrorCode> {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        read(&headers.collect(), &Settings::default()).map_err(|error| error.code).map(|found| match found {
            Credential::ApiKey(key) => format!("key {}", key.expose()),
            Credential::Session(token) => format!("session {}", token.expose()),
        })
    }

    #[test]
    fn the_ways_in() {
        assert_eq!(found(&[("x-api-key", "shk_1")]).unwrap(), "key shk_1");
        assert_eq!(found(&[("authorization", "bearer shk_1")]).unwrap(), "key shk_1");
        assert_eq!(found(&[("cookie", "a=b; scanhelm_session=t0")]).unwrap(), "session t0");
        assert_eq!(found(&[("cookie", "scanhelm_session=t0"), ("x-api-key", "shk_1")]).unwrap(), "key shk_1");
        assert_eq!(found(&[("authorization", "Bearer shk_1"), ("x-api-key", "shk_1")]).unwrap(), "key shk_1");
    }

    #[test]
    fn empty_or_odd_credentials_are_never_anonymous() {
        for headers in [
            &[][..],
            &[("x-api-key", "")],
            &[("x-api-key", "   ")],
            &[("authorization", "")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Basic dTpw")],
            &[("authorization", "shk_1")],
            &[("cookie", "scanhelm_session=")],
            &[("cookie", "scanhelm_session=t0"), ("x-api-key", "")],
            &[("authorization", "Bearer shk_1"), ("x-api-key", "shk_2")],
        ] {
            assert_eq!(found(headers), Err(ErrorCode::Unauthenticated), "{headers:?}");
        }
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let token = Secret::new("t0ken");
        let plain = session_cookie(&token, &Settings::default()).unwrap();
        assert_eq!(plain, "scanhelm_session=t0ken; HttpOnly; SameSite=Strict; Path=/");
        let https = Settings { public_url: Some("https://hub.example".to_owned()), ..Settings::default() };
        let secure = session_cookie(&token, &https).unwrap();
        assert_eq!(secure, "__Host-scanhelm_session=t0ken; HttpOnly; SameSite=Strict; Secure; Path=/");
        assert!(expired_cookie(&https).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
