//! What a document says, whichever way it is written: the parts of XML are brought into the shape of JSON first.

use std::collections::HashMap;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::inventory::Inventory;
use crate::json::records::Beginning;
use crate::options::ReadOptions;
use crate::package::{
    canonical, draft, field, generic, lines, package_location, package_title, push_score, severity, severity_of_scores,
    subject,
};
use crate::report::ReportHeader;
use crate::sarif::repository_name;
use crate::weakness::{cves_in, cwes_in, push_new};

pub(super) struct Bom {
    options: ReadOptions,
    scanner: String,
    asset: AssetRecord,
    /// By their references within the document.
    components: HashMap<String, Component>,
    count: usize,
    pub(super) inventory: Inventory,
    /// The document itself, as vulnerabilities may name it.
    own_reference: Option<String>,
}

struct Component {
    name: String,
    version: String,
    purl: Option<String>,
    path: Option<String>,
}

impl Bom {
    pub(super) fn new(options: &ReadOptions) -> Self {
        Self {
            options: options.clone(),
            scanner: String::new(),
            asset: subject::repository(None, options),
            components: HashMap::new(),
            count: 0,
            inventory: Inventory::default(),
            own_reference: None,
        }
    }

    /// A component with those in it.
    pub(super) fn add(&mut self, component: &Value) {
        self.count += 1;
        self.inventory.add(part(component));
        if let (Some(reference), Some(name)) = (field::text(component, "bom-ref"), field::text(component, "name")) {
            let group = field::text(component, "group").map(|group| format!("{group}/")).unwrap_or_default();
            let known = Component {
                name: format!("{group}{name}"),
                version: field::text(component, "version").unwrap_or_default().to_owned(),
                purl: field::text(component, "purl").and_then(canonical),
                path: path_of(component),
            };
            self.components.insert(reference.to_owned(), known);
        }
        field::list(component, "components").for_each(|within| self.add(within));
    }

    /// `vulnerabilities`: how many the document lists.
    pub(super) fn begin(&mut self, metadata: &Value, vulnerabilities: u64) -> Beginning {
        let tool = tool(metadata);
        let name = tool.and_then(|tool| field::text(tool, "name")).unwrap_or("cyclonedx");
        self.scanner = single_line(&name.to_lowercase(), 100);
        let subject = field::at(metadata, "component").unwrap_or(&Value::Null);
        self.own_reference = field::text(subject, "bom-ref").map(str::to_owned);
        self.asset = asset(subject, &self.options);
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: self.scanner.clone(),
                scanner_version: tool.and_then(|tool| field::words(tool, "version")),
                scan_name: field::text(subject, "name").map(str::to_owned),
                finished_at: field::text(metadata, "timestamp").and_then(Timestamp::parse),
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        beginning.cover(self.asset.clone());
        if vulnerabilities == 0 {
            let count = self.count;
            let note = format!("it is an inventory of {count} components that lists no vulnerabilities");
            beginning.header.note = Some(note);
        }
        beginning
    }

    /// One finding for each component that the vulnerability affects; none when it is settled.
    pub(super) fn findings(&self, entry: &Value) -> Result<Vec<FindingRecord>, String> {
        let rule = field::needed(entry, "id")?;
        if !is_open(entry)? {
            return Ok(vec![]);
        }
        let mut finding = self.finding(entry, rule)?;
        let affected: Vec<&Value> = field::list(entry, "affects").collect();
        if affected.is_empty() {
            return Ok(vec![finding]);
        }
        let mut findings = vec![];
        for affects in affected.into_iter().filter(|affects| is_affected(affects)) {
            let reference = field::needed(affects, "ref")?;
            let (location, name, version) = self.place(reference)?;
            finding.location = location;
            finding.title = package_title(&name, &version, None, rule);
            findings.push(finding.clone());
        }
        Ok(findings)
    }

    fn finding(&self, entry: &Value, rule: &str) -> Result<FindingRecord, String> {
        let mut scores = vec![];
        for rating in field::list(entry, "ratings") {
            let version = match field::text(rating, "method").unwrap_or_default() {
                "CVSSv2" => "2.0",
                "CVSSv3" => "3.0",
                "CVSSv31" => "3.1",
                "CVSSv4" => "4.0",
                _ => continue,
            };
            push_score(&mut scores, version, field::text(rating, "vector"), field::number(rating, "score"));
        }
        let word = word(entry);
        let severity = match word {
            Some(word) => severity(word).ok_or_else(|| format!("`{}` is no severity", single_line(word, 60)))?,
            None => severity_of_scores(&scores).unwrap_or(Severity::Medium),
        };
        let mut finding = draft(&self.scanner, rule, severity, &self.asset, Location::Asset);
        for reference in field::list(entry, "references") {
            cves_in(field::text(reference, "id").unwrap_or_default(), &mut finding.cves);
        }
        for weakness in field::texts(entry, "cwes") {
            cwes_in(&format!("CWE-{}", weakness.trim_start_matches("CWE-")), &mut finding.cwes);
        }
        finding.title = rule.to_owned();
        finding.vendor_severity = word.map(str::to_owned);
        finding.cvss = scores;
        finding.family = field::text(entry, "source.name").map(str::to_owned);
        finding.description = field::first_text(entry, &["description", "detail"]).map(str::to_owned);
        finding.solution = field::text(entry, "recommendation").map(str::to_owned);
        finding.evidence = lines(&[
            ("Detail", field::text(entry, "detail")),
            ("Analysis", field::text(entry, "analysis.state")),
            ("Because", field::text(entry, "analysis.justification")),
            ("Analyst", field::text(entry, "analysis.detail")),
        ]);
        finding.references = field::texts(entry, "source.url");
        for advisory in field::list(entry, "advisories") {
            push_new(&mut finding.references, field::text(advisory, "url").unwrap_or_default().to_owned());
        }
        finding.references.retain(|address| !address.is_empty());
        Ok(finding)
    }

