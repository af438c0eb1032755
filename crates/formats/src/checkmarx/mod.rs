//! Checkmarx: CxSAST and Checkmarx One, which write the same flaws in many layouts. A flaw is a flow from a source to a
//! sink. What every layout holds of it identifies it: the query with its language, the files, and the names of the
//! two ends; no line, no id of a path or a result (they are new with each scan). So the XML, the table and the JSON of one scan
//! give one finding each.
//!
//! A result that somebody judged as not exploitable, or that the vendor calls fixed, is no finding. `Proposed Not
//! Exploitable` waits for a second judgement and is one. No layout says that the scan looked at everything (a CxSAST
//! scan can end as `Partial`, a report can be filtered), so none closes anything.

mod other;
mod report;
mod results;
mod table;
mod xml;

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};

use crate::code_report::{Place, repository};
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled};
use crate::options::ReadOptions;

pub(crate) const XML: Format = xml::FORMAT;
pub(crate) const TABLE: Format = table::FORMAT;
pub(crate) const RESULTS: Format = results::FORMAT;
pub(crate) const REPORT: Format = report::FORMAT;

const SCANNER: &str = "checkmarx";

/// The caller's name of the repository, else the project's.
fn of_project(project: &str, options: &ReadOptions) -> Gathered {
    let mut report = Gathered::of(SCANNER);
    let named = options.repository.as_deref().filter(|name| !name.trim().is_empty());
    report.asset = Some(repository(named.or(Some(project))));
    report.header.scan_name = filled(project);
    report
}

/// One end of a flow.
#[derive(Clone, Debug, Default)]
struct End {
    file: String,
    name: String,
    line: Option<u32>,
    column: Option<u32>,
}

struct Flow {
    language: String,
    query: String,
    severity: String,
    group: String,
    cwes: Vec<u32>,
    source: End,
    sink: End,
    description: String,
    /// The code on the way.
    code: String,
    link: String,
}

impl Flow {
    fn finding(self, place: &Place) -> Result<FindingRecord, String> {
        let severity = severity(&self.severity)?;
        let query = self.query.trim().replace(' ', "_");
        if query.is_empty() {
            return Err("it names no query".to_owned());
        }
        let path = |file: &str| place.tree.relative(file.trim()).trim_start_matches('/').to_owned();
        let sink = path(&self.sink.file);
        let check = format!("{} {} -> {}", path(&self.source.file), self.source.name, self.sink.name);
        let location = match sink.is_empty() {
            true => Location::Asset,
            false => Location::Code { path: sink, line: self.sink.line, column: self.sink.column, source: None },
        };
        let title = query.replace('_', " ");
        Ok(FindingRecord {
            vendor_severity: Some(self.severity),
            check: Some(check),
            cwes: self.cwes,
            family: filled(self.group.replace('_', " ")),
            description: filled(self.description),
            evidence: filled(self.code),
            references: filled(self.link).into_iter().collect(),
            ..bare(SCANNER, format!("{}/{query}", self.language.trim()), title, severity, &place.asset, location)
        })
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "information" | "informational" => Severity::Info,
        _ => return Err(format!("`{word}` is no severity of Checkmarx")),
    })
}

/// By the words of the state in any spelling: `Not Exploitable`, `NOT_EXPLOITABLE`, `Not exploitable`.
fn is_dismissed(state: &str, status: &str) -> bool {
    let state: String = state.chars().filter(char::is_ascii_alphabetic).collect();
    state.eq_ignore_ascii_case("notexploitable") || status.eq_ignore_ascii_case("fixed")
}
