//! What can go wrong between us and a vendor, precise enough to act upon.
//!
//! Every kind knows two things: which [`ConditionKind`] a person should see, and whether a *write* that ended so has
//! certainly not happened. The second decides between "failed" and "unknown, look before sending again".

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::{Timestamp, text};

use crate::policy::Refusal;
use crate::tls::TlsProblem;

/// One failed call.
#[derive(Clone, Debug, PartialEq)]
pub struct NetError {
    /// The operation, in words: `list scans`.
    pub what: &'static str,
    /// `host:port`.
    pub host: String,
    pub kind: NetErrorKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NetErrorKind {
    /// The operator's network policy forbids the address.
    AddressRefused(Refusal),
    /// The name has no address.
    Dns {
        detail: String,
    },
    /// Refused, reset or no route while connecting.
    Connect {
        detail: String,
    },
    Tls(TlsProblem),
    Timeout {
        phase: Phase,
        after: Duration,
    },
    /// The body came slower than the floor.
    TooSlow {
        bytes: u64,
        within: Duration,
    },
    /// Connected, but the connection ended before an answer.
    NoAnswer {
        detail: String,
    },
    /// What came back is not HTTP.
    NotHttp {
        detail: String,
    },
    /// The body ended before it was complete, or its compression is broken.
    Cut {
        received: u64,
        detail: String,
    },
    /// More decoded bytes than allowed.
    TooLarge {
        limit: u64,
    },
    /// The vendor points elsewhere; never followed.
    Redirect {
        status: u16,
        to: String,
    },
    /// 429, or still within a pause that the vendor asked for.
    RateLimited {
        retry_after: Duration,
        sent: bool,
    },
    /// Too many failures in a row: not even tried.
    BreakerOpen {
        until: Timestamp,
        because: ConditionKind,
    },
    /// Any other answer that is not a success.
    Status {
        status: u16,
        message: String,
        retry_after: Option<Duration>,
        /// The beginning of what came with it, for vendors whose errors have a shape of their own.
        body: Bytes,
    },
    /// A success whose body is not what this product sends.
    Unreadable(Unreadable),
    /// The request could not be built; nothing was sent.
    Request {
        detail: String,
    },
    /// Our own file could not be written.
    File {
        detail: String,
    },
}

/// Where the time went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Connect,
    /// Connected, request sent, nothing came (or nothing more).
    Silence,
    /// The whole call.
    Total,
}

/// Why a body is not the expected data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A web page: a log-in form, a proxy, a maintenance notice.
    Html,
    Empty,
    Null,
    /// Not UTF-8.
    Encoding,
    /// Compressed in a way that was not asked for.
    Compression(String),
    /// Not JSON, or not the expected shape.
    Malformed(String),
}

impl NetError {
    /// What a person should see beside the integration.
    #[must_use]
    pub fn condition(&self) -> ConditionKind {
        self.kind.condition()
    }

    /// The status of the vendor's answer, when there was one that is not a success.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.kind {
            NetErrorKind::Status { status, .. } | NetErrorKind::Redirect { status, .. } => Some(*status),
            NetErrorKind::RateLimited { sent: true, .. } => Some(429),
            _ => None,
        }
    }

    /// What came with a status that is no success; empty where nothing did. At most 64 KiB, hostile.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.kind {
            NetErrorKind::Status { body, .. } => body,
            _ => &[],
        }
    }

    /// The vendor's wish, or ours on its behalf.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            NetErrorKind::RateLimited { retry_after, .. } => Some(*retry_after),
            NetErrorKind::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl NetErrorKind {
    #[must_use]
    pub fn condition(&self) -> ConditionKind {
        match self {
            Self::AddressRefused(_) => ConditionKind::AddressRefused,
            Self::Dns { .. } | Self::Connect { .. } | Self::NoAnswer { .. } => ConditionKind::Unreachable,
            Self::Tls(_) => ConditionKind::Tls,
            Self::Timeout { .. } | Self::TooSlow { .. } => ConditionKind::Timeout,
            Self::NotHttp { .. }
            | Self::Cut { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Unreadable(_)
            | Self::Request { .. } => ConditionKind::Garbage,
            Self::RateLimited { .. } => ConditionKind::RateLimited,
            Self::BreakerOpen { because, .. } => *because,
            Self::Status { status, .. } => match status {
                401 => ConditionKind::Authentication,
                402 | 403 | 407 | 412 | 451 => ConditionKind::Permission,
                405 | 410 | 501 => ConditionKind::Incompatible,
                408 => ConditionKind::Timeout,
                400..=499 => ConditionKind::Garbage,
                _ => ConditionKind::VendorError,
            },
            Self::File { .. } => ConditionKind::VendorError,
        }
    }

    /// Worth a second attempt of a read within the same call. 500 is not: a vendor that fails inside fails again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::Cut { .. } => true,
            Self::Status { status, .. } => matches!(status, 502..=504),
            _ => false,
        }
    }

    /// Speaks against the vendor's health, for the breaker. `None`: it proves nothing either way.
    pub(crate) fn is_failure_of_vendor(&self) -> Option<bool> {
        match self {
            Self::AddressRefused(_)
            | Self::BreakerOpen { .. }
            | Self::Request { .. }
            | Self::File { .. }
            | Self::RateLimited { sent: false, .. } => None,
            Self::Status { status, .. } => Some(*status >= 500),
            Self::RateLimited { sent: true, .. }
            | Self::Redirect { .. }
            | Self::Unreadable(_)
            | Self::TooLarge { .. } => Some(false),
            _ => Some(true),
        }
    }

    /// A write that ended so has had no effect at the vendor: it never left, or was turned away whole. A 5xx, a
    /// silence, a lost connection or an unreadable success prove nothing.
    pub(crate) fn certainly_not_done(&self) -> bool {
        match self {
            Self::AddressRefused(_)
            | Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls(_)
            | Self::Timeout { phase: Phase::Connect, .. }
            | Self::RateLimited { .. }
            | Self::BreakerOpen { .. }
            | Self::Request { .. } => true,
            Self::Status { status, .. } => (400..500).contains(status) && *status != 408,
            // "Repeat the same request over there": it was not carried out here.
            Self::Redirect { status, .. } => matches!(status, 307 | 308),
            _ => false,
        }
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}: {}", self.what, self.host, self.kind)
    }
}

