//! The results of one run, fetched page by page and written as one file that the reader `acunetix-run` of `formats`
//! understands: the facts of the run first, then the API's own records, then their number.
//!
//! Acunetix can export reports too, but its XML lacks the ids of weaknesses and writes times without a zone, and of its
//! JSON no example is known. The list has all that identifies a finding; what only a person reads (description, request)
//! is asked for one by one. To keep that within what an import may take, a long list gets it for a few records of each
//! kind, from which the reader serves the rest.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use scanhelm_core::integration::ConditionKind;
use scanhelm_core::text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncWriteExt, BufWriter};

use super::client::Client;
use super::model::{Scan, ScanResult, Statistics};
use super::paging::Pages;
use super::{map, model};
use crate::contract::{CallError, Downloaded, Prepared, RunRef};
use crate::outcome;

/// Up to so many records each gets its detail; of more, so many of each kind, and so many at most.
const ALL_DETAILED: u64 = 400;
const DETAILED_OF_A_KIND: u32 = 3;
const MOST_DETAILED: u64 = 1000;
/// One text of a record.
const MAX_TEXT: usize = 64 * 1024;

/// What of a listed record and of its detail goes into the file.
const LISTED: [&str; 14] = [
    "vuln_id",
    "target_vuln_id",
    "vt_id",
    "vt_name",
    "severity",
    "affects_url",
    "affects_detail",
    "status",
    "confidence",
    "tags",
    "source",
    "app",
    "first_seen",
    "last_seen",
];
const DETAILED: [&str; 12] = [
    "description",
    "long_description",
    "impact",
    "recommendation",
    "details",
    "request",
    "cvss2",
    "cvss3",
    "cvss4",
    "cvss_score",
    "cvss4_score",
    "references",
];

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    result: String,
}

/// Nothing has to be asked for: it is ready as soon as the run is there.
pub(super) async fn prepare(client: &Client, run: &RunRef) -> Result<Prepared, CallError> {
    let (_, result) = find(client, run).await?;
    let state = serde_json::to_value(Known { result }).map_err(|error| outcome::garbage(error.to_string()))?;
    Ok(Prepared::Ready { state })
}

/// The scan and the id of the run's result.
async fn find(client: &Client, run: &RunRef) -> Result<(Scan, String), CallError> {
    let id = run.external_scan_id.as_str();
    let Some((scan, _)) = client.scan(id).await? else {
        return Err(CallError::Gone {
            detail: format!("Acunetix has no scan {} any more", text::single_line(id, 100)),
        });
    };
    let current = map::run_of(&scan);
    let wanted = match (&run.external_run_id, current) {
        (Some(wanted), Some(current)) if *wanted == current => current,
        (None, Some(current)) => current,
        (Some(wanted), _) if result_of(client, id, wanted).await?.is_some() => wanted.clone(),
        _ => return Err(CallError::Gone { detail: format!("Acunetix has no such run of scan {id}") }),
    };
    Ok((scan, wanted))
}

async fn result_of(client: &Client, scan: &str, result: &str) -> Result<Option<ScanResult>, CallError> {
    let results = client.results(scan).await?;
    Ok(results.into_iter().find(|known| known.result_id.0 == result))
}

pub(super) async fn download(
    client: &Client,
    run: &RunRef,
    state: &Value,
    into: PathBuf,
) -> Result<Downloaded, CallError> {
    let known: Known = serde_json::from_value(state.clone())
        .map_err(|_| outcome::garbage("the stored state of the report is not readable; prepare it again"))?;
    // Under another name until all of it is there.
    let mut name = into.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = into.with_file_name(name);
    let written = match write(client, run, &known.result, &part).await {
        Ok(bytes) => tokio::fs::rename(&part, &into).await.map(|()| bytes).map_err(|error| on_file(&error)),
        Err(error) => Err(error),
    };
    match written {
        Ok(bytes) => Ok(Downloaded { bytes, format: Some("acunetix-run") }),
        Err(error) => {
            let _ = tokio::fs::remove_file(&part).await;
            Err(match error {
                // Looked at in the preparation: what is missing now went in between, and the next preparation tells.
                CallError::Gone { detail } => failed(detail),
                other => other,
            })
        }
    }
}

