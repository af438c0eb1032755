//! Alerts of GitHub: code scanning, Dependabot and secret scanning, as lists of the REST API, as the body of a webhook
//! delivery, and Dependabot's of the GraphQL API. An alert that is dismissed, fixed, resolved or closed is no
//! finding. A list is what was asked for, so it never closes anything.
//!
//! A code scanning alert is known by tool, rule and file, as in a SARIF without the matched lines; a Dependabot alert by its
//! CVE or GHSA, package and manifest: the alert does not tell which version is installed.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{first_text, line, list, number, text, texts};
use crate::package::{generic, kind_of, package_location, package_title, purl, push_score, severity_or_reason};
use crate::report::Reader;
use crate::sample::Sample;
use crate::secrets::Leak;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "github", name: "GitHub alerts JSON", extensions: &["json"], sniff: recognises, open };

/// A GraphQL repository with its alerts.
const REPOSITORY: u8 = 1;

fn recognises(sample: &Sample) -> bool {
    let alert = |at: &str| {
        let has = |key: &str| sample.has_json(&format!("{at}.{key}"));
        has("rule.id") && has("tool.name")
            || has("security_advisory.ghsa_id")
            || has("secret_type") && has("locations_url")
    };
    let graph = ["data.search.nodes[].vulnerabilityAlerts", "data.repository.vulnerabilityAlerts"];
    alert("[]") && sample.has_json("[].state")
        || alert("alert") && sample.has_json("action")
        || graph.iter().any(|path| sample.has_json(path))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("github");
    report.conceal = true;
    report.assets_of_findings_only = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    if cursor.peek()? == Some(b'[') {
        each_element(&mut cursor, |cursor| report.keep_next(0, cursor))?;
    } else {
        each_key(&mut cursor, |key, cursor| match key {
            "alert" => report.keep_next(0, cursor),
            "data" => each_key(cursor, |key, cursor| match key {
                "repository" => report.keep_next(REPOSITORY, cursor),
                "search" => each_key(cursor, |key, cursor| match key {
                    "nodes" => each_element(cursor, |cursor| report.keep_next(REPOSITORY, cursor)),
                    _ => cursor.skip_value(),
                }),
                _ => cursor.skip_value(),
            }),
            _ => cursor.skip_value(),
        })?;
    }
    cursor.end()?;
    let named = options.repository.clone();
    let turn = move |kind: u8, raw: &[u8], place: &mut Place| {
        let value: Value = match parsed(raw) {
            Ok(value) => value,
            Err(reason) => return vec![Err(reason)],
        };
        if kind == REPOSITORY {
            let name = first_text(&value, &["nameWithOwner", "name"]).unwrap_or_default();
            place.asset = asset(named.as_deref(), Some(name));
            return list(&value, "vulnerabilityAlerts.nodes")
                .filter_map(|alert| of_graph(alert, place).transpose())
                .collect();
        }
        place.asset = asset(named.as_deref(), repository_of(&value).as_deref());
        finding(&value, place).transpose().into_iter().collect()
    };
    report.into_reader(options, Box::new(turn))
}

fn asset(named: Option<&str>, own: Option<&str>) -> AssetRecord {
    let name = [named, own].into_iter().flatten().find(|name| !name.trim().is_empty());
    crate::code_report::repository(name)
}

/// `github.com/owner/name`, as a SARIF names it.
fn repository_of(alert: &Value) -> Option<String> {
    let address = text(alert, "repository.html_url").or_else(|| text(alert, "html_url"))?;
    let parts: Vec<&str> = address.split_once("://")?.1.split('/').take(3).collect();
    (parts.len() == 3).then(|| parts.join("/"))
}

fn is_open(alert: &Value) -> bool {
    let state = first_text(alert, &["most_recent_instance.state", "state"]).unwrap_or("open");
    let overall = text(alert, "state").unwrap_or("open");
    [state, overall].iter().all(|state| state.eq_ignore_ascii_case("open")) && text(alert, "dismissedAt").is_none()
}

fn finding(alert: &Value, place: &mut Place) -> Result<Option<FindingRecord>, String> {
    if !is_open(alert) {
        return Ok(None);
    }
    let found = if alert.get("security_advisory").is_some() {
        dependency(alert, place)
    } else if alert.get("secret_type").is_some() {
        Ok(secret(alert, place))
    } else {
        code(alert, place)
    };
    found.map(Some)
}

fn code(alert: &Value, place: &Place) -> Result<FindingRecord, String> {
    let rule = first_text(alert, &["rule.id", "rule.name"]).ok_or("it names no rule")?;
    let tool = text(alert, "tool.name").ok_or("it names no tool")?;
    let (severity, word) = match text(alert, "rule.security_severity_level") {
        Some(word) => (severity_or_reason(word, "GitHub")?, word),
        None => match text(alert, "rule.severity") {
            Some(word @ "error") => (Severity::High, word),
            Some(word @ "warning") => (Severity::Medium, word),
            Some(word @ "note") => (Severity::Low, word),
            Some(word @ "none") => (Severity::Info, word),
            other => return Err(format!("`{}` is no severity of GitHub", other.unwrap_or_default())),
        },
    };
    let (mut cwes, mut cves) = (vec![], vec![]);
    texts(alert, "rule.tags").iter().for_each(|tag| cwes_in(tag, &mut cwes));
    cves_in(rule, &mut cves);
    let location = match text(alert, "most_recent_instance.location.path") {
        Some(path) => Location::Code {
            path: place.tree.relative(path),
            line: line(alert, "most_recent_instance.location.start_line"),
            column: line(alert, "most_recent_instance.location.start_column"),
            source: None,
        },
        None => Location::Asset,
    };
    let title = first_text(alert, &["rule.description", "rule.name"]).unwrap_or(rule);
    Ok(FindingRecord {
        vendor_severity: Some(word.to_owned()),
        cves,
        cwes,
        description: first_text(alert, &["most_recent_instance.message.text", "rule.full_description"])
            .map(str::to_owned),
        references: text(alert, "html_url").map(str::to_owned).into_iter().collect(),
        ..bare(&tool.to_ascii_lowercase(), rule, single_line(title, 200), severity, &place.asset, location)
    })
}

