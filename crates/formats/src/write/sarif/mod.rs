//! SARIF 2.1.0: one run for each scanner, so that a viewer says who found it; Scanhelm is named as the converter.
//!
//! Findings in code are SARIF as it is meant. Findings on hosts, sites and packages have no file; they get a logical
//! location for people, and all that makes up their identity in `properties` (see the reader's `own` module).
//!
//! Where two looks are compared, `baselineState` says what became of a result.
//!
//! What people decided about a hub's finding is a suppression with their reason. One that is fixed is a result of kind
//! `pass` and absent from the baseline, so that no reader takes it for open; one that was not seen again asks for
//! `review`.

mod result;

use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde_json::{Map, Value, json};

use super::numbers::{Numbers, Recent};
use super::order::{Findings, text};
use super::sorted::{Sorted, Sorter};
use super::{Heading, ToolInfo, is_web_uri, non_empty};
use result::SarifResult;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    write!(output, "{{\"$schema\":\"{SCHEMA}\",\n\"version\":\"2.1.0\",\n\"runs\":[")?;
    let nothing_found = findings.counts().total() == 0;
    let invocation = invocation(heading);
    if nothing_found || invocation.is_some() {
        // Readers take a file without runs for one that says nothing; this says that nothing was found. Scanners that
        // did not look are told here too: a run of theirs without results would say that what they found is gone.
        let tool = json!({"driver": driver(&heading.tool)});
        let invocations = invocation.map(|told| format!("\"invocations\":[{told}],")).unwrap_or_default();
        write!(output, "\n{{{invocations}\"tool\":{tool},\"columnKind\":\"unicodeCodePoints\",\"results\":[]}}")?;
        output.write_all(if nothing_found { b"" } else { b"," })?;
    }
    if !nothing_found {
        write_runs(output, &parts(findings)?, &heading.tool)?;
    }
    output.write_all(b"\n]}\n")
}

/// Who failed, was skipped or did not look at everything, if anybody; and warnings.
fn invocation(heading: &Heading) -> Option<Value> {
    let warnings = heading.warnings.iter().map(|text| json!({"level": "warning", "message": {"text": text}}));
    let notifications: Vec<Value> = heading
        .scanners
        .iter()
        .filter_map(|scanner| {
            let (level, told, reason) = match (scanner.failed(), scanner.skipped(), scanner.partial()) {
                (Some(reason), ..) => ("error", "failed", reason),
                (_, Some(reason), _) => ("warning", "was skipped", reason),
                (.., Some(reason)) => ("warning", "was partial", reason),
                (None, None, None) => return None,
            };
            let text = format!("{} {told}: {reason}", scanner.label());
            Some(json!({"level": level, "message": {"text": text}}))
        })
        .chain(warnings)
        .collect();
    let successful = heading.scanners.iter().all(|scanner| scanner.failed().is_none());
    let told = json!({"executionSuccessful": successful, "toolExecutionNotifications": notifications});
    (!notifications.is_empty()).then_some(told)
}

fn driver(tool: &ToolInfo) -> Value {
    let mut driver = json!({"name": tool.name, "version": tool.version});
    if let (Some(uri), Some(driver)) = (&tool.information_uri, driver.as_object_mut()) {
        driver.insert("informationUri".to_owned(), json!(uri));
    }
    driver
}

/// Where a piece of the document stands: in which run, in which of its sections, at which place, and behind what.
struct Place {
    run: u32,
    section: Section,
    /// Of a result its position among all findings, of a rule its number in the run.
    number: u64,
    /// Of a rule: 0 for all that stands before its tags, then the tags.
    tag: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Scanner,
    Results,
    Rules,
}

impl Place {
    /// Sorts as the places do.
    fn key(&self) -> Vec<u8> {
        let mut key = self.run.to_be_bytes().to_vec();
        key.push(self.section as u8);
        key.extend(self.number.to_be_bytes());
        key.extend(self.tag.to_be_bytes());
        key
    }

    fn of(key: &[u8]) -> Option<Self> {
        let (run, rest) = key.split_first_chunk()?;
        let (section, rest) = rest.split_first()?;
        let (number, tag) = rest.split_first_chunk()?;
        let section = [Section::Scanner, Section::Results, Section::Rules].into_iter().nth(usize::from(*section))?;
        let (number, tag) = (u64::from_be_bytes(*number), u64::from_be_bytes(*tag.first_chunk()?));
        Some(Self { run: u32::from_be_bytes(*run), section, number, tag })
    }
}

/// The scanners and their rules, numbered by name: what is found must not change the number of what was there.
struct Rules {
    runs: Numbers,
    /// Of each run, with which of them are told already.
    rules: Vec<(Numbers, Vec<bool>)>,
}

impl Rules {
    fn of(findings: &Findings<'_>) -> io::Result<Self> {
        let mut names = Sorter::new(findings.folder.clone());
        let mut recent = Recent::default();
        findings.each_rule(|scanner, rule| {
            let mut key = Vec::new();
            text(&mut key, scanner);
            text(&mut key, rule);
            if recent.is_new(&key) {
                names.push(key, serde_json::to_vec(&(scanner, rule))?)?;
            }
            Ok(())
        })?;
        let mut rules = Self { runs: Numbers::default(), rules: Vec::new() };
        names.sorted()?.each(|_, name| {
            let (scanner, rule): (String, String) = serde_json::from_slice(name)?;
            if rules.runs.of(&[&scanner]).1 {
                rules.rules.push((Numbers::default(), Vec::new()));
            }
            if let Some((numbers, told)) = rules.rules.last_mut()
                && numbers.of(&[&rule]).1
            {
                told.push(false);
            }
            Ok(())
        })?;
        Ok(rules)
    }

