//! testssl.sh: its flat JSON (`--jsonfile`), a list of test results.
//!
//! - What it rates `LOW` to `CRITICAL` is a finding; `OK`, `INFO` and `DEBUG` are facts and none.
//! - `WARN` and `FATAL` tell that a test could not be made: they are problems.

use std::io::Read;

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::bare;
use crate::input::Input;
use crate::json::Sequence;
use crate::json::value::word;
use crate::network::{self, port_number};
use crate::options::ReadOptions;
use crate::report::{Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "testssl", name: "testssl.sh JSON", extensions: &["json"], sniff: recognises, open };

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
        match result.parsed::<Value>().and_then(|value| judge(&value)) {
            Ok(Said::Finding(finding)) => parts.record(Ok(*finding), String::new),
            Ok(Said::Fact(host)) => parts.found_on(&network::host(host.iter().map(String::as_str))),
            Ok(Said::Problem(problem)) => {
                self.problems.add(&problem);
                Ok(())
            }
            Err(reason) => parts.record(Err(reason), || result.excerpt()),
        }
    }
}

enum Said {
    Finding(Box<FindingRecord>),
    /// Of a host by these names.
    Fact(Vec<String>),
    Problem(String),
}

fn judge(result: &Value) -> Result<Said, String> {
    let id = single_line(&word(result, "id"), 100);
    let told = word(result, "finding");
    let rating = word(result, "severity");
    let host: Vec<String> = word(result, "ip").split('/').map(str::to_owned).filter(|name| !name.is_empty()).collect();
    let severity = match rating.as_str() {
        "CRITICAL" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "OK" | "INFO" | "DEBUG" if host.is_empty() => return Err("it names no host".to_owned()),
        "OK" | "INFO" | "DEBUG" => return Ok(Said::Fact(host)),
        "WARN" | "FATAL" => return Ok(Said::Problem(format!("{id}: {told}"))),
        other => return Err(format!("`{}` is no severity of testssl", single_line(other, 64))),
    };
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    if id.is_empty() {
        return Err("it has no id, so nothing says what it is".to_owned());
    }
    let (mut cves, mut cwes) = (vec![], vec![]);
    cves_in(&word(result, "cve"), &mut cves);
    cwes_in(&word(result, "cwe"), &mut cwes);
    let location = network::port(port_number(&word(result, "port"))?, "tcp", None);
    let title = single_line(&format!("{id}: {told}"), 300);
    Ok(Said::Finding(Box::new(FindingRecord {
        vendor_severity: Some(rating),
        cves,
        cwes,
        evidence: Some(told).filter(|told| !told.is_empty()),
        ..bare(SCANNER, id, title, severity, &network::host(host.iter().map(String::as_str)), location)
    })))
}
