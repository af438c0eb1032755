//! Bringing known scans up to what a look saw.
//!
//! Most rows of most lists are as they were; that they were seen is one statement for all of them. What changed is
//! written a batch a transaction, as on SQLite the transactions of a look cost more than its rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use scanhelm_connectors::contract::ScanList;
use scanhelm_core::activity::Event;
use scanhelm_core::ids::{IntegrationId, ScanId};
use scanhelm_core::scan::{Observation, Scan};
use scanhelm_core::{Result, Timestamp};
use serde_json::json;

use super::feed::feed;
use super::observed::{Decided, Written};
use crate::Hub;
use crate::failpoint;

/// Rows in one transaction: others wait for the database meanwhile.
const BATCH: usize = 100;

/// Applies a complete list to the scans of the same id space. Gives them as they are now.
pub(super) async fn observe_known(
    hub: &Hub,
    integration: IntegrationId,
    list: &ScanList,
    known: Vec<Scan>,
) -> Result<Vec<Scan>> {
    let seen: HashMap<&str, &Observation> =
        list.scans.iter().map(|observation| (observation.external_scan_id.as_str(), observation)).collect();
    let mut after = Vec::with_capacity(known.len());
    let mut decided = Vec::new();
    for scan in known {
        let external = scan.link.as_ref().map(|link| link.external_scan_id.as_str()).unwrap_or_default();
        let Some(observation) = seen.get(external) else {
            after.push(missing(hub, scan, "No longer in the scanner's list.").await?);
            continue;
        };
        match hub.decide(&scan, observation).await? {
            Some(change) => decided.push((change, *observation)),
            None => after.push(scan),
        }
    }
    let mut batch = Vec::with_capacity(BATCH);
    for one in decided {
        batch.push(one);
        if batch.len() == BATCH {
            after.extend(write(hub, integration, std::mem::take(&mut batch)).await?);
        }
    }
    after.extend(write(hub, integration, batch).await?);
    Ok(after)
}

/// Writes a batch. A row that someone else wrote meanwhile is read again and observed by itself; so is every row of a
/// batch that cannot be stored, so that one bad row holds up no other.
async fn write(hub: &Hub, integration: IntegrationId, batch: Vec<(Decided, &Observation)>) -> Result<Vec<Scan>> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let outrun = match write_together(hub, integration, &batch).await {
        Ok(outrun) => outrun,
        Err(error) => {
            tracing::info!(%integration, %error, "what a look saw is stored row by row");
            batch.iter().map(|(decided, _)| decided.before.id).collect()
        }
    };
    let mut after = Vec::with_capacity(batch.len());
    for (decided, observation) in batch {
        if !outrun.contains(&decided.before.id) {
            after.push(decided.next);
        } else if let Some(fresh) = hub.store().scan(decided.before.company_id, decided.before.id).await? {
            match hub.apply_observation(fresh, observation).await {
                Ok(scan) => after.push(scan),
                Err(error) => {
                    let scan = decided.before.id;
                    tracing::warn!(%integration, %scan, %error, "what was seen of a scan is not stored");
                    after.push(decided.before);
                }
            }
        }
    }
    Ok(after)
}

/// In one transaction. Gives those that were not written because someone else was faster.
async fn write_together(
    hub: &Hub,
    integration: IntegrationId,
    batch: &[(Decided, &Observation)],
) -> Result<HashSet<ScanId>> {
    let (seen, changed): (Vec<&Decided>, Vec<&Decided>) =
        batch.iter().map(|(decided, _)| decided).partition(|decided| decided.only_seen());
    let mut outrun = HashSet::new();
    let mut told_any = false;
    let transaction = hub.store().begin().await?;
    let mut by_time: BTreeMap<Timestamp, Vec<(ScanId, i64)>> = BTreeMap::new();
    for Decided { before, next, .. } in seen {
        outrun.insert(before.id);
        by_time.entry(next.last_observed_at.unwrap_or_default()).or_default().push((before.id, before.version));
    }
    for (at, scans) in by_time {
        for written in transaction.save_seen(integration, at, &scans).await? {
            outrun.remove(&written);
        }
    }
    for decided in &changed {
        match hub.write(&transaction, decided).await? {
            Written::Yes { told } => told_any |= told,
            Written::Outrun => {
                outrun.insert(decided.before.id);
            }
        }
    }
    failpoint::hit("look.observation.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("look.observation.after_commit").await;
    for decided in changed.iter().filter(|decided| !outrun.contains(&decided.before.id)) {
        hub.written(decided).await?;
    }
    if told_any {
        hub.committed();
    }
    Ok(outrun)
}

/// Gone from a complete list: shown, not deleted. Its results stay.
async fn missing(hub: &Hub, mut scan: Scan, message: &str) -> Result<Scan> {
    if scan.vendor_missing_since.is_some() {
        return Ok(scan);
    }
    scan.vendor_missing_since = Some(hub.now());
    let version = scan.version;
    let transaction = hub.store().begin().await?;
    if transaction.try_save_scan(&scan, version).await? {
        scan.version = version + 1;
        transaction.append_activity(feed(hub, &scan, Event::ScanGone, message.to_owned(), json!({}))).await?;
        transaction.commit().await?;
        hub.committed();
    }
    Ok(scan)
}

/// The scanner is another one than these scans were of: installed anew, or in another place of the address.
pub(super) async fn gone_with_their_installation(hub: &Hub, scans: Vec<Scan>) -> Result<()> {
    for scan in scans {
        missing(hub, scan, "The scanner was installed anew; this scan went with the earlier installation.").await?;
    }
    Ok(())
}
