//! Nuclei: what it writes with `-jsonl`, one object a line, and with `-json-export`, a list.
//!
//! Decisions a reader of findings should know:
//! - **The rule** is the template's id. Where a template names no CVE, the matcher (or extractor) that hit is the check: the
//!   matchers of one template are different statements.
//! - **The place** of a web template is the page; of a network, TLS or DNS template the host, with its port.
//! - **Severity** is the template's word; `unknown` informs. A result whose matcher did not match (`-matcher-status`) is
//!   no finding.
//! - **Never complete**: only hits are written, nothing says what was tried. A run without hits leaves an empty file, which
//!   is no report.

use std::io::Read;

use scanhelm_core::asset::{AssetKey, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::cvss::cvss;
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::json::Sequence;
use crate::json::value::{at, number, text, texts, word};
use crate::network::{self, host_and_port, is_address};
use crate::options::ReadOptions;
use crate::prose::{labelled, paragraphs};
use crate::report::{ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::site::{page, site};
use crate::steps::{Parts, Stepped, Steps};
use crate::weakness::{cves_in, cwes_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "nuclei", name: "Nuclei JSON", extensions: &["jsonl", "json"], sniff: recognises, open };

/// Lower-case product name.
const SCANNER: &str = "nuclei";

fn recognises(sample: &Sample) -> bool {
    ["", "[]."].into_iter().any(|in_list| {
        let has = |key: &str| sample.has_json(&format!("{in_list}{key}"));
        (has("template-id") || has("templateID")) && has("info") && has("type")
    })
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
    let results = Sequence::new(input.content, &options.limits);
    Ok(Stepped::reader(NucleiReader { results, header: Some(header), last: None }, &options.limits))
}

struct NucleiReader {
    results: Sequence<Box<dyn Read + Send>>,
    header: Option<ReportHeader>,
    last: Option<Timestamp>,
}

impl Steps for NucleiReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some(header) = self.header.take() {
            parts.header(header);
        }
        let Some(result) = self.results.next()? else {
            parts.footer(ReportItem::Footer {
                finished_at: self.last,
                complete: false,
                blind: !parts.has_assets(),
                problems: vec![],
            });
            return Ok(());
        };
        match result.parsed::<Value>().and_then(|value| finding(&value)) {
            Ok(None) => Ok(()),
            Ok(Some(finding)) => {
                self.last = self.last.max(finding.seen_at);
                parts.record(Ok(finding), String::new)
            }
            Err(reason) => parts.record(Err(reason), || result.excerpt()),
        }
    }
}

/// The first of these keys that holds a text: versions spell them apart.
fn either<'a>(value: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| text(value, name)).find(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// `Ok(None)`: its matcher did not match.
fn finding(result: &Value) -> Result<Option<FindingRecord>, String> {
    if !result.is_object() {
        return Err("it is no object".to_owned());
    }
    if at(result, "matcher-status") == &Value::Bool(false) {
        return Ok(None);
    }
    let template = single_line(either(result, &["template-id", "templateID"]), 200);
    if template.is_empty() {
        return Err("it has no `template-id`, so nothing says what it is".to_owned());
    }
    let info = at(result, "info");
    let word = text(info, "severity").trim().to_ascii_lowercase();
    let severity = match word.as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        // Templates that rate nothing say so, or nothing.
        "info" | "unknown" | "" => Severity::Info,
        _ => return Err(format!("`{}` is no severity of Nuclei", single_line(&word, 64))),
    };
    let (asset, location) = place(result)?;
    let (mut cves, mut cwes, mut references) = (vec![], vec![], vec![]);
    cves_in(&template, &mut cves);
    texts(info, "classification.cve-id").into_iter().for_each(|text| cves_in(text, &mut cves));
    texts(info, "classification.cwe-id").into_iter().for_each(|text| cwes_in(text, &mut cwes));
    for reference in texts(info, "reference").into_iter().flat_map(str::split_whitespace) {
        if reference.starts_with("http") {
            push_new(&mut references, single_line(reference, 2000));
        }
    }
    let matcher = either(result, &["matcher-name", "matcher_name", "extractor-name", "extractor_name"]);
    let score = cvss(text(info, "classification.cvss-metrics"), number(info, "classification.cvss-score"));
    let title = [text(info, "name"), template.as_str()].into_iter().find(|name| !name.trim().is_empty());
    let extracted = [texts(result, "extracted-results"), texts(result, "extracted_results")].concat();
    Ok(Some(FindingRecord {
        vendor_severity: filled(word),
        check: if cves.is_empty() { filled(single_line(matcher, 200)) } else { None },
        cves,
        cwes,
        cvss: score.filter(|score| score.vector.is_some()).into_iter().collect(),
        family: filled(single_line(&tags(info), 200)),
        description: paragraphs([text(info, "description"), text(info, "impact")]),
        solution: filled(text(info, "remediation")),
        evidence: paragraphs([
            labelled("Matched at", either(result, &["matched-at", "matched"])),
            labelled("Matcher", matcher),
            labelled("Extracted", &extracted.join(", ")),
            labelled("Command", text(result, "curl-command")),
            text(result, "request").to_owned(),
        ]),
        references,
        seen_at: Timestamp::parse(text(result, "timestamp")),
        ..bare(SCANNER, template.clone(), single_line(title.unwrap_or(&template), 500), severity, &asset, location)
    }))
}

fn tags(info: &Value) -> String {
    texts(info, "tags").join(",")
}

/// Where it was found: a page of a site, or a port of a host, or the host.
fn place(result: &Value) -> Result<(AssetRecord, Location), String> {
    let matched = either(result, &["matched-at", "matched", "url", "host"]).trim();
    // Scripts give addresses with a slash in front.
    let matched = matched.strip_prefix('/').filter(|rest| page(rest).is_some()).unwrap_or(matched);
    let is_web = matches!(text(result, "type"), "http" | "headless" | "");
    if let Some(url) = page(matched) {
        if is_web {
            return Ok((site(&url), Location::Web { url, method: None, parameter: parameter(result) }));
        }
    } else if is_web && let Some(url) = page(text(result, "host")) {
        return Ok((site(&url), Location::Web { url, method: None, parameter: parameter(result) }));
    }
    let origin = page(matched);
    let named = origin.as_deref().and_then(|url| url.split('/').nth(2)).unwrap_or(matched);
    let (host, port) = host_and_port(named.split('/').next().unwrap_or_default());
    if host.is_empty() {
        return Err("it does not say where it was found".to_owned());
    }
    let mut asset = network::host([host]);
    let address = single_line(text(result, "ip").trim_end_matches('.'), 60);
    if is_address(&address) && !is_address(host) {
        asset.keys.push(AssetKey::Ip(address));
    }
    let port = port.or_else(|| word(result, "port").parse().ok());
    let scheme = match origin.as_deref() {
        Some(url) if url.starts_with("https") => Some(443),
        Some(_) => Some(80),
        None => None,
    };
    let location = match port.or(scheme) {
        Some(_) if text(result, "type") == "dns" => Location::Asset,
        Some(port) => network::port(port, "tcp", None),
        None => Location::Asset,
    };
    Ok((asset, location))
}

/// Of a fuzzing template.
fn parameter(result: &Value) -> Option<String> {
    filled(single_line(either(result, &["fuzzing_parameter", "fuzzing-parameter"]), 300))
}
