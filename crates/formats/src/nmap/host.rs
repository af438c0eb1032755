//! One `<host>`: how it is known, whether it answered, and its open ports.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};

use super::{epoch, script};
use crate::error::ReadError;
use crate::gathered::{bare, filled};
use crate::network::{self, port_number};
use crate::prose::{labelled, paragraphs};
use crate::report::CoveredAsset;
use crate::xml::Element;

pub(super) struct Host<'a> {
    element: &'a Element,
    scanner: &'static str,
    pub(super) asset: AssetRecord,
    pub(super) timed_out: bool,
    answered: bool,
    ended: Option<Timestamp>,
}

impl<'a> Host<'a> {
    pub(super) fn of(element: &'a Element, scanner: &'static str) -> Self {
        let addresses = element.children_named("address").filter(|address| address.attribute("addrtype") != "mac");
        let addresses = addresses.map(|address| address.attribute("addr"));
        let mut names = Vec::new();
        element.all_named("hostname", &mut names);
        // The name that was asked for before the one that the address resolves to.
        let (asked, others): (Vec<&Element>, Vec<&Element>) =
            names.into_iter().partition(|name| name.attribute("type") == "user");
        let names = asked.into_iter().chain(others).map(|name| name.attribute("name"));
        let mut asset = network::host(names.chain(addresses));
        asset.operating_system = operating_system(element);
        Self {
            element,
            scanner,
            asset,
            timed_out: element.attribute("timedout") == "true",
            answered: answered(element),
            ended: epoch(element.attribute("endtime")),
        }
    }

    /// Only where it answered.
    pub(super) fn covered(&self) -> Option<CoveredAsset> {
        let is_known = !self.asset.keys.is_empty();
        (self.answered && is_known).then(|| CoveredAsset {
            asset: self.asset.clone(),
            started_at: epoch(self.element.attribute("starttime")),
            finished_at: self.ended,
            authenticated: None,
        })
    }

    /// Hands out what was found on it, each with the element that says so.
    pub(super) fn records(
        &self,
        mut found: impl FnMut(Result<FindingRecord, String>, &Element) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let ports = self.element.children_named("ports").flat_map(|ports| ports.children_named("port"));
        for port in ports {
            if port.at("state").map_or("", |state| state.attribute("state")) != "open" {
                continue;
            }
            let location = match self.location(port) {
                Ok(location) => location,
                Err(reason) => {
                    found(Err(reason), port)?;
                    continue;
                }
            };
            found(Ok(self.open_port(port, location.clone())), port)?;
            for script in port.children_named("script") {
                for finding in script::findings(script, self.scanner, &self.asset, &location, self.ended) {
                    found(Ok(finding), script)?;
                }
            }
        }
        let whole = network::port(0, "tcp", None);
        for script in self.element.children_named("hostscript").flat_map(|scripts| scripts.children_named("script")) {
            for finding in script::findings(script, self.scanner, &self.asset, &whole, self.ended) {
                found(Ok(finding), script)?;
            }
        }
        Ok(())
    }

    fn location(&self, port: &Element) -> Result<Location, String> {
        if self.asset.keys.is_empty() {
            return Err("its host has neither an address nor a name".to_owned());
        }
        let number = port_number(port.attribute("portid"))?;
        let protocol = port.attribute("protocol");
        if protocol.is_empty() {
            return Err("its port has no protocol".to_owned());
        }
        let service = port.at("service").map(|service| single_line(service.attribute("name"), 100));
        Ok(network::port(number, protocol, service))
    }

    fn open_port(&self, port: &Element, location: Location) -> FindingRecord {
        if let Some(service) = port.at("service").filter(|_| self.scanner == "masscan") {
            let (name, banner) = (service.attribute("name"), service.attribute("banner"));
            return crate::masscan::banner(&self.asset, location, name, banner, self.ended);
        }
        let title = format!("Open port {}", location.label());
        let scripts = port.children_named("script").filter(|script| !script::states_vulnerabilities(script));
        let scripts =
            scripts.map(|script| format!("{}: {}", script.attribute("id"), script.attribute("output").trim()));
        FindingRecord {
            description: port.at("service").and_then(service),
            evidence: paragraphs(scripts),
            seen_at: self.ended,
            ..bare(self.scanner, "open-port", title, Severity::Info, &self.asset, location)
        }
    }
}

/// It is up by more than the user's word, or one of its ports answered.
fn answered(host: &Element) -> bool {
    let status = host.at("status");
    let state = status.map_or("", |status| status.attribute("state"));
    if state == "up" && status.is_some_and(|status| status.attribute("reason") != "user-set") {
        return true;
    }
    if !matches!(state, "up" | "") {
        return false;
    }
    let answers = |state: &str| matches!(state, "open" | "closed" | "unfiltered");
    host.children_named("ports").flat_map(|ports| &ports.children).any(|port| match port.name.as_str() {
        "extraports" => answers(port.attribute("state")),
        _ => answers(port.at("state").map_or("", |state| state.attribute("state"))),
    })
}

/// The best guess.
fn operating_system(host: &Element) -> Option<String> {
    let guesses = host.children_named("os").flat_map(|os| os.children_named("osmatch"));
    let best = guesses.max_by_key(|guess| guess.attribute("accuracy").parse::<u8>().unwrap_or_default())?;
    filled(single_line(best.attribute("name"), 300))
}

fn service(service: &Element) -> Option<String> {
    let said = |name: &str| single_line(service.attribute(name), 300);
    let product = [said("product"), said("version")].join(" ");
    let extra = said("extrainfo");
    let product = if extra.is_empty() { product } else { format!("{product} ({extra})") };
    let guessed = if service.attribute("method") == "table" { "by its port only" } else { "" };
    let names: Vec<String> = service.children_named("cpe").map(|cpe| single_line(&cpe.text, 300)).collect();
    paragraphs([
        labelled("Service", &[said("tunnel"), said("name")].join(" ")),
        labelled("Product", &product),
        labelled("CPE", &names.join(", ")),
        labelled("Banner", service.attribute("banner")),
        labelled("Known", guessed),
    ])
}
