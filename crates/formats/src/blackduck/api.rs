//! The vulnerable components of a version of a project, as the API lists them: a page, or its items alone.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;

use super::{SCANNER, is_open, package};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{draft, field, lines, package_location, package_title, severity_or_reason, subject};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format = Format {
    id: "blackduck",
    name: "Black Duck vulnerable components (JSON)",
    extensions: &["json"],
    sniff: recognises,
    open,
};

fn recognises(sample: &Sample) -> bool {
    ["[].", "items[]."].iter().any(|at| sample.has_json(&format!("{at}vulnerabilityWithRemediation")))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Components { asset: subject::repository(None, options) }, &options.limits)
}

struct Components {
    asset: AssetRecord,
}

impl Layout for Components {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "items" => Step::Enter,
            "[]" | "items[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let advisory = field::at(&entry, "vulnerabilityWithRemediation").ok_or("it has no vulnerability")?;
        let rule = field::needed(advisory, "vulnerabilityName")?;
        let word = field::needed(advisory, "severity")?;
        let severity = severity_or_reason(word, "Black Duck")?;
        if field::flag(&entry, "ignored") || !is_open(field::text(advisory, "remediationStatus"))? {
            return Ok(vec![]);
        }
        let name = field::needed(&entry, "componentName")?;
        let version = field::text(&entry, "componentVersionName").unwrap_or_default();
        let origin = field::text(&entry, "componentVersionOriginName");
        let purl = package(origin, field::text(&entry, "componentVersionOriginId"), name, version)?;
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, None));
        cves_in(field::text(advisory, "relatedVulnerability").unwrap_or_default(), &mut finding.cves);
        cwes_in(field::text(advisory, "cweId").unwrap_or_default(), &mut finding.cwes);
        finding.title = package_title(name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        finding.family = field::text(advisory, "source").map(str::to_owned);
        finding.description = field::text(advisory, "description").map(str::to_owned);
        finding.evidence = lines(&[
            ("Component", Some(name)),
            ("Installed version", Some(version)),
            ("Base score", field::words(advisory, "baseScore").as_deref()),
            ("Remediation", field::text(advisory, "remediationStatus")),
            ("Comment", field::text(advisory, "remediationComment")),
        ]);
        Ok(vec![finding])
    }
}
