//! Public facts about vulnerabilities, as the feeds bring them. Written in batches under the number of their load, so
//! that a load of hundreds of thousands of rows holds nobody up; read in one look-up a feed for a batch of CVEs.

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::feed::{CveFacts, EpssScore, FeedKind, FeedRecord, FeedState, KevEntry, NvdEntry};
use scanhelm_core::{Error, Result};

use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

const fn table(kind: FeedKind) -> &'static str {
    match kind {
        FeedKind::Epss => "feed_epss",
        FeedKind::Kev => "feed_kev",
        FeedKind::Nvd => "feed_nvd",
        FeedKind::Cwe => "feed_cwe",
    }
}

fn read(row: &Row<'_>) -> Result<FeedState> {
    Ok(FeedState {
        kind: row.word("kind", &FeedKind::ALL, FeedKind::as_str)?,
        source: row.maybe_text("source")?,
        version: row.maybe_text("version")?,
        published_at: row.maybe_time("published_at")?,
        records: row.count("records")?,
        digest: row.maybe_text("digest")?,
        succeeded_at: row.maybe_time("succeeded_at")?,
        attempted_at: row.maybe_time("attempted_at")?,
        error: row.maybe_text("error")?,
    })
}

impl Reader {
    /// Every feed, loaded or not.
    pub async fn feeds(&self) -> Result<Vec<FeedState>> {
        let text = "SELECT kind, source, version, published_at, records, digest, succeeded_at, attempted_at, error \
                    FROM feeds";
        let known = self.connection().all(self.sql(text, values![]), read).await?;
        let state = |kind| known.iter().find(|state: &&FeedState| state.kind == kind).cloned();
        Ok(FeedKind::ALL.into_iter().map(|kind| state(kind).unwrap_or_else(|| FeedState::empty(kind))).collect())
    }

    pub async fn feed(&self, kind: FeedKind) -> Result<FeedState> {
        let found = self.feeds().await?.into_iter().find(|state| state.kind == kind);
        Ok(found.unwrap_or_else(|| FeedState::empty(kind)))
    }

    /// How many records of a feed are there.
    pub async fn count_feed(&self, kind: FeedKind) -> Result<u64> {
        let text = format!("SELECT count(*) AS value FROM {}", table(kind));
        self.connection().number(self.sql(&text, values![])).await
    }

    /// What the feeds say of these CVEs; one of which they say nothing is missing.
    pub async fn cve_facts(&self, cves: &[String]) -> Result<HashMap<String, CveFacts>> {
        let mut facts: HashMap<String, CveFacts> = HashMap::new();
        if cves.is_empty() {
            return Ok(facts);
        }
        let look_up = |columns: &str, kind| {
            let mut sql = self.sql(&format!("SELECT {columns}"), values![]);
            let key = ("cve IS NOT NULL", values![]);
            sql.look_up_in((table(kind), "known"), key, "cve", cves.iter().cloned());
            sql
        };
        let epss = look_up("cve, score, percentile", FeedKind::Epss);
        for (cve, score) in self
            .connection()
            .all(epss, |row| {
                let score = EpssScore { score: row.double("score")?, percentile: row.double("percentile")? };
                Ok((row.text("cve")?, score))
            })
            .await?
        {
            facts.entry(cve).or_default().epss = Some(score);
        }
        let kev = look_up("cve, name, added_at, due_at, ransomware", FeedKind::Kev);
        for entry in self
            .connection()
            .all(kev, |row| {
                Ok(KevEntry {
                    cve: row.text("cve")?,
                    name: row.text("name")?,
                    added_at: row.time("added_at")?,
                    due_at: row.maybe_time("due_at")?,
                    ransomware: row.flag("ransomware")?,
                })
            })
            .await?
        {
            let known = facts.entry(entry.cve.clone()).or_default();
            known.kev = Some(entry);
        }
        let nvd = look_up("cve, vectors, cwes, modified_at", FeedKind::Nvd);
        for entry in self
            .connection()
            .all(nvd, |row| {
                Ok(NvdEntry {
                    cve: row.text("cve")?,
                    vectors: row.json("vectors")?,
                    cwes: row.json("cwes")?,
                    modified_at: row.time("modified_at")?,
                })
            })
            .await?
        {
            let known = facts.entry(entry.cve.clone()).or_default();
            known.nvd = Some(entry);
        }
        Ok(facts)
    }

    /// Names of weaknesses, of those that are known.
    pub async fn cwe_names(&self, ids: &[u32]) -> Result<HashMap<u32, String>> {
        let mut names = HashMap::new();
        for id in ids {
            let sql = self.sql("SELECT name FROM feed_cwe WHERE id = ?", values![id]);
            if let Some(name) = self.connection().optional(sql, |row| row.text("name")).await? {
                names.insert(*id, name);
            }
        }
        Ok(names)
    }
}

