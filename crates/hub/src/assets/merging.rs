//! A person says that two assets are one machine, and takes it back; see [`scanhelm_core::merging`].
//!
//! Both are one transaction in the company's turn: no import writes between what was read and what is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use scanhelm_core::asset::Asset;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, MergeId};
use scanhelm_core::merging::{AssetMerge, of_both, on_asset, refusal, standing};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::{MergeableFinding, MergedFinding, Placed, SplitFinding, Transaction};
use serde_json::json;

use super::Assets;
use crate::findings::relate;
use crate::rating::rate_again;
use crate::suppression;

/// Longest reason in characters.
const LONGEST_REASON: usize = 1000;

fn conflict(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::Conflict, detail)
}

impl Assets<'_> {
    /// What was merged into an asset, also what was taken back, the newest first.
    pub async fn merges(&self, grant: &Grant, id: AssetId) -> Result<Vec<AssetMerge>> {
        grant.require(Permission::AssetRead)?;
        let store = self.hub.store();
        store.asset(grant.company, id).await?.ok_or_else(Error::not_found)?;
        store.asset_merges(grant.company, id).await
    }

    /// From now on the asset `from` is the asset `id`, and what is reported of it lands there.
    pub async fn merge(
        &self,
        grant: &Grant,
        id: AssetId,
        from: AssetId,
        reason: &str,
        version: Option<i64>,
    ) -> Result<AssetMerge> {
        grant.require(Permission::AssetRead)?;
        let company = grant.company;
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(company).await?;
        let into = transaction.asset(company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::AssetWrite)?;
        let unknown = || Error::field("from", "unknown", "There is no such asset.");
        let from = transaction.asset(company, from).await?.ok_or_else(unknown)?;
        if let Some(refusal) = refusal(&into, &from) {
            return Err(conflict(refusal));
        }
        let stale = || Error::new(ErrorCode::StaleVersion, "The asset has changed since it was read. Read it again.");
        let merge = AssetMerge {
            id: MergeId::new(self.hub.ids()),
            company_id: company,
            asset_id: into.id,
            absorbed_id: from.id,
            absorbed: serde_json::to_value(&from).map_err(Error::internal)?,
            reason: single_line(reason, LONGEST_REASON),
            actor: grant.actor,
            at: self.hub.now(),
            undone: None,
        };
        if !transaction.insert_asset_merge(&merge, &from, version.unwrap_or(into.version)).await? {
            return Err(stale());
        }
        let most = self.hub.settings().assets.most_merged;
        let count = transaction.count_findings_on(company, from.id).await?;
        if count > most as u64 {
            return Err(conflict(format!(
                "The asset has {count} findings; at most {most} are moved at once. Delete scans that are no longer \
                 needed, then try again."
            )));
        }
        let findings = movable(&transaction, company, from.id, None).await?;
        unite(&transaction, &merge, &into, findings, self.hub.now()).await?;
        self.end(grant, transaction, &merge, "asset.merge").await?;
        Ok(merge)
    }

    /// Takes a merge back: what was reported of the absorbed asset is its own again.
    pub async fn undo_merge(&self, grant: &Grant, id: MergeId) -> Result<AssetMerge> {
        grant.require(Permission::AssetRead)?;
        let company = grant.company;
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(company).await?;
        let mut merge = transaction.asset_merge(company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::AssetWrite)?;
        if merge.undone.is_some() {
            return Err(conflict("This merge was undone already."));
        }
        let into = transaction.asset(company, merge.asset_id).await?.ok_or_else(Error::not_found)?;
        let absorbed = transaction.asset(company, merge.absorbed_id).await?.ok_or_else(Error::not_found)?;
        if into.merged_into.is_some() {
            return Err(conflict("The asset was merged on into another one. Undo that merge first."));
        }
        let parts = transaction.merged_assets(company, absorbed.id).await?;
        let findings = movable(&transaction, company, into.id, Some(&parts)).await?;
        let merged = transaction.merged_fingerprints(company, merge.id).await?;
        let undone = (grant.actor, self.hub.now());
        transaction.end_asset_merge(&merge, undone.0, undone.1).await?;
        let parting = Parting { merge: &merge, into: &into, absorbed: &absorbed, parts: &parts };
        self.part(&transaction, parting, findings, &merged).await?;
        merge.undone = Some(undone);
        self.end(grant, transaction, &merge, "asset.merge.undo").await?;
        Ok(merge)
    }

    async fn end(&self, grant: &Grant, transaction: Transaction, merge: &AssetMerge, action: &str) -> Result<()> {
        let both = [merge.asset_id, merge.absorbed_id];
        transaction.mark_relation_due(grant.company, &both, self.hub.now()).await?;
        let detail = json!({"merge": merge.id, "absorbed": merge.absorbed_id, "reason": merge.reason});
        let entry = self.hub.audit_entry(grant, action, format!("asset/{}", merge.asset_id), detail);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        relate(self.hub, grant.company).await.map(|_| ())
    }

    /// Gives each asset the findings that were reported of it.
    async fn part(
        &self,
        transaction: &Transaction,
        parting: Parting<'_>,
        findings: Vec<MergeableFinding>,
        merged: &[MergedFinding],
    ) -> Result<()> {
        let company = parting.into.company_id;
        let old: HashMap<&str, FindingId> =
            merged.iter().filter_map(|row| Some((row.into.as_str(), row.finding_id?))).collect();
        let mut plan = Plan::default();
        for finding in findings {
            let (theirs, ours): (Vec<_>, Vec<_>) =
                finding.sightings.iter().copied().partition(|(asset, ..)| parting.parts.contains(asset));
            if theirs.is_empty() {
                continue;
            }
            let identity = on_asset(&finding.identity, &parting.absorbed.identity);
            let there = Placed {
                id: finding.id,
                asset_id: parting.absorbed.id,
                fingerprint: identity.fingerprint(company),
                identity,
            };
            let here = Placed {
                id: finding.id,
                asset_id: parting.into.id,
                fingerprint: finding.fingerprint.clone(),
                identity: finding.identity.clone(),
            };
            plan.pairs.push((here.fingerprint.clone(), there.fingerprint.clone()));
            match old.get(here.fingerprint.as_str()).copied() {
                _ if ours.is_empty() => {
                    plan.sides.push(Side::new(&there, &theirs));
                    plan.whole.push(there);
                }
                // The id was the absorbed asset's: what is left gets a new one.
                Some(known) if known == finding.id => {
                    let here = Placed { id: FindingId::new(self.hub.ids()), ..here };
                    plan.sides.extend([Side::new(&there, &theirs), Side::new(&here, &ours)]);
                    plan.left.push((finding.id, here.id));
                    plan.splits.push(SplitFinding { from: finding.id, to: here });
                    plan.whole.push(there);
                }
                known => {
                    let there = Placed { id: known.unwrap_or_else(|| FindingId::new(self.hub.ids())), ..there };
                    plan.sides.extend([Side::new(&there, &theirs), Side::new(&here, &ours)]);
                    plan.taken.push((finding.id, there.id));
                    plan.splits.push(SplitFinding { from: finding.id, to: there });
                }
            }
        }
        plan.carry_out(transaction, parting, self.hub.now()).await
    }
}

