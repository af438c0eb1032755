//! One `<ReportItem>` of the XML report.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{CvssScore, FindingRecord};
use scanhelm_core::text::single_line;

use super::SCANNER;
use super::issue::{joined, location, prose};
use crate::cvss::cvss;
use crate::error::ReadError;
use crate::weakness::{cves_in, cwes_in, push_new};
use crate::xml::{Markup, XmlReader};

/// Its elements as they stand.
#[derive(Debug, Default)]
pub(super) struct Item {
    name: String,
    module: String,
    details: String,
    affects: String,
    parameter: String,
    source_file: String,
    false_positive: String,
    severity: String,
    kind: String,
    impact: String,
    description: String,
    detailed: String,
    recommendation: String,
    request: String,
    cwes: Vec<u32>,
    cves: Vec<String>,
    cvss: Vec<CvssScore>,
    references: Vec<String>,
}

impl Item {
    /// After the start tag: reads up to and with the end tag.
    pub(super) fn read(xml: &mut XmlReader) -> Result<Self, ReadError> {
        let outside = xml.depth() - 1;
        let mut item = Self::default();
        // The open elements within the item that hold further elements.
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        let mut score = Score::default();
        while xml.depth() > outside {
            let numbers = path.first().filter(|outer| is_list_of_numbers(outer)).cloned();
            let name = match xml.next()? {
                Markup::Start(tag) => tag.name().to_owned(),
                Markup::End => {
                    if path.pop().is_some_and(|closed| is_score(&closed)) {
                        let Score { vector, score } = std::mem::take(&mut score);
                        item.cvss.extend(cvss(&vector, score));
                    }
                    continue;
                }
                // Versions differ in how deep a number stands in its list.
                Markup::Text(text) => {
                    match numbers.as_deref() {
                        Some("CWEList") => cwes_in(&text, &mut item.cwes),
                        Some(_) => cves_in(&text, &mut item.cves),
                        None => {}
                    }
                    continue;
                }
                Markup::Reference(_) | Markup::Nothing | Markup::Eof => continue,
            };
            let holds_elements = matches!(name.as_str(), "TechnicalDetails" | "References" | "Reference")
                || is_score(&name)
                || is_list_of_numbers(&name);
            if holds_elements || numbers.is_some() {
                path.push(name);
                continue;
            }
            text.clear();
            xml.read_text(&mut text)?;
            item.take(path.last().map(String::as_str), &name, text.trim(), &mut score);
        }
        Ok(item)
    }

    fn take(&mut self, parent: Option<&str>, name: &str, text: &str, score: &mut Score) {
        let field = match (parent, name) {
            (None, "Name") => &mut self.name,
            (None, "ModuleName") => &mut self.module,
            (None, "Details") => &mut self.details,
            (None, "Affects") => &mut self.affects,
            (None, "Parameter") => &mut self.parameter,
            (None, "AOP_SourceFile") => &mut self.source_file,
            (None, "IsFalsePositive") => &mut self.false_positive,
            (None, "Severity") => &mut self.severity,
            (None, "Type") => &mut self.kind,
            (None, "Impact") => &mut self.impact,
            (None, "Description") => &mut self.description,
            (None, "DetailedInformation") => &mut self.detailed,
            (None, "Recommendation") => &mut self.recommendation,
            (Some("TechnicalDetails"), "Request") => &mut self.request,
            (Some(outer), "Descriptor") if is_score(outer) => &mut score.vector,
            (Some(outer), "Score") if is_score(outer) => {
                score.score = text.parse().ok();
                return;
            }
            (Some("Reference"), "URL") if !text.is_empty() => {
                return push_new(&mut self.references, single_line(text, 2000));
            }
            _ => return,
        };
        text.clone_into(field);
    }

    /// The finding, or why it is none.
    pub(super) fn record(self, asset: AssetRecord, target: &str) -> Result<FindingRecord, String> {
        let name = single_line(&self.name, 500);
        if name.is_empty() {
            return Err("it has no <Name>, so nothing says what it is".to_owned());
        }
        let severity = severity(&self.severity)
            .ok_or_else(|| format!("`{}` is no severity of Acunetix", single_line(&self.severity, 64)))?;
        let mark = self.false_positive.eq_ignore_ascii_case("true") || self.false_positive == "1";
        let parameter = if self.parameter == "<empty>" { "" } else { &self.parameter };
        Ok(FindingRecord {
            scanner: SCANNER.to_owned(),
            rule_id: name.clone(),
            title: name,
            severity,
            vendor_severity: Some(self.severity),
            location: location(&self.affects, parameter, target),
            asset,
            check: None,
            cves: self.cves,
            cwes: self.cwes,
            cvss: self.cvss,
            family: Some(self.kind).filter(|kind| !kind.is_empty()),
            description: prose([self.description.as_str(), &self.detailed, &self.impact]),
            solution: prose([self.recommendation.as_str()]),
            evidence: joined([
                if mark { "Marked in Acunetix as false positive".to_owned() } else { String::new() },
                crate::html::text_of(&self.details),
                labelled("Source file", &self.source_file),
                labelled("Found by", &self.module),
                self.request,
            ]),
            references: self.references,
            seen_at: None,
        })
    }
}

#[derive(Default)]
struct Score {
    vector: String,
    score: Option<f64>,
}

fn is_score(element: &str) -> bool {
    matches!(element, "CVSS" | "CVSS3" | "CVSS4")
}

fn is_list_of_numbers(element: &str) -> bool {
    matches!(element, "CWEList" | "CVEList")
}

fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{label}: {text}") }
}

/// The words of all versions; 12 and later also say critical.
fn severity(word: &str) -> Option<Severity> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "informational" => Severity::Info,
        _ => return None,
    })
}
