//! Mend (WhiteSource): the report of its command line and its Unified Agent, the vulnerability report and the libraries of its first
//! API, and the findings of its platform's API 3.0.
//!
//! Decisions a reader of findings should know:
//! - **Open** is what has no status or is `ACTIVE`; ignored findings and those whose library was removed, is in-house or is
//!   whitelisted are no findings.
//! - **Severity** is that of CVSS 3, else the older one.
//! - **Asset** is the project.
//! - **Nothing is closed**: the documents do not say what was scanned.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, lines, package_location, package_title, purl, push_score, severity_or_reason, subject,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::sarif::repository_name;

pub(crate) const FORMAT: Format =
    Format { id: "mend", name: "Mend (WhiteSource) JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "mend";

/// Where libraries with their vulnerabilities stand.
const LIBRARIES: [&str; 2] = ["libraries[]", "[][]"];

fn recognises(sample: &Sample) -> bool {
    let library = |at: &str| sample.has_json(&format!("{at}.artifactId")) && sample.has_json(&format!("{at}.sha1"));
    sample.has_json("vulnerabilities[].library")
        || sample.has_json("response[].findingInfo")
        || sample.has_json("response") && sample.has_json("supportToken")
        || library("[][]")
        || library("libraries[]") && sample.has_json("projectVitals")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Mend { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, report, &options.limits)
}

struct Mend {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Layout for Mend {
    fn step(&self, path: &str) -> Step {
        if let Some(member) = LIBRARIES.iter().find_map(|library| path.strip_prefix(library)) {
            return match member {
                "" | ".vulnerabilities" => Step::Enter,
                ".vulnerabilities[]" => Step::Record,
                ".name" | ".artifactId" | ".groupId" | ".version" | ".type" => Step::Keep,
                _ => Step::Skip,
            };
        }
        match path {
            "" | "[]" | "libraries" | "vulnerabilities" | "response" => Step::Enter,
            "vulnerabilities[]" | "response[]" => Step::Record,
            "projectVitals" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let project = sections.first().fact("projectVitals").and_then(|vitals| field::text(vitals, "name"));
        self.asset = self.project(project);
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scan_name: project.map(str::to_owned),
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        if project.is_some() {
            beginning.cover(self.asset.clone());
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let advisory = field::at(&entry, "vulnerability").unwrap_or(&entry);
        let rule = field::needed(advisory, "name")?;
        let word = field::first_text(advisory, &["cvss3_severity", "severity"]).ok_or("it has no `severity`")?;
        let severity = severity_or_reason(word, "Mend")?;
        match field::text(&entry, "findingInfo.status") {
            None | Some("ACTIVE") => {}
            Some("IGNORED") => return Ok(vec![]),
            Some(status) if status.starts_with("LIBRARY_") => return Ok(vec![]),
            Some(other) => return Err(format!("`{}` is no status of Mend", single_line(other, 60))),
        }
        let library = field::at(&entry, "library").or_else(|| field::at(&entry, "component"));
        let of = |name: &str| match library {
            Some(library) => field::text(library, name),
            None => record.around.text(name),
        };
        let version = of("version").unwrap_or_default();
        let name = name(of("libraryType").or(of("type")), of("groupId"), of("artifactId").or(of("name")), version)?;
        let purl = kind(of("libraryType").or(of("type")))
            .and_then(|kind| purl(kind, None, &name, version))
            .or_else(|| generic(&name, version))
            .ok_or("it names no library")?;
        let places = field::list(&entry, "locations").filter_map(|place| field::text(place, "path"));
        let path = of("path").or(places.min()).map(|path| path.replace('\\', "/"));
        let asset = match field::first_text(&entry, &["project.name", "project"]) {
            Some(project) => self.project(Some(project)),
            None => self.asset.clone(),
        };
        let path = path.filter(|path| !crate::source_tree::is_absolute(path) || path.starts_with('/'));
        let mut finding = draft(SCANNER, rule, severity, &asset, package_location(purl, path.as_deref()));
        finding.title = package_title(&name, version, None, rule);
        finding.vendor_severity = Some(word.to_owned());
        let score = field::number(advisory, "cvss3_score").or(field::number(advisory, "score"));
        if let Some(vector) = field::text(advisory, "scoreMetadataVector") {
            push_score(&mut finding.cvss, "", Some(vector), score);
        }
        for score in field::list(advisory, "vulnerabilityScoring") {
            let version = match field::text(score, "type") {
                Some("CVSS_4") => "4.0",
                Some("CVSS_2") => "2.0",
                _ => "3.1",
            };
            push_score(&mut finding.cvss, version, None, field::number(score, "score"));
        }
        finding.family = of("libraryType").or(of("type")).map(str::to_owned);
        finding.description = field::text(advisory, "description").map(str::to_owned);
        finding.solution = field::first_text(&entry, &["topFix.fixResolution", "topFix.message"]).map(str::to_owned);
        finding.evidence = lines(&[
            ("Library", of("name")),
            ("Installed version", Some(version)),
            ("Dependency", of("dependencyType")),
        ]);
        finding.references = field::texts(advisory, "url");
        finding.references.extend(field::texts(&entry, "topFix.url"));
        Ok(vec![finding])
    }
}

impl Mend {
    fn project(&self, name: Option<&str>) -> AssetRecord {
        let address = name.filter(|name| name.contains("://")).and_then(repository_name);
        subject::repository(address.as_deref().or(name), &self.options)
    }
}

fn kind(word: Option<&str>) -> Option<&'static str> {
    Some(match word? {
        "NODE_PACKAGED_MODULE" | "JAVA_SCRIPT_LIBRARY" => "npm",
        "MAVEN_ARTIFACT" | "JAVA_ARCHIVE" => "maven",
        "GO_PACKAGE" => "golang",
        "PYTHON_PACKAGE" => "pypi",
        "NUGET_PACKAGE_MODULE" | "DOT_NET_RESOURCE" | "DOT_NET_EXECUTABLE" => "nuget",
        "RUBY_GEM" => "gem",
        "PHP_PACKAGE" => "composer",
        "RUST_CRATE" => "cargo",
        "DEBIAN_PACKAGE" => "deb",
        "RPM" | "RPM_PACKAGE" => "rpm",
        "ALPINE" | "ALPINE_PACKAGE" => "apk",
        _ => return None,
    })
}

/// The name as the package's registry knows it.
fn name(kind: Option<&str>, group: Option<&str>, artifact: Option<&str>, version: &str) -> Result<String, String> {
    let artifact = artifact.ok_or("it names no library")?;
    // An archive is known by its file: `commons-codec-1.6.jar`.
    let file = [".jar", ".tgz", ".tar.gz", ".whl", ".nupkg", ".gem"].iter().find_map(|end| artifact.strip_suffix(end));
    let bare = file.map(|file| file.strip_suffix(version).unwrap_or(file).trim_end_matches(['-', '.', '_']));
    Ok(match (kind, group, bare) {
        (Some("NODE_PACKAGED_MODULE"), Some(group), Some(_)) => group.to_owned(),
        (_, _, Some(bare)) => bare.to_owned(),
        (Some("MAVEN_ARTIFACT" | "JAVA_ARCHIVE"), Some(group), None) => format!("{group}:{artifact}"),
        _ => artifact.to_owned(),
    })
}
