//! Many scans that run at many vendors: how fresh the hub keeps them, and what that costs it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::estate::{Estate, Size};
use crate::failure::Outcome;
use crate::import::Engine;
use crate::process;
use crate::watch::{self, percentile};

/// Scans of one integration. A few more than that are made, for those that end meanwhile.
pub(crate) const SCANS_EACH: u32 = 50;
const SPARE: u32 = 3;
const FINDINGS: u32 = 40;
/// So about two of a hundred end in a minute.
pub(crate) const LASTS: (Duration, Duration) = (Duration::from_mins(30), Duration::from_mins(70));

/// How long an estate is measured, and how long its scans last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    pub(crate) watch: Duration,
    /// Shortest and longest scan.
    pub(crate) lasts: (Duration, Duration),
}

#[derive(Debug, Serialize)]
pub(crate) struct ScaleFigures {
    pub(crate) engine: &'static str,
    pub(crate) load_before: String,
    pub(crate) watched_s: u64,
    pub(crate) sizes: Vec<SizeFigures>,
}

/// One estate in a steady while.
#[derive(Debug, Serialize)]
pub(crate) struct SizeFigures {
    pub(crate) integrations: u32,
    /// That ran at any moment.
    pub(crate) scans: u64,
    /// From the first integration switched on until every scan was adopted.
    pub(crate) adopted_s: f64,
    /// Since the hub had last seen a running scan, over all scans and seconds.
    pub(crate) age_p50_s: f64,
    pub(crate) age_p99_s: f64,
    pub(crate) age_max_s: f64,
    pub(crate) polled: Lags,
    pub(crate) hooked: Lags,
    /// Of those that are polled and those that call, by vendor.
    pub(crate) lags_by_vendor: BTreeMap<&'static str, Lags>,
    /// Processors that the hub kept busy.
    pub(crate) hub_cpu: f64,
    /// Processor seconds a minute for every 1,000 scans.
    pub(crate) cpu_per_1000: f64,
    pub(crate) vendors_cpu: f64,
    /// The most since the start.
    pub(crate) peak_bytes: u64,
    /// Calls a minute to all vendors, and to the integration that got the most.
    pub(crate) calls: f64,
    pub(crate) most_calls: f64,
    /// By vendor and kind of call.
    pub(crate) calls_by_kind: BTreeMap<String, f64>,
}

/// From the vendor's own end of a run; in seconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Lags {
    pub(crate) runs: usize,
    /// Until the hub showed it.
    pub(crate) shown_mean: f64,
    pub(crate) shown_p50: f64,
    pub(crate) shown_p99: f64,
    /// Until its results were in.
    pub(crate) imported_mean: f64,
    pub(crate) imported_p50: f64,
    pub(crate) imported_p99: f64,
}

impl Lags {
    pub(crate) fn of<'a>(ended: impl Iterator<Item = &'a watch::Ended>) -> Self {
        let (shown, imported): (Vec<u64>, Vec<u64>) = ended.map(|run| (run.shown_after, run.imported_after)).unzip();
        Self {
            runs: shown.len(),
            shown_mean: mean(&shown),
            imported_mean: mean(&imported),
            shown_p50: seconds(percentile(&shown, 0.5)),
            shown_p99: seconds(percentile(&shown, 0.99)),
            imported_p50: seconds(percentile(&imported, 0.5)),
            imported_p99: seconds(percentile(&imported, 0.99)),
        }
    }
}

/// In seconds; 0 of none.
fn mean(millis: &[u64]) -> f64 {
    seconds(millis.iter().sum()) / millis.len().max(1) as f64
}

pub(crate) fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

