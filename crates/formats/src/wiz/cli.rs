//! `wizcli docker scan`, `dir scan` and `iac scan`, `--format json`.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use super::{SCANNER, kind_of_file, system_of_advisory};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, lines, package_location, package_title, purl, severity_or_reason, subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "wizcli", name: "Wiz CLI JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.has_json("scanOriginResource") && sample.has_json("result") && sample.has_json("policies")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = WizCli { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, report, &options.limits)
}

struct WizCli {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Layout for WizCli {
    fn step(&self, path: &str) -> Step {
        let Some(member) = path.strip_prefix("result") else {
            return match path {
                "" => Step::Enter,
                "scanOriginResource" | "status" | "createdAt" | "startedAt" => Step::Keep,
                _ => Step::Skip,
            };
        };
        let packages = [".osPackages", ".libraries", ".applications", ".cpes"];
        if let Some(rest) = packages.iter().find_map(|list| member.strip_prefix(list)) {
            return match rest {
                "" | "[]" | "[].vulnerabilities" => Step::Enter,
                "[].vulnerabilities[]" => Step::Record,
                "[].name" | "[].version" | "[].path" => Step::Keep,
                _ => Step::Skip,
            };
        }
        match member {
            "" | ".secrets" | ".ruleMatches" | ".ruleMatches[]" | ".ruleMatches[].matches" => Step::Enter,
            ".secrets[]" | ".ruleMatches[].matches[]" => Step::Record,
            ".ruleMatches[].rule" | ".ruleMatches[].severity" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let origin = |name| document.fact("scanOriginResource").and_then(|origin| field::text(origin, name));
        let is_image = origin("__typename").is_some_and(|kind| kind.contains("Image"));
        self.asset = match origin("name") {
            Some(name) if is_image => subject::image(name, &self.options),
            _ => subject::repository(None, &self.options),
        };
        let time = |name| document.text(name).and_then(Timestamp::parse);
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scan_name: origin("name").map(str::to_owned),
            started_at: time("startedAt").or(time("createdAt")),
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        beginning.cover(self.asset.clone());
        let state = document.fact("status").and_then(|status| field::text(status, "state"));
        if let Some(state) = state.filter(|state| *state != "SUCCESS") {
            beginning.problems.add(&format!("Wiz says that the scan is in the state {state}"));
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let finding = match record.path {
            "result.secrets[]" => self.secret(&entry)?,
            "result.ruleMatches[].matches[]" => self.misconfiguration(&entry, record)?,
            _ => self.vulnerability(&entry, record)?,
        };
        Ok(vec![finding])
    }
}

impl WizCli {
    fn vulnerability(&self, entry: &Value, record: &Record<'_>) -> Result<FindingRecord, String> {
        let rule = field::needed(entry, "name")?;
        let word = field::needed(entry, "severity")?;
        let name = record.around.text("name").ok_or("its package has no `name`")?;
        let version = record.around.text("version").unwrap_or_default();
        let path = record.around.text("path");
        let advisory = field::text(entry, "source").unwrap_or_default();
        let of_system = record.path.starts_with("result.osPackages").then(|| system_of_advisory(advisory)).flatten();
        let purl = match (of_system, path.and_then(kind_of_file)) {
            (Some((kind, vendor)), _) => purl(kind, Some(vendor), name, version),
            (None, Some(kind)) => purl(kind, None, name, version),
            (None, None) => None,
        };
        let purl = purl.or_else(|| generic(name, version)).ok_or("its package has no `name`")?;
        let severity = severity_or_reason(word, "Wiz")?;
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, path));
        finding.title = package_title(name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        finding.description = field::text(entry, "description").map(str::to_owned);
        finding.solution = upgrade(name, &field::texts(entry, "fixedVersion"));
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("CVSS", field::words(entry, "score").as_deref()),
            ("Exploit", field::flag(entry, "hasExploit").then_some("known")),
        ]);
        finding.references = Some(advisory.to_owned()).filter(|address| !address.is_empty()).into_iter().collect();
        Ok(finding)
    }

    fn secret(&self, entry: &Value) -> Result<FindingRecord, String> {
        let kind = field::needed(entry, "type")?;
        let location = Location::Code {
            path: field::needed(entry, "path")?.trim_start_matches('/').to_owned(),
            line: field::line(entry, "lineNumber"),
            column: None,
            source: None,
        };
        let mut finding = draft(SCANNER, &format!("secret:{kind}"), Severity::High, &self.asset, location);
        finding.title = single_line(&format!("Secret: {}", kind.to_lowercase().replace('_', " ")), 200);
        finding.cwes = vec![798];
        finding.family = Some("secret".to_owned());
        finding.evidence = field::text(entry, "description").map(str::to_owned);
        Ok(finding)
    }

    fn misconfiguration(&self, entry: &Value, record: &Record<'_>) -> Result<FindingRecord, String> {
        let rule = record.around.fact("rule").ok_or("nothing says which rule it breaks")?;
        let id = field::needed(rule, "id")?;
        let word = record.around.text("severity").ok_or("its rule has no severity")?;
        let location = Location::Code {
            path: field::needed(entry, "fileName")?.trim_start_matches('/').to_owned(),
            line: field::line(entry, "lineNumber"),
            column: None,
            source: field::text(entry, "matchContent").map(str::to_owned),
        };
        let mut finding = draft(SCANNER, id, severity_or_reason(word, "Wiz")?, &self.asset, location);
        finding.check = field::text(entry, "resourceName").map(str::to_owned);
        finding.title = single_line(field::text(rule, "name").unwrap_or(id), 300);
        finding.vendor_severity = Some(word.to_owned());
        finding.family = field::text(entry, "fileType").map(str::to_owned);
        finding.solution = field::text(entry, "remediationInstructions").map(str::to_owned);
        finding.evidence = lines(&[
            ("Expected", field::text(entry, "expected")),
            ("Found", field::text(entry, "found")),
            ("Resource", field::text(entry, "resourceName")),
        ]);
        Ok(finding)
    }
}
