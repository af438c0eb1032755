//! Assets that a person says are one. The absorbed asset keeps its row, its sightings and its coverage, so that imports
//! and the closing after them go on as before; only where its findings are, and under which fingerprint, changes.

use std::collections::{HashMap, HashSet};

use scanhelm_core::asset::Asset;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, MergeId};
use scanhelm_core::merging::AssetMerge;
use scanhelm_core::permission::Actor;
use scanhelm_core::{Result, Timestamp};

use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

/// A fingerprint and what is shown with it: the values are company, fingerprint, fingerprint.
pub(crate) const MERGED: &str = "SELECT m.fingerprint FROM merged_fingerprints m WHERE m.company_id = ? \
                                 AND m.into_fingerprint = ? UNION ALL SELECT ?";

const COLUMNS: &str = "SELECT id, company_id, asset_id, absorbed_id, absorbed, reason, actor, at, undone_by, undone_at \
                       FROM asset_merges";

/// Where the findings of a merged asset are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub asset_id: AssetId,
    pub identity: String,
}

/// A finding as a merge or its undoing sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeableFinding {
    pub id: FindingId,
    pub fingerprint: String,
    pub identity: Identity,
    pub status: FindingState,
    pub last_seen_at: Timestamp,
    /// With the asset that was reported.
    pub sightings: Vec<(AssetId, SightingState, Timestamp)>,
}

/// What was known under one fingerprint and is shown under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedFinding {
    pub fingerprint: String,
    pub into: String,
    pub finding_id: Option<FindingId>,
}

/// A finding and where it is from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub id: FindingId,
    pub asset_id: AssetId,
    pub fingerprint: String,
    pub identity: Identity,
}

/// A finding that becomes two.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitFinding {
    pub from: FindingId,
    /// The new one.
    pub to: Placed,
}

fn read(row: &Row<'_>) -> Result<AssetMerge> {
    let undone_by: Option<Actor> = row.maybe_json("undone_by")?;
    Ok(AssetMerge {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        asset_id: row.parsed("asset_id")?,
        absorbed_id: row.parsed("absorbed_id")?,
        absorbed: row.json("absorbed")?,
        reason: row.text("reason")?,
        actor: row.json("actor")?,
        at: row.time("at")?,
        undone: undone_by.zip(row.maybe_time("undone_at")?),
    })
}

impl Reader {
    /// Of each merged asset of the company the one that its findings are on, however often that was merged on.
    pub async fn asset_aliases(&self, company: CompanyId) -> Result<HashMap<AssetId, Alias>> {
        let text = "SELECT a.id, a.merged_into, b.identity FROM assets a JOIN assets b ON b.id = a.merged_into \
                    WHERE a.company_id = ? AND a.merged_into IS NOT NULL";
        let steps: HashMap<AssetId, Alias> = self
            .connection()
            .all(self.sql(text, values![company]), |row| {
                let alias = Alias { asset_id: row.parsed("merged_into")?, identity: row.text("identity")? };
                Ok((row.parsed::<AssetId>("id")?, alias))
            })
            .await?
            .into_iter()
            .collect();
        let last = |alias: &Alias| {
            let mut last = alias;
            while let Some(next) = steps.get(&last.asset_id) {
                last = next;
            }
            last.clone()
        };
        Ok(steps.iter().map(|(id, alias)| (*id, last(alias))).collect())
    }

    /// The asset and all that was merged into it, also through others.
    pub async fn merged_assets(&self, company: CompanyId, asset: AssetId) -> Result<HashSet<AssetId>> {
        let text = "WITH RECURSIVE part (id) AS (SELECT id FROM assets WHERE company_id = ? AND id = ? \
                    UNION SELECT a.id FROM assets a JOIN part ON a.merged_into = part.id WHERE a.company_id = ?) \
                    SELECT id FROM part";
        let parts =
            self.connection().all(self.sql(text, values![company, asset, company]), |row| row.parsed("id")).await?;
        Ok(parts.into_iter().collect())
    }

