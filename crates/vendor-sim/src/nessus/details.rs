//! `/scans/{id}`: one run with its hosts and findings, one host, one plugin's output.
//!
//! The order of `history[]` is not documented for the local API; the newest is first, as recorded from the cloud.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, number};
use super::state::{NEVER_RUN, Run, Scan};
use crate::clock::Moment;
use crate::estate::plugin::{Finding, Plugin};
use crate::estate::survey::Found;

/// Checks a host is put through.
const CHECKS: u64 = 103_620;

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/scans/{id}", get(details))
        .route("/scans/{id}/hosts/{host_id}", get(host_details))
        .route("/scans/{id}/hosts/{host_id}/plugins/{plugin_id}", get(plugin_output))
}

#[derive(Deserialize)]
pub(super) struct RunQuery {
    pub(super) history_id: Option<i64>,
}

async fn details(call: Call, Path(id): Path<String>, Query(query): Query<RunQuery>) -> Answer<Json<Value>> {
    let id = number(&id)?;
    let (head, history, run) = {
        let state = call.state();
        let scan = state.scans.get(&id).ok_or_else(Refused::not_found)?;
        let run = scan.run(query.history_id).cloned();
        if query.history_id.is_some() && run.is_none() {
            return Err(Refused::not_found());
        }
        let history: Vec<Value> = scan.runs.iter().rev().map(history_entry).collect();
        (info(scan, run.as_ref(), call.now), history, run)
    };
    let found = run.as_ref().map(|run| run.found(call.now));
    let (hosts, vulnerabilities) = match (&run, &found) {
        (Some(run), Some(found)) => results(run, found, call.now),
        _ => (Vec::new(), Vec::new()),
    };
    let hosts_hit = hosts.len();
    Ok(Json(json!({
        "info": head,
        "hosts": hosts,
        "comphosts": [],
        "vulnerabilities": vulnerabilities,
        "compliance": [],
        "history": history,
        "notes": null,
        "remediations": {
            "num_cves": 0, "num_hosts": hosts_hit, "num_remediated_cves": 0, "num_impacted_hosts": 0,
            "remediations": null,
        },
        "filters": [],
    })))
}

fn seconds(moment: Option<Moment>) -> Value {
    moment.map_or(Value::Null, |moment| Value::from(moment.epoch_seconds()))
}

fn info(scan: &Scan, run: Option<&Run>, now: Moment) -> Value {
    let started = run.and_then(|run| run.execution.started);
    let ended = run.and_then(|run| run.execution.ended);
    json!({
        "name": scan.name,
        "status": run.map_or(NEVER_RUN, Run::status),
        "uuid": run.map(|run| run.uuid.as_str()),
        "object_id": scan.id,
        "policy": scan.policy,
        "policy_template_uuid": scan.template,
        "targets": run.map_or(scan.targets.as_str(), |run| run.targets.as_str()),
        "hostcount": run.map_or(0, |run| run.survey.hosts.len()),
        "scanner_name": super::scanners::name(scan.scanner_id),
        "scan_type": if scan.is_imported() { "imported" } else { "local" },
        "scan_start": seconds(started),
        "scan_end": seconds(ended),
        "scanner_start": seconds(started),
        "scanner_end": seconds(ended),
        "timestamp": seconds(run.map(|run| run.execution.changed())),
        "folder_id": scan.folder_id,
        "owner": scan.owner,
        "control": !scan.is_imported(),
        "edit_allowed": !scan.is_imported(),
        "user_permissions": 128,
        "haskb": run.is_some(),
        "hasaudittrail": run.is_some(),
        "alt_targets_used": run.is_some_and(|run| run.alt_targets),
        "pci-can-upload": false,
        "acls": [{
            "permissions": 0, "owner": null, "display_name": null, "name": null, "id": null, "type": "default",
        }],
        "migrated": 0,
        "offline": false,
        "no_target": scan.targets.is_empty(),
        "current_severity_base": "cvss_v3",
        "node_time": now.epoch_seconds(),
    })
}

