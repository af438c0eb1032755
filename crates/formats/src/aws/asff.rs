//! The AWS Security Finding Format: what products send to Security Hub and it hands out (`aws securityhub get-findings`).

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::{describe, inspector, of_packages, resource, whole};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score, severity_or_reason,
    upgrade,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "aws-asff", name: "AWS Security Hub findings (ASFF)", extensions: &["json"], sniff: recognises, open };

const HUB: &str = "aws-security-hub";

fn recognises(sample: &Sample) -> bool {
    ["Findings[].", "[]."].iter().any(|at| {
        let has = |name: &str| sample.has_json(&format!("{at}{name}"));
        has("ProductArn") && has("AwsAccountId")
    })
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Asff { options: options.clone() }, &options.limits)
}

struct Asff {
    options: ReadOptions,
}

impl Layout for Asff {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "Findings" => Step::Enter,
            "Findings[]" | "[]" => Step::Record,
            "NextToken" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: HUB.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        if sections.first().text("NextToken").is_some() {
            beginning.problems.add("it is one page of several: what follows its `NextToken` is not in it");
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let word = severity_word(&entry).ok_or("it has no `Severity`")?;
        let severity = severity_or_reason(&word, "Security Hub")?;
        if is_settled(&entry) {
            return Ok(vec![]);
        }
        let first = field::list(&entry, "Resources").next().ok_or("it names no resource")?;
        let details = field::at(first, "Details");
        let region = field::first_text(first, &["Region"]).or(field::text(&entry, "Region")).unwrap_or_default();
        let id = field::needed(first, "Id")?;
        let asset = resource(id, region, details, &self.options);
        let scanner = scanner(&entry);
        let title = single_line(field::text(&entry, "Title").unwrap_or("Finding"), 300);
        let make = |rule: &str| -> FindingRecord {
            let mut finding = draft(&scanner, rule, severity, &asset, whole());
            finding.title = title.clone();
            finding.vendor_severity = Some(word.clone());
            finding.family = field::texts(&entry, "Types").into_iter().next();
            finding.description = field::text(&entry, "Description").map(str::to_owned);
            let advice = field::text(&entry, "Remediation.Recommendation.Text").filter(|text| *text != "None Provided");
            finding.solution = advice.map(str::to_owned);
            finding.references = field::texts(&entry, "Remediation.Recommendation.Url");
            let seen = field::first_text(&entry, &["LastObservedAt", "UpdatedAt"]);
            finding.seen_at = seen.and_then(Timestamp::parse);
            finding
        };
        let mut findings = vec![];
        for advisory in field::list(&entry, "Vulnerabilities") {
            let mut finding = make(field::needed(advisory, "Id")?);
            describe(&mut finding, advisory);
            let mut packages = field::list(advisory, "VulnerablePackages").peekable();
            if packages.peek().is_none() {
                findings.push(finding);
            } else {
                findings.extend(of_packages(&finding, packages, platform(&entry))?);
            }
        }
        if !findings.is_empty() {
            return Ok(findings);
        }
        if let Some(package) =
            details.and_then(|details| field::at(details, "Other")).filter(|other| other.get("PkgName").is_some())
        {
            return of_trivy(make(field::needed(package, "CVE ID")?), package, id).map(|finding| vec![finding]);
        }
        // Inspector names the vulnerability in the title only; controls are known by what generates them.
        let named = title.split(" - ").next().filter(|name| name.starts_with("CVE-") || name.starts_with("GHSA-"));
        let rule = named.or(field::text(&entry, "GeneratorId")).ok_or("it has no `GeneratorId`")?;
        let mut finding = make(rule);
        if named.is_none() {
            cves_in(rule, &mut finding.cves);
        }
        finding.evidence = lines(&[
            ("Compliance", field::text(&entry, "Compliance.Status")),
            (
                "Note",
                entry
                    .get("ProductFields")
                    .and_then(|all| all.get("aws/securityhub/annotation"))
                    .and_then(Value::as_str),
            ),
        ]);
        Ok(vec![finding])
    }
}

/// The label; old findings have a number up to 100.
fn severity_word(entry: &Value) -> Option<String> {
    let label = field::text(entry, "Severity.Label").map(str::to_owned);
    label.or_else(|| {
        let word = match field::number(entry, "Severity.Normalized")? {
            score if score >= 90.0 => "CRITICAL",
            score if score >= 70.0 => "HIGH",
            score if score >= 40.0 => "MEDIUM",
            score if score >= 1.0 => "LOW",
            _ => "INFORMATIONAL",
        };
        Some(word.to_owned())
    })
}

fn is_settled(entry: &Value) -> bool {
    let archived = field::text(entry, "RecordState") == Some("ARCHIVED");
    let workflow = matches!(field::text(entry, "Workflow.Status"), Some("RESOLVED" | "SUPPRESSED"));
    let passed = matches!(field::text(entry, "Compliance.Status"), Some("PASSED" | "NOT_AVAILABLE"));
    archived || workflow || passed
}

/// Who found it, under the name that its own reports have.
fn scanner(entry: &Value) -> String {
    let arn = field::text(entry, "ProductArn").unwrap_or_default();
    let product = arn.split_once("product/").map_or("", |(_, product)| product);
    match product.split_once('/') {
        Some(("aws", "inspector")) => inspector::SCANNER.to_owned(),
        Some(("aws", "securityhub")) | None => HUB.to_owned(),
        Some(("aquasecurity", _)) => "trivy".to_owned(),
        Some(("aws", product)) => format!("aws-{}", single_line(&product.to_lowercase(), 80)),
        Some((_, product)) => single_line(&product.to_lowercase(), 80),
    }
}

/// Inspector puts it among the fields of the product.
fn platform(entry: &Value) -> Option<&str> {
    let fields = entry.get("ProductFields")?.as_object()?;
    fields.iter().find(|(name, _)| name.ends_with("/platform")).and_then(|(_, value)| value.as_str())
}

/// Trivy's template describes the package beside the container.
fn of_trivy(mut finding: FindingRecord, package: &Value, target: &str) -> Result<FindingRecord, String> {
    let name = field::needed(package, "PkgName")?;
    let version = field::text(package, "Installed Package").unwrap_or_default();
    // `golang:1.12-alpine (alpine 3.11.3)`
    let system = target.rsplit_once('(').and_then(|(_, system)| system.split(' ').next()).unwrap_or_default();
    let purl = kind_of(system)
        .and_then(|kind| purl(kind, Some(system), name, version))
        .or_else(|| generic(name, version))
        .ok_or("it names no package")?;
    finding.location = package_location(purl, None);
    finding.title = package_title(name, version, field::text(package, "CVE Title"), &finding.rule_id);
    for (kind, vector, score) in
        [("3.1", "NvdCvssVectorV3", "NvdCvssScoreV3"), ("2.0", "NvdCvssVectorV2", "NvdCvssScoreV2")]
    {
        push_score(&mut finding.cvss, kind, field::text(package, vector), field::number(package, score));
    }
    finding.solution = upgrade(name, &field::texts(package, "Patched Package"));
    finding.evidence = lines(&[("Package", Some(name)), ("Installed version", Some(version))]);
    Ok(finding)
}
