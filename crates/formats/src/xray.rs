//! JFrog Xray: scans on demand (`jf scan`, `jf docker scan`, `--format json`), the answer of a graph scan, `jf audit
//! --format simple-json`, the vulnerabilities report, the summary of artifacts, the details of a build, and the old search for
//! issues.
//!
//! Decisions a reader of findings should know:
//! - **A finding** is an issue of a vulnerable component. Xray repeats it for each watch that it violates and each path to the
//!   component; those are one finding.
//! - **Rule** is Xray's issue id. The search for issues has none: its rule is the CVE or, where there is none, the summary.
//! - **Violations** are read where they are of security; those of licences and of operational risk are not.
//! - **Asset** is the image or the artifact by name, without its version; of a build its name; without one the repository.
//! - **Summaries** of artifacts and the details of a build name the component at the end of an issue's path, or only by what
//!   they are of.
//! - **Nothing is closed**: a watch or a filter decides what is in the document.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    Seen, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity_or_reason,
    subject, upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "jfrog-xray", name: "JFrog Xray JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "jfrog-xray";

fn recognises(sample: &Sample) -> bool {
    let scan = ["", "[]."].iter().any(|at| {
        let lists = ["vulnerabilities", "violations"];
        let listed = lists.iter().any(|list| sample.has_json(&format!("{at}{list}[].issue_id")));
        let named = sample.has_json(&format!("{at}component_id")) && sample.has_json(&format!("{at}package_type"));
        listed || named && sample.has_json(&format!("{at}scan_id"))
    });
    let report = sample.has_json("rows[].vulnerable_component") && sample.has_json("rows[].issue_id")
        || sample.is_complete() && sample.json_keys().eq(["rows", "total_rows"]);
    let summary = ["artifacts[]", "components[]"]
        .iter()
        .any(|at| sample.has_json(&format!("{at}.general.component_id")) && sample.has_json(&format!("{at}.issues")));
    let audit = sample.has_json("vulnerabilities[].impactedPackageName")
        || sample.has_json("securityViolations") && sample.has_json("licensesViolations");
    let search = sample.has_json("data[].source_comp_id") && sample.has_json("data[].component_versions");
    scan || report || summary || audit || search
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Xray { options: options.clone(), seen: Seen::new(&options.limits) };
    records::reader(input.content, report, &options.limits)
}

struct Xray {
    options: ReadOptions,
    seen: Seen,
}

/// What is vulnerable: an id such as `npm://acorn:5.7.3`, or its parts.
struct Component {
    kind: Option<&'static str>,
    distribution: Option<String>,
    name: String,
    version: String,
    fixed: Vec<String>,
    path: Option<String>,
}

