//! CycloneDX 1.6 with what is vulnerable and what is not judged yet (VEX).
//!
//! A vulnerability is a CVE, or a scanner's rule where there is none; it affects the components it was found in. A
//! package is a component by its package URL; whatever has none (a host, a site, a repository) is one as a whole. Nothing
//! was judged by a person here, so each is `in_triage`. There is no serial number and no timestamp: the same findings
//! give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use scanhelm_core::asset::AssetKind;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use serde_json::{Map, Value, json};

use super::order::ordered;
use super::{ToolInfo, as_io, is_web_uri};

/// What the records of one vulnerability say together. They come worst first: the first one's texts stand.
struct Vulnerability<'a> {
    first: &'a FindingRecord,
    source: Value,
    cwes: BTreeSet<u32>,
    scores: Vec<(&'a str, &'a CvssScore)>,
    advisories: BTreeSet<&'a str>,
    affects: BTreeSet<String>,
}

/// Writes the findings, indented, with a line break at the end.
///
/// # Errors
/// When the output cannot be written.
pub fn write_cyclonedx_vex(output: &mut dyn Write, records: &[FindingRecord], tool: &ToolInfo) -> io::Result<()> {
    let findings = ordered(records);
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    let mut vulnerabilities: Vec<(String, Vulnerability<'_>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for record in findings.iter().map(|finding| finding.record) {
        let (reference, component) = component(record);
        components.entry(reference.clone()).or_insert(component);
        for (id, source) in names(record) {
            let place = *places.entry(format!("{} {id}", source_name(&source))).or_insert_with(|| {
                vulnerabilities.push((id, Vulnerability::of(record, source)));
                vulnerabilities.len() - 1
            });
            if let Some((_, vulnerability)) = vulnerabilities.get_mut(place) {
                vulnerability.add(record, reference.clone());
            }
        }
    }
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": tool.name, "version": tool.version}]}},
        "components": components.into_values().collect::<Vec<_>>(),
        "vulnerabilities": vulnerabilities.iter().map(|(id, vulnerability)| vulnerability.render(id)).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *output, &document).map_err(as_io)?;
    output.write_all(b"\n")
}

/// Its CVEs, else the rule of its scanner.
fn names(record: &FindingRecord) -> Vec<(String, Value)> {
    if record.cves.is_empty() {
        return vec![(record.rule_id.clone(), json!({"name": record.scanner}))];
    }
    let cves: BTreeSet<&String> = record.cves.iter().collect();
    let known = cves.into_iter().map(|cve| {
        let source = json!({"name": "NVD", "url": format!("https://nvd.nist.gov/vuln/detail/{cve}")});
        (cve.clone(), source)
    });
    known.collect()
}

/// The component that a record is about, and its reference.
fn component(record: &FindingRecord) -> (String, Value) {
    if let Location::Package { purl, .. } = &record.location {
        let (name, version) = name_and_version(purl);
        let mut component = json!({"type": "library", "bom-ref": purl, "name": name, "purl": purl});
        if let (Some(version), Some(component)) = (version, component.as_object_mut()) {
            component.insert("version".to_owned(), json!(version));
        }
        return (purl.clone(), component);
    }
    let kind = match record.asset.kind {
        AssetKind::Host => "device",
        AssetKind::Site | AssetKind::Repository => "application",
        AssetKind::Image => "container",
        AssetKind::CloudResource => "platform",
    };
    let reference = record.asset.identity();
    let name = if record.asset.name.trim().is_empty() { reference.clone() } else { record.asset.name.clone() };
    (reference.clone(), json!({"type": kind, "bom-ref": reference, "name": name}))
}

/// `lodash` and `4.17.4` of `pkg:npm/lodash@4.17.4?x=y#z`; still percent-encoded.
fn name_and_version(purl: &str) -> (&str, Option<&str>) {
    let plain = purl.split(['?', '#']).next().unwrap_or(purl);
    let (path, version) = match plain.rsplit_once('@') {
        Some((path, version)) if !version.contains('/') => (path, Some(version)),
        _ => (plain, None),
    };
    (path.rsplit('/').next().unwrap_or(path), version)
}

impl<'a> Vulnerability<'a> {
    fn of(first: &'a FindingRecord, source: Value) -> Self {
        Self {
            first,
            source,
            cwes: BTreeSet::new(),
            scores: Vec::new(),
            advisories: BTreeSet::new(),
            affects: BTreeSet::new(),
        }
    }

    fn add(&mut self, record: &'a FindingRecord, reference: String) {
        self.cwes.extend(&record.cwes);
        self.advisories.extend(record.references.iter().map(String::as_str).filter(|uri| is_web_uri(uri)));
        self.affects.insert(reference);
        for score in &record.cvss {
            let entry = (record.scanner.as_str(), score);
            if !self.scores.contains(&entry) {
                self.scores.push(entry);
            }
        }
    }

    fn render(&self, id: &str) -> Value {
        let mut ratings = vec![json!({
            "source": {"name": self.first.scanner}, "severity": self.first.severity.as_str(), "method": "other",
        })];
        ratings.extend(self.scores.iter().filter_map(|(scanner, score)| rating(scanner, score)));
        let mut whole = Map::from_iter([
            ("bom-ref".to_owned(), json!(format!("vulnerability:{}:{id}", source_name(&self.source)))),
            ("id".to_owned(), json!(id)),
            ("source".to_owned(), self.source.clone()),
            ("ratings".to_owned(), Value::Array(ratings)),
            ("analysis".to_owned(), json!({"state": "in_triage"})),
            ("affects".to_owned(), self.affects.iter().map(|reference| json!({"ref": reference})).collect()),
        ]);
        if !self.cwes.is_empty() {
            whole.insert("cwes".to_owned(), json!(self.cwes));
        }
        if !self.advisories.is_empty() {
            let advisories = self.advisories.iter().map(|url| json!({"url": url})).collect();
            whole.insert("advisories".to_owned(), advisories);
        }
        let title = Some(&self.first.title).filter(|title| !title.trim().is_empty());
        for (name, text) in [
            ("description", title),
            ("detail", self.first.description.as_ref()),
            ("recommendation", self.first.solution.as_ref()),
        ] {
            if let Some(text) = text {
                whole.insert(name.to_owned(), json!(text));
            }
        }
        Value::Object(whole)
    }
}

fn source_name(source: &Value) -> &str {
    source.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn rating(scanner: &str, score: &CvssScore) -> Option<Value> {
    let method = match score.version.as_str() {
        "2.0" => "CVSSv2",
        "3.0" => "CVSSv3",
        "3.1" => "CVSSv31",
        "4.0" => "CVSSv4",
        _ => return None,
    };
    let mut rating =
        Map::from_iter([("source".to_owned(), json!({"name": scanner})), ("method".to_owned(), json!(method))]);
    if let Some(number) = score.score {
        rating.insert("score".to_owned(), json!(number));
    }
    if let Some(vector) = &score.vector {
        rating.insert("vector".to_owned(), json!(vector));
    }
    Some(Value::Object(rating))
}
