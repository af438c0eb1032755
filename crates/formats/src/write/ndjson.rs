//! One finding a line, for tools that read line by line: each line is a finding of [Scanhelm's own JSON](super::json),
//! without the document around it.

use std::io::{self, Write};

use scanhelm_core::finding::FindingRecord;

use super::as_io;
use super::json::Finding;
use super::order::ordered;

/// Writes the findings; nothing when there are none.
///
/// # Errors
/// When the output cannot be written.
pub fn write_ndjson(output: &mut dyn Write, records: &[FindingRecord]) -> io::Result<()> {
    for finding in ordered(records) {
        serde_json::to_writer(&mut *output, &Finding::of(&finding)).map_err(as_io)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}
