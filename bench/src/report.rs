//! A synthetic Nessus report: the shape and the text sizes of real ones, and the same bytes on every machine, so that
//! figures of two days or two machines speak of the same work.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::failure::{Outcome, While};

const FAMILIES: [&str; 11] = [
    "Windows",
    "Ubuntu Local Security Checks",
    "CGI abuses",
    "Web Servers",
    "General",
    "Service detection",
    "Databases",
    "DNS",
    "SNMP",
    "Misc.",
    "Red Hat Local Security Checks",
];
const PRODUCTS: [&str; 22] = [
    "OpenSSL",
    "Apache HTTP Server",
    "nginx",
    "OpenSSH",
    "PHP",
    "Samba",
    "BIND",
    "PostgreSQL",
    "MySQL",
    "Microsoft SQL Server",
    "Oracle Java SE",
    "Apache Tomcat",
    "curl",
    "libxml2",
    "glibc",
    "Linux Kernel",
    "Windows SMB",
    "Exim",
    "Postfix",
    "Redis",
    "MongoDB",
    "Jenkins",
];
const FLAWS: [&str; 13] = [
    "Remote Code Execution",
    "Denial of Service",
    "Information Disclosure",
    "Privilege Escalation",
    "Buffer Overflow",
    "Use-After-Free",
    "Cross-Site Scripting",
    "SQL Injection",
    "Path Traversal",
    "Weak Cipher Suites Supported",
    "Certificate Expiry",
    "Authentication Bypass",
    "Memory Corruption",
];
const PORTS: [(u16, &str, &str); 12] = [
    (22, "tcp", "ssh"),
    (25, "tcp", "smtp"),
    (53, "udp", "dns"),
    (80, "tcp", "www"),
    (443, "tcp", "www"),
    (445, "tcp", "cifs"),
    (3306, "tcp", "mysql"),
    (3389, "tcp", "msrdp"),
    (5432, "tcp", "postgresql"),
    (8080, "tcp", "www"),
    (8443, "tcp", "www"),
    (0, "tcp", "general"),
];
const RISKS: [&str; 5] = ["None", "Low", "Medium", "High", "Critical"];
/// CVSS 2 and 3 base score and the vector of the latter, by severity from 1.
const SCORES: [(&str, &str, &str); 4] = [
    ("2.6", "3.1", "CVSS:3.0/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N"),
    ("5.0", "5.9", "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N"),
    ("7.5", "7.8", "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),
    ("10.0", "9.8", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
];
const WEAKNESSES: [u32; 10] = [20, 79, 89, 119, 200, 264, 287, 400, 416, 787];
/// Out of 100 findings: information, low, medium, high; the rest is critical.
const SHARES: [u64; 4] = [35, 45, 75, 93];

/// Which plugins the hosts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plugins {
    /// Each finding one of its own: nothing is found twice.
    Unique,
    /// Each host some of the same few thousand, as the machines of one company do.
    Shared,
}

/// Coprime to the step between two plugins of a host, so that no host has a plugin twice.
const SHARED: u32 = 5000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) first_host: u32,
    pub(crate) hosts: u32,
    /// Of each host.
    pub(crate) plugins: u32,
    pub(crate) of: Plugins,
}

impl Shape {
    const fn plugin(self, host: u32, number: u32) -> u32 {
        100_003
            + match self.of {
                Plugins::Unique => host * (self.plugins + 1000) + number,
                Plugins::Shared => (host * 61 + number * 47) % SHARED,
            }
    }
}

/// Writes `hosts` times `plugins` findings and answers the size of the file.
pub(crate) fn write(path: &Path, shape: Shape) -> Outcome<u64> {
    let what = format!("write the report {}", path.display());
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).during(&what)?);
    file.write_all(head(shape.hosts, shape.plugins).as_bytes()).during(&what)?;
    let mut text = String::new();
    for host in (shape.first_host..).take(shape.hosts as usize) {
        text.clear();
        write_host(&mut text, host, shape).during(&what)?;
        file.write_all(text.as_bytes()).during(&what)?;
    }
    file.write_all(b"</Report>\n</NessusClientData_v2>\n").during(&what)?;
    file.flush().during(&what)?;
    path.metadata().during(&what).map(|metadata| metadata.len())
}

fn head(hosts: u32, plugins: u32) -> String {
    format!(
        "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Policy><policyName>Synthetic</policyName>\
         <Preferences><ServerPreferences></ServerPreferences></Preferences></Policy>\n\
         <Report name=\"synthetic-{hosts}x{plugins}\" xmlns:cm=\"http://www.nessus.org/cm\">\n"
    )
}

fn write_host(text: &mut String, host: u32, shape: Shape) -> std::fmt::Result {
    let (high, middle, low) = (host >> 16 & 255, host >> 8 & 255, host & 255);
    let address = format!("10.{high}.{middle}.{low}");
    let (minute, second) = (host / 60 % 60, host % 60);
    write!(
        text,
        "<ReportHost name=\"{address}\"><HostProperties>\n\
         <tag name=\"HOST_START\">Mon Jan  6 00:{minute:02}:{second:02} 2025</tag>\n\
         <tag name=\"HOST_END\">Mon Jan  6 01:{minute:02}:{second:02} 2025</tag>\n\
         <tag name=\"host-ip\">{address}</tag>\n<tag name=\"host-fqdn\">host-{host:05}.corp.example.com</tag>\n\
         <tag name=\"operating-system\">Linux Kernel 5.{}</tag>\n\
         <tag name=\"mac-address\">02:00:00:{high:02x}:{middle:02x}:{low:02x}</tag>\n</HostProperties>\n",
        host % 19
    )?;
    for number in 0..shape.plugins {
        write_item(text, &address, host, shape.plugin(host, number))?;
    }
    text.push_str("</ReportHost>\n");
    Ok(())
}