    pub async fn asset_merge(&self, company: CompanyId, id: MergeId) -> Result<Option<AssetMerge>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// What was merged into an asset, also what was taken back, the newest first.
    pub async fn asset_merges(&self, company: CompanyId, asset: AssetId) -> Result<Vec<AssetMerge>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND asset_id = ? ORDER BY at DESC, id DESC");
        self.connection().all(self.sql(&text, values![company, asset]), read).await
    }

    pub async fn count_findings_on(&self, company: CompanyId, asset: AssetId) -> Result<u64> {
        let text = "SELECT count(*) AS value FROM findings WHERE company_id = ? AND asset_id = ?";
        self.connection().number(self.sql(text, values![company, asset])).await
    }

    /// Findings on an asset with their sightings: all, or those that something was `reported_of` one of these by.
    pub async fn findings_on(
        &self,
        company: CompanyId,
        asset: AssetId,
        reported_of: Option<&HashSet<AssetId>>,
    ) -> Result<Vec<MergeableFinding>> {
        let text = "SELECT f.id, f.fingerprint, f.identity, f.status, f.last_seen_at, s.asset_id, s.state, \
                    s.last_seen_at AS seen_at FROM findings f JOIN sightings s ON s.finding_id = f.id \
                    WHERE f.company_id = ? AND f.asset_id = ?";
        let mut sql = self.sql(text, values![company, asset]);
        if let Some(assets) = reported_of {
            sql.push(" AND EXISTS (SELECT 1 FROM sightings theirs WHERE theirs.finding_id = f.id AND");
            sql.among("theirs.asset_id", assets.iter().map(ToString::to_string)).push(")");
        }
        sql.push(" ORDER BY f.id");
        let rows = self
            .connection()
            .all(sql, |row| {
                let finding = MergeableFinding {
                    id: row.parsed("id")?,
                    fingerprint: row.text("fingerprint")?,
                    identity: row.json("identity")?,
                    status: row.word("status", &FindingState::ALL, FindingState::as_str)?,
                    last_seen_at: row.time("last_seen_at")?,
                    sightings: Vec::new(),
                };
                let state = row.word("state", &SightingState::ALL, SightingState::as_str)?;
                Ok((finding, (row.parsed("asset_id")?, state, row.time("seen_at")?)))
            })
            .await?;
        let mut findings: Vec<MergeableFinding> = Vec::new();
        for (finding, sighting) in rows {
            if findings.last().is_none_or(|last| last.id != finding.id) {
                findings.push(finding);
            }
            if let Some(last) = findings.last_mut() {
                last.sightings.push(sighting);
            }
        }
        Ok(findings)
    }

    /// What a merge that stands shows elsewhere.
    pub async fn merged_fingerprints(&self, company: CompanyId, merge: MergeId) -> Result<Vec<MergedFinding>> {
        let text = "SELECT fingerprint, into_fingerprint, finding_id FROM merged_fingerprints \
                    WHERE company_id = ? AND merge_id = ? ORDER BY fingerprint";
        self.connection().all(self.sql(text, values![company, merge]), read_merged).await
    }

    /// What is shown with these fingerprints.
    pub async fn merged_with(&self, company: CompanyId, into: &[String]) -> Result<Vec<MergedFinding>> {
        let mut sql = self.sql(
            "SELECT DISTINCT fingerprint, into_fingerprint, NULL AS finding_id FROM merged_fingerprints \
             WHERE company_id = ? AND",
            values![company],
        );
        sql.among("into_fingerprint", into.iter().cloned());
        self.connection().all(sql, read_merged).await
    }

    /// Of each fingerprint the newest judgement that was given under it.
    pub async fn given_verdicts(
        &self,
        company: CompanyId,
        fingerprints: &[String],
    ) -> Result<HashMap<String, Verdict>> {
        let mut sql = self.sql(
            "SELECT fingerprint, state, reason, actor, at, expires_at FROM triage_history WHERE company_id = ? AND",
            values![company],
        );
        sql.among("fingerprint", fingerprints.iter().cloned()).push(" ORDER BY number");
        let given = self.connection().all(sql, crate::triage::read).await?;
        Ok(given.into_iter().map(|verdict| (verdict.fingerprint.clone(), verdict)).collect())
    }
}

fn read_merged(row: &Row<'_>) -> Result<MergedFinding> {
    Ok(MergedFinding {
        fingerprint: row.text("fingerprint")?,
        into: row.text("into_fingerprint")?,
        finding_id: row.maybe_parsed("finding_id")?,
    })
}

impl Transaction {
    /// Records the merge; from now on the absorbed asset is the other one. `false`: the latter has changed since
    /// `version` was read.
    pub async fn insert_asset_merge(&self, merge: &AssetMerge, absorbed: &Asset, version: i64) -> Result<bool> {
        let text = "UPDATE assets SET version = version + 1 WHERE company_id = ? AND id = ? AND version = ?";
        if self.write(text, values![merge.company_id, merge.asset_id, version]).await? == 0 {
            return Ok(false);
        }
        let text = "INSERT INTO asset_merges (id, company_id, asset_id, absorbed_id, absorbed, reason, actor, at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let AssetMerge { id, company_id, asset_id, absorbed_id, reason, at, .. } = merge;
        let (absorbed, actor) = (json(absorbed)?, json(&merge.actor)?);
        self.write(text, values![id, company_id, asset_id, absorbed_id, absorbed, reason, actor, at]).await?;
        self.set_merged_into(*company_id, *absorbed_id, Some(*asset_id)).await?;
        Ok(true)
    }

