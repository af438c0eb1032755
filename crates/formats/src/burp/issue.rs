//! One issue, whichever form tells it.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use crate::gathered::{bare, filled};
use crate::html::{links_of, text_of};
use crate::prose::{labelled, paragraphs};
use crate::site::{page, page_on, site};
use crate::weakness::cwes_in;

/// The type of all issues that extensions report.
const EXTENSION: &str = "134217728";
/// Messages of the exchange that are shown, and bytes of each.
const SHOWN: usize = 6;
const LONGEST: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(super) struct Issue {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) origin: String,
    pub(super) path: String,
    /// The path with what was attacked in brackets behind it.
    pub(super) place: String,
    pub(super) severity: String,
    pub(super) confidence: String,
    /// HTML, as the following.
    pub(super) background: String,
    pub(super) detail: String,
    pub(super) remediation_background: String,
    pub(super) remediation: String,
    pub(super) references: String,
    pub(super) classifications: String,
    /// Requests and responses, as text.
    pub(super) messages: Vec<String>,
}

impl Issue {
    pub(super) fn finding(self) -> Result<FindingRecord, String> {
        let name = single_line(&self.name, 500);
        let kind = single_line(&self.kind, 64);
        let rule = if kind.is_empty() { name.clone() } else { kind.clone() };
        if rule.is_empty() {
            return Err("it has neither a type nor a name, so nothing says what it is".to_owned());
        }
        let (severity, mark) = severity(&self.severity)?;
        let is_false = mark || self.confidence.trim().to_ascii_lowercase().replace('_', " ") == "false positive";
        let origin =
            page(&self.origin).ok_or_else(|| format!("`{}` is no web address", single_line(&self.origin, 64)))?;
        let url = page_on(&self.path, &origin).unwrap_or_else(|| origin.clone());
        let attacked = self.place.trim_end().strip_suffix(']').and_then(|place| place.rsplit_once('['));
        let parameter = attacked.map(|(_, parameter)| single_line(parameter, 300)).and_then(filled);
        let mut cwes = vec![];
        cwes_in(&text_of(&self.classifications), &mut cwes);
        let mark = if is_false { "Marked in Burp as false positive" } else { "" };
        let confidence = labelled("Confidence", &single_line(&self.confidence, 40));
        let messages =
            self.messages.iter().take(SHOWN).map(|message| crate::report::cut(message, LONGEST).into_owned());
        Ok(FindingRecord {
            vendor_severity: filled(single_line(&self.severity, 40)),
            check: (kind == EXTENSION).then(|| name.clone()),
            cwes,
            description: paragraphs([text_of(&self.background), text_of(&self.detail)]),
            solution: paragraphs([text_of(&self.remediation_background), text_of(&self.remediation)]),
            evidence: paragraphs([mark.to_owned(), confidence].into_iter().chain(messages)),
            references: links_of(&self.references),
            ..bare(
                SCANNER,
                rule.clone(),
                if name.is_empty() { rule } else { name },
                severity,
                &site(&origin),
                Location::Web { url, method: None, parameter },
            )
        })
    }
}

/// And whether the word says that it is none.
fn severity(word: &str) -> Result<(Severity, bool), String> {
    Ok(match word.trim().to_ascii_lowercase().replace('_', " ").as_str() {
        "high" => (Severity::High, false),
        "medium" => (Severity::Medium, false),
        "low" => (Severity::Low, false),
        "info" | "information" => (Severity::Info, false),
        "false positive" => (Severity::Info, true),
        _ => return Err(format!("`{}` is no severity of Burp", single_line(word, 64))),
    })
}

/// A message of an exchange, as text.
pub(super) fn unpacked(text: &str) -> String {
    crate::packed::unpacked(text, LONGEST)
}
