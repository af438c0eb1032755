//! sslscan: its XML. It states facts and rates nothing; what is known to be weak among them is a finding, and how severe is
//! said here.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
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

/// What is weak: a rule, in words, how severe, the CVE that it is known by, and what shows it.
type Weak = (String, String, Severity, Option<&'static str>, String);

fn server(test: &Element) -> Result<Vec<FindingRecord>, String> {
    if let Some(fault) = &test.fault {
        return Err(fault.clone());
    }
    let host = test.attribute("host");
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    let location = network::port(port_number(test.attribute("port"))?, "tcp", None);
    let asset = network::host([host]);
    let weak = [protocols(test), mechanisms(test), ciphers(test), certificate(test)].concat();
    let finding = |(rule, title, severity, cve, shown): Weak| FindingRecord {
        cves: cve.map(str::to_owned).into_iter().collect(),
        evidence: filled(shown),
        ..bare(SCANNER, rule, title, severity, &asset, location.clone())
    };
    Ok(weak.into_iter().map(finding).collect())
}

fn protocols(test: &Element) -> Vec<Weak> {
    let enabled = test.children_named("protocol").filter(|protocol| protocol.attribute("enabled") == "1");
    let weak = enabled.filter_map(|protocol| {
        let (name, severity) = match (protocol.attribute("type"), protocol.attribute("version")) {
            ("ssl", "2") => ("SSLv2", Severity::High),
            ("ssl", "3") => ("SSLv3", Severity::High),
            ("tls", "1.0") => ("TLSv1.0", Severity::Medium),
            ("tls", "1.1") => ("TLSv1.1", Severity::Medium),
            _ => return None,
        };
        Some((format!("protocol:{name}"), format!("The server speaks {name}"), severity, None, String::new()))
    });
    weak.collect()
}

fn mechanisms(test: &Element) -> Vec<Weak> {
    let is = |element: &Element, name: &str, value: &str| element.attribute(name) == value;
    let mut weak = vec![];
    let mut add = |rule: &str, title: &str, severity, cve, shown: String| {
        weak.push((rule.to_owned(), title.to_owned(), severity, cve, shown));
    };
    let bleeding: Vec<&str> = test
        .children_named("heartbleed")
        .filter(|heartbleed| is(heartbleed, "vulnerable", "1"))
        .map(|heartbleed| heartbleed.attribute("sslversion"))
        .collect();
    if !bleeding.is_empty() {
        add("heartbleed", "Heartbleed", Severity::Critical, Some("CVE-2014-0160"), bleeding.join(", "));
    }
    if test.children_named("renegotiation").any(|told| is(told, "supported", "1") && is(told, "secure", "0")) {
        add("renegotiation", "Insecure renegotiation", Severity::Medium, Some("CVE-2009-3555"), String::new());
    }
    if test.children_named("compression").any(|told| is(told, "supported", "1")) {
        add("compression", "TLS compression", Severity::Medium, Some("CVE-2012-4929"), String::new());
    }
    weak
}

/// One for each kind of weakness; which ciphers are of it is evidence.
fn ciphers(test: &Element) -> Vec<Weak> {
    let kinds = [("null", Severity::High), ("anonymous", Severity::High), ("weak", Severity::Medium)];
    let weak = kinds.into_iter().filter_map(|(kind, severity)| {
        let of_kind = test.children_named("cipher").filter(|cipher| cipher.attribute("strength") == kind);
        let names: Vec<String> = of_kind
            .map(|cipher| single_line(&[cipher.attribute("sslversion"), cipher.attribute("cipher")].join(" "), 200))
            .collect();
        let title = format!("The server accepts {kind} ciphers");
        (!names.is_empty()).then(|| (format!("cipher:{kind}"), title, severity, None, names.join("\n")))
    });
    weak.collect()
}

fn certificate(test: &Element) -> Vec<Weak> {
    const SHORTEST_RSA: u32 = 2048;
    let mut weak = vec![];
    for certificate in test.at("certificates").into_iter().flat_map(|all| all.children_named("certificate")) {
        let text = |name: &str| certificate.text_at(name).trim().to_owned();
        let mut add = |rule: &str, title: &str, severity, shown: String| {
            weak.push((format!("certificate:{rule}"), title.to_owned(), severity, None, shown));
        };
        if text("expired") == "true" {
            add("expired", "The certificate has expired", Severity::High, text("not-valid-after"));
        }
        if text("self-signed") == "true" {
            add("self-signed", "The certificate is self-signed", Severity::Medium, text("subject"));
        }
        let signature = text("signature-algorithm");
        if ["md5", "sha1"].iter().any(|old| signature.to_ascii_lowercase().starts_with(old)) {
            add("signature", "The certificate is signed with an old digest", Severity::Medium, signature);
        }
        let key = certificate.at("pk");
        let bits = key.and_then(|key| key.attribute("bits").parse::<u32>().ok());
        if key.is_some_and(|key| key.attribute("type") == "RSA") && bits.is_some_and(|bits| bits < SHORTEST_RSA) {
            let shown = bits.map(|bits| format!("RSA {bits} bits")).unwrap_or_default();
            add("key", "The certificate's key is short", Severity::Medium, shown);
        }
    }
    weak
}
