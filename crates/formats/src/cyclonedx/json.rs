//! The JSON form.

use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::bom::Bom;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::inventory::Inventory;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "cyclonedx",
    name: "CycloneDX JSON",
    extensions: &["json"],
    sniff: |sample: &Sample| sample.has_json("bomFormat") && sample.has_json("specVersion"),
    open,
};

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Document(Bom::new(options)), &options.limits)
}

struct Document(Bom);

impl Layout for Document {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "components" | "vulnerabilities" => Step::Enter,
            "components[]" => Step::Note,
            "metadata" | "bomFormat" => Step::Keep,
            "vulnerabilities[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn inventory(&mut self) -> Option<&mut Inventory> {
        Some(&mut self.0.inventory)
    }

    fn note(&mut self, _path: &str, raw: &[u8]) -> Result<(), String> {
        let component: Value =
            serde_json::from_slice(raw).map_err(|error| format!("a component is broken: {error}"))?;
        self.0.add(&component);
        Ok(())
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        if document.text("bomFormat") != Some("CycloneDX") {
            return Err("its `bomFormat` is not CycloneDX".to_owned());
        }
        Ok(self.0.begin(document.fact("metadata").unwrap_or(&Value::Null), sections.records))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        self.0.findings(&record.value()?)
    }
}
