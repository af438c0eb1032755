//! Nessus v2 XML: what Nessus, Tenable Vulnerability Management and Tenable Security Center export.
//!
//! Decisions a reader of findings should know:
//! - **Severity** is the `severity` attribute (0 to 4), also for compliance items, where Nessus itself maps FAILED,
//!   WARNING and PASSED to it; the words are kept as the vendor's severity.
//! - **Compliance items** share one plugin, so each carries its check's id (or name) as `check`.
//! - **Items with plugin 0** are open ports. They are records like all others.
//! - **Times**: the `*_TIMESTAMP` tags are epoch seconds. `HOST_START` and `HOST_END` name no zone and are taken
//!   as UTC where the epoch tags are missing (exports of Tenable's cloud, old scanners).
//! - **Unfinished hosts.** A host without an end was left in the middle (the scan was stopped, ran out of time or lost
//!   its scanner); what the report lacks of it is not fixed, so the report is then not `complete`.
//! - **Web application scans** put the page into the plugin output; there it becomes the location, for otherwise all
//!   pages of a site would be one.

mod host;
mod item;
mod table;
mod time;

use std::collections::VecDeque;

use scanhelm_core::Timestamp;

use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::xml::{Markup, XmlReader};
use host::Host;

pub(crate) use table::FORMAT as TABLE;

pub(crate) const FORMAT: Format =
    Format { id: "nessus", name: "Nessus v2 XML", extensions: &["nessus", "xml"], sniff: recognises, open };

const ROOT: &str = "NessusClientData_v2";
/// Targets beyond these are in the vendor's scan, not needed twice.
const MOST_TARGETS: usize = 10_000;

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut xml = XmlReader::new(input.content, &options.limits);
    xml.enter(ROOT)?;
    Ok(Box::new(NessusReader {
        xml,
        header: ReportHeader { scanner: "nessus".to_owned(), ..ReportHeader::default() },
        host: None,
        ready: VecDeque::new(),
        reports: 0,
        record: 0,
        last_end: None,
        unfinished: Unfinished::default(),
        footer_given: false,
    }))
}

struct NessusReader {
    xml: XmlReader,
    header: ReportHeader,
    /// The host whose items are being read.
    host: Option<Host>,
    ready: VecDeque<ReportItem>,
    reports: usize,
    record: u64,
    last_end: Option<Timestamp>,
    unfinished: Unfinished,
    footer_given: bool,
}

/// Hosts that the scan did not come to the end of.
#[derive(Default)]
struct Unfinished {
    count: u64,
    first: Option<String>,
}

/// What a start tag asks for. Taken out of the tag first, because reading on needs the parser again.
enum Opened {
    Policy,
    Report,
    Host(String),
    Properties,
    Item(Result<item::Head, String>, String),
    Other,
}

impl Reader for NessusReader {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer_given {
                return Ok(None);
            }
            self.advance()?;
        }
    }
}

impl NessusReader {
    /// Reads one element; what it gives is put into `ready`.
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let opened = match self.xml.next()? {
            Markup::Start(tag) => match (depth, tag.name()) {
                (1, "Policy") => Opened::Policy,
                (1, "Report") => {
                    let mut name = None;
                    let _ = tag.attributes(|key, value| {
                        if key == "name" {
                            name = Some(value.to_owned());
                        }
                    })?;
                    self.header.scan_name = name;
                    Opened::Report
                }
                (2, "ReportHost") => {
                    let mut name = String::new();
                    let _ = tag.attributes(|key, value| {
                        if key == "name" {
                            value.trim().clone_into(&mut name);
                        }
                    })?;
                    Opened::Host(name)
                }
                (3, "HostProperties") => Opened::Properties,
                (3, "ReportItem") => Opened::Item(item::Head::read(&tag)?, tag.raw().to_owned()),
                _ => Opened::Other,
            },
            Markup::End => {
                // The end of a host (its depth is 3 while it is open) that had neither properties nor items.
                if depth == 3 {
                    self.announce_host();
                    self.host = None;
                }
                return Ok(());
            }
            Markup::Eof => return self.end(),
            Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match opened {
            Opened::Policy => self.read_policy(),
            Opened::Report => {
                self.reports += 1;
                if self.reports > 1 {
                    return Err(self.xml.malformed("it holds a second <Report>"));
                }
                self.ready.push_back(ReportItem::Header(self.header.clone()));
                Ok(())
            }
            Opened::Host(name) => {
                self.host = Some(Host::new(name));
                Ok(())
            }
            Opened::Properties => self.read_properties(),
            Opened::Item(head, raw) => self.read_item(head, &raw),
            Opened::Other => self.xml.skip_element(),
        }
    }