    /// Takes a merge back: the absorbed asset is itself again, and nothing is shown under other fingerprints.
    pub async fn end_asset_merge(&self, merge: &AssetMerge, actor: Actor, at: Timestamp) -> Result<()> {
        let text = "UPDATE asset_merges SET undone_by = ?, undone_at = ? WHERE company_id = ? AND id = ?";
        self.write(text, values![json(&actor)?, at, merge.company_id, merge.id]).await?;
        self.write("DELETE FROM merged_fingerprints WHERE merge_id = ?", values![merge.id]).await?;
        let text = "UPDATE assets SET version = version + 1 WHERE company_id = ? AND id = ?";
        self.write(text, values![merge.company_id, merge.asset_id]).await?;
        self.set_merged_into(merge.company_id, merge.absorbed_id, None).await
    }

    async fn set_merged_into(&self, company: CompanyId, asset: AssetId, into: Option<AssetId>) -> Result<()> {
        let text = "UPDATE assets SET merged_into = ?, version = version + 1 WHERE company_id = ? AND id = ?";
        self.write(text, values![into, company, asset]).await.map(|_| ())
    }

    /// These fingerprints, and what earlier merges show with them, are shown under others.
    pub async fn insert_merged_fingerprints(
        &self,
        company: CompanyId,
        merge: MergeId,
        merged: &[MergedFinding],
    ) -> Result<()> {
        let rows = Rows {
            head: "INSERT INTO merged_fingerprints (merge_id, company_id, fingerprint, into_fingerprint, finding_id) VALUES ",
            columns: 5,
            tail: " ON CONFLICT (merge_id, fingerprint) DO NOTHING",
        };
        rows.run(self.connection(), merged, |row, values| {
            values.extend(values![merge, company, row.fingerprint, row.into, row.finding_id]);
        })
        .await?;
        let text = "INSERT INTO merged_fingerprints (merge_id, company_id, fingerprint, into_fingerprint) \
                    SELECT DISTINCT m.merge_id, m.company_id, e.fingerprint, m.into_fingerprint \
                    FROM merged_fingerprints m JOIN merged_fingerprints e \
                    ON e.company_id = m.company_id AND e.into_fingerprint = m.fingerprint AND e.merge_id <> m.merge_id \
                    WHERE m.merge_id = ? AND m.finding_id IS NOT NULL ON CONFLICT (merge_id, fingerprint) DO NOTHING";
        self.write(text, values![merge]).await.map(|_| ())
    }

    /// Puts findings on an asset, under the fingerprint that they have there.
    pub async fn place_findings(&self, placed: &[Placed]) -> Result<()> {
        let mut filled = Vec::with_capacity(placed.len());
        for finding in placed {
            filled.push((finding, json(&finding.identity)?));
        }
        let rows = Rows {
            head: "WITH placed (id, asset_id, fingerprint, identity) AS (VALUES ",
            columns: 4,
            tail: ") UPDATE findings SET asset_id = placed.asset_id, fingerprint = placed.fingerprint, \
                   identity = placed.identity, relation_group = NULL FROM placed WHERE findings.id = placed.id",
        };
        rows.run(self.connection(), &filled, |(finding, identity), values| {
            values.extend(values![finding.id, finding.asset_id, finding.fingerprint, identity]);
        })
        .await
    }

    /// Adds to each finding one that says the same elsewhere; its sightings are the next step.
    pub async fn split_findings(&self, split: &[SplitFinding]) -> Result<()> {
        let mut filled = Vec::with_capacity(split.len());
        for finding in split {
            filled.push((finding, json(&finding.to.identity)?));
        }
        let said = "company_id, title, severity, status, cves, cwes, location, first_seen_at, last_seen_at, resolved_at, \
                    sighting_count, text_id, cvss, risk, epss, kev, due_at, reopened_at, stopped_at";
        let of = said.replace(", ", ", f.");
        let rows = Rows {
            head: "WITH split (from_id, id, asset_id, fingerprint, identity) AS (VALUES ",
            columns: 5,
            tail: &format!(
                ") INSERT INTO findings (id, asset_id, fingerprint, identity, {said}) SELECT split.id, split.asset_id, \
                 split.fingerprint, split.identity, f.{of} FROM split JOIN findings f ON f.id = split.from_id"
            ),
        };
        rows.run(self.connection(), &filled, |(finding, identity), values| {
            let to = &finding.to;
            values.extend(values![finding.from, to.id, to.asset_id, to.fingerprint, identity]);
        })
        .await
    }

