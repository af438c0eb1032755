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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_time() {
        assert_eq!(written("Thu Jun 10 11:24:12 2021").unwrap().to_string(), "2021-06-10T11:24:12.000Z");
        assert_eq!(written("Tue Jan  7 03:32:56 2020").unwrap().to_string(), "2020-01-07T03:32:56.000Z");
        assert_eq!(epoch("1623324252").unwrap().to_string(), "2021-06-10T11:24:12.000Z");
        assert_eq!((written("soon"), written(""), epoch("0"), epoch("x")), (None, None, None, None));
    }
}
