//! The estate's weaknesses under the vendor's own numbers, titles and severities.
//!
//! Checks that the vendor is known to have keep its numbers; the others are numbered by rule, so that no number is given
//! twice. The kind of a check follows from its severity and number.

use std::sync::Arc;

use crate::estate::hosts::Host;
use crate::estate::plugin::{Finding, Plugin};
use crate::estate::survey::plugin_numbered;
use crate::ledger::FindingRef;

/// Number in the estate, QID, and the vendor's title.
const KNOWN: [(u32, u32, &str); 20] = [
    (19_506, 45_038, "Host Scan Time - Scanner"),
    (11_936, 45_017, "Operating System Detected"),
    (10_287, 45_006, "Traceroute"),
    (10_114, 82_003, "ICMP Timestamp Request"),
    (10_267, 38_050, "SSH Banner"),
    (187_315, 38_913, "SSH Prefix Truncation Vulnerability (Terrapin)"),
    (41_028, 78_030, "Readable SNMP Information"),
    (10_107, 86_000, "Web Server Version"),
    (11_213, 12_680, "HTTP TRACE / TRACK Methods Enabled"),
    (10_863, 86_002, "SSL Certificate - Information"),
    (51_192, 38_173, "SSL Certificate - Signature Verification Failed Vulnerability"),
    (57_582, 38_169, "SSL Certificate - Self-Signed Certificate"),
    (42_873, 38_657, "Birthday attacks against Transport Layer Security (TLS) ciphers with 64bit block size (Sweet32)"),
    (65_821, 38_601, "Secure Sockets Layer/Transport Layer Security (SSL/TLS) Use of Weak RC4 Cipher"),
    (104_743, 38_628, "Secure Sockets Layer/Transport Layer Security (SSL/TLS) Server Supports TLSv1.0"),
    (157_288, 38_794, "Secure Sockets Layer/Transport Layer Security (SSL/TLS) Server Supports TLSv1.1"),
    (57_608, 90_043, "SMB Signing Disabled or SMB Signing Not Required"),
    (97_833, 91_345, "Microsoft SMB Server Remote Code Execution Vulnerability (MS17-010)"),
    (125_313, 91_534, "Microsoft Windows Remote Desktop Services Remote Code Execution Vulnerability (BlueKeep)"),
    (155_998, 376_157, "Apache Log4j Remote Code Execution (RCE) Vulnerability (Log4Shell)"),
];
/// Added to the number of a missing update, and of anything else the vendor's number is not known of.
const UPDATES: u32 = 600_000;
const OTHERS: u32 = 900_000;
const FIRST_UPDATE: u32 = 200_000;

/// As the vendor sees one check.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) qid: u32,
    pub(super) title: String,
    /// 1 to 5.
    pub(super) severity: u8,
    pub(super) kind: Kind,
    pub(super) plugin: Arc<Plugin>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Confirmed,
    Potential,
    Information,
}

impl Kind {
    /// In the results of a scan.
    pub(super) fn in_results(self) -> &'static str {
        match self {
            Kind::Confirmed => "Vuln",
            Kind::Potential => "Practice",
            Kind::Information => "Ig",
        }
    }

    /// Among the detections of a host.
    pub(super) fn in_detections(self) -> &'static str {
        match self {
            Kind::Confirmed => "Confirmed",
            Kind::Potential => "Potential",
            Kind::Information => "Info",
        }
    }
}

impl Check {
    pub(super) fn of(plugin: &Arc<Plugin>) -> Self {
        let known = KNOWN.iter().find(|(id, _, _)| *id == plugin.id);
        let qid = match known {
            Some((_, qid, _)) => *qid,
            None if plugin.id >= FIRST_UPDATE => UPDATES + plugin.id,
            None => OTHERS + plugin.id,
        };
        let kind = match plugin.severity {
            0 => Kind::Information,
            _ if plugin.id.is_multiple_of(6) => Kind::Potential,
            _ => Kind::Confirmed,
        };
        let title = known.map_or_else(|| plugin.name.to_string(), |(_, _, title)| (*title).to_owned());
        Check { qid, title, severity: (plugin.severity + 1).min(5), kind, plugin: Arc::clone(plugin) }
    }

    pub(super) fn numbered(qid: u32) -> Option<Self> {
        let known = KNOWN.iter().find(|(_, number, _)| *number == qid).map(|(id, _, _)| *id);
        let others = || qid.checked_sub(OTHERS).filter(|id| *id < FIRST_UPDATE);
        let id = known.or_else(others).or_else(|| qid.checked_sub(UPDATES).filter(|id| *id >= FIRST_UPDATE))?;
        plugin_numbered(id).map(|plugin| Check::of(&plugin)).filter(|check| check.qid == qid)
    }

    /// What is found is told once for every check, address, port and protocol; how the ledger names it.
    pub(super) fn reference(&self, host: &Host, finding: &Finding) -> FindingRef {
        const WORDS: [&str; 5] = ["info", "low", "medium", "high", "critical"];
        let severity = if self.kind == Kind::Information { 0 } else { usize::from(self.severity.saturating_sub(1)) };
        FindingRef {
            reference: format!("{}|{}|{}|{}", self.qid, host.ip, finding.port, finding.protocol),
            asset: host.ip.clone(),
            check: self.qid.to_string(),
            location: format!("{}/{}", finding.port, finding.protocol),
            severity: WORDS.get(severity).copied().unwrap_or("critical").to_owned(),
        }
    }
}
