//! The JSON form, with or without the scan in front.

use std::collections::VecDeque;

use scanhelm_core::asset::AssetRecord;
use serde::Deserialize;
use serde_json::Value;
use tempfile::SpooledTempFile;

use super::issue::{Issue, cvss};
use super::{Beginning, Scan};
use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::json::{Captured, Cursor, Spool};
use crate::options::{Limits, ReadOptions};
use crate::report::{Reader, ReportItem, rejected};
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "invicti",
    name: "Invicti (Netsparker, Acunetix 360) JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

const ISSUES: &str = "Vulnerabilities";
const REPORT: &str = "Report";

fn recognises(sample: &Sample) -> bool {
    ["", "Report."]
        .iter()
        .any(|at| sample.has_json(&format!("{at}Target.ScanId")) && sample.has_json(&format!("{at}Target.Url")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut document = Spool::fill(input.content)?;
    let facts = Facts::read(&mut document, &options.limits)?;
    let mut cursor = document.into_cursor(&options.limits)?;
    let Some(target) = facts.target else {
        return Err(cursor.malformed("it names no target"));
    };
    let Some(beginning) = Beginning::of(&target.url, facts.scan.as_ref()) else {
        let url = scanhelm_core::text::single_line(&target.url, 100);
        return Err(cursor.malformed(format!("its target `{url}` is no web address")));
    };
    cursor.begin_object()?;
    Ok(Box::new(JsonReport {
        cursor,
        asset: beginning.asset,
        before: VecDeque::from(beginning.items),
        footer: Some(beginning.footer),
        wrapped: facts.wrapped,
        outside: facts.wrapped,
        in_issues: false,
        record: 0,
        raw: Vec::new(),
    }))
}

/// What is not an issue. Learnt by a walk to the end, because it may stand behind the issues.
#[derive(Default)]
struct Facts {
    scan: Option<Scan>,
    target: Option<Target>,
    has_issues: bool,
    /// The scan stands in front.
    wrapped: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    url: String,
}

impl Facts {
    fn read(document: &mut Spool, limits: &Limits) -> Result<Self, ReadError> {
        let mut facts = Self::default();
        let mut cursor = document.cursor(limits)?;
        cursor.begin_object()?;
        while let Some(key) = cursor.next_key()? {
            match key.as_str() {
                "Scan" => facts.scan = Some(cursor.value("Scan")?),
                REPORT => {
                    // What stands around the report is not of it.
                    facts = Self { scan: facts.scan, wrapped: true, ..Self::default() };
                    cursor.begin_object()?;
                    while let Some(key) = cursor.next_key()? {
                        facts.read_member(&key, &mut cursor)?;
                    }
                }
                _ if facts.wrapped => cursor.skip_value()?,
                key => facts.read_member(key, &mut cursor)?,
            }
        }
        cursor.end()?;
        if facts.has_issues { Ok(facts) } else { Err(cursor.malformed(format!("it holds no list `{ISSUES}`"))) }
    }

    fn read_member(&mut self, key: &str, cursor: &mut Cursor<&mut SpooledTempFile>) -> Result<(), ReadError> {
        match key {
            "Target" => self.target = Some(cursor.value("Target")?),
            ISSUES if cursor.peek()? == Some(b'[') => {
                self.has_issues = true;
                cursor.skip_value()?;
            }
            _ => cursor.skip_value()?,
        }
        Ok(())
    }
}

struct JsonReport {
    cursor: Cursor<SpooledTempFile>,
    asset: AssetRecord,
    before: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    wrapped: bool,
    /// Of the report, in the object around it.
    outside: bool,
    in_issues: bool,
    record: u64,
    raw: Vec<u8>,
}

impl JsonReport {
    /// `None`: an issue that is left out.
    fn next_issue(&mut self) -> Result<Option<ReportItem>, ReadError> {
        let captured = self.cursor.capture(&mut self.raw)?;
        let item = if captured == Captured::TooLong {
            Err("the record is too long".to_owned())
        } else {
            read_issue(&self.raw).and_then(|issue| issue.into_record(&self.asset))
        };
        let item = match item {
            Ok(None) => return Ok(None),
            Ok(Some(finding)) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(self.record, reason, &String::from_utf8_lossy(&self.raw)),
        };
        self.record += 1;
        Ok(Some(item))
    }
}

impl Reader for JsonReport {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        if let Some(item) = self.before.pop_front() {
            return Ok(Some(item));
        }
        if self.footer.is_none() {
            return Ok(None);
        }
        loop {
            if self.in_issues {
                if self.cursor.next_element()? {
                    match self.next_issue()? {
                        Some(item) => return Ok(Some(item)),
                        None => continue,
                    }
                }
                self.in_issues = false;
            }
            match self.cursor.next_key()? {
                Some(key) if self.outside && key == REPORT => {
                    self.cursor.begin_object()?;
                    self.outside = false;
                }
                Some(key) if !self.outside && key == ISSUES && self.cursor.peek()? == Some(b'[') => {
                    self.cursor.begin_array()?;
                    self.in_issues = true;
                }
                Some(_) => self.cursor.skip_value()?,
                None if self.wrapped && !self.outside => self.outside = true,
                None => {
                    self.cursor.end()?;
                    return Ok(self.footer.take());
                }
            }
        }
    }
}

fn read_issue(raw: &[u8]) -> Result<Issue, String> {
    let issue: Value = serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    if !issue.is_object() {
        return Err("it is no object".to_owned());
    }
    let text = |name: &str| text_in(&issue, name);
    let pairs = |list: &str, first: &str, second: &str| -> Vec<(String, String)> {
        each(&issue, list).map(|pair| (text_in(pair, first), text_in(pair, second))).collect()
    };
    let classification = issue.get("Classification").unwrap_or(&Value::Null);
    let request = issue.get("HttpRequest").unwrap_or(&Value::Null);
    let scores = [("Cvss", "3.0"), ("Cvss31", "3.1"), ("Cvss40", "4.0")].into_iter().filter_map(|(name, version)| {
        let score = classification.get(name)?;
        cvss(version, &text_in(score, "Vector"), &text_in(score.get("BaseScore")?, "Value"))
    });
    Ok(Issue {
        lookup_id: text("LookupId"),
        url: text("Url"),
        kind: text("Type"),
        name: text("Name"),
        severity: text("Severity"),
        certainty: text("Certainty"),
        confirmed: issue.get("Confirmed").and_then(Value::as_bool).unwrap_or(false),
        state: text("State"),
        cwe: text_in(classification, "Cwe"),
        cvss: scores.collect(),
        method: text_in(request, "Method"),
        request: text_in(request, "Content"),
        vulnerable_parameters: each(request, "Parameters")
            .filter(|parameter| parameter.get("Vulnerable").and_then(Value::as_bool) == Some(true))
            .map(|parameter| text_in(parameter, "Name"))
            .collect(),
        extra_information: pairs("ExtraInformation", "Name", "Value"),
        known_vulnerabilities: pairs("KnownVulnerabilities", "Severity", "Title"),
        description: text("Description"),
        impact: text("Impact"),
        remedial_actions: text("RemedialActions"),
        remedial_procedure: text("RemedialProcedure"),
        proof_of_concept: text("ProofOfConcept"),
        external_references: text("ExternalReferences"),
        remedy_references: text("RemedyReferences"),
    })
}

/// A member as text; what is missing, `null` or not plain is nothing.
fn text_in(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn each<'a>(object: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    object.get(list).and_then(Value::as_array).into_iter().flatten()
}
