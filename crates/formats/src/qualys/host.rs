//! A host: how it is known, and what its results say about the look at it.

use std::net::IpAddr;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

use super::{said, time};
use crate::report::CoveredAsset;

#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    ips: Vec<String>,
    dns: Option<String>,
    netbios: Option<String>,
    id: Option<String>,
    cloud_id: Option<String>,
    operating_system: Option<String>,
    pub(super) visit: Visit,
    /// Its asset was handed out.
    pub(super) announced: bool,
}

/// What is known about the look at a host only when all of its results are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visit {
    pub(super) authenticated: Option<bool>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
}

impl Visit {
    /// Takes what a QID tells about the look itself.
    pub(super) fn note(&mut self, qid: &str, result: &str) {
        match qid.trim() {
            // Reported when Qualys logged in with credentials that it was given, on Unix and on Windows.
            "38307" | "70053" => self.authenticated = Some(true),
            "45038" => (self.started_at, self.finished_at) = time::host_scan(result),
            _ => {}
        }
    }

    /// Whether [`Visit::note`] wants to see the result of this QID.
    pub(super) fn cares_for(qid: &str) -> bool {
        ["38307", "70053", "45038"].contains(&qid.trim())
    }
}

impl Host {
    pub(super) fn visited(visit: Visit) -> Self {
        Self { visit, ..Self::default() }
    }

    /// Takes one field by any of the names that Qualys gives it, without case, blanks and punctuation.
    pub(super) fn set(&mut self, field: &str, value: &str) {
        let Some(value) = said(value) else { return };
        let text = || Some(value.to_owned());
        let name: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
        match name.to_ascii_lowercase().as_str() {
            "ip" | "ipv6" | "assetipv4" | "assetipv6" => {
                for ip in value.split(',').map(str::trim).filter(|ip| ip.parse::<IpAddr>().is_ok()) {
                    crate::weakness::push_new(&mut self.ips, ip.to_owned());
                }
            }
            "dns" | "assetname" => self.dns = text(),
            "netbios" | "netbioshostname" => self.netbios = text(),
            "id" | "assetid" | "hostid" | "qghostid" => self.id = text(),
            "ec2instanceid" | "cloudresourceid" => self.cloud_id = text(),
            "os" | "operatingsystem" => self.operating_system = value.lines().next().map(str::to_owned),
            "trackingmethod" if value.eq_ignore_ascii_case("qagent") || value.eq_ignore_ascii_case("agent") => {
                self.visit.authenticated = Some(true);
            }
            _ => {}
        }
    }

    /// Nothing tells it from other hosts.
    pub(super) fn is_nameless(&self) -> bool {
        self.ips.is_empty() && self.dns.is_none() && self.netbios.is_none()
    }

    pub(super) fn asset(&self) -> AssetRecord {
        let is_fqdn = |name: &&String| name.trim_end_matches('.').contains('.') && name.parse::<IpAddr>().is_err();
        let fqdn = self.dns.iter().find(is_fqdn);
        let hostname = self.dns.iter().find(|name| !is_fqdn(name)).or(self.netbios.as_ref());
        let mut keys = vec![];
        keys.extend(self.cloud_id.clone().map(AssetKey::CloudId));
        keys.extend(fqdn.cloned().map(AssetKey::Fqdn));
        keys.extend(hostname.cloned().map(AssetKey::Hostname));
        keys.extend(self.ips.iter().cloned().map(AssetKey::Ip));
        keys.extend(self.id.clone().map(AssetKey::VendorUuid));
        let name = fqdn.or(hostname).or(self.ips.first()).cloned().unwrap_or_default();
        let mut asset = AssetRecord::new(AssetKind::Host, name, keys);
        asset.operating_system.clone_from(&self.operating_system);
        asset.authenticated = self.visit.authenticated == Some(true);
        asset
    }

    pub(super) fn covered(&self) -> CoveredAsset {
        CoveredAsset {
            asset: self.asset(),
            started_at: self.visit.started_at,
            finished_at: self.visit.finished_at,
            authenticated: self.visit.authenticated,
        }
    }
}
