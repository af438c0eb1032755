//! The XML: `issues`, with a DOCTYPE that describes it.

use scanhelm_core::text::single_line;

use super::SCANNER;
use super::issue::{Issue, unpacked};
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
    Format { id: "burp", name: "Burp XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "issues";

fn recognises(sample: &Sample) -> bool {
    let is_root = sample.xml_root() == Some(ROOT) || sample.declared_root() == Some(ROOT);
    is_root && sample.text().contains("burpVersion")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits).with_declarations();
    let root = xml.enter_element(ROOT)?;
    // Its time names a zone by letters that mean several.
    let header = ReportHeader {
        scanner: SCANNER.to_owned(),
        scanner_version: filled(single_line(root.attribute("burpVersion"), 60)),
        ..ReportHeader::default()
    };
    Ok(Stepped::reader(BurpReader { xml, room: options.limits.max_token, header: Some(header) }, &options.limits))
}

struct BurpReader {
    xml: XmlReader,
    room: usize,
    header: Option<ReportHeader>,
}

impl Steps for BurpReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some(header) = self.header.take() {
            parts.header(header);
        }
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                let footer = ReportItem::Footer { finished_at: None, complete: false, blind: false, problems: vec![] };
                parts.footer(footer);
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        if element.name != "issue" {
            return self.xml.skip_element();
        }
        let element = self.xml.read_element_within(element, self.room)?;
        let finding = match &element.fault {
            Some(fault) => Err(fault.clone()),
            None => issue(&element).finding(),
        };
        parts.record(finding, || element.excerpt())
    }
}

fn issue(element: &Element) -> Issue {
    let text = |name: &str| element.text_at(name).to_owned();
    let items = element.at("issueDetailItems").into_iter().flat_map(|items| items.children_named("issueDetailItem"));
    let detail = [text("issueDetail")].into_iter().chain(items.map(|item| item.text.clone())).collect::<Vec<_>>();
    let mut messages = Vec::new();
    for exchange in element.children_named("requestresponse") {
        for message in ["request", "response"].into_iter().filter_map(|name| exchange.at(name)) {
            let is_packed = message.attribute("base64") == "true";
            messages.push(if is_packed { unpacked(&message.text) } else { message.text.clone() });
        }
    }
    Issue {
        kind: text("type"),
        name: text("name"),
        origin: text("host"),
        path: text("path"),
        place: text("location"),
        severity: text("severity"),
        confidence: text("confidence"),
        background: text("issueBackground"),
        detail: detail.join("<br>"),
        remediation_background: text("remediationBackground"),
        remediation: text("remediationDetail"),
        references: text("references"),
        classifications: text("vulnerabilityClassifications"),
        messages,
    }
}
