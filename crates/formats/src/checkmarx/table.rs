//! CxSAST's CSV report. It names no project and no CWE.

use std::collections::BTreeMap;

use scanhelm_core::finding::FindingRecord;

use super::{End, Flow, is_dismissed, of_project};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::parsed;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::table::Rows;

pub(super) const FORMAT: Format =
    Format { id: "checkmarx-csv", name: "Checkmarx CxSAST CSV", extensions: &["csv"], sniff: recognises, open };

const NEEDED: [&str; 5] = ["Query", "QueryPath", "SrcFileName", "DestFileName", "Result Severity"];

fn recognises(sample: &Sample) -> bool {
    let header = sample.text().lines().next().unwrap_or_default();
    NEEDED.iter().all(|name| header.contains(&format!("\"{name}\"")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = of_project("", options);
    let mut rows = Rows::new(input.content, &options.limits);
    let header = rows.next()?.ok_or_else(|| rows.truncated("it has no header"))?;
    let names: Vec<String> = header.cells().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    for name in NEEDED {
        if !names.iter().any(|column| column == name) {
            return Err(rows.malformed(format!("its header names no column `{name}`")));
        }
    }
    while let Some(row) = rows.next()? {
        let cells: BTreeMap<&str, &str> = names.iter().map(String::as_str).zip(row.cells()).collect();
        let cell = |name: &str| cells.get(name).copied().unwrap_or_default();
        if row.is_blank() || is_dismissed(cell("Result State"), cell("Result Status")) {
            continue;
        }
        report.folder.add(cell("SrcFileName"));
        report.keep_value(0, &cells)?;
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let cells: BTreeMap<String, String> = parsed(raw)?;
    let cell = |name: &str| cells.get(name).cloned().unwrap_or_default();
    let number = |name: &str| cells.get(name).and_then(|number| number.parse().ok());
    // `JavaScript\Cx\JavaScript Medium Threat\Client Privacy Violation Version:2`
    let path = cell("QueryPath");
    let mut parts = path.split('\\');
    let (language, group) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    let flow = Flow {
        language: language.to_owned(),
        query: cell("Query"),
        severity: cell("Result Severity"),
        group: group.to_owned(),
        cwes: vec![],
        source: End { file: cell("SrcFileName"), name: cell("Name"), line: number("Line"), column: number("Column") },
        sink: End {
            file: cell("DestFileName"),
            name: cell("DestName"),
            line: number("DestLine"),
            column: number("DestColumn"),
        },
        description: cell("Comment"),
        code: String::new(),
        link: cell("Link"),
    };
    flow.finding(place)
}
