//! CycloneDX 1.6 with what is vulnerable and what people think of it (VEX).
//!
//! A vulnerability is a CVE, or a scanner's rule where there is none; it affects the components it was found in. A
//! package is a component by its package URL; whatever has none (a host, a site, a repository) is one as a whole.
//!
//! An analysis belongs to a vulnerability and not to a component, so what a hub's people judged differently is a
//! vulnerability of its own with the same id. There is no serial number and no timestamp: the same findings give the
//! same bytes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use scanhelm_core::asset::AssetKind;
use scanhelm_core::finding::{CvssScore, FindingRecord, FindingState, Location};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::entry::Entry;
use super::numbers::{Numbers, Recent};
use super::order::Findings;
use super::sorted::{Sorted, Sorter};
use super::{Heading, Items, is_web_uri};

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    let Parts { components, vulnerabilities } = parts(findings)?;
    let tool = json!({"type": "application", "name": heading.tool.name, "version": heading.tool.version});
    write!(
        output,
        "{{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n\"bomFormat\":\"CycloneDX\",\n\
         \"specVersion\":\"1.6\",\n\"version\":1,\n\"metadata\":{{\"tools\":{{\"components\":[{tool}]}}}},\n\
         \"components\":["
    )?;
    let mut items = Items::new(output);
    let mut before = None;
    components.each(|reference, component| {
        if before.as_deref() != Some(reference) {
            items.next()?.write_all(component)?;
            before = Some(reference.to_vec());
        }
        Ok(())
    })?;
    output.write_all(b"\n],\n\"vulnerabilities\":[")?;
    write_vulnerabilities(output, &vulnerabilities)?;
    output.write_all(b"\n]}\n")
}

struct Parts {
    /// By reference; the first of equal ones stands.
    components: Sorted,
    /// In pieces of JSON, by [`Place`].
    vulnerabilities: Sorted,
}

/// A list in a vulnerability. All that stands before the first of them is the text of its own first finding, which is
/// the worst.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Head,
    Ratings,
    Affects,
    Cwes,
    Advisories,
}

impl List {
    const ALL: [Self; 5] = [Self::Head, Self::Ratings, Self::Affects, Self::Cwes, Self::Advisories];

    const fn name(self) -> &'static str {
        match self {
            Self::Head => "",
            Self::Ratings => "ratings",
            Self::Affects => "affects",
            Self::Cwes => "cwes",
            Self::Advisories => "advisories",
        }
    }
}

/// Sorts by vulnerability, list and item.
fn place(vulnerability: u32, list: List, item: &[u8]) -> Vec<u8> {
    [&vulnerability.to_be_bytes()[..], &[list as u8], item].concat()
}

fn parts(findings: &Findings<'_>) -> io::Result<Parts> {
    let mut components = Sorter::new(findings.folder.clone());
    let mut vulnerabilities = Sorter::new(findings.folder.clone());
    let (mut numbers, mut recent, mut recent_components) = (Numbers::default(), Recent::default(), Recent::default());
    findings.each(|entry| {
        let record = &entry.record;
        let (reference, component) = component(record);
        if recent_components.is_new(reference.as_bytes()) {
            components.push(reference.clone().into_bytes(), serde_json::to_vec(&component)?)?;
        }
        let analysis = analysis(entry);
        for (id, source) in names(record) {
            let (number, is_new) = numbers.of(&[source_name(&source), &id, &analysis.to_string()]);
            if is_new {
                vulnerabilities.push(place(number, List::Head, b""), head(record, &id, &source, &analysis)?)?;
            }
            let mut push = |list, order: &[u8], item: Value| {
                let key = place(number, list, order);
                if recent.is_new(&key) { vulnerabilities.push(key, item.to_string().into_bytes()) } else { Ok(()) }
            };
            push(List::Affects, reference.as_bytes(), json!({"ref": reference}))?;
            for rating in record.cvss.iter().filter_map(|score| rating(&record.scanner, score)) {
                push(List::Ratings, rating.to_string().as_bytes(), rating)?;
            }
            for cwe in &record.cwes {
                push(List::Cwes, &cwe.to_be_bytes(), json!(cwe))?;
            }
            for uri in record.references.iter().filter(|uri| is_web_uri(uri)) {
                push(List::Advisories, uri.as_bytes(), json!({"url": uri}))?;
            }
        }
        Ok(())
    })?;
    Ok(Parts { components: components.sorted()?, vulnerabilities: vulnerabilities.sorted()? })
}

