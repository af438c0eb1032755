//! Suppression of what local scanners find, by the project that is scanned.
//!
//! There are three ways: a comment in the source, a rule in the project's settings, and a baseline of what was there
//! before. The one nearest to the code wins, because it says most about this finding: comment, then rule, then
//! baseline. Who suppressed a finding and why stays with it. A hub keeps that with the evidence of the scanner; what it
//! makes of a finding that has several scanners, and what its people judge, is in [`crate::finding::suppression`].

mod baseline;
mod comment;
mod pattern;
mod rule;

pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineError, Comparison, Known};
pub use comment::{Comments, Directive, comments, without_comments};
pub use pattern::{PathPattern, RulePattern};
pub use rule::{IgnoreRule, SeverityRule, start_of_day};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::finding::identity::Identity;
use crate::finding::{FindingRecord, Location};

/// By what a finding is suppressed; the first one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A comment in the source.
    Inline,
    /// A rule of the project's settings.
    Config,
    /// It was there before.
    Baseline,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::Inline, Self::Config, Self::Baseline];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Config => "config",
            Self::Baseline => "baseline",
        }
    }

    /// For people who know the hub better than the project.
    #[must_use]
    pub const fn described(self) -> &'static str {
        match self {
            Self::Inline => "comment in the source",
            Self::Config => "rule of the project",
            Self::Baseline => "baseline of the project",
        }
    }
}

/// Why a finding is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    pub by: Way,
    /// In the words of whoever wrote the comment or the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// All that suppresses in one scan.
#[derive(Debug, Default)]
pub struct Suppressions {
    /// The scanned folder as the rules' paths see it: empty, or with `/` at its end.
    pub folder: String,
    pub rules: Vec<IgnoreRule>,
    pub baseline: Option<Baseline>,
}

impl Suppressions {
    /// Who suppresses this finding. `comments` are those of its file; the rules that match are marked in `used`.
    #[must_use]
    pub fn of(
        &self,
        record: &FindingRecord,
        identity: &Identity,
        comments: Option<&Comments>,
        now: Timestamp,
        used: &mut Uses,
    ) -> Option<Suppressed> {
        let line = match &record.location {
            Location::Code { line, .. } => *line,
            _ => None,
        };
        let inline = comments.zip(line).and_then(|(comments, line)| comments.suppressing(record, line));
        let inline =
            inline.map(|directive| Suppressed { by: Way::Inline, reason: directive.reason.clone(), owner: None });
        // Every rule is asked, so that one which a comment goes before is not called useless.
        let mut config = None;
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.matches(record, &self.folder)) {
            used.0.insert(at);
            if config.is_none() && rule.holds(now) {
                config =
                    Some(Suppressed { by: Way::Config, reason: Some(rule.reason.clone()), owner: rule.owner.clone() });
            }
        }
        let known = || self.baseline.as_ref().is_some_and(|baseline| baseline.knows(identity));
        inline.or(config).or_else(|| known().then_some(Suppressed { by: Way::Baseline, reason: None, owner: None }))
    }

    /// Rules that have run out or match nothing, for whoever keeps them.
    #[must_use]
    pub fn complaints(&self, now: Timestamp, used: &Uses) -> Vec<String> {
        let complaint = |(at, rule): (usize, &IgnoreRule)| match &rule.expires {
            Some(day) if !rule.holds(now) => Some(format!(
                "the rule for `{}` ran out on {day} and suppresses nothing; renew or remove it",
                rule.shown()
            )),
            _ if !used.0.contains(&at) => {
                Some(format!("the rule for `{}` matches no finding; remove it if it is done with", rule.shown()))
            }
            _ => None,
        };
        self.rules.iter().enumerate().filter_map(complaint).collect()
    }
}

/// Which rules have matched.
#[derive(Debug, Default)]
pub struct Uses(std::collections::BTreeSet<usize>);

#[cfg(test)]
mod tests;
