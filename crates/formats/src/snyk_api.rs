//! Answers of Snyk's API kept as files: issues of an organisation or project (REST), issues of packages (REST), and the
//! aggregated issues of a project (version 1). The command line's reports are read by `snyk`.
//!
//! Decisions a reader of findings should know:
//! - **A finding** is an issue of a package version, as in the command line's report, under the same rule. An issue of code
//!   is known by its weakness, its file and Snyk's key, which stays over tests; the answer names no rule.
//! - **Ignored**, patched and resolved issues are no findings.
//! - **Asset** is the project by its id: the answer knows no name. The caller's name wins.
//! - **Nothing is closed**: an answer is a page of what was asked for.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    Seen, canonical, draft, field, generic, lines, package_location, package_title, purl, push_score,
    severity_or_reason, subject,
};
use crate::sample::Sample;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "snyk-api", name: "Snyk API issues JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "snyk";

fn recognises(sample: &Sample) -> bool {
    let issue = |name: &str| sample.has_json(&format!("data[].attributes.{name}"));
    let listed = issue("coordinates") && issue("problems") || issue("effective_severity_level");
    let none = sample.is_complete() && sample.has_json("links.self") && sample.text().contains("/issues?");
    sample.has_json("jsonapi") && (listed || none && sample.has_json("data") && !sample.has_json("data[]."))
        || sample.has_json("issues[].issueData") && sample.has_json("issues[].pkgName")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let issues = Issues { options: options.clone(), seen: Seen::new(&options.limits) };
    records::reader(input.content, issues, &options.limits)
}

struct Issues {
    options: ReadOptions,
    seen: Seen,
}

/// A version of a package, as the issue names it.
struct Package {
    name: String,
    version: String,
    purl: String,
}

impl Layout for Issues {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "data" | "issues" => Step::Enter,
            "data[]" | "issues[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        Ok(Beginning::by(SCANNER))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let found = match record.path {
            "issues[]" => self.aggregated(&entry)?,
            _ => self.issue(&entry)?,
        };
        let mut findings = vec![];
        for finding in found {
            if self.seen.is_new(&finding)? {
                findings.push(finding);
            }
        }
        Ok(findings)
    }
}

impl Issues {
    fn issue(&self, entry: &Value) -> Result<Vec<FindingRecord>, String> {
        let issue = field::at(entry, "attributes").ok_or("it has no `attributes`")?;
        let severities = || field::list(issue, "severities");
        let own = severities().find(|severity| field::text(severity, "source") == Some("Snyk"));
        let word = field::text(issue, "effective_severity_level")
            .or_else(|| field::text(own?, "level"))
            .or_else(|| severities().find_map(|severity| field::text(severity, "level")))
            .ok_or("it has no severity")?;
        let severity = severity_or_reason(word, "Snyk")?;
        if field::flag(issue, "ignored") || field::text(issue, "status") == Some("resolved") {
            return Ok(vec![]);
        }
        let key = field::text(issue, "key").or(field::text(entry, "id")).ok_or("it has neither `key` nor `id`")?;
        let asset = self.project(field::text(entry, "relationships.scan_item.data.id"));
        let problems = || field::list(issue, "problems").chain(field::list(issue, "classes"));
        let ids: Vec<&str> = problems().filter_map(|problem| field::text(problem, "id")).collect();
        let title = field::text(issue, "title").unwrap_or(key);
        let mut findings: Vec<FindingRecord> = match field::text(issue, "type") {
            Some("code" | "cloud" | "config") => {
                let weakness = ids.iter().find(|id| id.starts_with("CWE-")).copied().unwrap_or(title);
                let mut finding = draft(SCANNER, weakness, severity, &asset, file(issue)?);
                finding.check = Some(key.to_owned());
                finding.title = single_line(title, 300);
                vec![finding]
            }
            _ => packages(issue, key)?
                .into_iter()
                .map(|Package { name, version, purl }| {
                    let mut finding = draft(SCANNER, key, severity, &asset, package_location(purl, None));
                    finding.title = package_title(&name, &version, Some(title), key);
                    finding.evidence = lines(&[("Package", Some(&name)), ("Installed version", Some(&version))]);
                    finding
                })
                .collect(),
        };
        for finding in &mut findings {
            for id in &ids {
                cves_in(id, &mut finding.cves);
                cwes_in(id, &mut finding.cwes);
            }
            finding.vendor_severity = Some(word.to_owned());
            for score in own.into_iter().chain(severities()) {
                push_score(&mut finding.cvss, "", field::text(score, "vector"), field::number(score, "score"));
            }
            finding.family = field::text(issue, "type").map(str::to_owned);
            finding.description = field::text(issue, "description").map(str::to_owned);
            finding.solution = remedy(issue).map(str::to_owned);
            let links = field::list(issue, "slots.references").filter_map(|link| field::text(link, "url"));
            finding.references = links.map(str::to_owned).collect();
        }
        Ok(findings)
    }

