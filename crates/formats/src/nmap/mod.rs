//! Nmap XML (`nmap -oX`), and the XML that masscan writes in its likeness.
//!
//! Decisions a reader of findings should know:
//! - **An open port** is a finding that informs, with what is known of its service. Closed and filtered ports are none,
//!   and neither is `open|filtered`, where Nmap itself cannot tell.
//! - **Scripts**: what `vulners`, `vulscan` and the scripts of Nmap's vulnerability library state is a finding each
//!   (`script.rs`); what other scripts print is the evidence of their port.
//! - **Covered** is a host that answered: one that is up by more than the user's word (`-Pn`), or has a port that is
//!   open or closed. A machine that was switched off during the scan must not look repaired.
//! - **Complete** is a scan that says `exit="success"`, without hosts that timed out and targets that were skipped.
//!   Scans are compared only with scans that asked the same (`policy.rs`).

mod host;
mod policy;
mod script;

use scanhelm_core::Timestamp;
use scanhelm_core::text::single_line;

use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};
use host::Host;

pub(crate) const FORMAT: Format =
    Format { id: "nmap", name: "Nmap XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "nmaprun";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits).with_doctype();
    let root = xml.enter_element(ROOT)?;
    let scanner = match root.attribute("scanner") {
        "masscan" => "masscan",
        _ => "nmap",
    };
    let header = ReportHeader {
        scanner: scanner.to_owned(),
        scanner_version: crate::gathered::filled(single_line(root.attribute("version"), 60)),
        scan_name: crate::gathered::filled(single_line(root.attribute("profile_name"), 300)),
        policy: policy::asked(root.attribute("args")),
        started_at: epoch(root.attribute("start")),
        ..ReportHeader::default()
    };
    let reader = NmapReader {
        xml,
        room: options.limits.max_context,
        scanner,
        header: Some(header),
        finished: None,
        problems: Problems::default(),
    };
    Ok(Stepped::reader(reader, &options.limits))
}

/// Seconds since the epoch.
fn epoch(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok().filter(|seconds| *seconds > 0).map(Timestamp::from_seconds)
}

struct NmapReader {
    xml: XmlReader,
    /// A host is read whole, because what names it and its system stand around its ports.
    room: usize,
    scanner: &'static str,
    header: Option<ReportHeader>,
    finished: Option<Finished>,
    problems: Problems,
}

/// How the scan says that it ended.
struct Finished {
    at: Option<Timestamp>,
    well: bool,
}

impl Steps for NmapReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some(header) = self.header.take() {
            parts.header(header);
        }
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                self.end(parts);
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match element.name.as_str() {
            "host" => self.host(element, parts),
            "target" => {
                if element.attribute("status") == "skipped" {
                    let (target, reason) = (element.attribute("specification"), element.attribute("reason"));
                    self.problems.add(&format!("Nmap skipped the target {target}: {reason}"));
                }
                self.xml.skip_element()
            }
            "runstats" => {
                let element = self.xml.read_element(element)?;
                if let Some(finished) = element.at("finished") {
                    let error = finished.attribute("errormsg");
                    if !error.is_empty() {
                        self.problems.add(error);
                    }
                    self.finished = Some(Finished {
                        at: epoch(finished.attribute("time")),
                        well: finished.attribute("exit") == "success" && error.is_empty(),
                    });
                }
                Ok(())
            }
            _ => self.xml.skip_element(),
        }
    }
}

impl NmapReader {
    fn host(&mut self, element: Element, parts: &mut Parts) -> Result<(), ReadError> {
        let element = self.xml.read_element_within(element, self.room)?;
        if let Some(fault) = &element.fault {
            return parts.record(Err(fault.clone()), || element.excerpt());
        }
        let host = Host::of(&element, self.scanner);
        if host.timed_out {
            self.problems.add(&format!("Nmap gave up on {}, which took too long", host.asset.name));
        }
        if let Some(covered) = host.covered() {
            parts.asset(covered)?;
        }
        host.records(|record, excerpt| parts.record(record, || excerpt.excerpt()))
    }

    fn end(&mut self, parts: &mut Parts) {
        if self.finished.is_none() {
            self.problems.add("the report does not say how the scan ended");
        } else if self.finished.as_ref().is_some_and(|finished| !finished.well) && self.problems.is_empty() {
            self.problems.add("the report does not say that the scan ended well");
        }
        if !parts.has_assets() {
            self.problems.add("no host answered");
        }
        parts.footer(ReportItem::Footer {
            finished_at: self.finished.as_ref().and_then(|finished| finished.at),
            // masscan never asks twice and says nothing of what it covered.
            complete: self.problems.is_empty() && self.scanner == "nmap",
            blind: !parts.has_assets(),
            problems: self.problems.take(),
        });
    }
}
