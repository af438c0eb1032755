//! The XML form.

use scanhelm_core::asset::AssetRecord;

use super::Beginning;
use super::issue::{Issue, cvss};
use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{Reader, ReportItem, rejected};
use crate::sample::Sample;
use crate::xml::{Markup, XmlReader};

pub(crate) const FORMAT: Format = Format {
    id: "invicti-xml",
    name: "Invicti (Netsparker, Acunetix 360) XML",
    extensions: &["xml"],
    sniff: recognises,
    open,
};

/// The root is called as the product was at the time.
const ROOTS: [&str; 3] = ["invicti-enterprise", "netsparker-enterprise", "netsparker-cloud"];

fn recognises(sample: &Sample) -> bool {
    sample.xml_root().is_some_and(|root| ROOTS.contains(&root))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut xml = XmlReader::new(input.content, &options.limits);
    loop {
        match xml.next()? {
            Markup::Start(tag) if ROOTS.contains(&tag.name()) => break,
            Markup::Start(tag) => {
                let detail = format!("the root element is <{}> instead of <{}>", tag.name(), ROOTS.join(">, <"));
                return Err(xml.malformed(detail));
            }
            _ => {}
        }
    }
    Ok(Box::new(XmlReport {
        xml,
        ready: Vec::new(),
        asset: None,
        footer: None,
        issues_seen: false,
        record: 0,
        ended: false,
    }))
}

struct XmlReport {
    xml: XmlReader,
    /// Last in, first out.
    ready: Vec<ReportItem>,
    asset: Option<AssetRecord>,
    footer: Option<ReportItem>,
    issues_seen: bool,
    record: u64,
    ended: bool,
}

enum Opened {
    Target,
    Issues,
    Issue(String),
    Other,
}

impl Reader for XmlReport {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            self.advance()?;
        }
    }
}

impl XmlReport {
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let opened = match self.xml.next()? {
            Markup::Start(tag) => match (depth, tag.name()) {
                (1, "target") => Opened::Target,
                (1, "vulnerabilities") => Opened::Issues,
                (2, "vulnerability") => Opened::Issue(tag.raw().to_owned()),
                _ => Opened::Other,
            },
            Markup::Eof => return self.end(),
            _ => return Ok(()),
        };
        match opened {
            Opened::Target => self.read_target(),
            Opened::Issues => {
                self.issues_seen = true;
                Ok(())
            }
            Opened::Issue(raw) => self.read_issue(&raw),
            Opened::Other => self.xml.skip_element(),
        }
    }

    fn read_target(&mut self) -> Result<(), ReadError> {
        let outside = self.xml.depth() - 1;
        let mut url = String::new();
        while self.xml.depth() > outside {
            if matches!(self.xml.next()?, Markup::Start(tag) if tag.name() == "url") {
                url.clear();
                self.xml.read_text(&mut url)?;
            }
        }
        if self.asset.is_some() {
            return Err(self.xml.malformed("it holds a second <target>"));
        }
        let Some(beginning) = Beginning::of(&url, None) else {
            let url = scanhelm_core::text::single_line(&url, 100);
            return Err(self.xml.malformed(format!("its target `{url}` is no web address")));
        };
        self.asset = Some(beginning.asset);
        self.footer = Some(beginning.footer);
        self.ready.extend(beginning.items.into_iter().rev());
        Ok(())
    }

    fn read_issue(&mut self, raw: &str) -> Result<(), ReadError> {
        let Some(asset) = self.asset.clone() else {
            return Err(self.xml.malformed("an issue stands in front of the target"));
        };
        let issue = read_issue(&mut self.xml)?;
        let excerpt = format!("<{raw}> {} {} {}", issue.kind, issue.severity, issue.url);
        let item = match issue.into_record(&asset) {
            Ok(None) => return Ok(()),
            Ok(Some(finding)) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(self.record, reason, &excerpt),
        };
        self.record += 1;
        self.ready.push(item);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        if !self.issues_seen {
            return Err(self.xml.malformed("it holds no <vulnerabilities>, so no results"));
        }
        let Some(footer) = self.footer.take() else {
            return Err(self.xml.malformed("it names no target"));
        };
        self.ended = true;
        self.ready.push(footer);
        Ok(())
    }
}

