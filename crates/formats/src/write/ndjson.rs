//! One finding a line, for tools that read line by line: each line is a finding of [Scanhelm's own JSON](super::json),
//! without the document around it.

use std::io::{self, Write};

use super::json::Finding;
use super::order::Findings;

/// Nothing when there are no findings.
pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
    findings.each(|entry| {
        serde_json::to_writer(&mut *output, &Finding::of(entry))?;
        output.write_all(b"\n")
    })
}
