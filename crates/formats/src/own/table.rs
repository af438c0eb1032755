//! The table for spreadsheets. It keeps what people read of a finding, not all that identifies it: what an asset and a place are
//! follows from how they are spelled, scores have no version, and texts were cleaned and cut. What comes back gives
//! the same table again; whoever wants the same findings takes the JSON. What a hub held as fixed is left out: it is not
//! there.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::{CvssScore, FindingRecord, FindingState, Location};

use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::site::site;
use crate::table::Rows;
use crate::weakness::{cves_in, cwes_in};
use crate::write::{CSV_HEADER, is_formula, is_header};

pub(super) const FORMAT: Format =
    Format { id: "scanhelm-csv", name: "Scanhelm findings CSV", extensions: &["csv"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.text().lines().next().is_some_and(|header| is_header(header.trim_end().split(',')))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("scanhelm");
    report.assets_of_findings_only = true;
    let mut rows = Rows::new(input.content, &options.limits);
    let header = rows.next()?.ok_or_else(|| rows.truncated("it has no header"))?;
    if !is_header(header.cells()) {
        return Err(rows.malformed("its header is not that of Scanhelm's table"));
    }
    while let Some(row) = rows.next()? {
        let status = row.cell(CSV_HEADER.len()).parse();
        if !row.is_blank() && !status.is_ok_and(FindingState::is_fixed) {
            let cells: BTreeMap<&str, &str> = CSV_HEADER.into_iter().zip(row.cells().map(plain)).collect();
            report.keep_value(0, &cells)?;
        }
    }
    report.into_reader(options, Box::new(|_, raw, _| vec![finding(raw)]))
}

/// Without the apostrophe that keeps a spreadsheet from taking the cell for a formula.
fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

fn finding(raw: &[u8]) -> Result<FindingRecord, String> {
    let cells: BTreeMap<String, String> = parsed(raw)?;
    let cell = |name: &str| cells.get(name).map_or("", String::as_str);
    let severity: Severity = cell("severity").parse().map_err(|error| format!("{error}"))?;
    let location = location(cell("location"), cell("line").parse().ok());
    let asset = asset(cell("asset"), &location);
    let (mut cves, mut cwes) = (vec![], vec![]);
    cves_in(cell("cves"), &mut cves);
    cwes_in(cell("cwes"), &mut cwes);
    let score = cell("cvss").parse().ok().filter(|score| (0.0..=10.0).contains(score));
    let scanner = filled(cell("scanner")).ok_or("it names no scanner")?;
    Ok(FindingRecord {
        cves,
        cwes,
        cvss: score
            .map(|score| CvssScore { version: "unspecified".to_owned(), vector: None, score: Some(score) })
            .into_iter()
            .collect(),
        description: Some(cell("description").to_owned()).filter(|text| !text.is_empty()),
        solution: Some(cell("solution").to_owned()).filter(|text| !text.is_empty()),
        evidence: Some(cell("evidence").to_owned()).filter(|text| !text.is_empty()),
        references: cell("references").split(' ').filter(|link| !link.is_empty()).map(str::to_owned).collect(),
        ..bare(&scanner, cell("rule_id"), cell("title"), severity, &asset, location)
    })
}

fn location(place: &str, line: Option<u32>) -> Location {
    if place.is_empty() {
        return Location::Asset;
    }
    if line.is_some() {
        return Location::Code { path: place.to_owned(), line, column: None, source: None };
    }
    let behind = |open: &str, close: char| {
        let (before, inside) = place.strip_suffix(close)?.split_once(open)?;
        Some((before.to_owned(), inside.to_owned()))
    };
    if place.starts_with("http://") || place.starts_with("https://") {
        let (url, parameter) = behind(" [", ']').map_or((place.to_owned(), None), |(url, name)| (url, Some(name)));
        return Location::Web { url, method: None, parameter };
    }
    if place.starts_with("pkg:") {
        let (purl, path) = behind(" (", ')').map_or((place.to_owned(), None), |(purl, path)| (purl, Some(path)));
        return Location::Package { purl, path };
    }
    let port = place.split_once('/').and_then(|(port, protocol)| {
        let named =
            !protocol.is_empty() && protocol.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        Some((port.parse::<u16>().ok().filter(|port| *port > 0 && named)?, protocol))
    });
    match port {
        Some((port, protocol)) if place == format!("{port}/{protocol}") => {
            Location::Network { port, protocol: protocol.to_owned(), service: None }
        }
        _ => Location::Code { path: place.to_owned(), line: None, column: None, source: None },
    }
}

/// A site has pages, a repository files and packages; everything else is a host.
fn asset(name: &str, location: &Location) -> AssetRecord {
    match location {
        Location::Web { url, .. } => {
            let mut site = site(url);
            name.clone_into(&mut site.name);
            site
        }
        Location::Code { .. } | Location::Package { .. } => AssetRecord::repository(name),
        Location::Asset | Location::Network { .. } => {
            let key = match name.parse::<std::net::IpAddr>() {
                Ok(_) => AssetKey::Ip(name.to_owned()),
                Err(_) if name.contains('.') => AssetKey::Fqdn(name.to_owned()),
                Err(_) => AssetKey::Hostname(name.to_owned()),
            };
            AssetRecord::new(AssetKind::Host, name, vec![key])
        }
    }
}
