//! The arithmetic against known answers and against brute force.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;

const DAY: i64 = 86_400_000;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn nothing_known_is_none_and_never_zero() {
    let nothing = Distribution::of([]);
    assert_eq!((nothing.count(), nothing.average(), nothing.max()), (0, None, None));
    assert_eq!((nothing.percentile(50), nothing.percentile(0), nothing.percentile(100)), (None, None, None));
    assert_eq!(Distribution::of([(5, 0)]), nothing);
    assert_eq!(OriginCounts::default().adoption_rate(), None);
    assert_eq!(ImportEnds::default().success_rate(), None);
    let only_local = OriginCounts { local: 3, upload: 2, manual: 1, scheduled: 4, ..OriginCounts::default() };
    assert_eq!((only_local.total(), only_local.adoption_rate()), (10, None));
}

#[test]
fn r128_the_adoption_rate_is_that_of_the_vendors_scans() {
    let counts = OriginCounts { adopted: 3, integration: 1, local: 96, ..OriginCounts::default() };
    assert_eq!(counts.adoption_rate(), Some(0.75));
    let all_here = OriginCounts { integration: 2, ..OriginCounts::default() };
    assert_eq!(all_here.adoption_rate(), Some(0.0));
}

#[test]
fn r130_a_vendor_clock_ahead_of_ours_is_no_lag_and_told_apart() {
    let lag = SyncLag::of([(-90_000, 2), (4_000, 1), (0, 1)], [(10_000, 1)], 7, 5);
    assert_eq!((lag.clock_ahead, lag.before_connection, lag.undated), (2, 7, 5));
    assert_eq!(lag.reflected.count(), 4);
    assert_eq!(lag.reflected.percentile(50), Some(Duration::ZERO));
    assert_eq!(lag.reflected.max(), Some(Duration::from_secs(4)));
    assert_eq!(lag.results_in.percentile(95), Some(Duration::from_secs(10)));
}

#[test]
fn a_day_begins_at_midnight_utc() {
    assert_eq!(Day::of(at("2026-11-21T23:59:59.999Z")).to_string(), "2026-11-21");
    assert_eq!(Day::of(at("2026-11-22T00:00:00Z")).to_string(), "2026-11-22");
    assert_eq!(Day::of(at("2026-11-22T00:30:00+01:00")).to_string(), "2026-11-21");
    assert_eq!(Day::of(at("1969-12-31T23:59:59Z")).to_string(), "1969-12-31");
    assert_eq!(Day::of(at("2026-11-22T13:00:00Z")).start(), at("2026-11-22T00:00:00Z"));
}

#[test]
fn a_period_has_a_usual_length_and_a_longest() {
    let now = at("2026-11-22T12:00:00Z");
    let usual = Period::new(None, None, now).unwrap();
    assert_eq!((usual.from, usual.to), (at("2026-10-23T12:00:00Z"), now));
    assert_eq!(usual.days().count(), 31);
    let to_midnight = Period::new(Some(at("2026-11-01T00:00:00Z")), Some(at("2026-11-03T00:00:00Z")), now).unwrap();
    let days: Vec<_> = to_midnight.days().map(|day| day.to_string()).collect();
    assert_eq!(days, ["2026-11-01", "2026-11-02"]);
    for (from, to) in [(now, now), (now, at("2026-11-01T00:00:00Z")), (at("2025-11-21T11:59:59Z"), now)] {
        let refused = Period::new(Some(from), Some(to), now).unwrap_err();
        assert_eq!((refused.fields[0].field.as_str(), refused.fields[0].code), ("from", "out_of_range"));
    }
    assert!(Period::new(Some(at("2025-11-21T12:00:00Z")), None, now).is_ok());
}

#[test]
fn r127_days_without_scans_are_there_with_zeros() {
    let period = Period { from: at("2026-11-01T08:00:00Z"), to: at("2026-11-03T08:00:00Z") };
    let first = Day::of(period.from);
    let outside = Day::of(at("2026-12-01T00:00:00Z"));
    let counted = [
        (first, Origin::Manual, 2),
        (first, Origin::Integration, 3),
        (first, Origin::Manual, 1),
        (outside, Origin::Local, 9),
    ];
    let days = scans_by_day(period, counted);
    let shown: Vec<_> = days.iter().map(|(day, counts)| (day.to_string(), counts.total())).collect();
    assert_eq!(shown, [("2026-11-01".to_owned(), 6), ("2026-11-02".to_owned(), 0), ("2026-11-03".to_owned(), 0)]);
    assert_eq!((days[0].1.manual, days[0].1.integration), (3, 3));
}

/// Every value as often as it was, sorted.
fn spread(values: &[(i64, u64)]) -> Vec<u64> {
    let mut all: Vec<u64> =
        values.iter().flat_map(|(millis, times)| (0..*times).map(|_| u64::try_from(*millis).unwrap_or(0))).collect();
    all.sort_unstable();
    all
}

proptest! {
    #[test]
    fn r129_percentiles_are_those_of_the_sorted_values(
        values in proptest::collection::vec((-1_000_i64..100_000, 0_u64..5), 0..60),
        percent in 0_u8..=100,
    ) {
        let distribution = Distribution::of(values.clone());
        let all = spread(&values);
        prop_assert_eq!(distribution.count(), all.len() as u64);
        let rank = (all.len() * usize::from(percent)).div_ceil(100).max(1);
        let expected = all.get(rank - 1).map(|millis| Duration::from_millis(*millis));
        prop_assert_eq!(distribution.percentile(percent), expected);
        prop_assert_eq!(distribution.max(), all.last().map(|millis| Duration::from_millis(*millis)));
        let average = (!all.is_empty()).then(|| all.iter().sum::<u64>() / all.len() as u64);
        prop_assert_eq!(distribution.average(), average.map(Duration::from_millis));
    }

    #[test]
    fn percentiles_rise_and_the_order_of_what_comes_does_not_matter(
        values in proptest::collection::vec((any::<i64>(), 0_u64..=u64::from(u32::MAX)), 1..40),
        (lower, higher) in (0_u8..=100, 0_u8..=100),
    ) {
        let distribution = Distribution::of(values.clone());
        prop_assert!(distribution.percentile(lower.min(higher)) <= distribution.percentile(lower.max(higher)));
        prop_assert!(distribution.average() <= distribution.max());
        prop_assert_eq!(Distribution::of(values.into_iter().rev()), distribution);
    }

    #[test]
    fn every_instant_of_a_period_is_in_exactly_one_of_its_days(
        from in -400 * DAY..400 * DAY, length in 1..366 * DAY, part in 0.0..1.0_f64,
    ) {
        let period = Period { from: Timestamp::from_millis(from), to: Timestamp::from_millis(from + length) };
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "any instant within will do")]
        let instant = Timestamp::from_millis(from + (length as f64 * part) as i64);
        let days: Vec<Day> = period.days().collect();
        prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert_eq!(days.iter().filter(|day| **day == Day::of(instant)).count(), 1);
        prop_assert!(Day::of(instant).start() <= instant);
    }

    #[test]
    fn rates_are_shares(adopted in 0_u64..10_000, integration in 0_u64..10_000, local in 0_u64..10_000) {
        let counts = OriginCounts { adopted, integration, local, ..OriginCounts::default() };
        prop_assert!(counts.adoption_rate().is_none_or(|rate| (0.0..=1.0).contains(&rate)));
        prop_assert_eq!(counts.adoption_rate().is_none(), adopted + integration == 0);
    }
}
