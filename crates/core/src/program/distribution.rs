//! Average, percentiles and maximum of durations that come grouped: a value and how often it was.

use std::collections::BTreeMap;
use std::time::Duration;

/// Durations to the millisecond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How often each value was; no zeros.
    counts: BTreeMap<u64, u64>,
    total: u64,
}

impl Distribution {
    /// Of milliseconds with how often they were. Negative ones count as zero.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = (i64, u64)>) -> Self {
        let mut all = Self::default();
        for (millis, times) in values.into_iter().filter(|(_, times)| *times > 0) {
            let count = all.counts.entry(u64::try_from(millis).unwrap_or(0)).or_default();
            *count = count.saturating_add(times);
            all.total = all.total.saturating_add(times);
        }
        all
    }

    /// How many durations there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// Rounded down to the millisecond; `None` of nothing.
    #[must_use]
    pub fn average(&self) -> Option<Duration> {
        let sum: u128 = self.counts.iter().map(|(millis, times)| u128::from(*millis) * u128::from(*times)).sum();
        let average = sum.checked_div(u128::from(self.total))?;
        Some(Duration::from_millis(u64::try_from(average).unwrap_or(u64::MAX)))
    }

    /// The smallest of the durations that is not below `percent` of them (nearest rank): always one that occurred.
    /// `None` of nothing.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<Duration> {
        let rank = (u128::from(self.total) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut passed = 0_u128;
        for (millis, times) in &self.counts {
            passed += u128::from(*times);
            if passed >= rank {
                return Some(Duration::from_millis(*millis));
            }
        }
        None
    }

    /// `None` of nothing.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        self.counts.keys().next_back().map(|millis| Duration::from_millis(*millis))
    }
}
