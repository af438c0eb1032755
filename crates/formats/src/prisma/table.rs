//! The tables of the console: of images that are monitored, and of scans in a pipeline.

use scanhelm_core::finding::{FindingRecord, Location};

use super::{SCANNER, fixed, package};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{
    Columns, Sheet, draft, generic, has_columns, lines, package_location, package_title, severity_or_reason, subject,
    upgrade,
};
use crate::table::Row;

pub(crate) const FORMAT: Format = Format {
    id: "prisma-cloud-csv",
    name: "Prisma Cloud Compute CSV",
    extensions: &["csv"],
    sniff: |sample| has_columns(sample, &["CVE ID", "Compliance ID", "Source Package", "Fix Status"]),
    open: |input, options| SHEET.open(input.content, options),
};

static SHEET: Sheet = Sheet { scanner: SCANNER, needed: &["CVE ID", "Severity", "Packages", "Package Version"], read };

fn read(columns: &Columns, row: &Row, options: &ReadOptions) -> Result<Vec<FindingRecord>, String> {
    let of = |name: &str| columns.of(row, name);
    let registry = of("Registry").map(|registry| format!("{registry}/")).unwrap_or_default();
    let image = match (of("Repository"), of("Tag")) {
        (Some(repository), Some(tag)) => format!("{registry}{repository}:{tag}"),
        (Some(repository), None) => format!("{registry}{repository}"),
        (None, _) => of("Id").unwrap_or_default().to_owned(),
    };
    let asset = subject::image(&image, options);
    let word = of("Severity").ok_or("it has no `Severity`")?;
    let severity = severity_or_reason(word, "Prisma Cloud")?;
    let Some(rule) = of("CVE ID") else {
        let id = of("Compliance ID").ok_or("it has neither `CVE ID` nor `Compliance ID`")?;
        let mut finding = draft(SCANNER, &format!("compliance:{id}"), severity, &asset, Location::Asset);
        finding.vendor_severity = Some(word.to_owned());
        finding.family = Some("compliance".to_owned());
        finding.title =
            of("Description").map_or_else(|| id.to_owned(), |text| scanhelm_core::text::single_line(text, 200));
        finding.description = of("Description").map(str::to_owned);
        finding.evidence = of("Cause").map(str::to_owned);
        return Ok(vec![finding]);
    };
    let (name, version) = (of("Packages").ok_or("it has no `Packages`")?, of("Package Version").unwrap_or_default());
    let purl = package(of("Type"), of("Distro").unwrap_or_default(), name, version)
        .or_else(|| generic(name, version))
        .ok_or("it names no package")?;
    let mut finding = draft(SCANNER, rule, severity, &asset, package_location(purl, None));
    finding.title = package_title(name, version, None, rule);
    finding.vendor_severity = Some(word.to_owned());
    finding.description = of("Description").map(str::to_owned);
    let status = of("Fix Status").unwrap_or_default();
    finding.solution = upgrade(name, &fixed(status));
    finding.evidence = lines(&[("Installed version", Some(version)), ("Status", Some(status)), ("CVSS", of("CVSS"))]);
    Ok(vec![finding])
}
