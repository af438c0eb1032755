//! The filters and orders of `GET /components`, and counts over the same filters.
//!
//! A page is read in one of three ways, each in the order of an index or over few rows: an asset's components by
//! themselves; all of a company text by text; or all of it in the order in which they came. SQLite, which keeps no
//! statistics, is told which. Conditions on what components say are looked at once a text, and each text knows how many
//! components say it, so totals and counts of a company need no component.

use scanhelm_core::Result;
use scanhelm_core::component::{Component, ComponentKind};
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, CompanyId};
use scanhelm_core::page::{Page, PageRequest, Sort, Total};

use super::{COLUMNS, read};
use crate::connection::Backend;
use crate::paging::{Kind, Listing, Order};
use crate::sql::{Sql, values};
use crate::store::Reader;

const ORDERS: [Order; 2] = [
    Order {
        name: "name",
        keys: &[("texts.name", Kind::Text), ("texts.version", Kind::Text), ("texts.id", Kind::Number)],
    },
    Order { name: "first_seen_at", keys: &[("components.first_seen_at", Kind::Number)] },
];

/// So many rows are sorted faster than found one by one in another order.
const FEW: u64 = 10_000;

/// Most ecosystems and licences that are counted.
const MOST_COUNTED: u32 = 100;

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentFilter {
    /// With what was merged into it.
    pub asset_id: Option<AssetId>,
    /// Any of these.
    pub kind: Vec<ComponentKind>,
    /// Any of these; `none` means components without one.
    pub ecosystem: Vec<String>,
    /// Any of these, as they are written.
    pub license: Vec<String>,
    /// Listed by it.
    pub source: Option<SightingSource>,
    /// A text in the name, the version or the purl.
    pub q: Option<String>,
}

/// How many components a filter matches, each list with most first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentCounts {
    pub kinds: Vec<(ComponentKind, u64)>,
    /// Empty for those without one.
    pub ecosystems: Vec<(String, u64)>,
    pub licenses: Vec<(String, u64)>,
}

/// A filter with what it means now.
struct Asked<'a> {
    company: CompanyId,
    filter: &'a ComponentFilter,
    /// The only assets that matter, where that is known.
    assets: Option<Vec<AssetId>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Assets,
    Texts,
    Time,
}

impl Way {
    const fn tables(self, backend: Backend) -> &'static str {
        match (backend, self) {
            (Backend::Sqlite, Self::Assets) => {
                "components INDEXED BY components_identity CROSS JOIN component_texts texts"
            }
            (Backend::Sqlite, Self::Texts) => {
                "component_texts texts INDEXED BY component_texts_name \
                 CROSS JOIN components INDEXED BY components_text"
            }
            (Backend::Sqlite, Self::Time) => {
                "components INDEXED BY components_first_seen CROSS JOIN component_texts texts"
            }
            (Backend::Postgres, _) => "components CROSS JOIN component_texts texts",
        }
    }
}

impl Asked<'_> {
    /// What is asked of texts alone.
    fn add_texts(&self, sql: &mut Sql) {
        let Self { company, filter, .. } = self;
        sql.add(" texts.company_id = ?", values![company]);
        if !filter.kind.is_empty() {
            sql.push(" AND").among("texts.kind", filter.kind.iter().map(ToString::to_string));
        }
        if !filter.ecosystem.is_empty() {
            let words = filter.ecosystem.iter().map(|word| word.trim().to_lowercase());
            let stored = words.map(|word| if word == "none" { String::new() } else { word });
            sql.push(" AND").among("texts.ecosystem", stored);
        }
        if !filter.license.is_empty() {
            let licensed = " AND texts.id IN (SELECT l.text_id FROM component_licenses l WHERE l.company_id = ? AND";
            sql.add(licensed, values![company]).among("l.license", filter.license.iter().cloned()).push(")");
        }
        if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            sql.push(" AND").containing("texts.searchable", &q.to_ascii_lowercase());
        }
    }

    fn add(&self, sql: &mut Sql) {
        self.add_texts(sql);
        sql.add(" AND components.text_id = texts.id AND components.company_id = ?", values![self.company]);
        if let Some(assets) = &self.assets {
            sql.push(" AND").among("components.asset_id", assets.iter().map(ToString::to_string));
        }
        if let Some(source) = &self.filter.source {
            let listed = " AND EXISTS (SELECT 1 FROM listed_components l WHERE l.component_id = components.id \
                          AND l.source = ?)";
            sql.add(listed, values![source.as_str()]);
        }
    }

    /// Nothing is asked that a text does not know.
    const fn asks_texts_only(&self) -> bool {
        self.assets.is_none() && self.filter.source.is_none()
    }
}

