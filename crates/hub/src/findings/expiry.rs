//! What runs out: verdicts, and requests that nobody decided.
//!
//! A condition, not an event: whatever is past its time is ended, whenever the hub looks, also after it was off for a year.
//! A batch is ended in one transaction with its history and its notice, so a crash repeats and loses nothing.

use scanhelm_core::finding::FindingState;
use scanhelm_core::finding::approval::ApprovalState;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::{CompanyId, FindingId};
use scanhelm_core::permission::Actor;
use scanhelm_core::{Result, Timestamp};

use crate::Hub;
use crate::failpoint;
use crate::notifications;
use crate::suppression::settle;

/// Of one transaction.
const AT_ONCE: u32 = 500;

/// How many verdicts and requests have ended.
pub(crate) async fn end_what_ran_out(hub: &Hub) -> Result<u64> {
    let mut ended = 0;
    while let Some(company) = hub.store().company_with_expired_triage(hub.now()).await? {
        ended += end_verdicts(hub, company).await?;
    }
    loop {
        let overdue = hub.store().overdue_approvals(hub.now(), AT_ONCE).await?;
        if overdue.is_empty() {
            return Ok(ended);
        }
        for approval in overdue {
            let transaction = hub.store().begin().await?;
            let known = transaction.approval_to_decide(approval.company_id, approval.id).await?;
            if let Some(mut approval) = known.filter(|approval| approval.state.is_open()) {
                let why = Some("Nobody decided in time.".to_owned());
                hub.end_request(&transaction, &mut approval, ApprovalState::Expired, Actor::System, why).await?;
                notifications::approval_decided(hub, &transaction, &approval).await?;
                ended += 1;
            }
            transaction.commit().await?;
        }
    }
}

/// Findings whose verdict ran out are again what their scanners say.
async fn end_verdicts(hub: &Hub, company: CompanyId) -> Result<u64> {
    let transaction = hub.store().begin().await?;
    transaction.take_import_turn(company).await?;
    let now = hub.now();
    let over = transaction.expired_triage(company, now, AT_ONCE).await?;
    let prints: Vec<String> = over.iter().map(|verdict| verdict.fingerprint.clone()).collect();
    let found = transaction.findings_by_fingerprint(company, &prints).await?;
    let hidden: Vec<FindingId> = over
        .iter()
        .filter_map(|verdict| Some((verdict, found.get(&verdict.fingerprint)?)))
        .filter(|(verdict, finding)| verdict.state.is_verdict() && finding.status == verdict.state)
        .map(|(_, finding)| finding.id)
        .collect();
    let last_seen = |id: FindingId| found.values().find(|finding| finding.id == id).map(|finding| finding.last_seen_at);
    let states: Vec<(FindingId, FindingState, Option<Timestamp>)> = transaction
        .finding_standing(&hidden)
        .await?
        .into_iter()
        .map(|standing| {
            let state = FindingState::unjudged(&standing.sightings);
            // Whoever sees it after it was last seen finds it again.
            (standing.id, state, last_seen(standing.id).filter(|_| state.is_resolved()))
        })
        .collect();
    transaction.save_verdicts(company, &over.iter().map(|verdict| after(verdict, now)).collect::<Vec<_>>()).await?;
    transaction.set_finding_status(&states).await?;
    settle(&transaction, company, now, &hidden).await?;
    let back: Vec<_> = found.into_values().filter(|finding| hidden.contains(&finding.id)).collect();
    notifications::verdicts_ran_out(hub, &transaction, company, &back).await?;
    failpoint::hit("triage.expiry.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("triage.expiry.after_commit").await;
    hub.committed();
    Ok(over.len() as u64)
}

/// What stands after a verdict.
fn after(verdict: &Verdict, now: Timestamp) -> Verdict {
    let state = if verdict.state.is_verdict() { FindingState::Open } else { verdict.state };
    Verdict {
        fingerprint: verdict.fingerprint.clone(),
        state,
        reason: Some(ran_out(verdict)),
        actor: Actor::System,
        // Two hubs' clocks may differ: never before what it follows.
        at: now.max(verdict.at),
        expires_at: None,
    }
}

/// In words.
pub(super) fn ran_out(verdict: &Verdict) -> String {
    let until = verdict.expires_at.map_or_else(String::new, |end| format!(" on {end}"));
    format!("The judgement {} ran out{until}.", verdict.state)
}
