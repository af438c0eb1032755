//! What a run changed.

use std::collections::HashMap;

use scanhelm_core::finding::delta::Difference;
use scanhelm_hub::scans;
use serde::Serialize;
use utoipa::ToSchema;

use super::finding::{Finding, Surroundings};
use super::scan_parts::Run;
use super::words::Counts;

/// The findings of one run beside those of another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingsDelta {
    run: Run,
    /// Absent: there is no earlier run with results, so everything is new.
    against: Option<Run>,
    /// No earlier run had them.
    new: DeltaPart,
    /// An earlier run had them, the one compared with had not.
    regressed: DeltaPart,
    unchanged: DeltaPart,
    /// Gone, and the later run proves it: it was imported whole, covered the asset, was logged in where they were
    /// found logged in, and used the same policy.
    fixed: DeltaPart,
    /// Gone without that proof.
    not_seen: DeltaPart,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeltaPart {
    counts: Counts,
    /// The worst first, at most `limit`.
    findings: Vec<Finding>,
}

impl FindingsDelta {
    pub(crate) fn new(delta: scans::Delta, around: &Surroundings) -> Self {
        let mut parts: HashMap<Difference, scans::DeltaPart> =
            delta.parts.into_iter().map(|part| (part.difference, part)).collect();
        let mut part = |difference| {
            let part = parts.remove(&difference);
            let (counts, findings) = part.map(|part| (part.counts, part.findings)).unwrap_or_default();
            let findings = findings.into_iter().map(|finding| Finding::new(finding, around)).collect();
            DeltaPart { counts: counts.into(), findings }
        };
        Self {
            run: delta.run.into(),
            against: delta.against.map(Run::from),
            new: part(Difference::New),
            regressed: part(Difference::Regressed),
            unchanged: part(Difference::Unchanged),
            fixed: part(Difference::Fixed),
            not_seen: part(Difference::NotSeen),
        }
    }
}
