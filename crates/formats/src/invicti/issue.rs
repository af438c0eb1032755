//! One issue, however it is written down, and the finding it is.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use crate::html::{links_of, text_of};
use crate::site::page;
use crate::weakness::push_new;

/// As the report has it; texts may be HTML.
#[derive(Debug, Default)]
pub(super) struct Issue {
    pub(super) lookup_id: String,
    pub(super) url: String,
    /// The kind of issue, such as `ApacheOutOfDate`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) severity: String,
    pub(super) certainty: String,
    pub(super) confirmed: bool,
    /// Flags, separated by commas: `Present, Scanning`.
    pub(super) state: String,
    /// Numbers, separated by commas.
    pub(super) cwe: String,
    pub(super) cvss: Vec<CvssScore>,
    pub(super) method: String,
    pub(super) request: String,
    /// Names of those through which the attack went.
    pub(super) vulnerable_parameters: Vec<String>,
    /// Name and value.
    pub(super) extra_information: Vec<(String, String)>,
    /// Severity and title.
    pub(super) known_vulnerabilities: Vec<(String, String)>,
    pub(super) description: String,
    pub(super) impact: String,
    pub(super) remedial_actions: String,
    pub(super) remedial_procedure: String,
    pub(super) proof_of_concept: String,
    pub(super) external_references: String,
    pub(super) remedy_references: String,
}

impl Issue {
    /// `None`: the vendor says that it is gone.
    pub(super) fn into_record(self, asset: &AssetRecord) -> Result<Option<FindingRecord>, String> {
        if self.state.split(',').any(|flag| flag.trim() == "FixedConfirmed") {
            return Ok(None);
        }
        if self.kind.trim().is_empty() {
            return Err("it names no type of issue".to_owned());
        }
        let severity = severity(&self.severity)?;
        let mut references = links_of(&self.external_references);
        for reference in links_of(&self.remedy_references) {
            push_new(&mut references, reference);
        }
        Ok(Some(FindingRecord {
            scanner: SCANNER.to_owned(),
            rule_id: self.kind.trim().to_owned(),
            title: single_line(if self.name.is_empty() { &self.kind } else { &self.name }, 500),
            severity,
            location: self.location()?,
            check: None,
            cves: vec![],
            cwes: self.cwes(),
            family: None,
            description: joined([text_of(&self.description), text_of(&self.impact)]),
            solution: joined([text_of(&self.remedial_actions), text_of(&self.remedial_procedure)]),
            evidence: self.evidence(),
            cvss: self.cvss,
            vendor_severity: Some(self.severity),
            asset: asset.clone(),
            references,
            seen_at: None,
        }))
    }

    fn location(&self) -> Result<Location, String> {
        if self.url.trim().is_empty() {
            return Ok(Location::Asset);
        }
        let url = page(&self.url).ok_or_else(|| format!("`{}` is no web address", single_line(&self.url, 100)))?;
        let mut parameters: Vec<&str> = self.vulnerable_parameters.iter().map(|name| name.trim()).collect();
        parameters.retain(|name| !name.is_empty());
        parameters.sort_unstable();
        parameters.dedup();
        let parameter = (!parameters.is_empty()).then(|| parameters.join(", "));
        let method = parameter.as_ref().map(|_| self.method.trim().to_owned()).filter(|method| !method.is_empty());
        Ok(Location::Web { url, method, parameter })
    }

    fn cwes(&self) -> Vec<u32> {
        let mut cwes = Vec::new();
        for number in self.cwe.split(|c: char| !c.is_ascii_digit()) {
            if let Some(number) = number.parse().ok().filter(|number| *number > 0) {
                push_new(&mut cwes, number);
            }
        }
        cwes
    }

    fn evidence(&self) -> Option<String> {
        let certainty = match (self.confirmed, self.certainty.as_str()) {
            (true, _) => "Confirmed by the scanner.".to_owned(),
            (false, "") => String::new(),
            (false, certainty) => format!("Not confirmed; certainty {certainty} %."),
        };
        let lines = |pairs: &[(String, String)]| {
            let lines: Vec<String> = pairs
                .iter()
                .map(|(name, value)| single_line(&format!("{}: {}", text_of(name), text_of(value)), 1000))
                .collect();
            lines.join("\n")
        };
        let id = if self.lookup_id.is_empty() { String::new() } else { format!("Issue {}", self.lookup_id) };
        joined([
            certainty,
            lines(&self.extra_information),
            text_of(&self.proof_of_concept),
            lines(&self.known_vulnerabilities),
            self.request.trim().to_owned(),
            id,
        ])
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    Ok(match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "information" | "info" | "bestpractice" | "best practice" => Severity::Info,
        _ => return Err(format!("`{}` is no severity of Invicti", single_line(word, 60))),
    })
}

/// A score of the vendor; `None` when there is neither vector nor a number in range.
pub(super) fn cvss(version: &str, vector: &str, base: &str) -> Option<CvssScore> {
    let vector = Some(vector.trim().to_owned()).filter(|vector| !vector.is_empty());
    let score = base.trim().parse().ok().filter(|score: &f64| (0.0..=10.0).contains(score));
    if vector.is_none() && score.is_none() {
        return None;
    }
    let said = vector.as_deref().and_then(|vector| vector.strip_prefix("CVSS:")?.split('/').next());
    Some(CvssScore { version: said.unwrap_or(version).to_owned(), vector, score })
}

fn joined<const N: usize>(parts: [String; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
