//! A `<node>`: a host, and where on it a check was made.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::definition::{Definition, markup};
use super::{Outcome, SCANNER, rule_id};
use crate::gathered::{bare, filled};
use crate::network;
use crate::prose::paragraphs;
use crate::report::CoveredAsset;
use crate::xml::Element;

#[derive(Debug, Default)]
pub(super) struct Node {
    address: String,
    device: String,
    alive: bool,
    pub(super) names: Vec<String>,
    operating_system: Option<(f64, String)>,
    pub(super) announced: bool,
}

/// Where the checks are made that follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    port: String,
    protocol: String,
    pub(super) service: String,
}

impl Place {
    /// Of an `<endpoint>`.
    pub(super) fn of(endpoint: &Element) -> Self {
        Self {
            port: endpoint.attribute("port").to_owned(),
            protocol: endpoint.attribute("protocol").to_owned(),
            service: String::new(),
        }
    }

    fn location(&self) -> Result<Location, String> {
        let port = if self.port.is_empty() { 0 } else { network::port_number(&self.port)? };
        Ok(network::port(port, &self.protocol, filled(single_line(&self.service, 100))))
    }
}

impl Node {
    pub(super) fn of(element: &Element) -> Self {
        Self {
            address: element.attribute("address").to_owned(),
            device: element.attribute("device-id").to_owned(),
            alive: !element.attribute("status").eq_ignore_ascii_case("dead"),
            ..Self::default()
        }
    }

    /// The most certain guess wins.
    pub(super) fn guess(&mut self, system: &Element) {
        let certainty = system.attribute("certainty").parse::<f64>().unwrap_or_default();
        if self.operating_system.as_ref().is_some_and(|(known, _)| *known >= certainty) {
            return;
        }
        let (vendor, product) = (system.attribute("vendor"), system.attribute("product"));
        let vendor = if product.starts_with(vendor) { "" } else { vendor };
        let name = single_line(&[vendor, product, system.attribute("version")].join(" "), 300);
        self.operating_system = Some((certainty, name));
    }

    pub(super) fn asset(&self) -> AssetRecord {
        let names = self.names.iter().map(String::as_str).chain([self.address.as_str()]);
        let mut asset = network::host(names);
        if !self.device.is_empty() {
            asset.keys.push(AssetKey::VendorUuid(single_line(&self.device, 100)));
        }
        asset.operating_system = self.operating_system.as_ref().map(|(_, name)| name.clone()).and_then(filled);
        asset
    }

    /// Only where it answered.
    pub(super) fn covered(&self, finished_at: Option<Timestamp>) -> Option<CoveredAsset> {
        (self.alive && !self.address.is_empty()).then(|| CoveredAsset {
            asset: self.asset(),
            started_at: None,
            finished_at,
            authenticated: None,
        })
    }

    /// What a `<test>` says. `Ok(None)`: nothing that is there.
    pub(super) fn finding(
        &self,
        test: &Element,
        place: &Place,
        definition: Option<&Definition>,
        seen_at: Option<Timestamp>,
    ) -> Result<Option<FindingRecord>, String> {
        let word = test.attribute("status");
        let outcome =
            Outcome::of(word).ok_or_else(|| format!("`{}` is no status of a check", single_line(word, 64)))?;
        let (how, mark) = match outcome {
            Outcome::Vulnerable(how) => (how, ""),
            Outcome::Excepted(how) => (how, "Suppressed in InsightVM by an exception"),
            Outcome::NotVulnerable | Outcome::Failed => return Ok(None),
        };
        if self.address.is_empty() && self.names.is_empty() {
            return Err("its host has neither an address nor a name".to_owned());
        }
        let id = rule_id(test.attribute("id"))?;
        let definition =
            definition.ok_or_else(|| format!("the report does not describe `{id}`, so nothing says how bad it is"))?;
        let (severity, vendor_severity) = definition.severity.clone()?;
        let title = if definition.title.is_empty() { id.clone() } else { definition.title.clone() };
        Ok(Some(FindingRecord {
            vendor_severity: Some(vendor_severity),
            check: filled(single_line(test.attribute("key"), 300)),
            cves: definition.cves.clone(),
            cvss: definition.cvss.clone(),
            family: definition.family.clone(),
            description: definition.description.clone(),
            solution: definition.solution.clone(),
            evidence: paragraphs([mark, &format!("Result: {how}"), markup(test).as_deref().unwrap_or_default()]),
            references: definition.references.clone(),
            seen_at,
            ..bare(SCANNER, id, title, severity, &self.asset(), place.location()?)
        }))
    }
}
