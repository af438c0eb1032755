//! FVDL, the results of Fortify's analyzers: alone, or as `audit.fvdl` in an FPR. Rules, texts, code and the nodes that
//! traces refer to stand behind the vulnerabilities. It lists the files that were scanned and the engine's errors; without
//! errors it is complete.
//!
//! Fortify's priority is not in the file; it follows from the rule's impact, accuracy and probability and the
//! instance's confidence (likelihood = accuracy × confidence × probability / 25; each of impact and likelihood is high
//! from 2.5). Where a rule tells none of them, the instance's own severity decides.

use std::collections::HashMap;

use scanhelm_core::Severity;
use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;

use super::SCANNER;
use super::issue::Issue;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{Reader, cut};
use crate::sample::Sample;
use crate::xml::{Element, Markup, XmlReader};

pub(super) const FORMAT: Format =
    Format { id: "fortify", name: "Fortify FPR and FVDL", extensions: &["fpr", "fvdl"], sniff: recognises, open };

/// Of the code around an issue.
const LONGEST_SNIPPET: usize = 4000;

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some("FVDL")
}

/// What stands behind the vulnerabilities.
#[derive(Default)]
struct Context {
    rules: HashMap<String, Rule>,
    texts: HashMap<String, Texts>,
    snippets: HashMap<String, String>,
    nodes: HashMap<String, Spot>,
    size: usize,
}

#[derive(Default)]
struct Rule {
    impact: Option<f64>,
    accuracy: Option<f64>,
    probability: Option<f64>,
    cwes: String,
}

struct Texts {
    description: String,
    solution: String,
}

#[derive(Clone, Default)]
struct Spot {
    path: String,
    line: Option<u32>,
    column: Option<u32>,
    snippet: String,
}

impl Context {
    fn add(&mut self, element: &Element, limit: usize) -> Result<(), ReadError> {
        let id = element.attribute("id").to_owned();
        self.size += 200 + id.len();
        match element.name.as_str() {
            "Rule" => {
                let group = |name: &str| {
                    element.at("MetaInfo")?.children_named("Group").find(|group| group.attribute("name") == name)
                };
                let number = |name: &str| group(name).and_then(|group| group.text.parse().ok());
                let cwes = group("altcategoryCWE").map_or("", |group| group.text.as_str()).to_owned();
                self.size += cwes.len();
                let (impact, accuracy, probability) = (number("Impact"), number("Accuracy"), number("Probability"));
                self.rules.insert(id, Rule { impact, accuracy, probability, cwes });
            }
            "Description" => {
                let description =
                    format!("{}\n\n{}", element.text_at("Abstract"), element.text_at("Explanation")).trim().to_owned();
                let solution = element.text_at("Recommendations").to_owned();
                self.size += description.len() + solution.len();
                self.texts.insert(element.attribute("classID").to_owned(), Texts { description, solution });
            }
            "Snippet" => {
                let text = cut(element.text_at("Text"), LONGEST_SNIPPET).into_owned();
                self.size += text.len();
                self.snippets.insert(id, text);
            }
            _ => {
                let spot = element.at("SourceLocation").map(spot).unwrap_or_default();
                self.size += spot.path.len() + spot.snippet.len();
                self.nodes.insert(id, spot);
            }
        }
        if self.size > limit {
            let detail = format!("its rules, texts and nodes take more than {limit} bytes");
            return Err(ReadError::Hostile { detail });
        }
        Ok(())
    }
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut context = Context::default();
    let mut xml = XmlReader::new(input.content, &options.limits);
    xml.enter("FVDL")?;
    let mut errors_told = false;
    loop {
        let begun = match xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        match begun.name.as_str() {
            "Vulnerability" => {
                let element = xml.read_element(begun)?;
                report.keep_value(0, &element)?;
            }
            "Rule" | "Description" | "Snippet" | "Node" => {
                let element = xml.read_element(begun)?;
                context.add(&element, options.limits.max_context)?;
            }
            "Errors" => {
                errors_told = true;
                for error in xml.read_element(begun)?.children_named("Error") {
                    report.problems.add(&format!("{} {}", error.attribute("code"), error.text));
                }
            }
            "BuildID" => report.header.scan_name = filled(xml.read_element(begun)?.text),
            "SourceBasePath" => report.roots.extend(filled(xml.read_element(begun)?.text)),
            "EngineVersion" => report.header.scanner_version = filled(xml.read_element(begun)?.text),
            "CreatedTS" => {
                let time = format!("{}T{}Z", begun.attribute("date"), begun.attribute("time"));
                report.header.finished_at = Timestamp::parse(&time);
            }
            _ => {}
        }
    }
    report.complete = errors_told;
    report.into_reader(options, Box::new(move |_, raw, place| vec![finding(raw, &context, place)]))
}