async fn write(client: &Client, run: &RunRef, result: &str, part: &Path) -> Result<u64, CallError> {
    let id = run.external_scan_id.as_str();
    let facts = facts(client, run, result).await?;
    let mut file = Counted::create(part).await?;
    file.write(&format!("{{\"acunetix_run\":1,\"run\":{facts},\n\"vulnerabilities\":[\n")).await?;
    let segments = ["scans", id, "results", result, "vulnerabilities"];
    let mut pages = Pages::of(client, "read the vulnerabilities", &segments, "vulnerabilities");
    let mut known: HashSet<String> = HashSet::new();
    let mut details = Details::default();
    let mut records = 0_u64;
    while let Some(items) = pages.next().await? {
        for item in items {
            let listed = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
            let vulnerability = listed("vuln_id");
            // Pages may overlap while they are read.
            if !vulnerability.is_empty() && !known.insert(vulnerability.to_owned()) {
                continue;
            }
            let kind = Some(listed("vt_id")).filter(|kind| !kind.is_empty()).unwrap_or(listed("vt_name"));
            let mut record = picked(&item, &LISTED);
            let wanted = model::Id::of(vulnerability).filter(|_| details.are_due(kind, pages.total()));
            if let Some(vulnerability) = wanted
                && let Some(detail) = client.vulnerability(id, result, &vulnerability.0).await?
            {
                record.insert("detail".to_owned(), Value::Object(picked(&detail, &DETAILED)));
            }
            // What is no object is for the reader to reject.
            let record = if item.is_object() { Value::Object(record) } else { item };
            file.write(&format!("{}{record}", if records == 0 { "" } else { ",\n" })).await?;
            records += 1;
        }
    }
    if pages.is_whole(records)?.is_none() {
        return Err(failed("the list of vulnerabilities changed while it was read; it will be read again".to_owned()));
    }
    file.write(&format!("\n],\"count\":{records}}}\n")).await?;
    file.finish().await
}

/// Which records get their detail.
#[derive(Default)]
struct Details {
    asked: u64,
    of_kind: HashMap<String, u32>,
}

impl Details {
    fn are_due(&mut self, kind: &str, total: Option<u64>) -> bool {
        let of_kind = self.of_kind.entry(kind.to_owned()).or_insert(0);
        *of_kind += 1;
        let few = total.is_some_and(|total| total <= ALL_DETAILED);
        let due = (few || *of_kind <= DETAILED_OF_A_KIND) && self.asked < MOST_DETAILED;
        self.asked += u64::from(due);
        due
    }
}

/// What the reader must know of the run: where it was, when it ended and whether it saw all.
async fn facts(client: &Client, run: &RunRef, result: &str) -> Result<Value, CallError> {
    let (scan, _) = find(client, run).await?;
    let id = scan.scan_id.0.as_str();
    let Some(ended) = result_of(client, id, result).await? else {
        return Err(CallError::Gone { detail: format!("Acunetix has no such run of scan {id}") });
    };
    let statistics = client.statistics(id, result).await?;
    let version = client.info().await.ok().flatten().map(|info| super::version_of(&info));
    let mut problems = problems(&scan, &statistics);
    let has_log_in = match client.target_configuration(&scan.target_id).await {
        Ok(configuration) => Some(!matches!(configuration.login.kind.as_str(), "" | "none")),
        // An account without the right to see it, or a target that is gone: then nobody knows.
        Err(CallError::Gone { .. } | CallError::Failed { kind: ConditionKind::Permission, .. }) => None,
        Err(error) => return Err(error),
    };
    let log_in_trouble = log_in_trouble(&statistics);
    let authenticated = has_log_in.map(|has| has && log_in_trouble.is_none());
    problems.extend(log_in_trouble.filter(|_| has_log_in == Some(true)));
    let time = |time: Option<scanhelm_core::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let observed = map::observation(&scan, scanhelm_core::Timestamp::default());
    Ok(json!({
        "scan_id": id,
        "result_id": result,
        "status": text::single_line(&ended.status, 100).to_ascii_lowercase(),
        "started_at": time(ended.start_date),
        "ended_at": time(ended.end_date),
        "profile": map::fact(&scan.profile_name).unwrap_or_default(),
        "target_id": text::single_line(&scan.target_id, 100),
        "address": text::single_line(&scan.target.address, 2000),
        "name": observed.name,
        "version": version.unwrap_or_default(),
        "authenticated": authenticated,
        "problems": problems,
    }))
}

