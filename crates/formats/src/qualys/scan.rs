//! The results of one scan as the console gives them: `SCAN`, with an `IP` for each host that was scanned.
//!
//! Whether a host was logged in on stands among its results, which its asset must precede: the document is kept and read
//! twice.

use std::collections::VecDeque;
use std::io::Read;

use scanhelm_core::text::single_line;

use super::finding::Detection;
use super::host::{Host, Visit};
use super::knowledge::Knowledge;
use super::{SCANNER, targets, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::Spool;
use crate::options::{Limits, ReadOptions};
use crate::report::{Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::xml::{Markup, Tag, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "qualys-scan", name: "Qualys scan results (XML)", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "SCAN";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT) && sample.text().contains("<KEY value=")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let survey = Survey::of(document.content()?, &options.limits)?;
    let content: Box<dyn Read + Send> = Box::new(document.into_content()?);
    let mut xml = XmlReader::new(content, &options.limits).with_doctype();
    xml.enter(ROOT)?;
    Ok(Box::new(ScanReader {
        xml,
        ready: VecDeque::from([ReportItem::Header(survey.header.clone())]),
        visits: survey.visits.into_iter(),
        category: Detection::default(),
        category_name: String::new(),
        header: survey.header,
        problems: survey.problems,
        host: None,
        hosts: 0,
        record: 0,
        footer_given: false,
    }))
}

/// What a start tag asks for, in both readings.
enum Asks {
    Header,
    Host(Vec<(String, String)>),
    Field(String),
    Category(Vec<(String, String)>),
    /// Its kind, as other documents call it.
    Detection(&'static str, Vec<(String, String)>),
    Error,
    Descend,
    Skip,
}

impl Asks {
    /// By the depth at which the element stands.
    fn of(depth: usize, tag: &Tag<'_>) -> Result<Self, ReadError> {
        Ok(match (depth, tag.name()) {
            (1, "HEADER") => Self::Header,
            (1, "ERROR") => Self::Error,
            (1, "IP") => Self::Host(attributes(tag)?),
            (2, "INFOS" | "SERVICES" | "VULNS" | "PRACTICES") => Self::Descend,
            (2, name) => Self::Field(name.to_owned()),
            (3, "CAT") => Self::Category(attributes(tag)?),
            (4, "VULN") => Self::Detection("Vuln", attributes(tag)?),
            (4, "PRACTICE") => Self::Detection("Practice", attributes(tag)?),
            (4, "INFO" | "SERVICE") => Self::Detection("Ig", attributes(tag)?),
            _ => Self::Skip,
        })
    }
}

/// Broken ones are left out: what they lack shows in the record.
fn attributes(tag: &Tag<'_>) -> Result<Vec<(String, String)>, ReadError> {
    let mut all = vec![];
    let _ = tag.attributes(|key, value| all.push((key.to_owned(), value.to_owned())))?;
    Ok(all)
}

fn value_of<'a>(attributes: &'a [(String, String)], name: &str) -> &'a str {
    attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

#[derive(Default)]
struct Survey {
    header: ReportHeader,
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
        let mut finished = false;
        loop {
            let depth = xml.depth();
            let asks = match xml.next()? {
                Markup::Start(tag) => Asks::of(depth, &tag)?,
                Markup::Eof => break,
                _ => continue,
            };
            match asks {
                Asks::Header => finished |= survey.read_header(&mut xml)?,
                Asks::Host(_) => {
                    survey.visits.push(Visit::default());
                    if survey.visits.len() * size_of::<Visit>() > limits.max_context {
                        return Err(ReadError::Hostile { detail: "it names too many hosts".to_owned() });
                    }
                }
                Asks::Detection(_, attributes) if Visit::cares_for(value_of(&attributes, "number")) => {
                    let mut result = String::new();
                    xml.read_fields(|path, text| {
                        if path == "RESULT" {
                            text.clone_into(&mut result);
                        }
                    })?;
                    if let Some(visit) = survey.visits.last_mut() {
                        visit.note(value_of(&attributes, "number"), &result);
                    }
                }
                Asks::Error => {
                    let mut text = String::new();
                    xml.read_text(&mut text)?;
                    survey.problems.add(&text);
                }
                Asks::Detection(..) | Asks::Field(_) | Asks::Skip => xml.skip_element()?,
                Asks::Category(_) | Asks::Descend => {}
            }
        }
        if !finished && survey.problems.is_empty() {
            survey.problems.add("it does not say that the scan finished");
        }
        Ok(survey)
    }

    /// Whether the scan ran to its end.
    fn read_header(&mut self, xml: &mut XmlReader<impl Read>) -> Result<bool, ReadError> {
        let outside = xml.depth() - 1;
        let (mut finished, mut lasted) = (false, None);
        while xml.depth() > outside {
            let name = match xml.next()? {
                Markup::Start(tag) if tag.name() == "KEY" => value_of(&attributes(&tag)?, "value").to_owned(),
                Markup::Start(tag) => tag.name().to_owned(),
                _ => continue,
            };
            if name == "OPTION_PROFILE" {
                continue;
            }
            let mut text = String::new();
            xml.read_text(&mut text)?;
            let line = || Some(single_line(&text, 500)).filter(|line| !line.is_empty());
            match name.as_str() {
                "TITLE" => self.header.scan_name = line(),
                "OPTION_PROFILE_TITLE" => self.header.policy = line(),
                "SCAN_HOST" => self.header.scanner_version = line(),
                "DATE" => self.header.started_at = time::utc(&text),
                "DURATION" => lasted = time::duration(&text),
                "TARGET" => self.header.targets = targets(&text),
                "STATUS" => {
                    finished = text.trim().eq_ignore_ascii_case("finished");
                    if !finished {
                        self.problems.add(&format!("the scan did not run to its end: its status is {}", text.trim()));
                    }
                }
                _ => {}
            }
        }
        self.header.finished_at = self.header.started_at.zip(lasted).map(|(start, lasted)| start.plus(lasted));
        Ok(finished)
    }
}

