//! The JSON: `vulnerabilities`, `anomalies` and `additionals` by category, what the categories mean, and facts of the scan.

use std::collections::HashMap;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::entry::{Category, Entry};
use super::{SCANNER, time};
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::json::value::{at, text, word};
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems, ReportHeader};
use crate::sample::Sample;
use crate::site::scanned_site;

pub(crate) const FORMAT: Format =
    Format { id: "wapiti", name: "Wapiti JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    ["classifications", "vulnerabilities"].into_iter().all(|key| sample.has_json(key))
        && !sample.has_json("vulnerabilities[]")
        && (sample.text().contains("\"wstg\"") || sample.text().contains("\"sol\""))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, WapitiLayout::default(), &options.limits)
}

#[derive(Default)]
struct WapitiLayout {
    categories: HashMap<String, Category>,
    target: String,
    asset: Option<AssetRecord>,
}

impl Layout for WapitiLayout {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "vulnerabilities{}" | "anomalies{}" | "additionals{}" => Step::Enter,
            "vulnerabilities" | "anomalies" | "additionals" => Step::Members,
            "vulnerabilities{}[]" | "anomalies{}[]" | "additionals{}[]" => Step::Record,
            "infos" => Step::Keep,
            "classifications" => Step::Note,
            _ => Step::Skip,
        }
    }

    fn note(&mut self, _path: &str, raw: &[u8]) -> Result<(), String> {
        let value: Value = serde_json::from_slice(raw).map_err(|error| format!("`classifications`: {error}"))?;
        for (name, meaning) in value.as_object().into_iter().flatten() {
            let references = at(meaning, "ref").as_object().into_iter().flatten();
            self.categories.insert(
                name.clone(),
                Category {
                    description: text(meaning, "desc").to_owned(),
                    solution: text(meaning, "sol").to_owned(),
                    references: references
                        .map(|(title, address)| (title.clone(), address.as_str().unwrap_or_default().to_owned()))
                        .collect(),
                },
            );
        }
        Ok(())
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let infos = sections.first().fact("infos").ok_or("it has no `infos`, which name the target")?;
        text(infos, "target").trim().clone_into(&mut self.target);
        if self.target.is_empty() {
            return Err("its `infos` name no target".to_owned());
        }
        let mut asset = scanned_site(&self.target);
        let logged_in = at(infos, "auth.logged_in").as_bool();
        asset.authenticated = logged_in == Some(true);
        let mut problems = Problems::default();
        let blind = word(infos, "crawled_pages_nbr") == "0";
        if blind {
            problems.add(&format!("Wapiti reached no page of {}", self.target));
        }
        let version = text(infos, "version").trim_start_matches("Wapiti").trim();
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: filled(single_line(version, 60)),
            started_at: time(text(infos, "date")),
            targets: vec![asset.name.clone()],
            ..ReportHeader::default()
        };
        let covered = CoveredAsset {
            started_at: header.started_at,
            finished_at: None,
            authenticated: logged_in,
            asset: asset.clone(),
        };
        self.asset = Some(asset);
        Ok(Beginning { header, covered: if blind { vec![] } else { vec![covered] }, complete: false, blind, problems })
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let value = record.value()?;
        let section = record.path.split('{').next().unwrap_or_default();
        let entry = Entry {
            section: section.to_owned(),
            category: record.key.to_owned(),
            method: word(&value, "method"),
            path: word(&value, "path"),
            level: word(&value, "level"),
            parameter: word(&value, "parameter"),
            info: word(&value, "info"),
            module: word(&value, "module"),
            request: word(&value, "http_request"),
            command: word(&value, "curl_command"),
        };
        let asset = self.asset.as_ref().ok_or("the report names no target")?;
        let unknown = Category::default();
        let meaning = self.categories.get(record.key).unwrap_or(&unknown);
        Ok(vec![entry.finding(meaning, asset, &self.target)?])
    }
}
