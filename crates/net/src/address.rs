//! What kind of address an IP address is, for the target policy.
//!
//! The table is IANA's special-purpose registries (IPv4 and IPv6) plus the metadata services of the clouds that do
//! not sit in the link-local range. IPv6 forms that carry an IPv4 address are judged by what they carry, because the
//! packet ends there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Reachable by everybody.
    Public,
    /// Somebody's inside: only by the operator's grant.
    Restricted(&'static str),
    /// No vendor lives here; nothing can grant it.
    Never(&'static str),
}

/// An IPv4 address in IPv6 clothes is that IPv4 address.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

pub(crate) fn classify(address: IpAddr) -> Class {
    match canonical(address) {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

const METADATA_V4: [Ipv4Addr; 3] = [
    // Alibaba Cloud, Azure's host agent, Oracle Cloud's former address. Those in 169.254/16 are link-local anyway.
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];

const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

fn classify_v4(address: Ipv4Addr) -> Class {
    if METADATA_V4.contains(&address) {
        return Class::Never("a cloud metadata service");
    }
    match address.octets() {
        [0, ..] => Class::Never("an unspecified address"),
        [169, 254, ..] => Class::Never("a link-local or metadata address"),
        [224..=239, ..] => Class::Never("a multicast address"),
        [240..=255, ..] => Class::Never("a reserved or broadcast address"),
        [127, ..] => Class::Restricted("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Restricted("a private address"),
        [100, 64..=127, ..] => Class::Restricted("a carrier's shared address"),
        [192, 0, 0, _] | [198, 18..=19, ..] => Class::Restricted("a special-purpose address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Restricted("a documentation address"),
        _ => Class::Public,
    }
}

fn classify_v6(address: Ipv6Addr) -> Class {
    if METADATA_V6.contains(&address) {
        return Class::Never("a cloud metadata service");
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Never("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Restricted("a loopback address"),
        [0, 0, 0, 0, 0, 0, _, _] => Class::Never("an obsolete IPv4-compatible address"),
        [0xff00..=0xffff, ..] => Class::Never("a multicast address"),
        [0xfe80..=0xfebf, ..] => Class::Never("a link-local address"),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => carried(high, low, "a translated (NAT64) private address"),
        [0x2002, high, low, ..] => carried(high, low, "a tunnelled (6to4) private address"),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Class::Restricted("a private address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Restricted("a documentation address"),
        [0x2001, 0..=0x1ff, ..] => Class::Restricted("a special-purpose address"),
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Restricted("a special-purpose address"),
    }
}

/// The class of the IPv4 address carried in two segments.
fn carried(high: u16, low: u16, private: &'static str) -> Class {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    match classify_v4(Ipv4Addr::new(a, b, c, d)) {
        Class::Restricted(_) => Class::Restricted(private),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        classify(text.parse().unwrap())
    }

    #[test]
    fn t_ssrf_01_every_special_range_is_recognised() {
        for never in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "::",
            "::2",
            "::7f00:1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(matches!(class(never), Class::Never(_)), "{never}: {:?}", class(never));
        }
        for restricted in [
            "127.0.0.1",
            "127.255.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.9",
            "192.0.2.1",
            "198.51.100.1",
            "::1",
            "fc00::1",
            "fd7a:115c:a1e0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "2002:c0a8:1::",
            "64:ff9b::c0a8:0",
            "64:ff9b:1::",
            "100::",
            "5f00::",
            "2001:db8::1",
            "3fff::1",
            "fec0::1",
            "2001::1",
            "4000::1",
        ] {
            assert!(matches!(class(restricted), Class::Restricted(_)), "{restricted}: {:?}", class(restricted));
        }
        for public in
            ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::1", "64:ff9b::808:808"]
        {
            assert_eq!(class(public), Class::Public, "{public}");
        }
    }
}
