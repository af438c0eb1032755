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
use crate::options::ReadOptions;
use crate::report::{Reader, ReportItem, rejected};
use crate::sample::Sample;
use crate::spool::Spool;
use crate::xml::{Markup, Node, XmlReader};

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
            Part::Metadata(node) => metadata = metadata_of(&node),
            Part::Component(node) => bom.add(&component_of(&node)),
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
                Some(Part::Vulnerability(Some(node))) => {
                    let entry = vulnerability_of(&node);
                    self.bom.findings(&entry).map_err(|reason| (reason, entry.to_string()))
                }
                Some(Part::Vulnerability(None)) => Err(("the record is too long".to_owned(), String::new())),
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
    Metadata(Node),
    Component(Node),
    /// `None`: it is too long.
    Vulnerability(Option<Node>),
}

/// The parts of a document, one after the other.
struct Parts<R> {
    xml: XmlReader<R>,
    record_limit: usize,
    context_left: usize,
    /// Vulnerabilities of the extension that stood in a component.
    within: VecDeque<Node>,
}

impl<R: Read> Parts<R> {
    fn new(mut xml: XmlReader<R>, options: &ReadOptions) -> Result<Self, ReadError> {
        xml.enter("bom")?;
        let limits = &options.limits;
        Ok(Self { xml, record_limit: limits.max_token, context_left: limits.max_context, within: VecDeque::new() })
    }

    fn next(&mut self) -> Result<Option<Part>, ReadError> {
        if let Some(node) = self.within.pop_front() {
            return Ok(Some(Part::Vulnerability(Some(node))));
        }
        loop {
            let node = match self.xml.next()? {
                Markup::Eof => return Ok(None),
                Markup::Start(tag) => Node::open(&tag)?,
                _ => continue,
            };
            let node = node.map_err(|reason| self.xml.malformed(reason))?;
            match node.name.as_str() {
                "components" | "vulnerabilities" => {}
                "vulnerability" => return Ok(Some(Part::Vulnerability(self.xml.read_node(node, self.record_limit)?))),
                "metadata" => return Ok(Some(Part::Metadata(self.context(node)?))),
                "component" => {
                    let mut node = self.context(node)?;
                    take_vulnerabilities(&mut node, &mut self.within);
                    return Ok(Some(Part::Component(node)));
                }
                _ => self.xml.skip_element()?,
            }
        }
    }

    fn context(&mut self, node: Node) -> Result<Node, ReadError> {
        let before = self.xml.position();
        let limit = self.context_left;
        let node = self.xml.read_node(node, limit)?;
        let read = usize::try_from(self.xml.position() - before).unwrap_or(usize::MAX);
        self.context_left = limit.saturating_sub(read);
        node.filter(|_| self.context_left > 0)
            .ok_or_else(|| ReadError::Hostile { detail: "what describes its components is too long".to_owned() })
    }
}

/// The extension puts them into the component, which they do not name then.
fn take_vulnerabilities(component: &mut Node, into: &mut VecDeque<Node>) {
    let reference = component.attribute("bom-ref").or(component.text_at("purl")).unwrap_or_default().to_owned();
    for mut vulnerability in component.take("vulnerabilities").into_iter().flat_map(Node::into_children) {
        if vulnerability.attribute("ref").is_none() {
            vulnerability.set_attribute("ref", &reference);
        }
        into.push_back(vulnerability);
    }
    component.each_child("components", |within| take_vulnerabilities(within, into));
}

fn metadata_of(node: &Node) -> Value {
    let tools = node.all("tools/tool").into_iter().chain(node.all("tools/components/component"));
    let tools: Vec<Value> =
        tools.map(|tool| json!({"name": tool.text_at("name"), "version": tool.text_at("version")})).collect();
    json!({
        "timestamp": node.text_at("timestamp"),
        "tools": tools,
        "component": node.child("component").map(component_of),
    })
}

fn component_of(node: &Node) -> Value {
    let properties = node.all("properties/property").into_iter();
    let properties: Vec<Value> =
        properties.map(|property| json!({"name": property.attribute("name"), "value": property.text()})).collect();
    let occurrences = node.all("evidence/occurrences/occurrence").into_iter();
    let occurrences: Vec<Value> = occurrences.map(|place| json!({"location": place.text_at("location")})).collect();
    let within: Vec<Value> = node.all("components/component").into_iter().map(component_of).collect();
    json!({
        "bom-ref": node.attribute("bom-ref"),
        "type": node.attribute("type"),
        "group": node.text_at("group"),
        "name": node.text_at("name"),
        "version": node.text_at("version"),
        "purl": node.text_at("purl"),
        "properties": properties,
        "evidence": {"occurrences": occurrences},
        "components": within,
    })
}

fn vulnerability_of(node: &Node) -> Value {
    let rating = |rating: &Node| {
        json!({
            "source": {"name": rating.text_at("source/name")},
            "score": rating.text_at("score").or(rating.text_at("score/base")),
            "severity": rating.text_at("severity").map(str::to_lowercase),
            "method": rating.text_at("method"),
            "vector": rating.text_at("vector"),
        })
    };
    let affects = |target: &Node| {
        let versions = target.all("versions/version").into_iter();
        let versions: Vec<Value> = versions.map(|version| json!({"status": version.text_at("status")})).collect();
        json!({"ref": target.text_at("ref"), "versions": versions})
    };
    let mut affected: Vec<Value> = node.all("affects/target").into_iter().map(affects).collect();
    affected.extend(node.attribute("ref").map(|reference| json!({"ref": reference})));
    let advisory = |advisory: &Node| json!({"url": advisory.text_at("url").or(advisory.text())});
    let list = |path: &str, of: &dyn Fn(&Node) -> Value| node.all(path).into_iter().map(of).collect::<Vec<Value>>();
    json!({
        "id": node.text_at("id"),
        "source": {
            "name": node.text_at("source/name").or(node.child("source").and_then(|source| source.attribute("name"))),
            "url": node.text_at("source/url"),
        },
        "references": list("references/reference", &|reference| json!({"id": reference.text_at("id")})),
        "ratings": list("ratings/rating", &rating),
        "cwes": list("cwes/cwe", &|weakness| json!(weakness.text())),
        "description": node.text_at("description"),
        "detail": node.text_at("detail"),
        "recommendation": node.text_at("recommendation").or(node.text_at("recommendations/recommendation")),
        "advisories": list("advisories/advisory", &advisory),
        "rejected": node.text_at("rejected"),
        "analysis": {
            "state": node.text_at("analysis/state"),
            "justification": node.text_at("analysis/justification"),
            "detail": node.text_at("analysis/detail"),
        },
        "affects": affected,
    })
}
