//! The lists of a large installation: how long every kind of call takes at a million findings.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::baseline;
use crate::failure::{Failure, Outcome, While};
use crate::filled::{EACH_HOST, Filled, FilledFigures, Health, milliseconds};
use crate::hub::RunningHub;
use crate::report::{self, Plugins, Shape};
use crate::watch::percentile;

/// Kept for each call: enough for a 99th percentile that is not the worst by itself.
const ASKED: usize = 200;
/// A call that is slow is not asked as often.
const PATIENCE: Duration = Duration::from_secs(8);
const PAGES: usize = 20;
/// Findings of a scan that is deleted.
pub(crate) const DELETED: u32 = 5_000;
const DELETIONS: u32 = 5;

#[derive(Debug, Serialize)]
pub(crate) struct QueueFigures {
    #[serde(flatten)]
    pub(crate) filled: FilledFigures,
    pub(crate) scans: u64,
    pub(crate) calls: Vec<CallFigures>,
    pub(crate) bulk: BulkFigures,
    /// Of scans with [`DELETED`] findings that only they saw.
    pub(crate) deletions_ms: Vec<f64>,
}

/// A bulk action on the findings of one report.
#[derive(Debug, Serialize)]
pub(crate) struct BulkFigures {
    pub(crate) findings: u64,
    /// Until it is known which findings are meant.
    pub(crate) accepted_ms: f64,
    /// Until each of them is done.
    pub(crate) seconds: f64,
    /// Of `GET /healthz` meanwhile.
    pub(crate) health_p99_ms: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct CallFigures {
    pub(crate) call: &'static str,
    pub(crate) asked: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) bytes: usize,
}

/// `scans` are added first.
pub(crate) async fn measure(filled: &Filled, scans: u32) -> Outcome<QueueFigures> {
    baseline::multiply_scans(&filled.installation.database(), scans).await?;
    let calls = calls(&filled.hub).await?;
    let bulk = bulk(&filled.hub).await?;
    let deletions_ms = deletions(filled).await?;
    Ok(QueueFigures { filled: filled.figures.clone(), scans: u64::from(scans), calls, bulk, deletions_ms })
}

async fn bulk(hub: &RunningHub) -> Outcome<BulkFigures> {
    let scan = Known::of(hub).await?.scan;
    let order = json!({
        "filter": {"scan_id": scan},
        "action": {"to": "risk_accepted", "reason": "behind the VPN", "owner": "me"},
    });
    let health = Health::watch(hub)?;
    let asked = Instant::now();
    let accepted = hub.post(&["findings", "bulk"], &order).await?;
    let accepted_ms = milliseconds(asked.elapsed().as_micros() as u64);
    let findings = accepted.get("selected").and_then(Value::as_u64).during("how many are meant")?;
    let result = hub.job(&accepted).await?;
    let seconds = asked.elapsed().as_secs_f64();
    if result.get("changed").and_then(Value::as_u64) != Some(findings) {
        return Err(Failure::new(format!("not each of {findings} was changed: {result}")));
    }
    let health_p99_ms = milliseconds(percentile(&health.over().await?, 0.99));
    crate::say(&format!("{findings} findings judged in {seconds:.1} s, healthz p99 {health_p99_ms:.1} ms"));
    Ok(BulkFigures { findings, accepted_ms, seconds, health_p99_ms })
}

