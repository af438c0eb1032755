//! `scanhelm-findings/1`: every record comes back as it was, with its asset and its identity. What a hub held as fixed is
//! left out: it is not there. What a local scan was told not to count is told apart.

use std::collections::BTreeMap;

use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::{FindingRecord, FindingState};
use serde::Deserialize;

use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_element, each_key, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::write::JSON_SCHEMA;

pub(super) const FORMAT: Format =
    Format { id: "scanhelm", name: "Scanhelm findings JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.has_json("schema") && sample.has_json("findings") && sample.text().contains("\"scanhelm-findings/")
}

#[derive(Deserialize)]
struct Tool {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    hub: Option<Held>,
    #[serde(flatten)]
    record: FindingRecord,
}

/// Asked of each record that became a finding.
fn is_suppressed(raw: &[u8]) -> bool {
    parsed::<Marked>(raw).is_ok_and(|marked| marked.suppressed.is_some())
}

#[derive(Deserialize)]
struct Marked {
    suppressed: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Held {
    status: FindingState,
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("scanhelm");
    report.assets_of_findings_only = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut schema, mut has_findings) = (String::new(), false);
    each_key(&mut cursor, |key, cursor| match key {
        "schema" => {
            schema = cursor.value(key)?;
            Ok(())
        }
        "tool" => {
            report.header.scanner_version = cursor.value::<Tool>(key)?.version;
            Ok(())
        }
        "findings" => {
            has_findings = true;
            each_element(cursor, |cursor| report.keep_next(0, cursor))
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if schema != JSON_SCHEMA {
        let schema = scanhelm_core::text::single_line(&schema, 60);
        return Err(cursor.malformed(format!("its schema is `{schema}` and this version reads `{JSON_SCHEMA}`")));
    }
    if !has_findings {
        return Err(cursor.malformed("it holds no list `findings`"));
    }
    report.into_suppressing_reader(options, Box::new(|_, raw, _| found(raw)), is_suppressed)
}

#[derive(Deserialize)]
struct Component {
    scanner: Option<String>,
    #[serde(flatten)]
    record: ComponentRecord,
}

/// What each scanner of a run lists. Components of which nobody says who lists them are nobody's.
pub(crate) fn listed_by_scanner(
    input: Input,
    options: &ReadOptions,
) -> Result<BTreeMap<String, Vec<ComponentRecord>>, ReadError> {
    let mut lists: BTreeMap<String, Vec<ComponentRecord>> = BTreeMap::new();
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_key(&mut cursor, |key, cursor| match key {
        "components" => each_element(cursor, |cursor| {
            let Component { scanner, record } = cursor.value(key)?;
            lists.entry(scanner.unwrap_or_default()).or_default().push(record);
            Ok(())
        }),
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    Ok(lists)
}

fn found(raw: &[u8]) -> Vec<Result<FindingRecord, String>> {
    match parsed::<Listed>(raw) {
        Ok(Listed { hub: Some(held), .. }) if held.status.is_fixed() => Vec::new(),
        listed => vec![listed.map(|listed| listed.record)],
    }
}
