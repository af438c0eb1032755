//! A result as the API shows it.

use serde_json::{Value, json};

use super::definitions::{group, user};
use super::holdings;
use super::state::{ScanResult, State};
use super::wire::{flag, relation, text, time};
use crate::clock::Moment;
use crate::estate::hosts::Host;
use crate::lifecycle::Phase;

const CHECKS_PER_HOST: u64 = 102_386;
const ABORTED: &str = "Scan ended unexpectedly: the connection to the scanner was lost.";

/// How far a run is. Before the scanners are at work nothing is known, not even how much there is to do.
struct Work {
    hosts: u64,
    done: u64,
    checks_done: u64,
    checks: u64,
    per_host: u64,
}

impl Work {
    fn of(result: &ScanResult, now: Moment) -> Work {
        let hosts = result.survey.hosts.len() as u64;
        if result.execution.started.is_none() {
            return Work { hosts, done: 0, checks_done: 0, checks: 0, per_host: 0 };
        }
        let progress = result.execution.progress(now);
        let finished =
            (0..result.survey.hosts.len()).filter(|index| result.survey.host_progress(*index, progress) >= 1.0);
        let checks = hosts * CHECKS_PER_HOST;
        Work {
            hosts,
            done: finished.count() as u64,
            checks_done: (checks as f64 * progress) as u64,
            checks,
            per_host: CHECKS_PER_HOST,
        }
    }
}

/// As an entry of the list: everything but `progress`.
pub(super) fn row(state: &State, result: &ScanResult, now: Moment) -> Value {
    let execution = &result.execution;
    let (work, import) = (Work::of(result, now), result.import(now));
    let duration = execution.ended.map(|ended| ended.since(result.began()) as i64);
    let import_duration = import.started().zip(import.finished()).map(|(start, finish)| finish.since(start) as i64);
    let scan = result.definition.and_then(|id| state.definitions.get(&id));
    json!({
        "id": text(result.id),
        "name": result.name,
        "description": result.description,
        "details": holdings::policy(result.policy).map_or("", |policy| policy.name),
        "status": result.status(now),
        "importStatus": import.word(),
        "importStart": time(import.started()),
        "importFinish": time(import.finished()),
        "importDuration": text(import_duration.unwrap_or(-1)),
        "diagnosticAvailable": "false",
        "downloadAvailable": flag(result.is_downloadable(now)),
        "downloadFormat": "v2",
        "dataFormat": "IPv4",
        "resultType": "active",
        "resultSource": "internal",
        "running": flag(!execution.phase().is_over()),
        "errorDetails": if execution.phase() == Phase::Aborted { ABORTED } else { "" },
        "importErrorDetails": "",
        "totalIPs": text(work.hosts),
        "scannedIPs": text(work.done),
        "startTime": time(execution.started),
        "finishTime": time(execution.ended),
        "scanDuration": text(duration.unwrap_or(-1)),
        "createdTime": text(execution.created.epoch_seconds()),
        "completedIPs": text(work.done),
        "completedChecks": text(work.checks_done),
        "totalChecks": text(work.checks),
        "agentScanUUID": "",
        "timeCompareField": "createdTime",
        "initiator": user(&result.owner),
        "owner": user(&result.owner),
        "ownerGroup": group(),
        "scan": relation(scan.map(|scan| (scan.id, scan.name.as_str(), scan.description.as_str()))),
        "repository": holdings::entry_relation(holdings::repository(result.repository)),
    })
}

/// As one result by itself.
pub(super) fn whole(state: &State, result: &ScanResult, now: Moment) -> Value {
    let mut answer = row(state, result, now);
    if let Value::Object(fields) = &mut answer {
        fields.insert("progress".to_owned(), progress(result, now));
    }
    answer
}

fn progress(result: &ScanResult, now: Moment) -> Value {
    let work = Work::of(result, now);
    let share = result.execution.progress(now);
    let begun = result.execution.started.is_some();
    let (mut scanned, mut scanning) = (Vec::new(), Vec::new());
    for (index, host) in result.survey.hosts.iter().enumerate() {
        match result.survey.host_progress(index, share) {
            done if begun && done >= 1.0 => scanned.push(host),
            done if begun && done > 0.0 => scanning.push(host),
            _ => {}
        }
    }
    let over = result.execution.phase().is_over();
    if over {
        scanning.clear();
    }
    let (id, name, description) = holdings::worker(result.zone);
    json!({
        "completedIPs": text(work.done),
        "completedChecks": text(work.checks_done),
        "totalChecks": text(work.checks),
        "checksPerHost": text(work.per_host),
        "totalIPs": text(work.hosts),
        "runState": if over { "Stopped" } else { result.status(now) },
        "status": result.status(now),
        "scanningIPs": addresses(&scanning),
        "scanningSize": scanning.len(),
        "scannedIPs": addresses(&scanned),
        "scannedSize": scanned.len(),
        "awaitingDownloadIPs": "",
        "awaitingDownloadSize": 0,
        "distributedSize": scanned.len() + scanning.len(),
        "deadHostSize": 0,
        "deadHostIPs": "",
        "scanners": [{
            "id": text(id),
            "name": name,
            "description": description,
            "loadAvg": "0.0",
            "chunkCompleted": text(work.done),
            "completedChecks": text(work.checks_done),
            "chunks": [],
            "scannedIPs": addresses(&scanned),
            "scannedSize": scanned.len(),
            "scanningIPs": addresses(&scanning),
            "scanningSize": scanning.len(),
            "awaitingDownloadIPs": "",
            "awaitingDownloadSize": 0,
            "deadHostSize": 0,
            "deadHostIPs": "",
            "distributedSize": work.hosts,
        }],
    })
}

fn addresses(hosts: &[&Host]) -> String {
    hosts.iter().map(|host| host.ip.as_str()).collect::<Vec<_>>().join(",")
}
