//! Notices about people's judgements and what they say, as they are written beside their causes.

use scanhelm_core::Result;
use scanhelm_core::finding::Finding;
use scanhelm_core::finding::approval::Approval;
use scanhelm_core::finding::suppression::Rule;
use scanhelm_core::ids::{CompanyId, FindingId};
use scanhelm_core::notification::{Notice, NoticeEvent};
use scanhelm_core::permission::Actor;
use scanhelm_core::text::single_line;
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use super::notices::notice;
use crate::Hub;

/// Findings that a notice names.
const NAMED: usize = 10;

/// Who did something, as other members of the company know them.
async fn name(transaction: &Transaction, company: CompanyId, actor: Actor) -> Result<String> {
    let Some(person) = transaction.person_behind(company, actor).await? else {
        return Ok(if actor == Actor::System { "Scanhelm" } else { "An API key" }.to_owned());
    };
    let known = transaction.members_of(company, &[person]).await?.remove(&person);
    let Some(user) = known else {
        return Ok("Somebody who is no member".to_owned());
    };
    Ok(if user.name.is_empty() { user.email } else { user.name })
}

/// `people`: `{id, email, name}` of each.
#[expect(clippy::too_many_arguments, reason = "all of it is told")]
pub(crate) async fn mentioned(
    hub: &Hub,
    transaction: &Transaction,
    company: CompanyId,
    author: Actor,
    people: Vec<Value>,
    body: &str,
    finding: Option<FindingId>,
    what: &str,
) -> Result<()> {
    let author = name(transaction, company, author).await?;
    let called = |person: &Value| {
        let text = |field: &str| person.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        text("name").or_else(|| text("email")).map(str::to_owned)
    };
    let names: Vec<String> = people.iter().filter_map(called).take(NAMED).collect();
    let title = format!("{author} mentioned {} on {}.", names.join(", "), single_line(what, 120));
    let notice = Notice {
        detail: single_line(body, 600),
        data: json!({"finding_id": finding, "mentioned": people}),
        ..notice(hub, company, NoticeEvent::FindingMentioned, title)
    };
    transaction.append_notice(&notice).await
}

pub(crate) async fn approval_requested(
    hub: &Hub,
    transaction: &Transaction,
    approval: &Approval,
    what: &str,
) -> Result<()> {
    let who = name(transaction, approval.company_id, approval.requested_by).await?;
    let title = format!("{who} asks for an approval: {} to become {}.", single_line(what, 120), approval.to);
    let notice = Notice {
        detail: single_line(&approval.reason, 600),
        data: json!({
            "approval_id": approval.id, "to": approval.to.as_str(), "findings": approval.findings,
            "requester_id": approval.requester_id, "ends_at": approval.ends_at,
        }),
        ..notice(hub, approval.company_id, NoticeEvent::ApprovalRequested, title)
    };
    transaction.append_notice(&notice).await
}

/// Approved, rejected, or ended because nobody decided.
pub(crate) async fn approval_decided(hub: &Hub, transaction: &Transaction, approval: &Approval) -> Result<()> {
    let asked = name(transaction, approval.company_id, approval.requested_by).await?;
    let state = approval.state.as_str();
    let by = match approval.decided_by {
        None | Some(Actor::System) => String::new(),
        Some(actor) => format!(" by {}", name(transaction, approval.company_id, actor).await?),
    };
    let title = format!("The approval that {asked} asked for ({}) is {state}{by}.", approval.to);
    let notice = Notice {
        detail: single_line(approval.decision_reason.as_deref().unwrap_or_default(), 600),
        data: json!({
            "approval_id": approval.id, "state": state, "to": approval.to.as_str(),
            "requester_id": approval.requester_id,
        }),
        ..notice(hub, approval.company_id, NoticeEvent::ApprovalDecided, title)
    };
    transaction.append_notice(&notice).await
}

/// Findings that are back because what hid them ran out; nothing for none.
pub(crate) async fn verdicts_ran_out(
    hub: &Hub,
    transaction: &Transaction,
    company: CompanyId,
    findings: &[Finding],
) -> Result<()> {
    let Some(severity) = findings.iter().map(|finding| finding.severity).max() else {
        return Ok(());
    };
    let mut worst: Vec<&Finding> = findings.iter().collect();
    worst.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    worst.truncate(NAMED);
    let lines = worst.iter().map(|finding| format!("{}: {}", finding.severity, single_line(&finding.title, 120)));
    let count = findings.len();
    let title = format!("The judgement of {} ran out.", counted(count as u64));
    let notice = Notice {
        severity: Some(severity),
        detail: lines.collect::<Vec<_>>().join("\n"),
        data: json!({
            "findings": count, "worst": worst.iter().map(|finding| json!({"finding_id": finding.id, "title": finding.title,
            "severity": finding.severity, "was": finding.status.as_str()})).collect::<Vec<_>>(),
        }),
        ..notice(hub, company, NoticeEvent::VerdictExpired, title)
    };
    transaction.append_notice(&notice).await
}

/// `findings`: how many it suppressed to the end.
pub(crate) async fn suppression_rule_ran_out(
    hub: &Hub,
    transaction: &Transaction,
    rule: &Rule,
    findings: u64,
) -> Result<()> {
    let name = single_line(&rule.name, 120);
    let title = format!("The suppression rule {name} ended; it suppressed {}.", counted(findings));
    let notice = Notice {
        detail: single_line(&rule.reason, 600),
        data: json!({
            "rule_id": rule.id, "rule_name": rule.name, "owner_id": rule.owner_id, "ended_at": rule.expires_at,
            "findings": findings,
        }),
        ..notice(hub, rule.company_id, NoticeEvent::SuppressionRuleExpired, title)
    };
    transaction.append_notice(&notice).await
}

fn counted(findings: u64) -> String {
    format!("{findings} {}", if findings == 1 { "finding" } else { "findings" })
}