/// After the start tag of an issue: everything up to its end tag.
fn read_issue(xml: &mut XmlReader) -> Result<Issue, ReadError> {
    let outside = xml.depth() - 1;
    let mut issue = Issue::default();
    let mut nested = Nested::default();
    let mut text = String::new();
    while xml.depth() > outside {
        let within = xml.depth() - outside;
        let name = match xml.next()? {
            Markup::Start(tag) => {
                let (mut first, mut second) = (String::new(), String::new());
                let _ = tag.attributes(|key, value| match key {
                    "name" | "severity" => value.clone_into(&mut first),
                    "value" | "vulnerable" | "title" => value.clone_into(&mut second),
                    _ => {}
                })?;
                match tag.name() {
                    "info" => issue.extra_information.push((first, second)),
                    "parameter" if second.eq_ignore_ascii_case("true") => issue.vulnerable_parameters.push(first),
                    _ => {}
                }
                tag.name().to_owned()
            }
            Markup::End => {
                nested.close(xml.depth() - outside, &mut issue);
                continue;
            }
            _ => continue,
        };
        if has_children(&name) {
            nested.open(&name);
            continue;
        }
        text.clear();
        xml.read_text(&mut text)?;
        take(&mut issue, &mut nested, within, &name, text.trim());
    }
    Ok(issue)
}

fn has_children(name: &str) -> bool {
    matches!(
        name,
        "classification"
            | "cvss"
            | "cvss31"
            | "cvss40"
            | "score"
            | "http-request"
            | "extra-information"
            | "known-vulnerabilities"
            | "known-vulnerability"
            | "parameters"
    )
}

fn take(issue: &mut Issue, nested: &mut Nested, within: usize, name: &str, text: &str) {
    let text = text.to_owned();
    match (within, name) {
        (1, "LookupId") => issue.lookup_id = text,
        (1, "url") => issue.url = text,
        (1, "type") => issue.kind = text,
        (1, "name") => issue.name = text,
        (1, "severity") => issue.severity = text,
        (1, "certainty") => issue.certainty = text,
        (1, "confirmed") => issue.confirmed = text.eq_ignore_ascii_case("true"),
        (1, "state") => issue.state = text,
        (1, "description") => issue.description = text,
        (1, "impact") => issue.impact = text,
        (1, "remedial-actions") => issue.remedial_actions = text,
        (1, "remedial-procedure") => issue.remedial_procedure = text,
        (1, "proof-of-concept") => issue.proof_of_concept = text,
        (1, "external-references") => issue.external_references = text,
        (1, "remedy-references") => issue.remedy_references = text,
        (2, "cwe") => issue.cwe = text,
        (2, "method") => issue.method = text,
        (2, "content") if issue.request.is_empty() => issue.request = text,
        (3, "title") => nested.known.1 = text,
        (3, "severity") => nested.known.0 = text,
        (3, "vector") => nested.vector = text,
        (4, "type") => nested.is_base = text == "Base",
        (4, "value") if nested.is_base => nested.base = text,
        _ => {}
    }
}

/// The nested part that is open: a score, or a known vulnerability.
#[derive(Default)]
struct Nested {
    version: Option<&'static str>,
    vector: String,
    is_base: bool,
    base: String,
    known: (String, String),
}

impl Nested {
    fn open(&mut self, name: &str) {
        match name {
            "cvss" => self.version = Some("3.0"),
            "cvss31" => self.version = Some("3.1"),
            "cvss40" => self.version = Some("4.0"),
            "score" => self.is_base = false,
            _ => {}
        }
    }

    /// An element ended `within` levels of the issue.
    fn close(&mut self, within: usize, issue: &mut Issue) {
        if within != 2 {
            return;
        }
        if let Some(version) = self.version.take() {
            issue.cvss.extend(cvss(version, &std::mem::take(&mut self.vector), &std::mem::take(&mut self.base)));
        }
        if !self.known.1.is_empty() {
            issue.known_vulnerabilities.push(std::mem::take(&mut self.known));
        }
    }
}
