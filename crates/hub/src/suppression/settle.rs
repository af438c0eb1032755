//! Brings findings in line with the rules in force and with what scanned projects say: the one place where these set a
//! status.
//!
//! Whoever changes what a finding is matched by calls it in the same transaction and in the company's turn. It asks only
//! what is there, never what happened, so doing it again changes nothing.

use std::collections::HashSet;

use scanhelm_core::finding::suppression::{Rule, Suppressor, matching, settled};
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::{CompanyId, FindingId};
use scanhelm_core::{Result, Timestamp};
use scanhelm_store::{SuppressionRow, Transaction};

/// Of these findings those that are suppressed now. Without a rule in force, and where no scanned project suppresses
/// anything, nothing is asked: what rules suppressed that are over is the business of the pass that follows their end.
pub(crate) async fn settle(
    transaction: &Transaction,
    company: CompanyId,
    now: Timestamp,
    ids: &[FindingId],
) -> Result<HashSet<FindingId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rules = transaction.active_suppression_rules(company, now).await?;
    if rules.is_empty() && !transaction.projects_suppress(company).await? {
        return Ok(HashSet::new());
    }
    settle_by(transaction, company, &rules, ids).await
}

/// The same by these rules, also by none.
pub(super) async fn settle_by(
    transaction: &Transaction,
    company: CompanyId,
    rules: &[Rule],
    ids: &[FindingId],
) -> Result<HashSet<FindingId>> {
    let mut suppressed = HashSet::new();
    let mut states = Vec::new();
    let mut named = Vec::new();
    for row in transaction.suppressible(company, ids).await? {
        let (state, by) = decided(&row, rules);
        let rule = by.and_then(Suppressor::rule);
        if state == FindingState::Suppressed {
            suppressed.insert(row.id);
        }
        // Whom a rule suppressed and now only the project does is suppressed anew: then no rule is named.
        if state != row.status || (rule.is_none() && row.rule.is_some()) {
            // Whoever sees it after it was last seen finds it again.
            states.push((row.id, state, state.is_resolved().then_some(row.last_seen_at)));
        }
        if let Some(rule) = rule.filter(|_| is_news(&row, state, by)) {
            named.push((row.id, rule));
        }
    }
    transaction.set_finding_status(&states).await?;
    transaction.name_suppressing(&named).await?;
    Ok(suppressed)
}

/// What a finding is to be by these rules.
pub(super) fn decided(row: &SuppressionRow, rules: &[Rule]) -> (FindingState, Option<Suppressor>) {
    let forbidden = row.verdict.as_ref().is_some_and(Verdict::forbids_suppression);
    let seen = row.sightings.contains(&SightingState::Seen);
    let rule = || matching(rules, &row.subject).map(|rule| Suppressor::Rule(rule.id));
    let project = || row.by_project.then_some(Suppressor::Project);
    let by = if forbidden || !seen { None } else { rule().or_else(project) };
    settled(row.status, &row.sightings, forbidden, by)
}

/// Whether something is to be written.
pub(super) fn is_news(row: &SuppressionRow, state: FindingState, by: Option<Suppressor>) -> bool {
    state != row.status || by.and_then(Suppressor::rule) != row.rule
}
