//! Assets, recognised by their identity; the import's path here, lists and counts in [`list`], what is known of one in
//! [`standing`], two that are one in [`merging`]. Reports may arrive in any order: times only widen, keys only add up,
//! and the description is the newest look's (of equally new ones the greater text's), so the end is always the same.

mod list;
mod merging;
mod standing;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use list::{AssetCounts, AssetFilter};
use scanhelm_core::asset::{Asset, AssetKey, AssetKind, Criticality};
use scanhelm_core::ids::{AssetId, CompanyId, UserId};
use scanhelm_core::{Result, Timestamp};

pub(crate) use merging::MERGED;
pub use merging::{Alias, MergeableFinding, MergedFinding, Placed, SplitFinding};
pub use standing::{SourceCoverage, SourceEvidence};

use crate::connection::Backend;
use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "assets.id, assets.company_id, assets.kind, assets.name, assets.identity, assets.keys, \
                       assets.operating_system, assets.first_seen_at, assets.last_seen_at, assets.owner_id, \
                       assets.tags, assets.criticality, assets.merged_into, assets.version";

/// An asset as a batch of a report brings it.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetRow {
    /// Used only if the identity is new to the company.
    pub id: AssetId,
    pub identity: String,
    pub kind: AssetKind,
    pub name: String,
    pub keys: Vec<AssetKey>,
    pub operating_system: Option<String>,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

impl AssetRow {
    fn absorb(&mut self, other: Self) {
        let newer = (other.last_seen_at, &other.name, &other.operating_system)
            > (self.last_seen_at, &self.name, &self.operating_system);
        if newer {
            self.kind = other.kind;
            self.name = other.name;
        }
        // A look that did not tell the system does not make it unknown.
        if other.operating_system.is_some() && (newer || self.operating_system.is_none()) {
            self.operating_system = other.operating_system;
        }
        self.first_seen_at = self.first_seen_at.min(other.first_seen_at);
        self.last_seen_at = self.last_seen_at.max(other.last_seen_at);
        let keys: BTreeSet<_> = self.keys.drain(..).chain(other.keys).collect();
        self.keys = keys.into_iter().collect();
    }
}

fn read(row: &Row<'_>) -> Result<Asset> {
    Ok(Asset {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        kind: row.word("kind", &AssetKind::ALL, AssetKind::as_str)?,
        name: row.text("name")?,
        identity: row.text("identity")?,
        keys: row.json("keys")?,
        operating_system: row.maybe_text("operating_system")?,
        first_seen_at: row.time("first_seen_at")?,
        last_seen_at: row.time("last_seen_at")?,
        owner_id: row.maybe_parsed("owner_id")?,
        tags: row.json("tags")?,
        criticality: row.word("criticality", &Criticality::ALL, Criticality::as_str)?,
        merged_into: row.maybe_parsed("merged_into")?,
        version: row.integer("version")?,
    })
}

