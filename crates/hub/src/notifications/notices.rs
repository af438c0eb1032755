//! Notices as they are written beside their causes.

use scanhelm_core::ids::{CompanyId, IntegrationId, NoticeId, RunId, ScanId};
use scanhelm_core::import::Import;
use scanhelm_core::integration::Integration;
use scanhelm_core::notification::{Notice, NoticeEvent};
use scanhelm_core::scan::Scan;
use scanhelm_core::schedule::Schedule;
use scanhelm_core::status::VendorState;
use scanhelm_core::text::single_line;
use scanhelm_core::{Result, Severity, SeverityCounts};
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use crate::Hub;

pub(super) fn notice(hub: &Hub, company_id: CompanyId, event: NoticeEvent, title: String) -> Notice {
    Notice {
        id: NoticeId::new(hub.ids()),
        company_id,
        event,
        at: hub.now(),
        severity: None,
        scan_id: None,
        integration_id: None,
        title: single_line(&title, 300),
        detail: String::new(),
        data: Value::Null,
    }
}

/// The end of the scan's latest run; nothing for a state that is no end. A scan that could not even be made has no run,
/// and has failed.
pub(crate) async fn run_notice(hub: &Hub, transaction: &Transaction, scan: &Scan) -> Result<()> {
    let (event, word) = match scan.vendor_state {
        VendorState::Completed => (NoticeEvent::RunCompleted, "completed"),
        VendorState::Failed => (NoticeEvent::RunFailed, "failed"),
        VendorState::Cancelled => (NoticeEvent::RunCancelled, "was cancelled"),
        VendorState::Queued | VendorState::Running | VendorState::Paused => return Ok(()),
    };
    let title = match scan.run_number {
        0 | 1 => format!("{} {word}.", scan.name),
        number => format!("{} {word} (run {number}).", scan.name),
    };
    let mut lines = Vec::new();
    if scan.counts_known {
        lines.push(format!("Findings: {}.", spoken(&scan.counts)));
    }
    lines.extend(scan.error.as_deref().map(|error| single_line(error, 400)));
    let notice = Notice {
        scan_id: Some(scan.id),
        integration_id: scan.integration_id,
        detail: lines.join("\n"),
        data: json!({
            "scan_name": scan.name,
            "run_id": scan.run_id,
            "run_number": scan.run_number,
            "external_scan_id": scan.link.as_ref().map(|link| &link.external_scan_id),
            "external_run_id": scan.external_run_id,
            "vendor": scan.vendor,
            "origin": scan.origin,
            "started_at": scan.started_at,
            "finished_at": scan.finished_at,
            "counts": scan.counts_known.then_some(scan.counts),
            "ci": scan.ci,
        }),
        ..notice(hub, scan.company_id, event, title)
    };
    transaction.append_notice(&notice).await
}

/// What a finished import brought; nothing when it brought nothing new.
pub(crate) async fn findings_notice(hub: &Hub, transaction: &Transaction, scan: &Scan, import: &Import) -> Result<()> {
    let news = &import.news;
    let Some(severity) = news.severity() else {
        return Ok(());
    };
    let (new, reopened) = (news.new.total(), news.reopened.total());
    let what = match (new, reopened) {
        (_, 0) => format!("{new} new {}", findings(new)),
        (0, _) => format!("{reopened} reopened {}", findings(reopened)),
        _ => format!("{new} new and {reopened} reopened findings"),
    };
    let mut lines = Vec::new();
    for (word, counts) in [("New", &news.new), ("Reopened", &news.reopened)] {
        if counts.total() > 0 {
            lines.push(format!("{word}: {}.", spoken(counts)));
        }
    }
    for item in &news.worst {
        let again = if item.reopened { " (reopened)" } else { "" };
        lines.push(format!("{}: {}{again}", item.severity, single_line(&item.title, 120)));
    }
    let notice = Notice {
        severity: Some(severity),
        scan_id: Some(scan.id),
        integration_id: scan.integration_id,
        detail: lines.join("\n"),
        data: json!({
            "scan_name": scan.name,
            "run_id": import.run_id,
            "import_id": import.id,
            "new": news.new,
            "reopened": news.reopened,
            "worst": news.worst,
        }),
        ..notice(hub, scan.company_id, NoticeEvent::FindingsNew, format!("{}: {what}.", scan.name))
    };
    transaction.append_notice(&notice).await
}

/// An import that is given up: of `run`, which need not be the scan's latest.
pub(crate) async fn import_failed(
    hub: &Hub,
    transaction: &Transaction,
    scan: &Scan,
    run: Option<RunId>,
    reason: &str,
) -> Result<()> {
    let title = format!("The results of {} could not be imported.", scan.name);
    let notice = Notice {
        scan_id: Some(scan.id),
        integration_id: scan.integration_id,
        detail: single_line(reason, 600),
        data: json!({"scan_name": scan.name, "run_id": run}),
        ..notice(hub, scan.company_id, NoticeEvent::ImportFailed, title)
    };
    transaction.append_notice(&notice).await
}

/// A nominal time of a schedule that did not become a run.
pub(crate) async fn schedule_notice(
    hub: &Hub,
    transaction: &Transaction,
    schedule: &Schedule,
    event: NoticeEvent,
    message: &str,
    data: Value,
) -> Result<()> {
    let scan = transaction.scan(schedule.company_id, schedule.scan_id).await?;
    let name = scan.as_ref().map_or("A scan", |scan| scan.name.as_str());
    let word = if event == NoticeEvent::ScheduleMissed { "missed its time" } else { "was not started by its schedule" };
    let scan_id: ScanId = schedule.scan_id;
    let integration_id: Option<IntegrationId> = scan.as_ref().and_then(|scan| scan.integration_id);
    let notice = Notice {
        scan_id: Some(scan_id),
        integration_id,
        detail: single_line(message, 600),
        data,
        ..notice(hub, schedule.company_id, event, format!("{name} {word}."))
    };
    transaction.append_notice(&notice).await
}

/// What the end of a look at an integration is worth telling, which its health then remembers.
pub(crate) async fn integration_notice(
    hub: &Hub,
    transaction: &Transaction,
    integration: &mut Integration,
) -> Result<()> {
    let before = integration.health.told;
    let Some(event) = scanhelm_core::notification::integration_notice(&mut integration.health) else {
        return Ok(());
    };
    let name = &integration.name;
    let (title, detail) = match &integration.health.condition {
        Some(condition) => {
            let kind = condition.kind.as_str().replace('_', " ");
            let detail = format!("{}\n{}", single_line(&condition.detail, 400), condition.next_step);
            (format!("{name} is in trouble: {kind}."), detail)
        }
        None => {
            let since = before.map(|told| format!("In trouble since {}.", told.since));
            (format!("{name} works again."), since.unwrap_or_default())
        }
    };
    let notice = Notice {
        integration_id: Some(integration.id),
        detail,
        data: json!({
            "integration_name": name,
            "connector": integration.connector,
            "condition": integration.health.condition,
            "in_trouble_since": before.map(|told| told.since),
        }),
        ..notice(hub, integration.company_id, event, title)
    };
    transaction.append_notice(&notice).await
}

fn findings(count: u64) -> &'static str {
    if count == 1 { "finding" } else { "findings" }
}

/// "2 critical, 1 low"; the worst first.
fn spoken(counts: &SeverityCounts) -> String {
    let present = Severity::ALL.into_iter().filter(|severity| counts.get(*severity) > 0);
    let words: Vec<_> = present.map(|severity| format!("{} {severity}", counts.get(severity))).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
