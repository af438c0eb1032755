//! The raw XML: `NexposeReport`.

use std::collections::HashMap;
use std::io::Read;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use scanhelm_core::Timestamp;
use scanhelm_core::text::single_line;

use super::definition::Definition;
use super::node::{Node, Place};
use super::{Outcome, SCANNER, rule_id};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::options::{Limits, ReadOptions};
use crate::report::{Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::spool::Spool;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "insightvm", name: "InsightVM and Nexpose XML export", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "NexposeReport";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let survey = Survey::of(document.content()?, &options.limits)?;
    let content: Box<dyn Read + Send> = Box::new(document.into_content()?);
    let mut xml = XmlReader::new(content, &options.limits);
    xml.enter(ROOT)?;
    let reader = InsightReader {
        xml,
        room: options.limits.max_token,
        survey,
        node: None,
        place: Place::default(),
        begun: false,
        failed_checks: 0,
    };
    Ok(Stepped::reader(reader, &options.limits))
}

/// What describes the checks, wherever it stands.
#[derive(Default)]
struct Survey {
    definitions: HashMap<String, Definition>,
    header: ReportHeader,
    problems: Problems,
}

impl Survey {
    fn of(content: impl Read, limits: &Limits) -> Result<Self, ReadError> {
        let mut xml = XmlReader::new(content, limits);
        xml.enter(ROOT)?;
        let mut survey =
            Self { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Self::default() };
        let mut kept = 0;
        loop {
            let element = match xml.next()? {
                Markup::Start(tag) => Element::begin(&tag)?,
                Markup::Eof => return Ok(survey),
                _ => continue,
            };
            match element.name.as_str() {
                "scan" => survey.scan(&element),
                "node" => {
                    let template = filled(single_line(element.attribute("scan-template"), 300));
                    survey.header.policy = survey.header.policy.take().or(template);
                }
                "test" | "software" | "fingerprints" => xml.skip_element()?,
                "vulnerability" => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    let Ok(id) = rule_id(element.attribute("id")) else { continue };
                    let definition = Definition::of(&element);
                    kept += id.len() + definition.size();
                    if kept > limits.max_context {
                        return Err(ReadError::Hostile { detail: "its definitions are too large".to_owned() });
                    }
                    survey.definitions.insert(id, definition);
                }
                _ => {}
            }
        }
    }

    /// A report of several scans spans all of them.
    fn scan(&mut self, scan: &Element) {
        let header = &mut self.header;
        let (start, end) = (time(scan.attribute("startTime")), time(scan.attribute("endTime")));
        header.started_at = [header.started_at, start].into_iter().flatten().min();
        header.finished_at = header.finished_at.max(end);
        if header.scan_name.is_none() {
            header.scan_name = filled(single_line(scan.attribute("name"), 300));
        }
        let status = scan.attribute("status");
        if !status.eq_ignore_ascii_case("finished") {
            let name = scan.attribute("name");
            self.problems.add(&format!("the scan {name} did not end well: InsightVM says `{status}`"));
        }
    }
}

/// `20210228T225351463`, taken as UTC.
fn time(text: &str) -> Option<Timestamp> {
    let (seconds, millis) = text.trim().split_at_checked(15)?;
    let time = DateTime::strptime("%Y%m%dT%H%M%S", seconds).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(time.timestamp().as_millisecond() + millis.parse::<i64>().unwrap_or_default()))
}

struct InsightReader {
    xml: XmlReader,
    room: usize,
    survey: Survey,
    node: Option<(usize, Node)>,
    place: Place,
    begun: bool,
    failed_checks: u64,
}

impl Steps for InsightReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(self.survey.header.clone());
        }
        let depth = self.xml.depth();
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::End => return self.leave(depth, parts),
            Markup::Eof => {
                self.end(parts);
                return Ok(());
            }
            Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match (element.name.as_str(), &mut self.node) {
            ("node", None) => {
                self.node = Some((depth, Node::of(&element)));
                self.place = Place::default();
                Ok(())
            }
            ("name", Some((_, node))) => {
                let name = self.xml.read_element_within(element, self.room)?;
                node.names.push(single_line(&name.text, 300));
                Ok(())
            }
            ("os", Some((_, node))) => {
                node.guess(&element);
                self.xml.skip_element()
            }
            ("endpoint", Some(_)) => {
                self.place = Place::of(&element);
                Ok(())
            }
            ("service", Some(_)) => {
                element.attribute("name").clone_into(&mut self.place.service);
                Ok(())
            }
            ("test", Some(_)) => self.test(element, parts),
            ("vulnerability" | "software" | "configuration", _) => self.xml.skip_element(),
            _ => Ok(()),
        }
    }
}

impl InsightReader {
    fn test(&mut self, element: Element, parts: &mut Parts) -> Result<(), ReadError> {
        self.announce(parts)?;
        let test = self.xml.read_element_within(element, self.room)?;
        let Some((_, node)) = &self.node else { return Ok(()) };
        if let Some(fault) = &test.fault {
            return parts.record(Err(fault.clone()), || test.excerpt());
        }
        if Outcome::of(test.attribute("status")) == Some(Outcome::Failed) {
            self.failed_checks += 1;
        }
        let definition = rule_id(test.attribute("id")).ok().and_then(|id| self.survey.definitions.get(&id));
        match node.finding(&test, &self.place, definition, self.survey.header.finished_at) {
            Ok(None) => Ok(()),
            Ok(Some(finding)) => parts.record(Ok(finding), String::new),
            Err(reason) => parts.record(Err(reason), || test.excerpt()),
        }
    }

    /// Before its first check, and at its end where it has none. Its names stand before its checks.
    fn announce(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some((_, node)) = self.node.as_mut().filter(|(_, node)| !node.announced) {
            node.announced = true;
            if let Some(covered) = node.covered(self.survey.header.finished_at) {
                parts.asset(covered)?;
            }
        }
        Ok(())
    }

    fn leave(&mut self, depth: usize, parts: &mut Parts) -> Result<(), ReadError> {
        if self.node.as_ref().is_some_and(|(outside, _)| depth == outside + 1) {
            self.announce(parts)?;
            self.node = None;
        }
        Ok(())
    }

    fn end(&mut self, parts: &mut Parts) {
        if self.failed_checks > 0 {
            self.survey.problems.add(&format!("{} checks ended in an error", self.failed_checks));
        }
        parts.footer(ReportItem::Footer {
            finished_at: self.survey.header.finished_at,
            complete: false,
            blind: !parts.has_assets(),
            problems: self.survey.problems.take(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_no_zone() {
        assert_eq!(time("20210228T225351463").unwrap().to_string(), "2021-02-28T22:53:51.463Z");
        assert_eq!((time("yesterday"), time("")), (None, None));
    }
}
