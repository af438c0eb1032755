//! The arithmetic against tables of known answers and against brute force.

use std::time::Duration;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::Error;

fn timetable(cron: &str, zone: &str) -> Timetable {
    Timetable::read(cron, zone).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
}

fn fires(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let shown = |time: Timestamp| {
        let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap();
        let zoned = time.to_zoned(zone.parse::<Zone>().unwrap().rules);
        zoned.strftime("%Y-%m-%d %H:%M%:z").to_string()
    };
    timetable(cron, zone).fires_after(at(after)).take(count).map(shown).collect()
}

fn refusal(cron: &str, zone: &str) -> (String, &'static str, String) {
    let error: Error = Timetable::read(cron, zone).unwrap_err();
    let field = error.fields.into_iter().next().unwrap();
    (field.field, field.code, field.detail)
}

#[test]
fn fm_g01_a_named_time_runs_once_on_the_day_the_clock_skips_it() {
    let spring = "2026-03-28T12:00:00Z";
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", spring, 3),
        ["2026-03-29 03:00+02:00", "2026-03-30 02:30+02:00", "2026-03-31 02:30+02:00"]
    );
    assert_eq!(
        fires("15,45 2 * * *", "Europe/Berlin", spring, 2),
        ["2026-03-29 03:00+02:00", "2026-03-30 02:15+02:00"]
    );
    assert_eq!(
        fires("30 2,14 * * *", "Europe/Berlin", spring, 3),
        ["2026-03-28 14:30+01:00", "2026-03-29 03:00+02:00", "2026-03-29 14:30+02:00"]
    );
    assert_eq!(
        fires("0 2,3 * * *", "Europe/Berlin", spring, 2),
        ["2026-03-29 03:00+02:00", "2026-03-30 02:00+02:00"],
        "the skipped 02:00 and the real 03:00 are one moment"
    );
    assert_eq!(
        fires("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1),
        ["2011-12-31 00:00+14:00"],
        "Samoa had no 30 December 2011"
    );
    assert_eq!(
        fires("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2),
        ["2018-11-04 01:00-02:00", "2018-11-05 00:00-02:00"],
        "a gap at midnight"
    );
}

#[test]
fn fm_g01_a_named_time_runs_once_on_the_day_the_clock_shows_it_twice() {
    let autumn = "2026-10-24T12:00:00Z";
    for cron in ["30 2 * * *", "30 2-2 * * *"] {
        assert_eq!(
            fires(cron, "Europe/Berlin", autumn, 2),
            ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"],
            "{cron}"
        );
    }
    assert_eq!(
        fires("15,45 2 * * *", "Europe/Berlin", autumn, 3),
        ["2026-10-25 02:15+02:00", "2026-10-25 02:45+02:00", "2026-10-26 02:15+01:00"]
    );
    let second_pass = "2026-10-25T01:10:00Z";
    assert_eq!(fires("30 2 * * *", "Europe/Berlin", second_pass, 1), ["2026-10-26 02:30+01:00"]);
}

#[test]
fn fm_g01_again_and_again_keeps_its_rhythm_over_both_changes() {
    assert_eq!(
        fires("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z", 3),
        ["2026-03-29 01:30+01:00", "2026-03-29 03:00+02:00", "2026-03-29 03:30+02:00"]
    );
    assert_eq!(
        fires("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4),
        ["2026-10-25 02:00+02:00", "2026-10-25 02:00+01:00", "2026-10-25 03:00+01:00", "2026-10-25 04:00+01:00"]
    );
    assert_eq!(
        fires("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:40:00Z", 4),
        ["2026-04-05 01:45+11:00", "2026-04-05 01:30+10:30", "2026-04-05 01:45+10:30", "2026-04-05 02:00+10:30"],
        "Lord Howe changes by half an hour"
    );
}

#[test]
fn fm_g07_month_ends_leap_days_and_2038() {
    let table = [
        ("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31 00:00+00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29 00:00+00:00"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29 00:00+00:00"),
        ("14 3 19 1 *", "2037-12-31T00:00:00Z", "2038-01-19 03:14+00:00"),
        ("15 3 19 1 *", "2038-01-19T03:14:08Z", "2038-01-19 03:15+00:00"),
        ("0 0 30 4,6 *", "2026-05-01T00:00:00Z", "2026-06-30 00:00+00:00"),
        ("0 0 */28 2 1-7", "2026-02-02T00:00:00Z", "2027-02-01 00:00+00:00"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31 23:59+00:00"),
    ];
    for (cron, after, expected) in table {
        assert_eq!(fires(cron, "UTC", after, 1), [expected], "{cron} after {after}");
    }
    assert_eq!(
        fires("30 2 * 3 *", "America/New_York", "2038-03-13T12:00:00Z", 1),
        ["2038-03-14 03:00-04:00"],
        "the zone's rules reach beyond 2037"
    );
}

#[test]
fn day_fields_join_as_in_vixie_cron() {
    let after = "2026-01-01T00:00:00Z";
    let days = |cron: &str| fires(cron, "UTC", after, 4).iter().map(|time| time[5..10].to_owned()).collect::<Vec<_>>();
    assert_eq!(days("0 9 13 * 5"), ["01-02", "01-09", "01-13", "01-16"], "either is enough");
    assert_eq!(days("0 9 * * 5"), ["01-02", "01-09", "01-16", "01-23"]);
    assert_eq!(days("0 9 */2 * 5"), ["01-09", "01-23", "02-13", "02-27"], "`*/2` is not a restriction: both hold");
    assert_eq!(days("0 9 1 * */2"), ["01-01", "02-01", "03-01", "08-01"]);
    for sunday in ["0", "7", "sun", "SUN", "7-7"] {
        assert_eq!(days(&format!("0 9 * * {sunday}")), ["01-04", "01-11", "01-18", "01-25"], "{sunday}");
    }
    assert_eq!(days("0 9 * jan-feb fri-sun"), ["01-02", "01-03", "01-04", "01-09"]);
    assert_eq!(days("0 9 1,15-31/8 * *"), ["01-01", "01-15", "01-23", "01-31"]);
}

#[test]
fn r112_only_five_fields_are_read() {
    let (field, code, detail) = refusal("0 30 2 * * *", "UTC");
    assert_eq!((field.as_str(), code), ("cron", "fields"));
    assert!(detail.contains("has 6. Leave the seconds out: `30 2 * * *`."), "{detail}");
    assert!(refusal("@daily", "UTC").2.contains("Write `0 0 * * *`."));
    for cron in ["", "* * * *", "0 0 1 1 * 2027 7"] {
        assert_eq!(refusal(cron, "UTC").1, "fields", "{cron}");
    }
}

#[test]
fn an_impossible_date_is_refused_with_the_reason() {
    for cron in ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 feb *"] {
        let (field, code, detail) = refusal(cron, "UTC");
        assert_eq!((field.as_str(), code), ("cron", "impossible_date"), "{cron}");
        assert!(detail.contains("never reaches"), "{detail}");
    }
    for cron in ["0 0 29 2 *", "0 0 31 2 1", "0 0 31 1,2 *"] {
        Timetable::read(cron, "UTC").unwrap();
    }
}

#[test]
fn what_other_programs_read_differently_is_refused_with_the_alternative() {
    for (cron, hint) in [
        ("60 * * * *", "0 to 59"),
        ("* 24 * * *", "0 to 23"),
        ("* * 0 * *", "1 to 31"),
        ("* * * 13 *", "1 to 12"),
        ("* * * * 8", "0 to 7"),
        ("5/10 * * * *", "`5-59/10`"),
        ("* 22-2 * * *", "`22-23,0-2`"),
        ("*/0 * * * *", "no step"),
        ("*/99 * * * *", "no step"),
        ("1,,2 * * * *", "0 to 59"),
        ("+1 * * * *", "0 to 59"),
        ("? * * * *", "0 to 59"),
        ("0 0 L * *", "1 to 31"),
        ("0 0 * * 5#2", "0 to 7"),
        ("0 0 * * funday", "English name"),
        ("1-2-3 * * * *", "0 to 59"),
        ("٣ * * * *", "0 to 59"),
    ] {
        let (_, code, detail) = refusal(cron, "UTC");
        assert_eq!(code, "malformed", "{cron}");
        assert!(detail.contains(hint), "{cron}: {detail}");
    }
    assert_eq!(refusal(&"1,".repeat(500), "UTC").1, "too_long");
}

#[test]
fn an_unknown_zone_is_refused_with_near_names() {
    for (zone, near) in [
        ("Europe/Berln", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Asia/Tokio", "Asia/Tokyo"),
    ] {
        let (field, code, detail) = refusal("0 0 * * *", zone);
        assert_eq!((field.as_str(), code), ("tz", "unknown"));
        assert!(detail.contains(near), "{zone}: {detail}");
    }
    for zone in ["", "../../etc/passwd", "Mars/Olympus_Mons_Base", "\u{202e}\0", "+02:00"] {
        assert!(refusal("0 0 * * *", zone).2.contains("time zone"), "{zone}");
    }
    let both = Timetable::read("x", "y").unwrap_err();
    assert_eq!(both.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["cron", "tz"]);
    for (written, name) in [("europe/berlin", "Europe/Berlin"), ("utc", "UTC"), ("Etc/UTC", "Etc/UTC")] {
        assert_eq!(written.parse::<Zone>().unwrap().as_str(), name);
    }
}

fn hourly() -> Timetable {
    timetable("0 * * * *", "UTC")
}

#[test]
fn fm_a23_one_run_within_the_hour_and_the_older_ones_are_listed() {
    let grace = MISFIRE_GRACE;
    let due = |first: &str, now: &str| super::due(&hourly(), at(first), at(now), grace);
    let punctual = due("2026-01-01T02:00:00Z", "2026-01-01T02:00:01Z");
    assert_eq!(punctual.run, Some(at("2026-01-01T02:00:00Z")));
    assert_eq!((punctual.missed.len(), punctual.next), (0, Some(at("2026-01-01T03:00:00Z"))));
    let after_six_hours = due("2026-01-01T02:00:00Z", "2026-01-01T07:30:00Z");
    assert_eq!(after_six_hours.run, Some(at("2026-01-01T07:00:00Z")));
    assert_eq!(after_six_hours.missed.len(), 5);
    assert_eq!(due("2026-01-01T02:00:00Z", "2026-01-01T01:59:59Z").next, Some(at("2026-01-01T02:00:00Z")));
    let daily = timetable("0 2 * * *", "UTC");
    let late = super::due(&daily, at("2026-01-01T02:00:00Z"), at("2026-01-01T03:00:00Z"), grace);
    assert_eq!((late.run.is_some(), late.missed.len()), (true, 0), "an hour is still within the grace");
    let missed = super::due(&daily, at("2026-01-01T02:00:00Z"), at("2026-01-01T03:00:01Z"), grace);
    assert_eq!((missed.run, missed.missed), (None, vec![at("2026-01-01T02:00:00Z")]));
}

#[test]
fn fm_g03_a_long_absence_lists_the_newest_and_counts_the_rest() {
    let minutely = timetable("* * * * *", "UTC");
    let found = super::due(&minutely, at("2026-01-01T00:00:00Z"), at("2026-01-01T10:00:30Z"), MISFIRE_GRACE);
    assert_eq!((found.missed.len(), found.unlisted), (LISTED, 500));
    assert_eq!(found.run, Some(at("2026-01-01T10:00:00Z")));
    let years = super::due(&minutely, at("2020-01-01T00:00:00Z"), at("2026-01-01T10:00:30Z"), MISFIRE_GRACE);
    assert_eq!(years.next, Some(at("2026-01-01T10:01:00Z")));
    assert_eq!(years.missed.len(), LISTED);
}

/// All fitting local minutes of some days, turned into instants by the rule, the slow way: every UTC minute is asked
/// what the clock shows.
fn brute_force(timetable: &Timetable, from: Date, days: i32) -> Vec<Timestamp> {
    let rules = &timetable.zone.rules;
    let start = jiff::tz::TimeZone::UTC.to_timestamp(from.at(0, 0, 0, 0)).unwrap().as_second();
    let mut expected = Vec::new();
    let shown = |second: i64| rules.to_datetime(jiff::Timestamp::from_second(second).unwrap());
    let mut seen = std::collections::HashSet::new();
    // A day of run-up, so that what was shown before is known.
    for second in ((start - 86_400)..start + i64::from(days) * 86_400).step_by(60) {
        let (before, now) = (shown(second - 60), shown(second));
        let fits = timetable.cron.fits(now);
        let jumped = now.duration_since(before) > SignedDuration::from_mins(1);
        let skipped = jumped && {
            let mut local = before.checked_add(1.minute()).unwrap();
            let mut any = false;
            while local < now {
                any |= timetable.cron.fits(local);
                local = local.checked_add(1.minute()).unwrap();
            }
            any
        };
        let fresh = seen.insert(now);
        let runs = if timetable.cron.follows_the_clock() { fits } else { (fits && fresh) || skipped };
        if runs && second > start {
            expected.push(Timestamp::from_seconds(second));
        }
    }
    expected
}

fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    let value = low..=high;
    let range = (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let part = prop_oneof![
        3 => value.prop_map(|value| value.to_string()),
        2 => range.clone(),
        1 => (range, 1..=high).prop_map(|(range, step)| format!("{range}/{step}")),
    ];
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1..=high).prop_map(|step| format!("*/{step}")),
        4 => proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
    ]
}

fn crons() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

const STARTS: &[(&str, Date)] = &[
    ("Europe/Berlin", date(2026, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("America/New_York", date(2040, 3, 10)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("America/Sao_Paulo", date(2018, 11, 3)),
    ("Pacific/Apia", date(2011, 12, 29)),
    ("Asia/Kathmandu", date(2026, 2, 27)),
    ("UTC", date(2028, 2, 28)),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn next_fire_is_what_brute_force_finds(cron in crons(), start in 0..STARTS.len()) {
        let (zone, from) = STARTS[start];
        let Ok(timetable) = Timetable::read(&cron, zone) else {
            return Ok(());
        };
        let expected = brute_force(&timetable, from, 3);
        let after = Timestamp::from_seconds(jiff::tz::TimeZone::UTC.to_timestamp(from.at(0, 0, 0, 0)).unwrap().as_second());
        let end = after.plus(Duration::from_hours(72));
        let found: Vec<_> = timetable.fires_after(after).take_while(|fire| *fire < end).collect();
        prop_assert_eq!(found, expected, "{} in {}", cron, zone);
    }

    /// Whatever is asked, the answer lies ahead and never twice in one place.
    #[test]
    fn fires_only_ever_go_forward(cron in crons(), seconds in 0_i64..8_000_000_000) {
        let Ok(timetable) = Timetable::read(&cron, "America/St_Johns") else {
            return Ok(());
        };
        let mut last = Timestamp::from_seconds(seconds);
        for fire in timetable.fires_after(last).take(5) {
            prop_assert!(fire > last);
            prop_assert_eq!(fire.as_millis() % 60_000, 0);
            last = fire;
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(cron in "\\PC{0,40}", zone in "\\PC{0,20}") {
        let _ = Timetable::read(&cron, &zone);
    }
}
