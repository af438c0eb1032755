//! How a source's list of an asset takes the place of the one before. Only what differs is written: most lists are those
//! of yesterday.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, CompanyId, ComponentId, RunId, ScanId};
use scanhelm_core::{Result, Timestamp};

use super::texts::Text;
use crate::sql::{Rows, json, values};
use crate::store::Transaction;

/// Rows of one statement.
const AT_ONCE: usize = 1_000;

/// Whose list of what it is, and of when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentList {
    pub company_id: CompanyId,
    pub asset_id: AssetId,
    pub source: SightingSource,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub listed_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComponent {
    /// Used only if the asset does not have it yet.
    pub id: ComponentId,
    pub record: ComponentRecord,
}

/// What became of a source's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComponentChanges {
    pub added: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub gone: u64,
}

impl Transaction {
    /// The list of this source is this one from now on, each component once. `None`: a newer one is known, and stays.
    pub async fn replace_components(
        &self,
        list: &ComponentList,
        components: &[NewComponent],
    ) -> Result<Option<ComponentChanges>> {
        self.take_import_turn(list.company_id).await?;
        let text = "SELECT listed_at FROM component_lists WHERE company_id = ? AND asset_id = ? AND source = ?";
        let sql = self.sql(text, values![list.company_id, list.asset_id, list.source.as_str()]);
        let known = self.connection().optional(sql, |row| row.time("listed_at")).await?;
        if known.is_some_and(|known| known > list.listed_at) {
            return Ok(None);
        }
        let changes = self.relist(list, components).await?;
        let text = "INSERT INTO component_lists (asset_id, source, company_id, scan_id, run_id, listed_at, components) \
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (asset_id, source) DO UPDATE SET \
                    scan_id = excluded.scan_id, run_id = excluded.run_id, listed_at = excluded.listed_at, \
                    components = excluded.components";
        let ComponentList { company_id, asset_id, source, scan_id, run_id, listed_at } = list;
        let row = values![asset_id, source.as_str(), company_id, scan_id, run_id, listed_at, components.len()];
        self.write(text, row).await?;
        Ok(Some(changes))
    }

    /// Takes away what only lists of this scan name.
    pub(crate) async fn forget_components(&self, company: CompanyId, scan: ScanId) -> Result<()> {
        let text =
            "SELECT asset_id, source, run_id, listed_at FROM component_lists WHERE company_id = ? AND scan_id = ?";
        let lists = self
            .connection()
            .all(self.sql(text, values![company, scan]), |row| {
                Ok(ComponentList {
                    company_id: company,
                    asset_id: row.parsed("asset_id")?,
                    source: SightingSource(row.text("source")?),
                    scan_id: scan,
                    run_id: row.parsed("run_id")?,
                    listed_at: row.time("listed_at")?,
                })
            })
            .await?;
        for list in lists {
            self.relist(&list, &[]).await?;
            let text = "DELETE FROM component_lists WHERE asset_id = ? AND source = ?";
            self.write(text, values![list.asset_id, list.source.as_str()]).await?;
        }
        Ok(())
    }

    async fn relist(&self, list: &ComponentList, components: &[NewComponent]) -> Result<ComponentChanges> {
        let mut before = self.listed(list).await?;
        let mut changes = ComponentChanges::default();
        let (mut said, mut unknown) = (Vec::new(), BTreeMap::new());
        for component in components {
            let (identity, record) = (component.record.identity(), json(&component.record)?);
            match before.remove(&identity) {
                Some((_, known)) if known == record => changes.unchanged += 1,
                Some((id, _)) => {
                    changes.changed += 1;
                    said.push((id, record));
                }
                None => {
                    unknown.insert(identity, (component.id, record));
                }
            }
        }
        changes.added = unknown.len() as u64;
        changes.gone = before.len() as u64;
        let gone: Vec<ComponentId> = before.into_values().map(|(id, _)| id).collect();
        for ids in gone.chunks(AT_ONCE) {
            let mut sql = self.sql("DELETE FROM listed_components WHERE source = ? AND", values![list.source.as_str()]);
            sql.among("component_id", ids.iter().map(ToString::to_string));
            self.connection().execute(sql).await?;
        }
        said.extend(self.add_components(list, unknown).await?);
        let rows = Rows {
            head: "INSERT INTO listed_components (component_id, source, asset_id, record) VALUES ",
            columns: 4,
            tail: " ON CONFLICT (component_id, source) DO UPDATE SET record = excluded.record",
        };
        rows.run(self.connection(), &said, |(id, record), values| {
            values.extend(values![id, list.source.as_str(), list.asset_id, record]);
        })
        .await?;
        let touched: BTreeSet<ComponentId> = gone.into_iter().chain(said.into_iter().map(|(id, _)| id)).collect();
        let touched: Vec<ComponentId> = touched.into_iter().collect();
        for ids in touched.chunks(AT_ONCE) {
            self.settle_components(list.company_id, ids).await?;
        }
        Ok(changes)
    }

