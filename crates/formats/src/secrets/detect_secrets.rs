//! detect-secrets (`scan`, and the baseline that people keep of it). It never holds a secret but the SHA-1 of it, which
//! identifies here too. A secret that somebody audited as none (`is_secret: false`) is no finding. The report names no
//! file without a secret and no error, so it never closes anything.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "detect-secrets", name: "detect-secrets JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "detect-secrets";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("plugins_used") && (sample.has_json("results") || sample.has_json("filters_used"))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let mut has_results = false;
    each_key(&mut cursor, |key, cursor| match key {
        "results" => {
            has_results = true;
            each_key(cursor, |file, cursor| {
                report.folder.add(file);
                each_element(cursor, |cursor| report.keep_next(0, cursor))
            })
        }
        "version" => {
            report.header.scanner_version = cursor.value("version")?;
            Ok(())
        }
        "generated_at" => {
            report.header.finished_at = Timestamp::parse(&cursor.value::<String>("generated_at")?);
            Ok(())
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_results {
        return Err(cursor.malformed("it holds no `results`"));
    }
    report.into_reader(options, Box::new(|_, raw, place| finding(raw, place).transpose().into_iter().collect()))
}

#[derive(Deserialize)]
struct Found {
    r#type: String,
    filename: String,
    hashed_secret: String,
    line_number: Option<u32>,
    #[serde(default)]
    is_verified: bool,
    is_secret: Option<bool>,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Found = parsed(raw)?;
    if found.is_secret == Some(false) {
        return Ok(None);
    }
    let leak = Leak {
        scanner: SCANNER,
        title: found.r#type.clone(),
        rule_id: found.r#type,
        severity: if found.is_verified { Severity::Critical } else { Severity::High },
        vendor_severity: None,
        path: found.filename,
        line: found.line_number,
        column: None,
        commit: None,
        secret: "",
        known_as: filled(found.hashed_secret).map(|digest| format!("secret sha1:{digest}")),
        context: "",
        description: None,
        facts: match found.is_verified {
            true => vec!["Verified: the secret works".to_owned()],
            false => vec![],
        },
    };
    Ok(Some(leak.finding(place)))
}
