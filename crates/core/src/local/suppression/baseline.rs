//! What was there before: fingerprints of findings, with a few words for whoever reads the file.
//!
//! A fingerprint is made of weakness, place without line, and matched source, so code that moves stays known and a
//! second identical weakness in a file is new. The file depends on the findings alone: equal trees give equal bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Severity;
use crate::finding::FindingRecord;
use crate::finding::identity::Identity;

/// Names the layout and its version.
pub const BASELINE_SCHEMA: &str = "scanhelm-baseline/1";

const LONGEST: usize = 200;

/// Findings by their fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, Known>);

/// A finding of a baseline. Only the fingerprint counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub fingerprint: String,
    pub scanner: String,
    pub rule: String,
    pub severity: Severity,
    /// Without a line: those move.
    pub location: String,
    pub title: String,
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    findings: Vec<Known>,
}

/// A file that cannot be trusted to hold a baseline.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    #[error("it is no baseline: {0}")]
    Malformed(String),
    #[error("its schema is `{0}`, not `{BASELINE_SCHEMA}`; write it anew with `scanhelm baseline`")]
    Schema(String),
    #[error("`{0}` is no fingerprint")]
    Fingerprint(String),
    #[error("the fingerprint {0} stands there twice; the file was merged by hand: write it anew")]
    Twice(String),
    #[error(
        "the fingerprint {0} stands there twice: these are findings of several assets, and one is compared at a time"
    )]
    SeveralAssets(String),
}

impl Baseline {
    pub fn of<'scan>(findings: impl IntoIterator<Item = (&'scan FindingRecord, &'scan Identity)>) -> Self {
        let known = |(record, identity): (&FindingRecord, &Identity)| {
            let known = Known::of(record, identity);
            (known.fingerprint.clone(), known)
        };
        Self(findings.into_iter().map(known).collect())
    }

    /// Of findings whose fingerprints are known already.
    ///
    /// # Errors
    /// When two have one fingerprint: they are on different assets, which a baseline does not tell apart.
    pub fn of_known(findings: impl IntoIterator<Item = Known>) -> Result<Self, BaselineError> {
        let mut all = BTreeMap::new();
        for known in findings {
            if let Some(twin) = all.insert(known.fingerprint.clone(), known) {
                return Err(BaselineError::SeveralAssets(twin.fingerprint));
            }
        }
        Ok(Self(all))
    }

    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let malformed = |error: serde_json::Error| BaselineError::Malformed(error.to_string());
        let document: Document = serde_json::from_str(text).map_err(malformed)?;
        if document.schema != BASELINE_SCHEMA {
            return Err(BaselineError::Schema(short(&document.schema)));
        }
        let mut findings = BTreeMap::new();
        for known in document.findings {
            let fingerprint = known.fingerprint.clone();
            if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(BaselineError::Fingerprint(short(&fingerprint)));
            }
            if findings.insert(fingerprint.clone(), known).is_some() {
                return Err(BaselineError::Twice(fingerprint));
            }
        }
        Ok(Self(findings))
    }

    /// One finding a line, sorted for people: a change of one finding changes its line alone.
    #[must_use]
    pub fn written(&self) -> String {
        let mut findings: Vec<&Known> = self.0.values().collect();
        let place = |known: &Known| (known.location.clone(), known.scanner.clone(), known.rule.clone());
        findings
            .sort_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.fingerprint.cmp(&other.fingerprint)));
        let line = |known: &Known| serde_json::to_string(known).unwrap_or_default();
        let lines: Vec<String> = findings.into_iter().map(|known| format!("\n{}", line(known))).collect();
        format!("{{\"schema\":\"{BASELINE_SCHEMA}\",\n\"findings\":[{}\n]}}\n", lines.join(","))
    }

    #[must_use]
    pub fn knows(&self, identity: &Identity) -> bool {
        self.holds(&identity.portable_fingerprint())
    }

    #[must_use]
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a fresh scan brought against this baseline. `looked` holds the scanners that looked at everything: of the
    /// others silence proves nothing.
    #[must_use]
    pub fn compared(&self, fresh: &Self, looked: &BTreeSet<String>) -> Comparison {
        let of = |one: &Self, other: &Self| -> Vec<Known> {
            one.0.iter().filter(|(print, _)| !other.0.contains_key(*print)).map(|(_, known)| known.clone()).collect()
        };
        let (fixed, unknown) = of(self, fresh).into_iter().partition(|known| looked.contains(&known.scanner));
        let unchanged =
            fresh.0.iter().filter(|(print, _)| self.0.contains_key(*print)).map(|(_, known)| known.clone()).collect();
        Comparison { new: of(fresh, self), fixed, unchanged, unknown }
    }
}

/// How two scans differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub new: Vec<Known>,
    pub fixed: Vec<Known>,
    pub unchanged: Vec<Known>,
    /// Not seen, but their scanner did not look.
    pub unknown: Vec<Known>,
}

impl Known {
    fn of(record: &FindingRecord, identity: &Identity) -> Self {
        Self::listed(record, identity.portable_fingerprint())
    }

    /// Of a result that was written with its fingerprint.
    #[must_use]
    pub fn listed(record: &FindingRecord, fingerprint: String) -> Self {
        use crate::finding::Location;
        let location = match &record.location {
            Location::Code { path, .. } => path.clone(),
            other => other.label(),
        };
        Self {
            fingerprint,
            scanner: record.scanner.clone(),
            rule: record.rule_id.clone(),
            severity: record.severity,
            location: short(&location),
            title: short(&record.title),
        }
    }
}

fn short(text: &str) -> String {
    crate::text::single_line(text, LONGEST)
}
