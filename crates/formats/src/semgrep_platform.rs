//! Answers of Semgrep's platform kept as files: findings of code (`/deployments/{slug}/findings`) and the older answer of
//! Supply Chain (`vulns`). The command line's reports are read by `semgrep`.
//!
//! Decisions a reader of findings should know:
//! - **Open** is what is neither fixed nor ignored or muted at the platform.
//! - **A finding of code** has no matched lines in the answer: its identity is rule and file, with the platform's
//!   `match_based_id`, which stays while code moves, to tell equals apart.
//! - **Asset** is the repository that each record names, unless the caller names one.
//! - **Nothing is closed**: an answer is a page of what was asked for.

use scanhelm_core::Severity;
use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, kind_of, lines, package_location, package_title, purl, severity_or_reason, subject, upgrade,
};
use crate::sample::Sample;
use crate::semgrep;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format = Format {
    id: "semgrep-platform",
    name: "Semgrep platform findings JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

const SCANNER: &str = "semgrep";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("findings[].match_based_id") && sample.has_json("findings[].rule_name")
        || sample.has_json("vulns[].matchedDependency") && sample.has_json("vulns[].advisory")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Platform { options: options.clone() }, &options.limits)
}

struct Platform {
    options: ReadOptions,
}

impl Layout for Platform {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "findings" | "vulns" => Step::Enter,
            "findings[]" | "vulns[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        Ok(Beginning::by(SCANNER))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let (word, finding) = match record.path {
            "vulns[]" => (field::needed(&entry, "advisory.severity")?, self.package(&entry)?),
            _ => (field::needed(&entry, "severity")?, self.code(&entry)?),
        };
        let settled = ["status", "state", "triage_state", "triage.status"].iter().any(|name| {
            let word = field::text(&entry, name).unwrap_or_default().to_ascii_lowercase();
            matches!(word.as_str(), "fixed" | "ignored" | "muted" | "removed" | "dismissed")
        });
        let finding = FindingRecord { vendor_severity: Some(word.to_owned()), ..finding };
        Ok(if settled { vec![] } else { vec![finding] })
    }
}

impl Platform {
    fn asset(&self, name: Option<&str>) -> AssetRecord {
        subject::repository(name, &self.options)
    }

    fn code(&self, entry: &Value) -> Result<FindingRecord, String> {
        let rule = field::first_text(entry, &["rule_name", "rule.name"]).ok_or("it has no `rule_name`")?;
        let message = field::first_text(entry, &["rule_message", "rule.message"]).unwrap_or_default();
        let location = Location::Code {
            path: field::needed(entry, "location.file_path")?.trim_start_matches('/').to_owned(),
            line: field::line(entry, "location.line"),
            column: field::line(entry, "location.column"),
            source: None,
        };
        let severity = severity(field::needed(entry, "severity")?)?;
        let asset = self.asset(field::text(entry, "repository.name"));
        let mut finding = draft(SCANNER, rule, severity, &asset, location);
        finding.check = field::text(entry, "match_based_id").map(str::to_owned);
        finding.title = semgrep::title(message, rule);
        cwes_in(&field::texts(entry, "rule.cwe_names").join(" "), &mut finding.cwes);
        finding.family = field::text(entry, "rule.category").map(str::to_owned);
        finding.description = Some(message.to_owned()).filter(|message| !message.is_empty());
        finding.solution = field::text(entry, "assistant.guidance.instructions").map(str::to_owned);
        finding.evidence = lines(&[
            ("Confidence", field::text(entry, "confidence")),
            ("Triage at Semgrep", field::text(entry, "triage_state")),
        ]);
        finding.references = field::texts(entry, "line_of_code_url");
        finding.seen_at = field::text(entry, "relevant_since").and_then(Timestamp::parse);
        Ok(finding)
    }

    fn package(&self, entry: &Value) -> Result<FindingRecord, String> {
        let rule = field::needed(entry, "advisory.ruleId")?;
        let name = field::needed(entry, "matchedDependency.name")?;
        let version = field::text(entry, "matchedDependency.versionSpecifier").unwrap_or_default();
        let purl = field::text(entry, "advisory.ecosystem")
            .and_then(kind_of)
            .and_then(|kind| purl(kind, None, name, version))
            .or_else(|| generic(name, version))
            .ok_or("it names no package")?;
        let location = package_location(purl, field::text(entry, "dependencyFileLocation.path"));
        let severity = severity(field::needed(entry, "advisory.severity")?)?;
        let asset = self.asset(field::text(entry, "repositoryName"));
        let mut finding = draft(SCANNER, rule, severity, &asset, location);
        cves_in(&field::texts(entry, "advisory.references.cveIds").join(" "), &mut finding.cves);
        cwes_in(&field::texts(entry, "advisory.references.cweIds").join(" "), &mut finding.cwes);
        let title = field::first_text(entry, &["advisory.title", "title"]);
        finding.title = package_title(name, version, title, rule);
        finding.family = Some("packages".to_owned());
        finding.description = field::text(entry, "advisory.description").map(str::to_owned);
        finding.solution = upgrade(name, &field::texts(entry, "closestSafeDependency.versionSpecifier"));
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("Exposure", field::text(entry, "exposureType")),
            ("Transitivity", field::text(entry, "transitivity")),
        ]);
        finding.references = field::texts(entry, "advisory.references.urls");
        finding.seen_at = field::text(entry, "openedAt").and_then(Timestamp::parse);
        Ok(finding)
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    severity_or_reason(&single_line(word, 60), "Semgrep")
}
