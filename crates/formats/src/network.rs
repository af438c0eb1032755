//! Hosts of a network as scanners name them, so that the same machine is the same asset whichever scanner saw it.

use std::net::IpAddr;

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::Location;
use scanhelm_core::text::single_line;

use crate::weakness::push_new;

/// A host by everything that a report calls it, best name first: names that resolve, short names, addresses. The first
/// name that resolves and the first short one are keys, and every address.
pub(crate) fn host<'a>(called: impl IntoIterator<Item = &'a str>) -> AssetRecord {
    let (mut fqdn, mut hostname, mut addresses) = (None, None, Vec::new());
    for name in called {
        let name = single_line(name.trim().trim_end_matches('.'), 300);
        if name.is_empty() {
        } else if is_address(&name) {
            push_new(&mut addresses, name);
        } else if is_fqdn(&name) {
            fqdn.get_or_insert(name);
        } else {
            hostname.get_or_insert(name);
        }
    }
    let name = [fqdn.as_ref(), hostname.as_ref(), addresses.first()].into_iter().flatten().next().cloned();
    let mut keys = vec![];
    keys.extend(fqdn.map(AssetKey::Fqdn));
    keys.extend(hostname.map(AssetKey::Hostname));
    keys.extend(addresses.into_iter().map(AssetKey::Ip));
    AssetRecord::new(AssetKind::Host, name.unwrap_or_default(), keys)
}

pub(crate) fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

fn is_fqdn(name: &str) -> bool {
    let top = name.rsplit('.').next().unwrap_or_default();
    name.contains('.') && !name.contains(['/', ' ', ':']) && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// A place on a host; port 0 over TCP is the host as a whole, as Nessus writes it.
pub(crate) fn port(number: u16, protocol: &str, service: Option<String>) -> Location {
    let protocol = single_line(protocol, 20).to_ascii_lowercase();
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol };
    Location::Network { port: number, protocol, service: service.filter(|service| !service.is_empty()) }
}

/// A port's number as a report writes it.
pub(crate) fn port_number(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| format!("`{}` is no port", single_line(text, 64)))
}

/// `host:443`, `[2001:db8::1]:443`, with the port; a host alone has none.
pub(crate) fn host_and_port(text: &str) -> (&str, Option<u16>) {
    let text = text.trim();
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (text, None),
        },
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_its_best_name_and_keeps_its_addresses() {
        let asset = host(["10.0.0.5", "DB1", "db1.example.com.", "other.example.com", "2001:db8::1", ""]);
        assert_eq!((asset.name.as_str(), asset.identity().as_str()), ("db1.example.com", "fqdn:db1.example.com"));
        assert_eq!(asset.keys.len(), 4);
        assert_eq!(host(["10.0.0.5"]).identity(), "ip:10.0.0.5");
        assert_eq!(host(["printer"]).identity(), "hostname:printer");
        assert_eq!(host(["192.168.1.1001"]).identity(), "hostname:192.168.1.1001");
        assert_eq!(host([" "]).identity(), "name:");
    }

    #[test]
    fn a_port_stands_behind_its_host() {
        assert_eq!(host_and_port("a.example:443"), ("a.example", Some(443)));
        assert_eq!(host_and_port("[2001:db8::1]:443"), ("2001:db8::1", Some(443)));
        assert_eq!(host_and_port("2001:db8::1"), ("2001:db8::1", None));
        assert_eq!(host_and_port("a.example"), ("a.example", None));
        assert_eq!(host_and_port("a.example:x"), ("a.example:x", None));
    }
}
