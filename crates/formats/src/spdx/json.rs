//! The JSON form.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::{Package, beginning, is_root};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::inventory::Inventory;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{field, subject};
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "spdx",
    name: "SPDX 2 JSON",
    extensions: &["spdx.json", "json"],
    sniff: |sample: &Sample| sample.has_json("spdxVersion") && sample.has_json("SPDXID"),
    open,
};

fn open(input: Input, options: &ReadOptions) -> Opened {
    let document = Document {
        options: options.clone(),
        asset: subject::repository(None, options),
        inventory: Inventory::default(),
    };
    records::reader(input.content, document, &options.limits)
}

struct Document {
    options: ReadOptions,
    asset: AssetRecord,
    inventory: Inventory,
}

impl Layout for Document {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "packages" => Step::Enter,
            "packages[]" => Step::Record,
            "name" | "creationInfo" | "documentDescribes" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn inventory(&mut self) -> Option<&mut Inventory> {
        Some(&mut self.inventory)
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let created = document.fact("creationInfo").and_then(|info| field::text(info, "created"));
        let (asset, beginning) = beginning(document.text("name"), created, sections.records, &self.options);
        self.asset = asset;
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let mut package = Package {
            name: field::needed(&entry, "name")?.to_owned(),
            version: field::text(&entry, "versionInfo").unwrap_or_default().to_owned(),
            concluded: field::text(&entry, "licenseConcluded").map(str::to_owned),
            declared: field::text(&entry, "licenseDeclared").map(str::to_owned),
            purpose: field::text(&entry, "primaryPackagePurpose").map(str::to_owned),
            is_subject: is_subject(&entry, record.around.fact("documentDescribes")),
            ..Package::default()
        };
        for reference in field::list(&entry, "externalRefs") {
            let of = |name| field::text(reference, name).unwrap_or_default();
            package.refer(of("referenceCategory"), of("referenceType"), of("referenceLocator"));
        }
        if !package.is_subject {
            self.inventory.add(package.part());
        }
        package.findings(&self.asset)
    }
}

fn is_subject(entry: &Value, described: Option<&Value>) -> bool {
    let Some(id) = field::text(entry, "SPDXID") else { return false };
    let described = described.and_then(Value::as_array).into_iter().flatten();
    is_root(id) || described.filter_map(Value::as_str).any(|subject| subject == id)
}
