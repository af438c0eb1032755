//! OSV-Scanner (`--format json`).
//!
//! One flaw often has several advisories (a GHSA and a PYSEC of one CVE); OSV-Scanner groups them. A group is one finding
//! under its GHSA, else its first name, with every CVE of the group. Severity is the group's highest CVSS score, else the
//! advisory's own word or vector, else medium; what is malicious as a whole (`MAL-`) is critical. A group whose code is
//! never called, as OSV-Scanner's analysis says, is a finding all the same and says so.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity,
    severity_of_scores, subject, upgrade,
};
use crate::sample::Sample;
use crate::source_tree::{CommonFolder, SourceTree};
use crate::weakness::{cves_in, cwes_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "osv-scanner", name: "OSV-Scanner JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "osv-scanner";

fn recognises(sample: &Sample) -> bool {
    let empty = sample.has_json("results") && sample.has_json("experimental_config");
    sample.has_json("results[].packages[].package") || empty
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let tree = SourceTree::new(None, [], None);
    let report = Osv { options: options.clone(), asset: subject::repository(None, options), tree };
    records::reader(input.content, report, &options.limits)
}

struct Osv {
    options: ReadOptions,
    asset: AssetRecord,
    tree: SourceTree,
}

impl Layout for Osv {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "results" | "results[]" | "results[].packages" | "results[].packages[]" => Step::Enter,
            "results[].packages[].vulnerabilities" => Step::Enter,
            "results[].packages[].vulnerabilities[]" => Step::Record,
            "results[].source" | "results[].packages[].package" | "results[].packages[].groups" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let mut folder = CommonFolder::default();
        for result in sections.at("results[]") {
            folder.add(result.fact("source").and_then(|source| field::text(source, "path")).unwrap_or_default());
        }
        self.tree = SourceTree::new(self.options.source_root.as_deref(), [], folder.path());
        Ok(super::beginning(SCANNER, None, &self.asset))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let id = field::needed(&entry, "id")?;
        let group = group(record.around.fact("groups"), id);
        let rule = group.map_or(Some(id.to_owned()), name_of).unwrap_or_else(|| id.to_owned());
        if rule != id {
            // Another advisory of the group speaks for it.
            return Ok(vec![]);
        }
        let package = record.around.fact("package").ok_or("nothing says which package it is of")?;
        let name = field::needed(package, "name")?;
        let version = field::first_text(package, &["version", "commit"]).unwrap_or_default();
        let ecosystem = field::text(package, "ecosystem").unwrap_or_default();
        let purl = kind_of(ecosystem)
            .and_then(|kind| purl(kind, ecosystem.split(':').next(), name, version))
            .or_else(|| generic(name, version))
            .ok_or("it names no package")?;
        let path = record.around.fact("source").and_then(|source| field::text(source, "path"));
        let location = package_location(purl, path.map(|path| self.tree.relative(path)).as_deref());
        let mut scores = vec![];
        for score in field::list(&entry, "severity") {
            push_score(&mut scores, "", field::text(score, "score"), None);
        }
        let highest = group.and_then(|group| field::number(group, "max_severity"));
        let word = field::text(&entry, "database_specific.severity");
        let severity = match (highest, word.and_then(severity), id.starts_with("MAL-")) {
            (_, _, true) => Severity::Critical,
            (Some(highest), ..) => Severity::from_cvss(highest),
            (None, Some(severity), _) => severity,
            (None, None, _) => severity_of_scores(&scores).unwrap_or(Severity::Medium),
        };
        let mut finding = draft(SCANNER, &rule, severity, &self.asset, location);
        let mut aliases = field::texts(&entry, "aliases");
        aliases.extend(group.map(|group| field::texts(group, "aliases")).unwrap_or_default());
        cves_in(&aliases.join(" "), &mut finding.cves);
        cwes_in(&field::texts(&entry, "database_specific.cwe_ids").join(" "), &mut finding.cwes);
        finding.title = package_title(name, version, field::text(&entry, "summary"), &rule);
        finding.vendor_severity = word.map(str::to_owned).or_else(|| highest.map(|score| score.to_string()));
        finding.cvss = scores;
        finding.family = Some(ecosystem.to_owned()).filter(|ecosystem| !ecosystem.is_empty());
        finding.description = field::text(&entry, "details").map(str::to_owned);
        finding.solution = upgrade(name, &fixed(&entry, name));
        finding.evidence = lines(&[
            ("Installed version", Some(version)),
            ("Called", group.is_some_and(never_called).then_some("no, as OSV-Scanner's analysis says")),
        ]);
        for reference in field::list(&entry, "references") {
            push_new(&mut finding.references, field::text(reference, "url").unwrap_or_default().to_owned());
        }
        Ok(vec![finding])
    }
}

fn group<'a>(groups: Option<&'a Value>, id: &str) -> Option<&'a Value> {
    groups?.as_array()?.iter().find(|group| field::list(group, "ids").any(|member| member.as_str() == Some(id)))
}

fn name_of(group: &Value) -> Option<String> {
    let ids = field::texts(group, "ids");
    ids.into_iter().min_by_key(|id| (!id.starts_with("GHSA-"), id.clone()))
}

fn never_called(group: &Value) -> bool {
    let analysis = field::at(group, "experimental_analysis").or_else(|| field::at(group, "experimentalAnalysis"));
    let Some(analysis) = analysis.and_then(Value::as_object) else { return false };
    !analysis.is_empty() && analysis.values().all(|of| of.get("called").and_then(Value::as_bool) == Some(false))
}

fn fixed(entry: &Value, name: &str) -> Vec<String> {
    let mut versions = vec![];
    for affected in
        field::list(entry, "affected").filter(|affected| field::text(affected, "package.name") == Some(name))
    {
        for event in field::list(affected, "ranges").flat_map(|range| field::list(range, "events")) {
            if let Some(version) = field::text(event, "fixed") {
                push_new(&mut versions, version.to_owned());
            }
        }
    }
    versions
}