fn history_entry(run: &Run) -> Value {
    json!({
        "history_id": run.id,
        "uuid": run.uuid,
        "owner_id": 2,
        "status": run.status(),
        "type": if run.imported { "imported" } else { "local" },
        "scheduler": u8::from(run.by_schedule),
        "schedule_type": if run.by_schedule { "scheduled" } else { "ondemand" },
        "alt_targets_used": run.alt_targets,
        "creation_date": run.execution.created.epoch_seconds(),
        "last_modification_date": run.execution.changed().epoch_seconds(),
    })
}

/// Severity counts, critical first in the named fields.
#[derive(Default)]
struct Counts([u64; 5]);

impl Counts {
    fn of(findings: &[Finding]) -> Self {
        let mut counts = Counts::default();
        for finding in findings {
            if let Some(count) = counts.0.get_mut(usize::from(finding.plugin.severity)) {
                *count += 1;
            }
        }
        counts
    }

    /// All ten levels, of which the local product uses five.
    fn items(&self) -> Vec<Value> {
        (0..10)
            .map(|level| json!({ "severitylevel": level, "count": self.0.get(level).copied().unwrap_or(0) }))
            .collect()
    }
}

fn results(run: &Run, found: &Found, now: Moment) -> (Vec<Value>, Vec<Value>) {
    let done = if run.imported { 1.0 } else { run.execution.progress(now) };
    let mut hosts = Vec::new();
    let mut plugins: BTreeMap<u32, (Arc<Plugin>, u64)> = BTreeMap::new();
    for (index, host, findings) in found.all(run.began()) {
        let counts = Counts::of(&findings);
        let [information, low, medium, high, critical] = counts.0;
        let percent = (run.survey.host_progress(index, done) * 100.0) as u64;
        let checked = CHECKS * percent / 100;
        hosts.push(json!({
            "host_id": index + 2,
            "host_index": index,
            "asset_id": index + 2,
            "hostname": host.name,
            "progress": format!("{percent}-100/{checked}-{CHECKS}"),
            "scanprogresscurrent": percent,
            "scanprogresstotal": 100,
            "numchecksconsidered": checked,
            "totalchecksconsidered": CHECKS,
            "severitycount": { "item": counts.items() },
            "severity": findings.len(),
            "score": information + 10 * low + 100 * medium + 1000 * high + 10_000 * critical,
            "info": information,
            "low": low,
            "medium": medium,
            "high": high,
            "critical": critical,
        }));
        for finding in findings {
            plugins.entry(finding.plugin.id).or_insert_with(|| (Arc::clone(&finding.plugin), 0)).1 += 1;
        }
    }
    let vulnerabilities = plugins
        .into_values()
        .enumerate()
        .map(|(index, (plugin, count))| vulnerability(&plugin, count, index))
        .collect();
    (hosts, vulnerabilities)
}

fn vulnerability(plugin: &Plugin, count: u64, index: usize) -> Value {
    json!({
        "count": count,
        "plugin_id": plugin.id,
        "plugin_name": plugin.name,
        "plugin_family": plugin.family,
        "severity": plugin.severity,
        "severity_index": index,
        "vuln_index": index,
        "vpr_score": plugin.vpr.as_ref().and_then(|score| score.parse::<f64>().ok()),
        "score": plugin.cvss3.as_ref().and_then(|(score, _)| score.parse::<f64>().ok()),
    })
}

/// The run and the index of the host with this id in it.
fn host_of(call: &Call, scan: &str, host: &str, query: &RunQuery) -> Answer<(Run, usize)> {
    let run = {
        let state = call.state();
        let scan = state.scans.get(&number(scan)?).ok_or_else(Refused::not_found)?;
        scan.run(query.history_id).cloned().ok_or_else(Refused::not_found)?
    };
    let index = usize::try_from(number(host)? - 2).map_err(|_| Refused::not_found())?;
    if index >= run.survey.hosts.len() {
        return Err(Refused::not_found());
    }
    Ok((run, index))
}

