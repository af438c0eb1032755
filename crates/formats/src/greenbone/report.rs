//! The XML: `report` in `report`, alone or in the answer of the manager. What is known of hosts stands behind the
//! results, so it is read twice.

use std::collections::VecDeque;
use std::io::Read;

use super::result;
use super::survey::Survey;
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, ReportItem};
use crate::sample::Sample;
use crate::spool::Spool;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "openvas", name: "OpenVAS XML report", extensions: &["xml"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let text = sample.text();
    match sample.xml_root() {
        Some("get_reports_response") => true,
        Some("report") => ["<gmp>", "<omp>", "<scan_run_status>", "format_id="].iter().any(|mark| text.contains(mark)),
        _ => false,
    }
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let survey = Survey::of(document.content()?, &options.limits)?;
    let content: Box<dyn Read + Send> = Box::new(document.into_content()?);
    let reader = ReportReader {
        xml: XmlReader::new(content, &options.limits),
        room: options.limits.max_token,
        covered: survey.covered().collect(),
        survey,
        walk: Walk::default(),
        begun: false,
    };
    Ok(Stepped::reader(reader, &options.limits))
}

/// Where the innermost report and its results are, told from the elements on the way.
#[derive(Default)]
pub(super) struct Walk {
    /// Depth within the innermost `report` that is open.
    report: usize,
    /// Depth within its `results`.
    results: usize,
    pub(super) found: bool,
}

impl Walk {
    /// Whether the element, which stands at this depth, is one on the way, to be looked into.
    pub(super) fn enters(&mut self, depth: usize, name: &str) -> bool {
        match name {
            "get_reports_response" => depth == 0,
            "report" if self.results == 0 => {
                self.report = depth + 1;
                true
            }
            "results" if self.is_in_report(depth) => {
                self.results = depth + 1;
                self.found = true;
                true
            }
            _ => false,
        }
    }

    pub(super) fn is_in_report(&self, depth: usize) -> bool {
        self.report > 0 && depth == self.report
    }

    pub(super) fn is_in_results(&self, depth: usize) -> bool {
        self.results > 0 && depth == self.results
    }

    /// After the end of an element whose content was at this depth.
    pub(super) fn leave(&mut self, depth: usize) {
        if depth == self.results {
            self.results = 0;
        } else if depth == self.report {
            self.report = depth - 1;
        }
    }
}

struct ReportReader {
    xml: XmlReader,
    room: usize,
    covered: VecDeque<CoveredAsset>,
    survey: Survey,
    walk: Walk,
    begun: bool,
}

impl Steps for ReportReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(self.survey.header.clone());
        }
        if let Some(covered) = self.covered.pop_front() {
            return parts.asset(covered);
        }
        let depth = self.xml.depth();
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::End => {
                self.walk.leave(depth);
                return Ok(());
            }
            Markup::Eof => {
                self.end(parts);
                return Ok(());
            }
            Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        if self.walk.enters(depth, &element.name) {
            return Ok(());
        }
        if !self.walk.is_in_results(depth) || element.name != "result" {
            return self.xml.skip_element();
        }
        let result = self.xml.read_element_within(element, self.room)?;
        if let Some(error) = result::error(&result) {
            self.survey.problems.add(&error);
            return Ok(());
        }
        parts.record(result::finding(&result, &self.survey), || result.excerpt())
    }
}

impl ReportReader {
    fn end(&mut self, parts: &mut Parts) {
        parts.footer(ReportItem::Footer {
            finished_at: self.survey.header.finished_at,
            complete: self.survey.problems.is_empty() && parts.has_assets(),
            blind: !parts.has_assets(),
            problems: self.survey.problems.take(),
        });
    }
}