fn spot(location: &Element) -> Spot {
    Spot {
        path: location.attribute("path").to_owned(),
        line: location.attribute("line").parse().ok(),
        column: location.attribute("colStart").parse().ok().filter(|column| *column > 0),
        snippet: location.attribute("snippet").to_owned(),
    }
}

/// Where the first trace has its main node: the default one, else its last.
fn place_of(vulnerability: &Element, context: &Context) -> Spot {
    let mut traces = vec![];
    vulnerability.all_named("Trace", &mut traces);
    let Some(trace) = traces.first() else { return Spot::default() };
    let (mut nodes, mut references) = (vec![], vec![]);
    trace.all_named("Node", &mut nodes);
    trace.all_named("NodeRef", &mut references);
    let located = |node: &&&Element| node.at("SourceLocation").is_some();
    let default = nodes.iter().filter(located).find(|node| node.attribute("isDefault") == "true");
    let referred = || references.last().and_then(|reference| context.nodes.get(reference.attribute("id"))).cloned();
    match default {
        Some(node) => node.at("SourceLocation").map(spot).unwrap_or_default(),
        None => referred()
            .or_else(|| nodes.iter().rfind(located).and_then(|node| node.at("SourceLocation")).map(spot))
            .unwrap_or_default(),
    }
}

fn finding(raw: &[u8], context: &Context, place: &mut Place) -> Result<FindingRecord, String> {
    let vulnerability: Element = parsed(raw)?;
    if let Some(fault) = vulnerability.fault {
        return Err(fault);
    }
    let text = |path: &str| vulnerability.text_at(path);
    let (kind, subtype) = (text("ClassInfo/Type"), text("ClassInfo/Subtype"));
    let class = text("ClassInfo/ClassID");
    let rule = context.rules.get(class);
    let number = |path: &str| text(path).parse::<f64>().ok();
    let (severity, word) = priority(rule, number("InstanceInfo/Confidence"), number("InstanceInfo/InstanceSeverity"))?;
    let spot = place_of(&vulnerability, context);
    let texts = context.texts.get(class);
    let issue = Issue {
        instance: text("InstanceInfo/InstanceID"),
        category: if subtype.is_empty() { kind.to_owned() } else { format!("{kind}: {subtype}") },
        kingdom: text("ClassInfo/Kingdom"),
        path: &spot.path,
        line: spot.line,
        column: spot.column,
        description: texts.map(|texts| texts.description.clone()).unwrap_or_default(),
        solution: texts.map_or("", |texts| texts.solution.as_str()),
        code: context.snippets.get(&spot.snippet).map_or("", String::as_str),
        cwes: rule.map_or("", |rule| rule.cwes.as_str()),
    };
    issue.finding(severity, word, place)
}

fn priority(rule: Option<&Rule>, confidence: Option<f64>, severity: Option<f64>) -> Result<(Severity, String), String> {
    let rated = rule.and_then(|rule| Some((rule.impact?, rule.accuracy? * rule.probability? * confidence? / 25.0)));
    if let Some((impact, likelihood)) = rated {
        let (severity, word) = match (impact >= 2.5, likelihood >= 2.5) {
            (true, true) => (Severity::Critical, "Critical"),
            (true, false) => (Severity::High, "High"),
            (false, true) => (Severity::Medium, "Medium"),
            (false, false) => (Severity::Low, "Low"),
        };
        return Ok((severity, word.to_owned()));
    }
    let number = severity.ok_or("it has no severity, and its rule no impact")?;
    let severity = match number {
        number if number >= 4.0 => Severity::High,
        number if number >= 2.5 => Severity::Medium,
        _ => Severity::Low,
    };
    Ok((severity, number.to_string()))
}
