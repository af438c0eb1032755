//! Aqua: what `scannercli` writes of an image, the list of them that a pipeline writes, the summary of an image with its
//! CVEs, and a page of the console's vulnerabilities (`GET /api/v2/risks/vulnerabilities`).
//!
//! Decisions a reader of findings should know:
//! - **Severity** is Aqua's, else the vendor's, else NVD's for CVSS 3, else for CVSS 2.
//! - **Acknowledged** vulnerabilities are somebody's exceptions and are no findings.
//! - **Sensitive data and malware** are not read, only vulnerabilities.
//! - **Nothing is closed**: a report can leave out what has no fix, and does not say so.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity_or_reason,
    subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(crate) const FORMAT: Format =
    Format { id: "aqua", name: "Aqua JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "aqua";

/// Where the scan of one image stands.
const SCANS: [&str; 2] = ["[].results", ""];

fn recognises(sample: &Sample) -> bool {
    sample.has_json("resources[].resource") && sample.has_json("image")
        || sample.has_json("[].results.resources[].resource")
        || sample.has_json("[].image_name") && sample.has_json("[].results.scan_started")
        || sample.has_json("cves") && sample.has_json("cves_counts")
        || sample.has_json("result") && sample.has_json("pagesize") && sample.has_json("page")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Aqua { options: options.clone() }, &options.limits)
}

struct Aqua {
    options: ReadOptions,
}

impl Layout for Aqua {
    fn step(&self, path: &str) -> Step {
        let member = SCANS.iter().find_map(|scan| path.strip_prefix(scan)).unwrap_or_default();
        match member.strip_prefix('.').unwrap_or(member) {
            "" | "[]" | "resources" | "resources[]" | "resources[].vulnerabilities" | "cves" | "result" => Step::Enter,
            "resources[].vulnerabilities[]" | "cves[]" | "result[]" => Step::Record,
            "image" | "image_name" | "[].image_name" | "os" | "scan_started" | "resources[].resource" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let images = || SCANS.iter().flat_map(|scan| sections.at(scan));
        let started = images().filter_map(|image| image.fact("scan_started")?.get("seconds")?.as_i64()).max();
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            started_at: started.map(Timestamp::from_seconds),
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        let named = images().filter_map(|image| self.asset(&image));
        named.for_each(|asset| beginning.cover(asset));
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::needed(&entry, "name")?;
        let words =
            ["aqua_severity", "vendor_severity", "nvd_severity_v3", "nvd_cvss3_severity", "nvd_severity", "severity"];
        let word = field::first_text(&entry, &words).unwrap_or("unknown");
        let severity = match word {
            "unimportant" => Severity::Info,
            // Aqua ranks them above what has a score.
            "malware" => Severity::Critical,
            "sensitive" => Severity::High,
            word => severity_or_reason(word, "Aqua")?,
        };
        if field::flag(&entry, "acknowledged") {
            return Ok(vec![]);
        }
        let asset = match field::text(&entry, "image_name") {
            Some(image) => subject::image(image, &self.options),
            None => self.asset(&record.around).unwrap_or_else(|| subject::repository(None, &self.options)),
        };
        let resource = field::at(&entry, "resource").or(record.around.fact("resource"));
        let system = field::text(&entry, "os").or(record.around.text("os"));
        let (location, name, version) = place(&entry, resource, system)?;
        let mut finding = draft(SCANNER, rule, severity, &asset, location);
        finding.title = package_title(&name, &version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        scores(&entry, &mut finding);
        for weakness in field::list(&entry, "cwe_info") {
            cwes_in(field::text(weakness, "Id").unwrap_or_default(), &mut finding.cwes);
        }
        finding.description = field::text(&entry, "description").map(str::to_owned);
        let fixed = field::texts(&entry, "fix_version");
        finding.solution = field::text(&entry, "solution").map(str::to_owned).or_else(|| upgrade(&name, &fixed));
        finding.evidence = lines(&[
            ("Installed version", Some(&version)),
            ("Fixed version", fixed.first().map(String::as_str)),
            ("Classification", field::first_text(&entry, &["aqua_severity_classification", "classification"])),
            ("Vendor", field::text(&entry, "vendor_statement")),
        ]);
        for address in ["nvd_url", "vendor_url", "url"] {
            finding.references.extend(field::texts(&entry, address));
        }
        Ok(vec![finding])
    }
}

impl Aqua {
    fn asset(&self, around: &Around<'_>) -> Option<AssetRecord> {
        let image = around.text("image").or(around.text("image_name"))?;
        Some(subject::image(image, &self.options))
    }
}

/// Place, name and version of what is vulnerable.
fn place(entry: &Value, resource: Option<&Value>, system: Option<&str>) -> Result<(Location, String, String), String> {
    let Some(resource) = resource else {
        // The summary names a file at most.
        let file = field::text(entry, "file").unwrap_or_default();
        let name = file.rsplit('/').next().unwrap_or_default();
        let purl = generic(name, "");
        let location = purl.map_or(Location::Asset, |purl| package_location(purl, Some(file)));
        return Ok((location, name.to_owned(), String::new()));
    };
    let path = field::text(resource, "path");
    let file = path.and_then(|path| path.rsplit('/').next());
    let name = field::text(resource, "name").or(file).ok_or("it names no resource")?;
    let version = field::text(resource, "version").unwrap_or_default();
    let purl = field::text(resource, "format")
        .and_then(kind_of)
        .and_then(|kind| purl(kind, system, name, version))
        .or_else(|| generic(name, version))
        .ok_or("it names no resource")?;
    Ok((package_location(purl, path), name.to_owned(), version.to_owned()))
}

fn scores(entry: &Value, finding: &mut FindingRecord) {
    for (version, vector, score) in [
        ("3.1", "aqua_vectors", "aqua_score"),
        ("3.1", "nvd_vectors_v3", "nvd_score_v3"),
        ("3.1", "nvd_cvss3_vectors", "nvd_cvss3_score"),
        ("2.0", "nvd_vectors", "nvd_score"),
        ("2.0", "nvd_cvss2_vectors", "nvd_cvss2_score"),
    ] {
        if let Some(vector) = field::text(entry, vector) {
            push_score(&mut finding.cvss, version, Some(vector), field::number(entry, score));
        }
    }
}