    /// Gives the sightings of findings, and that runs saw them, to others: those that were reported of `assets`, or all.
    pub async fn move_sightings(
        &self,
        moves: &[(FindingId, FindingId)],
        assets: Option<&HashSet<AssetId>>,
    ) -> Result<()> {
        let only = assets.map_or_else(String::new, |assets| {
            let ids: Vec<String> = assets.iter().map(|id| format!("'{id}'")).collect();
            format!(" AND sightings.asset_id IN ({})", ids.join(", "))
        });
        let seen = format!(
            ") UPDATE run_sightings SET finding_id = moved.to_id FROM moved \
             JOIN sightings ON sightings.finding_id = moved.from_id{only} WHERE run_sightings.sighting_id = sightings.id"
        );
        let told = format!(
            ") UPDATE sightings SET finding_id = moved.to_id FROM moved WHERE sightings.finding_id = moved.from_id{only}"
        );
        // What the runs saw first: after that the sightings are elsewhere.
        for tail in [&seen, &told] {
            let rows = Rows { head: "WITH moved (from_id, to_id) AS (VALUES ", columns: 2, tail };
            rows.run(self.connection(), moves, |(from, to), values| values.extend(values![from, to])).await?;
        }
        Ok(())
    }

    /// Findings whose sightings are elsewhere now.
    pub async fn delete_findings(&self, ids: &[FindingId]) -> Result<()> {
        let mut sql = self.sql("DELETE FROM findings WHERE", values![]);
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().execute(sql).await.map(|_| ())
    }

    /// What stands of these fingerprints, without being given under them; `None` for nothing.
    pub async fn adopt_verdicts(&self, company: CompanyId, adopted: &[(String, Option<Verdict>)]) -> Result<()> {
        let mut sql = self.sql("DELETE FROM triage WHERE company_id = ? AND", values![company]);
        sql.among("fingerprint", adopted.iter().map(|(print, _)| print.clone()));
        self.connection().execute(sql).await?;
        let mut filled = Vec::new();
        for (print, verdict) in adopted {
            if let Some(verdict) = verdict {
                filled.push((print, verdict, json(&verdict.actor)?));
            }
        }
        let rows = Rows {
            head: "INSERT INTO triage (company_id, fingerprint, state, reason, actor, at, expires_at) VALUES ",
            columns: 7,
            tail: "",
        };
        rows.run(self.connection(), &filled, |(print, verdict, actor), values| {
            let Verdict { state, reason, at, expires_at, .. } = verdict;
            values.extend(values![company, print, state.as_str(), reason, actor, at, expires_at]);
        })
        .await
    }

    /// Findings of merged fingerprints that nobody owns there get the owner they had.
    pub async fn adopt_owners(&self, company: CompanyId, merge: MergeId) -> Result<()> {
        let text = "INSERT INTO finding_owners (company_id, fingerprint, owner_id) \
                    SELECT m.company_id, m.into_fingerprint, min(o.owner_id) FROM merged_fingerprints m \
                    JOIN finding_owners o ON o.company_id = m.company_id AND o.fingerprint = m.fingerprint \
                    WHERE m.company_id = ? AND m.merge_id = ? AND m.finding_id IS NOT NULL \
                    GROUP BY m.company_id, m.into_fingerprint ON CONFLICT (company_id, fingerprint) DO NOTHING";
        self.write(text, values![company, merge]).await.map(|_| ())
    }

    /// Findings show the owner of their fingerprint.
    pub async fn refresh_owners(&self, company: CompanyId, ids: &[FindingId]) -> Result<()> {
        let mut sql = self.sql(
            "UPDATE findings SET owner_id = (SELECT o.owner_id FROM finding_owners o \
             WHERE o.company_id = findings.company_id AND o.fingerprint = findings.fingerprint) WHERE company_id = ? AND",
            values![company],
        );
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().execute(sql).await.map(|_| ())
    }

    /// The owners that were given under these fingerprints, and no others.
    pub async fn restore_owners(&self, company: CompanyId, fingerprints: &[String]) -> Result<()> {
        let mut sql = self.sql("DELETE FROM finding_owners WHERE company_id = ? AND", values![company]);
        sql.among("fingerprint", fingerprints.iter().cloned());
        self.connection().execute(sql).await?;
        let mut sql = self.sql(
            "INSERT INTO finding_owners (company_id, fingerprint, owner_id) \
             SELECT h.company_id, h.fingerprint, h.owner_id FROM finding_owner_history h WHERE h.company_id = ? \
             AND h.owner_id IS NOT NULL AND h.number = (SELECT max(l.number) FROM finding_owner_history l \
             WHERE l.company_id = h.company_id AND l.fingerprint = h.fingerprint) AND",
            values![company],
        );
        sql.among("h.fingerprint", fingerprints.iter().cloned());
        self.connection().execute(sql).await.map(|_| ())
    }
}
