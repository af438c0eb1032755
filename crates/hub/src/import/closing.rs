//! After the last batch: the run covered its assets; what it no longer shows may be fixed.
//!
//! Looks at every sighting on the covered assets, not at what this run changed, so it gives the same end in any order
//! of imports and after any crash: doing it again changes nothing.

use std::collections::BTreeMap;

use scanhelm_core::coverage::{Closing, may_close};
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::FindingId;
use scanhelm_core::import::Import;
use scanhelm_core::scan::Scan;
use scanhelm_core::{Result, Timestamp};

use super::pipeline::Frame;
use crate::Hub;
use crate::failpoint;
use crate::jobs::JobContext;
use crate::rating::rate_again;
use crate::suppression::settle;

/// Sightings decided in one transaction.
const PAGE: u32 = 5_000;

pub(super) async fn close_what_is_gone(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &mut Import,
    frame: &Frame,
) -> Result<()> {
    let Some(run_id) = scan.run_id.filter(|_| frame.covers) else {
        return Ok(());
    };
    // A record that was set aside may be the very finding that is missed: such a run proves nothing fixed. Settled
    // before anything is looked at, so that of two imports that end together the later looks at both.
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.settle_coverage(run_id, import.counts.quarantined == 0).await?;
    transaction.commit().await?;
    let mut after = None;
    loop {
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        transaction.take_import_turn(scan.company_id).await?;
        let candidates = transaction.closing_candidates(scan.company_id, &frame.source, run_id, after, PAGE).await?;
        let Some(last) = candidates.last().map(|candidate| candidate.sighting_id) else {
            return Ok(());
        };
        let mut sightings = Vec::new();
        let mut touched: BTreeMap<FindingId, Timestamp> = BTreeMap::new();
        for candidate in &candidates {
            let covered_at = candidate.coverage.as_ref().map_or(frame.seen_at, |coverage| coverage.covered_at);
            let (state, reason) = match may_close(candidate.coverage.as_ref(), &candidate.found) {
                Closing::Keep => continue,
                Closing::Fixed => (SightingState::Fixed, None),
                Closing::NotSeen(reason) => (SightingState::NotSeen, Some(reason)),
            };
            if candidate.state == state {
                continue;
            }
            sightings.push((candidate.sighting_id, state, reason));
            let at = touched.entry(candidate.finding_id).or_insert(covered_at);
            *at = (*at).max(covered_at);
        }
        transaction.set_sighting_state(&sightings).await?;
        let ids: Vec<FindingId> = touched.keys().copied().collect();
        let mut closed = Vec::new();
        let mut next = import.clone();
        for finding in transaction.finding_standing(&ids).await? {
            let Some(state) = closed_state(finding.status, &finding.sightings) else {
                continue;
            };
            match state {
                FindingState::Fixed => next.counts.fixed += 1,
                _ => next.counts.not_seen += 1,
            }
            closed.push((finding.id, state, touched.get(&finding.id).copied()));
        }
        transaction.set_finding_status(&closed).await?;
        transaction.refresh_findings(&ids).await?;
        // One of several scanners may have been the reason why no rule hid it.
        settle(&transaction, scan.company_id, hub.now(), &ids).await?;
        rate_again(&transaction, scan.company_id, &ids).await?;
        transaction.save_import(&next).await?;
        failpoint::hit("import.closing.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("import.closing.after_commit").await;
        *import = next;
        after = Some(last);
    }
}

/// What a finding becomes when no scanner sees it any more. A person's verdict stands; so does anything still seen. What
/// a rule suppressed is gone like anything else: a rule says nothing of what is not there.
fn closed_state(status: FindingState, sightings: &[SightingState]) -> Option<FindingState> {
    if status.is_verdict() || sightings.contains(&SightingState::Seen) {
        return None;
    }
    let state = FindingState::unjudged(sightings);
    let stands = status == state || matches!(status, FindingState::VerifiedFixed | FindingState::Closed);
    (!stands).then_some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_sees_closes_and_verdicts_stand() {
        use FindingState as F;
        use SightingState as S;
        assert_eq!(closed_state(F::Open, &[S::Fixed, S::Seen]), None);
        assert_eq!(closed_state(F::Open, &[S::Fixed, S::Fixed]), Some(F::Fixed));
        assert_eq!(closed_state(F::InProgress, &[S::Fixed, S::NotSeen]), Some(F::NotSeen));
        assert_eq!(closed_state(F::RiskAccepted, &[S::Fixed]), None);
        assert_eq!(closed_state(F::Suppressed, &[S::Fixed]), Some(F::Fixed));
        assert_eq!(closed_state(F::Fixed, &[S::Fixed]), None);
    }
}
