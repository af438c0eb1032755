//! Rules of the project's settings.

use super::{PathPattern, RulePattern};
use crate::finding::{FindingRecord, Location};
use crate::{Severity, Timestamp};

/// Suppresses the findings that it matches, for a reason, until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreRule {
    pub rule: RulePattern,
    pub path: Option<PathPattern>,
    pub reason: String,
    /// `2027-01-01`: the first day, by UTC, on which it no longer holds.
    pub expires: Option<String>,
    pub owner: Option<String>,
}

impl IgnoreRule {
    /// `folder` goes before the record's path: see [`super::Suppressions::folder`].
    #[must_use]
    pub fn matches(&self, record: &FindingRecord, folder: &str) -> bool {
        let path = match &record.location {
            Location::Code { path, .. } | Location::Package { path: Some(path), .. } => Some(path),
            _ => None,
        };
        self.rule.matches(&record.scanner, &record.rule_id)
            && self
                .path
                .as_ref()
                .is_none_or(|pattern| path.is_some_and(|path| pattern.matches(&format!("{folder}{path}"))))
    }

    /// A day that cannot be read has passed: silence must be asked for clearly.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires.as_deref().is_none_or(|day| start_of_day(day).is_some_and(|end| now < end))
    }

    pub(super) fn shown(&self) -> String {
        let path = self.path.as_ref().map(|path| format!(" in {}", path.as_str())).unwrap_or_default();
        format!("{}{path}", self.rule.as_str())
    }
}

/// When a day such as `2027-01-01` begins; `None` when it is none.
#[must_use]
pub fn start_of_day(day: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("{}T00:00:00Z", day.trim())).filter(|_| day.trim().len() == 10)
}

/// What a project takes a rule's findings for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityRule {
    pub rule: RulePattern,
    pub severity: Severity,
}

impl SeverityRule {
    /// The scanner's own word stays.
    pub fn apply(&self, record: &mut FindingRecord) {
        if self.rule.matches(&record.scanner, &record.rule_id) {
            record.vendor_severity.get_or_insert_with(|| record.severity.to_string());
            record.severity = self.severity;
        }
    }
}
