//! What a batch of the import will write, and the order in which it is written.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use scanhelm_core::finding::FindingState;
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, SightingId, UserId};
use scanhelm_core::import::{ImportCounts, ImportNews, NewsItem};
use scanhelm_core::{Result, Timestamp};
use scanhelm_store::{NewFinding, NewSighting, SightingContent, SightingUpdate, Transaction};

use crate::rating::{Basis, rate_again};
use crate::suppression::settle;

/// What a batch will write.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) findings: Vec<NewFinding>,
    pub(super) owned: Vec<(FindingId, UserId)>,
    pub(super) sightings: Vec<NewSighting>,
    pub(super) updates: Vec<SightingUpdate>,
    /// Sightings that the run saw and that need no other write.
    pub(super) seen: Vec<(RunId, FindingId, SightingId)>,
    /// Findings whose shown facts depend on more than one sighting or on a changed one.
    pub(super) refresh: HashSet<FindingId>,
    /// Known findings of which more changed than that they were seen again.
    pub(super) rate: HashSet<FindingId>,
    /// Known findings that a scanner sees which did not before.
    pub(super) seen_again: HashSet<FindingId>,
    /// With the time at which they were seen.
    pub(super) reopened: HashMap<FindingId, Timestamp>,
    /// Assets whose findings have new sightings.
    pub(super) places: BTreeSet<AssetId>,
    pub(super) counts: ImportCounts,
    /// Of the whole import so far.
    pub(super) news: ImportNews,
    /// What this batch adds to that, unless a rule suppresses it.
    pub(super) tidings: Vec<NewsItem>,
    /// What new findings are rated by.
    pub(super) basis: Basis,
}

impl Decided {
    pub(super) fn reopen(&mut self, reopen: bool, finding: FindingId, seen_at: Timestamp, shown: &SightingContent) {
        if !reopen {
            return;
        }
        self.rate.insert(finding);
        // Seen by several: the first of them brought it back.
        match self.reopened.entry(finding) {
            Entry::Occupied(mut known) => *known.get_mut() = seen_at.min(*known.get()),
            Entry::Vacant(unknown) => {
                unknown.insert(seen_at);
                self.counts.reopened += 1;
                self.tell(finding, shown, true);
            }
        }
    }

    pub(super) fn tell(&mut self, finding_id: FindingId, shown: &SightingContent, reopened: bool) {
        let SightingContent { severity, title, .. } = shown;
        self.tidings.push(NewsItem { finding_id, severity: *severity, title: title.clone(), reopened });
    }

    pub(super) async fn write(
        mut self,
        transaction: &Transaction,
        company: CompanyId,
        now: Timestamp,
    ) -> Result<(ImportCounts, ImportNews)> {
        transaction.insert_findings(&self.findings).await?;
        transaction.copy_owners(&self.owned).await?;
        transaction.insert_sightings(&self.sightings).await?;
        transaction.update_sightings(&self.updates).await?;
        transaction.link_sightings(self.seen).await?;
        let mut refresh: Vec<FindingId> = self.refresh.into_iter().collect();
        refresh.sort_unstable();
        let says_the_same = |id: &FindingId| !self.rate.contains(id) && !self.seen_again.contains(id);
        let (seen, told_anew): (Vec<_>, Vec<_>) = refresh.into_iter().partition(says_the_same);
        transaction.refresh_findings(&told_anew).await?;
        transaction.refresh_seen(&seen).await?;
        let mut reopened: Vec<(FindingId, Timestamp)> = self.reopened.into_iter().collect();
        reopened.sort_unstable();
        transaction.restart_clocks(&reopened).await?;
        let opened: Vec<_> = reopened.into_iter().map(|(finding, _)| (finding, FindingState::Open, None)).collect();
        transaction.set_finding_status(&opened).await?;
        let fresh = self.findings.iter().map(|finding| finding.id);
        let to_settle: BTreeSet<FindingId> = fresh.chain(self.seen_again).chain(self.rate.iter().copied()).collect();
        let suppressed = settle(transaction, company, now, &Vec::from_iter(to_settle)).await?;
        for item in self.tidings.into_iter().filter(|item| !suppressed.contains(&item.finding_id)) {
            self.news.add(item);
        }
        let mut rate: Vec<FindingId> = self.rate.into_iter().collect();
        rate.sort_unstable();
        rate_again(transaction, company, &rate).await?;
        Ok((self.counts, self.news))
    }
}
