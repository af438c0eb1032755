//! What a run changed: new, regressed, unchanged, fixed and not seen, against the run before it or any other.

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::finding::Finding;
use scanhelm_core::finding::delta::{Difference, compare};
use scanhelm_core::ids::{FindingId, RunId, ScanId};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::Run;
use scanhelm_core::{Error, ErrorCode, Result, Severity, SeverityCounts};
use scanhelm_store::RunEvidence;

use super::Scans;

/// Which runs, and how much of each list.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeltaQuestion {
    /// The later one; its scan must be the asked one. `None`: the latest whose results are in.
    pub run: Option<RunId>,
    /// Any run of the company. `None`: the one before it in the scan whose results are in, if there is one.
    pub against: Option<RunId>,
    /// Findings in each list.
    pub limit: usize,
}

#[derive(Clone, Debug)]
pub struct Delta {
    pub run: Run,
    /// `None`: there is no earlier run, everything is new.
    pub against: Option<Run>,
    /// One for each of [`Difference::ALL`], in that order.
    pub parts: Vec<DeltaPart>,
}

#[derive(Clone, Debug)]
pub struct DeltaPart {
    pub difference: Difference,
    pub counts: SeverityCounts,
    /// The worst first, then by id.
    pub findings: Vec<Finding>,
}

impl Scans<'_> {
    /// # Errors
    /// [`ErrorCode::Conflict`] while no run of the scan is imported; not found for runs that are not the company's.
    pub async fn delta(&self, grant: &Grant, id: ScanId, question: DeltaQuestion) -> Result<Delta> {
        grant.require(Permission::FindingRead)?;
        self.row(grant, id).await?;
        let runs = self.hub.store().runs(grant.company, id).await?;
        let run = match question.run {
            Some(asked) => runs.iter().find(|run| run.id == asked).ok_or_else(Error::not_found)?,
            None => runs.iter().find(|run| run.import_state.is_finished()).ok_or_else(|| {
                Error::new(
                    ErrorCode::Conflict,
                    "No results of this scan are imported yet: there is nothing to compare.",
                )
            })?,
        };
        let against = match question.against {
            Some(asked) => {
                let found = self.hub.store().run(asked).await?.filter(|found| found.company_id == grant.company);
                Some(found.ok_or_else(Error::not_found)?)
            }
            None => runs.iter().find(|one| one.number < run.number && one.import_state.is_finished()).cloned(),
        };
        let before = against.as_ref().map(|run| run.id);
        let evidence = self.hub.store().run_evidence(grant.company, run, before).await?;
        let sorted = sort(evidence);
        let mut parts = Vec::with_capacity(Difference::ALL.len());
        for difference in Difference::ALL {
            let members = sorted.get(&difference).map(Vec::as_slice).unwrap_or_default();
            parts.push(self.part(grant, difference, members, question.limit).await?);
        }
        Ok(Delta { run: run.clone(), against, parts })
    }

    async fn part(
        &self,
        grant: &Grant,
        difference: Difference,
        members: &[(Severity, FindingId)],
        limit: usize,
    ) -> Result<DeltaPart> {
        let mut counts = SeverityCounts::default();
        for (severity, _) in members {
            counts.add(*severity, 1);
        }
        let shown: Vec<FindingId> = members.iter().take(limit).map(|(_, id)| *id).collect();
        let found = self.hub.store().findings_of(grant.company, &shown).await?;
        let mut found: HashMap<FindingId, Finding> = found.into_iter().map(|finding| (finding.id, finding)).collect();
        let findings = shown.iter().filter_map(|id| found.remove(id)).collect();
        Ok(DeltaPart { difference, counts, findings })
    }
}

/// The findings of each difference, the worst first.
fn sort(evidence: Vec<RunEvidence>) -> BTreeMap<Difference, Vec<(Severity, FindingId)>> {
    let mut sorted: BTreeMap<Difference, Vec<(Severity, FindingId)>> = BTreeMap::new();
    for finding in evidence.chunk_by(|one, next| one.finding_id == next.finding_id) {
        let Some(first) = finding.first() else { continue };
        let all: Vec<_> = finding.iter().map(|one| one.evidence.clone()).collect();
        if let Some(difference) = compare(&all) {
            sorted.entry(difference).or_default().push((first.severity, first.finding_id));
        }
    }
    for members in sorted.values_mut() {
        members.sort_by(|(a, a_id), (b, b_id)| b.cmp(a).then(a_id.cmp(b_id)));
    }
    sorted
}
