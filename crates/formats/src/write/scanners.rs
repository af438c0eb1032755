//! What became of the scanners of a scan. Findings alone do not tell whether a scanner looked: without this, a scan in
//! which one failed reads like one in which it found nothing.

use scanhelm_core::text::single_line;
use serde::{Deserialize, Serialize};

const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 1000;

/// One scanner, or one report that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScannerOutcome {
    pub scanner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It looked at everything it was asked to look at.
    Complete,
    /// It left something out, or not all of its report could be used.
    Partial {
        warnings: Vec<String>,
    },
    /// It did not look, and nobody expected it to: it is not installed, or there is nothing for it.
    Skipped {
        reason: String,
    },
    Failed {
        reason: String,
    },
}

impl ScannerOutcome {
    /// One line for people: `bandit 1.8.0`.
    pub(super) fn label(&self) -> String {
        match &self.version {
            Some(version) => single_line(&format!("{} {version}", self.scanner), LONGEST_NAME),
            None => single_line(&self.scanner, LONGEST_NAME),
        }
    }

    pub(super) fn skipped(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Skipped { reason } => Some(single_line(reason, LONGEST_REASON)),
            _ => None,
        }
    }

    /// The first warning says what is missing, the others how much.
    pub(super) fn partial(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Partial { warnings } => {
                let first = warnings.first().map_or("it did not look at everything", String::as_str);
                let more = match warnings.len() {
                    0 | 1 => String::new(),
                    count => format!(", and {} more", count - 1),
                };
                Some(format!("{}{more}", single_line(first, LONGEST_REASON)))
            }
            _ => None,
        }
    }

    pub(super) fn failed(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Failed { reason } => Some(single_line(reason, LONGEST_REASON)),
            _ => None,
        }
    }

    pub(super) const fn ran(&self) -> bool {
        matches!(self.outcome, Outcome::Complete | Outcome::Partial { .. })
    }
}

/// Where nobody looked, "nothing was found" would be a claim that nobody can make.
pub(super) fn nobody_looked(scanners: &[ScannerOutcome]) -> bool {
    !scanners.is_empty() && !scanners.iter().any(ScannerOutcome::ran)
}
