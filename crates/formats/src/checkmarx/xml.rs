//! CxSAST's XML report: queries with their results, each result with one path of nodes.

use scanhelm_core::finding::FindingRecord;
use serde::{Deserialize, Serialize};

use super::{End, Flow, is_dismissed, of_project};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::xml::{Element, Markup, XmlReader};

pub(super) const FORMAT: Format =
    Format { id: "checkmarx", name: "Checkmarx CxSAST XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "CxXMLResults";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

#[derive(Serialize)]
struct Kept<'a> {
    query: &'a Element,
    result: Element,
}

#[derive(Deserialize)]
struct Read {
    query: Element,
    result: Element,
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut xml = XmlReader::new(input.content, &options.limits);
    let root = xml.enter_element(ROOT)?;
    let mut report = of_project(root.attribute("ProjectName"), options);
    report.header.scanner_version = filled(root.attribute("CheckmarxVersion"));
    report.header.policy = filled(root.attribute("Preset"));
    let mut query = Element::default();
    loop {
        let begun = match xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        match begun.name.as_str() {
            "Query" => query = begun,
            "Result" => {
                let result = xml.read_element(begun)?;
                if !is_dismissed(state(&result), result.attribute("Status")) {
                    report.folder.add(result.attribute("FileName"));
                    report.keep_value(0, &Kept { query: &query, result })?;
                }
            }
            _ => {}
        }
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

/// 0 to verify, 1 not exploitable, 2 confirmed, 3 urgent, 4 proposed not exploitable.
fn state(result: &Element) -> &'static str {
    if result.attribute("state") == "1" || result.attribute("FalsePositive").eq_ignore_ascii_case("true") {
        "not exploitable"
    } else {
        "open"
    }
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let Read { query, result } = parsed(raw)?;
    if let Some(fault) = query.fault.clone().or_else(|| result.fault.clone()) {
        return Err(fault);
    }
    let mut nodes = vec![];
    result.all_named("PathNode", &mut nodes);
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else {
        return Err("it has no path".to_owned());
    };
    let mut code: Vec<&str> = vec![];
    for node in &nodes {
        let line = node.at("Snippet/Line/Code").map_or("", |code| code.text.as_str());
        if !line.is_empty() && code.last() != Some(&line) {
            code.push(line);
        }
    }
    let flow = Flow {
        language: query.attribute("Language").to_owned(),
        query: query.attribute("name").to_owned(),
        severity: result.attribute("Severity").to_owned(),
        group: query.attribute("group").to_owned(),
        cwes: query.attribute("cweId").parse().ok().filter(|cwe| *cwe > 0).into_iter().collect(),
        source: end(first),
        sink: end(last),
        description: query.attribute("categories").replace(',', "\n"),
        code: code.join("\n"),
        link: result.attribute("DeepLink").to_owned(),
    };
    flow.finding(place)
}

fn end(node: &Element) -> End {
    End {
        file: node.text_at("FileName").to_owned(),
        name: node.text_at("Name").to_owned(),
        line: node.text_at("Line").parse().ok(),
        column: node.text_at("Column").parse().ok(),
    }
}
