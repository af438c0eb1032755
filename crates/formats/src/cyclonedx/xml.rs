//! The XML form. Vulnerabilities stand behind the components in the document, or in them in the extension; either way the
//! document is read twice, as JSON is.

use std::collections::VecDeque;
use std::io::Read;

use serde_json::{Value, json};
use tempfile::SpooledTempFile;

use super::bom::Bom;
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::inventory::Inventory;
use crate::options::ReadOptions;
use crate::report::{Reader, ReportItem, rejected};
use crate::sample::Sample;
use crate::spool::Spool;
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "cyclonedx-xml", name: "CycloneDX XML", extensions: &["xml"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some("bom") && sample.text().contains("cyclonedx.org/schema/bom")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let mut bom = Bom::new(options);
    let (mut metadata, mut vulnerabilities) = (Value::Null, 0);
    let mut parts = Parts::new(XmlReader::new(document.content()?, &options.limits), options)?;
    while let Some(part) = parts.next()? {
        match part {
            Part::Metadata(element) => metadata = metadata_of(&element),
            Part::Component(element) => bom.add(&component_of(&element)),
            Part::Vulnerability(_) => vulnerabilities += 1,
        }
    }
    let mut beginning = bom.begin(&metadata, vulnerabilities);
    let footer = ReportItem::Footer {
        finished_at: beginning.header.finished_at,
        complete: false,
        blind: false,
        problems: beginning.problems.take(),
    };
    let mut ready = VecDeque::from([ReportItem::Header(beginning.header)]);
    ready.extend(beginning.covered.into_iter().map(ReportItem::Asset));
    let parts = Parts::new(XmlReader::new(document.into_content()?, &options.limits), options)?;
    Ok(Box::new(Document { bom, parts, ready, footer: Some(footer), record: 0 }))
}

struct Document {
    bom: Bom,
    parts: Parts<SpooledTempFile>,
    ready: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    record: u64,
}

impl Reader for Document {
    fn inventory(&mut self) -> Option<&mut Inventory> {
        Some(&mut self.bom.inventory)
    }

    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer.is_none() {
                return Ok(None);
            }
            let read = match self.parts.next()? {
                None => return Ok(self.footer.take()),
                Some(Part::Vulnerability(Element { fault: Some(fault), .. })) => Err((fault, String::new())),
                Some(Part::Vulnerability(vulnerability)) => {
                    let entry = vulnerability_of(&vulnerability);
                    self.bom.findings(&entry).map_err(|reason| (reason, entry.to_string()))
                }
                Some(_) => continue,
            };
            match read {
                Ok(findings) => {
                    self.record += findings.len() as u64;
                    self.ready.extend(findings.into_iter().map(|finding| ReportItem::Finding(Box::new(finding))));
                }
                Err((reason, excerpt)) => {
                    self.ready.push_back(rejected(self.record, reason, &excerpt));
                    self.record += 1;
                }
            }
        }
    }
}

enum Part {
    Metadata(Element),
    Component(Element),
    /// With a fault where it cannot be taken.
    Vulnerability(Element),
}

/// The parts of a document, one after the other.
struct Parts<R> {
    xml: XmlReader<R>,
    record_limit: usize,
    context_left: usize,
    /// Vulnerabilities of the extension that stood in a component.
    within: VecDeque<Element>,
}

impl<R: Read> Parts<R> {
    fn new(mut xml: XmlReader<R>, options: &ReadOptions) -> Result<Self, ReadError> {
        xml.enter("bom")?;
        let limits = &options.limits;
        Ok(Self { xml, record_limit: limits.max_token, context_left: limits.max_context, within: VecDeque::new() })
    }

    fn next(&mut self) -> Result<Option<Part>, ReadError> {
        if let Some(vulnerability) = self.within.pop_front() {
            return Ok(Some(Part::Vulnerability(vulnerability)));
        }
        loop {
            let mut begun = match self.xml.next()? {
                Markup::Eof => return Ok(None),
                Markup::Start(tag) => Element::begin(&tag)?,
                _ => continue,
            };
            begun.drop_prefixes();
            match begun.name.as_str() {
                "components" | "vulnerabilities" => {}
                "vulnerability" => return Ok(Some(Part::Vulnerability(self.element(begun, self.record_limit)?))),
                "metadata" => return Ok(Some(Part::Metadata(self.context(begun)?))),
                "component" => {
                    let mut component = self.context(begun)?;
                    take_vulnerabilities(&mut component, &mut self.within);
                    return Ok(Some(Part::Component(component)));
                }
                _ => self.xml.skip_element()?,
            }
        }
    }

    fn element(&mut self, begun: Element, room: usize) -> Result<Element, ReadError> {
        let mut element = self.xml.read_element_within(begun, room)?;
        element.drop_prefixes();
        Ok(element)
    }

    fn context(&mut self, begun: Element) -> Result<Element, ReadError> {
        let before = self.xml.position();
        let limit = self.context_left;
        let element = self.element(begun, limit)?;
        let read = usize::try_from(self.xml.position() - before).unwrap_or(usize::MAX);
        self.context_left = limit.saturating_sub(read);
        if element.fault.is_none() && self.context_left > 0 {
            return Ok(element);
        }
        let fault = element.fault.as_deref().unwrap_or("there is too much of it");
        Err(ReadError::Hostile { detail: format!("what describes its components cannot be taken: {fault}") })
    }
}

