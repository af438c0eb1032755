//! The results of one scan, at once and whole, as JSON or CSV.
//!
//! The rows and their fields are recorded. The CSV has the same fields under the names of the vendor's own table, after
//! two lines about the account and two about the scan.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};

use super::answer::{Call, Refused};
use super::checks::{Check, Kind};
use super::control::known;
use super::holdings;
use super::state::Scan;
use crate::clock::Moment;
use crate::estate::hosts::Host;
use crate::estate::plugin::Finding;
use crate::ledger::Action;

/// Field of the JSON and title of the CSV column; the first fifteen make up a brief answer.
const FIELDS: [(&str, &str); 31] = [
    ("ip", "IP"),
    ("dns", "DNS"),
    ("netbios", "NetBIOS"),
    ("qid", "QID"),
    ("instance", "Instance"),
    ("port", "Port"),
    ("protocol", "Protocol"),
    ("fqdn", "FQDN"),
    ("ssl", "SSL"),
    ("results", "Result"),
    ("type", "Type"),
    ("severity", "Severity"),
    ("title", "Title"),
    ("os", "OS"),
    ("ip_status", "IP Status"),
    ("cve_id", "CVE ID"),
    ("vendor_reference", "Vendor Reference"),
    ("bugtraq_id", "Bugtraq ID"),
    ("cvss_base", "CVSS Base"),
    ("cvss_temporal", "CVSS Temporal"),
    ("cvss3_base", "CVSS3 Base"),
    ("cvss3_temporal", "CVSS3 Temporal"),
    ("threat", "Threat"),
    ("impact", "Impact"),
    ("solution", "Solution"),
    ("exploitability", "Exploitability"),
    ("associated_malware", "Associated Malware"),
    ("pci_vuln", "PCI Vuln"),
    ("category", "Category"),
    ("os_cpe", "OS CPE"),
    ("ip_interfaces", "IP Interfaces"),
];
const BRIEF: usize = 15;

pub(super) fn fetch(call: &Call) -> Result<Response, Refused> {
    call.only_parameters(&["scan_ref", "ips", "mode", "output_format", "client_id", "client_name"])?;
    let (as_json, extended_format) = match call.parameter("output_format").unwrap_or("csv") {
        "json" => (true, false),
        "json_extended" => (true, true),
        "csv" => (false, false),
        "csv_extended" => (false, true),
        other => {
            return Err(Refused::invalid("output_format", other, "must be csv, json, csv_extended or json_extended"));
        }
    };
    let brief = match call.parameter("mode") {
        None => !extended_format,
        Some("brief") => true,
        Some("extended") => false,
        Some(other) => return Err(Refused::invalid("mode", other, "must be brief or extended")),
    };
    let scan = known(&mut call.state(), call)?.clone();
    if !scan.is_fetchable(call.now) {
        let (reference, state) = (&scan.reference, scan.state(call.now));
        return Err(Refused::blocked(format!("The results of {reference} cannot be fetched while it is {state}.")));
    }
    let found = scan.found(call.now);
    let wanted = call.parameter("ips").map(|ips| ips.split(',').map(|ip| ip.trim().to_owned()).collect::<Vec<_>>());
    let included = move |host: &Host| wanted.as_ref().is_none_or(|ips| ips.contains(&host.ip));
    let references: Vec<_> = found
        .all(scan.began())
        .filter(|(_, host, _)| included(host))
        .flat_map(|(_, host, findings)| {
            findings.iter().map(|finding| Check::of(&finding.plugin).reference(host, finding)).collect::<Vec<_>>()
        })
        .collect();
    call.effect(Action::ExportServed, &scan.reference, Some(references.len() as u64));
    call.qualys.site.ledger.hand_out(call.seq, &scan.reference, &scan.reference, references);

    let fields = FIELDS.get(..if brief { BRIEF } else { FIELDS.len() }).unwrap_or(&FIELDS);
    let head = if as_json { json_head(call, &scan) } else { csv_head(call, &scan, fields) };
    let foot = if as_json { json_foot(&scan) } else { String::new() };
    let began = scan.began();
    let hosts = (0..found.hosts().len()).map(move |index| {
        let Some(host) = found.hosts().get(index).filter(|host| included(host)) else { return Bytes::new() };
        let mut part = String::new();
        for finding in found.of_host(index, began) {
            let row = row(host, &finding);
            if as_json {
                part.push_str(",\n");
                part.push_str(&picked(&row, fields).to_string());
            } else {
                part.push_str(&csv_line(fields.iter().map(|(name, _)| cell(&row, name))));
            }
        }
        Bytes::from(part)
    });
    let parts = std::iter::once(Bytes::from(head)).chain(hosts).chain(std::iter::once(Bytes::from(foot)));
    let mut response = Response::new(Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>))));
    let media_type = if as_json { "application/json" } else { "text/csv;charset=UTF-8" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}

