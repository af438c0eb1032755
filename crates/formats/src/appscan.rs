//! HCL AppScan's XML report: of AppScan Standard (sites) and of AppScan on Cloud (sites and code). Issues refer to
//! their types, addresses and entities, which stand in groups before or behind them. A report can be filtered and is
//! cut at a number of issues, so it never closes anything. An issue that is fixed, passed or noise is no finding.

use std::collections::HashMap;

use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};

use crate::code_report::{Place, repository};
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::site::{page, site};
use crate::weakness::{cves_in, cwes_in};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "appscan", name: "HCL AppScan XML", extensions: &["xml"], sniff: recognises, open };

const SCANNER: &str = "appscan";
const ROOT: &str = "xml-report";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT) && sample.text().contains("AppScan")
}

/// What issues refer to, by its id.
#[derive(Default)]
struct Context {
    types: HashMap<String, String>,
    addresses: HashMap<String, String>,
    entities: HashMap<String, Entity>,
    start: String,
    technology: String,
    cvss: String,
    size: usize,
}

struct Entity {
    name: String,
    address: String,
    kind: String,
}

impl Context {
    fn add(&mut self, group: &str, item: &Element, limit: usize) -> Result<(), ReadError> {
        let (id, name) = (item.attribute("id").to_owned(), item.text_at("name").to_owned());
        self.size += 100 + id.len() + name.len();
        match group {
            "issue-type-group" => drop(self.types.insert(id, name)),
            "url-group" => drop(self.addresses.insert(id, name)),
            _ => {
                let (address, kind) = (item.text_at("url-name").to_owned(), item.text_at("entity-type").to_owned());
                self.size += address.len();
                self.entities.insert(id, Entity { name, address, kind });
            }
        }
        if self.size > limit {
            let detail = format!("its addresses and entities take more than {limit} bytes");
            return Err(ReadError::Hostile { detail });
        }
        Ok(())
    }
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut xml = XmlReader::new(input.content, &options.limits);
    let root = xml.enter_element(ROOT)?;
    let mut report = Gathered::of(SCANNER);
    let mut context = Context { technology: root.attribute("technology").to_owned(), ..Context::default() };
    let mut application = String::new();
    // The group that is open, a child of the root.
    let mut group = String::new();
    loop {
        let begun = match xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        let depth = xml.depth();
        match (depth, begun.name.as_str()) {
            (2, "scan-information") => {
                let information = xml.read_element(begun)?;
                report.header.scan_name = filled(information.text_at("scan-name"));
                report.header.scanner_version = filled(information.text_at("product-version"));
                report.header.finished_at = Timestamp::parse(information.text_at("scan-date-and-time-iso"));
                context.cvss = information.text_at("cvss-version").to_owned();
            }
            (2, name) => group = name.to_owned(),
            (3, "application-name") => application = xml.read_element(begun)?.text,
            (3, "starting-url") => context.start = xml.read_element(begun)?.text,
            (3, "item") => match group.as_str() {
                "issue-group" => {
                    let issue = xml.read_element(begun)?;
                    report.folder.add(issue.text_at("source-file"));
                    report.keep_value(0, &issue)?;
                }
                "issue-type-group" | "url-group" | "entity-group" => {
                    let item = xml.read_element(begun)?;
                    context.add(&group, &item, options.limits.max_context)?;
                }
                _ => {}
            },
            _ => {}
        }
    }
    report.assets_of_findings_only = context.technology == "DAST";
    let named = options.repository.as_deref().filter(|name| !name.trim().is_empty());
    report.asset = Some(repository(named.or(Some(&application))));
    let turn =
        move |_: u8, raw: &[u8], place: &mut Place| finding(raw, &context, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn finding(raw: &[u8], context: &Context, place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let issue: Element = parsed(raw)?;
    if let Some(fault) = issue.fault {
        return Err(fault);
    }
    let text = |path: &str| issue.text_at(path);
    if matches!(text("status"), "Fixed" | "Passed" | "Noise") {
        return Ok(None);
    }
    let severity = match text("severity").to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "informational" | "information" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of AppScan")),
    };
    let rule = filled(text("issue-type/ref")).ok_or("it names no type")?;
    let title =
        context.types.get(&rule).and_then(|name| filled(name.clone())).or_else(|| filled(text("issue-type-name")));
    let technology = filled(text("technology")).unwrap_or_else(|| context.technology.clone());
    let (asset, location) = if technology == "SAST" || !text("source-file").is_empty() {
        let path = place.tree.relative(filled(text("source-file")).as_deref().unwrap_or(issue.attribute("filename")));
        let line = text("line").parse().ok().filter(|line| *line > 0);
        let source = filled(issue.attribute("context"));
        (place.asset.clone(), Location::Code { path, line, column: None, source })
    } else {
        let entity = context.entities.get(text("entity/ref"));
        let listed = context.addresses.get(text("url/ref")).map(String::as_str);
        let candidates =
            [listed, Some(text("location")), entity.map(|entity| entity.address.as_str()), Some(&context.start)];
        let url = candidates.into_iter().flatten().find_map(page).ok_or("it names no address")?;
        // A page is no parameter; in the cloud's report the element itself is told.
        let (kind, name) = match entity {
            Some(entity) => (entity.kind.as_str(), entity.name.as_str()),
            None => (text("element-type"), text("element")),
        };
        let parameter = filled(name).filter(|_| !matches!(kind, "Page" | "" | "None"));
        (site(&url), Location::Web { url, method: filled(text_of_method(&issue)), parameter })
    };
    let (mut cves, mut cwes) = (vec![], vec![]);
    cves_in(issue.attribute("cve"), &mut cves);
    cwes_in(&format!("CWE-{}", filled(text("cwe")).as_deref().unwrap_or(text("cwe/ref"))), &mut cwes);
    let mut reasons = vec![];
    issue.all_named("reasoning", &mut reasons);
    let reason = reasons.first().map_or("", |reason| reason.text.as_str());
    let cvss = score(text("cvss-score"), text("cvss-vector/vector"), &context.cvss);
    Ok(Some(FindingRecord {
        vendor_severity: filled(text("severity")),
        cves,
        cwes,
        cvss: cvss.into_iter().collect(),
        family: filled(technology),
        description: filled(reason),
        evidence: filled(issue.attribute("context")),
        ..bare(SCANNER, rule.clone(), single_line(title.as_deref().unwrap_or(&rule), 200), severity, &asset, location)
    }))
}

fn text_of_method(issue: &Element) -> &str {
    issue.at("url").map_or("", |url| url.attribute("original_request_method"))
}

/// The vector leaves out which version it is of, and metrics that are not set stand in it.
fn score(score: &str, vector: &str, version: &str) -> Option<CvssScore> {
    let score = score.parse().ok().filter(|score| (0.0..=10.0).contains(score))?;
    let set: Vec<&str> = vector.split('/').filter(|metric| !metric.is_empty() && !metric.ends_with(":X")).collect();
    let version = if version.is_empty() { "3.1" } else { version };
    let prefix = if version.starts_with('2') { String::new() } else { format!("CVSS:{version}/") };
    let vector = (!set.is_empty()).then(|| format!("{prefix}{}", set.join("/")));
    Some(CvssScore { version: single_line(version, 10), vector, score: Some(score) })
}