/// Findings on an asset that may be moved now: all of them, or those that were reported of some that it absorbed.
async fn movable(
    transaction: &Transaction,
    company: CompanyId,
    asset: AssetId,
    reported_of: Option<&HashSet<AssetId>>,
) -> Result<Vec<MergeableFinding>> {
    let findings = transaction.findings_on(company, asset, reported_of).await?;
    let prints: Vec<String> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    if !transaction.open_approvals_of(company, &prints).await?.is_empty() {
        let detail = "A request about one of its findings waits for a decision. Decide or withdraw it, then try again.";
        return Err(conflict(detail));
    }
    Ok(findings)
}

/// A finding after its sightings were divided.
struct Side {
    finding: FindingId,
    fingerprint: String,
    sightings: Vec<SightingState>,
    last_seen_at: Timestamp,
}

impl Side {
    fn new(placed: &Placed, sightings: &[(AssetId, SightingState, Timestamp)]) -> Self {
        Self {
            finding: placed.id,
            fingerprint: placed.fingerprint.clone(),
            sightings: sightings.iter().map(|(_, state, _)| *state).collect(),
            last_seen_at: sightings.iter().map(|(_, _, at)| *at).max().unwrap_or_default(),
        }
    }

    fn standing(
        &self,
        verdicts: &HashMap<String, Verdict>,
        now: Timestamp,
    ) -> (FindingId, FindingState, Option<Timestamp>) {
        let (state, resolved_at) = standing(verdicts.get(&self.fingerprint), &self.sightings, self.last_seen_at, now);
        (self.finding, state, resolved_at)
    }
}

