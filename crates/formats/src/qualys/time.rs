//! The times of a report.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use scanhelm_core::Timestamp;

/// `2019-08-01T20:03:10Z`, `03/30/2019 10:17:41` (UTC) or, with the zone of the report, `Feb 03, 2026 07:00 AM`.
pub(super) fn any(text: &str, zone: Offset) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::parse(text)
        .or_else(|| civil("%m/%d/%Y %H:%M:%S", text, Offset::UTC))
        .or_else(|| civil("%b %d, %Y %I:%M %p", text, zone))
}

pub(super) fn utc(text: &str) -> Option<Timestamp> {
    any(text, Offset::UTC)
}

/// The zone in `04 Feb 2026 10:00AM GMT-0500`.
pub(super) fn zone(text: &str) -> Option<Offset> {
    let (_, offset) = text.rsplit_once("GMT")?;
    let (sign, digits) = match offset.trim().split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.trim_start_matches(':').parse().ok()?);
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}

/// `00:29:43` or `2 days 04:29:11`; `None` for `Pending` and `Running`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (days, clock) = match text.trim().split_once(" day") {
        Some((days, rest)) => (days.trim().parse::<u64>().ok()?, rest.trim_start_matches('s').trim()),
        None => (0, text.trim()),
    };
    let mut seconds = 0_u64;
    let mut parts = 0;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
        parts += 1;
    }
    let total = days.checked_mul(86_400)?.checked_add(seconds)?;
    (parts == 3).then_some(Duration::from_secs(total))
}

/// Start and end of a host's scan in the result of QID 45038: `End time: Wed, Jul 31 2019, 21:57:48 GMT`.
pub(super) fn host_scan(result: &str) -> (Option<Timestamp>, Option<Timestamp>) {
    let told = |label: &str| {
        let line = result.lines().find_map(|line| line.trim().strip_prefix(label))?;
        let (_, rest) = line.trim().strip_suffix("GMT")?.split_once(',')?;
        civil("%b %d %Y, %H:%M:%S", rest.trim(), Offset::UTC)
    };
    (told("Start time:"), told("End time:"))
}

fn civil(format: &str, text: &str, zone: Offset) -> Option<Timestamp> {
    let time = DateTime::strptime(format, text).ok()?.to_zoned(TimeZone::fixed(zone)).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_qualys_writes_a_time() {
        let east = zone("04 Feb 2026 10:00AM GMT-0500").unwrap();
        let written = |text| any(text, east).map(|time| time.to_string());
        assert_eq!(written("2019-08-01T20:03:10Z").unwrap(), "2019-08-01T20:03:10.000Z");
        assert_eq!(written("03/30/2019 10:17:41").unwrap(), "2019-03-30T10:17:41.000Z");
        assert_eq!(written("Feb 03, 2026 07:00 AM").unwrap(), "2026-02-03T12:00:00.000Z");
        assert_eq!((written("soon"), written(""), zone("today"), zone("GMT"), zone("GMT+é")), Default::default());
        // Found by fuzzing: more minutes than a number of seconds can hold.
        assert_eq!(zone("GMT-2580001000"), None);
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!((seconds("00:29:43"), seconds("2 days 04:29:11")), (Some(1783), Some(188_951)));
        assert_eq!(
            (seconds("1 day 00:00:01"), seconds("Running"), seconds("99999999999999999999:0:0")),
            (Some(86_401), None, None)
        );
        let (start, end) = host_scan(
            "Scan duration: 268 seconds\n\nStart time: Wed, Jul 31 2019, 21:53:20 GMT\n\nEnd time: Wed, Jul 31 2019, 21:57:48 GMT",
        );
        assert_eq!(start.unwrap().to_string(), "2019-07-31T21:53:20.000Z");
        assert_eq!(end.unwrap().to_string(), "2019-07-31T21:57:48.000Z");
        assert_eq!(host_scan("Scan duration: long"), (None, None));
    }
}