fn secret(alert: &Value, place: &Place) -> FindingRecord {
    let word = |path: &str| text(alert, path).unwrap_or_default();
    let active = word("validity") == "active";
    let facts = ["validity", "html_url"].map(|name| text(alert, name).map(|value| format!("{name}: {value}")));
    let leak = Leak {
        scanner: "github-secret-scanning",
        rule_id: word("secret_type").to_owned(),
        title: first_text(alert, &["secret_type_display_name", "secret_type"]).unwrap_or_default().to_owned(),
        severity: if active { Severity::Critical } else { Severity::High },
        vendor_severity: None,
        path: word("first_location_detected.path").trim_start_matches('/').to_owned(),
        line: line(alert, "first_location_detected.start_line"),
        column: None,
        commit: None,
        secret: word("secret"),
        known_as: number(alert, "number").map(|number| format!("alert {number}")),
        context: "",
        description: None,
        facts: facts.into_iter().flatten().collect(),
    };
    leak.finding(place)
}

fn dependency(alert: &Value, place: &Place) -> Result<FindingRecord, String> {
    let advisory = alert.get("security_advisory").ok_or("it has no advisory")?;
    let ecosystem = first_text(alert, &["dependency.package.ecosystem", "security_vulnerability.package.ecosystem"]);
    let name = first_text(alert, &["dependency.package.name", "security_vulnerability.package.name"]);
    let word = first_text(alert, &["security_vulnerability.severity", "security_advisory.severity"]);
    let mut scores = vec![];
    push_score(&mut scores, "3.1", text(advisory, "cvss.vector_string"), number(advisory, "cvss.score"));
    let four = text(advisory, "cvss_severities.cvss_v4.vector_string");
    push_score(&mut scores, "4.0", four, number(advisory, "cvss_severities.cvss_v4.score"));
    let manifest = text(alert, "dependency.manifest_path");
    let fixed = text(alert, "security_vulnerability.first_patched_version.identifier");
    let package = Package { ecosystem, name: name.ok_or("it names no package")?, manifest, fixed };
    let mut found = package.finding(advisory, word.unwrap_or_default(), place)?;
    found.cvss = scores;
    found.references.extend(text(alert, "html_url").map(str::to_owned));
    Ok(found)
}

fn of_graph(alert: &Value, place: &Place) -> Result<Option<FindingRecord>, String> {
    if !is_open(alert) {
        return Ok(None);
    }
    let vulnerability = alert.get("securityVulnerability").ok_or("it has no `securityVulnerability`")?;
    let advisory = vulnerability.get("advisory").ok_or("it has no advisory")?;
    let package = Package {
        ecosystem: text(vulnerability, "package.ecosystem"),
        name: text(vulnerability, "package.name").ok_or("it names no package")?,
        manifest: text(alert, "vulnerableManifestPath"),
        fixed: text(vulnerability, "firstPatchedVersion.identifier"),
    };
    package.finding(advisory, text(vulnerability, "severity").unwrap_or_default(), place).map(Some)
}

struct Package<'a> {
    ecosystem: Option<&'a str>,
    name: &'a str,
    manifest: Option<&'a str>,
    fixed: Option<&'a str>,
}

impl Package<'_> {
    fn finding(&self, advisory: &Value, word: &str, place: &Place) -> Result<FindingRecord, String> {
        let severity = severity_or_reason(word, "GitHub")?;
        let (mut cves, mut cwes) = (vec![], vec![]);
        let mut ids: Vec<&str> = list(advisory, "identifiers").filter_map(|id| text(id, "value")).collect();
        ids.extend(first_text(advisory, &["ghsa_id", "ghsaId"]));
        cves_in(text(advisory, "cve_id").unwrap_or_default(), &mut cves);
        ids.iter().for_each(|id| cves_in(id, &mut cves));
        list(advisory, "cwes").filter_map(|cwe| text(cwe, "cwe_id")).for_each(|cwe| cwes_in(cwe, &mut cwes));
        let rule =
            ids.iter().find(|id| id.starts_with("GHSA-")).or_else(|| ids.first()).ok_or("it names no advisory")?;
        let url = match self.ecosystem.and_then(kind_of) {
            Some(kind) => purl(kind, None, self.name, ""),
            None => generic(self.name, ""),
        };
        let url = url.ok_or_else(|| format!("`{}` names no package", self.name))?;
        let summary = text(advisory, "summary");
        let references = list(advisory, "references").filter_map(|link| text(link, "url")).map(str::to_owned);
        Ok(FindingRecord {
            vendor_severity: filled(word),
            cves,
            cwes,
            family: Some("packages".to_owned()),
            description: text(advisory, "description").map(str::to_owned),
            solution: self.fixed.map(|version| format!("Upgrade {} to {version}", self.name)),
            references: references.collect(),
            ..bare(
                "dependabot",
                *rule,
                package_title(self.name, "", summary, rule),
                severity,
                &place.asset,
                package_location(url, self.manifest),
            )
        })
    }
}
