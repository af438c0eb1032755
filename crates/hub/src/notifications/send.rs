//! The job that sends the deliveries of one channel, one after the other.
//!
//! It ends when nothing waits, when the channel has to rest, or after a while, so that it never holds a place for long;
//! the routing loop makes another when there is something to do. What is sent is recorded after the answer: a crash in
//! between sends it again, under the same id, which is how the receiver knows it.

use scanhelm_core::ids::ChannelId;
use scanhelm_core::job::Job;
use scanhelm_core::notification::{Attempt, Channel, Delivery, DeliveryState, Judgement, Message, judge};
use scanhelm_core::permission::Grant;
use scanhelm_core::{Error, Result};
use serde_json::json;

use super::transmit::{Transmission, transmit};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};

pub(crate) const NOTIFY_JOB: &str = "notify";

/// Messages that one job sends before it makes room for others.
const IN_A_ROW: usize = 50;

pub(crate) async fn run_sender(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let channel = job.payload.get("channel_id").and_then(serde_json::Value::as_str).and_then(|id| id.parse().ok());
    let channel: ChannelId = channel.ok_or_else(|| Error::internal("a job to notify without a channel"))?;
    let mut attempts = 0_usize;
    while attempts < IN_A_ROW && !context.stopping.is_cancelled() && !context.cancelled.is_cancelled() {
        if hub.now() >= context.park_at || !serve(hub, context, channel).await? {
            break;
        }
        attempts += 1;
    }
    Ok(Outcome::Done(json!({"attempts": attempts})))
}

/// Sends what is next. `false`: there is nothing, or not now.
async fn serve(hub: &Hub, context: &JobContext, id: ChannelId) -> Result<bool> {
    let Some(channel) = hub.store().any_notification_channel(id).await? else {
        return Ok(false);
    };
    let rests = channel.standing.retry_at.is_some_and(|at| at > hub.now());
    if rests || !channel.is_active() {
        return Ok(false);
    }
    let Some(delivery) = hub.store().next_delivery(id).await? else {
        return Ok(false);
    };
    let company = channel.company_id;
    let notices = hub.store().delivery_notices(company, delivery.id, Message::MOST).await?;
    let rule = match delivery.rule_id {
        Some(rule) => hub.store().notification_rule(company, rule).await?.map(|rule| rule.name),
        None => None,
    };
    let console = hub.settings().notify.console.as_deref();
    let message = Message { delivery: &delivery, rule: rule.as_deref(), notices: &notices, console };
    failpoint::hit("notify.before_sent").await;
    let sent = transmit(hub, &channel, &message).await?;
    failpoint::hit("notify.sent").await;
    let summary = message.summary();
    record(hub, context, &channel, Delivery { summary, ..delivery.clone() }, sent).await?;
    failpoint::hit("notify.recorded").await;
    Ok(true)
}

async fn record(
    hub: &Hub,
    context: &JobContext,
    channel: &Channel,
    delivery: Delivery,
    sent: Transmission,
) -> Result<()> {
    let now = hub.now();
    let Transmission { answered, duration } = sent;
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let Some(channel) = transaction.lock_notification_channel(channel.id).await? else {
        return Ok(());
    };
    let number = delivery.attempts + 1;
    let Judgement { state, standing, suspended } =
        judge(&answered, number, &channel.standing, now, hub.0.chance.uniform());
    let ended = matches!(state, DeliveryState::Sent | DeliveryState::Failed);
    let attempt = Attempt {
        delivery_id: delivery.id,
        company_id: delivery.company_id,
        number,
        at: now,
        outcome: answered.outcome,
        status: answered.status,
        detail: answered.detail,
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    };
    let delivery = Delivery {
        state,
        attempts: number,
        last_error: standing.last_error.clone(),
        finished_at: ended.then_some(now),
        ..delivery
    };
    transaction.record_attempt(&attempt, &delivery).await?;
    transaction.save_channel_standing(channel.id, &standing, suspended.as_ref()).await?;
    if let Some(suspended) = &suspended {
        let grant = Grant::system(channel.company_id);
        let target = format!("notification_channel/{}", channel.id);
        let detail = json!({"name": channel.name, "reason": suspended.reason, "detail": suspended.detail});
        transaction.append_audit(&hub.audit_entry(&grant, "notification_channel.suspend", target, detail)).await?;
    }
    transaction.commit().await?;
    crate::telemetry::notified(channel.kind.as_str(), attempt.outcome.as_str());
    Ok(())
}
