//! What a finding takes from the details of its sightings. A plugin learns CVEs after its first report, two scanners
//! name different CWEs for one rule, and code moves: a finding has the CVEs and CWEs that its live sightings name
//! together, and stands where the newest of them saw it. So no order of imports decides what it is found and rated by.
//! Its identity stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use scanhelm_core::Result;
use scanhelm_core::finding::{Location, SightingState};
use scanhelm_core::ids::FindingId;
use serde::Deserialize;

use crate::connection::Backend;
use crate::sql::{Rows, json, values};
use crate::store::Transaction;

/// Of a sighting's detail; what it does not have says nothing.
#[derive(Debug, Deserialize)]
struct Detail {
    cves: Option<BTreeSet<String>>,
    cwes: Option<BTreeSet<u32>>,
    location: Option<Location>,
}

/// What some sightings of a finding say together.
#[derive(Debug, Default)]
struct Told {
    cves: Option<BTreeSet<String>>,
    cwes: Option<BTreeSet<u32>>,
    location: Option<Location>,
}

impl Told {
    /// A newer sighting comes after an older one.
    fn add(&mut self, detail: Detail) {
        if let Some(cves) = detail.cves {
            self.cves.get_or_insert_default().extend(cves);
        }
        if let Some(cwes) = detail.cwes {
            self.cwes.get_or_insert_default().extend(cwes);
        }
        self.location = detail.location.or_else(|| self.location.take());
    }
}

impl Transaction {
    /// Brings findings in line with the details of their live sightings; of all of them where none is live.
    pub(super) async fn refresh_from_details(&self, ids: &[FindingId]) -> Result<()> {
        let differing = self.differing_from_details(ids).await?;
        if differing.is_empty() {
            return Ok(());
        }
        let mut sql = self.sql("SELECT finding_id, state, detail FROM sightings WHERE", values![]);
        sql.among("finding_id", differing.iter().map(ToString::to_string));
        sql.push(" ORDER BY last_seen_at, source DESC, scanner_ref DESC");
        let sightings = self
            .connection()
            .all(sql, |row| {
                let state = row.word("state", &SightingState::ALL, SightingState::as_str)?;
                Ok((row.parsed::<FindingId>("finding_id")?, state, row.json::<Detail>("detail")?))
            })
            .await?;
        let (mut told, mut gone) = (BTreeMap::<FindingId, Told>::new(), BTreeMap::<FindingId, Told>::new());
        for (id, state, detail) in sightings {
            let side = if state == SightingState::Seen { &mut told } else { &mut gone };
            side.entry(id).or_default().add(detail);
        }
        for (id, gone) in gone {
            told.entry(id).or_insert(gone);
        }
        let (mut cves, mut cwes, mut locations) = (Vec::new(), Vec::new(), Vec::new());
        for (id, told) in told {
            if let Some(named) = told.cves {
                cves.push((id, json(&named)?));
            }
            if let Some(named) = told.cwes {
                cwes.push((id, json(&named)?));
            }
            if let Some(location) = told.location {
                locations.push((id, json(&location)?));
            }
        }
        for (column, told) in [("cves", cves), ("cwes", cwes), ("location", locations)] {
            let rows = Rows {
                head: "WITH told (id, text) AS (VALUES ",
                columns: 2,
                tail: &format!(") UPDATE findings SET {column} = told.text FROM told WHERE findings.id = told.id"),
            };
            rows.run(self.connection(), &told, |(id, text), values| values.extend(values![id, text])).await?;
        }
        Ok(())
    }

    /// Those of `ids` of which a sighting says something else: few, and found without taking the details out. Of a
    /// location, what is no part of the identity can differ.
    async fn differing_from_details(&self, ids: &[FindingId]) -> Result<Vec<FindingId>> {
        let text = "SELECT DISTINCT f.id FROM findings f JOIN sightings s ON s.finding_id = f.id WHERE";
        let mut sql = self.sql(text, values![]);
        sql.among("f.id", ids.iter().map(ToString::to_string));
        let lists = ["cves", "cwes"];
        let places = ["line", "column", "service"];
        let differs: Vec<String> = match sql.backend() {
            Backend::Sqlite => {
                let lists = lists.map(|list| format!("json_extract(s.detail, '$.{list}') <> f.{list}"));
                let places = places.map(|part| {
                    format!("json_extract(s.detail, '$.location.{part}') IS NOT json_extract(f.location, '$.{part}')")
                });
                lists.into_iter().chain(places).collect()
            }
            Backend::Postgres => {
                let lists = lists.map(|list| format!("s.detail::jsonb -> '{list}' <> f.{list}::jsonb"));
                let places = places.map(|part| {
                    format!("s.detail::jsonb #> '{{location,{part}}}' IS DISTINCT FROM f.location::jsonb -> '{part}'")
                });
                lists.into_iter().chain(places).collect()
            }
        };
        sql.push(&format!(" AND ({})", differs.join(" OR ")));
        self.connection().all(sql, |row| row.parsed("id")).await
    }
}
