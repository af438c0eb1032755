//! Scanhelm's own JSON: everything a record holds, losslessly, one finding a line.
//!
//! ```json
//! {"schema":"scanhelm-findings/1",
//! "tool":{"name":"Scanhelm","version":"0.1.0"},
//! "counts":{"critical":0,"high":1,"medium":0,"low":0,"info":0},
//! "findings":[
//! {...}
//! ]}
//! ```
//! Each finding has the fields of [`FindingRecord`], a `fingerprint` that is the same in every company (weakness and
//! place), and its `location` is told apart by `kind`. A hub's finding also has `hub`, a [`Standing`]; one that a local
//! scan was asked to show although it is suppressed has `suppressed`. A scan that was asked for components has them in
//! `components`, and `warnings` hold what else there is to know. Fields may be added; a change of meaning raises the
//! number.

use std::io::{self, Write};

use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::local::suppression::Suppressed;
use serde::Serialize;
use serde_json::json;

use super::entry::{Entry, Standing};
use super::order::Findings;
use super::{Heading, Items};

/// Names the layout and its version.
pub const JSON_SCHEMA: &str = "scanhelm-findings/1";

/// Also a line of [`ndjson`](super::ndjson).
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    fingerprint: String,
    #[serde(flatten)]
    record: &'a FindingRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<&'a Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<&'a Suppressed>,
}

impl<'a> Finding<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self {
            fingerprint: entry.fingerprint(),
            record: &entry.record,
            hub: entry.standing.as_deref(),
            suppressed: entry.suppressed.as_deref(),
        }
    }
}

/// A component with the scanner that lists it.
#[derive(Serialize)]
struct Listed<'a> {
    scanner: &'a str,
    #[serde(flatten)]
    component: &'a ComponentRecord,
}

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    document(output, findings, heading, heading.components.as_deref())
}

/// As a hub takes it: each component as often as a scanner lists it, with that scanner. `lists` takes the place of the
/// heading's components.
pub fn write_run<'a>(
    output: &mut dyn Write,
    findings: &Findings<'_>,
    heading: &Heading,
    lists: impl Iterator<Item = (&'a str, &'a [ComponentRecord])>,
) -> io::Result<()> {
    let listed = |(scanner, components): (&'a str, &'a [ComponentRecord])| {
        components.iter().map(move |component| Listed { scanner, component })
    };
    let listed: Vec<Listed<'_>> = lists.flat_map(listed).collect();
    document(output, findings, heading, Some(listed.as_slice()).filter(|listed| !listed.is_empty()))
}

fn document<C: Serialize>(
    output: &mut dyn Write,
    findings: &Findings<'_>,
    heading: &Heading,
    components: Option<&[C]>,
) -> io::Result<()> {
    let tool = json!({"name": heading.tool.name, "version": heading.tool.version});
    write!(output, "{{\"schema\":\"{JSON_SCHEMA}\",\n\"tool\":{tool},")?;
    if !heading.scanners.is_empty() {
        output.write_all(b"\n\"scanners\":")?;
        serde_json::to_writer(&mut *output, &heading.scanners)?;
        output.write_all(b",")?;
    }
    if !heading.warnings.is_empty() {
        output.write_all(b"\n\"warnings\":")?;
        serde_json::to_writer(&mut *output, &heading.warnings)?;
        output.write_all(b",")?;
    }
    if let Some(components) = components {
        output.write_all(b"\n\"components\":[")?;
        let mut items = Items::new(output);
        components.iter().try_for_each(|component| items.item(component))?;
        output.write_all(b"\n],")?;
    }
    output.write_all(b"\n\"counts\":")?;
    serde_json::to_writer(&mut *output, findings.counts())?;
    output.write_all(b",\n\"findings\":[")?;
    let mut items = Items::new(output);
    findings.each(|entry| items.item(&Finding::of(entry)))?;
    output.write_all(b"\n]}\n")
}
