//! Trouble on demand.
//!
//! A fault says what goes wrong ([`FaultKind`]), where ([`Place`]) and how often. Kinds that refuse (a status, a login
//! page, a closed connection) never reach the vendor: nothing changes there. Kinds that spoil an answer let the vendor
//! act first; `lose-answer` is the extreme one, where the work is done and the client never hears of it.

mod answer;
mod armed;
mod grammar;
mod xml;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use answer::{answer_instead, spoil};
pub(crate) use armed::FaultBook;
pub use armed::{ArmedFault, FaultId};
pub use grammar::{FaultError, GRAMMAR};

#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    Status {
        code: u16,
        retry_after: Option<RetryAfter>,
    },
    /// An error of the vendor's own shape, with a code in the body, under any HTTP status, 200 among them.
    VendorError {
        status: u16,
        code: u32,
        text: String,
    },
    Slow {
        delay: Duration,
    },
    Drip {
        delay: Duration,
        bytes: usize,
    },
    Hang,
    Cut {
        keep_percent: u8,
        chunked: bool,
    },
    LoginPage,
    EmptyBody,
    Null,
    EmptyArray,
    GarbageJson,
    InvalidUtf8,
    HugeBody {
        bytes: u64,
    },
    DuplicateEntries,
    EmptyList,
    Close,
    Redirect {
        location: String,
    },
    RenameStatus {
        from: Option<String>,
        to: String,
    },
    /// The entries of every list, last first.
    ReverseEntries,
    /// Lists without the entries of which a field has this value.
    OmitEntry {
        text: String,
    },
    /// A field has another value wherever it is.
    SetField {
        field: String,
        from: Option<String>,
        to: String,
    },
    /// A field is missing wherever it would be.
    DropField {
        field: String,
    },
    LoseAnswer,
    /// The answer waits until the fault is cleared.
    Hold,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RetryAfter {
    Seconds(u64),
    /// An HTTP date so many seconds from now, on the virtual clock.
    Date(u64),
    /// Sent as it is, for headers no client can read.
    Literal(String),
}

impl FaultKind {
    /// The kind as the grammar spells it.
    pub fn name(&self) -> &'static str {
        match self {
            FaultKind::Status { .. } => "status",
            FaultKind::VendorError { .. } => "vendor-error",
            FaultKind::Slow { .. } => "slow",
            FaultKind::Drip { .. } => "drip",
            FaultKind::Hang => "hang",
            FaultKind::Cut { .. } => "cut",
            FaultKind::LoginPage => "login-page",
            FaultKind::EmptyBody => "empty-body",
            FaultKind::Null => "null",
            FaultKind::EmptyArray => "empty-array",
            FaultKind::GarbageJson => "garbage-json",
            FaultKind::InvalidUtf8 => "invalid-utf8",
            FaultKind::HugeBody { .. } => "huge-body",
            FaultKind::DuplicateEntries => "duplicate-entries",
            FaultKind::EmptyList => "empty-list",
            FaultKind::Close => "close",
            FaultKind::Redirect { .. } => "redirect",
            FaultKind::RenameStatus { .. } => "rename-status",
            FaultKind::ReverseEntries => "reverse-entries",
            FaultKind::OmitEntry { .. } => "omit-entry",
            FaultKind::SetField { .. } => "set-field",
            FaultKind::DropField { .. } => "drop-field",
            FaultKind::LoseAnswer => "lose-answer",
            FaultKind::Hold => "hold",
        }
    }

    /// Whether the vendor still sees the request.
    pub fn reaches_vendor(&self) -> bool {
        matches!(
            self,
            FaultKind::Slow { .. }
                | FaultKind::Drip { .. }
                | FaultKind::Cut { .. }
                | FaultKind::DuplicateEntries
                | FaultKind::EmptyList
                | FaultKind::ReverseEntries
                | FaultKind::OmitEntry { .. }
                | FaultKind::RenameStatus { .. }
                | FaultKind::SetField { .. }
                | FaultKind::DropField { .. }
                | FaultKind::LoseAnswer
                | FaultKind::Hold
        )
    }

    /// Whether the whole true answer still arrives.
    pub fn keeps_answer(&self) -> bool {
        matches!(self, FaultKind::Slow { .. } | FaultKind::Drip { .. } | FaultKind::Hold)
    }
}

/// Which requests a fault applies to; every given part must match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    pub method: Option<String>,
    /// Prefix of the path.
    pub path: Option<String>,
    pub operation: Option<String>,
}

impl Place {
    fn covers(&self, method: &str, path: &str, operation: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|prefix| path.starts_with(prefix.as_str()))
            && self.operation.as_ref().is_none_or(|wanted| wanted == operation)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "grammar::Form", into = "grammar::Form")]
pub struct Fault {
    pub kind: FaultKind,
    pub place: Place,
    /// Strikes so often, then disarms; for ever when none.
    pub times: Option<u32>,
    /// Matching requests let through first.
    pub skip: u32,
    /// Chance of each strike, drawn from the simulator's seed.
    pub probability: f64,
}

impl Fault {
    /// Strikes every request until cleared; narrow it with the other methods.
    pub fn new(kind: FaultKind) -> Self {
        Fault { kind, place: Place::default(), times: None, skip: 0, probability: 1.0 }
    }

    pub fn status(code: u16) -> Self {
        Fault::new(FaultKind::Status { code, retry_after: None })
    }

    pub fn on(mut self, operation: &str) -> Self {
        self.place.operation = Some(operation.to_owned());
        self
    }

    pub fn at_path(mut self, prefix: &str) -> Self {
        self.place.path = Some(prefix.to_owned());
        self
    }

    pub fn for_method(mut self, method: &str) -> Self {
        self.place.method = Some(method.to_owned());
        self
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }
}
