//! Rapid7 Nexpose and InsightVM: the raw XML export (1.0 and 2.0) and the CSV export.
//!
//! Decisions a reader of findings should know:
//! - **Findings** are the checks whose status says vulnerable: exploited, by version, or potentially. Those that the
//!   console suppressed by an exception are read too, with a mark: they are still there.
//! - **Severity** is Rapid7's number from 1 to 10 in its three words: 8 to 10 Critical (critical), 4 to 7 Severe (high), 1 to 3
//!   Moderate (medium); 0, and a CVSS score of 0.0, inform.
//! - **`key`** tells several hits of one check on one port apart (a page, an account) and is the check.
//! - **Never complete**: an export can be filtered by severity, category and result and does not say so.
//! - What a check means stands in the definitions at the report's end, so the report is read twice.

mod definition;
mod node;
mod report;
mod table;

pub(crate) use report::FORMAT;
pub(crate) use table::FORMAT as TABLE;

use scanhelm_core::Severity;
use scanhelm_core::text::single_line;

const SCANNER: &str = "insightvm";

/// What the words and codes of a check's result say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Vulnerable(&'static str),
    /// It is there, and the console was told to hide it.
    Excepted(&'static str),
    NotVulnerable,
    /// The check ended in an error, so it says nothing.
    Failed,
}

impl Outcome {
    /// `None` for a word that is not known.
    fn of(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "vulnerable-exploited" | "ve" => Self::Vulnerable("confirmed by an exploit"),
            "vulnerable-version" | "vv" => Self::Vulnerable("told by the version"),
            "vulnerable-potential" | "potential" | "vp" => Self::Vulnerable("potential"),
            "exception-vulnerable-exploited" | "ee" => Self::Excepted("confirmed by an exploit"),
            "exception-vulnerable-version" | "ev" => Self::Excepted("told by the version"),
            "exception-vulnerable-potential" | "ep" => Self::Excepted("potential"),
            "error" | "unknown" | "er" | "uk" => Self::Failed,
            "nv" | "ov" | "sv" | "sd" | "ds" | "nt" | "no-tests" => Self::NotVulnerable,
            other if ["not-vulnerable", "skipped", "overridden"].iter().any(|word| other.starts_with(word)) => {
                Self::NotVulnerable
            }
            _ => return None,
        })
    }
}

/// `Err`: it is no severity of Rapid7.
fn severity(text: &str, score: Option<f64>) -> Result<(Severity, String), String> {
    let text = text.trim();
    let (severity, word) = match (text.parse::<u8>().ok(), text.to_ascii_lowercase().as_str()) {
        (Some(8..=10), _) | (None, "critical") => (Severity::Critical, "Critical"),
        (Some(4..=7), _) | (None, "severe") => (Severity::High, "Severe"),
        (Some(1..=3), _) | (None, "moderate") => (Severity::Medium, "Moderate"),
        (Some(0), _) => (Severity::Info, "Informational"),
        _ => return Err(format!("`{}` is no severity of InsightVM", single_line(text, 64))),
    };
    let word = if text.parse::<u8>().is_ok() { format!("{text} ({word})") } else { word.to_owned() };
    let harmless = score == Some(0.0);
    Ok((if harmless { Severity::Info } else { severity }, word))
}

/// The id of a check, which the definitions spell in another case now and then.
fn rule_id(text: &str) -> Result<String, String> {
    let id = text.trim().to_ascii_lowercase();
    if id.is_empty() || id.len() > 200 || id.contains(char::is_whitespace) {
        return Err(format!("`{}` is no id of a check", single_line(text, 64)));
    }
    Ok(id)
}
