//! The filters and orders of `GET /assets`, and counts over the same filters.

use scanhelm_core::asset::{Asset, AssetKind};
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{CompanyId, ScanId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Result, Timestamp};

use super::{COLUMNS, read};
use crate::findings::OwnerFilter;
use crate::paging::{Kind, Listing, Order};
use crate::sql::{Sql, values};
use crate::store::Reader;

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

/// Most tags and owners that are counted.
const MOST_COUNTED: u32 = 100;

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssetFilter {
    /// Any of these.
    pub kind: Vec<AssetKind>,
    /// All of these.
    pub tag: Vec<String>,
    pub owner: Option<OwnerFilter>,
    /// Covered by it, or something was found by it.
    pub source: Option<SightingSource>,
    /// Not seen since then.
    pub last_seen_before: Option<Timestamp>,
    /// Seen since then.
    pub last_seen_after: Option<Timestamp>,
    /// A text in the name, the identity or the keys.
    pub q: Option<String>,
}

/// How many assets a filter matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetCounts {
    /// Of each kind that there is: all, and those not seen since the given time.
    pub kinds: Vec<(AssetKind, u64, u64)>,
    /// The most used first.
    pub tags: Vec<(String, u64)>,
    /// `None` for nobody. Those with most first.
    pub owners: Vec<(Option<UserId>, u64)>,
}

impl AssetFilter {
    fn add(&self, company: CompanyId, sql: &mut Sql) {
        sql.add(" assets.company_id = ? AND assets.merged_into IS NULL", values![company]);
        if !self.kind.is_empty() {
            sql.push(" AND").among("assets.kind", self.kind.iter().map(|kind| kind.as_str().to_owned()));
        }
        for tag in &self.tag {
            let test = " AND assets.id IN (SELECT t.asset_id FROM asset_tags t WHERE t.company_id = ? AND t.tag = ?)";
            sql.add(test, values![company, tag.trim().to_lowercase()]);
        }
        match self.owner {
            None => {}
            Some(OwnerFilter::User(owner)) => {
                sql.add(" AND assets.owner_id = ?", values![owner]);
            }
            Some(OwnerFilter::Nobody) => {
                sql.push(" AND assets.owner_id IS NULL");
            }
            Some(OwnerFilter::Gone) => {
                let test = " AND assets.owner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM memberships m \
                            WHERE m.company_id = assets.company_id AND m.user_id = assets.owner_id)";
                sql.push(test);
            }
        }
        if let Some(source) = &self.source {
            let seen = |asset: &str| {
                format!(
                    "(EXISTS (SELECT 1 FROM coverage c WHERE c.asset_id = {asset}.id AND c.source = ?) \
                     OR EXISTS (SELECT 1 FROM sightings s WHERE s.asset_id = {asset}.id AND s.source = ?))"
                )
            };
            let (direct, merged) = (seen("assets"), seen("part"));
            sql.add(
                &format!(
                    " AND ({direct} OR assets.id IN (WITH RECURSIVE whole (id) AS (\
                     SELECT part.merged_into FROM assets part WHERE part.company_id = ? AND part.merged_into IS NOT NULL \
                     AND {merged} UNION SELECT above.merged_into FROM whole JOIN assets above ON above.id = whole.id \
                     WHERE above.merged_into IS NOT NULL) SELECT id FROM whole))"
                ),
                values![source.as_str(), source.as_str(), company, source.as_str(), source.as_str()],
            );
        }
        for (test, bound) in [("<", self.last_seen_before), (">=", self.last_seen_after)] {
            if let Some(bound) = bound {
                sql.add(&format!(" AND assets.last_seen_at {test} ?"), values![bound]);
            }
        }
        if let Some(q) = self.q.as_deref().filter(|q| !q.trim().is_empty()) {
            let texts = "lower(assets.name || '\n' || assets.identity || '\n' || assets.keys)";
            sql.push(" AND").containing(texts, &q.trim().to_ascii_lowercase());
        }
    }
}

impl Reader {
    /// Sorts by `created_at` (first seen), `last_seen_at` or `name`.
    pub async fn assets(&self, company: CompanyId, filter: &AssetFilter, page: &PageRequest) -> Result<Page<Asset>> {
        LISTING.page(self.connection(), page, |sql| filter.add(company, sql), read).await
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

    /// By kind, tag and owner; `stale_before` divides each kind.
    pub async fn asset_counts(
        &self,
        company: CompanyId,
        filter: &AssetFilter,
        stale_before: Timestamp,
    ) -> Result<AssetCounts> {
        let mut sql = self.sql(
            "SELECT kind, count(*) AS assets, CAST(sum(CASE WHEN last_seen_at < ? THEN 1 ELSE 0 END) AS BIGINT) \
             AS stale FROM assets WHERE",
            values![stale_before],
        );
        filter.add(company, &mut sql);
        sql.push(" GROUP BY kind ORDER BY kind");
        let kinds = self
            .connection()
            .all(sql, |row| {
                let kind = row.word("kind", &AssetKind::ALL, AssetKind::as_str)?;
                Ok((kind, row.count("assets")?, row.count("stale")?))
            })
            .await?;
        let mut sql = self.sql(
            "SELECT shown.tag, count(*) AS assets FROM asset_tags shown JOIN assets ON assets.id = shown.asset_id WHERE",
            values![],
        );
        filter.add(company, &mut sql);
        let end = " AND shown.company_id = ? GROUP BY shown.tag ORDER BY assets DESC, shown.tag LIMIT ?";
        sql.add(end, values![company, MOST_COUNTED]);
        let tags = self.connection().all(sql, |row| Ok((row.text("tag")?, row.count("assets")?))).await?;
        let mut sql = self.sql("SELECT owner_id, count(*) AS assets FROM assets WHERE", values![]);
        filter.add(company, &mut sql);
        sql.add(" GROUP BY owner_id ORDER BY assets DESC, owner_id LIMIT ?", values![MOST_COUNTED]);
        let owners =
            self.connection().all(sql, |row| Ok((row.maybe_parsed("owner_id")?, row.count("assets")?))).await?;
        Ok(AssetCounts { kinds, tags, owners })
    }
}
