//! The web sites that the simulated web scanners look at.
//!
//! A site is the same whoever scans it: which software it runs, which pages and parameters it has and what is wrong
//! with them follow from its host name alone. So two simulated vendors report the same weakness at the same address,
//! each in its own words, and a hub has something to join. The sites of a fleet are the web servers of
//! the estate, and known vulnerabilities carry the CVEs that scanners of hosts report there.

mod survey;
mod weakness;

use crate::estate::hosts::web_servers;
use crate::random::Draw;

pub(crate) use survey::{Flaw, Survey};
pub(crate) use weakness::{Facts, Weakness};

/// What a site is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Php,
    Java,
    DotNet,
    Node,
}

const PLATFORMS: [Platform; 5] = [Platform::Php, Platform::Java, Platform::Php, Platform::DotNet, Platform::Node];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// Scheme, host and port, without a slash at the end: `https://shop.corp.example`.
    pub(crate) origin: String,
    /// Without port.
    pub(crate) host: String,
    pub(crate) platform: Platform,
}

impl Site {
    /// The site at an address such as `https://shop.corp.example/start` or `shop.corp.example`, which means HTTP.
    /// `None` when that names no host or another scheme than HTTP.
    pub(crate) fn at(address: &str) -> Option<Site> {
        let address = address.trim();
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let host = authority.split(':').next()?.to_owned();
        let valid = !host.is_empty()
            && host.chars().all(|letter| letter.is_alphanumeric() || ".-_".contains(letter))
            && ["http", "https"].contains(&scheme.as_str());
        let platform = Draw::new(0).of("site").of(&host).pick(&PLATFORMS).copied().unwrap_or(Platform::Php);
        valid.then(|| Site { origin: format!("{scheme}://{authority}"), host, platform })
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// What the `Server` header says.
    pub(crate) fn server(&self) -> &'static str {
        match self.platform {
            Platform::Php => "Apache/2.4.41 (Ubuntu)",
            Platform::Java => "Apache-Coyote/1.1",
            Platform::DotNet => "Microsoft-IIS/10.0",
            Platform::Node => "nginx/1.18.0",
        }
    }

    pub(crate) fn operating_system(&self) -> &'static str {
        match self.platform {
            Platform::DotNet => "Windows",
            Platform::Php | Platform::Java | Platform::Node => "Unix",
        }
    }
}

/// The sites of a fleet: the web servers that scanners of hosts look at, then sites only web scanners know.
#[derive(Debug, Clone)]
pub(crate) struct FleetSites {
    draw: Draw,
    known: Vec<String>,
}

impl FleetSites {
    pub(crate) fn new(estate: Draw, seed: u64) -> Self {
        FleetSites { draw: estate.of("sites"), known: web_servers(estate, seed) }
    }

    /// Such as `https://web-3f2a1.corp.example/`.
    pub(crate) fn address(&self, index: usize) -> String {
        let name = self
            .known
            .get(index)
            .cloned()
            .unwrap_or_else(|| format!("app-{}.corp.example", self.draw.with(index as u64).hex(5)));
        let scheme = if Draw::new(0).of("scheme").of(&name).below(6) == 0 { "http" } else { "https" };
        format!("{scheme}://{name}/")
    }
}
