//! How a company's scan programme does over a period: the store counts, `core` concludes.

use std::collections::BTreeMap;

use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::program::{Day, Distribution, ImportEnds, OriginCounts, Period, SyncLag, scans_by_day};
use scanhelm_core::{Result, Timestamp};
use scanhelm_store::{LagUntil, ScanFilter};

use crate::Hub;

/// Use cases about the scan programme.
#[derive(Clone, Copy, Debug)]
pub struct ScanProgram<'hub> {
    hub: &'hub Hub,
}

/// One company's metrics of a period. Scans that were deleted since are not in it.
#[derive(Clone, Debug)]
pub struct ProgramMetrics {
    pub period: Period,
    /// Every day of the period.
    pub days: Vec<(Day, OriginCounts)>,
    /// All days together.
    pub scans: OriginCounts,
    /// Durations of completed runs, by connector or `local`.
    pub durations: BTreeMap<String, Distribution>,
    pub sync_lag: SyncLag,
    pub imports: ImportEnds,
    /// Now, whatever the period.
    pub stale_scans: u64,
}

impl Hub {
    #[must_use]
    pub fn program(&self) -> ScanProgram<'_> {
        ScanProgram { hub: self }
    }
}

impl ScanProgram<'_> {
    /// Of the period from `from` up to `to`; see [`Period::new`] for what is assumed when they are missing.
    pub async fn metrics(
        &self,
        grant: &Grant,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<ProgramMetrics> {
        grant.require(Permission::ScanRead)?;
        let period = Period::new(from, to, self.hub.now())?;
        let (store, company) = (self.hub.store(), grant.company);
        let days = scans_by_day(period, store.scans_by_day(company, period).await?);
        let mut scans = OriginCounts::default();
        days.iter().for_each(|(_, counts)| scans.add_all(counts));
        let mut by_vendor: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
        for (vendor, millis, runs) in store.run_durations(company, period).await? {
            by_vendor.entry(vendor).or_default().push((millis, runs));
        }
        let durations = by_vendor.into_iter().map(|(vendor, values)| (vendor, Distribution::of(values))).collect();
        let unmeasured = store.unmeasured_lags(company, period).await?;
        let sync_lag = SyncLag::of(
            store.sync_lags(company, period, LagUntil::Reflected).await?,
            store.sync_lags(company, period, LagUntil::ResultsIn).await?,
            unmeasured.before_connection,
            unmeasured.undated,
        );
        let imports = store.import_ends(company, period).await?;
        let stale = ScanFilter { stale: Some(true), stale_before: self.hub.stale_before(), ..ScanFilter::default() };
        let stale_scans = store.count_scans(company, &stale).await?;
        Ok(ProgramMetrics { period, days, scans, durations, sync_lag, imports, stale_scans })
    }
}
