//! Writers of findings: the machine formats that people feed to other tools.
//!
//! The same findings give the same bytes, in whatever order they come: they are sorted here (worst first, then
//! scanner, rule, asset, place, title), and nothing in the output depends on when or where it was written. No
//! timestamp and no absolute path is in it.

mod csv;
mod html;
mod json;
mod ndjson;
mod order;
mod sarif;
mod vex;

use std::io;

pub(crate) use self::csv::is_formula;
pub use self::csv::{CSV_HEADER, write_csv};
pub use self::html::write_html;
pub use self::json::{JSON_SCHEMA, write_json};
pub use self::ndjson::write_ndjson;
pub use self::sarif::write_sarif;
pub use self::vex::write_cyclonedx_vex;

/// Who writes: this program.
#[derive(Clone, Debug)]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
    /// The project's page.
    pub information_uri: Option<String>,
}

/// Whether a text is an address that viewers may make a link of.
fn is_web_uri(uri: &str) -> bool {
    (uri.starts_with("https://") || uri.starts_with("http://"))
        && uri.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        })
}

/// What the writers in `serde_json` and `csv` fail with is a failed write underneath.
fn as_io(error: impl Into<io::Error>) -> io::Error {
    error.into()
}
