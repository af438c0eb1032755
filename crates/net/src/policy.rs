//! Which addresses the hub may call: `[network] allow`.
//!
//! Public addresses over TLS are always allowed, because that is where cloud vendors live. A private or loopback
//! address, and any address without TLS, needs a grant by the *operator*, who knows the network; a tenant only types
//! URLs. Link-local, metadata, multicast and unspecified addresses cannot be granted at all. The check runs on the
//! address that is connected to, so neither DNS rebinding nor an odd spelling gets around it.

use std::fmt;
use std::net::IpAddr;

use scanhelm_core::Error;

use crate::address::{Class, canonical, classify};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkPolicy {
    grants: Vec<Grant>,
}

impl NetworkPolicy {
    /// Reads the entries of `[network] allow`: `10.0.0.0/8`, `127.0.0.1`, `10.1.2.3:8834`, `fd00::/8`,
    /// `[fd00::5]:8834`, `[fd00::]/8:8834`.
    ///
    /// # Errors
    /// When an entry is not an address range; the error names the entry.
    pub fn parse<S: AsRef<str>>(allow: &[S]) -> Result<Self, Error> {
        let grants = allow
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                Grant::parse(entry.as_ref().trim()).ok_or_else(|| {
                    Error::field(
                        format!("network.allow[{index}]"),
                        "malformed",
                        format!(
                            "`{}` is not an address range. Write 10.0.0.0/8, 10.1.2.3:8834, fd00::/8 or [fd00::5]:8834.",
                            scanhelm_core::text::single_line(entry.as_ref(), 80)
                        ),
                    )
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { grants })
    }

    /// May a connection to this address be opened?
    ///
    /// # Errors
    /// A sentence that names the address, what it is, and the setting.
    pub fn check(&self, address: IpAddr, port: u16, tls: bool) -> Result<(), Refusal> {
        let granted = self.grants.iter().any(|grant| grant.covers(address, port));
        let refuse = |reason: String| Err(Refusal { address: canonical(address), reason });
        match classify(address) {
            Class::Never(what) => refuse(format!("it is {what}, which is never called")),
            Class::Restricted(what) if !granted => refuse(format!(
                "it is {what}. The operator can allow it in `[network] allow`, for example \"{}\"",
                canonical(address)
            )),
            Class::Public if !tls && !granted => refuse(format!(
                "http without TLS would show the credentials to the network. Use https, or let the operator allow it \
                 in `[network] allow`, for example \"{}\"",
                canonical(address)
            )),
            Class::Public | Class::Restricted(_) => Ok(()),
        }
    }
}

/// Why an address may not be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub address: IpAddr,
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the network policy refuses {}: {}", self.address, self.reason)
    }
}

impl std::error::Error for Refusal {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grant {
    network: IpAddr,
    prefix: u8,
    port: Option<u16>,
}

impl Grant {
    fn parse(entry: &str) -> Option<Self> {
        let (range, port) = match entry.strip_prefix('[') {
            Some(rest) => {
                let (address, tail) = rest.split_once(']')?;
                let (prefix, port) = match tail.split_once(':') {
                    Some((prefix, port)) => (prefix, Some(port)),
                    None => (tail, None),
                };
                (format!("{address}{prefix}"), port)
            }
            None => match entry.split_once(':') {
                Some((range, port)) if !port.contains(':') && range.contains('.') => (range.to_owned(), Some(port)),
                _ => (entry.to_owned(), None),
            },
        };
        let port = match port {
            Some(text) => Some(text.parse::<u16>().ok().filter(|port| *port != 0)?),
            None => None,
        };
        let (address, prefix) = match range.split_once('/') {
            Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
            None => (range.parse::<IpAddr>().ok()?, None),
        };
        let full = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(full);
        if prefix > full {
            return None;
        }
        let network = canonical(address);
        let prefix = if network.is_ipv4() && address.is_ipv6() { prefix.checked_sub(96)? } else { prefix };
        Some(Self { network, prefix, port })
    }

