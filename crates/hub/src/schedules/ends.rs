//! Closing runs that have ended: with results in, or with the reason why there are none. Each gets its event.

use scanhelm_core::Result;
use scanhelm_core::activity::Event;
use scanhelm_core::schedule::{Ending, RunOutcome, RunResult, START_PROOF, ScheduleRun, ending};
use scanhelm_core::text::single_line;
use serde_json::json;

use super::fire::news;
use crate::Hub;

const AT_ONCE: u32 = 500;

pub(super) async fn close_ended(hub: &Hub) -> Result<u64> {
    let now = hub.now();
    let mut closed = 0;
    for run in hub.store().ending_schedule_runs(now.minus(START_PROOF), AT_ONCE).await? {
        let scan = match run.scan_id {
            Some(id) => hub.store().scan(run.company_id, id).await?,
            None => None,
        };
        let command = match run.command_id {
            Some(id) => hub.store().command(run.company_id, id).await?,
            None => None,
        };
        if let Some(ending) = ending(&run, scan.as_ref(), command.as_ref(), now) {
            closed += u64::from(close(hub, run, ending).await?);
        }
    }
    Ok(closed)
}

async fn close(hub: &Hub, mut run: ScheduleRun, ending: Ending) -> Result<bool> {
    run.outcome = ending.outcome;
    run.result = Some(ending.result);
    run.reason = ending.reason.map(|reason| single_line(&reason, 500));
    run.finished_at = Some(hub.now());
    let transaction = hub.store().begin().await?;
    let Some(schedule) = transaction.schedule(run.company_id, run.schedule_id).await? else {
        return Ok(false);
    };
    if !transaction.settle_schedule_run(&run).await? {
        return Ok(false);
    }
    let word = match (run.outcome, ending.result) {
        (RunOutcome::Failed, _) => "could not be started",
        (_, RunResult::Completed) => "is complete",
        (_, RunResult::Failed) => "failed",
        (_, RunResult::Cancelled) => "was cancelled",
    };
    let reason = run.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let message = format!("The scheduled run of {} {word}{reason}", run.nominal_at);
    let message = format!("{}.", message.trim_end_matches('.'));
    let data = json!({
        "schedule_id": run.schedule_id,
        "nominal_at": run.nominal_at,
        "outcome": run.outcome,
        "result": run.result,
        "reason": run.reason,
        "started_scan_id": run.scan_id,
    });
    transaction.append_activity(news(hub, &schedule, Event::ScheduleComplete, message, data)).await?;
    transaction.commit().await?;
    hub.committed();
    Ok(true)
}
