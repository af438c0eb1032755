//! The table of vulnerability findings.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;

use super::{SCANNER, cloud_resource, is_open, kind_of_file, system_of_advisory};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{
    Columns, Sheet, draft, generic, has_columns, kind_of, lines, package_location, package_title, purl,
    severity_or_reason, upgrade,
};
use crate::table::Row;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format = Format {
    id: "wiz-vulnerabilities-csv",
    name: "Wiz vulnerability findings CSV",
    extensions: &["csv"],
    sniff: |sample| has_columns(sample, &["WizURL", "FindingStatus", "DetailedName", "ProviderUniqueId"]),
    open: |input, options| SHEET.open(input.content, options),
};

static SHEET: Sheet =
    Sheet { scanner: SCANNER, needed: &["Name", "DetailedName", "Version", "FindingStatus", "ProviderUniqueId"], read };

fn read(columns: &Columns, row: &Row, _: &ReadOptions) -> Result<Vec<FindingRecord>, String> {
    let of = |name: &str| columns.of(row, name);
    let rule = of("Name").ok_or("it has no `Name`")?;
    let word = columns.first(row, &["VendorSeverity", "CVSSSeverity"]).ok_or("it has no `VendorSeverity`")?;
    let severity = severity_or_reason(word, "Wiz")?;
    if !is_open(of("FindingStatus"))? {
        return Ok(vec![]);
    }
    let id = columns.first(row, &["ProviderUniqueId", "AssetID"]).ok_or("it names no asset")?;
    let (name, version) = (of("DetailedName").ok_or("it has no `DetailedName`")?, of("Version").unwrap_or_default());
    let (remedy, link) = (of("Remediation").unwrap_or_default(), of("Link").unwrap_or_default());
    // `go get -u ...`, `apt-get install ...`
    let tool = remedy.split([' ', '-']).find_map(kind_of).filter(|_| !remedy.is_empty());
    let kind = of("LocationPath").and_then(kind_of_file).or(tool);
    let vendor = system_of_advisory(link).map(|(_, vendor)| vendor);
    let purl = kind
        .and_then(|kind| purl(kind, vendor, name, version))
        .or_else(|| generic(name, version))
        .ok_or("it has no `DetailedName`")?;
    let location = package_location(purl, of("LocationPath"));
    let mut finding = draft(SCANNER, rule, severity, &cloud_resource(id, of("AssetName")), location);
    cves_in(rule, &mut finding.cves);
    finding.title = package_title(name, version, None, rule);
    finding.vendor_severity = Some(word.to_owned());
    finding.family = of("DetectionMethod").map(str::to_owned);
    finding.solution = upgrade(name, of("FixedVersion").map(str::to_owned).as_slice());
    finding.evidence = lines(&[
        ("Installed version", Some(version)),
        ("Remedy", of("Remediation")),
        ("Exploit", of("HasExploit").filter(|known| known.eq_ignore_ascii_case("true")).map(|_| "known")),
    ]);
    finding.references = [link, of("WizURL").unwrap_or_default()].map(str::to_owned).into();
    finding.references.retain(|address| !address.is_empty());
    finding.seen_at = of("LastDetected").and_then(Timestamp::parse);
    Ok(vec![finding])
}
