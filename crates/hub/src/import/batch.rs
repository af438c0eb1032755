//! One batch: look up what is known of its records, let `core` decide each, write the decisions and the checkpoint in
//! one transaction.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::coverage::AssetCoverage;
use scanhelm_core::finding::correlation::{Case, Incoming, KnownFinding, KnownSighting, correlate};
use scanhelm_core::finding::rating::RatedFinding;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::{AssetId, FindingId, SightingId, UserId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::Scan;
use scanhelm_core::text::single_line;
use scanhelm_core::{Result, Timestamp};
use scanhelm_formats::CoveredAsset;
use scanhelm_store::{AssetRow, FindingRow, NewFinding, NewSighting, SightingRow, SightingUpdate, Transaction};
use serde_json::json;

use super::decided::Decided;
use super::pipeline::Frame;
use super::prepared::{Batch, Prepared};
use crate::Hub;
use crate::failpoint;
use crate::jobs::JobContext;
use crate::rating::Basis;

/// The import relates what it changed when all of it is in; if it comes to no end, the hub's loop does so after this.
const RELATED_AT_THE_END: Duration = Duration::from_mins(2);

/// An asset as it was seen once.
pub(super) fn asset_row(hub: &Hub, asset: &AssetRecord, at: Timestamp) -> AssetRow {
    AssetRow {
        id: AssetId::new(hub.ids()),
        identity: asset.identity(),
        kind: asset.kind,
        name: single_line(&asset.name, 300),
        keys: asset.keys.clone(),
        operating_system: asset.operating_system.as_deref().map(|text| single_line(text, 300)),
        first_seen_at: at,
        last_seen_at: at,
    }
}

pub(super) struct BatchWriter<'import> {
    hub: &'import Hub,
    context: &'import JobContext,
    scan: &'import Scan,
    frame: &'import Frame,
}

impl<'import> BatchWriter<'import> {
    pub(super) const fn new(
        hub: &'import Hub,
        context: &'import JobContext,
        scan: &'import Scan,
        frame: &'import Frame,
    ) -> Self {
        Self { hub, context, scan, frame }
    }

