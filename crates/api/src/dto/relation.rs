//! Findings that are one weakness to several scanners, on the wire.

use scanhelm_hub::findings::{self as hub, ComparedPart, ComparisonOutcome, GroupSize};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{FindingState, Severity, Time, actor};

/// A group of findings as a list tells of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// How many findings, this one too.
    findings: u32,
    /// How many scanners' evidence they rest on together.
    sightings: u32,
    scanners: Vec<String>,
}

impl From<GroupSize> for Group {
    fn from(size: GroupSize) -> Self {
        Self { findings: size.findings, sightings: size.sightings, scanners: size.scanners }
    }
}

/// Another finding that is the same weakness at the same place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelatedFinding {
    id: Uuid,
    title: String,
    severity: Severity,
    /// Its own: a verdict on one finding holds for no other.
    status: FindingState,
    location: String,
    cves: Vec<String>,
    rules: Vec<ScannerRule>,
    /// Why it is the same weakness as the finding that was asked for, as a part of a sentence.
    reason: String,
    /// The judgement that stands on it, for whoever judges this one.
    judged: Option<JudgedElsewhere>,
}

/// A rule of a scanner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScannerRule {
    scanner: String,
    rule_id: String,
}

/// What a person decided about a related finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JudgedElsewhere {
    at: Time,
    actor: String,
    state: FindingState,
    reason: Option<String>,
}

impl From<hub::Related> for RelatedFinding {
    fn from(related: hub::Related) -> Self {
        let rules = related.rules.into_iter();
        Self {
            id: related.finding.id.0,
            title: related.finding.title,
            severity: related.finding.severity.into(),
            status: related.finding.status.into(),
            location: related.finding.location.label(),
            cves: related.finding.cves,
            rules: rules.map(|rule| ScannerRule { scanner: rule.scanner, rule_id: rule.rule_id }).collect(),
            reason: related.reason,
            judged: related.verdict.map(|verdict| JudgedElsewhere {
                at: verdict.at.into(),
                actor: actor(verdict.actor),
                state: verdict.state.into(),
                reason: verdict.reason,
            }),
        }
    }
}

/// What two findings are to each other.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ComparisonVerdict {
    /// One and the same finding.
    SameFinding,
    /// Two findings that are one weakness to several scanners.
    SameWeakness,
    Different,
}

/// Two findings part by part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    verdict: ComparisonVerdict,
    /// Why, in a sentence for people.
    words: String,
    parts: Vec<ComparisonPart>,
}

/// What one part is in each of the two.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonPart {
    /// `asset`, `location`, `weakness` and `ordinal` make the fingerprint; `cves` and `rules` are what the relation
    /// between scanners looks at.
    part: &'static str,
    one: String,
    other: String,
    equal: bool,
}

impl From<hub::Compared> for Comparison {
    fn from(compared: hub::Compared) -> Self {
        let part = |ComparedPart { part, one, other, equal }| ComparisonPart { part, one, other, equal };
        Self {
            verdict: match compared.outcome {
                ComparisonOutcome::SameFinding => ComparisonVerdict::SameFinding,
                ComparisonOutcome::SameWeakness => ComparisonVerdict::SameWeakness,
                ComparisonOutcome::Different => ComparisonVerdict::Different,
            },
            words: compared.words,
            parts: compared.parts.into_iter().map(part).collect(),
        }
    }
}
