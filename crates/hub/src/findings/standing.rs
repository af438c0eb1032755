//! What stands of the findings of a run, for whoever sent it: a gate elsewhere counts what the hub counts.
//!
//! A finding is named by the evidence, as its scanner's reference: by that an import finds it again, whatever was
//! merged or judged since.

use std::collections::HashMap;

use scanhelm_core::finding::suppression::Rule;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{Finding, FindingState, SightingSource};
use scanhelm_core::ids::{FindingId, SuppressionRuleId, UserId};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::{Error, Result, Timestamp};

use super::Findings;
use super::expiry::ran_out;

/// Most references of one question.
const REFERENCES: usize = 1_000;

/// What stands of one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub finding: FindingId,
    /// As it counts now. Behind a verdict or a rule whose time is up nothing is hidden, also before the hub's loop has
    /// looked.
    pub status: FindingState,
    /// Why, in the words of whoever judged it or wrote the rule.
    pub reason: Option<String>,
    /// Name of the member who judged it or answers for the rule.
    pub by: Option<String>,
    /// Name of the rule that suppresses it.
    pub rule: Option<String>,
    pub expires_at: Option<Timestamp>,
    /// In words, where a judgement ran out and nobody has judged since.
    pub ran_out: Option<String>,
}

/// Why a finding does not count.
enum Hidden<'a> {
    Judged(&'a Verdict),
    Ruled(&'a Rule),
}

impl Findings<'_> {
    /// For each of a scanner's references what stands of its finding; `None` where there is none.
    pub async fn standings(
        &self,
        grant: &Grant,
        scanner: &str,
        references: &[String],
    ) -> Result<Vec<Option<Standing>>> {
        grant.require(Permission::FindingRead)?;
        if references.len() > REFERENCES {
            let detail = format!("Ask about {REFERENCES} references at a time.");
            return Err(Error::field("references", "too_many", detail));
        }
        let (store, company, now) = (self.hub.store(), grant.company, self.hub.now());
        let source = SightingSource::scanner(scanner);
        let known = store.findings_by_reference(company, &source, references).await?;
        let mut ids: Vec<FindingId> = known.values().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let findings = store.findings_of(company, &ids).await?;
        let prints: Vec<String> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        let verdicts = store.triage_of(company, &prints).await?;
        let rules = store.active_suppression_rules(company, now).await?;
        let rules: HashMap<_, _> = rules.into_iter().map(|rule| (rule.id, rule)).collect();
        let standing = findings.iter().map(|finding| stands(finding, verdicts.get(&finding.fingerprint), &rules, now));
        let mut standing: Vec<(Standing, Option<Hidden<'_>>)> = standing.collect();
        self.name(grant, &mut standing).await?;
        let standing: HashMap<FindingId, Standing> =
            standing.into_iter().map(|(standing, _)| (standing.finding, standing)).collect();
        Ok(references.iter().map(|reference| standing.get(known.get(reference)?).cloned()).collect())
    }

    /// Says who hides what, as far as that is a member of the company.
    async fn name(&self, grant: &Grant, standing: &mut [(Standing, Option<Hidden<'_>>)]) -> Result<()> {
        let store = self.hub.store();
        let mut people: HashMap<Actor, Option<UserId>> = HashMap::new();
        for (_, hidden) in standing.iter() {
            let Some(actor) = hidden.as_ref().map(Hidden::actor).filter(|actor| !people.contains_key(actor)) else {
                continue;
            };
            people.insert(actor, store.person_behind(grant.company, actor).await?);
        }
        let users: Vec<UserId> = people.values().copied().flatten().collect();
        let members = store.members_of(grant.company, &users).await?;
        for (standing, hidden) in standing {
            let person = hidden.as_ref().and_then(|hidden| *people.get(&hidden.actor())?);
            standing.by = person.and_then(|person| Some(members.get(&person)?.name.clone()));
        }
        Ok(())
    }
}

impl Hidden<'_> {
    fn actor(&self) -> Actor {
        match self {
            Self::Judged(verdict) => verdict.actor,
            Self::Ruled(rule) => Actor::User(rule.owner_id),
        }
    }
}

/// `rules` are those in force.
fn stands<'a>(
    finding: &Finding,
    verdict: Option<&'a Verdict>,
    rules: &'a HashMap<SuppressionRuleId, Rule>,
    now: Timestamp,
) -> (Standing, Option<Hidden<'a>>) {
    let bare = |status| Standing {
        finding: finding.id,
        status,
        reason: None,
        by: None,
        rule: None,
        expires_at: None,
        ran_out: None,
    };
    // A judgement that the finding has left behind says nothing of it.
    let current = verdict.filter(|verdict| verdict.state == finding.status);
    match (finding.status, current) {
        (status, Some(verdict)) if status.is_verdict() && verdict.has_run_out(now) => {
            (Standing { ran_out: Some(ran_out(verdict)), ..bare(FindingState::Open) }, None)
        }
        (status, Some(verdict)) if status.is_verdict() => {
            let (reason, expires_at) = (verdict.reason.clone(), verdict.expires_at);
            (Standing { reason, expires_at, ..bare(status) }, Some(Hidden::Judged(verdict)))
        }
        (FindingState::Suppressed, _) => match finding.suppression_rule_id.map(|id| rules.get(&id)) {
            Some(Some(rule)) => {
                let (reason, expires_at) = (Some(rule.reason.clone()), Some(rule.expires_at));
                let standing = Standing { reason, expires_at, rule: Some(rule.name.clone()), ..bare(finding.status) };
                (standing, Some(Hidden::Ruled(rule)))
            }
            // The rule is over, and its findings are yet to be looked at.
            Some(None) => (bare(FindingState::Open), None),
            // The scanned project suppresses it.
            None => (bare(finding.status), None),
        },
        (FindingState::Open, Some(verdict)) if verdict.actor == Actor::System => {
            (Standing { ran_out: verdict.reason.clone(), ..bare(finding.status) }, None)
        }
        (status, _) => (bare(status), None),
    }
}