    /// Writes and commits.
    pub(super) async fn write(&self, import: &mut Import, batch: Batch, total: u64) -> Result<()> {
        let Batch { assets, records: mut prepared, rejected, position } = batch;
        let mut next = import.clone();
        let transaction = self.hub.store().begin().await?;
        transaction.fence(&self.context.lease).await?;
        let ids = self.write_assets(&transaction, &assets, &prepared).await?;
        // After that the turn is taken: no merge comes between this look and the end.
        let aliases = transaction.asset_aliases(self.scan.company_id).await?;
        for found in &mut prepared {
            found.place(self.scan.company_id, &ids, &aliases);
        }
        let (mut counts, news) = self.write_findings(&transaction, prepared, &ids, next.news).await?;
        next.news = news;
        counts.quarantined += rejected.len() as u64;
        counts.records += rejected.len() as u64;
        next.counts.add(&counts);
        next.checkpoint = position;
        let room = self.hub.settings().import.quarantine_shown.saturating_sub(next.quarantined.len());
        next.quarantined.extend(rejected.into_iter().take(room));
        transaction.save_import(&next).await?;
        transaction
            .append_activity(NewActivity {
                company_id: self.scan.company_id,
                scan_id: self.scan.id,
                at: self.hub.now(),
                actor: Actor::System,
                event: Event::ImportProgress,
                message: format!("{position} of {total} records imported."),
                data: json!({"import_id": import.id, "done": position, "total": total}),
            })
            .await?;
        failpoint::hit("import.batch.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("import.batch.after_commit").await;
        *import = next;
        self.hub.committed();
        let progress = json!({"done": position, "total": total, "text": "Importing findings"});
        self.hub.store().progress(&self.context.lease, &progress).await?;
        Ok(())
    }

    async fn write_assets(
        &self,
        transaction: &Transaction,
        covered: &[CoveredAsset],
        prepared: &[Prepared],
    ) -> Result<HashMap<String, AssetId>> {
        let mut rows: HashMap<String, AssetRow> = HashMap::new();
        let mentioned = covered
            .iter()
            .map(|covered| (covered.asset.identity(), &covered.asset, covered.finished_at))
            .chain(prepared.iter().map(|found| (found.asset_identity.clone(), &found.asset, Some(found.seen_at))));
        for (identity, asset, at) in mentioned {
            let at = at.unwrap_or(self.frame.seen_at);
            let row = rows.entry(identity).or_insert_with(|| asset_row(self.hub, asset, at));
            row.first_seen_at = row.first_seen_at.min(at);
            row.last_seen_at = row.last_seen_at.max(at);
        }
        let mut rows: Vec<AssetRow> = rows.into_values().collect();
        rows.sort_by(|a, b| a.identity.cmp(&b.identity));
        let ids = transaction.upsert_assets(self.scan.company_id, &rows).await?;
        if self.frame.covers
            && let Some(run_id) = self.scan.run_id
        {
            let coverage: Vec<(AssetId, AssetCoverage)> = covered
                .iter()
                .filter_map(|covered| {
                    let id = ids.get(&covered.asset.identity())?;
                    let coverage = AssetCoverage {
                        covered_at: covered.finished_at.unwrap_or(self.frame.seen_at),
                        authenticated: covered.authenticated,
                        policy: self.frame.policy.clone(),
                        complete: false,
                    };
                    Some((*id, coverage))
                })
                .collect();
            transaction
                .record_coverage(self.scan.company_id, &self.frame.source, self.scan.id, run_id, &coverage)
                .await?;
        }
        Ok(ids)
    }

    async fn write_findings(
        &self,
        transaction: &Transaction,
        mut prepared: Vec<Prepared>,
        assets: &HashMap<String, AssetId>,
        news: ImportNews,
    ) -> Result<(ImportCounts, ImportNews)> {
        let company = self.scan.company_id;
        let references: Vec<String> = prepared.iter().map(|found| found.scanner_ref.clone()).collect();
        let mut sightings = transaction.known_sightings(company, &self.frame.source, &references).await?;
        let all = prepared.len();
        prepared.retain(|found| !found.suppressed || is_seen(sightings.get(&found.scanner_ref)));
        let left_out = (all - prepared.len()) as u64;
        let unknown: Vec<String> = prepared
            .iter()
            .filter(|found| !sightings.contains_key(&found.scanner_ref))
            .map(|found| found.fingerprint.clone())
            .collect();
        let mut findings = transaction.known_findings(company, &unknown).await?;
        let verdicts = transaction.triage_of(company, &unknown).await?;
        let owners = transaction.owners_of(company, &unknown).await?;
        let fresh = || {
            let known = |found: &&Prepared| {
                sightings.contains_key(&found.scanner_ref) || findings.contains_key(&found.fingerprint)
            };
            prepared.iter().filter(move |found| !known(found))
        };
        let places: HashSet<AssetId> = fresh().filter_map(|found| found.placed).collect();
        let places: Vec<AssetId> = places.into_iter().collect();
        let basis = Basis::load(transaction, company, fresh().flat_map(|found| &found.cves), &places).await?;
        let mut decided = Decided { news, basis, ..Decided::default() };
        decided.counts.records += left_out;
        decided.counts.unchanged += left_out;
        for found in prepared {
            let Some(asset_id) = assets.get(&found.asset_identity).copied() else {
                continue;
            };
            let judged = Judged { verdict: verdicts.get(&found.fingerprint), owner: owners.get(&found.fingerprint) };
            self.decide(&mut decided, found, asset_id, &mut sightings, &mut findings, judged);
        }
        let changed: Vec<AssetId> = std::mem::take(&mut decided.places).into_iter().collect();
        transaction.mark_relation_due(company, &changed, self.hub.now().plus(RELATED_AT_THE_END)).await?;
        decided.write(transaction, company, self.hub.now()).await
    }

    fn decide(
        &self,
        decided: &mut Decided,
        found: Prepared,
        asset_id: AssetId,
        sightings: &mut HashMap<String, SightingRow>,
        findings: &mut HashMap<String, FindingRow>,
        judged: Judged<'_>,
    ) {
        decided.counts.records += 1;
        let incoming = Incoming { seen_at: found.seen_at, content: found.row.content };
        let known_sighting = sightings.get(&found.scanner_ref);
        let known_finding = match known_sighting {
            Some(sighting) => {
                Some(KnownFinding { status: sighting.finding_status, resolved_at: sighting.finding_resolved_at })
            }
            None => findings
                .get(&found.fingerprint)
                .map(|finding| KnownFinding { status: finding.status, resolved_at: finding.resolved_at }),
        };
        let before = known_sighting.map(|sighting| KnownSighting {
            state: sighting.state,
            last_seen_at: sighting.last_seen_at,
            content: sighting.content,
        });
        let Some(run_id) = self.scan.run_id else {
            return;
        };
        let finding_id = match correlate(before.as_ref(), known_finding.as_ref(), &incoming) {
            Case::Unchanged => {
                decided.counts.unchanged += 1;
                if let Some(sighting) = known_sighting {
                    decided.seen.push((run_id, sighting.finding_id, sighting.id));
                }
                return;
            }
            Case::UpdateSighting { newer, reopen } => {
                let Some(sighting) = known_sighting else {
                    return;
                };
                let same_content = sighting.content == found.row.content;
                if same_content && !reopen {
                    decided.counts.unchanged += 1;
                } else {
                    decided.counts.updated += 1;
                    decided.places.extend(found.placed);
                }
                decided.reopen(reopen, sighting.finding_id, found.seen_at, &found.row);
                if sighting.state != SightingState::Seen {
                    decided.seen_again.insert(sighting.finding_id);
                }
                if !same_content || found.seen_at < sighting.first_seen_at {
                    decided.rate.insert(sighting.finding_id);
                }
                decided.updates.push(SightingUpdate {
                    id: sighting.id,
                    finding_id: sighting.finding_id,
                    scan_id: self.scan.id,
                    run_id,
                    seen_at: found.seen_at,
                    // Older history only widens the span.
                    replacement: newer.then_some(found.row),
                });
                decided.refresh.insert(sighting.finding_id);
                return;
            }
            Case::AddSighting { reopen } => {
                decided.counts.updated += 1;
                let finding_id = findings.get(&found.fingerprint).map(|finding| finding.id);
                let Some(finding_id) = finding_id else {
                    return;
                };
                decided.reopen(reopen, finding_id, found.seen_at, &found.row);
                decided.rate.insert(finding_id);
                decided.refresh.insert(finding_id);
                finding_id
            }
            Case::Create => {
                decided.counts.created += 1;
                let placed = found.placed.unwrap_or(asset_id);
                let id = FindingId::new(self.hub.ids());
                let (status, resolved_at) = judged
                    .verdict
                    .map_or((FindingState::Open, None), |verdict| verdict.on_appearance(found.seen_at, self.hub.now()));
                findings.insert(found.fingerprint.clone(), FindingRow { id, status, resolved_at });
                decided.owned.extend(judged.owner.map(|owner| (id, *owner)));
                if status == FindingState::Open {
                    decided.tell(id, &found.row, false);
                }
                let rated = RatedFinding {
                    severity: found.row.severity,
                    cvss_tenths: found.row.cvss_tenths,
                    criticality: decided.basis.criticality(placed),
                    state: status,
                    first_seen_at: found.seen_at,
                    reopened_at: None,
                    due_at: None,
                };
                let rating = decided.basis.rate(&rated, &found.cves);
                decided.findings.push(NewFinding {
                    id,
                    company_id: self.scan.company_id,
                    fingerprint: found.fingerprint,
                    identity: found.identity,
                    asset_id: placed,
                    title: found.row.title.clone(),
                    severity: found.row.severity,
                    status,
                    cves: in_order(found.cves),
                    cwes: in_order(found.cwes),
                    location: found.location,
                    first_seen_at: found.seen_at,
                    last_seen_at: found.seen_at,
                    resolved_at,
                    cvss_tenths: found.row.cvss_tenths,
                    rating,
                });
                id
            }
        };
        decided.places.extend(found.placed);
        decided.sightings.push(NewSighting {
            id: SightingId::new(self.hub.ids()),
            company_id: self.scan.company_id,
            finding_id,
            asset_id,
            source: self.frame.source.clone(),
            scanner_ref: found.scanner_ref,
            scan_id: self.scan.id,
            run_id,
            first_seen_at: found.seen_at,
            last_seen_at: found.seen_at,
            shown: found.row,
        });
    }
}

/// What a project suppresses opens nothing, and it is no proof that what is known here is gone.
fn is_seen(known: Option<&SightingRow>) -> bool {
    known.is_some_and(|sighting| sighting.state == SightingState::Seen)
}

/// As a finding has them, whatever the order in a report.
fn in_order<T: Ord>(mut named: Vec<T>) -> Vec<T> {
    named.sort_unstable();
    named.dedup();
    named
}

/// What people said about a fingerprint before there was a finding.
#[derive(Clone, Copy)]
struct Judged<'a> {
    verdict: Option<&'a Verdict>,
    owner: Option<&'a UserId>,
}
