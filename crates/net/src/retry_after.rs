//! `Retry-After`: seconds or an HTTP date, from a vendor that may send anything; or seconds in the body.

use std::time::Duration;

use scanhelm_core::Timestamp;

/// How long to wait. A time in the past or zero means "a moment" (`least`), a huge one is cut to `most`; what is
/// absent or not understood is `default`.
pub(crate) fn pause(header: Option<&str>, now: Timestamp, default: Duration, most: Duration) -> Duration {
    let least = Duration::from_secs(1).min(most);
    header.and_then(|text| parse(text, now)).unwrap_or(default).clamp(least, most)
}

/// The seconds in a body such as `{"retry_after": 7}` or `{"retry_after": {"delay_seconds": 7}}`, as a header would
/// have them.
pub(crate) fn in_body(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let wish = body.get("retry_after")?;
    let seconds = wish.get("delay_seconds").unwrap_or(wish).as_f64().filter(|seconds| *seconds >= 0.0)?;
    // No fraction: a pause is at least as long as the wish.
    Some(format!("{:.0}", seconds.ceil()))
}

fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds is still a number, only a huge one.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(date.timestamp().as_millisecond()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_in_the_body_is_seconds_too() {
        assert_eq!(in_body(br#"{"code":429,"retry_after":{"delay_seconds":12.4}}"#).as_deref(), Some("13"));
        assert_eq!(in_body(br#"{"retry_after":7}"#).as_deref(), Some("7"));
        for none in
            ["", "slow down", "[]", "{}", r#"{"retry_after":null}"#, r#"{"retry_after":{}}"#, r#"{"retry_after":-1}"#]
        {
            assert_eq!(in_body(none.as_bytes()), None, "{none}");
        }
    }

    const DEFAULT: Duration = Duration::from_secs(30);
    const MOST: Duration = Duration::from_secs(3600);

    fn waits(header: Option<&str>) -> u64 {
        // Sun, 06 Nov 1994 08:49:37 GMT
        pause(header, Timestamp::from_seconds(784_111_777), DEFAULT, MOST).as_secs()
    }

    #[test]
    fn fm_b01_b02_b03_every_form_of_the_header_gives_a_bounded_pause() {
        assert_eq!(waits(None), 30, "absent");
        assert_eq!(waits(Some("7")), 7);
        assert_eq!(waits(Some(" 7 ")), 7);
        assert_eq!(waits(Some("0")), 1, "zero is a moment");
        assert_eq!(waits(Some("1000000000")), 3600, "huge is cut");
        assert_eq!(waits(Some("99999999999999999999999999")), 3600);
        assert_eq!(waits(Some("-5")), 30, "negative is not understood");
        assert_eq!(waits(Some("soon")), 30);
        assert_eq!(waits(Some("")), 30);
        assert_eq!(waits(Some("Sun, 06 Nov 1994 08:50:37 GMT")), 60, "a date ahead");
        assert_eq!(waits(Some("Sun, 06 Nov 1994 08:00:00 GMT")), 1, "a date in the past");
        assert_eq!(waits(Some("Thu, 31 Dec 2099 23:59:59 GMT")), 3600);
    }
}
