//! Web addresses, spelled alike whichever scanner wrote them, and the site that an address belongs to.
//!
//! A page is known by scheme, host, port and path: scheme and host in lower case, the scheme's own port left out, no
//! user, query or fragment; the root is `/`, also where it is left out. Query values are what a scanner attacks with, so they never identify.

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

/// `None` for what is no web address.
#[must_use]
pub fn page(url: &str) -> Option<String> {
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
    Some(format!("{scheme}://{host}/{}", path.unwrap_or_default()))
}

/// The site of a [`page`]: scheme, host and port.
pub(crate) fn site(page: &str) -> AssetRecord {
    let origin = page.split('/').take(3).collect::<Vec<_>>().join("/");
    AssetRecord::new(AssetKind::Site, origin.clone(), vec![AssetKey::Site(origin)])
}

/// The site of a scan that starts at `address`, for scanners whose scans cover what is below their start: a start
/// at a path is a site of its own, so that the scans of two applications of one host never close each other's
/// findings. A bare host name, as some products keep it, stays one.
#[must_use]
pub fn scanned_site(address: &str) -> AssetRecord {
    let address = address.trim();
    let start = match page(address) {
        Some(page) => page,
        None => page(&format!("http://{address}")).map_or_else(
            || scanhelm_core::text::single_line(address, 300),
            |page| page.trim_start_matches("http://").to_owned(),
        ),
    };
    let start = start.trim_end_matches('/').to_owned();
    AssetRecord::new(AssetKind::Site, start.clone(), vec![AssetKey::Site(start)])
}

/// The page that `affected` names on the site that is scanned from `start`: a whole address or a path. What is neither
/// (`Web Server`) is the start itself. `None`: there is no address at all.
pub(crate) fn page_on(affected: &str, start: &str) -> Option<String> {
    page(affected).or_else(|| {
        let start = page(start).or_else(|| page(&format!("http://{}", start.trim())))?;
        if !affected.trim().starts_with('/') {
            return Some(start);
        }
        let origin = start.split('/').take(3).collect::<Vec<_>>().join("/");
        page(&format!("{origin}{}", affected.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_query_user_case_and_the_port_of_their_scheme() {
        assert_eq!(page("HTTPS://u:p@Shop.Example:443/a?b=c#d").as_deref(), Some("https://shop.example/a"));
        assert_eq!(page("http://shop.example:443").as_deref(), Some("http://shop.example:443/"));
        for none in ["file:///x", "https://", "shop.example/a", "javascript://x", ""] {
            assert_eq!(page(none), None, "{none}");
        }
    }

    #[test]
    fn a_site_is_scheme_host_and_port() {
        assert_eq!(site("https://shop.example:8443/a/b").identity(), "site:https://shop.example:8443");
    }

    #[test]
    fn a_scanned_site_is_its_start_down_to_the_path() {
        for (start, identity) in [
            ("https://Shop.Example/", "site:https://shop.example"),
            ("https://shop.example:443", "site:https://shop.example"),
            ("https://shop.example/two/?x=1", "site:https://shop.example/two"),
            ("www.Example.com", "site:www.example.com"),
            ("example.com:8080/app", "site:example.com:8080/app"),
            ("javascript://x", "site:javascript://x"),
        ] {
            assert_eq!(scanned_site(start).identity(), identity, "{start}");
        }
    }

    #[test]
    fn a_page_is_a_whole_address_or_a_path_of_the_start() {
        for (affected, start, page) in [
            ("HTTP://Shop.Example:80/b.php?id=1#x", "", "http://shop.example/b.php"),
            ("/login.php?next=1", "https://shop.example/shop/", "https://shop.example/login.php"),
            ("/h/search", "example.co.id", "http://example.co.id/h/search"),
            ("", "https://shop.example", "https://shop.example/"),
            ("Web Server", "http://shop.example/x", "http://shop.example/x"),
            ("//evil.example/x", "http://shop.example/", "http://shop.example//evil.example/x"),
        ] {
            assert_eq!(page_on(affected, start).as_deref(), Some(page), "{affected} on {start}");
        }
        assert_eq!(page_on("/x", ""), None);
    }
}
