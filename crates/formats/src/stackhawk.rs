//! StackHawk: what its webhook sends when a scan has completed.
//!
//! Decisions a reader of findings should know:
//! - **A finding** is a plugin on a page through a method. StackHawk groups the pages of a plugin; they are fixed one by one.
//! - **Triage at StackHawk** (`FALSE_POSITIVE`, `RISK_ACCEPTED`) is evidence: the weakness is still there.
//! - **Nothing is closed**: the message names neither what was to be scanned nor the plugins that were left out.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::gathered::bare;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{field, lines, severity_or_reason};
use crate::report::{Problems, ReportHeader};
use crate::sample::Sample;
use crate::site::{page, page_on, site};

pub(crate) const FORMAT: Format =
    Format { id: "stackhawk", name: "StackHawk scan JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "stackhawk";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("scanCompleted.scan.hawkscanVersion") && sample.has_json("service")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Completed { seen_at: None }, &options.limits)
}

struct Completed {
    seen_at: Option<Timestamp>,
}

impl Layout for Completed {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "scanCompleted" | "scanCompleted.findings" => Step::Enter,
            "scanCompleted.scan" => Step::Keep,
            "scanCompleted.findings[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let scan = sections.at("scanCompleted").find_map(|completed| completed.fact("scan"));
        let scan = scan.ok_or("it tells of no scan")?;
        self.seen_at = field::text(scan, "startedTimestamp").and_then(Timestamp::parse);
        let mut problems = Problems::default();
        if let Some(status) = field::text(scan, "status").filter(|status| *status != "COMPLETED") {
            problems.add(&format!("StackHawk says that the scan is {status}"));
        }
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: field::words(scan, "hawkscanVersion"),
            scan_name: field::text(scan, "application").map(str::to_owned),
            started_at: self.seen_at,
            ..ReportHeader::default()
        };
        Ok(Beginning { header, problems, ..Beginning::default() })
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::words(&entry, "pluginId").ok_or("it has no `pluginId`")?;
        let word = field::needed(&entry, "severity")?;
        let severity = severity_or_reason(word, "StackHawk")?;
        let host = field::needed(&entry, "host")?;
        let origin = page(host).ok_or_else(|| format!("`{}` is no web address", single_line(host, 64)))?;
        let plugin = Plugin { entry: &entry, rule, word, severity, origin, seen_at: self.seen_at };
        let pages: Vec<FindingRecord> = field::list(&entry, "paths").map(|place| plugin.on(place)).collect();
        Ok(if pages.is_empty() { vec![plugin.on(&Value::Null)] } else { pages })
    }
}

struct Plugin<'a> {
    entry: &'a Value,
    rule: String,
    word: &'a str,
    severity: Severity,
    origin: String,
    seen_at: Option<Timestamp>,
}

impl Plugin<'_> {
    fn on(&self, place: &Value) -> FindingRecord {
        let path = field::text(place, "path").unwrap_or("/");
        let url = page_on(path, &self.origin).unwrap_or_else(|| self.origin.clone());
        let method = field::text(place, "method").map(|method| single_line(method, 20));
        let title = field::text(self.entry, "pluginName").unwrap_or(&self.rule);
        let links = [field::text(self.entry, "findingURL"), field::text(place, "pathURL")];
        FindingRecord {
            vendor_severity: Some(self.word.to_owned()),
            family: field::text(self.entry, "category").map(str::to_owned),
            evidence: lines(&[("Status at StackHawk", field::text(place, "status"))]),
            references: links.into_iter().flatten().map(str::to_owned).collect(),
            seen_at: self.seen_at,
            ..bare(
                SCANNER,
                self.rule.clone(),
                single_line(title, 300),
                self.severity,
                &site(&self.origin),
                Location::Web { url, method, parameter: None },
            )
        }
    }
}
