//! What is wrong with a site's certificate.

use std::time::Duration;

use scanhelm_core::Timestamp;
use scanhelm_net::{Secured, Trust};
use url::Url;

use super::judged::Observation;
use super::rules::{
    CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRES_SOON, CERTIFICATE_FOR_OTHERS, CERTIFICATE_NOT_TRUSTED,
    CERTIFICATE_NOT_YET_VALID, CERTIFICATE_SELF_SIGNED,
};

const SOON: Duration = Duration::from_hours(14 * 24);

pub(super) fn judged(url: &Url, secured: &Secured) -> Vec<Observation> {
    let (certificate, now) = (&secured.certificate, secured.at);
    let about = |rule, evidence: String| Observation::new(rule, url, evidence);
    let mut found = Vec::new();
    if let Some(until) = certificate.valid_until.filter(|until| *until < now.plus(SOON)) {
        let rule = if until < now { &CERTIFICATE_EXPIRED } else { &CERTIFICATE_EXPIRES_SOON };
        found.push(about(rule, format!("It is valid until {}.", day(until))));
    }
    if let Some(from) = certificate.valid_from.filter(|from| *from > now) {
        found.push(about(&CERTIFICATE_NOT_YET_VALID, format!("It is valid from {}.", day(from))));
    }
    if let Some(names) = &certificate.other_names {
        let host = url.host_str().unwrap_or_default();
        let names = match names.as_slice() {
            [] => "no name".to_owned(),
            names => names.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
        };
        found.push(about(&CERTIFICATE_FOR_OTHERS, format!("It is for {names} and not for {host}.")));
    }
    match &certificate.trust {
        Trust::Known | Trust::NotKnown(_) => {}
        Trust::SelfSigned => found.push(about(&CERTIFICATE_SELF_SIGNED, "It is signed with its own key.".to_owned())),
        Trust::UnknownIssuer => {
            let evidence = "Its issuer is neither trusted on this machine nor vouched for by what the server sends.";
            found.push(about(&CERTIFICATE_NOT_TRUSTED, evidence.to_owned()));
        }
        Trust::Refused(reason) => found.push(about(&CERTIFICATE_NOT_TRUSTED, format!("Verified, {reason}."))),
    }
    found
}

/// What could not be told of it.
pub(super) fn problem(secured: &Secured) -> Option<String> {
    match &secured.certificate.trust {
        Trust::NotKnown(reason) => Some(format!("who vouches for the certificate could not be looked at: {reason}")),
        _ => None,
    }
}

fn day(time: Timestamp) -> String {
    time.to_string().split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use scanhelm_net::Certificate;

    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    fn broken(from: i64, until: i64, names: Option<&[&str]>, trust: Trust) -> Vec<&'static str> {
        let now = 1_000 * DAY;
        let at = |days: i64| Some(Timestamp::from_seconds(now + days * DAY));
        let other_names = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let certificate = Certificate { valid_from: at(from), valid_until: at(until), other_names, trust };
        let secured = Secured { version: "TLS 1.3", certificate, at: Timestamp::from_seconds(now) };
        judged(&"https://shop.example/".parse().unwrap(), &secured).iter().map(|one| one.rule.id).collect()
    }

    #[test]
    fn every_flaw_is_told_by_itself() {
        let refused = || Trust::Refused("the certificate of its issuer expired on 2020-01-01".to_owned());
        for (from, until, names, trust, rules) in [
            (-10, 90, None, Trust::Known, &[][..]),
            (-10, 14, None, Trust::Known, &[]),
            (-10, 13, None, Trust::Known, &["certificate-expires-soon"]),
            (-10, -1, None, Trust::Known, &["certificate-expired"]),
            (1, 90, None, Trust::Known, &["certificate-not-yet-valid"]),
            (-10, 90, Some(&["a.example"][..]), Trust::Known, &["certificate-for-others"]),
            (-10, 90, Some(&[]), Trust::SelfSigned, &["certificate-for-others", "certificate-self-signed"]),
            (-10, -1, None, Trust::UnknownIssuer, &["certificate-expired", "certificate-not-trusted"]),
            (-10, 90, None, refused(), &["certificate-not-trusted"]),
            (-10, 90, None, Trust::NotKnown("nobody is trusted".to_owned()), &[]),
        ] {
            assert_eq!(broken(from, until, names, trust.clone()), rules, "{from} {until} {names:?} {trust:?}");
        }
    }
}
