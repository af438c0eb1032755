//! GuardDog: its JSON (`guarddog pypi|npm|go ... scan PACKAGE --output-format=json`) on one package.
//!
//! - **The rule** is GuardDog's. Rules of metadata (a typo-squatted name) concern the package, those of source a place in it.
//! - **Severity** is not given by rule: what code can do (`capability-...`) informs, what malware does is high.
//! - **Asset** is the package, unless the caller names a repository.
//! - **Never complete**: the report does not say which rules were left out.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::gathered::bare;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{field, subject};
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "guarddog", name: "GuardDog JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "guarddog";

fn recognises(sample: &Sample) -> bool {
    ["package", "results", "errors", "issues"].into_iter().all(|key| sample.has_json(key))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let scan = Scan { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, scan, &options.limits)
}

struct Scan {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Layout for Scan {
    fn step(&self, path: &str) -> Step {
        match path {
            "" => Step::Enter,
            "results" => Step::Members,
            "results{}" => Step::Record,
            "package" | "errors" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let report = sections.first();
        self.asset = subject::repository(report.text("package"), &self.options);
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            targets: report.text("package").map(|name| single_line(name, 300)).into_iter().collect(),
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        for (rule, error) in report.fact("errors").and_then(Value::as_object).into_iter().flatten() {
            beginning.problems.add(&format!("{rule}: {}", error.as_str().unwrap_or(&error.to_string())));
        }
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let rule = record.key;
        let told: Value = serde_json::from_slice(record.raw).map_err(|error| error.to_string())?;
        match told {
            // An empty object, a `null`: the rule found nothing.
            Value::Null => Ok(vec![]),
            Value::Object(members) if members.is_empty() => Ok(vec![]),
            Value::String(message) => Ok(vec![self.finding(rule, &message, Location::Asset)]),
            Value::Array(places) => places.iter().map(|place| self.in_source(rule, place)).collect(),
            _ => Err(format!("what `{}` found has another shape", single_line(rule, 60))),
        }
    }
}

impl Scan {
    fn in_source(&self, rule: &str, place: &Value) -> Result<FindingRecord, String> {
        let spot = field::needed(place, "location")?;
        let (path, line) = match spot.rsplit_once(':') {
            Some((path, line)) if line.parse::<u32>().is_ok() => (path, line.parse().ok()),
            _ => (spot, None),
        };
        let location = Location::Code {
            path: path.trim_start_matches('/').to_owned(),
            line,
            column: None,
            source: field::text(place, "code").map(str::to_owned),
        };
        let mut finding = self.finding(rule, field::text(place, "message").unwrap_or_default(), location);
        finding.evidence = field::text(place, "code").map(str::to_owned);
        Ok(finding)
    }

    fn finding(&self, rule: &str, message: &str, location: Location) -> FindingRecord {
        let severity = if rule.starts_with("capability-") { Severity::Info } else { Severity::High };
        let title = if message.trim().is_empty() { rule.to_owned() } else { single_line(message, 200) };
        FindingRecord {
            description: Some(message.to_owned()).filter(|message| !message.trim().is_empty()),
            ..bare(SCANNER, rule, title, severity, &self.asset, location)
        }
    }
}
