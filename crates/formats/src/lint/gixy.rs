//! Gixy and gixy-ng (`-f json`): a bare list, so it never closes anything. `config` shows the directives that make the
//! finding, in their blocks, and is the matched source.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed, read_list};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "gixy", name: "Gixy JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "gixy";

fn recognises(sample: &Sample) -> bool {
    ["plugin", "summary", "severity", "config", "path"].iter().all(|key| sample.has_json(&format!("[].{key}")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| Some(parsed::<Found>(raw).ok()?.file());
    read_list(Gathered::of(SCANNER), input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    plugin: String,
    summary: String,
    severity: String,
    path: String,
    /// Of an included file; absent in the first versions.
    file: Option<String>,
    line: Option<u32>,
    #[serde(default)]
    config: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    reason: String,
    reference: Option<String>,
}

impl Found {
    fn file(&self) -> String {
        self.file.clone().unwrap_or_else(|| self.path.clone())
    }
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let severity = match found.severity.as_str() {
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "UNSPECIFIED" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of Gixy")),
    };
    let location = spot(place, &found.file(), found.line, None, filled(found.config.clone()));
    Ok(FindingRecord {
        vendor_severity: Some(found.severity),
        description: filled(format!("{}\n\n{}", found.description, found.reason).trim()),
        evidence: filled(found.config),
        references: found.reference.and_then(filled).into_iter().collect(),
        ..bare(SCANNER, found.plugin, found.summary.trim_end_matches('.'), severity, &place.asset, location)
    })
}
