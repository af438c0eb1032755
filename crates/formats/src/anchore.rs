//! What Anchore's server says of an image: the vulnerabilities of Engine and Enterprise 1 (`/images/{digest}/vuln/all`),
//! the security evaluation that Enterprise exports, and the bare list of `anchorectl image vulnerabilities -o json`.
//!
//! Evaluations of a policy (`anchorectl image check`, `/check`) repeat vulnerabilities in prose and are not read. What the server
//! knows of an image comes from its own analysis, whose completeness these documents do not tell: nothing is closed.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity_or_reason,
    subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "anchore", name: "Anchore vulnerabilities (JSON)", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "anchore";

fn recognises(sample: &Sample) -> bool {
    let engine = (sample.has_json("imageDigest") || sample.has_json("image_digest"))
        && sample.has_json("vulnerabilities")
        && (sample.has_json("vulnerability_type")
            || sample.has_json("vulnerabilityType")
            || sample.has_json("vulnerabilities[].vuln"));
    let evaluation = sample.has_json("securityEvaluation") && sample.has_json("metadata.imageDigest");
    let list = sample.has_json("[].vuln") && sample.has_json("[].packageName") && sample.has_json("[].feedGroup");
    engine || evaluation || list
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Anchore { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, report, &options.limits)
}

struct Anchore {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Layout for Anchore {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "vulnerabilities" | "securityEvaluation" => Step::Enter,
            "vulnerabilities[]" | "securityEvaluation[]" | "[]" => Step::Record,
            "imageDigest" | "image_digest" | "metadata" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let image = match document.fact("metadata") {
            Some(metadata) => {
                let part = |name| field::text(metadata, name);
                let name = [part("registry"), part("repository")].into_iter().flatten().collect::<Vec<_>>().join("/");
                part("tag").map_or(name.clone(), |tag| format!("{name}:{tag}"))
            }
            None => document.text("imageDigest").or(document.text("image_digest")).unwrap_or_default().to_owned(),
        };
        self.asset = subject::image(&image, &self.options);
        let time = document.fact("metadata").and_then(|metadata| field::text(metadata, "timestamp"));
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scan_name: Some(self.asset.name.clone()),
                finished_at: time.and_then(Timestamp::parse),
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let said = |names: &[&str]| field::first_text(&entry, names).filter(|text| *text != "None");
        let rule = said(&["vuln", "vulnerabilityId"]).ok_or("it has no `vuln`")?;
        let word = said(&["severity"]).unwrap_or("Unknown");
        let severity = severity_or_reason(word, "Anchore")?;
        let whole = said(&["package"]).unwrap_or_default();
        let (name, version) = match said(&["package_name", "packageName"]) {
            Some(name) => (name, said(&["package_version", "packageVersion"]).unwrap_or_default()),
            None => name_and_version(whole),
        };
        let kind = said(&["package_type", "packageType"]).and_then(kind_of);
        let feed = said(&["feed_group", "feedGroup"]).and_then(|feed| feed.split(':').next());
        let purl = kind
            .and_then(|kind| purl(kind, feed, name, version))
            .or_else(|| generic(name, version))
            .ok_or("it names no package")?;
        let path = said(&["package_path", "packagePath", "path"]).filter(|path| *path != "pkgdb");
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, path));
        if finding.cves.is_empty() {
            cves_in(&field::texts(&entry, "cves").join(" "), &mut finding.cves);
            let known = field::list(&entry, "nvd_data").chain(field::list(&entry, "nvdData"));
            known.for_each(|data| cves_in(field::text(data, "id").unwrap_or_default(), &mut finding.cves));
        }
        finding.title = package_title(name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        scores(&entry, &mut finding);
        finding.family = feed.map(str::to_owned);
        finding.description = field::text(&entry, "extra.description").map(str::to_owned);
        let fixed = said(&["fix", "fixAvailable"]).map(str::to_owned);
        finding.solution = upgrade(name, fixed.as_slice());
        finding.evidence = lines(&[
            ("Package", Some(name)),
            ("Installed version", Some(version)),
            ("Will not be fixed", field::flag(&entry, "will_not_fix").then_some("yes")),
        ]);
        finding.references = said(&["url", "link"]).into_iter().map(str::to_owned).collect();
        Ok(vec![finding])
    }
}

fn scores(entry: &Value, finding: &mut FindingRecord) {
    for data in field::list(entry, "extra.nvd_data") {
        for version in ["cvss_v3", "cvss_v2"] {
            let Some(score) = field::at(data, version) else { continue };
            let (number, vector) =
                (field::number(score, "base_metrics.base_score"), field::text(score, "vector_string"));
            push_score(&mut finding.cvss, field::text(score, "version").unwrap_or_default(), vector, number);
        }
    }
    for data in field::list(entry, "nvd_data") {
        push_score(&mut finding.cvss, "3.1", None, field::number(data, "cvss_v3.base_score"));
        push_score(&mut finding.cvss, "2.0", None, field::number(data, "cvss_v2.base_score"));
    }
    push_score(&mut finding.cvss, "3.1", None, field::number(entry, "nvdCvssBaseScore"));
}

/// `tomcat-embed-websocket-9.0.97`: the version begins at the first number behind a hyphen.
fn name_and_version(package: &str) -> (&str, &str) {
    let mut hyphens = package.match_indices('-').map(|(at, _)| at);
    let split =
        hyphens.find(|at| package.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    split.and_then(|at| Some((package.get(..at)?, package.get(at + 1..)?))).unwrap_or((package, ""))
}