impl Transaction {
    /// Replaces what a feed says of the same things. `loading` is the number of the load, greater than any before.
    /// Of records of one thing the last counts; an older file of NVD changes nothing newer.
    pub async fn write_feed_records(&self, kind: FeedKind, records: &[FeedRecord], loading: i64) -> Result<()> {
        let head = |columns: &str| format!("INSERT INTO {} ({columns}) VALUES ", table(kind));
        let mismatch = || Error::internal(format!("a record of another feed than {kind}"));
        match kind {
            FeedKind::Epss => {
                let mut rows = BTreeMap::new();
                for record in records {
                    let FeedRecord::Epss { cve, score } = record else { return Err(mismatch()) };
                    rows.insert(cve, score);
                }
                let rows: Vec<_> = rows.into_iter().collect();
                let statement = Rows {
                    head: &head("cve, score, percentile, loading"),
                    columns: 4,
                    tail: " ON CONFLICT (cve) DO UPDATE SET score = excluded.score, percentile = excluded.percentile, \
                           loading = excluded.loading",
                };
                statement
                    .run(self.connection(), &rows, |(cve, score), values| {
                        values.extend(values![cve, score.score, score.percentile, loading]);
                    })
                    .await
            }
            FeedKind::Kev => {
                let mut rows = BTreeMap::new();
                for record in records {
                    let FeedRecord::Kev(entry) = record else { return Err(mismatch()) };
                    rows.insert(&entry.cve, entry);
                }
                let rows: Vec<_> = rows.into_values().collect();
                let statement = Rows {
                    head: &head("cve, name, added_at, due_at, ransomware, loading"),
                    columns: 6,
                    tail: " ON CONFLICT (cve) DO UPDATE SET name = excluded.name, added_at = excluded.added_at, \
                           due_at = excluded.due_at, ransomware = excluded.ransomware, loading = excluded.loading",
                };
                statement
                    .run(self.connection(), &rows, |entry, values| {
                        let KevEntry { cve, name, added_at, due_at, ransomware } = *entry;
                        values.extend(values![cve, name, added_at, due_at, ransomware, loading]);
                    })
                    .await
            }
            FeedKind::Nvd => {
                let mut rows = BTreeMap::new();
                for record in records {
                    let FeedRecord::Nvd(entry) = record else { return Err(mismatch()) };
                    rows.insert((&entry.cve, entry.modified_at), (entry, json(&entry.vectors)?, json(&entry.cwes)?));
                }
                // The newest of each, which comes last.
                let newest: BTreeMap<_, _> = rows.into_iter().map(|((cve, _), row)| (cve, row)).collect();
                let rows: Vec<_> = newest.into_values().collect();
                let statement = Rows {
                    head: &head("cve, vectors, cwes, modified_at, loading"),
                    columns: 5,
                    tail: " ON CONFLICT (cve) DO UPDATE SET vectors = excluded.vectors, cwes = excluded.cwes, \
                           modified_at = excluded.modified_at, loading = excluded.loading \
                           WHERE excluded.modified_at >= feed_nvd.modified_at",
                };
                statement
                    .run(self.connection(), &rows, |(entry, vectors, cwes), values| {
                        values.extend(values![entry.cve, vectors, cwes, entry.modified_at, loading]);
                    })
                    .await
            }
            FeedKind::Cwe => {
                let mut rows = BTreeMap::new();
                for record in records {
                    let FeedRecord::Cwe { id, name } = record else { return Err(mismatch()) };
                    rows.insert(id, name);
                }
                let rows: Vec<_> = rows.into_iter().collect();
                let statement = Rows {
                    head: &head("id, name, loading"),
                    columns: 3,
                    tail: " ON CONFLICT (id) DO UPDATE SET name = excluded.name, loading = excluded.loading",
                };
                statement
                    .run(self.connection(), &rows, |(id, name), values| values.extend(values![id, name, loading]))
                    .await
            }
        }
    }

    /// Forgets what the load of this number did not name; how many records.
    pub async fn forget_feed_records(&self, kind: FeedKind, loading: i64) -> Result<u64> {
        self.write(&format!("DELETE FROM {} WHERE loading <> ?", table(kind)), values![loading]).await
    }

    pub async fn save_feed(&self, state: &FeedState) -> Result<()> {
        let text = "INSERT INTO feeds (kind, source, version, published_at, records, digest, succeeded_at, \
                    attempted_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind) DO UPDATE SET \
                    source = excluded.source, version = excluded.version, published_at = excluded.published_at, \
                    records = excluded.records, digest = excluded.digest, succeeded_at = excluded.succeeded_at, \
                    attempted_at = excluded.attempted_at, error = excluded.error";
        let FeedState { kind, source, version, published_at, records, digest, succeeded_at, attempted_at, error } =
            state;
        let values =
            values![kind.as_str(), source, version, published_at, records, digest, succeeded_at, attempted_at, error];
        self.write(text, values).await.map(|_| ())
    }
}
