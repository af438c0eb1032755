//! sslscan: its XML. It states facts and rates nothing; what is known to be weak among them is a finding, and how severe is
//! said here.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use super::{SHORTEST_RSA, Weak, certificate, ciphers, compression, findings, heartbleed, protocol, renegotiation};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::network::{self, port_number};
use crate::options::ReadOptions;
use crate::report::{Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "sslscan", name: "sslscan XML", extensions: &["xml"], sniff: recognises, open };

const SCANNER: &str = "sslscan";
const ROOT: &str = "document";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT) && sample.text().contains("SSLScan Results")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits);
    let root = xml.enter_element(ROOT)?;
    let header = ReportHeader {
        scanner: SCANNER.to_owned(),
        scanner_version: filled(single_line(root.attribute("version"), 60)),
        ..ReportHeader::default()
    };
    let problems = Problems::default();
    let reader = SslscanReader { xml, room: options.limits.max_token, header: Some(header), problems };
    Ok(Stepped::reader(reader, &options.limits))
}

struct SslscanReader {
    xml: XmlReader,
    room: usize,
    header: Option<ReportHeader>,
    problems: Problems,
}

impl Steps for SslscanReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some(header) = self.header.take() {
            parts.header(header);
        }
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                parts.footer(ReportItem::Footer {
                    finished_at: None,
                    complete: false,
                    blind: !parts.has_assets(),
                    problems: self.problems.take(),
                });
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        let element = self.xml.read_element_within(element, self.room)?;
        match element.name.as_str() {
            "error" => self.problems.add(&element.text),
            "ssltest" => match server(&element) {
                Ok(found) => {
                    parts.found_on(&network::host([element.attribute("host")]))?;
                    for finding in found {
                        parts.record(Ok(finding), String::new)?;
                    }
                }
                Err(reason) => parts.record(Err(reason), || element.excerpt())?,
            },
            _ => {}
        }
        Ok(())
    }
}

fn server(test: &Element) -> Result<Vec<FindingRecord>, String> {
    if let Some(fault) = &test.fault {
        return Err(fault.clone());
    }
    let host = test.attribute("host");
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    let location = network::port(port_number(test.attribute("port"))?, "tcp", None);
    let weak = [protocols(test), mechanisms(test), ciphers_of(test), certificates(test)].concat();
    Ok(findings(SCANNER, weak, &network::host([host]), &location))
}

fn protocols(test: &Element) -> Vec<Weak> {
    let enabled = test.children_named("protocol").filter(|protocol| protocol.attribute("enabled") == "1");
    let weak = enabled.filter_map(|told| match told.attribute("type") {
        "ssl" => protocol(&format!("SSLv{}", told.attribute("version"))),
        _ => protocol(&format!("TLSv{}", told.attribute("version"))),
    });
    weak.collect()
}

fn mechanisms(test: &Element) -> Vec<Weak> {
    let is = |element: &Element, name: &str, value: &str| element.attribute(name) == value;
    let mut weak = vec![];
    let bleeding: Vec<&str> = test
        .children_named("heartbleed")
        .filter(|heartbleed| is(heartbleed, "vulnerable", "1"))
        .map(|heartbleed| heartbleed.attribute("sslversion"))
        .collect();
    if !bleeding.is_empty() {
        weak.push(heartbleed(bleeding.join(", ")));
    }
    if test.children_named("renegotiation").any(|told| is(told, "supported", "1") && is(told, "secure", "0")) {
        weak.push(renegotiation());
    }
    if test.children_named("compression").any(|told| is(told, "supported", "1")) {
        weak.push(compression());
    }
    weak
}

fn ciphers_of(test: &Element) -> Vec<Weak> {
    let weak = ["null", "anonymous", "weak"].into_iter().filter_map(|kind| {
        let of_kind = test.children_named("cipher").filter(|cipher| cipher.attribute("strength") == kind);
        let names: Vec<String> = of_kind
            .map(|cipher| single_line(&[cipher.attribute("sslversion"), cipher.attribute("cipher")].join(" "), 200))
            .collect();
        ciphers(kind, &names)
    });
    weak.collect()
}

fn certificates(test: &Element) -> Vec<Weak> {
    let mut weak = vec![];
    for told in test.at("certificates").into_iter().flat_map(|all| all.children_named("certificate")) {
        let text = |name: &str| told.text_at(name).trim().to_owned();
        if text("expired") == "true" {
            weak.push(certificate("expired", text("not-valid-after")));
        }
        if text("self-signed") == "true" {
            weak.push(certificate("self-signed", text("subject")));
        }
        let signature = text("signature-algorithm");
        if ["md5", "sha1"].iter().any(|old| signature.to_ascii_lowercase().starts_with(old)) {
            weak.push(certificate("signature", signature));
        }
        let key = told.at("pk").filter(|key| key.attribute("type") == "RSA");
        let bits = key.and_then(|key| key.attribute("bits").parse::<u64>().ok());
        if let Some(bits) = bits.filter(|bits| *bits < SHORTEST_RSA) {
            weak.push(certificate("key", format!("RSA {bits} bits")));
        }
    }
    weak
}
