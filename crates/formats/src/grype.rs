//! Grype's JSON (`grype -o json`).
//!
//! Decisions a reader of findings should know:
//! - **One vulnerability, two databases.** Grype reports what GitHub calls GHSA under that name and names the CVE beside
//!   it; the CVE identifies, so `--by-cve` changes nothing.
//! - **Ignored matches** are somebody's exceptions and are not read.
//! - **Complete** is a report whose settings are in it and leave nothing out: no `only-fixed` and the like, no excluded
//!   paths, no exceptions but those that Grype brings itself (headers of a kernel, known by their `match-type`); and
//!   which is of an image: a folder can be a part of its repository.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKind, AssetRecord};
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    canonical, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score,
    severity_or_reason, subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::{cves_in, cwes_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "grype", name: "Grype JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "grype";

fn recognises(sample: &Sample) -> bool {
    let with_match = sample.has_json("matches[].vulnerability") && sample.has_json("matches[].artifact");
    let clean = sample.has_json("matches") && sample.has_json("descriptor.name") && sample.has_json("source");
    with_match || clean
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Grype { options: options.clone(), asset: subject::repository(None, options), distro: None };
    records::reader(input.content, report, &options.limits)
}

struct Grype {
    options: ReadOptions,
    asset: AssetRecord,
    distro: Option<String>,
}

impl Layout for Grype {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "matches" | "descriptor" => Step::Enter,
            "matches[]" => Step::Record,
            "source" | "distro" => Step::Keep,
            "descriptor.version" | "descriptor.configuration" | "descriptor.timestamp" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let descriptor = sections.at("descriptor").next();
        let descriptor = descriptor.as_ref();
        let source = document.fact("source").unwrap_or(&Value::Null);
        self.asset = asset(source, &self.options);
        self.distro = document.fact("distro").and_then(|distro| field::text(distro, "name")).map(str::to_owned);
        let configuration = descriptor.and_then(|descriptor| descriptor.fact("configuration"));
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scanner_version: descriptor.and_then(|descriptor| descriptor.text("version")).map(str::to_owned),
                scan_name: Some(self.asset.name.clone()),
                finished_at: descriptor.and_then(|descriptor| descriptor.text("timestamp")).and_then(Timestamp::parse),
                ..ReportHeader::default()
            },
            complete: self.asset.kind == AssetKind::Image && configuration.is_some_and(leaves_nothing_out),
            ..Beginning::default()
        };
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::needed(&entry, "vulnerability.id")?;
        let word = field::text(&entry, "vulnerability.severity").unwrap_or("Unknown");
        let severity = severity_or_reason(word, "Grype")?;
        let name = field::needed(&entry, "artifact.name")?;
        let version = field::text(&entry, "artifact.version").unwrap_or_default();
        let location = package_location(self.package(&entry, name, version)?, path(&entry).as_deref());
        let mut finding = draft(SCANNER, rule, severity, &self.asset, location);
        if finding.cves.is_empty() {
            for related in field::list(&entry, "relatedVulnerabilities") {
                cves_in(field::text(related, "id").unwrap_or_default(), &mut finding.cves);
            }
        }
        let description = field::text(&entry, "vulnerability.description").or_else(|| {
            field::list(&entry, "relatedVulnerabilities").find_map(|other| field::text(other, "description"))
        });
        finding.title = package_title(name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        let related = field::list(&entry, "relatedVulnerabilities").flat_map(|other| field::list(other, "cvss"));
        for score in field::list(&entry, "vulnerability.cvss").chain(related) {
            let (version, vector) = (field::text(score, "version").unwrap_or_default(), field::text(score, "vector"));
            push_score(&mut finding.cvss, version, vector, field::number(score, "metrics.baseScore"));
        }
        for weakness in field::list(&entry, "vulnerability.cwes") {
            cwes_in(field::text(weakness, "cwe").unwrap_or_default(), &mut finding.cwes);
        }
        finding.family = field::text(&entry, "vulnerability.namespace").map(str::to_owned);
        finding.description = description.map(str::to_owned);
        finding.solution = upgrade(name, &field::texts(&entry, "vulnerability.fix.versions"));
        finding.evidence = lines(&[
            ("Package", Some(name)),
            ("Installed version", Some(version)),
            ("Type", field::text(&entry, "artifact.type")),
            ("Fix", field::text(&entry, "vulnerability.fix.state")),
            ("Places", Some(&places(&entry).collect::<Vec<_>>().join(", "))),
        ]);
        finding.references = field::texts(&entry, "vulnerability.dataSource");
        for address in field::texts(&entry, "vulnerability.urls") {
            push_new(&mut finding.references, address);
        }
        Ok(vec![finding])
    }
}

impl Grype {
    fn package(&self, entry: &Value, name: &str, version: &str) -> Result<String, String> {
        field::text(entry, "artifact.purl")
            .and_then(canonical)
            .or_else(|| purl(kind_of(field::text(entry, "artifact.type")?)?, self.distro.as_deref(), name, version))
            .or_else(|| generic(name, version))
            .ok_or_else(|| "it names no package".to_owned())
    }
}

fn places(entry: &Value) -> impl Iterator<Item = &str> {
    field::list(entry, "artifact.locations").filter_map(|location| field::text(location, "path").or(location.as_str()))
}

/// A package can be found through several files; the order of the report is not to matter.
fn path(entry: &Value) -> Option<String> {
    places(entry).min().map(str::to_owned)
}

fn asset(source: &Value, options: &ReadOptions) -> AssetRecord {
    if field::text(source, "type") != Some("image") {
        return subject::repository(None, options);
    }
    let tag = field::texts(source, "target.tags").into_iter().next();
    let given = field::text(source, "target.userInput").map(|input| without_scheme(input).to_owned());
    let digest = field::text(source, "target.manifestDigest").map(str::to_owned);
    subject::image(&tag.or(given).or(digest).unwrap_or_default(), options)
}

/// `registry:alpine:3` is the image `alpine:3`.
fn without_scheme(input: &str) -> &str {
    let schemes =
        ["docker", "podman", "containerd", "registry", "docker-archive", "oci-archive", "oci-dir", "singularity"];
    match input.split_once(':') {
        Some((scheme, rest)) if schemes.contains(&scheme) => rest,
        _ => input,
    }
}

fn leaves_nothing_out(configuration: &Value) -> bool {
    let off = |name: &str| match field::at(configuration, name) {
        None => true,
        Some(Value::Bool(on)) => !on,
        Some(Value::String(states)) => single_line(states, 10).is_empty(),
        Some(Value::Array(entries)) => entries.is_empty(),
        Some(_) => false,
    };
    let own_rules = field::list(configuration, "ignore").all(|rule| field::text(rule, "match-type").is_some());
    ["only-fixed", "only-notfixed", "ignore-wontfix", "exclude"].into_iter().all(off) && own_rules
}
