//! Writers of findings: the machine formats that people feed to other tools. There is one writer a format, for what a
//! command found and for what a hub holds.
//!
//! The same findings give the same bytes, in whatever order they come: they are sorted here (worst first, then
//! scanner, rule, asset, place, title), and nothing in the output depends on when or where it was written. No time but
//! those of a hub's findings and no absolute path is in it.
//!
//! A writer sees one finding at a time. What a format wants put together (the rules of SARIF, the components and
//! vulnerabilities of CycloneDX) is sorted on disk when there is much of it; in memory is kept only a number for each
//! different rule or vulnerability.

mod annotations;
mod codequality;
mod comparison;
mod components;
mod csv;
mod entry;
mod escaped;
mod html;
mod json;
mod junit;
mod local;
mod markdown;
mod ndjson;
mod numbers;
mod ocsf;
mod order;
mod output;
mod place;
mod sarif;
mod sbom;
mod scanners;
mod sorted;
mod vex;

use std::io::{self, Write};

use scanhelm_core::component::ComponentRecord;
use serde::Serialize;

pub use self::comparison::{Changes, ChangesOutput};
pub use self::components::{ComponentRow, component_table_head, component_table_rows};
pub(crate) use self::csv::{CSV_HEADER, is_formula, is_header};
pub use self::entry::{Change, Changed, Entry, Standing};
pub use self::json::{JSON_SCHEMA, write_run};
pub use self::local::LocalOutput;
pub use self::order::{Findings, Gathering};
pub use self::output::Output;
pub use self::sbom::sbom;
pub use self::scanners::{Outcome, ScannerOutcome};

/// What an output says about itself.
#[derive(Clone, Debug)]
pub struct Heading {
    pub tool: ToolInfo,
    /// What was looked at.
    pub name: String,
    /// The findings are a hub's, each with its [`Standing`].
    pub of_hub: bool,
    /// What became of the scanners, where that is known; a hub tells it elsewhere.
    pub scanners: Vec<ScannerOutcome>,
    /// What else a reader has to know before trusting the numbers.
    pub warnings: Vec<String>,
    pub hidden: Hidden,
    /// What it is made of; `None`: nobody looked. Scanhelm's own JSON has a place for them.
    pub components: Option<Vec<ComponentRecord>>,
}

/// What was found and is not among the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// By a baseline: it was there before. `None`: there is no baseline, so nobody knows what is new.
    pub known: Option<u64>,
    /// By comments and rules, and by what was judged at a hub.
    pub suppressed: u64,
}

/// Who writes: this program.
#[derive(Clone, Debug)]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
    /// The project's page.
    pub information_uri: Option<String>,
}

impl ToolInfo {
    #[must_use]
    pub fn scanhelm() -> Self {
        Self {
            name: "Scanhelm".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            information_uri: Some(env!("CARGO_PKG_REPOSITORY").to_owned()),
        }
    }
}

/// Whether a text is an address that viewers may make a link of.
fn is_web_uri(uri: &str) -> bool {
    (uri.starts_with("https://") || uri.starts_with("http://"))
        && uri.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        })
}

fn non_empty<'a>(text: &'a str, instead: &'a str) -> &'a str {
    match (text.trim().is_empty(), instead.is_empty()) {
        (false, _) => text,
        (true, false) => instead,
        (true, true) => "(no text)",
    }
}

/// The items of a JSON list as they come, one a line.
struct Items<'a> {
    output: &'a mut dyn Write,
    any: bool,
}

impl<'a> Items<'a> {
    fn new(output: &'a mut dyn Write) -> Self {
        Self { output, any: false }
    }

    fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(self.next()?, item)?;
        Ok(())
    }

    /// Where the next item belongs.
    fn next(&mut self) -> io::Result<&mut dyn Write> {
        self.output.write_all(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        Ok(self.output)
    }
}
