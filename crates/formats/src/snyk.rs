//! The Snyk CLI's JSON: `snyk test`, `snyk container test` and `snyk iac test`, of one project or of several.
//! (`snyk code test` writes SARIF.)
//!
//! Decisions a reader of findings should know:
//! - **A finding is an issue of a package version in a project.** Snyk repeats it for each path through which the package
//!   is needed; paths come and go with every update, so they do not make findings. The first one stands in the evidence.
//! - **Asset** is the image of a container test; else the repository, by the address or the project name in the report.
//! - **Ignored** issues (`filtered`, `isIgnored`) are somebody's exceptions and are no findings. Licence issues are, in
//!   the family `license`.
//! - **Infrastructure as code**: a finding is known by rule, file and the path within it.
//! - **Nothing is closed**: a threshold of severity leaves no trace in the report, and a project is a part of a repository.
//! - A project that Snyk could not test is a problem; a report of nothing else is blind.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    Seen, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity_or_reason,
    subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::sarif::repository_name;
use crate::weakness::{cves_in, cwes_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "snyk", name: "Snyk CLI JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "snyk";

fn recognises(sample: &Sample) -> bool {
    ["", "[]."].iter().any(|at| {
        let has = |path: &str| sample.has_json(&format!("{at}{path}"));
        let issues = has("vulnerabilities[].from") && has("vulnerabilities[].id") || has("infrastructureAsCodeIssues");
        let none = has("vulnerabilities") && (has("dependencyCount") || has("licensesPolicy") || has("packageManager"));
        let failed = has("ok") && has("error") && has("path");
        let unmanaged = has("issues[].pkgName") && has("issues[].issueId");
        issues || none || failed || unmanaged
    })
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Snyk { options: options.clone(), seen: Seen::new(&options.limits) };
    records::reader(input.content, report, &options.limits)
}

struct Snyk {
    options: ReadOptions,
    seen: Seen,
}

impl Layout for Snyk {
    fn step(&self, path: &str) -> Step {
        let project = path.strip_prefix("[]").unwrap_or(path);
        let project = project.strip_prefix('.').unwrap_or(project);
        match project.strip_prefix("applications[].").unwrap_or(project) {
            "" | "applications" | "applications[]" | "vulnerabilities" | "infrastructureAsCodeIssues" => Step::Enter,
            "vulnerabilities[]" | "infrastructureAsCodeIssues[]" => Step::Record,
            "packageManager" | "projectName" | "targetFile" | "displayTargetFile" | "path" | "docker" | "error"
            | "gitRemoteUrl" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        let (mut projects, mut failed) = (0, 0);
        for project in sections.at("").chain(sections.at("[]")) {
            projects += 1;
            if let Some(error) = project.fact("error") {
                failed += 1;
                beginning.problems.add(error.as_str().unwrap_or(&error.to_string()));
            }
            beginning.cover(self.asset(&project));
        }
        beginning.blind = projects > 0 && failed == projects;
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let around = &record.around;
        let rule = field::first_text(&entry, &["id", "publicId"]).ok_or("it has no `id`")?;
        let word = field::needed(&entry, "severity")?;
        severity_or_reason(word, "Snyk")?;
        if field::flag(&entry, "isIgnored") {
            return Ok(vec![]);
        }
        let mut finding = if record.path.ends_with("infrastructureAsCodeIssues[]") {
            self.misconfiguration(&entry, rule, around)?
        } else {
            let finding = self.issue(&entry, rule, around)?;
            if !self.seen.is_new(&finding)? {
                return Ok(vec![]);
            }
            finding
        };
        finding.vendor_severity = Some(word.to_owned());
        Ok(vec![finding])
    }
}

impl Snyk {
    fn asset(&self, project: &Around<'_>) -> AssetRecord {
        let name = project.text("projectName");
        let path = project.text("path").unwrap_or_default();
        let image = name.and_then(|name| name.strip_prefix("docker-image|"));
        if image.is_some() || project.fact("docker").is_some() {
            // The path is the reference, and may go on with the project's own.
            let tag = image.and_then(|image| path.strip_prefix(image)?.split('/').next());
            let reference = image.map(|image| format!("{image}{}", tag.unwrap_or_default()));
            return subject::image(reference.as_deref().unwrap_or(path), &self.options);
        }
        let address = [project.text("gitRemoteUrl"), Some(path).filter(|path| path.contains("://"))];
        let address = address.into_iter().flatten().find_map(repository_name);
        subject::repository(address.as_deref().or(name), &self.options)
    }

    fn issue(&self, entry: &Value, rule: &str, around: &Around<'_>) -> Result<FindingRecord, String> {
        let name = field::first_text(entry, &["name", "packageName", "moduleName"]).ok_or("it names no package")?;
        let version = field::text(entry, "version").unwrap_or_default();
        let severity = severity_or_reason(field::needed(entry, "severity")?, "Snyk")?;
        let location = package_location(package(entry, around, name, version)?, file(around).as_deref());
        let mut finding = draft(SCANNER, rule, severity, &self.asset(around), location);
        cves_in(&field::texts(entry, "identifiers.CVE").join(" "), &mut finding.cves);
        cwes_in(&field::texts(entry, "identifiers.CWE").join(" "), &mut finding.cwes);
        finding.title = package_title(name, version, field::text(entry, "title"), rule);
        push_score(&mut finding.cvss, "3.1", field::text(entry, "CVSSv3"), field::number(entry, "cvssScore"));
        for score in field::list(entry, "cvssDetails") {
            let version = field::text(score, "cvssV3Vector");
            push_score(&mut finding.cvss, "3.1", version, field::number(score, "cvssV3BaseScore"));
        }
        let licence = field::text(entry, "type") == Some("license");
        finding.family = Some(if licence { "license" } else { "vulnerability" }.to_owned());
        finding.description = field::text(entry, "description").map(str::to_owned);
        let fixed = field::first_text(entry, &["nearestFixedInVersion"]).map(|version| vec![version.to_owned()]);
        finding.solution = upgrade(name, &fixed.unwrap_or_else(|| field::texts(entry, "fixedIn")));
        finding.evidence = lines(&[
            ("Package", Some(name)),
            ("Installed version", Some(version)),
            ("Needed by", Some(&field::texts(entry, "from").join(" > "))),
            ("Exploit", field::text(entry, "exploit")),
        ]);
        for reference in field::list(entry, "references") {
            push_new(&mut finding.references, field::text(reference, "url").unwrap_or_default().to_owned());
        }
        finding.references.retain(|address| !address.is_empty());
        Ok(finding)
    }

    fn misconfiguration(&self, entry: &Value, rule: &str, around: &Around<'_>) -> Result<FindingRecord, String> {
        let severity = severity_or_reason(field::needed(entry, "severity")?, "Snyk")?;
        let location = Location::Code {
            path: file(around).ok_or("nothing says which file it is in")?,
            line: field::line(entry, "lineNumber"),
            column: None,
            source: None,
        };
        let mut finding = draft(SCANNER, rule, severity, &self.asset(around), location);
        let within = field::texts(entry, "path").join(".");
        finding.check = field::text(entry, "msg").map(str::to_owned).or(Some(within)).filter(|path| !path.is_empty());
        finding.title = single_line(field::text(entry, "title").unwrap_or(rule), 300);
        finding.family = field::text(entry, "subType").map(str::to_owned);
        finding.description = field::first_text(entry, &["issue", "iacDescription.issue"]).map(str::to_owned);
        finding.solution = field::first_text(entry, &["resolve", "iacDescription.resolve"]).map(str::to_owned);
        finding.evidence = lines(&[
            ("Place", finding.check.as_deref()),
            ("Impact", field::first_text(entry, &["impact", "iacDescription.impact"])),
        ]);
        finding.references = field::texts(entry, "documentation");
        finding.references.extend(field::texts(entry, "references"));
        Ok(finding)
    }
}

fn package(entry: &Value, around: &Around<'_>, name: &str, version: &str) -> Result<String, String> {
    let manager = field::text(entry, "packageManager").or(around.text("packageManager")).unwrap_or_default();
    let kind = kind_of(manager).or_else(|| kind_of(around.text("packageManager")?));
    let name = match kind {
        // Source and binary package: `openssl/libssl1.1`.
        Some("deb" | "rpm" | "apk") => name.rsplit('/').next().unwrap_or(name),
        // Where it was found and what it is: `https://ftp.gnu.org|cpio`.
        None => name.rsplit('|').next().unwrap_or(name),
        Some(_) => name,
    };
    kind.and_then(|kind| purl(kind, manager.split(':').next(), name, version))
        .or_else(|| generic(name, version))
        .ok_or_else(|| "it names no package".to_owned())
}

/// The manifest, relative to what was tested.
fn file(around: &Around<'_>) -> Option<String> {
    let file = around.text("displayTargetFile").or(around.text("targetFile"))?;
    Some(file.replace('\\', "/").trim_start_matches('/').to_owned())
}
