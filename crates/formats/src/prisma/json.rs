//! The JSON form.

use std::collections::HashMap;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::{SCANNER, fixed, package};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, lines, package_location, package_title, push_score, severity_or_reason, subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "prisma-cloud",
    name: "Prisma Cloud Compute (twistcli) JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

/// Where the scan of one thing stands: a code repository, an image, one of a list.
const SCANS: [&str; 3] = ["[].results[]", "results[]", ""];

fn recognises(sample: &Sample) -> bool {
    sample.has_json("results[].vulnerabilityDistribution")
        || sample.has_json("results[].complianceDistribution")
        || sample.has_json("vulnerabilityDistribution") && sample.has_json("complianceDistribution")
        || sample.has_json("[].entityInfo") && sample.has_json("[].results")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Prisma { options: options.clone(), packages: HashMap::new() };
    records::reader(input.content, report, &options.limits)
}

struct Prisma {
    options: ReadOptions,
    /// Kind and path of each package by name and version, as the report lists them.
    packages: HashMap<(String, String), (String, Option<String>)>,
}

impl Layout for Prisma {
    fn step(&self, path: &str) -> Step {
        let member = SCANS.iter().find_map(|scan| path.strip_prefix(scan)).unwrap_or_default();
        match member.strip_prefix('.').unwrap_or(member) {
            "" | "[]" | "results" | "[].results" | "vulnerabilities" | "compliances" | "complianceIssues"
            | "packages" => Step::Enter,
            "vulnerabilities[]" | "compliances[]" | "complianceIssues[]" => Step::Record,
            "packages[]" => Step::Note,
            "id" | "name" | "distro" | "repository" | "scanTime" | "[].entityInfo" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn note(&mut self, _path: &str, raw: &[u8]) -> Result<(), String> {
        let Ok(known) = serde_json::from_slice::<Value>(raw) else { return Ok(()) };
        let of = |name| field::text(&known, name).map(str::to_owned);
        if let (Some(name), Some(kind)) = (of("name"), of("type")) {
            self.packages.insert((name, of("version").unwrap_or_default()), (kind, of("path")));
        }
        Ok(())
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let scans = || SCANS.iter().flat_map(|scan| sections.at(scan)).filter(Around::is_scan);
        let finished_at = scans().filter_map(|scan| Timestamp::parse(scan.text("scanTime")?)).max();
        let header = ReportHeader { scanner: SCANNER.to_owned(), finished_at, ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        scans().for_each(|scan| beginning.cover(self.asset(&scan)));
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let asset = self.asset(&record.around);
        let word = field::needed(&entry, "severity")?;
        let severity = severity_or_reason(word, "Prisma Cloud")?;
        if !record.path.ends_with("vulnerabilities[]") {
            let id = field::words(&entry, "id").or(field::words(&entry, "title")).ok_or("it has no `id`")?;
            let mut finding = draft(SCANNER, &format!("compliance:{id}"), severity, &asset, Location::Asset);
            finding.title = single_line(field::text(&entry, "title").unwrap_or(&id), 300);
            finding.vendor_severity = Some(word.to_owned());
            finding.family = Some("compliance".to_owned());
            finding.description = field::text(&entry, "description").map(str::to_owned);
            finding.evidence = field::text(&entry, "cause").map(str::to_owned);
            return Ok(vec![finding]);
        }
        let rule = field::needed(&entry, "id")?;
        let name = field::needed(&entry, "packageName")?;
        let version = field::text(&entry, "packageVersion").unwrap_or_default();
        let listed = self.packages.get(&(name.to_owned(), version.to_owned()));
        let kind = field::text(&entry, "packageType").or(listed.map(|(kind, _)| kind.as_str()));
        let path = field::text(&entry, "packagePath").or(listed.and_then(|(_, path)| path.as_deref()));
        let purl = package(kind, record.around.text("distro").unwrap_or_default(), name, version)
            .or_else(|| generic(name, version))
            .ok_or("it names no package")?;
        let mut finding = draft(SCANNER, rule, severity, &asset, package_location(purl, path));
        finding.title = package_title(name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        let (vector, score) = (field::text(&entry, "vector"), field::number(&entry, "cvss"));
        if vector.is_some() {
            push_score(&mut finding.cvss, "", vector, score);
        }
        finding.description = field::text(&entry, "description").map(str::to_owned);
        let status = field::text(&entry, "status").unwrap_or_default();
        finding.solution = upgrade(name, &fixed(status));
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("Status", Some(status)),
            ("CVSS", field::words(&entry, "cvss").as_deref()),
        ]);
        finding.references = field::texts(&entry, "link");
        Ok(vec![finding])
    }
}

impl Around<'_> {
    /// Neither the document around several scans nor the entity around one.
    fn is_scan(&self) -> bool {
        self.fact("id").or(self.fact("repository")).or(self.fact("entityInfo")).is_some()
    }
}

impl Prisma {
    fn asset(&self, around: &Around<'_>) -> AssetRecord {
        let entity = |name| around.fact("entityInfo").and_then(|entity| field::text(entity, name));
        if entity("type") == Some("host") {
            let name = entity("name").or(entity("id")).unwrap_or_default().to_owned();
            return AssetRecord::new(AssetKind::Host, name.clone(), vec![AssetKey::Hostname(name)]);
        }
        match around.text("repository") {
            Some(repository) => subject::repository(Some(repository), &self.options),
            None => {
                let name = around.text("name").or(entity("name")).or(around.text("id")).or(entity("id"));
                subject::image(name.unwrap_or_default(), &self.options)
            }
        }
    }
}
