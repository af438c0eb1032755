//! One finding a line, for tools that read line by line: each line is a finding of [Scanhelm's own JSON](super::json),
//! without the document around it. Where components were asked for, a line for each follows: `{"component": {...}}`.

use std::io::{self, Write};

use serde_json::json;

use super::Heading;
use super::json::Finding;
use super::order::Findings;

/// Nothing when there are no findings and no components.
pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    findings.each(|entry| {
        serde_json::to_writer(&mut *output, &Finding::of(entry))?;
        output.write_all(b"\n")
    })?;
    for component in heading.components.iter().flatten() {
        writeln!(output, "{}", json!({"component": component}))?;
    }
    Ok(())
}