impl std::error::Error for NetError {}

impl fmt::Display for NetErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressRefused(refusal) => write!(formatter, "{refusal}"),
            Self::Dns { detail } => write!(formatter, "the name cannot be resolved ({detail})"),
            Self::Connect { detail } => write!(formatter, "cannot connect ({detail})"),
            Self::Tls(problem) => write!(formatter, "{problem}"),
            Self::Timeout { phase: Phase::Connect, after } => write!(formatter, "no connection within {after:?}"),
            Self::Timeout { phase: Phase::Silence, after } => {
                write!(formatter, "connected, but nothing came for {after:?}")
            }
            Self::Timeout { phase: Phase::Total, after } => write!(formatter, "not finished within {after:?}"),
            Self::TooSlow { bytes, within } => write!(formatter, "only {bytes} bytes came within {within:?}"),
            Self::NoAnswer { detail } => write!(formatter, "the connection ended without an answer ({detail})"),
            Self::NotHttp { detail } => write!(formatter, "the answer is not HTTP ({detail})"),
            Self::Cut { received, detail } => {
                write!(formatter, "the answer was cut after {received} bytes ({detail})")
            }
            Self::TooLarge { limit } => write!(formatter, "the answer is larger than {limit} bytes"),
            Self::Redirect { status, to } => write!(
                formatter,
                "answered {status} and points to {to}. Redirects are not followed: enter the final address"
            ),
            Self::RateLimited { retry_after, sent: true } => {
                write!(formatter, "asked to slow down, for {} s", retry_after.as_secs())
            }
            Self::RateLimited { retry_after, sent: false } => {
                write!(formatter, "not sent: the request budget is used up for {} s", retry_after.as_secs().max(1))
            }
            Self::BreakerOpen { until, because } => write!(
                formatter,
                "not tried: the last calls failed ({}); the next attempt is due at {until}",
                because.as_str()
            ),
            Self::Status { status, message, .. } if message.is_empty() => write!(formatter, "answered {status}"),
            Self::Status { status, message, .. } => write!(formatter, "answered {status}: {message}"),
            Self::Unreadable(why) => write!(formatter, "{why}"),
            Self::Request { detail } => write!(formatter, "not sent: {detail}"),
            Self::File { detail } => write!(formatter, "the hub cannot write the file ({detail})"),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Html => formatter.write_str("answered with a web page instead of data (a log-in form or a proxy?)"),
            Self::Empty => formatter.write_str("answered with an empty body where data is due"),
            Self::Null => formatter.write_str("answered `null` where data is due"),
            Self::Encoding => formatter.write_str("the answer is not UTF-8 text"),
            Self::Compression(name) => write!(formatter, "the answer is compressed with `{name}`, not asked for"),
            Self::Malformed(detail) => write!(formatter, "the answer cannot be read ({detail})"),
        }
    }
}

/// How a write ended when it did not end well.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// It has certainly had no effect.
    #[error("{0}")]
    NotDone(NetError),
    /// It may have had its effect: look before anything is sent again.
    #[error("{0}")]
    Unknown(NetError),
}

impl WriteError {
    #[must_use]
    pub fn net(&self) -> &NetError {
        match self {
            Self::NotDone(error) | Self::Unknown(error) => error,
        }
    }
}

impl From<NetError> for WriteError {
    fn from(error: NetError) -> Self {
        if error.kind.certainly_not_done() { Self::NotDone(error) } else { Self::Unknown(error) }
    }
}

/// Text of foreign origin, fit for one line of an error.
pub(crate) fn line(text: &str) -> String {
    text::single_line(text, 300)
}

/// The last cause, usually the only telling one.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    line(&last.to_string())
}

/// Finds a cause by its type, also inside an `io::Error`, which hides what it wraps.
pub(crate) fn find_cause<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inner| inner as &(dyn std::error::Error + 'static));
        next = wrapped.or_else(|| current.source());
    }
    None
}
