//! How to read a report, and how much of one to put up with.

use std::path::PathBuf;

/// What the caller knows about a report.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The id of a format ([`crate::formats`]) instead of recognising it by content.
    pub format: Option<String>,
    /// For people only.
    pub file_name: Option<String>,
    /// The folder that was scanned, where the report comes from a scan of this machine: absolute paths become
    /// relative to it, and matched lines that the report lacks are read from it.
    pub source_root: Option<PathBuf>,
    /// The repository that code findings belong to: the name of their asset.
    pub repository: Option<String>,
    /// The caller ran the scanner as root: what some look at depends on it, and their reports do not tell.
    pub ran_as_root: bool,
    pub limits: Limits,
}

/// Beyond these a report is refused or a text is cut. Generous for real reports, small for a machine's memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Decoded bytes of a whole report.
    pub max_bytes: u64,
    /// Decoded bytes for one packed byte.
    pub max_inflation: u64,
    /// Decoded bytes up to which no inflation is too much.
    pub free_inflation: u64,
    /// Files in an archive.
    pub max_members: u16,
    /// Bytes of a name in an archive.
    pub max_member_name: usize,
    /// One tag, text or comment; one JSON record.
    pub max_token: usize,
    /// White space before the content, and in a row within JSON.
    pub max_gap: usize,
    pub max_depth: usize,
    /// Attributes of one tag.
    pub max_attributes: usize,
    /// One text of a record; longer ones are cut with a mark.
    pub max_text: usize,
    /// What describes the records of a JSON report (rules, artifacts), together.
    pub max_context: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 8 << 30,
            max_inflation: 200,
            free_inflation: 64 << 20,
            max_members: 1000,
            max_member_name: 1024,
            max_token: 16 << 20,
            max_gap: 1 << 20,
            max_depth: 128,
            max_attributes: 128,
            max_text: 1 << 20,
            max_context: 256 << 20,
        }
    }
}