async fn host_details(
    call: Call,
    Path((scan, host)): Path<(String, String)>,
    Query(query): Query<RunQuery>,
) -> Answer<Json<Value>> {
    let (run, index) = host_of(&call, &scan, &host, &query)?;
    let found = run.found(call.now);
    let about = found.hosts().get(index).ok_or_else(Refused::not_found)?;
    let text = |moment: Option<Moment>| moment.map(|moment| moment.format("%a %b %e %H:%M:%S %Y"));
    let mut plugins: BTreeMap<u32, (Arc<Plugin>, u64)> = BTreeMap::new();
    for finding in found.of_host(index, run.began()) {
        plugins.entry(finding.plugin.id).or_insert_with(|| (Arc::clone(&finding.plugin), 0)).1 += 1;
    }
    let vulnerabilities: Vec<Value> = plugins
        .into_values()
        .enumerate()
        .map(|(position, (plugin, count))| {
            let mut entry = vulnerability(&plugin, count, position);
            if let Some(fields) = entry.as_object_mut() {
                fields.insert("host_id".to_owned(), json!(index + 2));
                fields.insert("hostname".to_owned(), json!(about.name));
            }
            entry
        })
        .collect();
    Ok(Json(json!({
        "info": {
            "host-ip": about.ip,
            "host-fqdn": about.fqdn,
            "mac-address": about.mac,
            "operating-system": about.operating_system,
            "host_start": text(run.execution.started),
            "host_end": text(run.execution.ended),
        },
        "vulnerabilities": vulnerabilities,
        "compliance": [],
    })))
}

async fn plugin_output(
    call: Call,
    Path((scan, host, plugin)): Path<(String, String, String)>,
    Query(query): Query<RunQuery>,
) -> Answer<Json<Value>> {
    let (run, index) = host_of(&call, &scan, &host, &query)?;
    let id = number(&plugin)?;
    let found = run.found(call.now);
    let hostname = found.hosts().get(index).map(|host| host.name.clone()).unwrap_or_default();
    let mut outputs: BTreeMap<String, serde_json::Map<String, Value>> = BTreeMap::new();
    let mut about = None;
    for finding in found.of_host(index, run.began()) {
        if i64::from(finding.plugin.id) == id {
            let port = format!("{} / {} / {}", finding.port, finding.protocol, finding.service);
            outputs.entry(finding.output.clone()).or_default().insert(port, json!([{ "hostname": hostname }]));
            about = Some(finding.plugin);
        }
    }
    let plugin = about.ok_or_else(Refused::not_found)?;
    let outputs: Vec<Value> = outputs
        .into_iter()
        .map(|(output, ports)| {
            json!({
                "ports": ports, "has_attachment": 0, "severity": plugin.severity, "plugin_output": output,
                "hosts": null, "custom_description": null,
            })
        })
        .collect();
    Ok(Json(json!({ "outputs": outputs, "info": { "plugindescription": description(&plugin) } })))
}

fn description(plugin: &Plugin) -> Value {
    let score = |score: &Option<(crate::estate::plugin::Text, crate::estate::plugin::Text)>| {
        score.as_ref().map(|(score, _)| score.clone())
    };
    let vector = |score: &Option<(crate::estate::plugin::Text, crate::estate::plugin::Text)>| {
        score.as_ref().map(|(_, vector)| vector.clone())
    };
    json!({
        "severity": plugin.severity,
        "pluginid": plugin.id.to_string(),
        "pluginname": plugin.name,
        "pluginfamily": plugin.family,
        "pluginattributes": {
            "synopsis": plugin.synopsis,
            "description": plugin.description,
            "solution": plugin.solution,
            "see_also": plugin.see_also,
            "risk_information": {
                "risk_factor": plugin.risk(),
                "cvss_base_score": score(&plugin.cvss2),
                "cvss_vector": vector(&plugin.cvss2),
                "cvss3_base_score": score(&plugin.cvss3),
                "cvss3_vector": vector(&plugin.cvss3),
            },
            "ref_information": { "ref": [{ "name": "cve", "values": { "value": plugin.cves } }] },
            "plugin_information": {
                "plugin_id": plugin.id,
                "plugin_type": plugin.kind,
                "plugin_family": plugin.family,
                "plugin_publication_date": plugin.published,
                "plugin_modification_date": plugin.published,
                "plugin_version": "1.1",
            },
            "vuln_information": { "exploit_available": plugin.exploit_available.to_string() },
        },
    })
}
