//! Web application scan reports: `WAS_SCAN_REPORT`.
//!
//! What QIDs mean and how the scans went stands behind the results, so the report is kept and read twice.
//! - **Complete** is a report of one scan that is `Finished`, without a filter but those about ignored and patched findings,
//!   and with as many results as its own summary counts. Several scans in one report are told as one, so they close nothing.
//! - **A scan that gathered nothing**, not even information, reached no application: it is blind.
//! - What is told as fixed is no finding; what was ignored in Qualys is one, with that mark.

mod finding;

use std::collections::HashMap;
use std::io::Read;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::text::single_line;

use self::finding::{Kind, Meaning, finding};
use super::{SCANNER, said, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::Spool;
use crate::options::{Limits, ReadOptions};
use crate::report::{CoveredAsset, Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::site::scanned_site;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format = Format {
    id: "qualys-was",
    name: "Qualys web application scan report (XML)",
    extensions: &["xml"],
    sniff: recognises,
    open,
};

const ROOT: &str = "WAS_SCAN_REPORT";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let survey = Survey::of(document.content()?, &options.limits)?;
    let content: Box<dyn Read + Send> = Box::new(document.into_content()?);
    let mut xml = XmlReader::new(content, &options.limits).with_doctype();
    xml.enter(ROOT)?;
    Ok(Stepped::reader(WebReader { xml, room: options.limits.max_token, survey, begun: false }, &options.limits))
}

/// What stands around the results.
#[derive(Default)]
struct Survey {
    header: ReportHeader,
    meanings: HashMap<String, Meaning>,
    /// Where the application begins.
    start: String,
    authenticated: Option<bool>,
    scans: u64,
    results: u64,
    problems: Problems,
}

impl Survey {
    fn of(content: impl Read, limits: &Limits) -> Result<Self, ReadError> {
        let mut xml = XmlReader::new(content, limits).with_doctype();
        xml.enter(ROOT)?;
        let mut survey =
            Self { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Self::default() };
        let (mut kept, mut counted) = (0, None);
        loop {
            let depth = xml.depth();
            let element = match xml.next()? {
                Markup::Start(tag) => Element::begin(&tag)?,
                Markup::Eof => break,
                _ => continue,
            };
            let is_list = element.name.ends_with("_LIST");
            match (depth, element.name.as_str()) {
                (1, "FILTERS" | "SUMMARY" | "RESULTS" | "GLOSSARY" | "APPENDIX") => {}
                (2, "QID_LIST" | "SCAN_LIST") => {}
                (2, _) if is_list && !element.name.starts_with("SEVERITY") => {}
                (2, "FILTER") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    if element.text_at("NAME") != "REMEDIATION" {
                        let (name, value) = (element.text_at("NAME"), element.text_at("VALUE"));
                        survey.problems.add(&format!("the report is filtered: {name} {value}"));
                    }
                }
                (2, "GLOBAL_SUMMARY") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    let names = ["VULNERABILITY", "SENSITIVE_CONTENT", "INFORMATION_GATHERED"];
                    counted =
                        names.iter().map(|name| element.text_at(name).trim().parse::<u64>().ok()).sum::<Option<u64>>();
                }
                (2, "WEBAPP") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    element.text_at("URL").clone_into(&mut survey.start);
                }
                (3, "QID") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    let (qid, meaning) = (element.text_at("QID").to_owned(), Meaning::of(&element));
                    kept += qid.len() + meaning.size();
                    survey.meanings.insert(qid, meaning);
                }
                (3, "SCAN") => {
                    let element = xml.read_element_within(element, limits.max_token)?;
                    survey.scan(&element);
                }
                (3, name) if Kind::of(name).is_some() => {
                    survey.results += 1;
                    xml.skip_element()?;
                }
                _ => xml.skip_element()?,
            }
            if kept > limits.max_context {
                return Err(ReadError::Hostile { detail: "its glossary is too large".to_owned() });
            }
        }
        survey.judge(counted);
        Ok(survey)
    }

    fn scan(&mut self, scan: &Element) {
        self.scans += 1;
        let text = |name: &str| said(scan.text_at(name)).map(|text| single_line(text, 300));
        let header = &mut self.header;
        header.scan_name = text("NAME");
        header.policy = text("PROFILE");
        header.started_at = moment(scan.text_at("START_DATE"));
        header.finished_at = header.finished_at.max(moment(scan.text_at("END_DATE")));
        self.authenticated =
            said(scan.text_at("AUTHENTICATION_STATUS")).map(|status| status.eq_ignore_ascii_case("successful"));
        let status = scan.text_at("STATUS");
        if !status.eq_ignore_ascii_case("finished") {
            self.problems.add(&format!("the scan did not end well: Qualys says `{status}`"));
        }
    }

    fn judge(&mut self, counted: Option<u64>) {
        match self.scans {
            1 => {}
            0 => self.problems.add("the report describes no scan"),
            scans => self.problems.add(&format!("the report tells {scans} scans as one")),
        }
        if counted != Some(self.results) {
            let counted = counted.map_or("no count".to_owned(), |counted| counted.to_string());
            self.problems.add(&format!("the report holds {} results, its summary counts {counted}", self.results));
        }
    }

    fn asset(&self) -> Option<AssetRecord> {
        said(&self.start).map(|start| {
            let mut asset = scanned_site(start);
            asset.authenticated = self.authenticated == Some(true);
            asset
        })
    }
}