fn american(moment: Moment) -> String {
    moment.format("%m/%d/%Y %H:%M:%S")
}

/// The account, then the scan.
fn heads(call: &Call, scan: &Scan) -> [Value; 2] {
    let state = call.state();
    let (ended, active) = (scan.state(call.now), scan.found(call.now).hosts().len());
    let user = state.access.username();
    let account = json!({
        "scan_report_template_title": "Scan Results", "result_date": american(call.now), "company": "Corp Example",
        "add1": "", "add2": null, "city": "Frankfurt", "state": "Hesse", "country": "Germany", "zip": "60311",
        "name": user, "username": user, "role": call.role(),
    });
    let header = json!({
        "launch_date": american(scan.execution.created),
        "active_hosts": active.to_string(),
        "total_hosts": scan.survey.hosts.len().to_string(),
        "type": scan.kind,
        "status": ended,
        "reference": scan.reference,
        "scanner_appliance": scan.appliance,
        "duration": scan.duration(call.now),
        "scan_title": scan.title,
        "asset_groups": scan.groups.join(", "),
        "ips": scan.target,
        "excluded_ips": null,
        "option_profile": holdings::profile(scan.profile).map_or("", |profile| profile.title),
    });
    [account, header]
}

fn json_head(call: &Call, scan: &Scan) -> String {
    let [account, header] = heads(call, scan);
    format!("[{account},\n{header}")
}

fn json_foot(scan: &Scan) -> String {
    let addresses: Vec<&str> = scan.survey.hosts.iter().map(|host| host.ip.as_str()).collect();
    let distribution = format!("{} : {}", scan.appliance, addresses.join(", "));
    format!(",\n{}]\n", json!({ "target_distribution_across_scanner_appliances": distribution }))
}

fn csv_head(call: &Call, scan: &Scan, fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for block in heads(call, scan) {
        let Value::Object(block) = block else { continue };
        text.push_str(&csv_line(block.keys().cloned()));
        text.push_str(&csv_line(block.values().map(|value| value.as_str().unwrap_or_default().to_owned())));
        text.push('\n');
    }
    text + &csv_line(fields.iter().map(|(_, title)| (*title).to_owned()))
}

fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    cells.join(",") + "\n"
}

fn cell(row: &Value, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn picked(row: &Value, fields: &[(&str, &str)]) -> Value {
    fields.iter().map(|(name, _)| ((*name).to_owned(), row.get(name).cloned().unwrap_or(Value::Null))).collect()
}

fn row(host: &Host, finding: &Finding) -> Value {
    let check = Check::of(&finding.plugin);
    let plugin = &check.plugin;
    let score = |score: &Option<(crate::estate::plugin::Text, crate::estate::plugin::Text)>| {
        score.as_ref().map(|(number, _)| number.to_string())
    };
    let has_port = finding.port > 0;
    json!({
        "ip": host.ip,
        "dns": host.fqdn.as_deref().unwrap_or("No registered hostname"),
        "netbios": null,
        "os": host.operating_system,
        "ip_status": "host scanned, found vuln",
        "qid": check.qid.to_string(),
        "title": check.title,
        "type": check.kind.in_results(),
        "severity": check.severity.to_string(),
        "port": has_port.then(|| finding.port.to_string()),
        "protocol": has_port.then(|| finding.protocol.to_string()),
        "fqdn": host.fqdn,
        "ssl": if matches!(finding.port, 443 | 8443) { "over ssl" } else { "no" },
        "cve_id": (!plugin.cves.is_empty()).then(|| plugin.cves.join(", ")),
        "vendor_reference": null,
        "bugtraq_id": null,
        "cvss_base": score(&plugin.cvss2),
        "cvss_temporal": null,
        "cvss3_base": score(&plugin.cvss3),
        "cvss3_temporal": null,
        "threat": plugin.description,
        "impact": plugin.synopsis,
        "solution": plugin.solution,
        "exploitability": plugin.exploit_available.then_some("Exploits are available"),
        "associated_malware": null,
        "results": finding.output,
        "pci_vuln": if check.kind == Kind::Information || check.severity < 3 { "no" } else { "yes" },
        "instance": null,
        "category": plugin.family,
        "os_cpe": null,
        "ip_interfaces": null,
    })
}
