//! What findings say, each text once. A plugin says the same of a thousand hosts, so that a search which reads the texts
//! first reads some thousands of them in place of a million findings.

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::Result;
use scanhelm_core::ids::{CompanyId, FindingId};
use sha2::{Digest, Sha256};

use crate::connection::Backend;
use crate::row::Row;
use crate::sql::{Rows, Sql, values};
use crate::store::Transaction;

/// What a finding says that can be searched; the lists and the location as they are stored.
#[derive(Clone, Debug)]
pub(super) struct Text {
    company: CompanyId,
    /// Of all the rest.
    digest: String,
    title: String,
    searchable: String,
    cves: String,
    cwes: String,
}

impl Text {
    pub(super) fn new(company: CompanyId, title: &str, cves: &str, cwes: &str, location: &str) -> Self {
        let mut searchable = [title, cves, location].join("\n");
        searchable.make_ascii_lowercase();
        let cves = cves.to_ascii_uppercase();
        let mut hash = Sha256::new();
        for part in [title, &searchable, &cves, cwes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hex::encode(hash.finalize());
        Self { company, digest, title: title.to_owned(), searchable, cves, cwes: cwes.to_owned() }
    }
}

/// A text's digest and id.
fn named(row: &Row<'_>) -> Result<(String, i64)> {
    Ok((row.text("digest")?, row.integer("id")?))
}

/// What a text has to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// Somewhere, in any case.
    Words(&'a str),
    Cve(&'a str),
    Cwe(u32),
    /// At least one.
    AnyCwe(&'a [u32]),
}

/// ` column IN (the ids of the company's texts that say all of this)`.
pub(super) fn add_saying(sql: &mut Sql, column: &str, company: CompanyId, wanted: &[Wanted<'_>]) {
    sql.push(&format!(" {column} IN (SELECT texts.id FROM finding_texts texts WHERE"));
    add_wanted(sql, company, wanted);
    sql.push(")");
}

/// The findings `f` of the company whose texts say all of this: tables and conditions. PostgreSQL, which cannot know that
/// few texts say it, is left no other plan than to look up the findings of each.
pub(super) fn add_findings_saying(sql: &mut Sql, company: CompanyId, wanted: &[Wanted<'_>]) {
    sql.push(match sql.backend() {
        Backend::Sqlite => {
            " finding_texts texts CROSS JOIN findings f INDEXED BY findings_text \
             ON f.company_id = texts.company_id AND f.text_id = texts.id WHERE"
        }
        Backend::Postgres => {
            " finding_texts texts CROSS JOIN LATERAL (SELECT f.id FROM findings f \
             WHERE f.company_id = texts.company_id AND f.text_id = texts.id OFFSET 0) f WHERE"
        }
    });
    add_wanted(sql, company, wanted);
}

fn add_wanted(sql: &mut Sql, company: CompanyId, wanted: &[Wanted<'_>]) {
    sql.add(" texts.company_id = ?", values![company]);
    for wanted in wanted {
        sql.push(" AND");
        match wanted {
            Wanted::Words(words) => sql.containing("texts.searchable", &words.trim().to_ascii_lowercase()),
            // Stored as a JSON list: the quotes make it the whole word.
            Wanted::Cve(cve) => sql.containing("texts.cves", &format!("\"{}\"", cve.trim().to_ascii_uppercase())),
            Wanted::Cwe(cwe) => add_cwe(sql, *cwe),
            // Most say none, and are passed over at once.
            Wanted::AnyCwe(cwes) => {
                let told = any_cwe(sql.backend(), cwes);
                sql.push(&format!(" texts.cwes <> '[]' AND {told}"))
            }
        };
    }
}

/// `[79,89]` as `,79,89,`: bounded on both sides whatever its place.
fn add_cwe(sql: &mut Sql, cwe: u32) -> &mut Sql {
    sql.containing("replace(replace(texts.cwes, '[', ','), ']', ',')", &format!(",{cwe},"))
}

/// Each list is taken apart once, however many are wanted: a tag has some dozens.
fn any_cwe(backend: Backend, cwes: &[u32]) -> String {
    let wanted = cwes.iter().map(|cwe| format!("'{cwe}'")).collect::<Vec<_>>().join(", ");
    match (cwes, backend) {
        ([], _) => "1 = 0".to_owned(),
        (_, Backend::Sqlite) => {
            format!("EXISTS (SELECT 1 FROM json_each(texts.cwes) told WHERE CAST(told.value AS TEXT) IN ({wanted}))")
        }
        (_, Backend::Postgres) => format!(
            "EXISTS (SELECT 1 FROM json_array_elements_text(texts.cwes::json) told (cwe) WHERE told.cwe IN ({wanted}))"
        ),
    }
}

/// ` (column begins with the hexadecimal digits)`, as a range of an index.
pub(super) fn add_beginning(sql: &mut Sql, column: &str, digits: &str) {
    // No digit comes after `g`.
    sql.add(&format!(" ({column} >= ? AND {column} < ?)"), values![digits, format!("{digits}g")]);
}

impl Transaction {
    /// The ids of these texts, in their order; those that are new are written. The company's import turn is taken.
    pub(super) async fn finding_texts(&self, texts: &[&Text]) -> Result<Vec<i64>> {
        let mut wanted: BTreeMap<CompanyId, BTreeMap<&str, &Text>> = BTreeMap::new();
        for text in texts {
            wanted.entry(text.company).or_default().insert(&text.digest, text);
        }
        let mut ids: HashMap<(CompanyId, String), i64> = HashMap::with_capacity(texts.len());
        for (company, mut wanted) in wanted {
            let known = self.known_texts(company, wanted.keys()).await?;
            wanted.retain(|digest, _| !known.contains_key(*digest));
            let new: Vec<&Text> = wanted.into_values().collect();
            let rows = Rows {
                head: "INSERT INTO finding_texts (company_id, digest, title, searchable, cves, cwes) VALUES ",
                columns: 6,
                tail: " RETURNING digest, id",
            };
            let fill = |text: &&Text, values: &mut Vec<_>| {
                values.extend(values![company, text.digest, text.title, text.searchable, text.cves, text.cwes]);
            };
            let written = rows.read(self.connection(), &new, fill, named).await?;
            ids.extend(known.into_iter().chain(written).map(|(digest, id)| ((company, digest), id)));
        }
        let id = |text: &&Text| ids.get(&(text.company, text.digest.clone())).copied().unwrap_or_default();
        Ok(texts.iter().map(id).collect())
    }

    async fn known_texts<'a>(
        &self,
        company: CompanyId,
        digests: impl Iterator<Item = &'a &'a str>,
    ) -> Result<HashMap<String, i64>> {
        let mut sql = self.sql("SELECT digest, id", values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("finding_texts", "texts"), key, "digest", digests.map(|digest| (*digest).to_owned()));
        Ok(self.connection().all(sql, named).await?.into_iter().collect())
    }

    /// Removes those of the company's next `limit` texts after this one that no finding has: the last it looked at, where
    /// there was any. The import turn keeps them from those that come just then.
    pub async fn prune_finding_texts(&self, company: CompanyId, after: i64, limit: u32) -> Result<Option<i64>> {
        self.take_import_turn(company).await?;
        let text = "SELECT max(id) AS last FROM (SELECT id FROM finding_texts WHERE company_id = ? AND id > ? \
                    ORDER BY id LIMIT ?) looked_at";
        let sql = self.sql(text, values![company, after, i64::from(limit)]);
        let Some(last) = self.connection().optional(sql, |row| row.maybe_integer("last")).await?.flatten() else {
            return Ok(None);
        };
        let text = "DELETE FROM finding_texts WHERE company_id = ? AND id > ? AND id <= ? AND NOT EXISTS (\
                    SELECT 1 FROM findings f WHERE f.company_id = finding_texts.company_id \
                    AND f.text_id = finding_texts.id)";
        self.write(text, values![company, after, last]).await?;
        Ok(Some(last))
    }

    /// Brings the texts of findings in line with what the findings say now.
    pub(super) async fn refresh_texts(&self, ids: &[FindingId]) -> Result<()> {
        let mut sql = self.sql(
            "SELECT f.id, f.company_id, f.title, f.cves, f.cwes, f.location, t.digest FROM findings f \
             LEFT JOIN finding_texts t ON t.id = f.text_id WHERE",
            values![],
        );
        sql.among("f.id", ids.iter().map(ToString::to_string));
        let said = self
            .connection()
            .all(sql, |row| {
                let parts = [row.text("title")?, row.text("cves")?, row.text("cwes")?, row.text("location")?];
                let [title, cves, cwes, location] = &parts;
                let text = Text::new(row.parsed("company_id")?, title, cves, cwes, location);
                let id: FindingId = row.parsed("id")?;
                Ok((id, (row.maybe_text("digest")?.as_ref() != Some(&text.digest)).then_some(text)))
            })
            .await?;
        let (changed, texts): (Vec<FindingId>, Vec<&Text>) =
            said.iter().filter_map(|(id, text)| Some((*id, text.as_ref()?))).unzip();
        let ids = self.finding_texts(&texts).await?;
        let changed: Vec<(FindingId, i64)> = changed.into_iter().zip(ids).collect();
        let rows = Rows {
            head: "WITH said (id, text_id) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE findings SET text_id = said.text_id FROM said WHERE findings.id = said.id",
        };
        rows.run(self.connection(), &changed, |(id, text), values| {
            values.extend(values![id, text]);
        })
        .await
    }
}