impl Layout for Xray {
    fn step(&self, path: &str) -> Step {
        let member = path.strip_prefix("[]").unwrap_or(path);
        match member.strip_prefix('.').unwrap_or(member) {
            "" | "vulnerabilities" | "violations" | "securityViolations" | "rows" | "data" => Step::Enter,
            "artifacts" | "artifacts[]" | "artifacts[].issues" => Step::Enter,
            "components" | "components[]" | "components[].issues" => Step::Enter,
            "artifacts[].issues[]" | "components[].issues[]" => Step::Record,
            "artifacts[].general" | "components[].general" | "build_name" => Step::Keep,
            "vulnerabilities[]" | "violations[]" | "securityViolations[]" | "rows[]" | "data[]" => Step::Record,
            "component_id" | "status" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        for scan in sections.at("").chain(sections.at("[]")) {
            if let Some(status) = scan.text("status").filter(|status| *status != "completed") {
                beginning.problems.add(&format!("Xray says that the scan is `{status}`"));
            }
            beginning.cover(self.asset(&scan));
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let kind = field::first_text(&entry, &["type", "issue_type"]);
        if kind.is_some_and(|kind| kind != "security") {
            return Ok(vec![]);
        }
        let word = field::text(&entry, "severity").unwrap_or("Unknown");
        let severity = severity_or_reason(word, "Xray")?;
        let known = cves(&entry);
        let rule = field::first_text(&entry, &["issue_id", "issueId", "id"])
            .or(known.first().map(String::as_str))
            .or(field::text(&entry, "summary"))
            .ok_or("it has no `issue_id`")?;
        let asset = match field::text(&entry, "impacted_artifact") {
            Some(artifact) => self.named(artifact),
            None => self.asset(&record.around),
        };
        let mut findings = vec![];
        let general = record.around.fact("general");
        let named = general.map_or_else(|| components(&entry), |general| summed_up(&entry, general));
        if named.is_empty() {
            return Err("it names no component".to_owned());
        }
        for component in named {
            let Component { kind, distribution, name, version, fixed, path } = component;
            let purl = kind
                .and_then(|kind| purl(kind, distribution.as_deref(), &name, &version))
                .or_else(|| generic(&name, &version))
                .ok_or("its component has no name")?;
            let mut finding = draft(SCANNER, rule, severity, &asset, package_location(purl, path.as_deref()));
            finding.cves.clone_from(&known);
            finding.title = package_title(&name, &version, field::text(&entry, "summary"), rule);
            finding.vendor_severity = Some(word.to_owned());
            scores(&entry, &mut finding);
            finding.family = field::first_text(&entry, &["package_type", "impactedPackageType"]).map(str::to_owned);
            let description = ["description", "extended_information.full_description", "summary"];
            finding.description = field::first_text(&entry, &description).map(str::to_owned);
            finding.solution = upgrade(&name, &fixed);
            finding.evidence = lines(&[
                ("Issue", Some(rule)),
                ("Installed version", Some(&version)),
                ("Applicable", field::text(&entry, "applicable")),
                ("Watch", field::first_text(&entry, &["watch_name", "watch"])),
            ]);
            finding.references = field::texts(&entry, "references");
            if self.seen.is_new(&finding)? {
                findings.push(finding);
            }
        }
        Ok(findings)
    }
}

impl Xray {
    fn asset(&self, around: &Around<'_>) -> AssetRecord {
        if let Some(build) = around.text("build_name") {
            return subject::repository(Some(build), &self.options);
        }
        if let Some(artifact) = around.fact("general") {
            let id = field::first_text(artifact, &["component_id", "name"]).unwrap_or_default();
            return match field::text(artifact, "pkg_type") {
                Some(kind) if kind.eq_ignore_ascii_case("docker") => subject::image(id, &self.options),
                _ => self.named(id),
            };
        }
        around.text("component_id").map_or_else(|| subject::repository(None, &self.options), |id| self.named(id))
    }

    fn named(&self, id: &str) -> AssetRecord {
        if let Some(image) = id.strip_prefix("docker://") {
            return subject::image(image, &self.options);
        }
        let name = id.split_once("://").map_or(id, |(_, name)| name);
        // `group:artifact:version`; a name without a version has fewer parts.
        let parts: Vec<&str> = name.split(':').collect();
        let unversioned = match parts.as_slice() {
            [group, artifact, _] => format!("{group}:{artifact}"),
            [name, version] if version.starts_with(|c: char| c.is_ascii_digit()) => (*name).to_owned(),
            _ => name.to_owned(),
        };
        subject::repository(Some(&unversioned), &self.options)
    }
}

fn components(entry: &Value) -> Vec<Component> {
    if let Some(all) = field::at(entry, "components").and_then(Value::as_object) {
        let fixed = |component: &Value| versions(component, "fixed_versions");
        return all.iter().map(|(id, component)| component_of(id, fixed(component))).collect();
    }
    if let Some(name) = field::text(entry, "impactedPackageName") {
        let places = field::list(entry, "components").filter_map(|place| field::text(place, "location.file"));
        return vec![Component {
            kind: field::text(entry, "impactedPackageType").and_then(kind_of),
            distribution: None,
            name: name.to_owned(),
            version: field::text(entry, "impactedPackageVersion").unwrap_or_default().to_owned(),
            fixed: versions(entry, "fixedVersions"),
            path: places.min().map(str::to_owned),
        }];
    }
    let id = field::first_text(entry, &["vulnerable_component", "source_comp_id"]);
    let fixed = [versions(entry, "fixed_versions"), versions(entry, "component_versions.fixed_versions")].concat();
    id.map(|id| component_of(id, fixed)).into_iter().collect()
}

/// Of an issue in a summary: each component at the end of one of its paths (`artifact/layer.tar.gz/3.12:openssl:1.1.1k-r0`),
/// else what the summary is of.
fn summed_up(entry: &Value, general: &Value) -> Vec<Component> {
    let paths = field::texts(entry, "impact_path");
    let ends = paths.iter().filter_map(|path| path.rsplit('/').next()).filter(|end| end.contains(':'));
    let found: Vec<Component> = ends
        .map(|end| {
            // A package of Alpine has the system's release in front of it.
            let of_alpine = end.split(':').count() > 2 && end.starts_with(|c: char| c.is_ascii_digit());
            component_of(&if of_alpine { format!("alpine://{end}") } else { end.to_owned() }, vec![])
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    let kind = field::text(general, "pkg_type").unwrap_or_default().to_ascii_lowercase();
    let id = field::text(general, "component_id").map(|id| format!("{kind}://{id}"));
    id.map(|id| component_of(&id, vec![])).into_iter().collect()
}

/// `[1.26]`, `≥ 1.26`
fn versions(entry: &Value, path: &str) -> Vec<String> {
    let versions = field::texts(entry, path).into_iter();
    versions.map(|version| version.trim_matches(['[', ']', '≥', ' ']).to_owned()).collect()
}

fn component_of(id: &str, fixed: Vec<String>) -> Component {
    let (scheme, rest) = id.split_once("://").unwrap_or(("", id));
    let kind = kind_of(scheme);
    let (distribution, rest) = match (kind, rest.split_once(':')) {
        // `debian:buster:apt:1.8`, `7:expat:17:2.1.0`, `3.18:libcrypto3:3.1.1-r1`
        (Some("deb"), Some((vendor, rest))) => (Some(vendor), rest.split_once(':').map_or(rest, |(_, rest)| rest)),
        (Some("rpm"), Some((_, rest))) => (Some("redhat"), rest),
        (Some("apk"), Some((_, rest))) => (Some("alpine"), rest),
        _ => (None, rest),
    };
    let (name, version) = match kind {
        // An epoch stands in front of the version.
        Some("rpm" | "deb") => rest.split_once(':').unwrap_or((rest, "")),
        _ => rest.rsplit_once(':').unwrap_or((rest, "")),
    };
    Component {
        kind,
        distribution: distribution.map(str::to_owned),
        name: name.to_owned(),
        version: version.to_owned(),
        fixed,
        path: None,
    }
}

fn known_cves(entry: &Value) -> impl Iterator<Item = &Value> {
    field::list(entry, "cves").chain(field::list(entry, "component_versions.more_details.cves"))
}

fn cves(entry: &Value) -> Vec<String> {
    let mut found = vec![];
    for known in known_cves(entry) {
        cves_in(field::first_text(known, &["cve", "id"]).unwrap_or_default(), &mut found);
    }
    found
}

/// Of the first CVE that has them; a vector may stand behind its score (`7.5/CVSS:3.0/...`).
fn scores(entry: &Value, finding: &mut FindingRecord) {
    for known in known_cves(entry) {
        for (version, name) in [("3.1", "cvss_v3"), ("2.0", "cvss_v2"), ("3.1", "cvssV3"), ("2.0", "cvssV2")] {
            let (score, vector) = match field::text(known, name).and_then(|both| both.split_once('/')) {
                Some((score, vector)) => (score.parse().ok(), Some(vector)),
                None => {
                    let score = field::number(known, &format!("{name}_score")).or(field::number(known, name));
                    (score, field::text(known, &format!("{name}_vector")))
                }
            };
            let vector = vector.map(|vector| vector.strip_prefix("CVSS:2.0/").unwrap_or(vector));
            push_score(&mut finding.cvss, version, vector, score);
        }
    }
}
