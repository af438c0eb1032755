//! The results of one scan as its API gives them: `action=fetch` with `output_format=json_extended`.
//!
//! One list: who asked, the scan, the records, and notes on hosts that gave none. The notes come last and whether a host
//! was logged in on stands somewhere among its records, so the list is read twice.

use std::collections::HashMap;

use scanhelm_core::Timestamp;
use scanhelm_core::text::single_line;
use serde_json::{Map, Value};
use tempfile::SpooledTempFile;

use super::finding::Detection;
use super::host::{Host, Visit};
use super::knowledge::Knowledge;
use super::{SCANNER, targets, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::{Captured, Cursor, Spool};
use crate::options::{Limits, ReadOptions};
use crate::report::{Problems, Reader, ReportHeader, ReportItem, cut, rejected};
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "qualys-results", name: "Qualys scan results (JSON)", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].launch_date") && sample.has_json("[].reference") && sample.has_json("[].option_profile")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let mut survey = Survey::default();
    {
        let mut elements = Elements::new(document.cursor(&options.limits)?)?;
        while let Some(element) = elements.next()? {
            survey.take(element, &options.limits)?;
        }
        if survey.header.is_none() {
            return Err(elements.cursor.malformed("it holds no description of a scan"));
        }
    }
    Ok(Box::new(ResultsReader {
        elements: Elements::new(document.into_cursor(&options.limits)?)?,
        survey,
        hosts: HashMap::new(),
        ready: vec![],
        record: 0,
        longest_text: options.limits.max_text,
        stage: Stage::Header,
    }))
}

/// One element of the list.
enum Element {
    Object(Map<String, Value>),
    /// What it is instead, and its beginning.
    Damaged(String, String),
}

struct Elements<R> {
    cursor: Cursor<R>,
    raw: Vec<u8>,
}

impl<R: std::io::Read> Elements<R> {
    fn new(mut cursor: Cursor<R>) -> Result<Self, ReadError> {
        cursor.begin_array()?;
        Ok(Self { cursor, raw: Vec::new() })
    }

    fn next(&mut self) -> Result<Option<Element>, ReadError> {
        if !self.cursor.next_element()? {
            self.cursor.end()?;
            return Ok(None);
        }
        let captured = self.cursor.capture(&mut self.raw)?;
        let beginning =
            || String::from_utf8_lossy(self.raw.get(..self.raw.len().min(300)).unwrap_or_default()).into_owned();
        if captured == Captured::TooLong {
            return Ok(Some(Element::Damaged("it is too long".to_owned(), beginning())));
        }
        Ok(Some(match serde_json::from_slice(&self.raw) {
            Ok(object) => Element::Object(object),
            Err(error) => Element::Damaged(format!("it cannot be read: {error}"), beginning()),
        }))
    }
}