/// The extension puts them into the component, which they do not name then, or by a number that nothing else has (Grype).
fn take_vulnerabilities(component: &mut Element, into: &mut VecDeque<Element>) {
    let place = component.children.iter().position(|child| child.name == "vulnerabilities");
    if let Some(place) = place {
        let list = component.children.remove(place);
        let reference = match attribute(component, "bom-ref").or(text_at(component, "purl")) {
            Some(reference) => reference.to_owned(),
            None => {
                let named = ["group", "name", "version"].map(|part| text_at(component, part).unwrap_or_default());
                let reference = format!("component {}", named.join(" "));
                component.set_attribute("bom-ref", &reference);
                reference
            }
        };
        for mut vulnerability in list.children {
            vulnerability.set_attribute("ref", &reference);
            into.push_back(vulnerability);
        }
    }
    for list in component.children.iter_mut().filter(|child| child.name == "components") {
        list.children.iter_mut().for_each(|within| take_vulnerabilities(within, into));
    }
}

fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    Some(element.attribute(name).trim()).filter(|value| !value.is_empty())
}

fn text_at<'a>(element: &'a Element, path: &str) -> Option<&'a str> {
    Some(element.text_at(path)).filter(|text| !text.is_empty())
}

fn text(element: &Element) -> Option<&str> {
    Some(element.text.as_str()).filter(|text| !text.is_empty())
}

fn metadata_of(element: &Element) -> Value {
    let tools = element.all_at("tools/tool").into_iter().chain(element.all_at("tools/components/component"));
    let tools: Vec<Value> =
        tools.map(|tool| json!({"name": text_at(tool, "name"), "version": text_at(tool, "version")})).collect();
    json!({
        "timestamp": text_at(element, "timestamp"),
        "tools": tools,
        "component": element.at("component").map(component_of),
    })
}

fn component_of(element: &Element) -> Value {
    let properties = element.all_at("properties/property").into_iter();
    let properties: Vec<Value> =
        properties.map(|property| json!({"name": attribute(property, "name"), "value": text(property)})).collect();
    let occurrences = element.all_at("evidence/occurrences/occurrence").into_iter();
    let occurrences: Vec<Value> = occurrences.map(|place| json!({"location": text_at(place, "location")})).collect();
    let licenses = element.all_at("licenses/license").into_iter();
    let licenses =
        licenses.map(|license| json!({"license": {"id": text_at(license, "id"), "name": text_at(license, "name")}}));
    let expressions = element.all_at("licenses/expression").into_iter();
    let expressions = expressions.map(|expression| json!({"expression": text(expression)}));
    let licenses: Vec<Value> = licenses.chain(expressions).collect();
    let within: Vec<Value> = element.all_at("components/component").into_iter().map(component_of).collect();
    json!({
        "bom-ref": attribute(element, "bom-ref"),
        "type": attribute(element, "type"),
        "group": text_at(element, "group"),
        "name": text_at(element, "name"),
        "version": text_at(element, "version"),
        "purl": text_at(element, "purl"),
        "cpe": text_at(element, "cpe"),
        "licenses": licenses,
        "properties": properties,
        "evidence": {"occurrences": occurrences},
        "components": within,
    })
}

fn vulnerability_of(element: &Element) -> Value {
    let rating = |rating: &Element| {
        json!({
            "source": {"name": text_at(rating, "source/name")},
            "score": text_at(rating, "score").or(text_at(rating, "score/base")),
            "severity": text_at(rating, "severity").map(str::to_lowercase),
            "method": text_at(rating, "method"),
            "vector": text_at(rating, "vector"),
        })
    };
    let affects = |target: &Element| {
        let versions = target.all_at("versions/version").into_iter();
        let versions: Vec<Value> = versions.map(|version| json!({"status": text_at(version, "status")})).collect();
        json!({"ref": text_at(target, "ref"), "versions": versions})
    };
    let mut affected: Vec<Value> = element.all_at("affects/target").into_iter().map(affects).collect();
    affected.extend(attribute(element, "ref").map(|reference| json!({"ref": reference})));
    let advisory = |advisory: &Element| json!({"url": text_at(advisory, "url").or(text(advisory))});
    let list =
        |path: &str, of: &dyn Fn(&Element) -> Value| element.all_at(path).into_iter().map(of).collect::<Vec<Value>>();
    json!({
        "id": text_at(element, "id"),
        "source": {
            "name": text_at(element, "source/name").or(element.at("source").and_then(|source| attribute(source, "name"))),
            "url": text_at(element, "source/url"),
        },
        "references": list("references/reference", &|reference| json!({"id": text_at(reference, "id")})),
        "ratings": list("ratings/rating", &rating),
        "cwes": list("cwes/cwe", &|weakness| json!(text(weakness))),
        "description": text_at(element, "description"),
        "detail": text_at(element, "detail"),
        "recommendation": text_at(element, "recommendation").or(text_at(element, "recommendations/recommendation")),
        "advisories": list("advisories/advisory", &advisory),
        "rejected": text_at(element, "rejected"),
        "analysis": {
            "state": text_at(element, "analysis/state"),
            "justification": text_at(element, "analysis/justification"),
            "detail": text_at(element, "analysis/detail"),
        },
        "affects": affected,
    })
}
