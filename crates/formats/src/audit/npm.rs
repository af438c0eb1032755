//! `npm audit --json`: version 2 (npm 7 and later) and version 1 (npm 6, pnpm).
//!
//! In version 2 a package is also listed because it needs a vulnerable one; only advisories of the package itself are findings.
//! Version 2 does not say which version is installed. A finding is known by its GHSA where the advisory's address has one, so
//! that both versions agree. An error of npm in place of a report is a scan that looked at nothing.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, lines, package_location, package_title, purl, push_score, severity_or_reason, subject, upgrade,
};
use crate::sample::Sample;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "npm-audit", name: "npm audit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "npm-audit";

fn recognises(sample: &Sample) -> bool {
    let first =
        sample.has_json("advisories") && ["metadata", "muted", "actions"].iter().any(|key| sample.has_json(key));
    let failed = sample.has_json("error.summary") && sample.has_json("error.detail");
    sample.has_json("auditReportVersion") || first || failed
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Npm { asset: subject::repository(None, options) }, &options.limits)
}

struct Npm {
    asset: AssetRecord,
}

impl Layout for Npm {
    fn step(&self, path: &str) -> Step {
        match path {
            "" => Step::Enter,
            "vulnerabilities" | "advisories" => Step::Members,
            "vulnerabilities{}" | "advisories{}" => Step::Record,
            "error" | "message" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let mut beginning = super::beginning(SCANNER, None, &self.asset);
        let document = sections.first();
        if let Some(error) = document.fact("error") {
            beginning.blind = true;
            let said = [document.text("message"), field::text(error, "summary"), field::text(error, "code")];
            beginning.problems.add(said.into_iter().flatten().next().unwrap_or("npm failed without saying why"));
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        if record.path == "vulnerabilities{}" {
            let name = field::text(&entry, "name").unwrap_or(record.key);
            let advisories = field::list(&entry, "via").filter(|via| via.is_object());
            return advisories.map(|advisory| self.finding(advisory, &entry, name, "")).collect();
        }
        let name = field::needed(&entry, "module_name")?;
        let mut versions: Vec<&str> =
            field::list(&entry, "findings").filter_map(|found| field::text(found, "version")).collect();
        versions.sort_unstable();
        versions.dedup();
        if versions.is_empty() {
            versions.push("");
        }
        versions.into_iter().map(|version| self.finding(&entry, &entry, name, version)).collect()
    }
}

impl Npm {
    fn finding(&self, advisory: &Value, around: &Value, name: &str, version: &str) -> Result<FindingRecord, String> {
        let address = field::text(advisory, "url").unwrap_or_default();
        let number = field::words(advisory, "source").or_else(|| field::words(advisory, "id"));
        let rule = field::text(advisory, "github_advisory_id")
            .or_else(|| address.split('/').find(|part| part.starts_with("GHSA-")))
            .map(str::to_owned)
            .or_else(|| Some(format!("npm:{}", number?)))
            .ok_or("its advisory has no number")?;
        let word = field::needed(advisory, "severity")?;
        let purl = purl("npm", None, name, version).ok_or("it names no package")?;
        let location = package_location(purl, None);
        let mut finding = draft(SCANNER, &rule, severity_or_reason(word, "npm")?, &self.asset, location);
        cves_in(&field::texts(advisory, "cves").join(" "), &mut finding.cves);
        cwes_in(&field::texts(advisory, "cwe").join(" "), &mut finding.cwes);
        finding.title = package_title(name, version, field::text(advisory, "title"), &rule);
        finding.vendor_severity = Some(word.to_owned());
        let vector = field::text(advisory, "cvss.vectorString");
        push_score(&mut finding.cvss, "3.1", vector, field::number(advisory, "cvss.score"));
        finding.description = field::text(advisory, "overview").map(str::to_owned);
        finding.solution = field::text(advisory, "recommendation")
            .map(str::to_owned)
            .or_else(|| upgrade(name, field::texts(around, "fixAvailable.version").as_slice()))
            .filter(|_| around.get("fixAvailable").is_none_or(|fix| fix.get("name").is_none_or(|of| of == name)));
        let paths: Vec<String> =
            field::list(around, "findings").flat_map(|found| field::texts(found, "paths")).collect();
        finding.evidence = lines(&[
            ("Vulnerable versions", field::first_text(advisory, &["range", "vulnerable_versions"])),
            ("Fixed versions", field::text(advisory, "patched_versions")),
            ("Places", Some(&field::texts(around, "nodes").join(", "))),
            ("Needed by", Some(&paths.join(", "))),
        ]);
        finding.references = Some(address.to_owned()).filter(|address| !address.is_empty()).into_iter().collect();
        Ok(finding)
    }
}