    /// What the source has listed of the asset, by identity.
    async fn listed(&self, list: &ComponentList) -> Result<HashMap<String, (ComponentId, String)>> {
        let text = "SELECT c.identity, c.id, l.record FROM listed_components l JOIN components c ON c.id = l.component_id \
                    WHERE l.asset_id = ? AND l.source = ?";
        let rows = self.connection().all(self.sql(text, values![list.asset_id, list.source.as_str()]), |row| {
            Ok((row.text("identity")?, (row.parsed("id")?, row.text("record")?)))
        });
        Ok(rows.await?.into_iter().collect())
    }

    /// What the source has not listed before. Another one may have.
    async fn add_components(
        &self,
        list: &ComponentList,
        unknown: BTreeMap<String, (ComponentId, String)>,
    ) -> Result<Vec<(ComponentId, String)>> {
        let mut sql = self.sql("SELECT c.identity, c.id", values![]);
        let key = ("asset_id = ?", values![list.asset_id]);
        sql.look_up_in(("components", "c"), key, "identity", unknown.keys().cloned());
        let known: HashMap<String, ComponentId> = self
            .connection()
            .all(sql, |row| Ok((row.text("identity")?, row.parsed("id")?)))
            .await?
            .into_iter()
            .collect();
        let new: Vec<(&String, ComponentId)> = unknown
            .iter()
            .filter(|(identity, _)| !known.contains_key(*identity))
            .map(|(identity, (id, _))| (identity, *id))
            .collect();
        let rows = Rows {
            head: "INSERT INTO components (id, company_id, asset_id, identity, text_id, locations, first_seen_at) VALUES ",
            columns: 7,
            tail: "",
        };
        rows.run(self.connection(), &new, |(identity, id), values| {
            values.extend(values![id, list.company_id, list.asset_id, identity, 0_u32, "[]", list.listed_at]);
        })
        .await?;
        let id_of = |identity: &String, fresh| known.get(identity).copied().unwrap_or(fresh);
        Ok(unknown.into_iter().map(|(identity, (fresh, record))| (id_of(&identity, fresh), record)).collect())
    }

    /// Brings components in line with what the lists say of them now; one that none names goes.
    async fn settle_components(&self, company: CompanyId, ids: &[ComponentId]) -> Result<()> {
        let texts_of = |ids: &[ComponentId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut sql = self.sql("SELECT component_id, record FROM listed_components WHERE", values![]);
        sql.among("component_id", texts_of(ids)).push(" ORDER BY component_id, source");
        let mut said: HashMap<ComponentId, ComponentRecord> = HashMap::with_capacity(ids.len());
        for (id, record) in
            self.connection().all(sql, |row| Ok((row.parsed("component_id")?, row.json("record")?))).await?
        {
            match said.entry(id) {
                std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().absorb(record),
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(record);
                }
            }
        }
        let mut sql = self.sql("SELECT id, text_id, locations FROM components WHERE", values![]);
        sql.among("id", texts_of(ids)).push(" ORDER BY id");
        let shown: Vec<(ComponentId, i64, String)> = self
            .connection()
            .all(sql, |row| Ok((row.parsed("id")?, row.integer("text_id")?, row.text("locations")?)))
            .await?;
        let mut texts = Vec::with_capacity(said.len());
        for record in said.values() {
            texts.push(Text::new(record)?);
        }
        let named = self.component_texts(company, &texts).await?;
        let text_ids: HashMap<ComponentId, Option<i64>> =
            said.keys().copied().zip(texts.iter().map(|text| named.get(&text.digest).copied())).collect();
        let (mut written, mut gone, mut counted) = (Vec::new(), Vec::new(), HashMap::<i64, i64>::new());
        for (id, text_id, locations) in shown {
            let now = text_ids.get(&id).copied().flatten();
            let places = said.get(&id).map(|record| json(&record.locations)).transpose()?;
            if now != Some(text_id) {
                *counted.entry(text_id).or_default() -= 1;
            }
            let Some((now, places)) = now.zip(places) else {
                gone.push(id);
                continue;
            };
            if now != text_id {
                *counted.entry(now).or_default() += 1;
            }
            if (now, &places) != (text_id, &locations) {
                written.push((id, now, places));
            }
        }
        let rows = Rows {
            head: "WITH said (id, text_id, locations) AS (VALUES ",
            columns: 3,
            tail: ") UPDATE components SET text_id = said.text_id, locations = said.locations FROM said \
                   WHERE components.id = said.id",
        };
        rows.run(self.connection(), &written, |(id, text, places), values| values.extend(values![id, text, places]))
            .await?;
        let mut sql = self.sql("DELETE FROM components WHERE", values![]);
        sql.among("id", texts_of(&gone));
        self.connection().execute(sql).await?;
        self.count_component_texts(&counted).await
    }
}
