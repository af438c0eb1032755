//! zizmor (`--format json`, workflow files): a bare list, so it never closes anything. What a comment in the workflow
//! ignores is no finding. A matched line identifies; a whole job or step does not, since every edit changes it: there the
//! route to it does (`jobs/build`), without the numbers of steps.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;
use serde_json::Value;

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
    Format { id: "zizmor", name: "zizmor JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "zizmor";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].ident") && sample.has_json("[].determinations.severity")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| Some(parsed::<Found>(raw).ok()?.primary()?.symbolic.key.path());
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    read_list(Gathered::of(SCANNER), input, options, path_of, Box::new(turn))
}

#[derive(Deserialize)]
struct Found {
    ident: String,
    desc: String,
    url: Option<String>,
    determinations: Determinations,
    locations: Vec<Spot>,
    #[serde(default)]
    ignored: bool,
}

#[derive(Deserialize)]
struct Determinations {
    severity: String,
    #[serde(default)]
    confidence: String,
}

#[derive(Deserialize)]
struct Spot {
    symbolic: Symbolic,
    concrete: Concrete,
}

#[derive(Deserialize)]
struct Symbolic {
    key: Key,
    #[serde(default)]
    annotation: String,
    #[serde(default)]
    route: Route,
    kind: Option<String>,
}

/// `Local` of a folder, `Remote` of a repository that was named.
#[derive(Deserialize)]
struct Key(Value);

#[derive(Default, Deserialize)]
struct Route {
    #[serde(default)]
    route: Vec<Value>,
}

#[derive(Deserialize)]
struct Concrete {
    location: Span,
    #[serde(default)]
    feature: String,
}

#[derive(Deserialize)]
struct Span {
    start_point: Point,
}

/// From 0.
#[derive(Deserialize)]
struct Point {
    row: u32,
    column: u32,
}

impl Key {
    fn path(&self) -> String {
        let place = self.0.get("Local").or_else(|| self.0.get("Remote"));
        let text = |key: &str| place?.get(key)?.as_str();
        text("verbatim_path").or_else(|| text("given_path")).or_else(|| text("path")).unwrap_or_default().to_owned()
    }
}

impl Found {
    fn primary(&self) -> Option<&Spot> {
        let is_primary = |spot: &&Spot| spot.symbolic.kind.as_deref() == Some("Primary");
        self.locations.iter().find(is_primary).or_else(|| self.locations.first())
    }
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Found = parsed(raw)?;
    if found.ignored {
        return Ok(None);
    }
    let severity = match found.determinations.severity.as_str() {
        "High" => Severity::High,
        "Medium" => Severity::Medium,
        "Low" => Severity::Low,
        "Informational" | "Unknown" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of zizmor")),
    };
    let primary = found.primary().ok_or("it does not say where")?;
    let point = &primary.concrete.location.start_point;
    let feature = primary.concrete.feature.trim();
    let is_line = !feature.is_empty() && !feature.contains('\n');
    let keys: Vec<&str> =
        primary.symbolic.route.route.iter().filter_map(|step| step.get("Key").and_then(Value::as_str)).collect();
    let mut location = spot(
        place,
        &primary.symbolic.key.path(),
        Some(point.row.saturating_add(1)),
        Some(point.column.saturating_add(1)),
        is_line.then(|| feature.to_owned()),
    );
    if let (false, scanhelm_core::finding::Location::Code { source, .. }) = (is_line, &mut location) {
        *source = None;
    }
    Ok(Some(FindingRecord {
        vendor_severity: Some(found.determinations.severity.clone()),
        check: if is_line { None } else { filled(keys.join("/")) },
        description: filled(primary.symbolic.annotation.clone()),
        evidence: filled(format!("{feature}\nConfidence: {}", found.determinations.confidence)),
        references: found.url.clone().into_iter().collect(),
        // As in its SARIF.
        ..bare(SCANNER, format!("zizmor/{}", found.ident), found.desc.clone(), severity, &place.asset, location)
    }))
}
