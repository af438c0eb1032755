//! Which sites and hosts the hub may scan: `[local] allowed_hosts`.
//!
//! A scanner attacks what it is pointed at, and it does so from where the hub stands, often behind the firewall. So
//! nothing is scanned that the operator did not grant, and the addresses by which machines of a cloud hand out
//! credentials never. A name is granted as a name: what it resolves to is the business of whoever grants it.

use std::net::IpAddr;

use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_runner::{Host, Site};

/// The entries of the setting, understood.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Vec<Granted>);

#[derive(Clone, Debug)]
enum Granted {
    Network(IpAddr, u8),
    Name(String),
    /// Every name below this one.
    Below(String),
}

impl AllowedHosts {
    /// Reads `10.0.0.0/8`, `10.1.2.3`, `staging.example.com` and `*.staging.example.com`.
    ///
    /// # Errors
    /// With the first entry that is none of these.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> std::result::Result<Self, String> {
        entries.iter().map(|entry| granted(entry.as_ref())).collect::<std::result::Result<_, _>>().map(Self)
    }

    pub(crate) fn allow_host(&self, host: &Host) -> Result<()> {
        if host.network().is_some_and(|(address, bits)| is_never_scanned(address, bits)) {
            return Err(Error::new(
                ErrorCode::TargetUnavailable,
                format!(
                    "{host} is never scanned: machines of a cloud get their credentials from link-local addresses."
                ),
            ));
        }
        let is_allowed = self.0.iter().any(|granted| match (granted, host.network()) {
            (Granted::Network(network, most), Some((address, bits))) => {
                bits >= *most && masked(address, *most) == masked(*network, *most)
            }
            (Granted::Name(name), None) => *name == host.name(),
            (Granted::Below(name), None) => {
                host.name().strip_suffix(name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            _ => false,
        });
        if is_allowed {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::TargetUnavailable,
            format!(
                "{host} is not among the hosts that the hub may scan. The operator lists them in `[local] allowed_hosts`."
            ),
        ))
    }

    pub(crate) fn allow_site(&self, site: &Site) -> Result<()> {
        // The host of an address that was read is a host.
        let host = site.host().parse().map_err(|error| {
            Error::new(ErrorCode::TargetUnavailable, single_line(&format!("{site} cannot be scanned: {error}."), 300))
        })?;
        self.allow_host(&host)
    }
}

fn granted(entry: &str) -> std::result::Result<Granted, String> {
    let (name, below) = entry.strip_prefix("*.").map_or((entry, false), |rest| (rest, true));
    let host: Host = name.parse().map_err(|error: scanhelm_runner::TargetError| error.to_string())?;
    match host.network() {
        _ if host.port().is_some() => Err(format!("`{}` names a port; grants are for hosts", single_line(entry, 80))),
        Some(_) if below => Err(format!("`{}` puts *. in front of an address", single_line(entry, 80))),
        Some((address, bits)) => Ok(Granted::Network(address, bits)),
        None if below => Ok(Granted::Below(host.name())),
        None => Ok(Granted::Name(host.name())),
    }
}

/// Link-local (RFC 3927, RFC 4291), or a network that holds such addresses.
fn is_never_scanned(address: IpAddr, bits: u8) -> bool {
    let overlaps = |other: IpAddr, most: u8| masked(address, bits.min(most)) == masked(other, bits.min(most));
    match address {
        IpAddr::V4(_) => overlaps(IpAddr::from([169, 254, 0, 0]), 16),
        IpAddr::V6(_) => overlaps(IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 0]), 10),
    }
}

/// The first bits of an address, with its family.
fn masked(address: IpAddr, bits: u8) -> (bool, u128) {
    let (is_v4, value, width) = match address.to_canonical() {
        IpAddr::V4(address) => (true, u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (false, u128::from(address), 128),
    };
    (is_v4, value.checked_shr(width - u32::from(bits).min(width)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_scanned_that_was_not_granted() {
        let allowed =
            AllowedHosts::parse(&["10.0.0.0/8", "192.0.2.7", "fd00::/8", "db.example.com", "*.lab.example.com"]);
        let allowed = allowed.unwrap();
        let host = |text: &str| allowed.allow_host(&text.parse().unwrap()).is_ok();
        for text in [
            "10.1.2.3",
            "10.1.0.0/16",
            "10.0.0.0/8",
            "192.0.2.7:22",
            "fd00::1",
            "DB.example.com:5432",
            "a.b.lab.example.com",
        ] {
            assert!(host(text), "{text}");
        }
        for text in [
            "11.0.0.1",
            "0.0.0.0/0",
            "8.0.0.0/6",
            "192.0.2.8",
            "fe00::1",
            "example.com",
            "lab.example.com",
            "xlab.example.com",
            "evil-db.example.com",
        ] {
            assert!(!host(text), "{text}");
        }
        let site = |text: &str| allowed.allow_site(&text.parse().unwrap()).is_ok();
        assert!(site("https://web.lab.example.com/") && site("http://[fd00::1]:8080/") && site("http://10.9.8.7/"));
        assert!(!site("https://example.com/lab.example.com") && !site("http://127.0.0.1/"));
        let nothing = AllowedHosts::default();
        let said = nothing.allow_host(&"10.1.2.3".parse().unwrap()).unwrap_err().detail;
        assert!(said.contains("`[local] allowed_hosts`"), "{said}");
    }

    #[test]
    fn no_grant_opens_what_hands_out_credentials() {
        let all = AllowedHosts::parse(&["0.0.0.0/0", "::/0"]).unwrap();
        for text in ["169.254.169.254", "169.254.0.0/24", "168.0.0.0/6", "0.0.0.0/0", "fe80::1", "::/0"] {
            let said = all.allow_host(&text.parse().unwrap()).map_err(|error| error.detail);
            assert!(said.as_ref().is_err_and(|said| said.contains("never scanned")), "{text}: {said:?}");
        }
        assert!(all.allow_host(&"127.0.0.1".parse().unwrap()).is_ok());
        assert!(all.allow_site(&"http://169.254.169.254/latest/".parse().unwrap()).is_err());
    }

    #[test]
    fn grants_that_mean_nothing_are_told() {
        for entry in ["", "10.0.0.0/40", "*.10.0.0.1", "db:22", "https://a.example.com", "*"] {
            assert!(AllowedHosts::parse(&[entry]).is_err(), "{entry}");
        }
    }
}
