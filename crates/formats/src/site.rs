//! Web addresses, spelled alike whichever scanner wrote them, and the site that an address belongs to.
//!
//! A page is known by scheme, host, port and path: scheme and host in lower case, the scheme's own port left out, no
//! user, query or fragment. Query values are what a scanner attacks with, so they never identify.

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

/// `None` for what is no web address.
pub(crate) fn page(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_suffix(own_port).unwrap_or(&host);
    if host.is_empty() {
        return None;
    }
    Some(path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}")))
}

/// The site of a [`page`]: scheme, host and port.
pub(crate) fn site(page: &str) -> AssetRecord {
    let origin = page.split('/').take(3).collect::<Vec<_>>().join("/");
    AssetRecord::new(AssetKind::Site, origin.clone(), vec![AssetKey::Site(origin)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_query_user_case_and_the_port_of_their_scheme() {
        assert_eq!(page("HTTPS://u:p@Shop.Example:443/a?b=c#d").as_deref(), Some("https://shop.example/a"));
        assert_eq!(page("http://shop.example:443").as_deref(), Some("http://shop.example:443"));
        for none in ["file:///x", "https://", "shop.example/a", "javascript://x", ""] {
            assert_eq!(page(none), None, "{none}");
        }
    }

    #[test]
    fn a_site_is_scheme_host_and_port() {
        assert_eq!(site("https://shop.example:8443/a/b").identity(), "site:https://shop.example:8443");
    }
}
