//! Writers of findings: the machine formats that people feed to other tools.
//!
//! The same findings give the same bytes, in whatever order they come: they are sorted here (worst first, then
//! scanner, rule, asset, place, title), and nothing in the output depends on when or where it was written. No
//! timestamp and no absolute path is in it.

mod csv;
mod json;
mod order;
mod sarif;

use std::io;

pub(crate) use self::csv::is_formula;
pub use self::csv::{CSV_HEADER, write_csv};
pub use self::json::{JSON_SCHEMA, write_json};
pub use self::sarif::write_sarif;

/// Who writes: this program.
#[derive(Clone, Debug)]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
    /// The project's page.
    pub information_uri: Option<String>,
}

/// What the writers in `serde_json` and `csv` fail with is a failed write underneath.
fn as_io(error: impl Into<io::Error>) -> io::Error {
    error.into()
}
