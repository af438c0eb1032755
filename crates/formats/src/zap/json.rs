//! The JSON: the same report with its attributes as keys that begin with `@`.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::alert::{Alert, Instance, named_site};
use super::{SCANNER, generated};
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::json::value::{list, text, word};
use crate::options::ReadOptions;
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "zap-json", name: "ZAP JSON report", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let is_zap = (sample.has_json("@version") || sample.has_json("@generated")) && sample.has_json("site");
    // GitLab writes these keys into reports of its own.
    is_zap && !sample.has_json("vulnerabilities") && !sample.has_json("scan")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, ZapLayout, &options.limits)
}

struct ZapLayout;

impl Layout for ZapLayout {
    fn step(&self, path: &str) -> Step {
        match path {
            // Old versions write a single site without a list.
            "" | "site" | "site[]" | "site[].alerts" | "site.alerts" => Step::Enter,
            "@version" | "@generated" | "site[].@name" | "site.@name" => Step::Keep,
            "site[].alerts[]" | "site.alerts[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let report = sections.first();
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scanner_version: report.text("@version").map(|version| single_line(version, 60)).and_then(filled),
                finished_at: report.text("@generated").and_then(generated),
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        for site in sections.at("site[]").chain(sections.at("site")) {
            if let Some(site) = site.text("@name").and_then(named_site) {
                beginning.cover(site);
            }
        }
        beginning.blind = beginning.covered.is_empty();
        // A site is named because it was met, not because it was scanned at a time.
        for covered in &mut beginning.covered {
            covered.finished_at = None;
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        alert(&record.value()?).findings(record.around.text("@name").unwrap_or_default())
    }
}

fn alert(value: &Value) -> Alert {
    let mut instances: Vec<Instance> = list(value, "instances").iter().map(instance).collect();
    if instances.is_empty() {
        instances.push(Instance { other: String::new(), ..instance(value) });
    }
    let tags = list(value, "tags").iter().map(|tag| word(tag, "tag"));
    Alert {
        plugin: word(value, "pluginid"),
        reference: word(value, "alertRef"),
        name: [word(value, "alert"), word(value, "name")].into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        risk: word(value, "riskcode"),
        risk_words: word(value, "riskdesc"),
        confidence: word(value, "confidence"),
        description: word(value, "desc"),
        solution: word(value, "solution"),
        other: word(value, "otherinfo"),
        references: word(value, "reference"),
        cwe: word(value, "cweid"),
        tags: tags.collect(),
        instances,
    }
}

fn instance(value: &Value) -> Instance {
    let joined = |head: &str, body: &str| [text(value, head), text(value, body)].join("\n\n").trim().to_owned();
    Instance {
        uri: word(value, "uri"),
        method: word(value, "method"),
        parameter: word(value, "param"),
        attack: word(value, "attack"),
        evidence: word(value, "evidence"),
        other: word(value, "otherinfo"),
        request: joined("request-header", "request-body"),
        response: joined("response-header", "response-body"),
    }
}
