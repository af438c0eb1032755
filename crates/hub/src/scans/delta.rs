//! What a run changed: new, regressed, unchanged, fixed and not seen, against the run before it or any other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use scanhelm_core::finding::Finding;
use scanhelm_core::finding::delta::{Difference, compare};
use scanhelm_core::ids::{FindingId, RunId, ScanId};
use scanhelm_core::page::{Page, Total};
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

/// Two runs and what became of every finding of either, the worst first, then by id.
struct Compared {
    run: Run,
    against: Option<Run>,
    members: BTreeMap<Difference, Vec<Member>>,
}

type Member = (Severity, FindingId);

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
        let Compared { run, against, members } = self.compared(grant, id, question).await?;
        let mut parts = Vec::with_capacity(Difference::ALL.len());
        for difference in Difference::ALL {
            let members = members.get(&difference).map(Vec::as_slice).unwrap_or_default();
            let mut counts = SeverityCounts::default();
            for (severity, _) in members {
                counts.add(*severity, 1);
            }
            let findings = self.shown(grant, members.get(..question.limit).unwrap_or(members)).await?;
            parts.push(DeltaPart { difference, counts, findings });
        }
        Ok(Delta { run, against, parts })
    }

    /// One of the lists page by page. Both runs should be named: which is the latest may change from page to page.
    ///
    /// # Errors
    /// As [`Scans::delta`]; also for a cursor that no page gave.
    pub async fn delta_findings(
        &self,
        grant: &Grant,
        id: ScanId,
        question: DeltaQuestion,
        difference: Difference,
        cursor: Option<&str>,
    ) -> Result<Page<Finding>> {
        let after = cursor.map(read_cursor).transpose()?;
        let compared = self.compared(grant, id, question).await?;
        let members = compared.members.get(&difference).map(Vec::as_slice).unwrap_or_default();
        let start = after.map_or(0, |after| members.partition_point(|member| place(member) <= place(&after)));
        let rest = members.get(start..).unwrap_or_default();
        let page = rest.get(..question.limit).unwrap_or(rest);
        let last = page.last().filter(|_| page.len() < rest.len());
        let next_cursor = last.map(|(severity, id)| format!("{}.{id}", severity.rank()));
        let total = after.is_none().then_some(Total::Exactly(members.len() as u64));
        Ok(Page { items: self.shown(grant, page).await?, next_cursor, total })
    }

    async fn compared(&self, grant: &Grant, id: ScanId, question: DeltaQuestion) -> Result<Compared> {
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
        Ok(Compared { run: run.clone(), against, members: sort(evidence) })
    }

    async fn shown(&self, grant: &Grant, members: &[Member]) -> Result<Vec<Finding>> {
        let ids: Vec<FindingId> = members.iter().map(|(_, id)| *id).collect();
        let found = self.hub.store().findings_of(grant.company, &ids).await?;
        let mut found: HashMap<FindingId, Finding> = found.into_iter().map(|finding| (finding.id, finding)).collect();
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// Sorts as the lists do.
fn place((severity, id): &Member) -> (Reverse<Severity>, FindingId) {
    (Reverse(*severity), *id)
}

fn read_cursor(text: &str) -> Result<Member> {
    let member =
        text.split_once('.').and_then(|(rank, id)| Some((Severity::from_rank(rank.parse().ok()?)?, id.parse().ok()?)));
    let detail = "This is not a cursor that this list has answered. Start again without a cursor.";
    member.ok_or_else(|| Error::field("cursor", "malformed", detail))
}

/// The findings of each difference, the worst first.
fn sort(evidence: Vec<RunEvidence>) -> BTreeMap<Difference, Vec<Member>> {
    let mut sorted: BTreeMap<Difference, Vec<Member>> = BTreeMap::new();
    for finding in evidence.chunk_by(|one, next| one.finding_id == next.finding_id) {
        let Some(first) = finding.first() else { continue };
        let all: Vec<_> = finding.iter().map(|one| one.evidence.clone()).collect();
        if let Some(difference) = compare(&all) {
            sorted.entry(difference).or_default().push((first.severity, first.finding_id));
        }
    }
    for members in sorted.values_mut() {
        members.sort_unstable_by_key(place);
    }
    sorted
}
