//! The times of a report.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use scanhelm_core::Timestamp;

pub(super) fn epoch(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok().filter(|seconds| *seconds > 0).map(Timestamp::from_seconds)
}

/// `Thu Jun 10 11:24:12 2021`, taken as UTC; the day may be padded with a blank.
pub(super) fn written(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_whitespace().skip(1).collect();
    let time = DateTime::strptime("%b %d %H:%M:%S %Y", words.join(" ")).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second()))
}

/// In any way that an export writes it: `2023-06-08T01:58:56.166Z`, `Jan 5, 2021 10:24:08 MST`, or as [`written`].
pub(super) fn any(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| zoned(text)).or_else(|| written(text))
}

/// The names of zones are those of RFC 2822; what another name stands for differs by country.
fn zoned(text: &str) -> Option<Timestamp> {
    let (time, zone) = text.rsplit_once(' ')?;
    let hours_behind = match zone {
        "UTC" | "GMT" => 0,
        "EDT" => 4,
        "EST" | "CDT" => 5,
        "CST" | "MDT" => 6,
        "MST" | "PDT" => 7,
        "PST" => 8,
        _ => return None,
    };
    let time = DateTime::strptime("%b %d, %Y %H:%M:%S", time).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second() + hours_behind * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_time() {
        assert_eq!(written("Thu Jun 10 11:24:12 2021").unwrap().to_string(), "2021-06-10T11:24:12.000Z");
        assert_eq!(written("Tue Jan  7 03:32:56 2020").unwrap().to_string(), "2020-01-07T03:32:56.000Z");
        assert_eq!(epoch("1623324252").unwrap().to_string(), "2021-06-10T11:24:12.000Z");
        assert_eq!(any("Jan 5, 2021 10:24:08 MST").unwrap().to_string(), "2021-01-05T17:24:08.000Z");
        assert_eq!(any("Oct 17, 2024 17:24:54 UTC").unwrap().to_string(), "2024-10-17T17:24:54.000Z");
        assert_eq!(any("2023-06-08T01:58:56.166Z").unwrap().to_string(), "2023-06-08T01:58:56.166Z");
        assert_eq!(any("Thu Jun 10 11:24:12 2021"), written("Thu Jun 10 11:24:12 2021"));
        assert_eq!((any(""), any("Jan 5, 2021 10:24:08 IST"), any("N/A")), (None, None, None));
        assert_eq!((written("soon"), written(""), epoch("0"), epoch("x")), (None, None, None, None));
    }
}
