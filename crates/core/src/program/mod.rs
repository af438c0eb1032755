//! How the scan programme of a company does: scans a day, adoption, durations, sync lag, imports.
//!
//! The store counts, grouped, so that a year of runs is a few thousand rows; what follows from the counts is decided
//! here. Two rules keep the numbers honest. What nobody knows is `None`, never zero. And a lag is measured only where
//! the hub could have been in time: a run that had ended before its integration was connected says nothing about how
//! closely the hub follows, and a vendor clock that runs ahead of ours makes no lag negative.

mod day;
mod distribution;

use std::collections::BTreeMap;

use serde::Serialize;

pub use day::{Day, Period};
pub use distribution::Distribution;

use crate::scan::Origin;

/// Scans by how they came into the hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OriginCounts {
    pub manual: u64,
    pub integration: u64,
    pub adopted: u64,
    pub scheduled: u64,
    pub local: u64,
    pub upload: u64,
}

impl OriginCounts {
    pub const fn add(&mut self, origin: Origin, scans: u64) {
        let count = match origin {
            Origin::Manual => &mut self.manual,
            Origin::Integration => &mut self.integration,
            Origin::Adopted => &mut self.adopted,
            Origin::Scheduled => &mut self.scheduled,
            Origin::Local => &mut self.local,
            Origin::Upload => &mut self.upload,
        };
        *count = count.saturating_add(scans);
    }

    pub const fn add_all(&mut self, more: &Self) {
        let Self { manual, integration, adopted, scheduled, local, upload } = more;
        self.manual += *manual;
        self.integration += *integration;
        self.adopted += *adopted;
        self.scheduled += *scheduled;
        self.local += *local;
        self.upload += *upload;
    }

    #[must_use]
    pub const fn total(&self) -> u64 {
        let Self { manual, integration, adopted, scheduled, local, upload } = *self;
        manual + integration + adopted + scheduled + local + upload
    }

    /// Scans that run at a vendor, whoever started them.
    #[must_use]
    pub const fn at_vendors(&self) -> u64 {
        self.integration + self.adopted
    }

    /// Share of the vendors' scans that a sweep found, 0 to 1. `None` without such scans.
    #[must_use]
    pub fn adoption_rate(&self) -> Option<f64> {
        share(self.adopted, self.at_vendors())
    }
}

/// The scans of each day of a period, days without any included.
#[must_use]
pub fn scans_by_day(period: Period, counted: impl IntoIterator<Item = (Day, Origin, u64)>) -> Vec<(Day, OriginCounts)> {
    let mut days: BTreeMap<Day, OriginCounts> = period.days().map(|day| (day, OriginCounts::default())).collect();
    for (day, origin, scans) in counted {
        if let Some(counts) = days.get_mut(&day) {
            counts.add(origin, scans);
        }
    }
    days.into_iter().collect()
}

/// How long after the vendor's own end of a run the hub knew, over the completed runs of vendors' scans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncLag {
    /// Until the hub showed the run as completed.
    pub reflected: Distribution,
    /// Until its results were in.
    pub results_in: Distribution,
    /// Of the runs in `reflected`: the vendor's clock says that they ended after we had seen it. They count as no lag.
    pub clock_ahead: u64,
    /// Not measured: they had ended before their integration was connected.
    pub before_connection: u64,
    /// Not measured: the vendor does not tell when they ended.
    pub undated: u64,
}

impl SyncLag {
    /// Takes lags in milliseconds with the number of runs that had them; negative ones are the vendor's clock.
    #[must_use]
    pub fn of(
        reflected: impl IntoIterator<Item = (i64, u64)>,
        results_in: impl IntoIterator<Item = (i64, u64)>,
        before_connection: u64,
        undated: u64,
    ) -> Self {
        let reflected: Vec<_> = reflected.into_iter().collect();
        let ahead = reflected.iter().filter(|(lag, _)| *lag < 0);
        let clock_ahead = ahead.fold(0_u64, |sum, (_, runs)| sum.saturating_add(*runs));
        Self {
            reflected: Distribution::of(reflected),
            results_in: Distribution::of(results_in),
            clock_ahead,
            before_connection,
            undated,
        }
    }
}

/// How imports ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportEnds {
    pub succeeded: u64,
    pub failed: u64,
}

impl ImportEnds {
    /// 0 to 1; `None` when none ended.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        share(self.succeeded, self.succeeded.saturating_add(self.failed))
    }
}

/// `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests;