/// From the order until it is answered, which is when everything is gone.
async fn deletions(filled: &Filled) -> Outcome<Vec<f64>> {
    let path = filled.folder.path().join("deleted.nessus");
    let hosts = DELETED / EACH_HOST;
    let mut waits = Vec::new();
    for number in 0..DELETIONS {
        let filled_hosts = u32::try_from(filled.figures.findings / u64::from(EACH_HOST)).during("a number of hosts")?;
        let first_host = filled_hosts + number * hosts;
        report::write(&path, Shape { first_host, hosts, plugins: EACH_HOST, of: Plugins::Shared })?;
        filled.hub.import(&path).await?;
        let newest = filled.hub.get_with(&["scans"], &[("sort", "-created_at"), ("limit", "1")]).await?;
        let scan = newest.pointer("/items/0/id").and_then(Value::as_str).during("the newest scan")?;
        let asked = Instant::now();
        filled.hub.delete(&["scans", scan]).await?;
        waits.push(milliseconds(asked.elapsed().as_micros() as u64));
        crate::say(&format!(
            "a scan of {DELETED} findings deleted in {:.0} ms",
            asked.elapsed().as_secs_f64() * 1000.0
        ));
    }
    Ok(waits)
}

/// Something to ask for that is there.
struct Known {
    finding: String,
    asset: String,
    scan: String,
    cve: String,
}

impl Known {
    /// From the middle of the queue.
    async fn of(hub: &RunningHub) -> Outcome<Self> {
        let text = |value: &Value, pointer: &str| {
            value.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned).during(pointer)
        };
        let findings = hub.get_with(&["findings"], &[("severity", "high"), ("limit", "50")]).await?;
        let scans = hub.get_with(&["scans"], &[("q", "synthetic"), ("limit", "1")]).await?;
        Ok(Self {
            finding: text(&findings, "/items/25/id")?,
            asset: text(&findings, "/items/25/asset_id")?,
            scan: text(&scans, "/items/0/id")?,
            cve: text(&findings, "/items/25/cves/0")?,
        })
    }
}

/// Its name, path and query.
type Call<'a> = (&'static str, &'a [&'a str], Vec<(&'a str, &'a str)>);