    /// The numbers of run and rule, and whether this is their first finding, which is their worst.
    fn number(&mut self, record: &FindingRecord) -> Option<(u32, u32, bool)> {
        let (run, _) = self.runs.of(&[&record.scanner]);
        let (numbers, told) = self.rules.get_mut(run as usize)?;
        let (rule, _) = numbers.of(&[&record.rule_id]);
        let was_told = std::mem::replace(told.get_mut(rule as usize)?, true);
        Some((run, rule, !was_told))
    }
}

/// The pieces of all runs, each the JSON that stands there.
fn parts(findings: &Findings<'_>) -> io::Result<Sorted> {
    let mut parts = Sorter::new(findings.folder.clone());
    let mut rules = Rules::of(findings)?;
    let mut recent = Recent::default();
    let mut position = 0;
    findings.each(|entry| {
        let record = &entry.record;
        let (run, rule, is_first) =
            rules.number(record).ok_or_else(|| io::Error::other("a finding without its rule"))?;
        let place = |section, number, tag| Place { run, section, number, tag }.key();
        if is_first {
            parts.push(place(Section::Rules, rule.into(), 0), rule_up_to_its_tags(record)?)?;
            parts.push(place(Section::Scanner, 0, 0), serde_json::to_vec(&record.scanner)?)?;
        }
        for cwe in &record.cwes {
            let key = place(Section::Rules, rule.into(), u64::from(*cwe) + 1);
            if recent.is_new(&key) {
                parts.push(key, format!("\"external/cwe/cwe-{cwe:03}\"").into_bytes())?;
            }
        }
        position += 1;
        parts.push(place(Section::Results, position, 0), serde_json::to_vec(&SarifResult::of(entry, rule))?)
    })?;
    parts.sorted()
}

fn write_runs(output: &mut dyn Write, parts: &Sorted, tool: &ToolInfo) -> io::Result<()> {
    const END: &[u8] = b"\n]}}}";
    const END_OF_RULE: &[u8] = b"]}}";
    let conversion = json!({"tool": {"driver": driver(tool)}});
    let mut scanner = Vec::new();
    let mut before: Option<(Place, Vec<u8>)> = None;
    parts.each(|key, part| {
        let place = Place::of(key).ok_or_else(|| io::Error::other("a piece without its place"))?;
        if before.as_ref().is_some_and(|(_, before)| before == key) {
            return Ok(());
        }
        let was = before.as_ref().map(|(place, _)| place.section);
        let in_rule = was == Some(Section::Rules);
        match (place.section, place.tag) {
            (Section::Scanner, _) => {
                if in_rule {
                    output.write_all(END_OF_RULE)?;
                    output.write_all(END)?;
                    output.write_all(b",")?;
                }
                scanner = part.to_vec();
                write!(output, "\n{{\"columnKind\":\"unicodeCodePoints\",\"conversion\":{conversion},\"results\":[")?;
            }
            (Section::Results, _) => {
                output.write_all(if was == Some(Section::Results) { b",\n" } else { b"\n" })?;
                output.write_all(part)?;
            }
            (Section::Rules, 0) => {
                if in_rule {
                    output.write_all(END_OF_RULE)?;
                    output.write_all(b",\n")?;
                } else {
                    output.write_all(b"\n],\"tool\":{\"driver\":{\"name\":")?;
                    output.write_all(&scanner)?;
                    output.write_all(b",\"rules\":[\n")?;
                }
                output.write_all(part)?;
            }
            (Section::Rules, _) => {
                output.write_all(b",")?;
                output.write_all(part)?;
            }
        }
        before = Some((place, key.to_vec()));
        Ok(())
    })?;
    output.write_all(END_OF_RULE)?;
    output.write_all(END)
}

/// What the results of a rule share, as far as its first finding tells it, which is the worst. It lacks the end of its
/// tags.
fn rule_up_to_its_tags(record: &FindingRecord) -> io::Result<Vec<u8>> {
    let mut rule = Map::from_iter([
        ("id".to_owned(), json!(record.rule_id)),
        ("shortDescription".to_owned(), json!({"text": non_empty(&record.title, &record.rule_id)})),
    ]);
    if let Some(uri) = record.references.iter().find(|uri| is_web_uri(uri)) {
        rule.insert("helpUri".to_owned(), json!(uri));
    }
    let mut text = serde_json::to_vec(&rule)?;
    text.pop();
    text.extend(b",\"properties\":{");
    if let Some(score) = nominal_score(record.severity) {
        text.extend(format!("\"security-severity\":\"{score}\",").bytes());
    }
    text.extend(b"\"tags\":[\"security\"");
    Ok(text)
}

/// For viewers that sort by this number (GitHub does); the middle of each band.
fn nominal_score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}
