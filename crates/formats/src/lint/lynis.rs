//! Lynis' report file (`lynis-report.dat`, lines `key=value`). A warning is medium, a suggestion low. The details of a
//! finding identify it (`AllowTcpForwarding (set YES to NO)` up to the parenthesis); its text holds counts and does not.
//!
//! Which tests it makes depends on what it finds on the host, and it lists them: they, and what it could not do in them,
//! are what was asked. What a test gets to see depends on the rights it is run with, which it does not tell. Without those
//! of root a test counts as made that could not read its file, so only a run as root closes anything, and a file never.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use scanhelm_core::asset::{AssetDescription, AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "lynis", name: "Lynis report file", extensions: &["dat"], sniff: recognises, open };

const SCANNER: &str = "lynis";

fn recognises(sample: &Sample) -> bool {
    let has = |key: &str| sample.text().lines().any(|line| line.starts_with(key));
    has("lynis_version=") && has("report_datetime_start=")
}

#[derive(Serialize, Deserialize)]
struct Entry {
    warning: bool,
    value: String,
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let (mut host, mut audit) = (Host::default(), Audit::default());
    let mut lines = BufReader::new(input.content);
    let limit = options.limits.max_token as u64;
    let (mut position, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let read = (&mut lines).take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| ReadError::from_io(&error, position))? as u64;
        position += read;
        if read == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            return Err(match read == limit {
                true => ReadError::Hostile { detail: format!("a line in it is longer than {limit} bytes") },
                false => ReadError::Truncated { position, detail: "its last line has no end".to_owned() },
            });
        }
        let text = String::from_utf8_lossy(&line);
        let Some((key, value)) = text.trim_end().split_once('=') else { continue };
        let time = || Timestamp::parse(&format!("{}Z", value.replace(' ', "T")));
        match key {
            "lynis_version" => report.header.scanner_version = filled(value),
            // In the local time of the host, which the report does not name: taken as UTC.
            "report_datetime_start" => report.header.started_at = time(),
            "report_datetime_end" => report.header.finished_at = time(),
            "test_category" => audit.category = value.to_owned(),
            "tests_executed" => audit.tests = tests(value),
            "exception_event[]" => audit.trouble.update(&line),
            "finish" => audit.finished = value == "true",
            "hostname" => host.name = value.to_owned(),
            "domainname" => host.domain = value.to_owned(),
            "os_fullname" => host.system = filled(value),
            "network_ipv4_address[]" if !value.starts_with("127.") => host.addresses.push(value.to_owned()),
            "warning[]" | "suggestion[]" => {
                report.keep_value(0, &Entry { warning: key == "warning[]", value: value.to_owned() })?;
            }
            _ => {}
        }
    }
    if report.header.finished_at.is_none() {
        report.problems.add("the report does not say when the audit ended");
    }
    report.complete = options.ran_as_root && audit.finished && !audit.tests.is_empty();
    report.header.policy = audit.asked();
    report.asset = Some(host.asset());
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

/// `HRDN-7230|HRDN-7222|`, the latest first.
fn tests(value: &str) -> BTreeSet<String> {
    value.split('|').filter_map(filled).collect()
}

/// What it did.
#[derive(Default)]
struct Audit {
    category: String,
    tests: BTreeSet<String>,
    /// Tests that did not go as they should, and why.
    trouble: Sha256,
    finished: bool,
}

impl Audit {
    /// `all, 231 tests (0123456789abcdef)`; the category alone where it does not list the tests.
    fn asked(self) -> Option<String> {
        let category = single_line(&self.category, 40);
        if self.tests.is_empty() {
            return filled(category);
        }
        let mut digest = self.trouble;
        for test in &self.tests {
            digest.update(test);
            digest.update("|");
        }
        let digest: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(format!("{category}, {} tests ({digest})", self.tests.len()))
    }
}

#[derive(Default)]
struct Host {
    name: String,
    domain: String,
    system: Option<String>,
    addresses: Vec<String>,
}

impl Host {
    fn asset(self) -> AssetRecord {
        let mut keys = vec![];
        if !self.name.is_empty() && !self.domain.is_empty() && self.domain != "N/A" {
            keys.push(AssetKey::Fqdn(format!("{}.{}", self.name, self.domain)));
        }
        keys.extend(filled(self.name.clone()).map(AssetKey::Hostname));
        keys.extend(self.addresses.into_iter().map(AssetKey::Ip));
        let name = filled(self.name).unwrap_or_else(|| "unknown host".to_owned());
        // It runs on the host.
        AssetDescription { kind: AssetKind::Host, name, keys, operating_system: self.system, authenticated: true }
            .into()
    }
}

/// `test id|text|details|solution|`
fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let entry: Entry = parsed(raw)?;
    let mut parts = entry.value.split('|').map(|part| if part == "-" { "" } else { part.trim() });
    let mut next = || parts.next().unwrap_or_default();
    let (rule, text, details, solution) = (next(), next(), next(), next());
    if rule.is_empty() || text.is_empty() {
        return Err("it has no test id or no text".to_owned());
    }
    let (severity, word) = if entry.warning { (Severity::Medium, "warning") } else { (Severity::Low, "suggestion") };
    let item = details.split_once(" (").map_or(details, |(item, _)| item);
    Ok(FindingRecord {
        vendor_severity: Some(word.to_owned()),
        check: filled(format!("{word} {item}").trim()),
        family: rule.split_once('-').map(|(family, _)| family.to_owned()),
        description: filled(text),
        solution: filled(solution.trim_start_matches("text:")),
        evidence: filled(details),
        references: vec![format!("https://cisofy.com/lynis/controls/{rule}/")],
        ..bare(SCANNER, rule, text, severity, &place.asset, Location::Asset)
    })
}
