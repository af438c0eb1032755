//! The XML of Fortify's report generator: issues in groups, each group with the words on its category. Such a report
//! can be filtered in any way, so it never closes anything. Issues of files that Fortify calls hidden or suppressed are in
//! it only if its template asks for them, unmarked.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::{Deserialize, Serialize};

use super::SCANNER;
use super::issue::Issue;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::xml::{Element, Markup, XmlReader};

pub(super) const FORMAT: Format =
    Format { id: "fortify-report", name: "Fortify report XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "ReportDefinition";

/// The definition of a report, which holds no issue, has the same root.
fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT) && ["<GroupingSection", "<Issue "].iter().any(|tag| sample.text().contains(tag))
}

#[derive(Serialize)]
struct Kept<'a> {
    words: &'a Element,
    issue: Element,
}

#[derive(Deserialize)]
struct Read {
    words: Element,
    issue: Element,
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut xml = XmlReader::new(input.content, &options.limits);
    xml.enter(ROOT)?;
    let mut words = Element::default();
    loop {
        let begun = match xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        match begun.name.as_str() {
            "GroupingSection" => words = Element::default(),
            "MajorAttributeSummary" => words = xml.read_element(begun)?,
            "Issue" => {
                let issue = xml.read_element(begun)?;
                report.folder.add(issue.text_at("Primary/FilePath"));
                report.keep_value(0, &Kept { words: &words, issue })?;
            }
            _ => {}
        }
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let Read { words, issue } = parsed(raw)?;
    if let Some(fault) = issue.fault {
        return Err(fault);
    }
    let word = [issue.text_at("Friority"), issue.text_at("Folder")].into_iter().find(|word| !word.is_empty());
    let severity = match word.unwrap_or_default() {
        "Critical" => Severity::Critical,
        "High" => Severity::High,
        "Medium" => Severity::Medium,
        "Low" => Severity::Low,
        // The folders of the first versions.
        "Hot" => Severity::High,
        "Warning" => Severity::Medium,
        "Info" => Severity::Low,
        other => return Err(format!("`{other}` is no priority of Fortify")),
    };
    let told = |name: &str| {
        words
            .children_named("MetaInfo")
            .find(|info| info.text_at("Name") == name)
            .map_or("", |info| info.text_at("Value"))
    };
    let file = match issue.text_at("Primary/FilePath") {
        "" => issue.text_at("Primary/FileName"),
        path => path,
    };
    let described = Issue {
        instance: issue.attribute("iid"),
        category: issue.text_at("Category").to_owned(),
        kingdom: issue.text_at("Kingdom"),
        path: file,
        line: issue.text_at("Primary/LineStart").parse().ok(),
        column: None,
        description: format!("{}\n\n{}", issue.text_at("Abstract"), told("Explanation")).trim().to_owned(),
        solution: told("Recommendations"),
        code: issue.text_at("Primary/Snippet"),
        cwes: issue.text_at("ExternalCategory"),
    };
    described.finding(severity, word.unwrap_or_default().to_owned(), place)
}
