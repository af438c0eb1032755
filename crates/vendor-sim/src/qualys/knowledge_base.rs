//! What the checks are: titles, severities, CVEs. Detections name them by their number only.
//!
//! Without `ids` the answer holds the checks of the catalogue and of all present scans, as many as there are.

use std::collections::BTreeMap;

use axum::response::Response;

use super::answer::{Call, Refused, xml};
use super::checks::{Check, Kind};
use super::document::Document;
use super::holdings::listing;
use crate::estate::plugin::Text;
use crate::estate::survey::catalogue;

/// More numbers than this are not asked for at once.
const MOST_IDS: usize = 10_000;

pub(super) fn list(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    call.only_parameters(&[
        "ids",
        "id_min",
        "id_max",
        "details",
        "is_patchable",
        "published_after",
        "show_qid_change_log",
    ])?;
    let details = match call.parameter("details").unwrap_or("All") {
        "All" => true,
        "Basic" => false,
        other => return Err(Refused::invalid("details", other, "must be Basic or All")),
    };
    let least = call.numbers("id_min")?.and_then(|ranges| ranges.first().map(|range| *range.start())).unwrap_or(0);
    let most = call.numbers("id_max")?.and_then(|ranges| ranges.first().map(|range| *range.end())).unwrap_or(u32::MAX);
    let checks: BTreeMap<u32, Check> = match call.numbers("ids")? {
        Some(ranges) => {
            let numbers = ranges.into_iter().flatten().take(MOST_IDS);
            numbers.filter_map(Check::numbered).map(|check| (check.qid, check)).collect()
        }
        None => all(call),
    };
    let mut document = call.document("KNOWLEDGE_BASE_VULN_LIST_OUTPUT");
    let chosen: Vec<&Check> = checks.values().filter(|check| (least..=most).contains(&check.qid)).collect();
    if !chosen.is_empty() {
        document.open("VULN_LIST");
        for check in chosen {
            write(&mut document, check, details);
        }
        document.close("VULN_LIST");
    }
    Ok(xml(document.finish()))
}

fn all(call: &Call) -> BTreeMap<u32, Check> {
    let mut checks: BTreeMap<u32, Check> = catalogue().map(Check::of).map(|check| (check.qid, check)).collect();
    let state = call.state();
    for scan in state.scans.values() {
        for (_, _, findings) in scan.found(call.now).all(scan.began()) {
            for finding in findings {
                let check = Check::of(&finding.plugin);
                checks.entry(check.qid).or_insert(check);
            }
        }
    }
    checks
}

fn write(document: &mut Document, check: &Check, details: bool) {
    let plugin = &check.plugin;
    let published = format!("{}T00:00:00Z", plugin.published.replace('/', "-"));
    document.open("VULN");
    document.number("QID", check.qid);
    document.text(
        "VULN_TYPE",
        match check.kind {
            Kind::Confirmed => "Vulnerability",
            Kind::Potential => "Potential Vulnerability",
            Kind::Information => "Information Gathered",
        },
    );
    document.number("SEVERITY_LEVEL", check.severity);
    document.cdata("TITLE", &check.title);
    document.text("CATEGORY", &plugin.family);
    document.text("LAST_SERVICE_MODIFICATION_DATETIME", &published);
    document.text("PUBLISHED_DATETIME", &published);
    document.flag("PATCHABLE", plugin.kind == "local");
    if !plugin.cves.is_empty() {
        document.open("CVE_LIST");
        for cve in &plugin.cves {
            document.open("CVE");
            document.cdata("ID", cve);
            document.cdata("URL", &format!("http://cve.mitre.org/cgi-bin/cvename.cgi?name={cve}"));
            document.close("CVE");
        }
        document.close("CVE_LIST");
    }
    if details {
        document.cdata("DIAGNOSIS", &plugin.description);
        document.cdata("CONSEQUENCE", &plugin.synopsis);
        document.cdata("SOLUTION", &plugin.solution);
        score(document, "CVSS", &plugin.cvss2);
        score(document, "CVSS_V3", &plugin.cvss3);
        document.flag("PCI_FLAG", check.severity >= 3 && check.kind != Kind::Information);
        document.open("DISCOVERY");
        document.flag("REMOTE", plugin.kind != "local");
        document.close("DISCOVERY");
    }
    document.close("VULN");
}

fn score(document: &mut Document, name: &str, score: &Option<(Text, Text)>) {
    if let Some((number, vector)) = score {
        document.open(name);
        document.text("BASE", number);
        document.text("VECTOR_STRING", vector);
        document.close(name);
    }
}