impl Reader {
    pub async fn asset(&self, company: CompanyId, id: AssetId) -> Result<Option<Asset>> {
        let text = format!("SELECT {COLUMNS} FROM assets WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Those of `ids` that the company has, in no order.
    pub async fn assets_of(&self, company: CompanyId, ids: &[AssetId]) -> Result<Vec<Asset>> {
        // By id, not by one of the indexes that begin with the company.
        let mut sql =
            self.sql(&format!("SELECT {COLUMNS} FROM assets WHERE company_id || '' = ? AND"), values![company]);
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().all(sql, read).await
    }
}

impl Transaction {
    /// Adds the unknown and updates the known; answers each identity's id. Rules may match by a new name.
    pub async fn upsert_assets(&self, company: CompanyId, rows: &[AssetRow]) -> Result<HashMap<String, AssetId>> {
        self.take_import_turn(company).await?;
        let mut merged: BTreeMap<String, AssetRow> = BTreeMap::new();
        let mut sql = self.sql(&format!("SELECT {COLUMNS}"), values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("assets", "assets"), key, "identity", rows.iter().map(|row| row.identity.clone()));
        for known in self.connection().all(sql, read).await? {
            let row = AssetRow {
                id: known.id,
                identity: known.identity,
                kind: known.kind,
                name: known.name,
                keys: known.keys,
                operating_system: known.operating_system,
                first_seen_at: known.first_seen_at,
                last_seen_at: known.last_seen_at,
            };
            merged.insert(row.identity.clone(), row);
        }
        let names: HashMap<String, String> =
            merged.values().map(|known| (known.identity.clone(), known.name.clone())).collect();
        for row in rows {
            match merged.get_mut(&row.identity) {
                Some(known) => known.absorb(row.clone()),
                None => {
                    let mut fresh = AssetRow { keys: Vec::new(), ..row.clone() };
                    fresh.absorb(row.clone());
                    merged.insert(row.identity.clone(), fresh);
                }
            }
        }
        let renamed = merged.values().any(|row| names.get(&row.identity).is_some_and(|name| *name != row.name));
        if renamed {
            self.want_matching(company).await?;
        }
        let mut written = Vec::with_capacity(merged.len());
        for row in merged.values() {
            written.push((row, json(&row.keys)?));
        }
        written.sort_by_key(|(row, _)| row.id);
        let statement = Rows {
            head: "INSERT INTO assets (id, company_id, identity, kind, name, keys, operating_system, first_seen_at, \
                   last_seen_at) VALUES ",
            columns: 9,
            tail: " ON CONFLICT (company_id, identity) DO UPDATE SET kind = excluded.kind, name = excluded.name, \
                   keys = excluded.keys, operating_system = excluded.operating_system, \
                   first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at",
        };
        statement
            .run(self.connection(), &written, |(row, keys), values| {
                values.extend(values![
                    row.id,
                    company,
                    row.identity,
                    row.kind.as_str(),
                    row.name,
                    keys,
                    row.operating_system,
                    row.first_seen_at,
                    row.last_seen_at
                ]);
            })
            .await?;
        Ok(merged.into_iter().map(|(identity, row)| (identity, row.id)).collect())
    }

    /// How much depends on an asset. `false`: it is gone, or has changed since `version` was read.
    pub async fn set_criticality(
        &self,
        company: CompanyId,
        id: AssetId,
        criticality: Criticality,
        version: i64,
    ) -> Result<bool> {
        let text = "UPDATE assets SET criticality = ?, version = version + 1 \
                    WHERE company_id = ? AND id = ? AND version = ?";
        Ok(self.write(text, values![criticality.as_str(), company, id, version]).await? > 0)
    }

    /// What else people say of it; the same.
    pub async fn describe_asset(
        &self,
        company: CompanyId,
        id: AssetId,
        (tags, owner): (&[String], Option<UserId>),
        version: i64,
    ) -> Result<bool> {
        let text = "UPDATE assets SET tags = ?, owner_id = ?, version = version + 1 \
                    WHERE company_id = ? AND id = ? AND version = ?";
        if self.write(text, values![json(&tags)?, owner, company, id, version]).await? == 0 {
            return Ok(false);
        }
        self.write("DELETE FROM asset_tags WHERE company_id = ? AND asset_id = ?", values![company, id]).await?;
        let rows = Rows { head: "INSERT INTO asset_tags (asset_id, tag, company_id) VALUES ", columns: 3, tail: "" };
        rows.run(self.connection(), tags, |tag, values| values.extend(values![id, tag, company])).await?;
        Ok(true)
    }

    /// Imports of one company write one after the other, also on PostgreSQL: two batches that each look up what is
    /// known and then add the rest would otherwise both add it. People's judgements take a turn too: what they decide
    /// about is then what is there. Lasts until the end of the transaction.
    pub async fn take_import_turn(&self, company: CompanyId) -> Result<()> {
        if self.connection().backend() == Backend::Postgres {
            let text = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))";
            self.write(text, values![format!("import:{company}")]).await?;
        }
        Ok(())
    }
}
