//! What the hub calls a scan of Security Center.
//!
//! A *scan* of the hub is a definition (`/scan`), a *run* is a scan result (`/scanResult`): definitions are what people
//! name, schedule and launch, and a launch makes a new result of the same definition. Results without a definition
//! (imported files, runs whose definition was deleted) would be lost that way, so each of them is a scan of its own
//! that cannot be launched; its id says so, because the two kinds are numbered apart. A definition that this user may
//! not see is known by its number all the same, from its results.

use std::fmt;

use super::model::is_number;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExternalId {
    /// Number of a definition.
    Scan(String),
    /// Number of a result.
    Result(String),
}

const RESULT: &str = "result-";

impl ExternalId {
    /// `None`: nothing of Security Center is called so; it is not asked.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, number): (fn(String) -> Self, &str) = match text.strip_prefix(RESULT) {
            Some(number) => (Self::Result, number),
            None => (Self::Scan, text),
        };
        is_number(number).then(|| kind(number.to_owned()))
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(number) => formatter.write_str(number),
            Self::Result(number) => write!(formatter, "{RESULT}{number}"),
        }
    }
}
