//! One finding a line, with what became of it: for spreadsheets and for tools that read line by line.

use std::io::{self, Write};

use scanhelm_core::local::suppression::{Comparison, Known};
use serde::Serialize;

use super::super::csv::cell;
use super::groups;

const HEADER: [&str; 7] = ["change", "severity", "scanner", "rule_id", "title", "location", "fingerprint"];

#[derive(Serialize)]
struct Line<'a> {
    change: &'static str,
    #[serde(flatten)]
    known: &'a Known,
}

/// Nothing when neither look found anything.
pub(super) fn ndjson(output: &mut dyn Write, compared: &Comparison) -> io::Result<()> {
    for (change, known) in groups(compared) {
        for known in known {
            serde_json::to_writer(&mut *output, &Line { change, known })?;
            output.write_all(b"\n")?;
        }
    }
    Ok(())
}

pub(super) fn csv(output: &mut dyn Write, compared: &Comparison) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(output);
    writer.write_record(HEADER)?;
    for (change, known) in groups(compared) {
        for Known { severity, scanner, rule, title, location, fingerprint } in known {
            let texts = [scanner, rule, title, location].map(|text| cell(text));
            let [scanner, rule, title, location] = texts;
            let row = [change.to_owned(), severity.to_string(), scanner, rule, title, location, fingerprint.clone()];
            writer.write_record(row)?;
        }
    }
    writer.flush()
}
