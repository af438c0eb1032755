//! Suppression of what local scanners find, by the project that is scanned.
//!
//! There are three ways: a comment in the source, a rule in the project's settings, and a baseline of what was there
//! before. The one nearest to the code wins, because it says most about this finding: comment, then rule, then
//! baseline. A command that sends its run to a hub knows a fourth, the last: what counts for nothing there. Who
//! suppressed a finding and why stays with it. A hub keeps that with the evidence of the scanner; what it makes of a
//! finding that has several scanners, and what its people judge, is in [`crate::finding::suppression`].

mod baseline;
mod comment;
mod pattern;
mod rule;

pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineError, Comparison, Known};
pub use comment::{Comments, Directive, comments, without_comments};
pub use pattern::{PathPattern, RulePattern};
pub use rule::{IgnoreRule, SeverityRule, start_of_day};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::finding::identity::Identity;
use crate::finding::{FindingRecord, FindingState, Location};

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
    /// A judgement or a rule of the company, at the hub that the run was sent to.
    Hub,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Inline, Self::Config, Self::Baseline, Self::Hub];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Config => "config",
            Self::Baseline => "baseline",
            Self::Hub => "hub",
        }
    }

    /// For people who know the hub better than the project.
    #[must_use]
    pub const fn described(self) -> &'static str {
        match self {
            Self::Inline => "comment in the source",
            Self::Config => "rule of the project",
            Self::Baseline => "baseline of the project",
            Self::Hub => "judgement at the hub",
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
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it is at the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<FindingState>,
    /// Until when that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Suppressed {
    /// By a project, which passes no verdict.
    #[must_use]
    pub const fn by(by: Way, reason: Option<String>, owner: Option<String>) -> Self {
        Self { by, reason, owner, verdict: None, expires_at: None }
    }

    /// The verdict, if there is one, and the reason: `false positive: the words are fixed`.
    #[must_use]
    pub fn justification(&self) -> Option<String> {
        let verdict = self.verdict.map(|verdict| verdict.as_str().replace('_', " "));
        match (verdict, &self.reason) {
            (Some(verdict), Some(reason)) => Some(format!("{verdict}: {reason}")),
            (verdict, reason) => verdict.or_else(|| reason.clone()),
        }
    }
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
        let inline = inline.map(|directive| Suppressed::by(Way::Inline, directive.reason.clone(), None));
        // Every rule is asked, so that one which a comment goes before is not called useless.
        let mut config = None;
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.matches(record, &self.folder)) {
            used.0.insert(at);
            if config.is_none() && rule.holds(now) {
                config = Some(Suppressed::by(Way::Config, Some(rule.reason.clone()), rule.owner.clone()));
            }
        }
        let known = || self.baseline.as_ref().is_some_and(|baseline| baseline.knows(identity));
        inline.or(config).or_else(|| known().then_some(Suppressed::by(Way::Baseline, None, None)))
    }

    /// Rules that have run out or match nothing, for whoever keeps them. One that none of the scanners is meant by that
    /// `looked` for flaws may match what another finds.
    #[must_use]
    pub fn complaints(&self, now: Timestamp, looked: &BTreeSet<String>, used: &Uses) -> Vec<String> {
        let complaint = |(at, rule): (usize, &IgnoreRule)| match &rule.expires {
            Some(day) if !rule.holds(now) => Some(format!(
                "the rule for `{}` ran out on {day} and suppresses nothing; renew or remove it",
                rule.shown()
            )),
            _ if !used.0.contains(&at) && looked.iter().any(|scanner| rule.rule.is_for(scanner)) => {
                Some(format!("the rule for `{}` matches no finding; remove it if it is done with", rule.shown()))
            }
            _ => None,
        };
        self.rules.iter().enumerate().filter_map(complaint).collect()
    }
}

/// Which rules have matched.
#[derive(Debug, Default)]
pub struct Uses(BTreeSet<usize>);

#[cfg(test)]
mod tests;
