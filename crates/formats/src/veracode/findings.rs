//! Findings of Veracode's REST API, a page with `_embedded` or only its list. A page is not a scan: it never closes
//! anything.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::{SCANNER, file, severity};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::html::{links_of, text_of};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{line, list, number, text, words};
use crate::package::{package_location, package_title, push_score};
use crate::report::Reader;
use crate::sample::Sample;
use crate::site::{page, site};
use crate::weakness::cves_in;

pub(super) const FORMAT: Format = Format {
    id: "veracode-findings",
    name: "Veracode findings JSON (REST API)",
    extensions: &["json"],
    sniff: recognises,
    open,
};

fn recognises(sample: &Sample) -> bool {
    let list = |list: &str| {
        sample.has_json(&format!("{list}[].scan_type")) && sample.has_json(&format!("{list}[].finding_details"))
    };
    // A page without results has no `_embedded`; the addresses name what was asked for.
    let empty = sample.is_complete()
        && sample.has_json("page.total_elements")
        && sample.text().contains("/appsec/v2/applications/");
    list("findings") || list("_embedded.findings") || empty
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_key(&mut cursor, |key, cursor| match key {
        "findings" => each_element(cursor, |cursor| report.keep_next(0, cursor)),
        "_embedded" => each_key(cursor, |key, cursor| match key {
            "findings" => each_element(cursor, |cursor| report.keep_next(0, cursor)),
            _ => cursor.skip_value(),
        }),
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Value = parsed(raw)?;
    let word = |path: &str| text(&found, path).unwrap_or_default();
    let approved = word("finding_status.resolution_status").eq_ignore_ascii_case("APPROVED");
    if word("finding_status.status").eq_ignore_ascii_case("CLOSED") || approved {
        return Ok(None);
    }
    let level = words(&found, "finding_details.severity").unwrap_or_default();
    let rank = severity(&level)?;
    let details = |path: &str| text(&found, &format!("finding_details.{path}"));
    let cwe = words(&found, "finding_details.cwe.id").and_then(|cwe| cwe.parse::<u32>().ok());
    let prose = word("description");
    let base = FindingRecord {
        vendor_severity: Some(level),
        cwes: cwe.into_iter().collect(),
        family: details("finding_category.name").map(str::to_owned),
        description: filled(text_of(prose)),
        references: links_of(prose),
        ..bare(SCANNER, "", "", rank, &place.asset, Location::Asset)
    };
    let title = details("cwe.name").or_else(|| details("finding_category.name")).unwrap_or("Flaw");
    let rule = cwe.map(|cwe| format!("CWE-{cwe}"));
    let issue = words(&found, "issue_id").map(|id| format!("issue {id}"));
    let found = match word("scan_type") {
        "SCA" => {
            let id = details("cve.name").ok_or("it names no vulnerability")?;
            let (name, version) =
                (details("component_filename").unwrap_or_default(), details("version").unwrap_or_default());
            let (mut cves, mut cvss) = (vec![], vec![]);
            cves_in(id, &mut cves);
            let score = |path: &str| number(&found, &format!("finding_details.cve.{path}"));
            push_score(
                &mut cvss,
                "3.1",
                details("cve.cvss3.vector").map(|vector| format!("CVSS:3.1/{vector}")).as_deref(),
                score("cvss3.score"),
            );
            push_score(&mut cvss, "2.0", details("cve.vector"), score("cvss"));
            let paths: Vec<&str> =
                list(&found, "finding_details.component_path").filter_map(|path| text(path, "path")).collect();
            let url = file(name, version).ok_or("its component has no name")?;
            FindingRecord {
                rule_id: id.to_owned(),
                title: package_title(name, "", None, id),
                location: package_location(url, None),
                cves,
                cvss,
                evidence: filled(paths.join("\n")),
                ..base
            }
        }
        "DYNAMIC" => {
            let url = details("url").and_then(page).ok_or("it names no address")?;
            FindingRecord {
                rule_id: rule.ok_or("it names no CWE")?,
                title: single_line(details("plugin").unwrap_or(title), 200),
                asset: site(&url),
                location: Location::Web {
                    url,
                    method: None,
                    parameter: details("vulnerable_parameter").map(str::to_owned),
                },
                check: issue,
                ..base
            }
        }
        "STATIC" | "MANUAL" => {
            let path = details("file_path").or_else(|| details("file_name")).unwrap_or_default();
            let path = place.tree.relative(path.trim_start_matches('/'));
            FindingRecord {
                rule_id: rule.ok_or("it names no CWE")?,
                title: single_line(title, 200),
                location: match path.is_empty() {
                    true => Location::Asset,
                    false => Location::Code {
                        path,
                        line: line(&found, "finding_details.file_line_number"),
                        column: None,
                        source: None,
                    },
                },
                check: issue,
                evidence: filled(
                    format!(
                        "{} {}",
                        details("procedure").unwrap_or_default(),
                        details("attack_vector").unwrap_or_default()
                    )
                    .trim(),
                ),
                ..base
            }
        }
        other => return Err(format!("findings of the scan type `{other}` are not read")),
    };
    Ok(Some(found))
}