fn write_vulnerabilities(output: &mut dyn Write, parts: &Sorted) -> io::Result<()> {
    let mut before: Option<(List, Vec<u8>)> = None;
    parts.each(|key, part| {
        let list = key.get(4).and_then(|list| List::ALL.into_iter().nth(usize::from(*list)));
        let list = list.ok_or_else(|| io::Error::other("a piece without its place"))?;
        match &before {
            Some((_, before)) if before == key => return Ok(()),
            Some(_) if list == List::Head => output.write_all(b"]},\n")?,
            Some((was, _)) if *was == list => output.write_all(b",")?,
            // The list of ratings is open already, with one in it.
            Some(_) if list == List::Ratings => output.write_all(b",")?,
            Some(_) => write!(output, "],\"{}\":[", list.name())?,
            None => output.write_all(b"\n")?,
        }
        output.write_all(part)?;
        before = Some((list, key.to_vec()));
        Ok(())
    })?;
    output.write_all(if before.is_some() { b"]}" } else { b"" })
}

/// Up to the first of its ratings.
fn head(record: &FindingRecord, id: &str, source: &Value, analysis: &Value) -> io::Result<Vec<u8>> {
    let mut reference = format!("vulnerability:{}:{id}", source_name(source));
    if *analysis != json!({"state": "in_triage"}) {
        let digest = hex::encode(Sha256::digest(analysis.to_string()));
        reference.push_str(&format!(":{}", digest.get(..16).unwrap_or_default()));
    }
    let mut head = Map::from_iter([
        ("bom-ref".to_owned(), json!(reference)),
        ("id".to_owned(), json!(id)),
        ("source".to_owned(), source.clone()),
        ("analysis".to_owned(), analysis.clone()),
    ]);
    let title = Some(&record.title).filter(|title| !title.trim().is_empty());
    for (name, text) in
        [("description", title), ("detail", record.description.as_ref()), ("recommendation", record.solution.as_ref())]
    {
        if let Some(text) = text {
            head.insert(name.to_owned(), json!(text));
        }
    }
    let rating = json!({
        "source": {"name": record.scanner}, "severity": record.severity.as_str(), "method": "other",
    });
    let mut text = serde_json::to_vec(&head)?;
    text.pop();
    text.extend(format!(",\"ratings\":[{rating}").into_bytes());
    Ok(text)
}

/// What people, or the hub for them, think of it. Only a fix that was seen or verified is `resolved`.
fn analysis(entry: &Entry) -> Value {
    let (state, said) = match entry.status() {
        None | Some(FindingState::Open | FindingState::InProgress) => return json!({"state": "in_triage"}),
        Some(FindingState::Fixed) => ("resolved", "A complete scan of the same kind no longer found it."),
        Some(FindingState::VerifiedFixed) => ("resolved", "The fix was verified."),
        Some(FindingState::NotSeen) => ("in_triage", "A later scan did not see it, which proves no fix."),
        Some(FindingState::RiskAccepted) => ("exploitable", "The risk was accepted."),
        Some(FindingState::FalsePositive) => ("false_positive", "Judged a false positive."),
        Some(FindingState::Duplicate) => ("in_triage", "Judged a duplicate of another finding."),
        Some(FindingState::Suppressed) => ("in_triage", "Suppressed by a rule."),
        Some(FindingState::Closed) => ("in_triage", "Closed without a fix that was seen."),
    };
    let detail = format!("{said} {}", entry.reason().unwrap_or_default());
    let mut analysis = json!({"state": state, "detail": detail.trim_end()});
    if let (Some(FindingState::RiskAccepted), Some(analysis)) = (entry.status(), analysis.as_object_mut()) {
        analysis.insert("response".to_owned(), json!(["will_not_fix"]));
    }
    analysis
}

/// Its CVEs, else the rule of its scanner.
fn names(record: &FindingRecord) -> Vec<(String, Value)> {
    if record.cves.is_empty() {
        return vec![(record.rule_id.clone(), json!({"name": record.scanner}))];
    }
    let cves: BTreeSet<&String> = record.cves.iter().collect();
    let known = cves.into_iter().map(|cve| {
        let url = format!("https://nvd.nist.gov/vuln/detail/{cve}");
        let source = if is_web_uri(&url) { json!({"name": "NVD", "url": url}) } else { json!({"name": "NVD"}) };
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
pub(super) fn name_and_version(purl: &str) -> (&str, Option<&str>) {
    let plain = purl.split(['?', '#']).next().unwrap_or(purl);
    let (path, version) = match plain.rsplit_once('@') {
        Some((path, version)) if !version.contains('/') => (path, Some(version)),
        _ => (plain, None),
    };
    (path.rsplit('/').next().unwrap_or(path), version)
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
