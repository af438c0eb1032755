//! What components say, each text once, with how many say it: so that lists, totals and counts of a company's components
//! read some thousand texts.

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::Result;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::ids::CompanyId;
use sha2::{Digest, Sha256};

use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::Transaction;

/// What a component says, wherever in the asset it is.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) digest: String,
    said: ComponentRecord,
    record: String,
    searchable: String,
}

impl Text {
    pub(super) fn new(record: &ComponentRecord) -> Result<Self> {
        let said = ComponentRecord { locations: Vec::new(), ..record.clone() };
        let text = json(&said)?;
        let name = match &said.group {
            Some(group) => format!("{group}/{}", said.name),
            None => said.name.clone(),
        };
        let lines = [Some(name.as_str()), Some(said.name.as_str()), said.version.as_deref(), said.purl.as_deref()];
        let mut searchable = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
        searchable.make_ascii_lowercase();
        Ok(Self { digest: hex::encode(Sha256::digest(&text)), said, record: text, searchable })
    }
}

fn named(row: &Row<'_>) -> Result<(String, i64)> {
    Ok((row.text("digest")?, row.integer("id")?))
}

impl Transaction {
    /// The ids of texts by their digests; those that are new are written. The company's import turn is taken.
    pub(super) async fn component_texts(&self, company: CompanyId, texts: &[Text]) -> Result<HashMap<String, i64>> {
        let mut wanted: BTreeMap<&str, &Text> = texts.iter().map(|text| (text.digest.as_str(), text)).collect();
        let mut sql = self.sql("SELECT digest, id", values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("component_texts", "texts"), key, "digest", wanted.keys().map(|digest| (*digest).to_owned()));
        let mut ids: HashMap<String, i64> = self.connection().all(sql, named).await?.into_iter().collect();
        wanted.retain(|digest, _| !ids.contains_key(*digest));
        let new: Vec<&Text> = wanted.into_values().collect();
        let rows = Rows {
            head: "INSERT INTO component_texts (company_id, digest, name, version, kind, ecosystem, record, searchable, \
                   listed) VALUES ",
            columns: 9,
            tail: " RETURNING digest, id",
        };
        let fill = |text: &&Text, values: &mut Vec<_>| {
            let ComponentRecord { name, version, kind, .. } = &text.said;
            let (version, ecosystem) = (version.as_deref().unwrap_or_default(), text.said.ecosystem());
            let ecosystem = ecosystem.unwrap_or_default();
            let (digest, record, searchable) = (&text.digest, &text.record, &text.searchable);
            values.extend(values![company, digest, name, version, kind.as_str(), ecosystem, record, searchable, 0_u32]);
        };
        let written: HashMap<String, i64> =
            rows.read(self.connection(), &new, fill, named).await?.into_iter().collect();
        let licensed: Vec<(&str, i64)> = new
            .iter()
            .filter_map(|text| Some((text, *written.get(&text.digest)?)))
            .flat_map(|(text, id)| text.said.licenses.iter().map(move |license| (license.as_str(), id)))
            .collect();
        let rows = Rows {
            head: "INSERT INTO component_licenses (company_id, license, text_id) VALUES ",
            columns: 3,
            tail: " ON CONFLICT (company_id, license, text_id) DO NOTHING",
        };
        rows.run(self.connection(), &licensed, |(license, id), values| values.extend(values![company, license, id]))
            .await?;
        ids.extend(written);
        Ok(ids)
    }

    /// So many more components say it, or fewer. What none says any more is removed.
    pub(super) async fn count_component_texts(&self, changes: &HashMap<i64, i64>) -> Result<()> {
        let mut changes: Vec<(i64, i64)> =
            changes.iter().map(|(id, more)| (*id, *more)).filter(|(_, more)| *more != 0).collect();
        changes.sort_unstable();
        let rows = Rows {
            head: "WITH change (id, more) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE component_texts SET listed = listed + change.more FROM change \
                   WHERE component_texts.id = change.id",
        };
        rows.run(self.connection(), &changes, |(id, more), values| values.extend(values![id, more])).await?;
        let fewer: Vec<String> = changes.iter().filter(|(_, more)| *more < 0).map(|(id, _)| id.to_string()).collect();
        for ids in fewer.chunks(1_000) {
            let text = format!("DELETE FROM component_texts WHERE listed <= 0 AND id IN ({})", ids.join(", "));
            self.write(&text, values![]).await?;
        }
        Ok(())
    }
}
