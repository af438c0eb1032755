//! Dependency-Track's Finding Packaging Format (`GET /api/v1/finding/project/{uuid}/export`), versions 1.0 to 1.3.
//!
//! Decisions a reader of findings should know:
//! - **Audit decides what is open**: suppressed findings and those in the state `FALSE_POSITIVE`, `NOT_AFFECTED` or `RESOLVED` are no
//!   findings; `EXPLOITABLE`, `IN_TRIAGE`, `NOT_SET` and none are.
//! - **CVEs** are the vulnerability's own name and its aliases, so that a GHSA of GitHub and a CVE of NVD are one weakness.
//! - **Asset** is the project, by name and without its version: two versions of a project are one thing over time.
//! - **Nothing is closed**: the document does not say whether the analysers had finished with the project.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    canonical, draft, field, generic, lines, package_location, package_title, push_score, severity_or_reason, subject,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::{cves_in, push_new};

pub(crate) const FORMAT: Format = Format {
    id: "dependency-track",
    name: "Dependency-Track findings (FPF)",
    extensions: &["fpf", "json"],
    sniff: recognises,
    open,
};

const SCANNER: &str = "dependency-track";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("meta.application") && sample.has_json("findings") && sample.has_json("project")
        || sample.has_json("findings[].matrix") && sample.has_json("findings[].vulnerability.vulnId")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Fpf { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, report, &options.limits)
}

struct Fpf {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Layout for Fpf {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "findings" => Step::Enter,
            "findings[]" => Step::Record,
            "meta" | "project" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let in_project = |name| document.fact("project").and_then(|project| field::text(project, name));
        let in_meta = |name| document.fact("meta").and_then(|meta| field::text(meta, name));
        self.asset = subject::repository(in_project("name"), &self.options);
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scanner_version: in_meta("version").map(str::to_owned),
                scan_name: in_project("name").map(str::to_owned),
                finished_at: in_meta("timestamp").and_then(Timestamp::parse),
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::needed(&entry, "vulnerability.vulnId")?;
        let word = field::text(&entry, "vulnerability.severity").unwrap_or("UNASSIGNED");
        let severity = severity_or_reason(word, "Dependency-Track")?;
        let settled = match field::text(&entry, "analysis.state") {
            None | Some("NOT_SET" | "EXPLOITABLE" | "IN_TRIAGE") => field::flag(&entry, "analysis.isSuppressed"),
            Some("FALSE_POSITIVE" | "NOT_AFFECTED" | "RESOLVED") => true,
            Some(other) => return Err(format!("`{}` is no state of Dependency-Track", single_line(other, 60))),
        };
        if settled {
            return Ok(vec![]);
        }
        let name = field::needed(&entry, "component.name")?;
        let version = field::text(&entry, "component.version").unwrap_or_default();
        let group = field::text(&entry, "component.group").map(|group| format!("{group}/")).unwrap_or_default();
        let purl = field::text(&entry, "component.purl")
            .and_then(canonical)
            .or_else(|| generic(&format!("{group}{name}"), version))
            .ok_or("it names no package")?;
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, None));
        for alias in field::list(&entry, "vulnerability.aliases") {
            cves_in(field::text(alias, "cveId").unwrap_or_default(), &mut finding.cves);
        }
        for weakness in field::list(&entry, "vulnerability.cwes").chain(field::at(&entry, "vulnerability")) {
            if let Some(id) = field::line(weakness, "cweId") {
                push_new(&mut finding.cwes, id);
            }
        }
        let title = field::text(&entry, "vulnerability.title");
        finding.title = package_title(&format!("{group}{name}"), version, title, rule);
        finding.vendor_severity = Some(word.to_owned());
        for (version, vector, score) in [
            ("4.0", "vulnerability.cvssV4Vector", "vulnerability.cvssV4Score"),
            ("3.1", "vulnerability.cvssV3Vector", "vulnerability.cvssV3BaseScore"),
            ("2.0", "vulnerability.cvssV2Vector", "vulnerability.cvssV2BaseScore"),
        ] {
            push_score(&mut finding.cvss, version, field::text(&entry, vector), field::number(&entry, score));
        }
        finding.family = field::text(&entry, "vulnerability.source").map(str::to_owned);
        finding.description = field::text(&entry, "vulnerability.description").map(str::to_owned);
        finding.solution = field::text(&entry, "vulnerability.recommendation").map(str::to_owned);
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("Latest version", field::text(&entry, "component.latestVersion")),
            ("Found by", field::text(&entry, "attribution.analyzerIdentity")),
            ("Audit", field::text(&entry, "analysis.state")),
        ]);
        finding.references = field::texts(&entry, "attribution.referenceUrl");
        Ok(vec![finding])
    }
}
