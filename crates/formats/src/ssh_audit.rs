//! ssh-audit: its JSON (`-j`) on one server.
//!
//! - **Findings** are what it recommends to remove or to change, each algorithm a rule of its own, and the CVEs that it names.
//!   What it recommends to add informs.
//! - **Severity**: `critical` is high, `warning` medium, `informational` info; a CVE has the band of its score.
//! - **Never complete**: one port of a host says nothing of the others.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::cvss::cvss;
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::json::value::{number, text, word};
use crate::network::{self, host_and_port};
use crate::options::ReadOptions;
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "ssh-audit", name: "ssh-audit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "ssh-audit";
/// Where none is told.
const SSH: u16 = 22;

fn recognises(sample: &Sample) -> bool {
    ["banner", "kex", "enc", "mac", "key"].into_iter().all(|key| sample.has_json(key))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, AuditLayout { place: None }, &options.limits)
}

struct AuditLayout {
    place: Option<(AssetRecord, Location)>,
}

/// Paths such as `recommendations.critical.del.kex[]`.
fn recommendation(path: &str) -> Option<(&str, &str, &str)> {
    let mut words = path.strip_prefix("recommendations.")?.strip_suffix("[]")?.split('.');
    let found = (words.next()?, words.next()?, words.next()?);
    words.next().is_none().then_some(found)
}

impl Layout for AuditLayout {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "cves" => Step::Enter,
            "target" | "banner" => Step::Keep,
            "cves[]" => Step::Record,
            path if recommendation(path).is_some() => Step::Record,
            path if path.starts_with("recommendations") => Step::Enter,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let report = sections.first();
        let target = report.text("target").ok_or("it names no `target`")?;
        let (host, port) = host_and_port(target);
        let asset = network::host([host]);
        if asset.keys.is_empty() {
            return Err("its `target` names no host".to_owned());
        }
        self.place = Some((asset.clone(), network::port(port.unwrap_or(SSH), "tcp", Some("ssh".to_owned()))));
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            targets: vec![single_line(target, 300)],
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        beginning.cover(asset);
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let value = record.value()?;
        let (asset, location) = self.place.as_ref().ok_or("the report names no target")?;
        let name = single_line(text(&value, "name"), 200);
        if name.is_empty() {
            return Err("it has no name, so nothing says what it is".to_owned());
        }
        let Some((level, advice, kind)) = recommendation(record.path) else {
            return Ok(vec![vulnerability(&value, name, asset, location.clone())]);
        };
        let severity = match (level, advice) {
            (_, "add") | ("informational", _) => Severity::Info,
            ("critical", _) => Severity::High,
            ("warning", _) => Severity::Medium,
            _ => return Err(format!("`{}` is no level of ssh-audit", single_line(level, 64))),
        };
        let what = match kind {
            "kex" => "key exchange",
            "key" => "host key",
            "enc" => "cipher",
            "mac" => "message authentication code",
            other => other,
        };
        let words = match advice {
            "del" => format!("The server offers the {what} {name}"),
            "chg" => format!("The {what} {name} needs a change"),
            _ => format!("The server lacks the {what} {name}"),
        };
        let rule = format!("{}:{}:{name}", single_line(advice, 20), single_line(kind, 20));
        Ok(vec![FindingRecord {
            vendor_severity: filled(single_line(level, 40)),
            solution: filled(text(&value, "notes")),
            ..bare(SCANNER, rule, words, severity, asset, location.clone())
        }])
    }
}

fn vulnerability(value: &Value, name: String, asset: &AssetRecord, location: Location) -> FindingRecord {
    let score = number(value, "cvssv2");
    let mut cves = vec![];
    cves_in(&name, &mut cves);
    FindingRecord {
        vendor_severity: filled(word(value, "cvssv2")),
        cves,
        cvss: cvss("", score).into_iter().collect(),
        description: filled(text(value, "description")),
        ..bare(SCANNER, name.clone(), name, score.map_or(Severity::Medium, Severity::from_cvss), asset, location)
    }
}