impl Reader {
    /// Sorts by `name` (then version) or `first_seen_at`; an unset sort field (the page's default `created_at`) means
    /// the name. The first page carries the total.
    pub async fn components(
        &self,
        company: CompanyId,
        filter: &ComponentFilter,
        page: &PageRequest,
    ) -> Result<Page<Component>> {
        let mut page = page.clone();
        if page.sort == Sort::default() {
            page.sort = Sort::parse("name");
        }
        let asked = self.asked(company, filter).await?;
        let (mut way, mut total) = (Way::Assets, None);
        if asked.assets.is_none() {
            let matching = self.count_by_texts(&asked).await?;
            way = if page.sort.field == "name" || matching <= FEW { Way::Texts } else { Way::Time };
            total = asked.asks_texts_only().then_some(Total::Exactly(matching));
        }
        let listing = Listing {
            columns: COLUMNS,
            tables: way.tables(self.connection().backend()),
            id: "components.id",
            orders: &ORDERS,
            total: total.is_none(),
            ranges: &[],
        };
        let is_first = page.cursor.is_none();
        let mut listed = listing.page(self.connection(), &page, |sql| asked.add(sql), read).await?;
        if is_first && total.is_some() {
            listed.total = total;
        }
        Ok(listed)
    }

    /// All of an asset's that match.
    pub async fn all_components(&self, company: CompanyId, filter: &ComponentFilter) -> Result<Vec<Component>> {
        let asked = self.asked(company, filter).await?;
        let way = if asked.assets.is_some() { Way::Assets } else { Way::Texts };
        let tables = way.tables(self.connection().backend());
        let mut sql = self.sql(&format!("SELECT {COLUMNS} FROM {tables} WHERE"), values![]);
        asked.add(&mut sql);
        self.connection().all(sql, read).await
    }

    /// By kind, ecosystem and licence.
    pub async fn component_counts(&self, company: CompanyId, filter: &ComponentFilter) -> Result<ComponentCounts> {
        let asked = self.asked(company, filter).await?;
        let kinds = self.counted(&asked, "texts.kind", None).await?;
        let kinds = kinds.into_iter().map(|(kind, count)| (kind.parse().unwrap_or_default(), count)).collect();
        let ecosystems = self.counted(&asked, "texts.ecosystem", None).await?;
        let of_text = "CROSS JOIN component_licenses shown";
        let licenses = self.counted(&asked, "shown.license", Some(of_text)).await?;
        Ok(ComponentCounts { kinds, ecosystems, licenses })
    }

    async fn counted(&self, asked: &Asked<'_>, word: &str, beside: Option<&str>) -> Result<Vec<(String, u64)>> {
        let backend = self.connection().backend();
        let (tables, number) = match (asked.asks_texts_only(), &asked.assets) {
            (true, _) => ("component_texts texts", "CAST(sum(texts.listed) AS BIGINT)"),
            (false, Some(_)) => (Way::Assets.tables(backend), "count(*)"),
            (false, None) => (Way::Texts.tables(backend), "count(*)"),
        };
        let text =
            format!("SELECT {word} AS word, {number} AS components FROM {tables} {} WHERE", beside.unwrap_or(""));
        let mut sql = self.sql(&text, values![]);
        if asked.asks_texts_only() {
            asked.add_texts(&mut sql);
        } else {
            asked.add(&mut sql);
        }
        if beside.is_some() {
            sql.push(" AND shown.text_id = texts.id");
        }
        sql.add(&format!(" GROUP BY {word} ORDER BY components DESC, word LIMIT ?"), values![MOST_COUNTED]);
        self.connection().all(sql, |row| Ok((row.text("word")?, row.count("components")?))).await
    }

    /// How many components of the company say what is asked, whoever lists them.
    async fn count_by_texts(&self, asked: &Asked<'_>) -> Result<u64> {
        let text = "SELECT CAST(COALESCE(sum(texts.listed), 0) AS BIGINT) AS value FROM component_texts texts WHERE";
        let mut sql = self.sql(text, values![]);
        asked.add_texts(&mut sql);
        self.connection().number(sql).await
    }

    async fn asked<'a>(&self, company: CompanyId, filter: &'a ComponentFilter) -> Result<Asked<'a>> {
        let assets = match (filter.asset_id, &filter.source) {
            (Some(asset), _) => Some(self.merged_assets(company, asset).await?.into_iter().collect()),
            (None, Some(source)) => self.few_listed_by(company, source).await?,
            (None, None) => None,
        };
        Ok(Asked { company, filter, assets })
    }

    /// The assets that a source lists components of, if those are few.
    async fn few_listed_by(&self, company: CompanyId, source: &SightingSource) -> Result<Option<Vec<AssetId>>> {
        let text = "SELECT asset_id, components FROM component_lists WHERE company_id = ? AND source = ? LIMIT ?";
        let most = FEW / 100;
        let sql = self.sql(text, values![company, source.as_str(), most + 1]);
        let lists: Vec<(AssetId, u64)> =
            self.connection().all(sql, |row| Ok((row.parsed("asset_id")?, row.count("components")?))).await?;
        let few = lists.len() as u64 <= most && lists.iter().map(|(_, components)| components).sum::<u64>() <= FEW;
        Ok(few.then(|| lists.into_iter().map(|(asset, _)| asset).collect()))
    }
}
