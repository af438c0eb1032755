//! From the outbox to the channels: level-triggered, one transaction a batch.

use std::collections::HashMap;
use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::ids::{ChannelId, CompanyId, DeliveryId};
use scanhelm_core::job::NewJob;
use scanhelm_core::notification::{Delivery, DeliveryState, Notice, Route, Rule, routes};
use scanhelm_core::text::single_line;
use scanhelm_store::Transaction;
use serde_json::json;

use super::send::NOTIFY_JOB;
use crate::Hub;
use crate::failpoint;

/// Notices in one transaction.
const BATCH: u32 = 200;
/// Channels that get their job in one pass.
const CHANNELS: u32 = 200;
/// How long deliveries are kept, sent or not.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Turns what is in the outbox into deliveries, ends the windows of digests, and has served what has to be sent; how
/// many of these things there were.
pub(crate) async fn route_due(hub: &Hub) -> Result<u64> {
    let mut moved = 0;
    while hub.store().has_notices().await? {
        moved += route_batch(hub).await?;
    }
    let now = hub.now();
    if hub.store().has_due_digests(now).await? {
        let transaction = hub.store().begin().await?;
        moved += transaction.close_digests(now).await?;
        transaction.commit().await?;
    }
    Ok(moved + enqueue_senders(hub).await?)
}

/// Removes what is older than people look back.
pub(crate) async fn forget_old(hub: &Hub) -> Result<u64> {
    let transaction = hub.store().begin().await?;
    let forgotten = transaction.prune_deliveries(hub.now().minus(KEPT)).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

async fn route_batch(hub: &Hub) -> Result<u64> {
    let transaction = hub.store().begin().await?;
    let notices = transaction.take_notices(BATCH).await?;
    let mut rules: HashMap<CompanyId, Vec<Rule>> = HashMap::new();
    for notice in &notices {
        let company = notice.company_id;
        let rules = match rules.entry(company) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                new.insert(transaction.active_notification_rules(company).await?)
            }
        };
        for route in routes(notice, rules) {
            deliver(hub, &transaction, notice, &route, rules).await?;
        }
    }
    failpoint::hit("notify.routed.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("notify.routed.after_commit").await;
    Ok(notices.len() as u64)
}

async fn deliver(hub: &Hub, transaction: &Transaction, notice: &Notice, route: &Route, rules: &[Rule]) -> Result<()> {
    if transaction.is_told(route.channel_id, notice).await? {
        return Ok(());
    }
    let open = if route.digest.is_zero() { None } else { transaction.open_digest(route.rule_id).await? };
    let delivery = match open {
        Some(open) => open,
        None => {
            let delivery = new_delivery(hub, notice, route, rules);
            transaction.insert_delivery_of(&delivery).await?;
            delivery
        }
    };
    transaction.tell(&delivery, notice).await
}

fn new_delivery(hub: &Hub, notice: &Notice, route: &Route, rules: &[Rule]) -> Delivery {
    let now = hub.now();
    let digest = !route.digest.is_zero();
    let rule = rules.iter().find(|rule| rule.id == route.rule_id).map_or("", |rule| rule.name.as_str());
    Delivery {
        id: DeliveryId::new(hub.ids()),
        company_id: notice.company_id,
        channel_id: route.channel_id,
        rule_id: Some(route.rule_id),
        state: if digest { DeliveryState::Collecting } else { DeliveryState::Waiting },
        digest,
        summary: if digest { format!("Digest of {rule}") } else { single_line(&notice.title, 300) },
        events: 0,
        severity: None,
        attempts: 0,
        last_error: None,
        created_at: now,
        due_at: now.plus(route.digest),
        queued_at: now,
        finished_at: None,
    }
}

/// A job for every channel that has something to send and no job yet.
async fn enqueue_senders(hub: &Hub) -> Result<u64> {
    let due = hub.store().channels_to_serve(hub.now(), CHANNELS).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let busy = hub.store().unfinished_payloads(NOTIFY_JOB).await?;
    let is_busy = |channel: &ChannelId| {
        let channel = channel.to_string();
        busy.iter().any(|payload| payload.get("channel_id").and_then(serde_json::Value::as_str) == Some(&channel))
    };
    let idle: Vec<_> = due.into_iter().filter(|(_, channel)| !is_busy(channel)).collect();
    if idle.is_empty() {
        return Ok(0);
    }
    let transaction = hub.store().begin().await?;
    for (company, channel) in &idle {
        let job = NewJob {
            dedup_key: Some(format!("notify:{channel}")),
            concurrency_key: Some(format!("notify:{channel}")),
            ..hub.new_job(*company, NOTIFY_JOB, json!({"channel_id": channel}))
        };
        transaction.enqueue(&job, hub.now()).await?;
    }
    transaction.commit().await?;
    hub.committed();
    Ok(idle.len() as u64)
}
