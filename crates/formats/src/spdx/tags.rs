//! Lines of tags and values. A value over several lines stands between `<text>` and `</text>`; none of those is read, but
//! what looks like a tag in one is not taken for one.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};

use scanhelm_core::asset::AssetRecord;
use tempfile::SpooledTempFile;

use super::{Package, beginning, is_root};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::inventory::Inventory;
use crate::options::ReadOptions;
use crate::report::{Reader, ReportItem, rejected};
use crate::spool::Spool;

pub(crate) const FORMAT: Format = Format {
    id: "spdx-tag-value",
    name: "SPDX 2 tag-value",
    extensions: &["spdx"],
    sniff: |sample| sample.text().lines().any(|line| line.trim_start().starts_with("SPDXVersion: SPDX-2.")),
    open,
};

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut spool = Spool::fill(input.content)?;
    let (mut name, mut created, mut packages) = (None, None, 0);
    let mut tags = Tags::new(spool.content()?, options);
    while let Some((tag, value)) = tags.next()? {
        match tag.as_str() {
            "DocumentName" => name = Some(value),
            "Created" => created = Some(value),
            "PackageName" => packages += 1,
            _ => {}
        }
    }
    let (asset, mut beginning) = beginning(name.as_deref(), created.as_deref(), packages, options);
    let footer = ReportItem::Footer {
        finished_at: beginning.header.finished_at,
        complete: false,
        blind: false,
        problems: beginning.problems.take(),
    };
    let mut ready = VecDeque::from([ReportItem::Header(beginning.header)]);
    ready.extend(beginning.covered.into_iter().map(ReportItem::Asset));
    let tags = Tags::new(spool.into_content()?, options);
    Ok(Box::new(Document {
        tags,
        asset,
        package: None,
        inventory: Inventory::default(),
        ready,
        footer: Some(footer),
        record: 0,
    }))
}

struct Document {
    tags: Tags<SpooledTempFile>,
    asset: AssetRecord,
    /// The one that is being read.
    package: Option<Package>,
    inventory: Inventory,
    ready: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    record: u64,
}

impl Reader for Document {
    fn inventory(&mut self) -> Option<&mut Inventory> {
        Some(&mut self.inventory)
    }

    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer.is_none() {
                return Ok(None);
            }
            let Some((tag, value)) = self.tags.next()? else {
                self.finish_package();
                self.ready.extend(self.footer.take());
                continue;
            };
            match (tag.as_str(), &mut self.package) {
                ("PackageName", _) => {
                    self.finish_package();
                    self.package = Some(Package { name: value, ..Package::default() });
                }
                ("PackageVersion", Some(package)) => package.version = value,
                ("PackageLicenseConcluded", Some(package)) => package.concluded = Some(value),
                ("PackageLicenseDeclared", Some(package)) => package.declared = Some(value),
                ("PrimaryPackagePurpose", Some(package)) => package.purpose = Some(value),
                ("SPDXID", Some(package)) => package.is_subject = is_root(&value),
                ("ExternalRef", Some(package)) => {
                    let mut words = value.split_whitespace();
                    let mut word = || words.next().unwrap_or_default();
                    package.refer(word(), word(), word());
                }
                _ => {}
            }
        }
    }
}

impl Document {
    fn finish_package(&mut self) {
        let Some(package) = self.package.take() else { return };
        if !package.is_subject {
            self.inventory.add(package.part());
        }
        match package.findings(&self.asset) {
            Ok(findings) => {
                self.record += findings.len() as u64;
                self.ready.extend(findings.into_iter().map(|finding| ReportItem::Finding(Box::new(finding))));
            }
            Err(reason) => {
                self.ready.push_back(rejected(self.record, reason, &package.advisories.join(" ")));
                self.record += 1;
            }
        }
    }
}

/// Tag after tag, each with the first line of its value.
struct Tags<R> {
    source: BufReader<R>,
    longest: usize,
    position: u64,
}

impl<R: Read> Tags<R> {
    fn new(source: R, options: &ReadOptions) -> Self {
        Self { source: BufReader::new(source), longest: options.limits.max_token, position: 0 }
    }

    fn next(&mut self) -> Result<Option<(String, String)>, ReadError> {
        while let Some(line) = self.line()? {
            let Some((tag, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
            let value = value.trim();
            if value.starts_with("<text>") && !value.contains("</text>") {
                self.pass_text()?;
            }
            let value = value.trim_start_matches("<text>").trim_end_matches("</text>");
            return Ok(Some((tag.trim().to_owned(), value.to_owned())));
        }
        Ok(None)
    }

    fn pass_text(&mut self) -> Result<(), ReadError> {
        while let Some(line) = self.line()? {
            if line.contains("</text>") {
                return Ok(());
            }
        }
        Err(self.truncated("it ends within a text"))
    }

    /// The last line has to end too: without that it could be cut.
    fn line(&mut self) -> Result<Option<String>, ReadError> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(self.longest).unwrap_or(u64::MAX).saturating_add(1);
        let read = (&mut self.source).take(limit).read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| ReadError::from_io(&error, self.position))?;
        self.position += read as u64;
        if read > self.longest {
            let detail = format!("a line in it is longer than {} bytes", self.longest);
            return Err(ReadError::Hostile { detail });
        }
        match bytes.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
            Some(_) => Err(self.truncated("its last line does not end")),
        }
    }

    fn truncated(&self, detail: &str) -> ReadError {
        ReadError::Truncated { position: self.position, detail: detail.to_owned() }
    }
}
