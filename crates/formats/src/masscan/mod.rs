//! masscan: its JSON (`-oJ`), its JSON lines (`-oD`) and its list (`-oL`). Its XML is read as Nmap's.
//!
//! - **An open port** is a finding that informs; so is a banner, told apart by the protocol that masscan heard. What it
//!   tells of closed ports (`--show closed`) is no finding.
//! - **Never complete**: masscan asks each port once and does not say which hosts it asked, so nothing is fixed because it
//!   is not listed. Covered is a host that answered.
//! - A scan that finds nothing leaves an empty file, which is no report.

mod list;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;

use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::json::{Sequence, value};
use crate::network;
use crate::options::ReadOptions;
use crate::report::{ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};

pub(crate) use list::FORMAT as LIST;

pub(crate) const FORMAT: Format =
    Format { id: "masscan", name: "masscan JSON", extensions: &["json", "ndjson"], sniff: recognises, open };

const SCANNER: &str = "masscan";

fn recognises(sample: &Sample) -> bool {
    let list = sample.has_json("[].ip") && sample.has_json("[].ports[].port") && sample.has_json("[].ports[].proto");
    list || ["ip", "port", "proto", "rec_type"].into_iter().all(|key| sample.has_json(key))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let records = Sequence::new(input.content, &options.limits);
    Ok(Stepped::reader(MasscanReader { records, begun: false, last: None }, &options.limits))
}

struct MasscanReader {
    records: Sequence<Box<dyn Read + Send>>,
    begun: bool,
    last: Option<Timestamp>,
}

/// One port or banner, whichever form tells it.
#[derive(Debug)]
struct Seen {
    ip: String,
    port: u16,
    protocol: String,
    at: Option<Timestamp>,
    what: What,
}

#[derive(Debug)]
enum What {
    Status(String),
    Banner { service: String, banner: String },
}

#[derive(Deserialize)]
struct Host {
    ip: String,
    #[serde(default)]
    timestamp: Value,
    ports: Vec<Value>,
}

impl Steps for MasscanReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        begin(&mut self.begun, parts);
        let Some(record) = self.records.next()? else {
            parts.footer(footer(parts.has_assets(), self.last));
            return Ok(());
        };
        let excerpt = record.excerpt();
        // Old versions mark the end so, which is no JSON.
        if excerpt.split_whitespace().collect::<String>() == "{finished:1}" {
            return Ok(());
        }
        match record.parsed::<Value>().and_then(seen) {
            Ok(all) => {
                for seen in all {
                    self.last = self.last.max(seen.as_ref().ok().and_then(|seen| seen.at));
                    tell(seen, parts, &excerpt)?;
                }
                Ok(())
            }
            Err(reason) => parts.record(Err(reason), || excerpt),
        }
    }
}

fn begin(begun: &mut bool, parts: &mut Parts) {
    if !std::mem::replace(begun, true) {
        parts.header(ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() });
    }
}

fn footer(has_hosts: bool, finished_at: Option<Timestamp>) -> ReportItem {
    ReportItem::Footer { finished_at, complete: false, blind: !has_hosts, problems: vec![] }
}

fn tell(seen: Result<Seen, String>, parts: &mut Parts, excerpt: &str) -> Result<(), ReadError> {
    match seen.and_then(Seen::finding) {
        Ok(Some(finding)) => parts.record(Ok(finding), String::new),
        Ok(None) => Ok(()),
        Err(reason) => parts.record(Err(reason), || excerpt.to_owned()),
    }
}

/// The ports of a record: of a host of the list, or of a line.
fn seen(record: Value) -> Result<Vec<Result<Seen, String>>, String> {
    if record.get("rec_type").is_some() {
        let what = match value::text(&record, "rec_type") {
            "banner" => What::Banner {
                service: value::word(&record, "data.service_name"),
                banner: value::word(&record, "data.banner"),
            },
            _ => What::Status(value::word(&record, "data.status")),
        };
        return Ok(vec![port(&record, &value::word(&record, "ip"), &record, what)]);
    }
    let host: Host = serde_json::from_value(record).map_err(|error| error.to_string())?;
    let time = serde_json::json!({ "timestamp": host.timestamp });
    let ports = host.ports.iter().map(|told| {
        let what = match told.get("service") {
            Some(service) => {
                What::Banner { service: value::word(service, "name"), banner: value::word(service, "banner") }
            }
            None => What::Status(value::word(told, "status")),
        };
        port(told, &host.ip, &time, what)
    });
    Ok(ports.collect())
}

fn port(told: &Value, ip: &str, time: &Value, what: What) -> Result<Seen, String> {
    Ok(Seen {
        ip: ip.to_owned(),
        port: network::port_number(&value::word(told, "port"))?,
        protocol: value::word(told, "proto"),
        at: epoch(&value::word(time, "timestamp")),
        what,
    })
}

fn epoch(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|seconds| *seconds > 0).map(Timestamp::from_seconds)
}

impl Seen {
    /// `None` for what is not open.
    fn finding(self) -> Result<Option<FindingRecord>, String> {
        if !network::is_address(&self.ip) {
            return Err(format!("`{}` is no address", single_line(&self.ip, 64)));
        }
        if self.protocol.is_empty() {
            return Err("its port has no protocol".to_owned());
        }
        let asset = network::host([self.ip.as_str()]);
        let location = network::port(self.port, &self.protocol, None);
        Ok(match self.what {
            What::Status(status) if status == "open" => Some(FindingRecord {
                seen_at: self.at,
                ..bare(
                    SCANNER,
                    "open-port",
                    format!("Open port {}", location.label()),
                    Severity::Info,
                    &asset,
                    location,
                )
            }),
            What::Status(_) => None,
            What::Banner { service, banner } => Some(self::banner(&asset, location, &service, &banner, self.at)),
        })
    }
}

/// What a port said by itself. A port can speak several protocols (`http`, `title`, `ssl`): each is a check of its own.
pub(crate) fn banner(
    asset: &AssetRecord,
    location: Location,
    service: &str,
    banner: &str,
    at: Option<Timestamp>,
) -> FindingRecord {
    let service = single_line(service, 60);
    let title = format!("Banner of {service} on port {}", location.label());
    FindingRecord {
        check: filled(service),
        evidence: filled(banner),
        seen_at: at,
        ..bare(SCANNER, "banner", title, Severity::Info, asset, location)
    }
}
