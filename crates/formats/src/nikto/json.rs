//! The JSON: a host, or a list of hosts.

use std::io::Read;

use jiff::fmt::strtime;
use scanhelm_core::Timestamp;
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::item::{Host, Item};
use super::{footer, header};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::Sequence;
use crate::json::value::{list, text, word};
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};

pub(crate) const FORMAT: Format =
    Format { id: "nikto", name: "Nikto JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    ["", "[]."].into_iter().any(|in_list| {
        let has = |key: &str| sample.has_json(&format!("{in_list}{key}"));
        ["host", "ip", "port", "vulnerabilities"].into_iter().all(has) && (has("banner") || has("server_banner"))
    })
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let hosts = Sequence::new(input.content, &options.limits);
    let reader = NiktoReader { hosts, begun: false, last: None, problems: Problems::default() };
    Ok(Stepped::reader(reader, &options.limits))
}

struct NiktoReader {
    hosts: Sequence<Box<dyn Read + Send>>,
    begun: bool,
    last: Option<Timestamp>,
    problems: Problems,
}

impl Steps for NiktoReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(header(None));
        }
        let Some(record) = self.hosts.next()? else {
            parts.footer(footer(parts.has_assets(), self.last, &mut self.problems));
            return Ok(());
        };
        let value = match record.parsed::<Value>() {
            Ok(value) => value,
            Err(reason) => return parts.record(Err(reason), || record.excerpt()),
        };
        let mut items: Vec<Item> = list(&value, "vulnerabilities").iter().map(item).collect();
        items.retain(|item| match item.failure() {
            Some(failure) => {
                self.problems.add(&failure);
                false
            }
            None => true,
        });
        let failed = items.is_empty() && !list(&value, "vulnerabilities").is_empty();
        if failed {
            return Ok(());
        }
        let mut host = match host(&value) {
            Ok(host) => host,
            Err(reason) => return parts.record(Err(reason), || record.excerpt()),
        };
        let (started_at, finished_at) = (time(text(&value, "start_time")), time(text(&value, "end_time")));
        host.scanned_at = finished_at;
        self.last = self.last.max(finished_at);
        let asset = host.asset.clone();
        parts.asset(CoveredAsset { asset, started_at, finished_at, authenticated: None })?;
        for item in items {
            let shown = format!("{item:?}");
            parts.record(item.finding(&host), || shown)?;
        }
        Ok(())
    }
}

fn host(value: &Value) -> Result<Host, String> {
    let name = [word(value, "host"), word(value, "ip")].into_iter().find(|name| !name.is_empty());
    let name = single_line(&name.ok_or("it names no host")?, 300);
    let port = word(value, "port");
    let is_tls =
        port == "443" || value.get("ssl_info").and_then(Value::as_object).is_some_and(|facts| !facts.is_empty());
    let scheme = if is_tls { "https" } else { "http" };
    let name = if name.contains(':') && !name.starts_with('[') { format!("[{name}]") } else { name };
    Host::at(&if port.is_empty() { format!("{scheme}://{name}") } else { format!("{scheme}://{name}:{port}") })
}

fn item(value: &Value) -> Item {
    Item {
        id: word(value, "id"),
        method: word(value, "method"),
        url: word(value, "url"),
        message: word(value, "msg"),
        references: word(value, "references"),
        osvdb: word(value, "OSVDB"),
    }
}

/// `2026-11-21 21:27:57 +0000`.
fn time(text: &str) -> Option<Timestamp> {
    let time = strtime::parse("%Y-%m-%d %H:%M:%S %z", text.trim()).ok()?.to_timestamp().ok()?;
    Some(Timestamp::from_seconds(time.as_second()))
}
