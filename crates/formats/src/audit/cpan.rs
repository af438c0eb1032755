//! cpan-audit (`--json`): advisories on the distributions of CPAN that a project needs or has.
//!
//! Where an advisory has no severity, the finding is medium.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, lines, package_location, package_title, severity_or_reason, subject, upgrade,
};
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "cpan-audit", name: "cpan-audit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "cpan-audit";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("meta.cpan_audit") || sample.has_json("dists") && sample.has_json("meta.total_advisories")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Cpan { asset: subject::repository(None, options) }, &options.limits)
}

struct Cpan {
    asset: AssetRecord,
}

impl Layout for Cpan {
    fn step(&self, path: &str) -> Step {
        match path {
            "" => Step::Enter,
            "dists" => Step::Members,
            "dists{}" => Step::Record,
            "meta" | "errors" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let report = sections.first();
        let version = report.fact("meta").and_then(|meta| field::words(meta, "cpan_audit.version"));
        let mut beginning = super::beginning(SCANNER, version, &self.asset);
        for error in report.fact("errors").and_then(Value::as_array).into_iter().flatten() {
            beginning.problems.add(error.as_str().unwrap_or(&error.to_string()));
        }
        beginning.blind = sections.records == 0 && !beginning.problems.is_empty();
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let name = record.key;
        // A requirement is written as `== 7.0`.
        let version = field::words(&entry, "version").unwrap_or_default();
        let version = version.trim_start_matches(['=', '>', '<', ' ']);
        let finding = |advisory: &Value| self.finding(advisory, name, version);
        field::list(&entry, "advisories").map(finding).collect()
    }
}

impl Cpan {
    fn finding(&self, advisory: &Value, name: &str, version: &str) -> Result<FindingRecord, String> {
        let rule = field::needed(advisory, "id")?;
        let word = field::text(advisory, "severity");
        let severity = word.map_or(Ok(Severity::Medium), |word| severity_or_reason(word, "CPANSA"))?;
        // A package URL of CPAN has the author, whom nobody names here.
        let purl = generic(name, version).ok_or("it names no distribution")?;
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, None));
        cves_in(&field::texts(advisory, "cves").join(" "), &mut finding.cves);
        let description = field::text(advisory, "description");
        finding.title = package_title(name, version, description, rule);
        finding.vendor_severity = word.map(str::to_owned);
        finding.description = description.map(str::to_owned);
        finding.solution = upgrade(name, &field::texts(advisory, "fixed_versions"));
        finding.evidence = lines(&[
            ("Affected versions", field::texts(advisory, "affected_versions").first().map(String::as_str)),
            ("Installed version", Some(version)),
        ]);
        finding.references = field::texts(advisory, "references");
        Ok(finding)
    }
}
