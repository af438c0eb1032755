//! testssl.sh: its flat JSON (`--jsonfile`), a list of test results, and its CSV (`--csvfile`), which is the same as rows.
//!
//! - What it rates `LOW` to `CRITICAL` is a finding; `OK`, `INFO` and `DEBUG` are facts and none.
//! - `WARN` and `FATAL` tell that a test could not be made: they are problems.

use std::io::Read;

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::columns::{self, Columns, Told};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::json::Sequence;
use crate::json::value::word;
use crate::network::{self, port_number};
use crate::options::ReadOptions;
use crate::report::{Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::table::Row;
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "testssl", name: "testssl.sh JSON", extensions: &["json"], sniff: recognises, open };

pub(crate) const TABLE: Format = Format {
    id: "testssl-csv",
    name: "testssl.sh CSV",
    extensions: &["csv"],
    sniff: recognises_table,
    open: open_table,
};

const COLUMNS: [&str; 7] = ["id", "fqdnip", "port", "severity", "finding", "cve", "cwe"];

const SCANNER: &str = "testssl";

fn recognises(sample: &Sample) -> bool {
    ["id", "ip", "port", "severity", "finding"].into_iter().all(|key| sample.has_json(&format!("[].{key}")))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let results = Sequence::new(input.content, &options.limits);
    Ok(Stepped::reader(TestsslReader { results, begun: false, problems: Problems::default() }, &options.limits))
}

struct TestsslReader {
    results: Sequence<Box<dyn Read + Send>>,
    begun: bool,
    problems: Problems,
}

impl Steps for TestsslReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() });
        }
        let Some(result) = self.results.next()? else {
            parts.footer(ReportItem::Footer {
                finished_at: None,
                complete: false,
                blind: !parts.has_assets(),
                problems: self.problems.take(),
            });
            return Ok(());
        };
        match result.parsed::<Value>().and_then(|value| judge(&of_json(&value))) {
            Ok(Told::Finding(finding)) => parts.record(Ok(*finding), String::new),
            Ok(Told::Host(host)) => parts.found_on(&host),
            Ok(Told::Problem(problem)) => {
                self.problems.add(&problem);
                Ok(())
            }
            Err(reason) => parts.record(Err(reason), || result.excerpt()),
        }
    }
}

fn recognises_table(sample: &Sample) -> bool {
    columns::begins_with_columns(sample, &COLUMNS)
}

fn open_table(input: Input, options: &ReadOptions) -> Opened {
    let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
    columns::findings(input, options, header, &COLUMNS, |columns, row| judge(&of_table(columns, row)))
}

/// One test, in either form.
struct Test {
    id: String,
    /// Name and address, with a slash between.
    host: String,
    port: String,
    rating: String,
    told: String,
    cve: String,
    cwe: String,
}

fn of_json(result: &Value) -> Test {
    let word = |name: &str| word(result, name);
    Test {
        id: single_line(&word("id"), 100),
        host: word("ip"),
        port: word("port"),
        rating: word("severity"),
        told: word("finding"),
        cve: word("cve"),
        cwe: word("cwe"),
    }
}

fn of_table(columns: &Columns, row: &Row) -> Test {
    let cell = |name: &str| columns.get(row, &[name]);
    Test {
        id: single_line(&cell("id"), 100),
        host: cell("fqdnip"),
        port: cell("port"),
        rating: cell("severity"),
        told: cell("finding"),
        cve: cell("cve"),
        cwe: cell("cwe"),
    }
}

fn judge(test: &Test) -> Result<Told, String> {
    let Test { id, told, rating, .. } = test;
    let asset = network::host(test.host.split('/'));
    let severity = match rating.as_str() {
        "CRITICAL" => Some(Severity::Critical),
        "HIGH" => Some(Severity::High),
        "MEDIUM" => Some(Severity::Medium),
        "LOW" => Some(Severity::Low),
        "OK" | "INFO" | "DEBUG" => None,
        "WARN" | "FATAL" => return Ok(Told::Problem(format!("{id}: {told}"))),
        other => return Err(format!("`{}` is no severity of testssl", single_line(other, 64))),
    };
    if asset.keys.is_empty() {
        return Err("it names no host".to_owned());
    }
    let Some(severity) = severity else { return Ok(Told::Host(asset)) };
    if id.is_empty() {
        return Err("it has no id, so nothing says what it is".to_owned());
    }
    let (mut cves, mut cwes) = (vec![], vec![]);
    cves_in(&test.cve, &mut cves);
    cwes_in(&test.cwe, &mut cwes);
    let location = network::port(port_number(&test.port)?, "tcp", None);
    let title = single_line(&format!("{id}: {told}"), 300);
    Ok(Told::Finding(Box::new(FindingRecord {
        vendor_severity: Some(rating.clone()),
        cves,
        cwes,
        evidence: filled(told.clone()),
        ..bare(SCANNER, id.clone(), title, severity, &asset, location)
    })))
}
