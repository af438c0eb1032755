//! What was seen of a site, from which everything is decided.

use scanhelm_net::Visit;
use url::Url;

#[derive(Debug)]
pub(super) struct Seen {
    /// From the address that was asked for to the answer that leads no further; never empty.
    pub(super) steps: Vec<Visit>,
    /// The other host that the last answer leads to.
    pub(super) leads_to: Option<Url>,
    /// How the last page answers a stranger's script.
    pub(super) to_stranger: Option<Visit>,
    /// What the host answers to http, where the page is one of https.
    pub(super) without_tls: Option<Visit>,
    /// What could not be looked at.
    pub(super) problems: Vec<String>,
}

/// Where a redirect leads; `None` when the answer is none, or leads to no address.
pub(super) fn redirect(visit: &Visit) -> Option<Url> {
    if !matches!(visit.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut url = visit.url.join(header(visit, "location")?.trim()).ok()?;
    url.set_fragment(None);
    Some(url)
}

pub(super) fn header<'a>(visit: &'a Visit, name: &str) -> Option<&'a str> {
    headers(visit, name).next()
}

pub(super) fn headers<'a>(visit: &'a Visit, name: &str) -> impl Iterator<Item = &'a str> {
    visit.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

pub(super) fn is_secured(url: &Url) -> bool {
    url.scheme() == "https"
}

#[cfg(test)]
pub(super) mod made {
    //! Answers for tests.

    use super::*;

    pub(crate) fn visit(url: &str, status: u16, headers: &[(&str, &str)]) -> Visit {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Visit { url: url.parse().unwrap(), status, headers, secured: None }
    }

    pub(crate) fn seen(steps: Vec<Visit>) -> Seen {
        Seen { steps, leads_to: None, to_stranger: None, without_tls: None, problems: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::made::visit;
    use super::*;

    #[test]
    fn where_redirects_lead() {
        let leads = |status: u16, location: &str| {
            let visit = visit("https://shop.example/a/b?c=d", status, &[("location", location)]);
            redirect(&visit).map(|url| url.to_string())
        };
        for (location, url) in [
            ("/login", Some("https://shop.example/login")),
            ("e#f", Some("https://shop.example/a/e")),
            ("//other.example/", Some("https://other.example/")),
            (" http://shop.example/ ", Some("http://shop.example/")),
            ("http://[", None),
        ] {
            assert_eq!(leads(302, location).as_deref(), url, "{location}");
        }
        assert_eq!((leads(200, "/x"), leads(304, "/x")), (None, None));
        assert_eq!(redirect(&visit("https://shop.example/", 301, &[])), None);
    }
}