async fn calls(hub: &RunningHub) -> Outcome<Vec<CallFigures>> {
    let known = Known::of(hub).await?;
    let Known { finding, asset, scan, cve } = &known;
    let findings: &[&str] = &["findings"];
    let counts: &[&str] = &["findings", "counts"];
    let scans: &[&str] = &["scans"];
    let of_scan: &[&str] = &["scans", scan, "findings"];
    let (one_finding, one_asset): (&[&str], &[&str]) = (&["findings", finding], &["assets", asset]);
    let (one_scan, runs): (&[&str], &[&str]) = (&["scans", scan], &["scans", scan, "runs"]);
    let wanted: Vec<Call<'_>> = vec![
        ("findings", findings, vec![]),
        ("findings, 500 a page", findings, vec![("limit", "500")]),
        ("findings, by title", findings, vec![("sort", "title")]),
        ("findings, newest first", findings, vec![("sort", "-last_seen_at")]),
        ("findings, oldest first", findings, vec![("sort", "first_seen_at")]),
        ("findings, severity", findings, vec![("severity", "critical")]),
        ("findings, status", findings, vec![("status", "open")]),
        ("findings, status that none has", findings, vec![("status", "risk_accepted")]),
        (
            "findings, severity and status",
            findings,
            vec![("severity", "high"), ("severity", "low"), ("status", "open")],
        ),
        ("findings, by risk", findings, vec![("sort", "-risk")]),
        ("findings, by due date", findings, vec![("sort", "due_at"), ("status", "open")]),
        ("findings, known to be exploited", findings, vec![("kev", "true")]),
        ("findings, scanner", findings, vec![("scanner", "nessus")]),
        ("findings, scanner that none has", findings, vec![("scanner", "semgrep")]),
        ("findings, CVE", findings, vec![("cve", cve)]),
        ("findings, CVE that none has", findings, vec![("cve", "CVE-1999-0001")]),
        ("findings, CWE", findings, vec![("cwe", "79")]),
        ("findings, CWE that none has", findings, vec![("cwe", "1321")]),
        ("findings, compliance tag", findings, vec![("compliance", "owasp-2021:A03")]),
        ("findings, text", findings, vec![("q", "OpenSSL")]),
        ("findings, text that none has", findings, vec![("q", "heartbleed")]),
        ("findings, asset", findings, vec![("asset_id", asset)]),
        ("findings, scan", findings, vec![("scan_id", scan)]),
        ("findings, seen since", findings, vec![("last_seen_after", "2025-01-06T01:30:00Z")]),
        ("findings, first seen before", findings, vec![("first_seen_before", "2001-01-01T00:00:00Z")]),
        ("counts", counts, vec![]),
        ("counts, severity and status", counts, vec![("severity", "high"), ("status", "open")]),
        ("counts, text", counts, vec![("q", "OpenSSL")]),
        ("counts, compliance tag", counts, vec![("compliance", "owasp-2021:A03")]),
        ("counts of each compliance tag", &["findings", "compliance"], vec![]),
        ("finding", one_finding, vec![]),
        ("scan's findings", of_scan, vec![]),
        ("scan's findings, severity", of_scan, vec![("severity", "critical")]),
        ("assets", &["assets"], vec![]),
        ("assets, text that none has", &["assets"], vec![("q", "nothing like it")]),
        ("assets' counts", &["assets", "counts"], vec![]),
        ("asset", one_asset, vec![]),
        ("scans", scans, vec![]),
        ("scans, 500 a page", scans, vec![("limit", "500")]),
        ("scans, status", scans, vec![("status", "completed")]),
        ("scans, status that none has", scans, vec![("status", "failed")]),
        ("scans, origin", scans, vec![("origin", "upload")]),
        ("scans, text", scans, vec![("q", "synthetic")]),
        ("scans, text that none has", scans, vec![("q", "nothing like it")]),
        ("scan", one_scan, vec![]),
        ("scan's runs", runs, vec![]),
        ("programme", &["metrics", "program"], vec![]),
    ];
    let mut figures = Vec::new();
    for (call, path, query) in wanted {
        figures.push(ask(hub, call, path, &query).await?);
    }
    for (call, path, sort) in [
        ("findings, page after page", findings, "-severity"),
        ("findings by title, page after page", findings, "title"),
        ("scans, page after page", scans, "-created_at"),
    ] {
        figures.push(turn_pages(hub, call, path, sort).await?);
    }
    Ok(figures)
}

async fn ask(hub: &RunningHub, call: &'static str, path: &[&str], query: &[(&str, &str)]) -> Outcome<CallFigures> {
    let mut waits = Vec::new();
    let mut bytes = 0;
    let started = Instant::now();
    while waits.len() < ASKED && (waits.len() < 3 || started.elapsed() < PATIENCE) {
        let asked = Instant::now();
        bytes = hub.read(path, query).await?.len();
        waits.push(asked.elapsed().as_micros() as u64);
    }
    Ok(figures(call, &waits, bytes))
}

async fn turn_pages(hub: &RunningHub, call: &'static str, path: &[&str], sort: &str) -> Outcome<CallFigures> {
    let mut waits = Vec::new();
    let mut bytes = 0;
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let mut query = vec![("sort", sort), ("limit", "500")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let asked = Instant::now();
        let page = hub.read(path, &query).await?;
        waits.push(asked.elapsed().as_micros() as u64);
        bytes = page.len();
        let page: Value = serde_json::from_slice(&page).during(call)?;
        cursor = page.get("next_cursor").and_then(Value::as_str).map(ToOwned::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(figures(call, &waits, bytes))
}

fn figures(call: &'static str, waits: &[u64], bytes: usize) -> CallFigures {
    let figures = CallFigures {
        call,
        asked: waits.len(),
        p50_ms: milliseconds(percentile(waits, 0.5)),
        p99_ms: milliseconds(percentile(waits, 0.99)),
        bytes,
    };
    crate::say(&format!("{call}: p50 {:.1} ms, p99 {:.1} ms", figures.p50_ms, figures.p99_ms));
    figures
}
