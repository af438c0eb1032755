//! The XML report: `ScanGroup`, in it `Scan`, in it facts of the scan and then `ReportItems`.

use std::collections::VecDeque;

use scanhelm_core::asset::AssetRecord;

use super::SCANNER;
use super::item::Item;
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::site::scanned_site;
use crate::xml::{Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "acunetix", name: "Acunetix XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "ScanGroup";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits);
    loop {
        match xml.next()? {
            Markup::Start(tag) if tag.name() == ROOT => break,
            Markup::Start(tag) => {
                let detail = format!("the root element is <{}> instead of <{ROOT}>", tag.name());
                return Err(xml.malformed(detail));
            }
            _ => {}
        }
    }
    Ok(Box::new(XmlReport {
        xml,
        scan: Scan::default(),
        ready: VecDeque::new(),
        scans: 0,
        record: 0,
        in_items: false,
        unresponsive: 0,
        problems: Problems::default(),
        footer_given: false,
    }))
}

struct XmlReport {
    xml: XmlReader,
    scan: Scan,
    ready: VecDeque<ReportItem>,
    scans: usize,
    record: u64,
    /// The next elements are the items of the scan.
    in_items: bool,
    /// Scans whose target did not answer and that found nothing.
    unresponsive: usize,
    problems: Problems,
    footer_given: bool,
}

/// What stands before the items of a scan.
#[derive(Default)]
struct Scan {
    name: String,
    start_url: String,
    /// With its scheme, which `StartURL` may lack.
    crawled_from: String,
    web_server: String,
    responsive: bool,
    items: u64,
    asset: Option<AssetRecord>,
}

/// What a start tag asks for. Taken out of the tag first, because reading on needs the parser again.
enum Element {
    Scan,
    Fact(&'static str),
    Crawler(String),
    Items,
    Item(String),
    Other,
}

const FACTS: [&str; 6] = ["Name", "StartURL", "WebServer", "Aborted", "Responsive", "ShortName"];

impl Reader for XmlReport {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer_given {
                return Ok(None);
            }
            self.advance()?;
        }
    }
}

impl XmlReport {
    /// Reads one element; what it gives is put into `ready`.
    fn advance(&mut self) -> Result<(), ReadError> {
        let depth = self.xml.depth();
        let in_items = self.in_items;
        let element = match self.xml.next()? {
            Markup::Start(tag) => match (depth, tag.name()) {
                (1, "Scan") => Element::Scan,
                (2, "ReportItems") => Element::Items,
                (3, "ReportItem") if in_items => Element::Item(tag.raw().to_owned()),
                (2, "Crawler") => {
                    let mut start = String::new();
                    let _ = tag.attributes(|key, value| {
                        if key == "StartUrl" {
                            value.trim().clone_into(&mut start);
                        }
                    })?;
                    Element::Crawler(start)
                }
                (2, name) => FACTS.into_iter().find(|fact| *fact == name).map_or(Element::Other, Element::Fact),
                _ => Element::Other,
            },
            Markup::End => {
                match depth {
                    // A scan without a list of items found nothing.
                    2 => self.end_scan(),
                    3 => self.in_items = false,
                    _ => {}
                }
                return Ok(());
            }
            Markup::Eof => return self.end(),
            Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match element {
            Element::Scan => {
                self.scans += 1;
                self.scan = Scan { responsive: true, ..Scan::default() };
                Ok(())
            }
            Element::Fact(name) => self.read_fact(name),
            Element::Crawler(start) => {
                self.scan.crawled_from = start;
                // The list of pages can be long, and says nothing about findings.
                self.xml.skip_element()
            }
            Element::Items => {
                self.announce();
                self.in_items = true;
                Ok(())
            }
            Element::Item(raw) => self.read_item(&raw),
            Element::Other => self.xml.skip_element(),
        }
    }

    fn read_fact(&mut self, name: &'static str) -> Result<(), ReadError> {
        let mut text = String::new();
        self.xml.read_text(&mut text)?;
        let text = text.trim();
        match name {
            "Name" => text.clone_into(&mut self.scan.name),
            "StartURL" => text.clone_into(&mut self.scan.start_url),
            "WebServer" => text.clone_into(&mut self.scan.web_server),
            "Aborted" if text.eq_ignore_ascii_case("true") => {
                self.problems.add("Acunetix says that the scan was aborted");
            }
            "Responsive" if text.eq_ignore_ascii_case("false") => {
                self.scan.responsive = false;
                self.problems.add("Acunetix says that the target did not answer");
            }
            _ => {}
        }
        Ok(())
    }

    /// Header and asset, once a scan.
    fn announce(&mut self) -> &AssetRecord {
        let scan = &mut self.scan;
        scan.asset.get_or_insert_with(|| {
            let target = [&scan.start_url, &scan.crawled_from, &scan.name].into_iter().find(|text| !text.is_empty());
            let asset = scanned_site(target.map_or("unknown site", String::as_str));
            self.ready.push_back(ReportItem::Header(ReportHeader {
                scanner: SCANNER.to_owned(),
                scan_name: Some(scan.name.clone()).filter(|name| !name.is_empty()),
                targets: vec![asset.name.clone()],
                ..ReportHeader::default()
            }));
            self.ready.push_back(ReportItem::Asset(CoveredAsset {
                asset: asset.clone(),
                started_at: None,
                finished_at: None,
                authenticated: None,
            }));
            asset
        })
    }

    fn read_item(&mut self, raw: &str) -> Result<(), ReadError> {
        let item = Item::read(&mut self.xml)?;
        let asset = self.announce().clone();
        self.scan.items += 1;
        let record = self.record;
        self.record += 1;
        let base = if self.scan.crawled_from.is_empty() { &self.scan.start_url } else { &self.scan.crawled_from };
        self.ready.push_back(match item.record(asset, base) {
            Ok(finding) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(record, reason, raw),
        });
        Ok(())
    }

    fn end_scan(&mut self) {
        self.announce();
        if !self.scan.responsive && self.scan.items == 0 {
            self.unresponsive += 1;
        }
    }

    fn end(&mut self) -> Result<(), ReadError> {
        if self.scans == 0 {
            return Err(self.xml.malformed("it holds no <Scan>, so no results"));
        }
        self.footer_given = true;
        self.ready.push_back(ReportItem::Footer {
            finished_at: None,
            complete: self.problems.is_empty(),
            blind: self.unresponsive == self.scans,
            problems: self.problems.take(),
        });
        Ok(())
    }
}
