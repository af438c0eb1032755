//! Groups of findings that are one weakness to several scanners. A group is a mark on its findings and nothing else:
//! fingerprints, sightings and verdicts stay each finding's own. Whoever adds or takes away evidence marks the asset as
//! due in the same transaction, so that no crash leaves a group that does not fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::relation::{Candidate, Item, ReportedRule, combined, well_known};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId};
use scanhelm_core::{Result, Timestamp};
use serde_json::Value;

use crate::sql::{Rows, Sql, values};
use crate::store::{Reader, Transaction};

/// A finding as the relation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedFinding {
    pub id: FindingId,
    pub asset_id: AssetId,
    pub candidate: Candidate,
    /// The least fingerprint of its group.
    pub group: Option<String>,
}

/// What a list tells of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSize {
    pub findings: u32,
    pub sightings: u32,
    /// Sorted.
    pub scanners: Vec<String>,
}

/// Which of two findings of a group is the stronger: one that waits for somebody, then the worse, then the newer one.
fn strength(row: &str) -> String {
    format!(
        "(CASE WHEN {row}.status IN ('open', 'in_progress') THEN 1 ELSE 0 END, {row}.severity, {row}.last_seen_at, \
         {row}.id)"
    )
}

/// The condition that no stronger finding of the group meets `matching`, which is written on `findings`.
pub(super) fn add_strongest(sql: &mut Sql, matching: impl FnOnce(&mut Sql)) {
    sql.push(
        " AND (findings.relation_group IS NULL OR NOT EXISTS (SELECT 1 FROM findings stronger \
         WHERE stronger.asset_id = findings.asset_id AND stronger.relation_group = findings.relation_group AND ",
    );
    sql.push(&format!("{} > {} AND", strength("stronger"), strength("findings")));
    sql.said_of("findings", "stronger", matching).push("))");
}

/// Findings with their sightings, up to the end of the condition of whose they are; with the evidence where it matters.
fn candidates() -> String {
    let combined: Vec<_> = combined().map(|(scanner, rule)| format!("('{scanner}', '{rule}')")).collect();
    format!(
        "SELECT f.id, f.asset_id, f.fingerprint, f.location, f.cves, f.identity, f.relation_group, s.scanner, s.rule_id, \
         CASE WHEN (s.scanner, s.rule_id) IN (VALUES {}) THEN s.detail ELSE 'null' END AS detail \
         FROM findings f JOIN sightings s ON s.finding_id = f.id WHERE f.company_id || '' = ? AND",
        combined.join(", ")
    )
}

impl Reader {
    /// What the relation needs of these findings, by fingerprint.
    pub async fn related_findings(&self, company: CompanyId, ids: &[FindingId]) -> Result<Vec<RelatedFinding>> {
        let mut sql = self.sql(&candidates(), values![company]);
        sql.among("f.id", ids.iter().map(ToString::to_string));
        self.candidates(sql).await
    }

    /// The findings of the group of this one, itself too, by fingerprint; only itself where it is in none.
    pub async fn related_to(&self, company: CompanyId, id: FindingId) -> Result<Vec<RelatedFinding>> {
        let mut sql = self.sql(&candidates(), values![company]);
        sql.add(
            " (f.id = ? OR EXISTS (SELECT 1 FROM findings shown WHERE shown.id = ? \
             AND shown.asset_id = f.asset_id AND shown.relation_group = f.relation_group)) \
             AND f.asset_id = (SELECT shown.asset_id FROM findings shown WHERE shown.id = ?)",
            values![id, id, id],
        );
        self.candidates(sql).await
    }

    async fn candidates(&self, mut sql: Sql) -> Result<Vec<RelatedFinding>> {
        sql.push(" ORDER BY f.fingerprint, s.scanner, s.rule_id");
        let rows = self
            .connection()
            .all(sql, |row| {
                let identity: Identity = row.json("identity")?;
                let found = RelatedFinding {
                    id: row.parsed("id")?,
                    asset_id: row.parsed("asset_id")?,
                    candidate: Candidate {
                        fingerprint: row.text("fingerprint")?,
                        location: row.json("location")?,
                        cves: row.json("cves")?,
                        rules: Vec::new(),
                        well_known: BTreeSet::new(),
                        item: Item::of(&identity),
                    },
                    group: row.maybe_text("relation_group")?,
                };
                let rule = ReportedRule { scanner: row.text("scanner")?, rule_id: row.text("rule_id")? };
                let detail: Value = row.json("detail")?;
                let evidence = detail.get("evidence").and_then(Value::as_str);
                Ok((found, well_known(&rule.scanner, &rule.rule_id, evidence), rule))
            })
            .await?;
        let mut findings: Vec<RelatedFinding> = Vec::new();
        for (found, weakness, rule) in rows {
            if findings.last().is_none_or(|last| last.id != found.id) {
                findings.push(found);
            }
            let Some(RelatedFinding { candidate, .. }) = findings.last_mut() else { continue };
            candidate.well_known.extend(weakness);
            if !candidate.rules.contains(&rule) {
                candidate.rules.push(rule);
            }
        }
        Ok(findings)
    }