/// A text, or a number as text; anything else says nothing.
fn text(object: &Map<String, Value>, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn is_scan(object: &Map<String, Value>) -> bool {
    object.contains_key("launch_date") && !object.contains_key("qid")
}

/// A record of the results, also one of a host without findings.
fn is_record(object: &Map<String, Value>) -> bool {
    object.contains_key("qid") || object.contains_key("ip_status")
}

/// How the records name a host.
fn host_key(object: &Map<String, Value>) -> String {
    ["ip", "dns", "netbios"]
        .into_iter()
        .map(|name| text(object, name))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// What the first reading finds out.
#[derive(Default)]
struct Survey {
    header: Option<ReportHeader>,
    visits: HashMap<String, Visit>,
    /// Addresses of hosts that were scanned and gave no record.
    quiet: Vec<String>,
    kept: usize,
    problems: Problems,
}

impl Survey {
    const MOST_QUIET: usize = 65_536;

    fn take(&mut self, element: Element, limits: &Limits) -> Result<(), ReadError> {
        let Element::Object(object) = element else { return Ok(()) };
        if is_record(&object) {
            self.note(&object, limits)
        } else {
            if is_scan(&object) && self.header.is_none() {
                self.describe(&object);
            }
            for (name, value) in &object {
                if let Value::String(hosts) = value {
                    self.remark(name, hosts);
                }
            }
            Ok(())
        }
    }

    fn describe(&mut self, scan: &Map<String, Value>) {
        let started_at = time::utc(&text(scan, "launch_date"));
        let lasted = time::duration(&text(scan, "duration"));
        let named = |name| Some(single_line(&text(scan, name), 500)).filter(|text| !text.is_empty());
        let status = text(scan, "status");
        if !status.is_empty() && !status.eq_ignore_ascii_case("finished") {
            self.problems.add(&format!("the scan did not run to its end: its status is {}", single_line(&status, 64)));
        }
        self.header = Some(ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: named("scanner_appliance"),
            scan_name: named("scan_title"),
            policy: named("option_profile"),
            started_at,
            finished_at: started_at.zip(lasted).map(|(start, lasted)| start.plus(lasted)),
            targets: targets(&text(scan, "ips")),
            note: None,
        });
    }

    fn note(&mut self, record: &Map<String, Value>, limits: &Limits) -> Result<(), ReadError> {
        let qid = text(record, "qid");
        if Visit::cares_for(&qid) {
            let key = host_key(record);
            self.kept += key.len() + size_of::<(String, Visit)>();
            if self.kept > limits.max_context {
                return Err(ReadError::Hostile { detail: "it names too many hosts".to_owned() });
            }
            self.visits.entry(key).or_default().note(&qid, &text(record, "results"));
        }
        Ok(())
    }

    /// Notes such as `hosts_not_scanned_host_not_alive_ip`: what was not looked at is no problem when there is nothing
    /// to look at, and one when the scan was broken off.
    fn remark(&mut self, name: &str, hosts: &str) {
        let name = name.to_ascii_lowercase();
        if name.starts_with("no_vulnerabilities_match") {
            let room = Self::MOST_QUIET - self.quiet.len();
            self.quiet.extend(hosts.split(',').flat_map(addresses).take(room));
        } else if name.contains("not_scanned")
            && ["discontinued", "canceled", "cancelled"].iter().any(|word| name.contains(word))
        {
            self.problems.add(&format!("the scan was broken off before these hosts: {hosts}"));
        }
    }
}

/// `10.0.0.7`, or those of `10.0.0.7-10.0.0.9`; none for what is neither.
fn addresses(text: &str) -> impl Iterator<Item = String> + use<> {
    const LONGEST_RANGE: u32 = 65_536;
    let (first, last) = text.trim().split_once('-').unwrap_or((text.trim(), text.trim()));
    let parse = |text: &str| text.trim().parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let range = parse(first).zip(parse(last)).filter(|(first, last)| first <= last && last - first < LONGEST_RANGE);
    range
        .into_iter()
        .flat_map(|(first, last)| first..=last)
        .map(|address| std::net::Ipv4Addr::from(address).to_string())
}

enum Stage {
    Header,
    Records,
    Quiet,
    Ended,
}

struct ResultsReader {
    elements: Elements<SpooledTempFile>,
    survey: Survey,
    /// Those that were handed out.
    hosts: HashMap<String, Host>,
    /// In reverse.
    ready: Vec<ReportItem>,
    record: u64,
    longest_text: usize,
    stage: Stage,
}

impl Reader for ResultsReader {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop() {
                return Ok(Some(item));
            }
            match self.stage {
                Stage::Header => {
                    self.stage = Stage::Records;
                    return Ok(Some(ReportItem::Header(self.survey.header.clone().unwrap_or_default())));
                }
                Stage::Records => match self.elements.next()? {
                    Some(element) => self.take(element),
                    None => self.stage = Stage::Quiet,
                },
                Stage::Quiet => match self.survey.quiet.pop() {
                    Some(address) => self.announce_quiet(&address),
                    None => {
                        self.stage = Stage::Ended;
                        return Ok(Some(self.footer()));
                    }
                },
                Stage::Ended => return Ok(None),
            }
        }
    }
}

impl ResultsReader {
    fn take(&mut self, element: Element) {
        let record = match element {
            Element::Object(object) if !is_record(&object) => return,
            Element::Object(object) => object,
            Element::Damaged(reason, beginning) => {
                self.ready.push(rejected(self.record, reason, &beginning));
                self.record += 1;
                return;
            }
        };
        let mut detection = Detection::default();
        let mut knowledge = Knowledge::default();
        let key = host_key(&record);
        let mut host = self.hosts.get(&key).cloned().unwrap_or_else(|| {
            let mut host = Host::visited(self.survey.visits.get(&key).copied().unwrap_or_default());
            for name in ["ip", "dns", "netbios", "os", "host_id"] {
                host.set(name, &text(&record, name));
            }
            host
        });
        for name in record.keys().filter(|name| *name != "id") {
            let value = text(&record, name);
            detection.set(name, &cut(&value, self.longest_text));
            knowledge.set(name, &cut(&value, self.longest_text));
        }
        // A host that was tried and did not answer was not covered.
        let was_scanned = !detection.qid.is_empty() || text(&record, "ip_status").contains("host scanned");
        let mut items = vec![];
        if was_scanned && !host.announced && !host.is_nameless() {
            host.announced = true;
            items.push(ReportItem::Asset(host.covered()));
            self.hosts.insert(key, host.clone());
        }
        if !detection.qid.is_empty() {
            let excerpt = || serde_json::to_string(&record).unwrap_or_default();
            items.push(match detection.finding(&knowledge, &host) {
                Ok(finding) => ReportItem::Finding(Box::new(finding)),
                Err(reason) => rejected(self.record, reason, &excerpt()),
            });
            self.record += 1;
        }
        self.ready.extend(items.into_iter().rev());
    }

    fn announce_quiet(&mut self, address: &str) {
        if !self.hosts.contains_key(address) {
            let mut host = Host::default();
            host.announced = true;
            host.set("ip", address);
            self.ready.push(ReportItem::Asset(host.covered()));
            self.hosts.insert(address.to_owned(), host);
        }
    }

    fn footer(&mut self) -> ReportItem {
        let finished_at: Option<Timestamp> = self.survey.header.as_ref().and_then(|header| header.finished_at);
        let complete = self.survey.problems.is_empty();
        ReportItem::Footer {
            finished_at,
            complete,
            blind: self.hosts.is_empty(),
            problems: self.survey.problems.take(),
        }
    }
}