    fn covers(&self, address: IpAddr, port: u16) -> bool {
        if self.port.is_some_and(|granted| granted != port) {
            return false;
        }
        let (network, address, width) = match (self.network, canonical(address)) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
            _ => return false,
        };
        let host_bits = width - u32::from(self.prefix);
        network.checked_shr(host_bits) == address.checked_shr(host_bits)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn policy(allow: &[&str]) -> NetworkPolicy {
        NetworkPolicy::parse(allow).unwrap()
    }

    fn allows(policy: &NetworkPolicy, address: &str, port: u16) -> bool {
        policy.check(address.parse().unwrap(), port, true).is_ok()
    }

    #[test]
    fn t_ssrf_04_a_grant_covers_its_range_and_port_and_no_neighbour() {
        let policy = policy(&["10.1.2.3:8834", "192.168.0.0/24", "[fd00::5]:443", "fc00::/16", "[fd11::]/16:8443"]);
        assert!(allows(&policy, "10.1.2.3", 8834));
        assert!(allows(&policy, "::ffff:10.1.2.3", 8834));
        assert!(!allows(&policy, "10.1.2.3", 22));
        assert!(!allows(&policy, "10.1.2.4", 8834));
        assert!(allows(&policy, "192.168.0.200", 1));
        assert!(!allows(&policy, "192.168.1.1", 1));
        assert!(allows(&policy, "fd00::5", 443) && !allows(&policy, "fd00::5", 80) && !allows(&policy, "fd00::6", 443));
        assert!(allows(&policy, "fc00::9", 1) && allows(&policy, "fd11::1", 8443) && !allows(&policy, "fd11::1", 1));
    }

    #[test]
    fn t_ssrf_05_no_grant_opens_metadata_or_link_local() {
        let all = policy(&["0.0.0.0/0", "::/0"]);
        for never in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"] {
            assert!(!allows(&all, never, 80), "{never}");
        }
        assert!(allows(&all, "127.0.0.1", 80) && allows(&all, "::1", 80));
    }

    #[test]
    fn http_without_tls_needs_a_grant_everywhere() {
        let refusal = policy(&[]).check("1.1.1.1".parse().unwrap(), 80, false).unwrap_err();
        assert!(refusal.to_string().contains("1.1.1.1") && refusal.to_string().contains("[network] allow"));
        assert!(policy(&["1.1.1.1"]).check("1.1.1.1".parse().unwrap(), 80, false).is_ok());
    }

    #[test]
    fn an_entry_that_is_no_range_is_named() {
        for bad in ["10.0.0.0/33", "example.com", "", "10.0.0.1:0", "10.0.0.1:99999", "[::1", "fd00::/129", "10.0.0"] {
            let error = NetworkPolicy::parse(&["127.0.0.1", bad]).unwrap_err();
            assert_eq!(error.fields[0].field, "network.allow[1]", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn without_grants_nothing_inside_is_reachable(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let inside = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_unspecified() || address.is_broadcast();
            if inside {
                prop_assert!(policy(&[]).check(address.into(), 443, true).is_err());
            }
        }

        #[test]
        fn ipv6_clothes_change_nothing(bits in any::<u32>(), port in 1u16..) {
            let policy = policy(&["10.0.0.0/8", "127.0.0.1:8834"]);
            let plain = Ipv4Addr::from_bits(bits);
            let mapped: IpAddr = plain.to_ipv6_mapped().into();
            for tls in [false, true] {
                prop_assert_eq!(policy.check(plain.into(), port, tls).is_ok(), policy.check(mapped, port, tls).is_ok());
            }
        }

        #[test]
        fn a_refused_metadata_address_stays_refused_under_any_grant(
            network in any::<u128>(), prefix in 0u8..=128, low in any::<u16>(),
        ) {
            let entry = format!("{}/{prefix}", Ipv6Addr::from_bits(network));
            let Ok(policy) = NetworkPolicy::parse(&[entry, "0.0.0.0/0".to_owned()]) else { return Ok(()) };
            let [a, b] = low.to_be_bytes();
            let link_local: IpAddr = Ipv4Addr::new(169, 254, a, b).into();
            prop_assert!(policy.check(link_local, 80, true).is_err());
        }
    }
}
