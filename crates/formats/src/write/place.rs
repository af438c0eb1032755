//! Where a finding is, for formats that know only files and lines.

use scanhelm_core::finding::{FindingRecord, Location};

/// The file, its line and its column, as far as there are any.
pub(super) fn file_of(record: &FindingRecord) -> Option<(&str, Option<u32>, Option<u32>)> {
    let positive = |number: Option<u32>| number.filter(|number| *number > 0);
    match &record.location {
        Location::Code { path, line, column, .. } if !path.is_empty() => {
            Some((path, positive(*line), positive(*column)))
        }
        Location::Package { path: Some(path), .. } if !path.is_empty() => Some((path, None, None)),
        _ => None,
    }
}

/// One line for people, never empty for an asset with a name.
pub(super) fn label_of(record: &FindingRecord) -> String {
    let label = record.location.label();
    match record.location {
        Location::Asset | Location::Network { .. } => format!("{} {label}", record.asset.name).trim().to_owned(),
        _ => label,
    }
}
