//! `/scans/report/`: the findings of one scan, as JSON or XML in the shapes of published reports.
//!
//! Only the vulnerabilities report is simulated, and only in these two formats. A scan that is not over has no
//! report: 400, which is a choice; a cancelled or failed one reports what it found. CVEs stand in the external
//! references.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{Answer, Call, Refused, account_time, duration};
use super::issues::{Issue, seen};
use super::scans::no_such_scan;
use super::state::{Scan, State};
use super::words::{Words, url, words};
use crate::clock::Moment;
use crate::ledger::{Action, FindingRef};
use crate::sites::{Facts, Flaw};

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new().route("/scans/report/", get(report)).route("/scans/report", get(report))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportQuery {
    id: Option<String>,
    format: Option<String>,
    r#type: Option<String>,
    only_confirmed_issues: Option<String>,
    only_unconfirmed_issues: Option<String>,
    exclude_response_data: Option<String>,
}

fn is_true(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

pub(super) fn references(state: &State, scan: &Scan, found: &[(u32, Flaw)]) -> Vec<FindingRef> {
    let site = &scan.order.site;
    found
        .iter()
        .filter_map(|(number, flaw)| Some((number, flaw, words(flaw.weakness)?)))
        .map(|(number, flaw, words)| FindingRef {
            reference: state.issue_id(site, *number),
            asset: site.host.clone(),
            check: words.kind.to_owned(),
            location: format!("{}|{}", url(flaw, &site.origin), flaw.parameter.unwrap_or_default()),
            severity: words.severity.to_lowercase(),
        })
        .collect()
}

async fn report(call: Call, Query(query): Query<ReportQuery>) -> Answer<Response> {
    let required = |field: &Option<String>, name: &str| {
        field.clone().ok_or_else(|| Refused::invalid(format!("{name} is required.")))
    };
    let (id, format, kind) =
        (required(&query.id, "id")?, required(&query.format, "format")?, required(&query.r#type, "type")?);
    if !kind.eq_ignore_ascii_case("vulnerabilities") {
        return Err(Refused::invalid(format!("The report type '{kind}' is not available.")));
    }
    let state = call.state();
    let scan = state.scan(&id).ok_or_else(no_such_scan)?;
    if !scan.is_over(call.now) {
        return Err(Refused::invalid("The scan is not completed."));
    }
    let mut found = scan.found(call.now);
    found.retain(|(_, flaw)| {
        let confirmed = words(flaw.weakness).is_some_and(|words| words.certainty == 100);
        !(is_true(&query.only_confirmed_issues) && !confirmed || is_true(&query.only_unconfirmed_issues) && confirmed)
    });
    let document =
        Document { state: &state, scan, found: &found, now: call.now, bare: is_true(&query.exclude_response_data) };
    let (media_type, extension, text) = match format.to_ascii_lowercase().as_str() {
        "json" => ("application/json", "json", document.json().to_string()),
        "xml" => ("application/xml", "xml", document.xml()),
        other => return Err(Refused::invalid(format!("The format '{other}' is not available for this report."))),
    };
    let served = references(&state, scan, &found);
    call.effect(Action::ExportServed, &scan.id, Some(served.len() as u64));
    call.vendor.site.ledger.hand_out(call.seq, &scan.id, &scan.id, served);
    let disposition = format!("attachment; filename=\"{}-vulnerabilities.{extension}\"", scan.id);
    Ok(([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)], text).into_response())
}

pub(super) fn classification(facts: &Facts, words: Words) -> Value {
    json!({
        "Iso27001": "A.14.2.5",
        "Capec": "",
        "Cvss": cvss(facts, "Base", "Temporal", "Environmental"),
        "Cvss31": null,
        "Cvss40": null,
        "Cwe": facts.cwe.to_string(),
        "Hipaa": "",
        "Owasp": words.owasp,
        "OwaspProactiveControls": "",
        "Pci32": "",
        "Wasc": "",
        "Asvs40": "",
        "Nistsp80053": "",
        "DisaStig": "",
        "OwaspApiTop10": "",
        "OwaspTopTen2021": "",
        "OwaspTopTen2023": "",
        "PciDss40": "",
    })
}

fn cvss(facts: &Facts, base: &str, temporal: &str, environmental: &str) -> Value {
    let score = |kind: &str| json!({ "Severity": rating(facts).0, "Type": kind, "Value": facts.cvss3.0 });
    json!({
        "BaseScore": score(base),
        "EnvironmentalScore": score(environmental),
        "TemporalScore": score(temporal),
        "Vector": facts.cvss3.1,
    })
}

/// The rating of a score as number and word.
fn rating(facts: &Facts) -> (u8, &'static str) {
    match facts.cvss3.0.parse::<f64>().unwrap_or(0.0) {
        score if score >= 9.0 => (4, "Critical"),
        score if score >= 7.0 => (3, "High"),
        score if score >= 4.0 => (2, "Medium"),
        score if score > 0.0 => (1, "Low"),
        _ => (0, "None"),
    }
}

fn external_references(facts: &Facts) -> String {
    let link = |cve: &&str| format!("<li><a href='https://nvd.nist.gov/vuln/detail/{cve}'>{cve}</a></li>");
    let links: String = facts.cves.iter().map(link).collect();
    if links.is_empty() { links } else { format!("<div><ul>{links}</ul></div>") }
}

struct Document<'a> {
    state: &'a State,
    scan: &'a Scan,
    found: &'a [(u32, Flaw)],
    now: Moment,
    /// Without the answers of the site.
    bare: bool,
}

impl Document<'_> {
    fn entries(&self) -> Vec<(Issue<'_>, Words)> {
        let mut known = seen(self.state, &self.scan.order.site.origin, self.now);
        let numbers = self.found.iter().map(|(number, _)| number);
        numbers
            .filter_map(|number| known.remove(number))
            .filter_map(|issue| {
                let words = words(issue.flaw.weakness)?;
                Some((issue, words))
            })
            .collect()
    }

    fn seconds(&self) -> f64 {
        let ended = self.scan.execution.ended.unwrap_or(self.now);
        self.scan.execution.started.map_or(0.0, |started| ended.since(started))
    }

    fn request(&self, flaw: &Flaw) -> String {
        format!("{} {} HTTP/1.1\r\nHost: {}\r\n\r\n", flaw.method, flaw.path, self.scan.order.site.host)
    }

    fn response(&self) -> String {
        if self.bare {
            return String::new();
        }
        format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n<html></html>", self.scan.order.site.server())
    }

    fn json(&self) -> Value {
        let vulnerability = |(issue, words): (Issue<'_>, Words)| {
            let facts = issue.flaw.weakness.facts();
            let place = if issue.flaw.method == "GET" { "Querystring" } else { "Post" };
            let parameters: Vec<Value> = issue
                .flaw
                .parameter
                .iter()
                .map(|name| json!({ "Name": name, "Type": place, "Value": "test", "Vulnerable": true }))
                .collect();
            let known: Vec<Value> = facts
                .cves
                .iter()
                .map(|_| json!({ "Severity": rating(facts).1, "Title": format!("{} Vulnerability", words.name) }))
                .collect();
            json!({
                "Certainty": words.certainty,
                "Classification": classification(facts, words),
                "Confirmed": words.certainty == 100,
                "Description": format!("<p>{}</p>", facts.description),
                "ExploitationSkills": "",
                "ExternalReferences": external_references(facts),
                "ExtraInformation": [{ "Name": "Page", "Value": issue.flaw.path }],
                "FirstSeenDate": account_time(issue.first),
                "HttpRequest": {
                    "Content": self.request(&issue.flaw), "Method": issue.flaw.method, "Parameters": parameters,
                },
                "HttpResponse": { "Content": self.response(), "Duration": 41.4849, "StatusCode": 200 },
                "LookupId": issue.id,
                "Impact": format!("<div>{}</div>", facts.impact),
                "KnownVulnerabilities": known,
                "LastSeenDate": account_time(issue.last),
                "Name": words.name,
                "ProofOfConcept": "",
                "RemedialActions": "",
                "RemedialProcedure": format!("<div>{}</div>", facts.remedy),
                "RemedyReferences": "",
                "Severity": words.severity,
                "State": "Present",
                "Type": words.kind,
                "Url": url(&issue.flaw, &self.scan.order.site.origin),
                "Tags": self.scan.order.tags,
            })
        };
        json!({
            "Generated": account_time(self.now),
            "Target": {
                "Duration": duration(self.seconds()),
                "Initiated": account_time(self.scan.initiated()),
                "ScanId": self.scan.id,
                "Url": self.scan.order.target,
            },
            "Vulnerabilities": self.entries().into_iter().map(vulnerability).collect::<Vec<Value>>(),
        })
    }

    fn xml(&self) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<invicti-enterprise generated=\"{}\">\n<target>\n",
            account_time(self.now)
        );
        element(&mut xml, "scan-id", &self.scan.id);
        element(&mut xml, "url", &self.scan.order.target);
        element(&mut xml, "initiated", &account_time(self.scan.initiated()));
        element(&mut xml, "duration", &duration(self.seconds()));
        xml.push_str("</target>\n<vulnerabilities>\n");
        for (issue, words) in self.entries() {
            self.xml_entry(&mut xml, &issue, words);
        }
        xml.push_str("</vulnerabilities>\n</invicti-enterprise>\n");
        xml
    }

    fn xml_entry(&self, xml: &mut String, issue: &Issue<'_>, words: Words) {
        let facts = issue.flaw.weakness.facts();
        xml.push_str("<vulnerability>\n");
        element(xml, "LookupId", &issue.id);
        element(xml, "url", &url(&issue.flaw, &self.scan.order.site.origin));
        element(xml, "type", words.kind);
        element(xml, "name", words.name);
        element(xml, "severity", words.severity);
        element(xml, "certainty", &words.certainty.to_string());
        element(xml, "confirmed", if words.certainty == 100 { "True" } else { "False" });
        element(xml, "state", "Present");
        element(xml, "FirstSeenDate", &account_time(issue.first));
        element(xml, "LastSeenDate", &account_time(issue.last));
        xml.push_str("<classification>\n");
        element(xml, "owasp", words.owasp);
        element(xml, "wasc", "");
        element(xml, "cwe", &facts.cwe.to_string());
        for name in ["capec", "pci32", "hipaa", "owasppc", "iso27001"] {
            element(xml, name, "");
        }
        for (name, vector) in [("cvss", facts.cvss3.1.to_owned()), ("cvss31", facts.cvss3.1.replace("3.0", "3.1"))] {
            // Writing to a string cannot fail.
            let _ = writeln!(xml, "<{name}>");
            element(xml, "vector", &vector);
            for kind in ["Base", "Temporal", "Environmental"] {
                xml.push_str("<score>\n");
                element(xml, "type", kind);
                element(xml, "value", facts.cvss3.0);
                element(xml, "severity", rating(facts).1);
                xml.push_str("</score>\n");
            }
            let _ = writeln!(xml, "</{name}>");
        }
        xml.push_str("</classification>\n<http-request>\n");
        element(xml, "method", issue.flaw.method);
        text(xml, "content", &self.request(&issue.flaw));
        xml.push_str("</http-request>\n<http-response>\n");
        element(xml, "status-code", "200");
        element(xml, "duration", "41.4849");
        text(xml, "content", &self.response());
        xml.push_str("</http-response>\n<extra-information>\n");
        let _ = writeln!(xml, "<info name=\"Page\" value=\"{}\" />", escaped(&issue.flaw.path));
        xml.push_str("</extra-information>\n");
        text(xml, "description", &format!("<p>{}</p>", facts.description));
        text(xml, "impact", &format!("<div>{}</div>", facts.impact));
        text(xml, "remedial-actions", "");
        text(xml, "exploitation-skills", "");
        text(xml, "remedial-procedure", &format!("<div>{}</div>", facts.remedy));
        text(xml, "remedy-references", "");
        text(xml, "external-references", &external_references(facts));
        text(xml, "proof-of-concept", "");
        element(xml, "tags", "");
        xml.push_str("</vulnerability>\n");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn element(xml: &mut String, name: &str, value: &str) {
    let _ = writeln!(xml, "<{name}>{}</{name}>", escaped(value));
}

fn text(xml: &mut String, name: &str, value: &str) {
    let _ = writeln!(xml, "<{name}><![CDATA[{}]]></{name}>", value.replace("]]>", "]]]]><![CDATA[>"));
}