/// Why the run does not prove that what it did not find is gone.
fn problems(scan: &Scan, statistics: &Statistics) -> Vec<String> {
    let mut problems = Vec::new();
    if scan.incremental {
        problems.push("the scan is incremental: it looks only at what changed".to_owned());
    }
    let app = &statistics.scanning_app.wvs;
    if app.abort_requested {
        problems.push("the run was asked to end early".to_owned());
    }
    let given_up = app.hosts.values().filter(|host| !matches!(host.aborted.as_str(), "" | "false"));
    for host in given_up.take(20) {
        let reason = if host.aborted_reason.is_empty() { &host.aborted } else { &host.aborted_reason };
        problems.push(text::single_line(&format!("the scan of {} was given up: {reason}", host.host), 500));
    }
    problems
}

/// A message that is more than information and is about logging in.
fn log_in_trouble(statistics: &Statistics) -> Option<String> {
    let messages = &statistics.scanning_app.wvs.main.messages;
    let about_log_in = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["login", "log in", "logged out", "session"].iter().any(|word| text.contains(word))
    };
    let telling = messages.iter().find(|message| {
        !matches!(message.level.to_ascii_lowercase().as_str(), "" | "info" | "debug" | "0")
            && (about_log_in(&message.kind) || about_log_in(&message.data))
    })?;
    Some(text::single_line(&format!("logging in had trouble: {} {}", telling.kind, telling.data), 500))
}

/// These members, with bounded texts.
fn picked(from: &Value, names: &[&str]) -> Map<String, Value> {
    let pick = |name: &&str| Some(((*name).to_owned(), bounded(from.get(*name)?.clone())));
    names.iter().filter_map(pick).collect()
}

fn bounded(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text::clean(&text, MAX_TEXT)),
        Value::Array(values) => Value::Array(values.into_iter().take(500).map(bounded).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().take(50).map(|(name, value)| (name, bounded(value))).collect())
        }
        other => other,
    }
}

struct Counted {
    file: BufWriter<tokio::fs::File>,
    bytes: u64,
}

impl Counted {
    async fn create(path: &Path) -> Result<Self, CallError> {
        let file = tokio::fs::File::create(path).await.map_err(|error| on_file(&error))?;
        Ok(Self { file: BufWriter::with_capacity(256 * 1024, file), bytes: 0 })
    }

    async fn write(&mut self, text: &str) -> Result<(), CallError> {
        self.bytes += text.len() as u64;
        self.file.write_all(text.as_bytes()).await.map_err(|error| on_file(&error))
    }

    async fn finish(mut self) -> Result<u64, CallError> {
        self.file.flush().await.map_err(|error| on_file(&error))?;
        self.file.get_ref().sync_all().await.map_err(|error| on_file(&error))?;
        Ok(self.bytes)
    }
}

fn on_file(error: &std::io::Error) -> CallError {
    failed(format!("the hub cannot write the report ({error})"))
}

fn failed(detail: String) -> CallError {
    CallError::Failed { kind: ConditionKind::VendorError, detail, retry_after: None }
}
