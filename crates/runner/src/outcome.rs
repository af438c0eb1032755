//! What a scan brought, scanner by scanner. A scanner that did not look is never silently absent: it is in exactly one
//! of `ran`, `skipped` and `failed`, unless the scan was cancelled before its turn.

use std::collections::BTreeSet;
use std::time::Duration;

use scanhelm_core::SeverityCounts;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::{ComponentRecord, united};
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::scan::SkippedScanner;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanState {
    /// At least one scanner looked, or none of the installed ones had anything to look at.
    Completed,
    /// No scanner looked although there was something to look at.
    Failed,
    /// Cancelled before the last scanner ended. What ended before is kept.
    Cancelled,
}

#[derive(Clone, Debug)]
pub struct ScanOutcome {
    pub state: ScanState,
    /// Sorted: worst first, then scanner, rule, location, title. Equal trees give equal lists.
    pub records: Vec<Box<FindingRecord>>,
    /// Of each scanner that ran, in the order of the registry, as are the other three.
    pub coverage: Vec<Coverage>,
    pub ran: Vec<RanScanner>,
    pub skipped: Vec<SkippedScanner>,
    pub failed: Vec<FailedScanner>,
}

impl ScanOutcome {
    #[must_use]
    pub fn counts(&self) -> SeverityCounts {
        self.records.iter().map(|record| record.severity).collect()
    }

    /// What the target is made of, each once, in an order that depends on the components only.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentRecord> {
        united(self.coverage.iter().filter_map(|coverage| coverage.components.clone()).flatten())
    }
}

/// How a scanner that ran ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RanOutcome {
    Complete,
    /// It left something out, or not all of its report could be used; the warnings say what.
    Partial,
}

impl RanOutcome {
    pub(crate) const fn by(warnings: &[String]) -> Self {
        if warnings.is_empty() { Self::Complete } else { Self::Partial }
    }
}

/// A scanner whose report came to its end and is in the records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RanScanner {
    pub id: String,
    pub version: Option<String>,
    pub outcome: RanOutcome,
    pub duration: Duration,
    /// Of memory that its greatest process held; `None` when it was no process, or held no more than Scanhelm itself
    /// when it was started, which is not known apart.
    pub peak_memory_bytes: Option<u64>,
    pub findings: u64,
    /// `None`: it lists no components but looks for flaws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<u64>,
    /// What it did not look at or what could not be read of its report. With any of these the scanner's silence about
    /// a file proves nothing.
    pub warnings: Vec<String>,
    pub exit_code: i32,
    /// Its answer is one that was kept: it was not run.
    pub cached: bool,
    /// As a shell takes them, for whoever wants to run it by hand; `$FOLDER` stands for a folder of its own.
    pub commands: Vec<String>,
}

/// What a scanner looked at, found or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    pub scanner: String,
    pub assets: Vec<AssetRecord>,
    /// What it was asked to look for, when its report says so: runs are compared with runs that asked the same.
    pub policy: Option<String>,
    /// It looked at all of it, so what it does not report there is gone.
    pub complete: bool,
    /// What it lists, each once; `None`: it lists nothing but looks for flaws.
    pub components: Option<Vec<ComponentRecord>>,
}

/// Of the others it is no wonder that there is no finding.
#[must_use]
pub fn looked_for_flaws(coverage: &[Coverage]) -> BTreeSet<String> {
    let looked = coverage.iter().filter(|coverage| coverage.components.is_none());
    looked.map(|coverage| coverage.scanner.clone()).collect()
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedScanner {
    pub id: String,
    pub version: Option<String>,
    pub duration: Duration,
    /// As of one that ran, of the process that failed.
    pub peak_memory_bytes: Option<u64>,
    /// What happened and what to do about it.
    pub reason: String,
    /// `None` when it was ended by a signal or never began.
    pub exit_code: Option<i32>,
    /// As a shell takes it; `None` when it never began.
    pub command: Option<String>,
    /// All that is kept of what it printed: beginning and end.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log: String,
}

impl FailedScanner {
    /// For events, which stay short.
    #[must_use]
    pub fn in_short(&self) -> Self {
        let reason = scanhelm_core::text::single_line(&self.reason, EVENT_REASON);
        Self { reason, log: String::new(), ..self.clone() }
    }
}

/// Characters of a reason in an event.
const EVENT_REASON: usize = 200;
