//! What became of the scanners, in the words of the writers.

use std::path::Path;

use scanhelm_formats::write::{Outcome, ScannerOutcome};

use super::ScannerResult;

/// By name: in which order reports were given is no content.
pub(crate) fn of(scanners: &[ScannerResult]) -> Vec<ScannerOutcome> {
    let mut outcomes: Vec<ScannerOutcome> = scanners
        .iter()
        .map(|result| {
            let (scanner, version, outcome) = match result {
                ScannerResult::Ran { scanner, version, warnings, .. } if warnings.is_empty() => {
                    (scanner, version.clone(), Outcome::Complete)
                }
                ScannerResult::Ran { scanner, version, warnings, .. } => {
                    (scanner, version.clone(), Outcome::Partial { warnings: sorted(warnings) })
                }
                ScannerResult::Skipped { scanner, reason, .. } => {
                    (scanner, None, Outcome::Skipped { reason: reason.clone() })
                }
                ScannerResult::Failed { scanner, version, reason } => {
                    (scanner, version.clone(), Outcome::Failed { reason: reason.clone() })
                }
            };
            ScannerOutcome { scanner: without_folder(scanner), version, outcome }
        })
        .collect();
    outcomes.sort_by(|one, other| (&one.scanner, &one.version).cmp(&(&other.scanner, &other.version)));
    outcomes
}

/// Scanners tell them in the order in which they met the files.
fn sorted(warnings: &[String]) -> Vec<String> {
    let mut sorted = warnings.to_vec();
    sorted.sort_unstable();
    sorted
}

/// Reports are called by their paths; which folder of this machine one lay in is nobody's business.
pub(super) fn without_folder(scanner: &str) -> String {
    let path = Path::new(scanner);
    let name = path.file_name().filter(|_| path.is_absolute());
    name.map_or_else(|| scanner.to_owned(), |name| name.to_string_lossy().into_owned())
}
