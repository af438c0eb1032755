//! Asset data reports: `ASSET_DATA_REPORT`.
//!
//! The hosts come first and what their QIDs mean comes last, in a glossary. So the report is kept and read twice: once
//! for the glossary and what the hosts' results say about the looks at them, once for the findings.

use std::collections::{HashMap, VecDeque};
use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::text::single_line;

use super::finding::Detection;
use super::host::{Host, Visit};
use super::knowledge::Knowledge;
use super::{SCANNER, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::Spool;
use crate::options::{Limits, ReadOptions};
use crate::report::{Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::xml::{Markup, XmlReader};

pub(crate) const FORMAT: Format = Format {
    id: "qualys-report",
    name: "Qualys asset data report (XML)",
    extensions: &["xml"],
    sniff: recognises,
    open,
};

const ROOT: &str = "ASSET_DATA_REPORT";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let survey = Survey::of(document.content()?, &options.limits)?;
    let content: Box<dyn Read + Send> = Box::new(document.into_content()?);
    let mut xml = XmlReader::new(content, &options.limits).with_doctype();
    xml.enter(ROOT)?;
    Ok(Box::new(ReportReader {
        xml,
        ready: VecDeque::from([ReportItem::Header(survey.header.clone())]),
        visits: survey.visits.into_iter(),
        glossary: survey.glossary,
        host: None,
        hosts: 0,
        record: 0,
        finished_at: None,
        problems: survey.problems,
        footer_given: false,
    }))
}

/// What a start tag asks for, in both readings.
enum Asks {
    Header,
    Details,
    Host,
    Field(String),
    Detection,
    Error,
    Descend,
    Skip,
}

impl Asks {
    /// By the depth at which the element stands.
    fn of(depth: usize, name: &str) -> Self {
        match (depth, name) {
            (1, "HOST_LIST" | "GLOSSARY") | (2, "VULN_DETAILS_LIST") | (3, "VULN_INFO_LIST") => Self::Descend,
            (1, "HEADER") => Self::Header,
            (1, "ERROR") => Self::Error,
            (2, "HOST") => Self::Host,
            (3, "VULN_DETAILS") => Self::Details,
            (3, name) => Self::Field(name.to_owned()),
            (4, "VULN_INFO") => Self::Detection,
            _ => Self::Skip,
        }
    }
}

#[derive(Default)]
struct Survey {
    header: ReportHeader,
    glossary: HashMap<String, Knowledge>,
    /// One for each host, in order.
    visits: Vec<Visit>,
    problems: Problems,
}

impl Survey {
    fn of(content: impl Read, limits: &Limits) -> Result<Self, ReadError> {
        let mut xml = XmlReader::new(content, limits).with_doctype();
        xml.enter(ROOT)?;
        let mut survey =
            Self { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Self::default() };
        let mut kept = 0;
        loop {
            let depth = xml.depth();
            let asks = match xml.next()? {
                Markup::Start(tag) => Asks::of(depth, tag.name()),
                Markup::Eof => return Ok(survey),
                _ => continue,
            };
            match asks {
                Asks::Header => xml.read_fields(|path, text| match path {
                    "GENERATION_DATETIME" => survey.header.finished_at = time::utc(text),
                    "TEMPLATE" => survey.header.policy = Some(single_line(text, 500)),
                    _ => {}
                })?,
                Asks::Details => {
                    let (mut qid, mut knowledge) = (String::new(), Knowledge::default());
                    xml.read_fields(|path, text| match path {
                        "QID" => text.clone_into(&mut qid),
                        path => knowledge.set(path, text),
                    })?;
                    kept += qid.len() + knowledge.size();
                    survey.glossary.insert(qid, knowledge);
                }
                Asks::Host => {
                    kept += size_of::<Visit>();
                    survey.visits.push(Visit::default());
                }
                Asks::Detection => {
                    let (mut qid, mut result) = (String::new(), String::new());
                    xml.read_fields(|path, text| match path {
                        "QID" => text.clone_into(&mut qid),
                        "RESULT" => text.clone_into(&mut result),
                        _ => {}
                    })?;
                    if let Some(visit) = survey.visits.last_mut() {
                        visit.note(&qid, &result);
                    }
                }
                Asks::Error => {
                    let mut text = String::new();
                    xml.read_text(&mut text)?;
                    survey.problems.add(&text);
                }
                Asks::Field(_) | Asks::Skip => xml.skip_element()?,
                Asks::Descend => {}
            }
            if kept > limits.max_context {
                return Err(ReadError::Hostile {
                    detail: "its glossary and its list of hosts are too large".to_owned(),
                });
            }
        }
    }
}

struct ReportReader {
    xml: XmlReader,
    ready: VecDeque<ReportItem>,
    glossary: HashMap<String, Knowledge>,
    visits: std::vec::IntoIter<Visit>,
    host: Option<Host>,
    hosts: u64,
    record: u64,
    finished_at: Option<Timestamp>,
    problems: Problems,
    footer_given: bool,
}

impl Reader for ReportReader {
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

impl ReportReader {
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let asks = match self.xml.next()? {
            Markup::Start(tag) => Asks::of(depth, tag.name()),
            // The end of a host, which is at depth 3 while it is open.
            Markup::End if depth == 3 => {
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
            Asks::Header | Asks::Details | Asks::Error | Asks::Skip => self.xml.skip_element(),
            Asks::Host => {
                self.host = Some(Host::visited(self.visits.next().unwrap_or_default()));
                Ok(())
            }
            Asks::Field(name) => {
                let mut text = String::new();
                self.xml.read_text(&mut text)?;
                if let Some(host) = &mut self.host {
                    host.set(&name, &text);
                }
                Ok(())
            }
            Asks::Detection => self.read_detection(),
        }
    }

    fn read_detection(&mut self) -> Result<(), ReadError> {
        self.announce();
        let mut detection = Detection::default();
        let mut excerpt = String::new();
        self.xml.read_fields(|path, text| {
            detection.set(path, text);
            if path == "LAST_FOUND" {
                detection.seen_at = time::utc(text);
            }
            if excerpt.len() < 300 {
                excerpt.push_str(&format!("{path}={text} "));
            }
        })?;
        let Some(host) = &self.host else { return Ok(()) };
        if !detection.is_fixed() {
            let unknown = Knowledge::default();
            let knowledge = self.glossary.get(&detection.qid).unwrap_or(&unknown);
            self.ready.push_back(match detection.finding(knowledge, host) {
                Ok(finding) => ReportItem::Finding(Box::new(finding)),
                Err(reason) => rejected(self.record, reason, &excerpt),
            });
            self.record += 1;
        }
        Ok(())
    }

    fn announce(&mut self) {
        let Some(host) = self.host.as_mut().filter(|host| !host.announced) else { return };
        host.announced = true;
        self.finished_at = self.finished_at.max(host.visit.finished_at);
        if !host.is_nameless() {
            self.hosts += 1;
            self.ready.push_back(ReportItem::Asset(host.covered()));
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
