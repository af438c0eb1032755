//! The text of exports and reports.
//!
//! The XML has the elements of the exports people have published. None of those names a CVE: how one is written here
//! is a choice.

use std::fmt::Write;

use super::known::url;
use super::state::{Outcome, Target};
use super::words::{SEVERITIES, words};
use crate::clock::Moment;
use crate::lifecycle::Phase;
use crate::sites::Flaw;

/// Colours of the severities, info first.
const COLOURS: [&str; 5] = ["green", "blue", "orange", "red", "red"];

/// The parts of a CVSS 3 vector and what their letters mean.
const CVSS3: [(&str, &[&str]); 8] = [
    ("AV", &["Network", "Adjacent", "Local", "Physical"]),
    ("AC", &["Low", "High"]),
    ("PR", &["None", "Low", "High"]),
    ("UI", &["None", "Required"]),
    ("S", &["Unchanged", "Changed"]),
    ("C", &["None", "Low", "High"]),
    ("I", &["None", "Low", "High"]),
    ("A", &["None", "Low", "High"]),
];

/// One result of a document.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) target: &'a Target,
    pub(super) result: &'a Outcome,
    pub(super) found: Vec<(u32, Flaw)>,
}

/// Times follow the locale of the server, without a zone.
fn time(moment: Moment) -> String {
    moment.format("%d/%m/%Y, %H:%M:%S")
}

fn element(xml: &mut String, name: &str, text: &str) {
    let text = text.replace("]]>", "]]]]><![CDATA[>");
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "<{name}><![CDATA[{text}]]></{name}>");
}

/// For attributes and HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(super) fn xml(sections: &[Section<'_>], now: Moment) -> String {
    let mut xml = format!("<?xml version=\"1.0\"?>\n<ScanGroup ExportedOn=\"{}\">\n", time(now));
    for section in sections {
        let result = section.result;
        let ended = result.execution.ended.unwrap_or(now);
        let seconds = ended.since(result.began()).max(0.0) as u64;
        xml.push_str("<Scan>\n");
        element(&mut xml, "Name", &section.target.description);
        element(&mut xml, "ShortName", &section.target.site.host);
        element(&mut xml, "StartURL", &section.target.address);
        element(&mut xml, "StartTime", &time(result.began()));
        element(&mut xml, "FinishTime", &time(ended));
        element(&mut xml, "ScanTime", &format!("{} minutes, {} seconds", seconds / 60, seconds % 60));
        let aborted = matches!(result.execution.phase(), Phase::Canceled | Phase::Aborted);
        element(&mut xml, "Aborted", if aborted { "True" } else { "False" });
        element(&mut xml, "Responsive", "True");
        element(&mut xml, "Banner", section.target.site.server());
        element(&mut xml, "Os", section.target.site.operating_system());
        element(&mut xml, "WebServer", section.target.site.server());
        element(&mut xml, "Technologies", &format!("{:?}", section.target.site.platform));
        let _ = writeln!(
            xml,
            "<Crawler StartUrl=\"{}\">\n<Cookies></Cookies>\n<SiteFiles>\n<SiteFile id=\"1\">",
            escaped(&section.target.address)
        );
        element(&mut xml, "Name", &section.target.address);
        element(&mut xml, "URL", "/");
        element(&mut xml, "FullURL", &section.target.address);
        xml.push_str("</SiteFile>\n</SiteFiles>\n</Crawler>\n");
        xml.push_str("<ReportItems>\n");
        for (index, (_, flaw)) in section.found.iter().enumerate() {
            item(&mut xml, index, flaw);
        }
        xml.push_str("</ReportItems>\n</Scan>\n");
    }
    xml.push_str("</ScanGroup>\n");
    xml
}

fn item(xml: &mut String, index: usize, flaw: &Flaw) {
    let facts = flaw.weakness.facts();
    let Some(words) = words(flaw.weakness) else { return };
    let severity = usize::from(words.severity);
    let _ = writeln!(
        xml,
        "<ReportItem id=\"{}\" color=\"{}\">",
        index + 1,
        COLOURS.get(severity).copied().unwrap_or("green")
    );
    element(xml, "Name", words.name);
    element(xml, "ModuleName", &format!("{:?}.script", flaw.weakness));
    element(xml, "Details", facts.description);
    element(xml, "Affects", &flaw.path);
    element(xml, "Parameter", flaw.parameter.unwrap_or_default());
    for name in ["AOP_SourceFile", "AOP_SourceLine", "AOP_Additional", "IsFalsePositive"] {
        element(xml, name, "");
    }
    element(xml, "Severity", SEVERITIES.get(severity).copied().unwrap_or("info"));
    element(xml, "Type", words.kind);
    element(xml, "Impact", facts.impact);
    element(xml, "Description", facts.description);
    element(xml, "DetailedInformation", "");
    element(xml, "Recommendation", facts.remedy);
    xml.push_str("<TechnicalDetails>\n");
    element(xml, "Request", &format!("{} {} HTTP/1.1", flaw.method, flaw.path));
    xml.push_str("</TechnicalDetails>\n<CWEList>\n");
    let _ = writeln!(xml, "<CWE id=\"{0}\"><![CDATA[CWE-{0}]]></CWE>", facts.cwe);
    xml.push_str("</CWEList>\n<CVEList>\n");
    for cve in facts.cves {
        xml.push_str("<CVE>\n");
        element(xml, "ID", cve);
        xml.push_str("</CVE>\n");
    }
    xml.push_str("</CVEList>\n<CVSS>\n");
    // There is no vector of the second version for the weaknesses of the simulator.
    for name in ["Descriptor", "Score", "AV", "AC", "Au", "C", "I", "A", "E", "RL", "RC"] {
        element(xml, name, "");
    }
    xml.push_str("</CVSS>\n<CVSS3>\n");
    element(xml, "Descriptor", facts.cvss3.1);
    element(xml, "Score", facts.cvss3.0);
    element(xml, "TempScore", "");
    element(xml, "EnvScore", "");
    for (name, values) in CVSS3 {
        element(xml, name, spelled_out(facts.cvss3.1, name, values));
    }
    for name in ["E", "RL", "RC"] {
        element(xml, name, "");
    }
    xml.push_str("</CVSS3>\n<References>\n<Reference>\n");
    element(xml, "Database", &format!("CWE-{}", facts.cwe));
    element(xml, "URL", &format!("https://cwe.mitre.org/data/definitions/{}.html", facts.cwe));
    xml.push_str("</Reference>\n</References>\n</ReportItem>\n");
}

/// What the value of `name` in a vector means; empty when the vector does not say.
fn spelled_out(vector: &str, name: &str, values: &[&'static str]) -> &'static str {
    let value = vector.split('/').filter_map(|part| part.split_once(':')).find(|(key, _)| *key == name);
    let word = value.and_then(|(_, letter)| values.iter().find(|word| word.starts_with(letter)));
    word.copied().unwrap_or_default()
}

pub(super) fn html(sections: &[Section<'_>], title: &str) -> String {
    let mut page = format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1>\n");
    for section in sections {
        let _ = writeln!(page, "<h2>{}</h2>\n<ul>", escaped(&section.target.address));
        for (_, flaw) in &section.found {
            let name = words(flaw.weakness).map_or("", |words| words.name);
            let _ = writeln!(page, "<li>{}: {}</li>", escaped(name), escaped(&url(flaw, section.target)));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</body></html>\n");
    page
}