/// Estates of so many integrations each.
pub(crate) async fn measure(
    program: &Path,
    engine: Engine,
    integrations: &[u32],
    spans: Spans,
    work: &Path,
) -> Outcome<ScaleFigures> {
    let load_before = process::load()?;
    let mut sizes = Vec::new();
    for &integrations in integrations {
        let size = Size { integrations, scans: SCANS_EACH + SPARE, lasts: spans.lasts, findings: FINDINGS };
        let figures = one(program, engine, size, spans, work).await?;
        crate::say(&format!(
            "{} scans of {integrations} integrations: oldest {:.1} s, hub {:.2} processors ({:.2} s/min for 1,000), {} MB, \
             lag p99 {:.1} s ({:.1} s with webhooks), {:.0} calls/min",
            figures.scans,
            figures.age_max_s,
            figures.hub_cpu,
            figures.cpu_per_1000,
            figures.peak_bytes / 1_000_000,
            figures.polled.shown_p99,
            figures.hooked.shown_p99,
            figures.calls,
        ));
        sizes.push(figures);
    }
    Ok(ScaleFigures { engine: engine.name(), load_before, watched_s: spans.watch.as_secs(), sizes })
}

async fn one(program: &Path, engine: Engine, size: Size, spans: Spans, work: &Path) -> Outcome<SizeFigures> {
    let mut estate = Estate::of(program, engine, size, work).await?;
    estate.settled(|_| true).await?;

    let (since, started) = (watch::now(), Instant::now());
    let (hub_before, vendors_before) = (process::cpu_seconds(estate.hub.process())?, estate.vendor_cpu_seconds()?);
    let calls_before = estate.calls()?;
    let fresh = estate.watch.freshness(spans.watch, |_| true).await?;
    let (minutes, until) = (started.elapsed().as_secs_f64() / 60.0, watch::now());
    let hub_seconds = process::cpu_seconds(estate.hub.process())? - hub_before;
    let vendor_seconds = estate.vendor_cpu_seconds()? - vendors_before;
    let calls_after = estate.calls()?;
    let peak_bytes = process::memory(estate.hub.process())?.peak;
    let ended = estate.ended(since, until, |_| true).await?;

    let mut calls_by_kind: BTreeMap<String, f64> = BTreeMap::new();
    let mut calls_each = Vec::new();
    for ((integration, before), after) in estate.integrations.iter().zip(&calls_before).zip(&calls_after) {
        let mut sum = 0.0;
        for (kind, calls) in after {
            let rate = calls.saturating_sub(before.get(kind).copied().unwrap_or(0)) as f64 / minutes;
            if rate > 0.0 {
                *calls_by_kind.entry(format!("{} {kind}", integration.vendor)).or_default() += rate;
            }
            sum += rate;
        }
        calls_each.push(sum);
    }
    let hooked = |run: &&watch::Ended| {
        estate.integrations.iter().any(|integration| integration.hooked && integration.id == run.integration)
    };
    let mut lags_by_vendor = BTreeMap::new();
    for vendor in estate.integrations.iter().map(|integration| integration.vendor).collect::<BTreeSet<_>>() {
        let of_vendor = |run: &&watch::Ended| {
            estate.integrations.iter().any(|one| one.vendor == vendor && one.id == run.integration)
        };
        lags_by_vendor.insert(vendor, Lags::of(ended.iter().filter(of_vendor)));
    }
    let figures = SizeFigures {
        integrations: size.integrations,
        scans: fresh.fewest,
        adopted_s: estate.adoption.as_secs_f64(),
        age_p50_s: seconds(percentile(&fresh.ages, 0.5)),
        age_p99_s: seconds(percentile(&fresh.ages, 0.99)),
        age_max_s: seconds(percentile(&fresh.ages, 1.0)),
        polled: Lags::of(ended.iter().filter(|run| !hooked(run))),
        hooked: Lags::of(ended.iter().filter(hooked)),
        lags_by_vendor,
        hub_cpu: hub_seconds / minutes / 60.0,
        cpu_per_1000: hub_seconds / minutes / (fresh.fewest as f64 / 1000.0),
        vendors_cpu: vendor_seconds / minutes / 60.0,
        peak_bytes,
        calls: calls_each.iter().sum(),
        most_calls: calls_each.iter().copied().fold(0.0, f64::max),
        calls_by_kind,
    };
    estate.stop().await?;
    Ok(figures)
}
