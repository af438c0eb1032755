//! The first reading of a report: what stands behind the results, or is known only when all of them are read.

use std::collections::HashMap;
use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetRecord};
use scanhelm_core::text::single_line;

use super::SCANNER;
use super::report::Walk;
use crate::error::ReadError;
use crate::gathered::filled;
use crate::network;
use crate::options::Limits;
use crate::report::{CoveredAsset, Problems, ReportHeader};
use crate::xml::{Element, Markup, XmlReader};

#[derive(Default)]
pub(super) struct Survey {
    pub(super) header: ReportHeader,
    /// By address.
    hosts: HashMap<String, Host>,
    /// Addresses in the order in which the report ends with them.
    order: Vec<String>,
    pub(super) problems: Problems,
    pub(super) results: u64,
}

#[derive(Default)]
struct Host {
    /// The names that it goes by; of several the first in the alphabet counts, so that no order of results does.
    names: Vec<String>,
    asset_id: String,
    operating_system: Option<String>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    authenticated: Option<bool>,
}

impl Survey {
    pub(super) fn of(content: impl Read, limits: &Limits) -> Result<Self, ReadError> {
        let mut xml = XmlReader::new(content, limits);
        let mut survey =
            Self { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Self::default() };
        let mut walk = Walk::default();
        let mut counts = Element::default();
        let (mut status, mut kept) = (String::new(), 0);
        loop {
            let depth = xml.depth();
            let element = match xml.next()? {
                Markup::Start(tag) => Element::begin(&tag)?,
                Markup::End => {
                    walk.leave(depth);
                    continue;
                }
                Markup::Eof => break,
                _ => continue,
            };
            if walk.enters(depth, &element.name) {
                continue;
            }
            match (walk.is_in_report(depth), walk.is_in_results(depth), element.name.as_str()) {
                (_, true, "result") => {
                    survey.results += 1;
                    survey.result(&xml.read_element_within(element, limits.max_token)?);
                }
                (true, _, "host") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    kept += survey.host(&element);
                }
                (true, _, "scan_run_status") => xml.read_text(&mut status)?,
                (true, _, "result_count") => counts = xml.read_element_within(element, limits.max_token)?,
                (true, _, "scan_start" | "scan_end") => {
                    let name = element.name.clone();
                    let text = xml.read_element_within(element, limits.max_token)?.text;
                    let time = Timestamp::parse(&text);
                    match name.as_str() {
                        "scan_start" => survey.header.started_at = time,
                        _ => survey.header.finished_at = time,
                    }
                }
                (true, _, "task") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    survey.header.scan_name = filled(single_line(element.text_at("name"), 300));
                    let id = single_line(element.attribute("id"), 100);
                    survey.header.policy = (!id.is_empty()).then(|| format!("task {id}"));
                }
                (true, _, "errors") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    for error in element.children_named("error") {
                        let host = error.at("host").map_or("", |host| host.text.as_str());
                        survey.problems.add(&format!("{host}: {}", error.text_at("description")));
                    }
                }
                _ => xml.skip_element()?,
            }
            if kept > limits.max_context {
                return Err(ReadError::Hostile { detail: "its list of hosts is too large".to_owned() });
            }
        }
        if !walk.found {
            return Err(xml.malformed("it holds no report with results"));
        }
        survey.judge(status.trim(), &counts);
        Ok(survey)
    }

    /// What its host is called.
    fn result(&mut self, element: &Element) {
        let (address, name) = (element.text_at("host"), element.text_at("host/hostname"));
        if !address.is_empty() && !name.is_empty() {
            self.hosts.entry(address.to_owned()).or_default().name(name);
        }
    }

    fn host(&mut self, element: &Element) -> usize {
        let address = element.text_at("ip").to_owned();
        if address.is_empty() {
            return 0;
        }
        let host = self.hosts.entry(address.clone()).or_default();
        host.started = Timestamp::parse(element.text_at("start"));
        host.ended = Timestamp::parse(element.text_at("end"));
        host.asset_id = single_line(element.at("asset").map_or("", |asset| asset.attribute("asset_id")), 100);
        for detail in element.children_named("detail") {
            let (name, value) = (detail.text_at("name"), detail.text_at("value"));
            match name {
                "hostname" => host.name(value),
                "best_os_txt" => host.operating_system = filled(single_line(value, 300)),
                name if name.starts_with("Auth-") && name.ends_with("-Success") => host.authenticated = Some(true),
                // One way in is enough.
                name if name.starts_with("Auth-") && name.ends_with("-Failure") => {
                    host.authenticated.get_or_insert(false);
                }
                _ => {}
            }
        }
        if host.ended.is_none() {
            self.problems.add(&format!("{address} was not scanned to its end"));
        }
        self.order.push(address);
        size_of::<Host>() + element.excerpt().len()
    }

    fn judge(&mut self, status: &str, counts: &Element) {
        if status != "Done" {
            let status = if status.is_empty() { "nothing" } else { status };
            self.problems.add(&format!("the task is not done: Greenbone says {status}"));
        }
        let count = |name: &str| counts.text_at(name).trim().parse::<u64>().ok();
        match (count("full"), count("filtered")) {
            (Some(full), Some(filtered)) if full == filtered && filtered == self.results => {}
            (Some(full), _) => self.problems.add(&format!(
                "the report holds {} of {full} results: a filter or a page hides the others, or they were changed",
                self.results
            )),
            _ => self.problems.add("the report does not say how many results there are"),
        }
    }

    pub(super) fn ended(&self, address: &str) -> Option<Timestamp> {
        self.hosts.get(address).and_then(|host| host.ended).or(self.header.finished_at)
    }

    pub(super) fn asset(&self, address: &str) -> AssetRecord {
        match self.hosts.get(address) {
            Some(host) => host.asset(address),
            None => network::host([address]),
        }
    }

    /// The hosts that were scanned to their end.
    pub(super) fn covered(&self) -> impl Iterator<Item = CoveredAsset> {
        self.order.iter().filter_map(|address| {
            let host = self.hosts.get(address)?;
            Some(CoveredAsset {
                asset: host.asset(address),
                started_at: host.started,
                finished_at: Some(host.ended?),
                authenticated: host.authenticated,
            })
        })
    }
}

impl Host {
    fn name(&mut self, name: &str) {
        const MOST: usize = 50;
        let name = single_line(name, 300);
        if !name.is_empty() && self.names.len() < MOST && !self.names.contains(&name) {
            self.names.push(name);
            self.names.sort_unstable();
        }
    }

    fn asset(&self, address: &str) -> AssetRecord {
        let mut asset = network::host(self.names.iter().map(String::as_str).chain([address]));
        if !self.asset_id.is_empty() {
            asset.keys.push(AssetKey::VendorUuid(self.asset_id.clone()));
        }
        asset.operating_system.clone_from(&self.operating_system);
        asset.authenticated = self.authenticated == Some(true);
        asset
    }
}