struct ScanReader {
    xml: XmlReader,
    ready: VecDeque<ReportItem>,
    header: ReportHeader,
    visits: std::vec::IntoIter<Visit>,
    host: Option<Host>,
    /// Port and protocol that the records of the open category share.
    category: Detection,
    category_name: String,
    hosts: u64,
    record: u64,
    problems: Problems,
    footer_given: bool,
}

impl Reader for ScanReader {
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

impl ScanReader {
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let asks = match self.xml.next()? {
            Markup::Start(tag) => Asks::of(depth, &tag)?,
            // The end of a host, which is at depth 2 while it is open.
            Markup::End if depth == 2 => {
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
            Asks::Header | Asks::Error | Asks::Skip => self.xml.skip_element(),
            Asks::Host(attributes) => {
                let mut host = Host::visited(self.visits.next().unwrap_or_default());
                host.set("ip", value_of(&attributes, "value"));
                host.set("dns", value_of(&attributes, "name"));
                self.host = Some(host);
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
            Asks::Category(attributes) => {
                self.category = Detection::default();
                for name in ["port", "protocol"] {
                    self.category.set(name, value_of(&attributes, name));
                }
                value_of(&attributes, "value").clone_into(&mut self.category_name);
                Ok(())
            }
            Asks::Detection(kind, attributes) => self.read_detection(kind, &attributes),
        }
    }

    fn read_detection(&mut self, kind: &str, attributes: &[(String, String)]) -> Result<(), ReadError> {
        self.announce();
        let mut detection = self.category.clone();
        detection.set("type", kind);
        let mut knowledge = Knowledge::default();
        detection.set("qid", value_of(attributes, "number"));
        detection.set("severity", value_of(attributes, "severity"));
        knowledge.set("category", &self.category_name);
        knowledge.set("cveid", value_of(attributes, "cveid"));
        self.xml.read_fields(|path, text| {
            if path == "RESULT" {
                detection.set(path, text);
            }
            knowledge.set(path, text);
        })?;
        let excerpt = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        let Some(host) = &self.host else { return Ok(()) };
        self.ready.push_back(match detection.finding(&knowledge, host) {
            Ok(finding) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(self.record, reason, &excerpt),
        });
        self.record += 1;
        Ok(())
    }

    fn announce(&mut self) {
        let Some(host) = self.host.as_mut().filter(|host| !host.announced) else { return };
        host.announced = true;
        if !host.is_nameless() {
            self.hosts += 1;
            self.ready.push_back(ReportItem::Asset(host.covered()));
        }
    }

    fn end(&mut self) {
        self.footer_given = true;
        self.ready.push_back(ReportItem::Footer {
            finished_at: self.header.finished_at,
            complete: self.problems.is_empty(),
            blind: self.hosts == 0,
            problems: self.problems.take(),
        });
    }
}
