//! Inspector's findings: of packages, of code, and of the network.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::{describe, of_packages, resource, whole};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{draft, field, lines, severity_or_reason};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(crate) const FORMAT: Format =
    Format { id: "aws-inspector", name: "AWS Inspector 2 findings", extensions: &["json"], sniff: recognises, open };

pub(super) const SCANNER: &str = "aws-inspector";

fn recognises(sample: &Sample) -> bool {
    let empty = sample.is_complete() && sample.text().split_whitespace().collect::<String>() == r#"{"findings":[]}"#;
    sample.has_json("findings[].findingArn") || sample.has_json("findings[].awsAccountId") || empty
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Inspector { options: options.clone() }, &options.limits)
}

struct Inspector {
    options: ReadOptions,
}

impl Layout for Inspector {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "findings" => Step::Enter,
            "findings[]" => Step::Record,
            "nextToken" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        if sections.first().text("nextToken").is_some() {
            beginning.problems.add("it is one page of several: what follows its `nextToken` is not in it");
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let word = field::needed(&entry, "severity")?;
        let severity = severity_or_reason(word, "Inspector")?;
        match field::text(&entry, "status") {
            Some("ACTIVE") | None => {}
            Some("CLOSED" | "SUPPRESSED") => return Ok(vec![]),
            Some(other) => return Err(format!("`{}` is no status of Inspector", single_line(other, 60))),
        }
        let first = field::list(&entry, "resources").next().ok_or("it names no resource")?;
        let details = field::at(first, "details");
        let region = field::text(first, "region").unwrap_or_default();
        let asset = resource(field::needed(first, "id")?, region, details, &self.options);
        let title = single_line(field::text(&entry, "title").unwrap_or("Finding of Inspector"), 300);
        let make = |rule: &str, location: Location| -> FindingRecord {
            let mut finding = draft(SCANNER, rule, severity, &asset, location);
            finding.title = title.clone();
            finding.vendor_severity = Some(word.to_owned());
            finding.family = field::text(&entry, "type").map(str::to_owned);
            finding.description = field::text(&entry, "description").map(str::to_owned);
            let advice = field::text(&entry, "remediation.recommendation.text").filter(|text| *text != "None Provided");
            finding.solution = advice.map(str::to_owned);
            finding.seen_at = field::text(&entry, "lastObservedAt").and_then(Timestamp::parse);
            finding
        };
        if let Some(advisory) = field::at(&entry, "packageVulnerabilityDetails") {
            let mut finding = make(field::needed(advisory, "vulnerabilityId")?, whole());
            describe(&mut finding, advisory);
            let platform = details.and_then(platform);
            return of_packages(&finding, field::list(advisory, "vulnerablePackages"), platform);
        }
        if let Some(code) = field::at(&entry, "codeVulnerabilityDetails") {
            let rule = field::first_text(code, &["ruleId", "detectorId"]).ok_or("it names no rule")?;
            let location = Location::Code {
                path: field::needed(code, "filePath.filePath")?.trim_start_matches('/').to_owned(),
                line: field::line(code, "filePath.startLine"),
                column: None,
                source: None,
            };
            let mut finding = make(rule, location);
            cwes_in(&field::texts(code, "cwes").join(" "), &mut finding.cwes);
            finding.evidence = lines(&[("Detector", field::text(code, "detectorName"))]);
            return Ok(vec![finding]);
        }
        let network = field::at(&entry, "networkReachabilityDetails").ok_or("its kind is not known")?;
        let port = field::at(network, "openPortRange.begin").and_then(Value::as_u64);
        let location = Location::Network {
            port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
            protocol: field::text(network, "protocol").unwrap_or("tcp").to_lowercase(),
            service: None,
        };
        Ok(vec![make("network-reachability", location)])
    }
}

fn platform(details: &Value) -> Option<&str> {
    field::first_text(details, &["awsEcrContainerImage.platform", "awsEc2Instance.platform"])
}
