//! The detections of hosts: `HOST_LIST_VM_DETECTION_OUTPUT`, what is known about hosts over all scans.

use std::collections::VecDeque;

use scanhelm_core::Timestamp;

use super::finding::Detection;
use super::host::Host;
use super::knowledge::Knowledge;
use super::{SCANNER, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::xml::{Markup, XmlReader};

pub(crate) const FORMAT: Format = Format {
    id: "qualys-detections",
    name: "Qualys host detections (XML)",
    extensions: &["xml"],
    sniff: recognises,
    open,
};

const ROOT: &str = "HOST_LIST_VM_DETECTION_OUTPUT";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits).with_doctype();
    xml.enter(ROOT)?;
    let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
    Ok(Box::new(DetectionsReader {
        xml,
        host: None,
        ready: VecDeque::from([ReportItem::Header(header)]),
        hosts: 0,
        record: 0,
        finished_at: None,
        problems: Problems::default(),
        footer_given: false,
    }))
}

struct DetectionsReader {
    xml: XmlReader,
    host: Option<Reading>,
    ready: VecDeque<ReportItem>,
    hosts: u64,
    record: u64,
    finished_at: Option<Timestamp>,
    problems: Problems,
    footer_given: bool,
}

/// The host whose detections are being read.
#[derive(Default)]
struct Reading {
    host: Host,
    last_scan: String,
    last_authenticated_scan: String,
}

/// What a start tag asks for.
enum Asks {
    Host,
    Field(String),
    Detection,
    Warning,
    Descend,
    Skip,
}

impl Reader for DetectionsReader {
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

impl DetectionsReader {
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let asks = match self.xml.next()? {
            Markup::Start(tag) => match (depth, tag.name()) {
                (1, "RESPONSE") | (2, "HOST_LIST") | (4, "DETECTION_LIST") => Asks::Descend,
                (2, "WARNING") => Asks::Warning,
                (3, "HOST") => Asks::Host,
                (4, name) => Asks::Field(name.to_owned()),
                (5, "DETECTION") => Asks::Detection,
                _ => Asks::Skip,
            },
            // The end of a host, which is at depth 4 while it is open.
            Markup::End if depth == 4 => {
                self.announce();
                self.host = None;
                return Ok(());
            }
            Markup::Eof => {
                self.end();
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match asks {
            Asks::Descend => Ok(()),
            Asks::Skip => self.xml.skip_element(),
            Asks::Host => {
                self.host = Some(Reading::default());
                Ok(())
            }
            Asks::Field(name) => self.read_field(&name),
            Asks::Detection => self.read_detection(),
            Asks::Warning => {
                self.xml.skip_element()?;
                self.problems.add("it is one page of several: Qualys cut the list and names the next page");
                Ok(())
            }
        }
    }

    fn read_field(&mut self, name: &str) -> Result<(), ReadError> {
        let mut text = String::new();
        self.xml.read_text(&mut text)?;
        if let Some(reading) = &mut self.host {
            match name {
                "LAST_VM_SCANNED_DATE" => text.clone_into(&mut reading.last_scan),
                "LAST_VM_AUTH_SCANNED_DATE" => text.clone_into(&mut reading.last_authenticated_scan),
                name => reading.host.set(name, &text),
            }
        }
        Ok(())
    }

    fn read_detection(&mut self) -> Result<(), ReadError> {
        self.announce();
        let mut detection = Detection::default();
        let mut knowledge = Knowledge::default();
        let mut excerpt = String::new();
        self.xml.read_fields(|path, text| {
            detection.set(path, text);
            knowledge.set(path, text);
            if path == "LAST_FOUND_DATETIME" {
                detection.seen_at = time::utc(text);
            }
            if excerpt.len() < 300 {
                excerpt.push_str(&format!("{path}={text} "));
            }
        })?;
        let Some(reading) = &self.host else { return Ok(()) };
        if !detection.is_fixed() {
            self.ready.push_back(match detection.finding(&knowledge, &reading.host) {
                Ok(finding) => ReportItem::Finding(Box::new(finding)),
                Err(reason) => rejected(self.record, reason, &excerpt),
            });
            self.record += 1;
        }
        Ok(())
    }

    fn announce(&mut self) {
        let Some(reading) = self.host.as_mut().filter(|reading| !reading.host.announced) else { return };
        let visit = &mut reading.host.visit;
        visit.finished_at = time::utc(&reading.last_scan);
        // Told only of hosts that were ever logged in on.
        if visit.finished_at.is_some() && !reading.last_authenticated_scan.is_empty() {
            let latest = reading.last_scan == reading.last_authenticated_scan;
            visit.authenticated = Some(latest || visit.authenticated == Some(true));
        }
        self.finished_at = self.finished_at.max(visit.finished_at);
        reading.host.announced = true;
        if !reading.host.is_nameless() {
            self.hosts += 1;
            self.ready.push_back(ReportItem::Asset(reading.host.covered()));
        }
    }

    fn end(&mut self) {
        self.footer_given = true;
        self.ready.push_back(ReportItem::Footer {
            finished_at: self.finished_at,
            complete: false,
            blind: self.hosts == 0,
            problems: self.problems.take(),
        });
    }
}
