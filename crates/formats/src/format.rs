//! What a format is to the rest of the crate: a name, a way to recognise it, a way to read it.

use std::fmt;

use crate::error::ReadError;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

/// A reader at the report's beginning.
pub(crate) type Opened = Result<Box<dyn Reader>, ReadError>;

pub struct Format {
    /// Stable, for options and APIs.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Usual file name endings, without the dot; for file pickers, never for recognition.
    pub extensions: &'static [&'static str],
    /// Whether a report that begins like this is in the format. At most one format may say yes.
    pub(crate) sniff: fn(&Sample) -> bool,
    pub(crate) open: fn(Input, &ReadOptions) -> Opened,
}

impl fmt::Debug for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Format").field(&self.id).finish()
    }
}
