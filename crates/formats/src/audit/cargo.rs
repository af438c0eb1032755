//! `cargo audit --json`: vulnerabilities, and the warnings that it keeps apart (unmaintained, unsound, yanked, notices).
//!
//! Severity comes from the advisory's CVSS vector. Without one a vulnerability is high, as it is in cargo-audit's SARIF;
//! what is unsound is medium and other warnings are low.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, lines, package_location, package_title, purl, push_score, severity_of_vector, subject, upgrade,
};
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "cargo-audit", name: "cargo-audit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "cargo-audit";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("lockfile") && sample.has_json("vulnerabilities.list") && sample.has_json("database")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Cargo { asset: subject::repository(None, options) }, &options.limits)
}

struct Cargo {
    asset: AssetRecord,
}

impl Layout for Cargo {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "vulnerabilities" | "vulnerabilities.list" | "warnings{}" => Step::Enter,
            // A list in old versions, an object of lists by kind since.
            "warnings" => Step::Members,
            "vulnerabilities.list[]" | "warnings{}[]" => Step::Record,
            "database" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let mut beginning = super::beginning(SCANNER, None, &self.asset);
        let advisories =
            sections.first().fact("database").and_then(|database| field::number(database, "advisory-count"));
        if advisories == Some(0.0) {
            beginning.blind = true;
            beginning.problems.add("its database held no advisory");
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let kind = field::text(&entry, "kind");
        let rule = field::text(&entry, "advisory.id").or(kind).ok_or("it has no `advisory.id`")?;
        let name = field::needed(&entry, "package.name")?;
        let version = field::text(&entry, "package.version").unwrap_or_default();
        let vector = field::text(&entry, "advisory.cvss");
        let warning = record.path == "warnings{}[]";
        let severity = match (vector.and_then(severity_of_vector), warning, kind.unwrap_or_default()) {
            (Some(severity), ..) => severity,
            (None, false, _) => Severity::High,
            (None, true, "unsound") => Severity::Medium,
            (None, true, _) => Severity::Low,
        };
        let purl = purl("cargo", None, name, version).ok_or("it names no package")?;
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, Some("Cargo.lock")));
        let aliases = field::texts(&entry, "advisory.aliases");
        cves_in(&aliases.join(" "), &mut finding.cves);
        finding.title = package_title(name, version, field::text(&entry, "advisory.title"), rule);
        finding.vendor_severity = kind.map(str::to_owned);
        push_score(&mut finding.cvss, "", vector, None);
        finding.family = field::texts(&entry, "advisory.categories").into_iter().next().or(kind.map(str::to_owned));
        finding.description = field::text(&entry, "advisory.description").map(str::to_owned);
        let patched = field::texts(&entry, "versions.patched");
        finding.solution = upgrade(name, &patched);
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("Aliases", Some(&aliases.join(", "))),
            ("From", field::text(&entry, "package.source")),
        ]);
        finding.references = field::texts(&entry, "advisory.url");
        finding.references.extend(field::texts(&entry, "advisory.references"));
        Ok(vec![finding])
    }
}
