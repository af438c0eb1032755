//! `detailedreport.xml`. It holds the results of one finished build. It counts its flaws; one that holds as many, all of
//! whose analyses were published, is complete, and the kinds of analyses are its policy.

use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde::{Deserialize, Serialize};

use super::{SCANNER, application, file, library, severity};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::package::{package_location, package_title};
use crate::report::Reader;
use crate::sample::Sample;
use crate::site::{page, site};
use crate::weakness::{cves_in, cwes_in};
use crate::xml::{Element, Markup, XmlReader};

pub(super) const FORMAT: Format =
    Format { id: "veracode", name: "Veracode detailed report XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "detailedreport";
const FLAW: u8 = 0;
const COMPONENT: u8 = 1;

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

/// What stands above a flaw.
#[derive(Default, Serialize, Deserialize)]
struct Words {
    category: String,
    description: String,
    recommendation: String,
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut xml = XmlReader::new(input.content, &options.limits);
    let root = xml.enter_element(ROOT)?;
    let mut report = Gathered::of(SCANNER);
    report.asset = Some(application(root.attribute("app_name"), options));
    report.header.scan_name = filled(root.attribute("version"));
    let (mut flaws, mut kinds, mut published) = (0_u64, vec![], true);
    let mut words = Words::default();
    loop {
        let begun = match xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => break,
            _ => continue,
        };
        match begun.name.as_str() {
            "static-analysis" | "dynamic-analysis" | "manual-analysis" => {
                kinds.push(begun.name.trim_end_matches("-analysis").to_owned());
                published &= !begun.attribute("published_date").is_empty();
                report.header.scanner_version =
                    filled(begun.attribute("engine_version")).or(report.header.scanner_version);
            }
            "category" => words = Words { category: begun.attribute("categoryname").to_owned(), ..Words::default() },
            "desc" => words.description = paragraphs(&xml.read_element(begun)?),
            "recommendations" => words.recommendation = paragraphs(&xml.read_element(begun)?),
            "flaw" => {
                flaws += 1;
                let flaw = xml.read_element(begun)?;
                report.keep_value(FLAW, &(&words, flaw))?;
            }
            "component" => {
                let component = xml.read_element(begun)?;
                report.keep_value(COMPONENT, &component)?;
            }
            _ => {}
        }
    }
    report.complete = published && !kinds.is_empty() && root.attribute("total_flaws").parse() == Ok(flaws);
    report.header.policy = filled(kinds.join(","));
    let turn = |kind: u8, raw: &[u8], place: &mut Place| match kind {
        FLAW => flaw(raw, place).transpose().into_iter().collect(),
        _ => component(raw, place),
    };
    report.into_reader(options, Box::new(turn))
}

fn paragraphs(element: &Element) -> String {
    let (mut paragraphs, mut items) = (vec![], vec![]);
    element.all_named("para", &mut paragraphs);
    for paragraph in paragraphs {
        items.push(paragraph.attribute("text").to_owned());
        items.extend(paragraph.children_named("bulletitem").map(|item| format!("- {}", item.attribute("text"))));
    }
    items.join("\n")
}

fn flaw(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let (words, flaw): (Words, Element) = parsed(raw)?;
    if let Some(fault) = &flaw.fault {
        return Err(fault.clone());
    }
    let is = |name: &str, word: &str| flaw.attribute(name).eq_ignore_ascii_case(word);
    if is("remediation_status", "Fixed") || is("mitigation_status", "accepted") {
        return Ok(None);
    }
    let rank = severity(flaw.attribute("severity"))?;
    let mut cwes = vec![];
    cwes_in(&format!("CWE-{}", flaw.attribute("cweid")), &mut cwes);
    let cwe = cwes.first().ok_or("it names no CWE")?;
    let id = filled(flaw.attribute("issueid")).ok_or("it has no `issueid`")?;
    let url = page(flaw.attribute("url"));
    let (asset, location) = match &url {
        Some(url) => {
            let parameter = filled(flaw.attribute("vuln_parameter"));
            (site(url), Location::Web { url: url.clone(), method: None, parameter })
        }
        None => {
            let folder = flaw.attribute("sourcefilepath").trim_end_matches('/');
            let path = format!("{folder}/{}", flaw.attribute("sourcefile"));
            let path = place.tree.relative(path.trim_start_matches('/'));
            let line = flaw.attribute("line").parse().ok().filter(|line| *line > 0);
            (place.asset.clone(), Location::Code { path, line, column: None, source: None })
        }
    };
    let evidence = ["module", "type", "functionprototype", "mitigation_status_desc", "note"]
        .map(|name| (name, flaw.attribute(name)))
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}: {value}"));
    Ok(Some(FindingRecord {
        vendor_severity: filled(flaw.attribute("severity")),
        check: Some(format!("issue {id}")),
        family: filled(words.category.clone()),
        description: filled(format!("{}\n\n{}", flaw.attribute("description"), words.description).trim()),
        solution: filled(words.recommendation),
        evidence: filled(evidence.collect::<Vec<_>>().join("\n")),
        ..bare(
            SCANNER,
            format!("CWE-{cwe}"),
            single_line(filled(flaw.attribute("categoryname")).as_deref().unwrap_or(&words.category), 200),
            rank,
            &asset,
            location,
        )
    })
    .map(|found| FindingRecord { cwes, ..found }))
}

fn component(raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let component: Element = match parsed(raw) {
        Ok(component) => component,
        Err(reason) => return vec![Err(reason)],
    };
    if let Some(fault) = component.fault.clone() {
        return vec![Err(fault)];
    }
    let mut found = vec![];
    component.all_named("vulnerability", &mut found);
    let open =
        found.into_iter().filter(|vulnerability| !vulnerability.attribute("mitigation").eq_ignore_ascii_case("true"));
    open.map(|vulnerability| package(&component, vulnerability, place)).collect()
}

fn package(component: &Element, vulnerability: &Element, place: &Place) -> Outcome {
    let rank = severity(vulnerability.attribute("severity"))?;
    let id = filled(vulnerability.attribute("cve_id")).ok_or("it has no `cve_id`")?;
    let (name, version) = (component.attribute("file_name"), component.attribute("version"));
    let url = library(component.attribute("library_id")).or_else(|| file(name, version));
    let url = url.ok_or("its component has no name")?;
    let (mut cves, mut cwes) = (vec![], vec![]);
    cves_in(&id, &mut cves);
    cwes_in(vulnerability.attribute("cwe_id"), &mut cwes);
    let mut paths = vec![];
    component.all_named("file_path", &mut paths);
    let paths: Vec<&str> = paths.iter().map(|path| path.attribute("value")).collect();
    let score = vulnerability.attribute("cvss_score").parse().ok().filter(|score| (0.0..=10.0).contains(score));
    Ok(FindingRecord {
        vendor_severity: filled(vulnerability.attribute("severity")),
        cves,
        cwes,
        // The report does not tell the version of the score; Veracode rates packages by version 2 here.
        cvss: score
            .map(|score| CvssScore { version: "2.0".to_owned(), vector: None, score: Some(score) })
            .into_iter()
            .collect(),
        family: Some("packages".to_owned()),
        description: filled(vulnerability.attribute("cve_summary")),
        evidence: filled(paths.join("\n")),
        ..bare(
            SCANNER,
            id.clone(),
            package_title(component.attribute("library"), version, None, &id),
            rank,
            &place.asset,
            package_location(url, None),
        )
    })
}