    fn aggregated(&self, entry: &Value) -> Result<Vec<FindingRecord>, String> {
        let issue = field::at(entry, "issueData").ok_or("it has no `issueData`")?;
        let rule = field::text(entry, "id").or(field::text(issue, "id")).ok_or("it has no `id`")?;
        let word = field::needed(issue, "severity")?;
        let severity = severity_or_reason(word, "Snyk")?;
        if field::flag(entry, "isIgnored") || field::flag(entry, "isPatched") {
            return Ok(vec![]);
        }
        let name = field::needed(entry, "pkgName")?;
        let kind = field::text(issue, "language").and_then(kind_of).or_else(|| kind_of_issue(rule).map(|of| of.0));
        let is_licence = field::text(entry, "issueType") == Some("license");
        let asset = self.project(None);
        let finding = |version: &String| {
            let purl = kind.and_then(|kind| purl(kind, None, name, version)).or_else(|| generic(name, version));
            let location = package_location(purl.ok_or("it names no package")?, None);
            let mut finding = draft(SCANNER, rule, severity, &asset, location);
            finding.title = package_title(name, version, field::text(issue, "title"), rule);
            finding.vendor_severity = Some(word.to_owned());
            cves_in(&field::texts(issue, "identifiers.CVE").join(" "), &mut finding.cves);
            cwes_in(&field::texts(issue, "identifiers.CWE").join(" "), &mut finding.cwes);
            push_score(&mut finding.cvss, "", field::text(issue, "CVSSv3"), field::number(issue, "cvssScore"));
            finding.family = is_licence.then(|| "license".to_owned());
            finding.description = field::text(issue, "description").map(str::to_owned);
            let fixed = field::text(issue, "nearestFixedInVersion");
            finding.solution = fixed.map(|fixed| format!("Upgrade {name} to {fixed}"));
            finding.evidence = lines(&[
                ("Package", Some(name)),
                ("Installed version", Some(version)),
                ("Exploit", field::text(issue, "exploitMaturity")),
            ]);
            finding.references = field::texts(issue, "url");
            Ok(finding)
        };
        let versions = field::texts(entry, "pkgVersions");
        if versions.is_empty() { Ok(vec![finding(&String::new())?]) } else { versions.iter().map(finding).collect() }
    }

    fn project(&self, id: Option<&str>) -> AssetRecord {
        subject::repository(id, &self.options)
    }
}

/// Where an issue of code is.
fn file(issue: &Value) -> Result<Location, String> {
    let places = || field::list(issue, "coordinates").flat_map(|at| field::list(at, "representations"));
    if let Some(place) = places().find_map(|place| field::at(place, "sourceLocation")) {
        return Ok(Location::Code {
            path: field::needed(place, "file")?.trim_start_matches('/').to_owned(),
            line: field::line(place, "region.start.line"),
            column: field::line(place, "region.start.column"),
            source: None,
        });
    }
    Ok(Location::Asset)
}

fn packages(issue: &Value, key: &str) -> Result<Vec<Package>, String> {
    let places = field::list(issue, "coordinates").flat_map(|at| field::list(at, "representations"));
    let mut found = vec![];
    for place in places {
        if let Some(package) = field::at(place, "package") {
            let name = field::needed(package, "name")?;
            let purl = field::text(package, "url").and_then(canonical).ok_or("its package has no `url`")?;
            let version = field::words(package, "version").unwrap_or_default();
            found.push(Package { name: name.to_owned(), version, purl });
        } else if let Some(package) = field::at(place, "dependency") {
            let name = field::needed(package, "package_name")?;
            let version = field::words(package, "package_version").unwrap_or_default();
            let purl = kind_of_issue(key)
                .and_then(|(kind, distribution)| purl(kind, distribution, bare_name(kind, name), &version))
                .or_else(|| generic(name, &version))
                .ok_or("it names no package")?;
            found.push(Package { name: name.to_owned(), version, purl });
        }
    }
    if found.is_empty() { Err("it names no package".to_owned()) } else { Ok(found) }
}

/// Of a system, source and binary package: `openssl/libssl1.1`.
fn bare_name<'a>(kind: &str, name: &'a str) -> &'a str {
    match kind {
        "deb" | "rpm" | "apk" => name.rsplit('/').next().unwrap_or(name),
        _ => name,
    }
}

fn remedy(issue: &Value) -> Option<&str> {
    let remedies = field::list(issue, "coordinates").flat_map(|at| field::list(at, "remedies"));
    remedies.filter_map(|remedy| field::text(remedy, "description")).next()
}

/// The package type that an issue's number tells (`SNYK-PYTHON-PILLOW-6219984`, `SNYK-DEBIAN11-OPENSSL-2`,
/// `npm:ejs:20161128`), and the system.
fn kind_of_issue(key: &str) -> Option<(&'static str, Option<&'static str>)> {
    let word = match key.strip_prefix("SNYK-") {
        Some(rest) => rest.split('-').next()?,
        None => key.strip_prefix("snyk:lic:").unwrap_or(key).split_once(':')?.0,
    };
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    let system = match word.as_str() {
        "alpine" => ("apk", "alpine"),
        "wolfi" => ("apk", "wolfi"),
        "debian" => ("deb", "debian"),
        "ubuntu" => ("deb", "ubuntu"),
        "rhel" => ("rpm", "redhat"),
        "centos" => ("rpm", "centos"),
        "amzn" => ("rpm", "amzn"),
        "oracle" => ("rpm", "oracle"),
        "sles" => ("rpm", "suse"),
        "rocky" => ("rpm", "rocky"),
        other => return kind_of(other).map(|kind| (kind, None)),
    };
    Some((system.0, Some(system.1)))
}

/// Snyk's short name for JavaScript, beside those that all scanners use.
fn kind_of(word: &str) -> Option<&'static str> {
    if word == "js" { Some("npm") } else { crate::package::kind_of(word) }
}
