//! `security.csv` of the vulnerability report: the layout with channels, and the one with origins.

use scanhelm_core::finding::FindingRecord;

use super::{SCANNER, is_open, package};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{
    Columns, Sheet, draft, has_columns, lines, package_location, package_title, severity_or_reason, subject,
};
use crate::table::Row;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format = Format {
    id: "blackduck-csv",
    name: "Black Duck vulnerability report CSV",
    extensions: &["csv"],
    sniff: |sample| has_columns(sample, &["Vulnerability id", "Security Risk", "Remediation status"]),
    open: |input, options| SHEET.open(input.content, options),
};

static SHEET: Sheet =
    Sheet { scanner: SCANNER, needed: &["Vulnerability id", "Security Risk", "Remediation status"], read };

fn read(columns: &Columns, row: &Row, options: &ReadOptions) -> Result<Vec<FindingRecord>, String> {
    let of = |name: &str| columns.of(row, name);
    let named = of("Vulnerability id").ok_or("it has no `Vulnerability id`")?;
    // `BDSA-2019-2725 (CVE-2019-12402)`
    let rule = named.split(' ').next().unwrap_or(named);
    let word = of("Security Risk").ok_or("it has no `Security Risk`")?;
    let severity = severity_or_reason(word, "Black Duck")?;
    if !is_open(of("Remediation status"))? {
        return Ok(vec![]);
    }
    // In the older layout the component is called a project.
    let name = columns.first(row, &["Component name", "Project name"]).ok_or("it names no component")?;
    let version = columns.first(row, &["Component version name", "Version"]).unwrap_or_default();
    let origin = columns.first(row, &["Component origin name", "Channel version origin"]);
    let id = columns.first(row, &["Component origin id", "Channel version origin id"]);
    let exact =
        columns.first(row, &["Component origin version name", "Channel version origin name"]).unwrap_or(version);
    // `integration-starter-parent latest`: project and version.
    let project = of("Project path").map(|path| path.rsplit_once(' ').map_or(path, |(project, _)| project));
    let asset = subject::repository(project, options);
    let location = package_location(package(origin, id, name, exact)?, None);
    let mut finding = draft(SCANNER, rule, severity, &asset, location);
    cves_in(named, &mut finding.cves);
    finding.title = package_title(name, version, None, rule);
    finding.vendor_severity = Some(word.to_owned());
    finding.family = of("Vulnerability source").map(str::to_owned);
    finding.description = of("Description").map(str::to_owned);
    finding.evidence = lines(&[
        ("Component", Some(name)),
        ("Installed version", Some(version)),
        ("Base score", of("Base score")),
        ("Remediation", of("Remediation status")),
        ("Comment", of("Remediation comment")),
    ]);
    finding.references = of("URL").map(str::to_owned).into_iter().collect();
    Ok(vec![finding])
}
