//! A host of the report: how it is known and when it was scanned.

use std::net::IpAddr;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

use super::time;
use crate::report::CoveredAsset;

#[derive(Default)]
pub(super) struct Host {
    /// As the scan's targets name it.
    name: String,
    ip: Option<String>,
    fqdn: Option<String>,
    hostname: Option<String>,
    netbios: Option<String>,
    uuid: Option<String>,
    cloud_id: Option<String>,
    operating_system: Option<String>,
    started: Moment,
    ended: Moment,
    authenticated: Option<bool>,
    pub(super) is_web_application: bool,
    /// Its asset was handed out.
    pub(super) announced: bool,
    asset: Option<AssetRecord>,
}

/// The epoch tag wins over the one without a zone.
#[derive(Default)]
struct Moment {
    epoch: Option<Timestamp>,
    text: Option<Timestamp>,
}

impl Moment {
    fn get(&self) -> Option<Timestamp> {
        self.epoch.or(self.text)
    }
}

impl Host {
    pub(super) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Takes one tag of the host's properties.
    pub(super) fn set(&mut self, tag: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let text = || Some(value.to_owned());
        match tag {
            "host-ip" => self.ip = text(),
            "host-fqdn" => self.fqdn = text(),
            "hostname" => self.hostname = text(),
            // Written as `WORKGROUP\NAME` or `NAME`.
            "netbios-name" => self.netbios = value.rsplit('\\').next().map(str::to_owned),
            "host-uuid" | "agent-uuid" | "tenable-agent-uuid" => self.uuid = text(),
            "aws-instance-instanceId" | "aws-instance-id" | "azure-vm-id" | "azure-instance-id" | "gcp-instance-id" => {
                self.cloud_id = text();
            }
            "operating-system" => self.operating_system = value.lines().next().map(str::to_owned),
            "HOST_START_TIMESTAMP" => self.started.epoch = time::epoch(value),
            "HOST_END_TIMESTAMP" => self.ended.epoch = time::epoch(value),
            "HOST_START" => self.started.text = time::written(value),
            "HOST_END" => self.ended.text = time::written(value),
            "Credentialed_Scan" => self.authenticated = Some(value.eq_ignore_ascii_case("true")),
            "system-type" => self.is_web_application = value == "web_application",
            _ => {}
        }
    }

    /// Where the times are no tags.
    pub(super) fn scanned(&mut self, started: Option<Timestamp>, ended: Option<Timestamp>) {
        self.started.epoch = started;
        self.ended.epoch = ended;
    }

    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        self.ended.get()
    }

    pub(super) fn covered(&mut self) -> CoveredAsset {
        let asset = self.build();
        self.asset = Some(asset.clone());
        CoveredAsset {
            asset,
            started_at: self.started.get(),
            finished_at: self.ended.get(),
            authenticated: self.authenticated,
        }
    }

    pub(super) fn asset(&self) -> AssetRecord {
        self.asset.clone().unwrap_or_else(|| self.build())
    }

    fn build(&self) -> AssetRecord {
        let mut keys = vec![];
        keys.extend(self.cloud_id.clone().map(AssetKey::CloudId));
        // Names that resolve: what the scanner looked up, else what the machine or the targets say.
        let named = [self.fqdn.as_ref(), self.hostname.as_ref().filter(|name| name.contains('.')), Some(&self.name)];
        let fqdn = named.into_iter().flatten().find(|name| is_fqdn(name));
        keys.extend(fqdn.cloned().map(AssetKey::Fqdn));
        let short = [self.hostname.as_ref(), self.netbios.as_ref(), Some(&self.name)];
        let hostname = short.into_iter().flatten().find(|name| !name.is_empty() && !is_fqdn(name) && !is_ip(name));
        keys.extend(hostname.cloned().map(AssetKey::Hostname));
        let ip = [self.ip.as_ref(), Some(&self.name)].into_iter().flatten().find(|name| is_ip(name));
        keys.extend(ip.cloned().map(AssetKey::Ip));
        keys.extend(self.uuid.clone().map(AssetKey::VendorUuid));
        let name = [Some(&self.name), fqdn, hostname, ip].into_iter().flatten().find(|name| !name.is_empty());
        let mut asset = AssetRecord::new(AssetKind::Host, name.cloned().unwrap_or_default(), keys);
        asset.operating_system = self.operating_system.clone();
        asset.authenticated = self.authenticated == Some(true);
        asset
    }
}

fn is_ip(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

fn is_fqdn(name: &str) -> bool {
    name.trim_end_matches('.').contains('.') && !is_ip(name) && !name.contains(['/', ' ', ':'])
}
