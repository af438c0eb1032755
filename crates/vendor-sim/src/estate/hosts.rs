//! The machines behind a target list: which exist, what they are called, what runs on them.

use std::net::Ipv4Addr;

use crate::random::Draw;

/// More targets than this are cut off, as a licence does.
const MOST_HOSTS: usize = 4096;
/// In a network larger than this only some addresses answer.
const SPARSE_FROM: u32 = 16;
/// The fleet whose web servers other scanners share: as large as a simulator has it when not told otherwise.
const FLEET: u32 = 20;
const FLEET_FINDINGS: u32 = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Profile {
    WindowsServer,
    LinuxServer,
    WebServer,
    NetworkDevice,
}

const PROFILES: [Profile; 8] = [
    Profile::WindowsServer,
    Profile::LinuxServer,
    Profile::WebServer,
    Profile::WebServer,
    Profile::LinuxServer,
    Profile::WindowsServer,
    Profile::WebServer,
    Profile::NetworkDevice,
];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Host {
    /// As the target list has it; the name of the host in reports.
    pub(crate) name: String,
    pub(crate) ip: String,
    pub(crate) fqdn: Option<String>,
    pub(crate) mac: Option<String>,
    pub(crate) operating_system: Option<String>,
    pub(crate) profile: Profile,
}

/// The hosts that answer among `targets` (addresses, ranges, networks, names; separated by commas or white space).
pub(crate) fn discover(targets: &str, draw: Draw) -> Vec<Host> {
    let mut names: Vec<String> = Vec::new();
    for target in targets.split([',', ' ', '\n', '\r', '\t']).map(str::trim).filter(|target| !target.is_empty()) {
        for name in addresses(target, draw) {
            if names.len() < MOST_HOSTS && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.into_iter().map(host).collect()
}

/// A target list with exactly `count` addresses.
pub(crate) fn invent_targets(count: u32, draw: Draw) -> String {
    let (second, third) = (1 + draw.with(1).below(250), draw.with(2).below(250));
    let mut ranges = Vec::new();
    let mut left = u64::from(count.clamp(1, MOST_HOSTS as u32));
    for block in 0.. {
        let size = left.min(240);
        ranges.push(format!(
            "10.{second}.{}.10-10.{second}.{}.{}",
            (third + block) % 250,
            (third + block) % 250,
            9 + size
        ));
        left -= size;
        if left == 0 {
            break;
        }
    }
    ranges.join(",")
}

/// The same machine, whatever scan looks at it.
fn host(name: String) -> Host {
    let draw = Draw::new(0).of("host").of(&name);
    let profile = draw.with(0).pick(&PROFILES).copied().unwrap_or(Profile::LinuxServer);
    let (role, operating_system) = match profile {
        Profile::WindowsServer => ("win", "Microsoft Windows Server 2019 Standard 10.0.17763"),
        Profile::LinuxServer => ("app", "Linux Kernel 5.15 on Ubuntu 22.04"),
        Profile::WebServer => ("web", "Linux Kernel 5.4 on Ubuntu 20.04"),
        Profile::NetworkDevice => ("sw", "Cisco IOS XE 17.3"),
    };
    let address: Option<Ipv4Addr> = name.parse().ok();
    let octet = |index: u64| draw.with(index).below(254) + 1;
    let ip =
        address.map_or_else(|| format!("10.{}.{}.{}", octet(2), octet(3), octet(4)), |address| address.to_string());
    let fqdn = match address {
        None => Some(name.clone()),
        Some(_) if draw.with(5).chance(0.7) => Some(format!("{role}-{}.corp.example", draw.with(6).hex(5))),
        Some(_) => None,
    };
    let mac = draw.with(7).hex(6);
    let mac: Vec<&str> = mac.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
    Host {
        name,
        ip,
        fqdn,
        mac: Some(format!("00:50:56:{}", mac.join(":"))),
        operating_system: Some(operating_system.to_owned()),
        profile,
    }
}

fn addresses(target: &str, draw: Draw) -> Vec<String> {
    if let Some((network, bits)) = target.split_once('/')
        && let (Ok(network), Ok(bits @ 0..=32)) = (network.parse::<Ipv4Addr>(), bits.parse::<u32>())
    {
        return in_network(network, bits, draw);
    }
    if let Some((first, last)) = target.split_once('-')
        && let Ok(first) = first.parse::<Ipv4Addr>()
    {
        let [a, b, c, _] = first.octets();
        let last = match last.parse::<u8>() {
            Ok(octet) => Some(Ipv4Addr::new(a, b, c, octet)),
            Err(_) => last.parse().ok(),
        };
        if let Some(last) = last.filter(|last| *last >= first) {
            let range = u32::from(first)..=u32::from(last);
            return range.take(MOST_HOSTS).map(|address| Ipv4Addr::from(address).to_string()).collect();
        }
    }
    vec![target.to_owned()]
}

fn in_network(network: Ipv4Addr, bits: u32, draw: Draw) -> Vec<String> {
    let size = 1_u64 << (32 - bits);
    let base = u64::from(u32::from(network)) & !(size - 1);
    let usable = if size > 2 { 1..size - 1 } else { 0..size };
    let sparse = size > u64::from(SPARSE_FROM);
    usable
        .take(1 << 16)
        .filter(|offset| !sparse || draw.with(*offset).below(8) == 0)
        .filter_map(|offset| u32::try_from(base + offset).ok())
        .map(|address| Ipv4Addr::from(address).to_string())
        .take(MOST_HOSTS)
        .collect()
}

/// Names of the web servers that the first scans of a fleet look at, for scanners of web sites to share.
pub(crate) fn web_servers(estate: Draw, seed: u64) -> Vec<String> {
    let mut names = Vec::new();
    for (index, scan) in crate::fleet::seeds(FLEET, FLEET_FINDINGS, seed).enumerate() {
        let targets = invent_targets(scan.hosts, estate.of("targets").with(index as u64));
        for host in discover(&targets, estate).into_iter().filter(|host| host.profile == Profile::WebServer) {
            let name = host.fqdn.unwrap_or(host.name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}