    /// Where a reference leads: place, name and version.
    fn place(&self, reference: &str) -> Result<(Location, String, String), String> {
        // A link to another document names the component behind `#`.
        let linked = reference.strip_prefix("urn:cdx:").and_then(|link| link.split_once('#')).map(|(_, within)| within);
        let reference = linked.unwrap_or(reference);
        if self.own_reference.as_deref() == Some(reference) {
            return Ok((Location::Asset, self.asset.name.clone(), String::new()));
        }
        let known = self.components.get(reference);
        let purl = match known {
            Some(component) => component.purl.clone().or_else(|| generic(&component.name, &component.version)),
            None => canonical(reference),
        };
        let Some(purl) = purl else {
            return Err(format!("it affects `{}`, which is no component", single_line(reference, 100)));
        };
        let (name, version) = match known {
            Some(component) => (component.name.clone(), component.version.clone()),
            None => (purl.clone(), String::new()),
        };
        Ok((package_location(purl, known.and_then(|component| component.path.as_deref())), name, version))
    }
}

/// What an inventory says of a component.
fn part(component: &Value) -> Result<ComponentRecord, String> {
    let owned = |path: &str| field::text(component, path).map(str::to_owned);
    let licenses = field::list(component, "licenses")
        .filter_map(|entry| field::first_text(entry, &["expression", "license.id", "license.name"]))
        .map(str::to_owned)
        .collect();
    let given = field::list(component, "properties").filter(|property| {
        let name = field::text(property, "name").unwrap_or_default();
        name == "aquasecurity:trivy:FilePath" || (name.starts_with("syft:location:") && name.ends_with(":path"))
    });
    let seen = field::list(component, "evidence.occurrences").filter_map(|place| field::text(place, "location"));
    let places = given.filter_map(|property| field::text(property, "value")).chain(seen);
    Ok(ComponentRecord {
        name: field::needed(component, "name")?.to_owned(),
        version: owned("version"),
        kind: field::text(component, "type").unwrap_or_default().parse().unwrap_or_default(),
        group: owned("group"),
        purl: field::text(component, "purl").and_then(canonical),
        cpe: owned("cpe"),
        licenses,
        locations: places.map(str::to_owned).collect(),
    })
}

fn is_open(entry: &Value) -> Result<bool, String> {
    if field::text(entry, "rejected").is_some() {
        return Ok(false);
    }
    match field::text(entry, "analysis.state") {
        None | Some("exploitable" | "in_triage") => Ok(true),
        Some("resolved" | "resolved_with_pedigree" | "not_affected" | "false_positive") => Ok(false),
        Some(other) => Err(format!("`{}` is no state of an analysis", single_line(other, 60))),
    }
}

/// Unless every version is marked as unaffected.
fn is_affected(affects: &Value) -> bool {
    let mut states = field::list(affects, "versions").map(|version| field::text(version, "status")).peekable();
    states.peek().is_none() || states.any(|state| state != Some("unaffected"))
}

fn word(entry: &Value) -> Option<&str> {
    let rated = || field::list(entry, "ratings").filter(|rating| field::text(rating, "severity").is_some());
    let by = |source: &str| {
        rated().find(|rating| field::text(rating, "source.name").is_some_and(|name| name.eq_ignore_ascii_case(source)))
    };
    let own = field::text(entry, "source.name").and_then(by);
    own.or_else(|| by("nvd")).or_else(|| rated().next()).and_then(|rating| field::text(rating, "severity"))
}

/// Tools are a list, or an object of components since version 1.5.
fn tool(metadata: &Value) -> Option<&Value> {
    field::list(metadata, "tools").chain(field::list(metadata, "tools.components")).next()
}

fn property<'a>(component: &'a Value, name: &str) -> Option<&'a str> {
    let mut all = field::list(component, "properties");
    all.find(|property| field::text(property, "name") == Some(name)).and_then(|property| field::text(property, "value"))
}

fn path_of(component: &Value) -> Option<String> {
    let given =
        ["aquasecurity:trivy:FilePath", "syft:location:0:path"].iter().find_map(|name| property(component, name));
    let seen = field::list(component, "evidence.occurrences").filter_map(|place| field::text(place, "location")).min();
    given.or(seen).map(str::to_owned)
}

fn asset(component: &Value, options: &ReadOptions) -> AssetRecord {
    let name = field::text(component, "name").unwrap_or_default();
    if field::text(component, "type") == Some("container") {
        let tag =
            property(component, "aquasecurity:trivy:RepoTag").or(property(component, "aquasecurity:trivy:Reference"));
        return subject::image(tag.unwrap_or(name), options);
    }
    let address = name.contains("://").then(|| repository_name(name)).flatten();
    // Scanners of folders put the folder as it was given to them.
    let folder = property(component, "aquasecurity:trivy:SchemaVersion").is_some()
        || field::text(component, "type") == Some("file")
        || name.contains(['/', '\\'])
        || name.starts_with('.');
    let group = field::text(component, "group").map(|group| format!("{group}/")).unwrap_or_default();
    let project = (!folder && !name.is_empty()).then(|| format!("{group}{name}"));
    subject::repository(address.or(project).as_deref(), options)
}
