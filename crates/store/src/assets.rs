//! Assets, recognised by their identity. Reports may arrive in any order: times only widen, keys only add up, and the
//! description is the newest look's (of equally new ones the greater text's), so the end is always the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scanhelm_core::asset::{Asset, AssetKey, AssetKind};
use scanhelm_core::ids::{AssetId, CompanyId, ScanId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Result, Timestamp};

use crate::connection::Backend;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "assets.id, assets.company_id, assets.kind, assets.name, assets.identity, assets.keys, \
                       assets.operating_system, assets.first_seen_at, assets.last_seen_at";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "assets",
    id: "assets.id",
    orders: &[
        Order { name: "created_at", keys: &[("assets.first_seen_at", Kind::Number)] },
        Order { name: "last_seen_at", keys: &[("assets.last_seen_at", Kind::Number)] },
        Order { name: "name", keys: &[("assets.name", Kind::Text)] },
    ],
    total: true,
    ranges: &[],
};

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
    })
}

impl Reader {
    pub async fn asset(&self, company: CompanyId, id: AssetId) -> Result<Option<Asset>> {
        let text = format!("SELECT {COLUMNS} FROM assets WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `created_at` (first seen), `last_seen_at` or `name`.
    pub async fn assets(&self, company: CompanyId, page: &PageRequest) -> Result<Page<Asset>> {
        let filter = |sql: &mut Sql| {
            sql.add(" assets.company_id = ?", values![company]);
        };
        LISTING.page(self.connection(), page, filter, read).await
    }

    /// What a scan's latest run covered or found something on.
    pub async fn scan_assets(&self, company: CompanyId, scan: ScanId, page: &PageRequest) -> Result<Page<Asset>> {
        let filter = |sql: &mut Sql| {
            sql.add(
                " assets.company_id = ? AND assets.id IN (\
                 SELECT c.asset_id FROM coverage c JOIN scans ON scans.run_id = c.run_id \
                 WHERE scans.company_id = ? AND scans.id = ? \
                 UNION SELECT s.asset_id FROM sightings s JOIN run_sightings l ON l.sighting_id = s.id \
                 JOIN scans ON scans.run_id = l.run_id WHERE scans.company_id = ? AND scans.id = ?)",
                values![company, company, scan, company, scan],
            );
        };
        LISTING.page(self.connection(), page, filter, read).await
    }
}

impl Transaction {
    /// Adds the unknown and updates the known; answers each identity's id.
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