fn write_item(text: &mut String, address: &str, host: u32, plugin: u32) -> std::fmt::Result {
    let mut random = Random(u64::from(plugin));
    let product = random.pick(&PRODUCTS);
    let flaw = random.pick(&FLAWS);
    let small_flaw = flaw.to_lowercase();
    let (major, minor, patch) = (random.between(1, 12), random.between(0, 20), random.between(0, 40));
    let version = format!("{major}.{minor}.{patch}");
    let share = random.between(0, 99);
    let severity = SHARES.iter().filter(|limit| share >= **limit).count();
    let (port, protocol, service) = random.pick(&PORTS);
    let family = random.pick(&FAMILIES);
    let name = format!("{product} &lt; {version} {flaw} ({plugin})");
    writeln!(
        text,
        "<ReportItem port=\"{port}\" svc_name=\"{service}\" protocol=\"{protocol}\" severity=\"{severity}\" \
         pluginID=\"{plugin}\" pluginName=\"{name}\" pluginFamily=\"{family}\">"
    )?;
    let (year, first_cve) = (random.between(2012, 2024), random.between(1000, 49_999));
    let scores = severity.checked_sub(1).and_then(|index| SCORES.get(index));
    if let Some((base2, base3, vector3)) = scores {
        write!(
            text,
            "<cvss3_base_score>{base3}</cvss3_base_score>\n<cvss3_vector>{vector3}</cvss3_vector>\n\
             <cvss_base_score>{base2}</cvss_base_score>\n\
             <cvss_vector>CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P</cvss_vector>\n"
        )?;
        for cve in first_cve..first_cve + random.between(1, 3) {
            writeln!(text, "<cve>CVE-{year}-{cve:04}</cve>")?;
        }
        let weakness = random.pick(&WEAKNESSES);
        writeln!(
            text,
            "<cwe>{weakness}</cwe>\n<xref>CWE:{weakness}</xref>\n<exploit_available>{}</exploit_available>",
            severity > 3
        )?;
    }
    let sentences = format!(
        "According to its banner, the version of {product} running on the remote host is prior to {version}. \
         It is, therefore, affected by a {small_flaw} vulnerability due to improper handling of specially crafted \
         input. An unauthenticated, remote attacker can exploit this to affect the confidentiality, integrity or \
         availability of the host. "
    );
    let description = sentences.repeat(usize::from(random.between(1, 2) == 2) + 1);
    let (month, day) = (random.between(1, 12), random.between(1, 28));
    let risk = RISKS.get(severity).copied().unwrap_or_default();
    write!(
        text,
        "<description>{}</description>\n<fname>synthetic_{plugin}.nasl</fname>\n\
         <plugin_modification_date>{year}/{month:02}/{day:02}</plugin_modification_date>\n\
         <plugin_name>{name}</plugin_name>\n\
         <plugin_publication_date>{year}/{month:02}/{day:02}</plugin_publication_date>\n\
         <plugin_type>remote</plugin_type>\n<risk_factor>{risk}</risk_factor>\n\
         <script_version>1.{}</script_version>\n\
         <see_also>https://advisories.example.com/{plugin}\nhttps://kb.example.com/{}</see_also>\n\
         <solution>Upgrade to {product} version {version} or later.</solution>\n\
         <synopsis>The remote host is affected by a {small_flaw} vulnerability.</synopsis>\n\
         <plugin_output>\n  Source            : {product} banner on {address}:{port}\n\
         \x20 Installed version : {version}-{}\n  Fixed version     : {version}\n</plugin_output>\n</ReportItem>\n",
        description.trim_end(),
        plugin % 40,
        plugin % 997,
        host % 7,
    )
}

/// SplitMix64: small, well mixed, and the same for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.next() % (last - first + 1)
    }

    fn pick<T: Copy, const N: usize>(&mut self, choices: &[T; N]) -> T {
        let index = usize::try_from(self.next() % N as u64).unwrap_or(0);
        choices.get(index).copied().unwrap_or(choices[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(hosts: u32, plugins: u32) -> Shape {
        Shape { first_host: 0, hosts, plugins, of: Plugins::Unique }
    }

    #[test]
    fn no_host_has_a_plugin_twice_though_they_share_them() {
        let shape = Shape { of: Plugins::Shared, ..unique(1000, 100) };
        let of = |host| (0..shape.plugins).map(move |number| shape.plugin(host, number));
        for host in 0..shape.hosts {
            assert_eq!(of(host).collect::<std::collections::HashSet<_>>().len(), 100, "{host}");
        }
        assert_eq!((0..shape.hosts).flat_map(of).collect::<std::collections::HashSet<_>>().len(), SHARED as usize);
    }

    #[test]
    fn the_same_report_every_time_and_every_finding_unique() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a"), folder.path().join("b"));
        assert_eq!(write(&one, unique(7, 50)).unwrap(), write(&other, unique(7, 50)).unwrap());
        let text = std::fs::read_to_string(&one).unwrap();
        assert_eq!(text, std::fs::read_to_string(&other).unwrap());
        let plugins: std::collections::HashSet<_> =
            text.split("pluginID=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(plugins.len(), 350);
    }

    #[test]
    fn it_is_as_large_as_real_reports_of_as_many_findings() {
        let folder = tempfile::tempdir().unwrap();
        let size = write(&folder.path().join("a"), unique(20, 100)).unwrap();
        assert!((1_500..1_900).contains(&(size / 2000)), "{} bytes a finding", size / 2000);
    }
}