/// Puts the findings of the absorbed asset on the one that stays.
async fn unite(
    transaction: &Transaction,
    merge: &AssetMerge,
    into: &Asset,
    findings: Vec<MergeableFinding>,
    now: Timestamp,
) -> Result<()> {
    let company = merge.company_id;
    let moves: Vec<(MergeableFinding, Placed)> = findings
        .into_iter()
        .map(|finding| {
            let identity = on_asset(&finding.identity, &into.identity);
            let fingerprint = identity.fingerprint(company);
            let placed = Placed { id: finding.id, asset_id: into.id, fingerprint, identity };
            (finding, placed)
        })
        .collect();
    let rows: Vec<MergedFinding> = moves
        .iter()
        .map(|(finding, placed)| MergedFinding {
            fingerprint: finding.fingerprint.clone(),
            into: placed.fingerprint.clone(),
            finding_id: Some(finding.id),
        })
        .collect();
    transaction.insert_merged_fingerprints(company, merge.id, &rows).await?;
    let known: HashMap<String, MergeableFinding> = transaction
        .findings_on(company, into.id, None)
        .await?
        .into_iter()
        .map(|finding| (finding.fingerprint.clone(), finding))
        .collect();
    let prints: Vec<String> = rows.iter().flat_map(|row| [row.fingerprint.clone(), row.into.clone()]).collect();
    let mut verdicts = transaction.triage_of(company, &prints).await?;
    let (mut placed, mut met, mut adopted, mut sides) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (finding, place) in moves {
        let own = verdicts.get(&place.fingerprint);
        let stands = of_both(own, verdicts.get(&finding.fingerprint)).cloned();
        let judged_here = own.is_some();
        if let Some(verdict) = stands {
            adopted.push((place.fingerprint.clone(), Some(verdict.clone())));
            verdicts.insert(place.fingerprint.clone(), verdict);
        }
        match known.get(&place.fingerprint) {
            Some(other) => {
                met.push((finding.id, other.id));
                let both: Vec<_> = other.sightings.iter().chain(&finding.sightings).copied().collect();
                sides.push(Side::new(&Placed { id: other.id, ..place }, &both));
            }
            None => {
                // What a rule suppressed is asked anew, also where the rule is over.
                if judged_here || finding.status == FindingState::Suppressed {
                    sides.push(Side::new(&place, &finding.sightings));
                }
                placed.push(place);
            }
        }
    }
    transaction.move_sightings(&met, None).await?;
    transaction.delete_findings(&met.iter().map(|(from, _)| *from).collect::<Vec<_>>()).await?;
    transaction.place_findings(&placed).await?;
    transaction.adopt_verdicts(company, &adopted).await?;
    transaction.adopt_owners(company, merge.id).await?;
    let changed = placed.iter().map(|place| place.id).chain(met.into_iter().map(|(_, to)| to)).collect();
    settle(transaction, company, changed, &sides, &verdicts, now).await
}

/// What an undoing is about.
#[derive(Clone, Copy)]
struct Parting<'a> {
    merge: &'a AssetMerge,
    into: &'a Asset,
    absorbed: &'a Asset,
    /// The absorbed asset and what had been merged into it.
    parts: &'a HashSet<AssetId>,
}

