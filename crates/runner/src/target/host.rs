//! A host, or a network of hosts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use scanhelm_core::text::single_line;

use super::TargetError;
use super::service::connected;

/// A name, an address or a network, and the port when one service is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: Name,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Called(String),
    Address(IpAddr),
    Network { address: IpAddr, bits: u8 },
}

impl FromStr for Host {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refused = |cause: &str| TargetError::NotAHost { text: single_line(text, 300), cause: cause.to_owned() };
        let text = text.trim();
        if text.contains("://") {
            return Err(refused("it is an address of a web site; give that with --url"));
        }
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| refused("in front of the / stands no address"))?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits: u8 = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(|| {
                refused(if most == 32 {
                    "behind the / stands no number up to 32"
                } else {
                    "behind the / stands no number up to 128"
                })
            })?;
            return Ok(Self { name: Name::Network { address, bits }, port: None });
        }
        if let Ok(address) = text.parse() {
            return Ok(Self { name: Name::Address(address), port: None });
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => {
                let port = port.parse().ok().filter(|port| *port > 0);
                (name, Some(port.ok_or_else(|| refused("behind the : stands no port"))?))
            }
            None => (text, None),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse() {
            return Ok(Self { name: Name::Address(address), port });
        }
        if !is_name(name) {
            return Err(refused("a name has letters, digits, dots and hyphens"));
        }
        Ok(Self { name: Name::Called(name.to_ascii_lowercase()), port })
    }
}

/// As RFC 1123 has it, and with the underscores that some have.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.strip_suffix('.').unwrap_or(name).split('.').all(label)
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.port) {
            (Name::Address(IpAddr::V6(address)), Some(port)) => write!(formatter, "[{address}]:{port}"),
            (_, Some(port)) => write!(formatter, "{}:{port}", self.name()),
            (_, None) => formatter.write_str(&self.name()),
        }
    }
}

impl Host {
    /// Without the port.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.name {
            Name::Called(name) => name.clone(),
            Name::Address(address) => address.to_string(),
            Name::Network { address, bits } => format!("{address}/{bits}"),
        }
    }

    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Its address and how many of its bits count: all of a single one; `None` for a name.
    #[must_use]
    pub const fn network(&self) -> Option<(IpAddr, u8)> {
        match &self.name {
            Name::Called(_) => None,
            Name::Address(address @ IpAddr::V4(_)) => Some((*address, 32)),
            Name::Address(address @ IpAddr::V6(_)) => Some((*address, 128)),
            Name::Network { address, bits } => Some((*address, *bits)),
        }
    }

    #[must_use]
    pub const fn is_network(&self) -> bool {
        matches!(self.name, Name::Network { .. })
    }

    /// Its address, or the network's.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match &self.name {
            Name::Called(_) => None,
            Name::Address(address) | Name::Network { address, .. } => Some(*address),
        }
    }

    /// A name leads somewhere, and a port that was named answers.
    pub(crate) async fn reach(&self) -> Result<(), TargetError> {
        if let Name::Called(name) = &self.name {
            let unresolved = |cause: String| TargetError::Unresolved(name.clone(), cause);
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            found
                .map_err(|error| unresolved(error.to_string()))?
                .next()
                .ok_or_else(|| unresolved("it has no address".to_owned()))?;
        }
        match self.port {
            Some(port) => connected(&self.name(), port).await.map(drop).map_err(TargetError::Unreachable),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_addresses_and_networks() {
        for (text, shown, port) in [
            ("DB.example.com", "db.example.com", None),
            ("db:5432", "db:5432", Some(5432)),
            ("10.0.0.5", "10.0.0.5", None),
            ("10.0.0.5:22", "10.0.0.5:22", Some(22)),
            ("::1", "::1", None),
            ("[2001:DB8::1]:443", "[2001:db8::1]:443", Some(443)),
            ("10.0.0.0/24", "10.0.0.0/24", None),
        ] {
            let host: Host = text.parse().unwrap();
            assert_eq!((host.to_string().as_str(), host.port()), (shown, port));
        }
    }

    #[test]
    fn what_a_scanner_could_take_for_something_else_is_refused() {
        for text in ["", "-iL", "a b", "a;b", "https://a", "10.0.0.0/33", "a/24", "a:0", "a:99999", "a..b", "$(id)"] {
            let error = text.parse::<Host>().unwrap_err().to_string();
            assert!(error.contains("is not a host"), "{text}: {error}");
        }
    }
}
