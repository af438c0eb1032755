//! The metrics of a scan programme. What nobody knows is `null`, never 0.

use std::time::Duration;

use scanhelm_core::program::{Day, Distribution, ImportEnds as CoreImportEnds, OriginCounts, SyncLag as CoreSyncLag};
use scanhelm_hub::program::ProgramMetrics as HubMetrics;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::Time;

/// How the scan programme did over a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramMetrics {
    from: Time,
    /// Not in the period itself.
    to: Time,
    /// Scans created on each day (UTC) of the period, days without any included. Deleted scans are not counted.
    days: Vec<ScansOfDay>,
    /// All days together.
    scans: ScansByOrigin,
    adoption: AdoptionShare,
    /// Durations of the runs that completed in the period, by vendor. Uploaded reports have none.
    durations: Vec<VendorDuration>,
    sync_lag: SyncLag,
    imports: ImportEnds,
    /// Scans that are stale now, whatever the period.
    stale_scans: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct ScansOfDay {
    #[schema(format = Date, example = "2026-11-22")]
    date: String,
    #[serde(flatten)]
    scans: ScansByOrigin,
}

#[derive(Debug, Serialize, ToSchema)]
struct ScansByOrigin {
    total: u64,
    manual: u64,
    integration: u64,
    adopted: u64,
    scheduled: u64,
    local: u64,
    upload: u64,
}

/// How many of the vendors' scans were found by a sweep instead of being created here.
#[derive(Debug, Serialize, ToSchema)]
struct AdoptionShare {
    /// Scans that run at vendors.
    vendor_scans: u64,
    adopted: u64,
    /// 0 to 1; `null` without scans at vendors.
    rate: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VendorDuration {
    /// A connector, or `local`.
    vendor: String,
    runs: u64,
    average_s: Option<f64>,
    p50_s: Option<f64>,
    p95_s: Option<f64>,
}

/// Time from the vendor's own end of a completed run. Measured where the vendor tells it and the integration was
/// connected by then.
#[derive(Debug, Serialize, ToSchema)]
struct SyncLag {
    /// Until the hub showed the run as completed.
    reflected: Lag,
    /// Until its results were in.
    results_in: Lag,
    /// Runs whose end lies after our look at them by the vendor's clock; they count as 0.
    clock_ahead: u64,
    /// Not measured: runs that had ended before their integration was connected.
    before_connection: u64,
    /// Not measured: runs whose end the vendor does not tell.
    undated: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Lag {
    runs: u64,
    p50_s: Option<f64>,
    p95_s: Option<f64>,
    max_s: Option<f64>,
}

/// Imports that ended in the period.
#[derive(Debug, Serialize, ToSchema)]
struct ImportEnds {
    /// All or most records are in.
    succeeded: u64,
    failed: u64,
    /// 0 to 1; `null` when none ended.
    success_rate: Option<f64>,
}

fn seconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| duration.as_secs_f64())
}

impl From<HubMetrics> for ProgramMetrics {
    fn from(metrics: HubMetrics) -> Self {
        let adoption = AdoptionShare {
            vendor_scans: metrics.scans.at_vendors(),
            adopted: metrics.scans.adopted,
            rate: metrics.scans.adoption_rate(),
        };
        Self {
            from: metrics.period.from.into(),
            to: metrics.period.to.into(),
            days: metrics.days.into_iter().map(ScansOfDay::from).collect(),
            scans: metrics.scans.into(),
            adoption,
            durations: metrics.durations.into_iter().map(VendorDuration::from).collect(),
            sync_lag: metrics.sync_lag.into(),
            imports: metrics.imports.into(),
            stale_scans: metrics.stale_scans,
        }
    }
}

impl From<(Day, OriginCounts)> for ScansOfDay {
    fn from((day, counts): (Day, OriginCounts)) -> Self {
        Self { date: day.to_string(), scans: counts.into() }
    }
}

impl From<OriginCounts> for ScansByOrigin {
    fn from(counts: OriginCounts) -> Self {
        let OriginCounts { manual, integration, adopted, scheduled, local, upload } = counts;
        Self { total: counts.total(), manual, integration, adopted, scheduled, local, upload }
    }
}

impl From<(String, Distribution)> for VendorDuration {
    fn from((vendor, durations): (String, Distribution)) -> Self {
        Self {
            vendor,
            runs: durations.count(),
            average_s: seconds(durations.average()),
            p50_s: seconds(durations.percentile(50)),
            p95_s: seconds(durations.percentile(95)),
        }
    }
}

impl From<CoreSyncLag> for SyncLag {
    fn from(lag: CoreSyncLag) -> Self {
        Self {
            reflected: lag.reflected.into(),
            results_in: lag.results_in.into(),
            clock_ahead: lag.clock_ahead,
            before_connection: lag.before_connection,
            undated: lag.undated,
        }
    }
}

impl From<Distribution> for Lag {
    fn from(lags: Distribution) -> Self {
        Self {
            runs: lags.count(),
            p50_s: seconds(lags.percentile(50)),
            p95_s: seconds(lags.percentile(95)),
            max_s: seconds(lags.max()),
        }
    }
}

impl From<CoreImportEnds> for ImportEnds {
    fn from(ends: CoreImportEnds) -> Self {
        Self { succeeded: ends.succeeded, failed: ends.failed, success_rate: ends.success_rate() }
    }
}
