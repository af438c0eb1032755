//! What people did with a finding, out of three histories in one.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::approval::ApprovalState;
use scanhelm_hub::findings::FindingView;
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use super::words::{FindingState, Time, actor};

/// Something that people did with a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    at: Time,
    actor: String,
    /// `state`, `owner` or `approval`.
    kind: &'static str,
    /// Of a judgement, and of a request the state that was asked for.
    state: Option<FindingState>,
    reason: Option<String>,
    expires_at: Option<Time>,
    /// Of a change of the owner: the new one.
    owner: Option<Person>,
    /// One sentence for people.
    message: String,
}

/// Newest first.
pub(super) fn history(view: &FindingView) -> Vec<HistoryEntry> {
    let mut entries: Vec<(Timestamp, HistoryEntry)> =
        judgements(view).chain(owners(view)).chain(approvals(view)).collect();
    // Stable: what happened at once stays in its order.
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    entries.into_iter().map(|(_, entry)| entry).collect()
}

type Dated = (Timestamp, HistoryEntry);

fn with_reason(what: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) if !reason.is_empty() => format!("{what}: {reason}"),
        _ => format!("{what}."),
    }
}

fn judgements(view: &FindingView) -> impl Iterator<Item = Dated> {
    view.triage.iter().map(|verdict| {
        let entry = HistoryEntry {
            at: verdict.at.into(),
            actor: actor(verdict.actor),
            kind: "state",
            state: Some(verdict.state.into()),
            message: with_reason(&format!("Set to {}", verdict.state), verdict.reason.as_deref()),
            reason: verdict.reason.clone(),
            expires_at: verdict.expires_at.map(Time),
            owner: None,
        };
        (verdict.at, entry)
    })
}

fn owners(view: &FindingView) -> impl Iterator<Item = Dated> {
    view.owners.iter().map(|change| {
        let owner = change.owner_id.map(|id| (Person::of(id, &view.members), view.members.get(&id)));
        let message = match &owner {
            None => "Nobody owns it any more.".to_owned(),
            Some((_, None)) => "Given to somebody who has left since.".to_owned(),
            Some((_, Some(user))) if user.name.is_empty() => format!("Given to {}.", user.email),
            Some((_, Some(user))) => format!("Given to {}.", user.name),
        };
        let entry = HistoryEntry {
            at: change.at.into(),
            actor: actor(change.actor),
            kind: "owner",
            state: None,
            reason: None,
            expires_at: None,
            owner: owner.map(|(person, _)| person),
            message,
        };
        (change.at, entry)
    })
}

/// Each request twice: when it was made, and what came of it here.
fn approvals(view: &FindingView) -> impl Iterator<Item = Dated> {
    view.approvals.iter().flat_map(|(approval, row)| {
        let entry = |at: Timestamp, by, message, reason: Option<&str>| {
            let entry = HistoryEntry {
                at: at.into(),
                actor: actor(by),
                kind: "approval",
                state: Some(approval.to.into()),
                reason: reason.map(str::to_owned),
                expires_at: None,
                owner: None,
                message,
            };
            (at, entry)
        };
        let asked = with_reason(&format!("Approval asked for {}", approval.to), Some(&approval.reason));
        let asked = entry(approval.requested_at, approval.requested_by, asked, Some(&approval.reason));
        let decided = approval.decided_at.zip(approval.decided_by).map(|(at, by)| {
            let what = match (approval.state, &row.reason) {
                (ApprovalState::Approved, Some(refused)) => {
                    format!("The approval of {} could not be carried out here: {refused}", approval.to)
                }
                (state, _) => with_reason(
                    &format!("The request for {} is {}", approval.to, state.as_str()),
                    approval.decision_reason.as_deref(),
                ),
            };
            entry(at, by, what, approval.decision_reason.as_deref())
        });
        decided.into_iter().chain([asked])
    })
}
