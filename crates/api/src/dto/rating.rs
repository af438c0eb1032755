//! What is known of a finding beyond its scanner, on the wire.

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::finding::sla::{self, DaysBySeverity, PercentByCriticality};
use scanhelm_core::finding::{Sighting, cvss, risk};
use scanhelm_core::{feed, finding};
use scanhelm_hub::rating::SlaPolicyView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Time, actor};
use crate::extract::Versioned;

/// One part of a risk score; the parts add up to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RiskPart {
    /// `impact`, `asset`, `epss` or `kev`.
    part: &'static str,
    #[schema(example = 25)]
    points: i32,
    /// One sentence for people.
    because: String,
}

impl From<risk::RiskPart> for RiskPart {
    fn from(part: risk::RiskPart) -> Self {
        Self { part: part.part, points: part.points, because: part.because }
    }
}

/// What the feeds say of a CVE.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CveFacts {
    cve: String,
    epss: Option<Epss>,
    kev: Option<Kev>,
}

/// 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Epss {
    score: f64,
    percentile: f64,
}

/// An entry in the catalogue of known exploited vulnerabilities.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kev {
    name: String,
    added_at: Time,
    /// By when CISA asks federal agencies to have acted.
    due_at: Option<Time>,
    ransomware: bool,
}

impl CveFacts {
    pub(crate) fn new(cve: String, facts: feed::CveFacts) -> Self {
        let kev = facts.kev.map(|entry| Kev {
            name: entry.name,
            added_at: entry.added_at.into(),
            due_at: entry.due_at.map(Time),
            ransomware: entry.ransomware,
        });
        let epss = facts.epss.map(|epss| Epss { score: epss.score, percentile: epss.percentile });
        Self { cve, epss, kev }
    }
}

/// A CVSS vector, whose it is, what it comes to, and what its source says it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Scores {
    /// The scanner's name, or `nvd`.
    source: String,
    /// Of NVD: the CVE that it is about.
    cve: Option<String>,
    #[schema(example = "3.1")]
    version: String,
    vector: Option<String>,
    /// Computed from the vector; absent without a whole one.
    computed: Option<f64>,
    /// As the source writes it.
    stated: Option<f64>,
}

impl Scores {
    /// The scanners' first, then the database's.
    pub(crate) fn of(sightings: &[Sighting], facts: &BTreeMap<String, feed::CveFacts>) -> Vec<Self> {
        let computed = |vector: &str| cvss::compute(vector).map(|score| score.score());
        let mut scores = Vec::new();
        for sighting in sightings {
            let stated = sighting.detail.get("cvss").cloned().unwrap_or_default();
            let stated: Vec<finding::CvssScore> = serde_json::from_value(stated).unwrap_or_default();
            scores.extend(stated.into_iter().map(|score| Self {
                source: sighting.scanner.clone(),
                cve: None,
                computed: score.vector.as_deref().and_then(computed),
                version: score.version,
                vector: score.vector,
                stated: score.score,
            }));
        }
        for (cve, facts) in facts {
            let vectors = facts.nvd.iter().flat_map(|entry| &entry.vectors).filter_map(|vector| cvss::compute(vector));
            scores.extend(vectors.map(|score| Self {
                source: "nvd".to_owned(),
                cve: Some(cve.clone()),
                computed: Some(score.score()),
                version: score.version,
                vector: Some(score.vector),
                stated: None,
            }));
        }
        scores
    }
}

/// A CWE.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Weakness {
    cwe: u32,
    name: Option<String>,
}

impl Weakness {
    pub(crate) fn named(cwes: &[u32], names: &HashMap<u32, String>) -> Vec<Self> {
        cwes.iter().map(|cwe| Self { cwe: *cwe, name: names.get(cwe).cloned() }).collect()
    }
}

/// Days until a finding is due; absent: no due date.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaDays {
    critical: Option<u16>,
    high: Option<u16>,
    medium: Option<u16>,
    low: Option<u16>,
    info: Option<u16>,
}

/// What share of that time there is, by the criticality of the asset, in percent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaPercent {
    low: u16,
    normal: u16,
    high: u16,
    critical: u16,
}

/// Until when findings should be gone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSlaPolicy {
    enabled: bool,
    days: SlaDays,
    /// Of what is known to be exploited, from the day it became known if that came later. The earlier of both counts.
    kev_days: Option<u16>,
    percent: SlaPercent,
}

/// The policy in force, or the proposal where nobody has written one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlaPolicy {
    enabled: bool,
    days: SlaDays,
    kev_days: Option<u16>,
    percent: SlaPercent,
    /// Absent: nobody has written it.
    updated_at: Option<Time>,
    updated_by: Option<String>,
    /// 0: nobody has written it.
    version: i64,
    /// Findings are still being rated by it.
    pending: bool,
}

impl Versioned for SlaPolicy {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<NewSlaPolicy> for sla::SlaPolicy {
    fn from(policy: NewSlaPolicy) -> Self {
        let SlaDays { critical, high, medium, low, info } = policy.days;
        let percent = policy.percent;
        Self {
            enabled: policy.enabled,
            days: DaysBySeverity { critical, high, medium, low, info },
            kev_days: policy.kev_days,
            percent: PercentByCriticality {
                low: percent.low,
                normal: percent.normal,
                high: percent.high,
                critical: percent.critical,
            },
        }
    }
}

impl From<SlaPolicyView> for SlaPolicy {
    fn from(view: SlaPolicyView) -> Self {
        let DaysBySeverity { critical, high, medium, low, info } = view.policy.days;
        let percent = view.policy.percent;
        Self {
            enabled: view.policy.enabled,
            days: SlaDays { critical, high, medium, low, info },
            kev_days: view.policy.kev_days,
            percent: SlaPercent {
                low: percent.low,
                normal: percent.normal,
                high: percent.high,
                critical: percent.critical,
            },
            updated_at: view.written.as_ref().map(|row| row.updated_at.into()),
            updated_by: view.written.as_ref().map(|row| actor(row.updated_by)),
            version: view.written.as_ref().map_or(0, |row| row.version),
            pending: view.pending,
        }
    }
}
