//! What a scan tells while it runs. Each event has the name of the activity feed's, so the hub appends them as they
//! come. Of every scan the first event is `ScanStart` and the last is one of `ScanComplete`, `ScanFailed` and
//! `ScanCancelled`; a scanner's end follows its start.

use scanhelm_core::activity::Event;
use scanhelm_core::component::components_in_words;
use scanhelm_core::scan::SkippedScanner;
use scanhelm_core::{SeverityCounts, findings_in_words};
use serde::Serialize;

use crate::outcome::{FailedScanner, RanScanner};
use crate::process::Identity;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RunnerEvent {
    ScanStart {
        target: String,
        scanners: Vec<String>,
    },
    /// Without a process it is Scanhelm itself, or its answer is one that was kept.
    ScannerStart {
        scanner: String,
        version: Option<String>,
        process: Option<Identity>,
    },
    ScannerComplete(RanScanner),
    ScannerSkipped(SkippedScanner),
    ScannerFailed(FailedScanner),
    ScanComplete {
        counts: SeverityCounts,
        scanners_run: Vec<String>,
    },
    ScanFailed {
        reason: String,
    },
    ScanCancelled {
        scanners_run: Vec<String>,
    },
}

impl RunnerEvent {
    /// Its name in the activity feed; the serialized event is the data there.
    #[must_use]
    pub const fn event(&self) -> Event {
        match self {
            Self::ScanStart { .. } => Event::ScanStart,
            Self::ScannerStart { .. } => Event::ScannerStart,
            Self::ScannerComplete(_) => Event::ScannerComplete,
            Self::ScannerSkipped(_) => Event::ScannerSkipped,
            Self::ScannerFailed(_) => Event::ScannerFailed,
            Self::ScanComplete { .. } => Event::ScanComplete,
            Self::ScanFailed { .. } => Event::ScanFailed,
            Self::ScanCancelled { .. } => Event::ScanCancelled,
        }
    }

    /// One sentence for people.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::ScanStart { scanners, .. } => format!("Scan started with {}.", listed(scanners)),
            Self::ScannerStart { scanner, version: Some(version), .. } => format!("{scanner} {version} started."),
            Self::ScannerStart { scanner, .. } => format!("{scanner} started."),
            Self::ScannerComplete(ran) => {
                let brought = ran.components.map_or_else(|| findings_in_words(ran.findings), components_in_words);
                match ran.warnings.first() {
                    None => format!("{} ended with {brought}.", ran.id),
                    Some(first) => format!("{} looked at a part, with {brought}: {first}.", ran.id),
                }
            }
            Self::ScannerSkipped(skipped) => format!("{} was skipped: {}.", skipped.scanner, skipped.reason),
            Self::ScannerFailed(failed) => format!("{} failed: {}.", failed.id, failed.reason),
            Self::ScanComplete { counts, .. } => format!("Scan ended with {}.", findings_in_words(counts.total())),
            Self::ScanFailed { reason } => format!("Scan failed: {reason}."),
            Self::ScanCancelled { .. } => "Scan cancelled.".to_owned(),
        }
    }
}

fn listed(scanners: &[String]) -> String {
    if scanners.is_empty() { "no scanner".to_owned() } else { scanners.join(", ") }
}
