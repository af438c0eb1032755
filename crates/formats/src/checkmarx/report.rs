//! Checkmarx One's report (`scan-report`, JSON), in its first layout (results by language, query and package) and
//! the improved one (`resultsList`, `iacScanResults`, `scaScanResults`). It can be filtered, so it never closes anything.

use scanhelm_core::finding::FindingRecord;
use serde_json::Value;
use serde_json::value::RawValue;

use super::other::{Setting, package, setting};
use super::results::end;
use super::{End, Flow, is_dismissed, of_project};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, each_element, each_key, parsed};
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::ReadOptions;
use crate::package::field::{line, list, number, text, words};
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format = Format {
    id: "checkmarx-report",
    name: "Checkmarx One report JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

/// A query with its flows; the language stands above the queries in the first layout and in each path of the other.
const FLOWS: u8 = 0;
const PACKAGE: u8 = 1;
/// A group of settings, with their query inside or above them.
const SETTINGS: u8 = 2;

fn recognises(sample: &Sample) -> bool {
    let header = sample.has_json("reportHeader");
    header
        && (sample.has_json("scanResults") || sample.has_json("executiveSummary") || sample.has_json("scanInformation"))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = of_project("", options);
    let mut project = String::new();
    let mut has_results = false;
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_key(&mut cursor, |key, cursor| match key {
        "reportHeader" => {
            let header: Value = cursor.value(key)?;
            project = text(&header, "projectName").unwrap_or_default().to_owned();
            Ok(())
        }
        "scanResults" => {
            has_results = true;
            each_key_or_null(cursor, |key, cursor| match key {
                "sast" => each_key_or_null(cursor, |key, cursor| match key {
                    "languages" => each_element(cursor, |cursor| keep_language(&mut report, cursor)),
                    _ => cursor.skip_value(),
                }),
                "resultsList" => each_element(cursor, |cursor| keep(&mut report, FLOWS, "", cursor)),
                "sca" => keep_list(&mut report, PACKAGE, "packages", cursor),
                "kics" => keep_list(&mut report, SETTINGS, "results", cursor),
                _ => cursor.skip_value(),
            })
        }
        "scaScanResults" => keep_list(&mut report, PACKAGE, "packages", cursor),
        "iacScanResults" => each_key_or_null(cursor, |key, cursor| match key {
            "technology" => each_element(cursor, |cursor| keep_list(&mut report, SETTINGS, "queries", cursor)),
            _ => cursor.skip_value(),
        }),
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_results {
        return Err(cursor.malformed("it holds no `scanResults`"));
    }
    let named = of_project(&project, options);
    (report.asset, report.header) = (named.asset, named.header);
    report.into_reader(options, Box::new(findings))
}

fn each_key_or_null<R: std::io::Read>(
    cursor: &mut Cursor<R>,
    found: impl FnMut(&str, &mut Cursor<R>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    if cursor.peek()? == Some(b'n') { cursor.skip_value() } else { each_key(cursor, found) }
}

/// The records of the list of this name in the object at which the cursor stands.
fn keep_list<R: std::io::Read>(
    report: &mut Gathered,
    kind: u8,
    name: &str,
    cursor: &mut Cursor<R>,
) -> Result<(), ReadError> {
    each_key_or_null(cursor, |key, cursor| {
        if key == name { each_element(cursor, |cursor| keep(report, kind, "", cursor)) } else { cursor.skip_value() }
    })
}

/// The language's name may stand behind its queries.
fn keep_language<R: std::io::Read>(report: &mut Gathered, cursor: &mut Cursor<R>) -> Result<(), ReadError> {
    let (mut language, mut queries) = (String::new(), vec![]);
    each_key(cursor, |key, cursor| match key {
        "languageName" => {
            language = cursor.value(key)?;
            Ok(())
        }
        "queries" => {
            queries = cursor.value::<Vec<Box<RawValue>>>(key)?;
            Ok(())
        }
        _ => cursor.skip_value(),
    })?;
    queries.iter().try_for_each(|query| report.keep_value(FLOWS, &(&language, query)))
}

fn keep<R: std::io::Read>(
    report: &mut Gathered,
    kind: u8,
    above: &str,
    cursor: &mut Cursor<R>,
) -> Result<(), ReadError> {
    let mut raw = Vec::new();
    if cursor.capture(&mut raw)? == Captured::TooLong {
        return report.keep(kind, b"\"too long\"");
    }
    match serde_json::from_slice::<Box<RawValue>>(&raw) {
        Ok(record) => report.keep_value(kind, &(above, record)),
        Err(_) => report.keep(kind, &raw),
    }
}

fn findings(kind: u8, raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let (above, record): (String, Value) = match parsed(raw) {
        Ok(parts) => parts,
        Err(reason) => return vec![Err(reason)],
    };
    let results = list(&record, "vulnerabilities").chain(list(&record, "resultsList"));
    let open = results.filter(|result| {
        !is_dismissed(text(result, "state").unwrap_or_default(), text(result, "status").unwrap_or_default())
    });
    open.map(|result| match kind {
        FLOWS => flow(&above, &record, result, place),
        PACKAGE => of_package(&record, result, place),
        _ => of_setting(&record, result, place),
    })
    .collect()
}

fn flow(language: &str, query: &Value, result: &Value, place: &Place) -> Outcome {
    let word = |value: &Value, path: &str| text(value, path).unwrap_or_default().to_owned();
    let path = word(query, "queryPath");
    let mut parts = path.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let nodes: Vec<&Value> = list(result, "nodes").collect();
    let named = |side: &str| End {
        file: word(result, &format!("{side}FileName")),
        name: word(result, &format!("{side}Node")),
        line: line(result, &format!("{side}Line")),
        column: None,
    };
    let side = |node: Option<&&Value>, side: &str| match text(result, &format!("{side}FileName")) {
        Some(_) => named(side),
        None => node.map(|node| end(node)).unwrap_or_default(),
    };
    let (source, sink) = (side(nodes.first(), "source"), side(nodes.last(), "destination"));
    if sink.file.is_empty() && sink.name.is_empty() {
        return Err("it has no path".to_owned());
    }
    let cwe = number(result, "cweId").or_else(|| number(query, "cweId"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is filtered")]
    let cwe = cwe.filter(|cwe| (1.0..100_000.0).contains(cwe)).map(|cwe| cwe as u32);
    let flow = Flow {
        language: if language.is_empty() { first.to_owned() } else { language.to_owned() },
        query: word(query, "queryName"),
        severity: word(result, "severity"),
        group: if second.is_empty() { word(result, "groupName") } else { second.to_owned() },
        cwes: cwe.into_iter().collect(),
        source,
        sink,
        description: word(query, "description"),
        code: format!("{}\n{}", word(result, "sourceCode"), word(result, "destinationCode")).trim().to_owned(),
        link: word(result, "resultViewerLink"),
    };
    flow.finding(place)
}

fn of_package(record: &Value, result: &Value, place: &Place) -> Outcome {
    let identifier = text(record, "name").or_else(|| text(record, "packageName")).unwrap_or_default();
    let id = text(result, "cveName").or_else(|| text(result, "cveId")).or_else(|| text(result, "similarityId"));
    let severity = text(result, "severity").unwrap_or_default();
    let found = package(id.unwrap_or_default(), identifier, text(result, "version"), severity, None, place)?;
    let cwes = words(result, "cwe").and_then(|cwe| cwe.trim_start_matches("CWE-").parse().ok()).into_iter().collect();
    Ok(FindingRecord { cwes, description: text(result, "description").map(str::to_owned), ..found })
}

fn of_setting(group: &Value, result: &Value, place: &Place) -> Outcome {
    let word = |path: &str| text(result, path).or_else(|| text(group, path)).unwrap_or_default();
    setting(
        Setting {
            query: word("queryName"),
            severity: word("severity"),
            file: word("fileName"),
            line: line(result, "line"),
            expected: word("expectedValue"),
            actual: word("actualValue"),
            group: word("category"),
            description: word("description"),
        },
        place,
    )
}