/// What an undoing will write.
#[derive(Default)]
struct Plan {
    /// Findings that go to the absorbed asset with their id.
    whole: Vec<Placed>,
    splits: Vec<SplitFinding>,
    /// The absorbed asset's sightings, from finding to finding.
    taken: Vec<(FindingId, FindingId)>,
    /// The other sightings of findings that went.
    left: Vec<(FindingId, FindingId)>,
    sides: Vec<Side>,
    /// Fingerprints on the asset that stays and on the absorbed one.
    pairs: Vec<(String, String)>,
}

impl Plan {
    async fn carry_out(self, transaction: &Transaction, parting: Parting<'_>, now: Timestamp) -> Result<()> {
        let company = parting.into.company_id;
        transaction.place_findings(&self.whole).await?;
        transaction.split_findings(&self.splits).await?;
        transaction.move_sightings(&self.taken, Some(parting.parts)).await?;
        let others = transaction.merged_assets(company, parting.into.id).await?;
        transaction.move_sightings(&self.left, Some(&others)).await?;
        let verdicts = self.part_verdicts(transaction, parting).await?;
        let here: Vec<String> = self.pairs.iter().map(|(here, _)| here.clone()).collect();
        transaction.restore_owners(company, &here).await?;
        let changed = self.sides.iter().map(|side| side.finding).collect();
        settle(transaction, company, changed, &self.sides, &verdicts, now).await
    }

    /// What was given before the merge stands again on each side; what a person gave since then stands on both.
    async fn part_verdicts(&self, transaction: &Transaction, parting: Parting<'_>) -> Result<HashMap<String, Verdict>> {
        let company = parting.into.company_id;
        let here: Vec<String> = self.pairs.iter().map(|(here, _)| here.clone()).collect();
        let there: Vec<String> = self.pairs.iter().map(|(_, there)| there.clone()).collect();
        let given = transaction.given_verdicts(company, &here).await?;
        let mut verdicts = transaction.triage_of(company, &there).await?;
        let since: Vec<Verdict> = self
            .pairs
            .iter()
            .filter_map(|(here, there)| {
                let verdict = given.get(here)?;
                let during = verdict.actor != Actor::System && verdict.at >= parting.merge.at;
                let newer = verdicts.get(there).is_none_or(|known| known.at <= verdict.at);
                (during && newer).then(|| Verdict { fingerprint: there.clone(), ..verdict.clone() })
            })
            .collect();
        transaction.save_verdicts(company, &since).await?;
        verdicts.extend(since.into_iter().map(|verdict| (verdict.fingerprint.clone(), verdict)));
        // What other merges still show here.
        let still = transaction.merged_with(company, &here).await?;
        let prints: Vec<String> = still.iter().map(|row| row.fingerprint.clone()).collect();
        let others = transaction.triage_of(company, &prints).await?;
        let mut adopted = Vec::with_capacity(here.len());
        for print in here {
            let merged = still.iter().filter(|row| row.into == print).map(|row| others.get(&row.fingerprint));
            let stands = merged.fold(given.get(&print), of_both).cloned();
            verdicts.extend(stands.clone().map(|verdict| (print.clone(), verdict)));
            adopted.push((print, stands));
        }
        transaction.adopt_verdicts(company, &adopted).await?;
        Ok(verdicts)
    }
}

/// Brings findings in line with the sightings and judgements that they have now.
async fn settle(
    transaction: &Transaction,
    company: CompanyId,
    changed: BTreeSet<FindingId>,
    sides: &[Side],
    verdicts: &HashMap<String, Verdict>,
    now: Timestamp,
) -> Result<()> {
    let changed: Vec<FindingId> = changed.into_iter().collect();
    let before: HashMap<FindingId, FindingState> = transaction
        .finding_standing(&changed)
        .await?
        .into_iter()
        .map(|standing| (standing.id, standing.status))
        .collect();
    transaction.refresh_findings(&changed).await?;
    // One that stays what it was keeps the time at which it became that.
    let states: Vec<_> = sides
        .iter()
        .map(|side| side.standing(verdicts, now))
        .filter(|(finding, state, _)| before.get(finding) != Some(state))
        .collect();
    transaction.set_finding_status(&states).await?;
    suppression::settle(transaction, company, now, &changed).await?;
    transaction.refresh_owners(company, &changed).await?;
    rate_again(transaction, company, &changed).await.map(|_| ())
}
