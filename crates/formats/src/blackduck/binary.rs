//! The table of Black Duck Binary Analysis. It gives scores and no severity; a vector of version 3 comes without its prefix.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;

use super::SCANNER;
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{
    Columns, Sheet, draft, generic, has_columns, lines, package_location, package_title, push_score, subject,
};
use crate::table::Row;

pub(crate) const FORMAT: Format = Format {
    id: "blackduck-binary-csv",
    name: "Black Duck Binary Analysis CSV",
    extensions: &["csv"],
    sniff: |sample| has_columns(sample, &["Component", "CVE", "Matching type", "Object full path", "BDSA"]),
    open: |input, options| SHEET.open(input.content, options),
};

static SHEET: Sheet = Sheet { scanner: SCANNER, needed: &["Component", "Version", "CVE", "Object full path"], read };

fn read(columns: &Columns, row: &Row, options: &ReadOptions) -> Result<Vec<FindingRecord>, String> {
    let of = |name: &str| columns.of(row, name);
    let Some(rule) = columns.first(row, &["CVE", "BDSA"]) else {
        // A component without a vulnerability.
        return Ok(vec![]);
    };
    let (name, version) = (of("Component").ok_or("it has no `Component`")?, of("Version").unwrap_or_default());
    let number = |name: &str| of(name).and_then(|score| score.parse::<f64>().ok()).filter(|score| *score > 0.0);
    let score = number("CVSS3").or(number("CVSS"));
    let severity = score.map_or(Severity::Info, Severity::from_cvss);
    let purl = generic(name, version).ok_or("it has no `Component`")?;
    let asset = subject::repository(None, options);
    let location = package_location(purl, columns.first(row, &["Object full path", "Object"]));
    let mut finding = draft(SCANNER, rule, severity, &asset, location);
    finding.title = package_title(name, version, of("Summary"), rule);
    finding.vendor_severity = columns.first(row, &["CVSS3", "CVSS"]).map(str::to_owned);
    push_score(&mut finding.cvss, "3.1", of("CVSS vector (v3)"), number("CVSS3"));
    push_score(&mut finding.cvss, "2.0", of("CVSS vector (v2)"), number("CVSS"));
    finding.description = of("Summary").map(str::to_owned);
    finding.solution = of("Latest version").map(|latest| format!("The latest version is {latest}"));
    finding.evidence = lines(&[
        ("Object", of("Object full path")),
        ("Installed version", Some(version)),
        ("Match", of("Matching type")),
        ("Note", of("Note reason")),
    ]);
    finding.references = of("Vulnerability URL").map(str::to_owned).into_iter().collect();
    Ok(vec![finding])
}
