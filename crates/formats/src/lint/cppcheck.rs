//! Cppcheck (`--xml`, version 2). The report has an end but does not say that all files were looked at (a missing one
//! leaves it empty), so it never closes anything. What Cppcheck could not parse or find is a problem of the run.
//! The first location of an error is where it is; the others lead there.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::xml::{Element, Markup, XmlReader};

pub(super) const FORMAT: Format =
    Format { id: "cppcheck", name: "Cppcheck XML", extensions: &["xml"], sniff: recognises, open };

const SCANNER: &str = "cppcheck";
/// Ids that say what the run lacks instead of what the code does.
const TROUBLES: [&str; 8] = [
    "syntaxError",
    "unknownMacro",
    "preprocessorErrorDirective",
    "internalError",
    "internalAstError",
    "cppcheckError",
    "noValidConfiguration",
    "toomanyconfigs",
];

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some("results") && sample.text().contains("<cppcheck")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut xml = XmlReader::new(input.content, &options.limits);
    xml.enter("results")?;
    loop {
        let element = match xml.next()? {
            Markup::Start(tag) if matches!(tag.name(), "cppcheck" | "error") => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        let element = xml.read_element(element)?;
        if element.name == "cppcheck" {
            report.header.scanner_version = filled(element.attribute("version"));
        } else if TROUBLES.contains(&element.attribute("id")) || element.attribute("id").starts_with("missingInclude") {
            let file = element.at("location").map_or("", |location| location.attribute("file"));
            report.problems.add(&format!("{file} {}: {}", element.attribute("id"), element.attribute("msg")));
        } else {
            if let Some(location) = element.at("location") {
                report.folder.add(location.attribute("file"));
            }
            report.keep_value(0, &element)?;
        }
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let error: Element = parsed(raw)?;
    if let Some(fault) = error.fault {
        return Err(fault);
    }
    let rule = filled(error.attribute("id")).ok_or("it has no `id`")?;
    let severity = match error.attribute("severity") {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "style" | "performance" | "portability" => Severity::Low,
        "information" | "debug" | "none" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of Cppcheck")),
    };
    let number = |element: &Element, name: &str| element.attribute(name).parse().ok().filter(|number| *number > 0);
    let location = match error.at("location") {
        Some(at) => spot(place, at.attribute("file"), number(at, "line"), number(at, "column"), None),
        None => scanhelm_core::finding::Location::Asset,
    };
    let steps: Vec<String> = error
        .children_named("location")
        .filter(|at| !at.attribute("info").is_empty())
        .map(|at| {
            format!("{}:{} {}", place.tree.relative(at.attribute("file")), at.attribute("line"), at.attribute("info"))
        })
        .collect();
    Ok(FindingRecord {
        vendor_severity: filled(error.attribute("severity")),
        cwes: number(&error, "cwe").into_iter().collect(),
        description: filled(error.attribute("verbose")),
        evidence: filled(steps.join("\n")),
        ..bare(SCANNER, rule, error.attribute("msg"), severity, &place.asset, location)
    })
}
