//! What Checkmarx One finds that is no flow: settings in infrastructure as code and packages with known weaknesses.

use scanhelm_core::finding::{FindingRecord, Location};

use super::{SCANNER, severity};
use crate::code_report::Place;
use crate::gathered::{bare, filled};
use crate::package::{generic, kind_of, package_location, package_title, purl};
use crate::weakness::cves_in;

pub(super) struct Setting<'a> {
    pub(super) query: &'a str,
    pub(super) severity: &'a str,
    pub(super) file: &'a str,
    pub(super) line: Option<u32>,
    /// Names the attribute, in the words of the query; identifies where a query finds two in a file.
    pub(super) expected: &'a str,
    pub(super) actual: &'a str,
    pub(super) group: &'a str,
    pub(super) description: &'a str,
}

pub(super) fn setting(setting: Setting<'_>, place: &Place) -> Result<FindingRecord, String> {
    let rank = severity(setting.severity)?;
    let query = filled(setting.query).ok_or("it names no query")?;
    let path = place.tree.relative(setting.file).trim_start_matches('/').to_owned();
    let location = match path.is_empty() {
        true => Location::Asset,
        false => Location::Code { path, line: setting.line, column: None, source: None },
    };
    Ok(FindingRecord {
        vendor_severity: filled(setting.severity),
        check: filled(setting.expected),
        family: filled(setting.group),
        description: filled(setting.description),
        evidence: filled(format!("Expected: {}\nActual: {}", setting.expected, setting.actual)),
        ..bare(SCANNER, format!("IaC/{query}"), query, rank, &place.asset, location)
    })
}

/// `identifier`: `Npm-underscore-1.10.2`, `Maven-com.acme:lib-1.4.5`. `version`: where it is told apart, for versions that hold a hyphen.
pub(super) fn package(
    id: &str,
    identifier: &str,
    version: Option<&str>,
    word: &str,
    path: Option<&str>,
    place: &Place,
) -> Result<FindingRecord, String> {
    let rank = severity(word)?;
    let id = filled(id).ok_or("it names no vulnerability")?;
    let (manager, rest) = identifier.split_once('-').ok_or("it names no package")?;
    let apart = version.and_then(|version| Some((rest.strip_suffix(version)?.strip_suffix('-')?, version)));
    let (name, version) = apart.or_else(|| rest.rsplit_once('-')).unwrap_or((rest, ""));
    let url = match kind_of(manager) {
        Some(kind) => purl(kind, None, name, version),
        None => generic(name, version),
    };
    let url = url.ok_or_else(|| format!("`{identifier}` names no package"))?;
    let mut cves = vec![];
    cves_in(&id, &mut cves);
    let title = package_title(name, version, None, &id);
    Ok(FindingRecord {
        vendor_severity: filled(word),
        cves,
        family: Some("packages".to_owned()),
        ..bare(SCANNER, id, title, rank, &place.asset, package_location(url, path))
    })
}
