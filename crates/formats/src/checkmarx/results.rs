//! Checkmarx One: what its command line writes (`--report-format json`) and `GET /api/results` answers. Engines are told
//! apart by `type`: `sast`, `kics` (infrastructure as code), `sca` (packages), `containers`. A page is not a scan: it
//! never closes anything.

use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::other::{Setting, package, setting};
use super::{End, Flow, SCANNER, is_dismissed};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_element, each_key, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{line, list, number, text, words};
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(super) const FORMAT: Format =
    Format { id: "checkmarx-one", name: "Checkmarx One results JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.has_json("results[].similarityId") && sample.has_json("results[].data")
        || sample.has_json("results") && sample.has_json("totalCount") && sample.has_json("scanID")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    let mut has_results = false;
    each_key(&mut cursor, |key, cursor| match key {
        "results" => {
            has_results = true;
            each_element(cursor, |cursor| report.keep_next(0, cursor))
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_results {
        return Err(cursor.malformed("it holds no list `results`"));
    }
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let result: Value = parsed(raw)?;
    let word = |path: &str| text(&result, path).unwrap_or_default();
    if is_dismissed(word("state"), word("status")) {
        return Ok(None);
    }
    let mut cwes = vec![];
    let cwe = words(&result, "vulnerabilityDetails.cweId").unwrap_or_default();
    cwes_in(&format!("CWE-{}", cwe.trim_start_matches("CWE-")), &mut cwes);
    let found = match word("type") {
        "sast" => {
            let nodes: Vec<&Value> = list(&result, "data.nodes").collect();
            let end = |node: Option<&&Value>| node.map(|node| self::end(node)).ok_or("it has no path");
            let flow = Flow {
                language: word("data.languageName").to_owned(),
                query: word("data.queryName").to_owned(),
                severity: word("severity").to_owned(),
                group: word("data.group").to_owned(),
                cwes,
                source: end(nodes.first())?,
                sink: end(nodes.last())?,
                description: word("description").to_owned(),
                code: String::new(),
                link: String::new(),
            };
            flow.finding(place)
        }
        "kics" => setting(
            Setting {
                query: word("data.queryName"),
                severity: word("severity"),
                file: word("data.filename"),
                line: line(&result, "data.line"),
                expected: word("data.expectedValue"),
                actual: word("data.value"),
                group: word("data.platform"),
                description: word("description"),
            },
            place,
        ),
        "sca" | "containers" => {
            let identifier = text(&result, "data.packageIdentifier").unwrap_or_default().to_owned();
            let image = format!("{}-{}", word("data.packageName"), word("data.packageVersion"));
            let identifier = if identifier.is_empty() { image } else { identifier };
            let score = number(&result, "vulnerabilityDetails.cvssScore");
            let fix = text(&result, "data.recommendedVersion");
            let paths = list(&result, "data.scaPackageData.locations").next().and_then(Value::as_str);
            let id = text(&result, "vulnerabilityDetails.cveName").unwrap_or_else(|| word("id"));
            package(id, &identifier, None, word("severity"), paths, place).map(|found| FindingRecord {
                cwes,
                description: text(&result, "description").map(str::to_owned),
                solution: fix.map(|fix| format!("Upgrade to {fix}")),
                references: list(&result, "data.packageData")
                    .filter_map(|data| text(data, "url"))
                    .map(str::to_owned)
                    .collect(),
                evidence: score.map(|score| format!("CVSS score: {score}")),
                ..found
            })
        }
        other => Err(format!("results of the engine `{other}` are not read")),
    };
    found.map(Some)
}

pub(super) fn end(node: &Value) -> End {
    End {
        file: text(node, "fileName").unwrap_or_default().to_owned(),
        name: text(node, "name").or_else(|| text(node, "node")).unwrap_or_default().to_owned(),
        line: line(node, "line"),
        column: line(node, "column"),
    }
}
