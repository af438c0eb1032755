//! The XML: `OWASPZAPReport`.

use scanhelm_core::text::single_line;

use super::alert::{Alert, Instance, named_site};
use super::{SCANNER, generated};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "zap", name: "ZAP XML report", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "OWASPZAPReport";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits);
    let root = xml.enter_element(ROOT)?;
    let header = ReportHeader {
        scanner: SCANNER.to_owned(),
        scanner_version: filled(single_line(root.attribute("version"), 60)),
        finished_at: generated(root.attribute("generated")),
        ..ReportHeader::default()
    };
    let reader = ZapReader { xml, room: options.limits.max_token, header, begun: false, site: String::new() };
    Ok(Stepped::reader(reader, &options.limits))
}

struct ZapReader {
    xml: XmlReader,
    room: usize,
    header: ReportHeader,
    begun: bool,
    /// The one whose alerts are being read.
    site: String,
}

impl Steps for ZapReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(self.header.clone());
        }
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                parts.footer(ReportItem::Footer {
                    finished_at: self.header.finished_at,
                    complete: false,
                    blind: !parts.has_assets(),
                    problems: vec![],
                });
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match element.name.as_str() {
            "site" => {
                element.attribute("name").clone_into(&mut self.site);
                named_site(&self.site).map_or(Ok(()), |site| parts.found_on(&site))
            }
            "alerts" => Ok(()),
            "alertitem" => {
                let element = self.xml.read_element_within(element, self.room)?;
                let findings = match &element.fault {
                    Some(fault) => Err(fault.clone()),
                    None => alert(&element).findings(&self.site),
                };
                parts.records(findings, || element.excerpt())
            }
            _ => self.xml.skip_element(),
        }
    }
}

fn alert(element: &Element) -> Alert {
    let text = |name: &str| element.text_at(name).to_owned();
    let instances = element.at("instances").into_iter().flat_map(|all| all.children_named("instance"));
    let mut instances: Vec<Instance> = instances.map(instance).collect();
    if instances.is_empty() {
        // As versions before 2.5 wrote them: one place in the alert itself.
        instances.push(Instance { other: String::new(), ..instance(element) });
    }
    let mut tags = Vec::new();
    element.all_named("tag", &mut tags);
    Alert {
        plugin: text("pluginid"),
        reference: text("alertRef"),
        name: [text("alert"), text("name")].into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        risk: text("riskcode"),
        risk_words: text("riskdesc"),
        confidence: text("confidence"),
        description: text("desc"),
        solution: text("solution"),
        other: text("otherinfo"),
        references: text("reference"),
        cwe: text("cweid"),
        tags: tags.into_iter().map(|tag| tag.text.clone()).collect(),
        instances,
    }
}

fn instance(element: &Element) -> Instance {
    let text = |name: &str| element.text_at(name).to_owned();
    let joined = |head: &str, body: &str| [text(head), text(body)].join("\n\n").trim().to_owned();
    Instance {
        uri: text("uri"),
        method: text("method"),
        parameter: text("param"),
        attack: text("attack"),
        evidence: text("evidence"),
        other: text("otherinfo"),
        request: joined("requestheader", "requestbody"),
        response: joined("responseheader", "responsebody"),
    }
}