    /// The policy's name, and the targets among its preferences.
    fn read_policy(&mut self) -> Result<(), ReadError> {
        let outside = self.xml.depth() - 1;
        let (mut name, mut value) = (String::new(), String::new());
        while self.xml.depth() > outside {
            let wanted = match self.xml.next()? {
                Markup::Start(tag) => match tag.name() {
                    "policyName" => Some(Wanted::Policy),
                    "name" => Some(Wanted::Name),
                    "value" => Some(Wanted::Value),
                    "PluginsPreferences" | "FamilySelection" | "IndividualPluginSelection" => Some(Wanted::Nothing),
                    _ => None,
                },
                _ => None,
            };
            match wanted {
                Some(Wanted::Policy) => {
                    let mut policy = String::new();
                    self.xml.read_text(&mut policy)?;
                    self.header.policy = Some(policy.trim().to_owned()).filter(|policy| !policy.is_empty());
                }
                Some(Wanted::Name) => {
                    name.clear();
                    self.xml.read_text(&mut name)?;
                }
                Some(Wanted::Value) => {
                    value.clear();
                    self.xml.read_text(&mut value)?;
                    if name.trim() == "TARGET" {
                        let targets = value.split([',', '\n', ' ']).map(str::trim).filter(|target| !target.is_empty());
                        self.header.targets = targets.take(MOST_TARGETS).map(str::to_owned).collect();
                    }
                }
                Some(Wanted::Nothing) => self.xml.skip_element()?,
                None => {}
            }
        }
        Ok(())
    }

    fn read_properties(&mut self) -> Result<(), ReadError> {
        let Some(host) = self.host.as_mut().filter(|host| !host.announced) else {
            return Err(self.xml.malformed("the properties of a host stand behind its items"));
        };
        let outside = self.xml.depth() - 1;
        let mut text = String::new();
        while self.xml.depth() > outside {
            let mut name = None;
            if let Markup::Start(tag) = self.xml.next()? {
                let _ = tag.attributes(|key, value| {
                    if key == "name" {
                        name = Some(value.to_owned());
                    }
                })?;
            }
            if let Some(name) = name {
                text.clear();
                self.xml.read_text(&mut text)?;
                host.set(&name, text.trim());
            }
        }
        self.announce_host();
        Ok(())
    }

    fn read_item(&mut self, head: Result<item::Head, String>, raw: &str) -> Result<(), ReadError> {
        self.announce_host();
        let record = self.record;
        self.record += 1;
        let item = match (head, &self.host) {
            (Ok(head), Some(host)) => ReportItem::Finding(Box::new(head.finish(&mut self.xml, host)?)),
            (Ok(_), None) => return Err(self.xml.malformed("an item stands outside of a host")),
            (Err(reason), _) => {
                self.xml.skip_element()?;
                rejected(record, reason, raw)
            }
        };
        self.ready.push_back(item);
        Ok(())
    }

    fn announce_host(&mut self) {
        if let Some(host) = self.host.as_mut().filter(|host| !host.announced) {
            host.announced = true;
            let covered = host.covered();
            self.last_end = self.last_end.max(covered.finished_at);
            if covered.finished_at.is_none() {
                self.unfinished.count += 1;
                self.unfinished.first.get_or_insert_with(|| covered.asset.name.clone());
            }
            self.ready.push_back(ReportItem::Asset(covered));
        }
    }

    fn end(&mut self) -> Result<(), ReadError> {
        if self.reports == 0 {
            return Err(self.xml.malformed("it holds a policy and no <Report>, so no results"));
        }
        self.footer_given = true;
        let mut problems = Problems::default();
        if let Some(first) = &self.unfinished.first {
            problems.add(&format!("{} hosts were not scanned to their end, {first} first", self.unfinished.count));
        }
        self.ready.push_back(ReportItem::Footer {
            finished_at: self.last_end,
            complete: problems.is_empty(),
            blind: false,
            problems: problems.take(),
        });
        Ok(())
    }
}

enum Wanted {
    Policy,
    Name,
    Value,
    Nothing,
}