    /// Of those of `ids` that are in a group, what is in it. Looked up by id; see [`findings_of`](Self::findings_of).
    pub async fn group_sizes(&self, company: CompanyId, ids: &[FindingId]) -> Result<HashMap<FindingId, GroupSize>> {
        let mut sql = self.sql(
            "SELECT shown.id AS shown, f.id, s.scanner FROM findings shown \
             JOIN findings f ON f.asset_id = shown.asset_id AND f.relation_group = shown.relation_group \
             JOIN sightings s ON s.finding_id = f.id \
             WHERE shown.company_id || '' = ? AND shown.relation_group IS NOT NULL AND",
            values![company],
        );
        sql.among("shown.id", ids.iter().map(ToString::to_string));
        let rows = self
            .connection()
            .all(sql, |row| {
                Ok((row.parsed::<FindingId>("shown")?, row.parsed::<FindingId>("id")?, row.text("scanner")?))
            })
            .await?;
        let mut seen: BTreeMap<FindingId, (BTreeSet<FindingId>, BTreeSet<String>, u32)> = BTreeMap::new();
        for (shown, member, scanner) in rows {
            let (members, scanners, sightings) = seen.entry(shown).or_default();
            members.insert(member);
            scanners.insert(scanner);
            *sightings += 1;
        }
        let sizes = seen.into_iter().filter(|(_, (members, _, _))| members.len() > 1);
        let size = |(members, scanners, sightings): (BTreeSet<FindingId>, BTreeSet<String>, u32)| GroupSize {
            findings: u32::try_from(members.len()).unwrap_or(u32::MAX),
            sightings,
            scanners: scanners.into_iter().collect(),
        };
        Ok(sizes.map(|(shown, seen)| (shown, size(seen))).collect())
    }

    /// Companies with assets whose groups somebody should have computed by `now`.
    pub async fn companies_with_relation_due(&self, now: Timestamp) -> Result<Vec<CompanyId>> {
        let text = "SELECT DISTINCT company_id FROM relation_due WHERE due_at <= ? ORDER BY company_id";
        self.connection().all(self.sql(text, values![now]), |row| row.parsed("company_id")).await
    }
}

impl Transaction {
    /// The findings of these assets have changed. Whoever changed them may compute their groups until `due_at`.
    pub async fn mark_relation_due(&self, company: CompanyId, assets: &[AssetId], due_at: Timestamp) -> Result<()> {
        let rows = Rows {
            head: "INSERT INTO relation_due (asset_id, company_id, due_at) VALUES ",
            columns: 3,
            tail: " ON CONFLICT (asset_id) DO NOTHING",
        };
        rows.run(self.connection(), assets, |asset, values| values.extend(values![asset, company, due_at])).await
    }

    /// The same for the assets of findings, due at once.
    pub(crate) async fn mark_relation_due_of(&self, findings: &[FindingId]) -> Result<()> {
        let mut sql = self.sql(
            "INSERT INTO relation_due (asset_id, company_id, due_at) \
             SELECT DISTINCT asset_id, company_id, 0 FROM findings WHERE",
            values![],
        );
        sql.among("id", findings.iter().map(ToString::to_string));
        sql.push(" ON CONFLICT (asset_id) DO UPDATE SET due_at = 0");
        self.connection().execute(sql).await.map(|_| ())
    }

    /// Takes up to `limit` assets off the list. Waits for its turn with imports, so that what they add is either seen or
    /// marked anew.
    pub async fn take_relation_due(&self, company: CompanyId, limit: u32) -> Result<Vec<AssetId>> {
        self.take_import_turn(company).await?;
        let text = "SELECT asset_id FROM relation_due WHERE company_id = ? ORDER BY asset_id LIMIT ?";
        let assets: Vec<AssetId> =
            self.connection().all(self.sql(text, values![company, limit]), |row| row.parsed("asset_id")).await?;
        let mut sql = self.sql("DELETE FROM relation_due WHERE", values![]);
        sql.among("asset_id", assets.iter().map(ToString::to_string));
        self.connection().execute(sql).await?;
        Ok(assets)
    }

    /// Those of `assets` on which more than one source or scanner saw something, or that others were merged
    /// into: on the rest there is nothing to relate.
    pub async fn assets_of_several_scanners(&self, company: CompanyId, assets: &[AssetId]) -> Result<Vec<AssetId>> {
        let text = "SELECT id AS asset_id FROM assets WHERE company_id || '' = ? AND \
                    (SELECT min(source) <> max(source) OR min(scanner) <> max(scanner) FROM sightings \
                    WHERE sightings.asset_id = assets.id) AND";
        let mut sql = self.sql(text, values![company]);
        sql.among("id", assets.iter().map(ToString::to_string));
        sql.push(" UNION SELECT merged_into AS asset_id FROM assets WHERE merged_into IS NOT NULL");
        sql.add(" AND company_id = ? AND", values![company]);
        sql.among("merged_into", assets.iter().map(ToString::to_string)).push(" ORDER BY asset_id");
        self.connection().all(sql, |row| row.parsed("asset_id")).await
    }

    /// All findings of an asset, by fingerprint.
    pub async fn findings_to_relate(&self, company: CompanyId, asset: AssetId) -> Result<Vec<RelatedFinding>> {
        let mut sql = self.sql(&candidates(), values![company]);
        sql.add(" f.asset_id = ?", values![asset]);
        self.candidates(sql).await
    }

    /// No finding of these assets is in a group.
    pub async fn clear_relation_groups(&self, assets: &[AssetId]) -> Result<()> {
        let mut sql =
            self.sql("UPDATE findings SET relation_group = NULL WHERE relation_group IS NOT NULL AND", values![]);
        sql.among("asset_id", assets.iter().map(ToString::to_string));
        self.connection().execute(sql).await.map(|_| ())
    }

    pub async fn set_relation_groups(&self, groups: &[(FindingId, Option<String>)]) -> Result<()> {
        let rows = Rows {
            head: "WITH related (id, relation_group) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE findings SET relation_group = related.relation_group FROM related \
                   WHERE findings.id = related.id",
        };
        rows.run(self.connection(), groups, |(id, group), values| values.extend(values![id, group])).await
    }
}
