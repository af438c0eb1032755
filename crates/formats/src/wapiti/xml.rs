//! The XML: `report`, with the same sections.

use std::collections::HashMap;

use scanhelm_core::text::single_line;

use super::entry::{Category, Entry};
use super::{SCANNER, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems, ReportHeader, ReportItem};
use crate::sample::Sample;
use crate::site::scanned_site;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "wapiti-xml", name: "Wapiti XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "report";

fn recognises(sample: &Sample) -> bool {
    sample.xml_root() == Some(ROOT) && sample.text().contains("<report_infos>")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut xml = XmlReader::new(input.content, &options.limits);
    xml.enter(ROOT)?;
    let reader = WapitiReader {
        xml,
        room: options.limits.max_token,
        infos: HashMap::new(),
        begun: false,
        section: String::new(),
        category: String::new(),
        meaning: Category::default(),
        problems: Problems::default(),
    };
    Ok(Stepped::reader(reader, &options.limits))
}

struct WapitiReader {
    xml: XmlReader,
    room: usize,
    /// They stand before everything else.
    infos: HashMap<String, String>,
    begun: bool,
    section: String,
    category: String,
    meaning: Category,
    problems: Problems,
}

impl Steps for WapitiReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => return self.end(parts),
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match element.name.as_str() {
            "report_infos" | "entries" => Ok(()),
            "info" if self.section.is_empty() => {
                let name = element.attribute("name").to_owned();
                let text = self.xml.read_element_within(element, self.room)?.text;
                self.infos.insert(name, text);
                Ok(())
            }
            "vulnerabilities" | "anomalies" | "additionals" => {
                self.section = element.name;
                self.begin(parts)
            }
            "vulnerability" | "anomaly" | "additional" => {
                element.attribute("name").clone_into(&mut self.category);
                self.meaning = Category::default();
                Ok(())
            }
            "description" | "solution" | "references" => {
                let element = self.xml.read_element_within(element, self.room)?;
                self.learn(&element);
                Ok(())
            }
            "entry" => {
                let element = self.xml.read_element_within(element, self.room)?;
                let finding = match &element.fault {
                    Some(fault) => Err(fault.clone()),
                    None => self.entry(&element).finding(&self.meaning, &scanned_site(self.target()), self.target()),
                };
                parts.record(finding, || element.excerpt())
            }
            _ => self.xml.skip_element(),
        }
    }
}

impl WapitiReader {
    fn target(&self) -> &str {
        self.infos.get("target").map_or("", |target| target.trim())
    }

    fn info(&self, name: &str) -> &str {
        self.infos.get(name).map_or("", |info| info.trim())
    }

    /// Header and asset, once.
    fn begin(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        if self.target().is_empty() {
            return Err(self.xml.malformed("its facts name no target"));
        }
        let asset = scanned_site(self.target());
        let version = self.info("generatorVersion").trim_start_matches("Wapiti").trim();
        let started_at = time(self.info("dateOfScan"));
        parts.header(ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: filled(single_line(version, 60)),
            started_at,
            targets: vec![asset.name.clone()],
            ..ReportHeader::default()
        });
        if self.info("crawledPages") == "0" || self.info("crawled_pages_nbr") == "0" {
            self.problems.add(&format!("Wapiti reached no page of {}", self.target()));
            return Ok(());
        }
        parts.asset(CoveredAsset { asset, started_at, finished_at: None, authenticated: None })
    }

    /// What the category means.
    fn learn(&mut self, element: &Element) {
        match element.name.as_str() {
            "description" => self.meaning.description.clone_from(&element.text),
            "solution" => self.meaning.solution.clone_from(&element.text),
            _ => {
                let references = element.children_named("reference");
                self.meaning.references = references
                    .map(|reference| (reference.text_at("title").to_owned(), reference.text_at("url").to_owned()))
                    .collect();
            }
        }
    }

    fn entry(&self, element: &Element) -> Entry {
        let text = |name: &str| element.text_at(name).to_owned();
        Entry {
            section: self.section.clone(),
            category: self.category.clone(),
            method: text("method"),
            path: text("path"),
            level: text("level"),
            parameter: text("parameter"),
            info: text("info"),
            module: text("module"),
            request: text("http_request"),
            command: text("curl_command"),
        }
    }

    fn end(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        self.begin(parts)?;
        parts.footer(ReportItem::Footer {
            finished_at: None,
            complete: false,
            blind: !parts.has_assets(),
            problems: self.problems.take(),
        });
        Ok(())
    }
}
