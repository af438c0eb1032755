//! Safety's JSON: the object of versions 2 and 3 (`safety check --output json`), and the bare rows of version 1, which
//! name their columns nowhere: package, affected versions, installed version, advisory, number, and two that stay empty.
//!
//! Version 1 gives no severity and no CVE: every finding is medium. Ignored vulnerabilities are somebody's exceptions and
//! are no findings. `safety scan` of version 3 writes another document, which is not read.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, lines, package_location, package_title, purl, push_score, severity_of_scores, subject, upgrade,
};
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "safety", name: "Safety JSON", extensions: &["json"], sniff: recognises, open };

pub(crate) const LIST: Format =
    Format { id: "safety-1", name: "Safety 1 JSON", extensions: &["json"], sniff: recognises_list, open };

const SCANNER: &str = "safety";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("report_meta") && sample.has_json("vulnerabilities") && sample.has_json("scanned_packages")
}

/// Rows of texts, of which the second is a range of versions and the fifth a number.
fn recognises_list(sample: &Sample) -> bool {
    let mut rows = serde_json::Deserializer::from_str(sample.text().strip_prefix('[').unwrap_or_default());
    let Ok(row) = <Vec<Value> as serde::Deserialize>::deserialize(&mut rows) else { return false };
    let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
    matches!(row.len(), 5..=7)
        && text(1).starts_with(['<', '>', '=', '!', '~'])
        && !text(4).is_empty()
        && text(4).bytes().all(|byte| byte.is_ascii_digit())
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Safety { asset: subject::repository(None, options) }, &options.limits)
}

struct Safety {
    asset: AssetRecord,
}

/// What both forms say.
struct Advisory<'a> {
    name: &'a str,
    affected: Option<&'a str>,
    installed: &'a str,
    text: Option<&'a str>,
    number: String,
}

impl Layout for Safety {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "vulnerabilities" | "report_meta" => Step::Enter,
            "vulnerabilities[]" | "[]" => Step::Record,
            "report_meta.safety_version" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let meta = sections.at("report_meta").next();
        let version = meta.and_then(|meta| meta.text("safety_version").map(str::to_owned));
        Ok(super::beginning(SCANNER, version, &self.asset))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry: Value = serde_json::from_slice(record.raw).map_err(|error| error.to_string())?;
        if record.path == "[]" {
            let column =
                |at: usize| entry.get(at).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
            let advisory = Advisory {
                name: column(0).ok_or("its first column names no package")?,
                affected: column(1),
                installed: column(2).unwrap_or_default(),
                text: column(3),
                number: column(4).ok_or("its fifth column has no number")?.to_owned(),
            };
            return Ok(vec![self.finding(&advisory, Severity::Medium)?]);
        }
        if field::flag(&entry, "ignored") {
            return Ok(vec![]);
        }
        let advisory = Advisory {
            name: field::needed(&entry, "package_name")?,
            affected: field::text(&entry, "vulnerable_spec"),
            installed: field::text(&entry, "analyzed_version").unwrap_or_default(),
            text: field::text(&entry, "advisory"),
            number: field::words(&entry, "vulnerability_id").ok_or("it has no `vulnerability_id`")?,
        };
        let mut scores = vec![];
        for (version, name) in [("3.1", "severity.cvssv3"), ("2.0", "severity.cvssv2")] {
            let Some(score) = field::at(&entry, name) else { continue };
            push_score(&mut scores, version, field::text(score, "vector_string"), field::number(score, "base_score"));
        }
        let severity = severity_of_scores(&scores).unwrap_or(Severity::Medium);
        let mut finding = self.finding(&advisory, severity)?;
        cves_in(&field::texts(&entry, "CVE").join(" "), &mut finding.cves);
        finding.cvss = scores;
        finding.solution = upgrade(advisory.name, &field::texts(&entry, "fixed_versions"));
        finding.references = field::texts(&entry, "more_info_url");
        Ok(vec![finding])
    }
}

impl Safety {
    fn finding(&self, advisory: &Advisory<'_>, severity: Severity) -> Result<FindingRecord, String> {
        let purl = purl("pypi", None, advisory.name, advisory.installed).ok_or("it names no package")?;
        let mut finding = draft(SCANNER, &advisory.number, severity, &self.asset, package_location(purl, None));
        finding.title =
            package_title(advisory.name, advisory.installed, None, &format!("advisory {}", advisory.number));
        finding.description = advisory.text.map(str::to_owned);
        finding.evidence =
            lines(&[("Affected versions", advisory.affected), ("Installed version", Some(advisory.installed))]);
        Ok(finding)
    }
}