/// `11 Mar 2020 01:07PM GMT-0400`.
fn moment(text: &str) -> Option<Timestamp> {
    let zone = time::zone(text)?;
    let (clock, _) = text.trim().rsplit_once("GMT")?;
    let time = DateTime::strptime("%d %b %Y %I:%M%p", clock.trim()).ok()?.to_zoned(TimeZone::fixed(zone)).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second()))
}

struct WebReader {
    xml: XmlReader,
    room: usize,
    survey: Survey,
    begun: bool,
}

impl Steps for WebReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            return self.begin(parts);
        }
        let depth = self.xml.depth();
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                parts.footer(ReportItem::Footer {
                    finished_at: self.survey.header.finished_at,
                    complete: self.survey.problems.is_empty() && self.survey.results > 0,
                    blind: self.survey.results == 0,
                    problems: self.survey.problems.take(),
                });
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match (depth, Kind::of(&element.name)) {
            (1, _) if element.name == "RESULTS" => Ok(()),
            (2, _) if element.name.ends_with("_LIST") => Ok(()),
            (3, Some(kind)) => self.result(kind, element, parts),
            _ => self.xml.skip_element(),
        }
    }
}

impl WebReader {
    fn begin(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        let header = self.survey.header.clone();
        let (started_at, finished_at) = (header.started_at, header.finished_at);
        parts.header(header);
        match self.survey.asset().filter(|_| self.survey.results > 0) {
            Some(asset) => {
                let authenticated = self.survey.authenticated;
                parts.asset(CoveredAsset { asset, started_at, finished_at, authenticated })
            }
            None => Ok(()),
        }
    }

    fn result(&mut self, kind: Kind, element: Element, parts: &mut Parts) -> Result<(), ReadError> {
        let element = self.xml.read_element_within(element, self.room)?;
        let unknown = Meaning::default();
        let meaning = self.survey.meanings.get(element.text_at("QID")).unwrap_or(&unknown);
        match finding(kind, &element, meaning, self.survey.asset()) {
            Ok(None) => Ok(()),
            Ok(Some(finding)) => parts.record(Ok(finding), String::new),
            Err(reason) => parts.record(Err(reason), || element.excerpt()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_zone() {
        assert_eq!(moment("11 Mar 2020 01:07PM GMT-0400").unwrap().to_string(), "2020-03-11T17:07:00.000Z");
        assert_eq!((moment("11 Mar 2020 01:07PM"), moment("")), (None, None));
    }
}
