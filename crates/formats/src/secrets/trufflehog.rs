//! TruffleHog v3 (`--json`): a line of JSON for each secret, and no line that says how the scan ended; so a report
//! never closes anything, and one cut between two lines looks whole. A secret that TruffleHog saw working
//! (`Verified`) is critical. The place depends on what was scanned: the file of a repository, of a bucket or an image; a
//! secret without a file belongs to the asset as a whole, with the place in the evidence.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format = Format {
    id: "trufflehog",
    name: "TruffleHog v3 JSON lines",
    extensions: &["json", "jsonl"],
    sniff: recognises,
    open,
};

const SCANNER: &str = "trufflehog";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("SourceMetadata") && sample.has_json("DetectorName")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    while let Some(first) = cursor.peek()? {
        if first != b'{' {
            return Err(cursor.malformed("a line of it is no JSON object"));
        }
        report.keep_next(0, &mut cursor)?;
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    source_metadata: Source,
    detector_name: String,
    #[serde(default)]
    detector_description: Option<String>,
    #[serde(default)]
    verified: bool,
    raw: String,
    #[serde(default, rename = "RawV2")]
    raw_v2: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "Data")]
    data: Map<String, Value>,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let (kind, at) = found.source_metadata.data.iter().next().ok_or("it does not say where the secret is")?;
    let text = |key: &str| at.get(key).and_then(Value::as_str).unwrap_or_default();
    let line = at.get("line").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok());
    let mut facts = vec![format!("Source: {kind}")];
    for key in ["repository", "bucket", "image", "layer", "link", "email", "timestamp"] {
        facts.extend(filled(text(key)).map(|value| format!("{key}: {value}")));
    }
    // Detectors of several parts (key and secret) put all of them in the second.
    let secret = filled(found.raw_v2).unwrap_or(found.raw);
    let leak = Leak {
        scanner: SCANNER,
        title: format!("{} secret", found.detector_name),
        rule_id: found.detector_name,
        severity: if found.verified { Severity::Critical } else { Severity::High },
        vendor_severity: Some(if found.verified { "verified" } else { "unverified" }.to_owned()),
        path: text("file").to_owned(),
        line,
        column: None,
        commit: Some(text("commit")),
        secret: &secret,
        known_as: None,
        context: "",
        description: found.detector_description,
        facts,
    };
    Ok(leak.finding(place))
}
