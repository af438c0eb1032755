//! What a finding takes from the details of its sightings. A plugin learns CVEs after its first report, two scanners
//! name different CWEs for one rule, and code moves: a finding has the CVEs and CWEs that its live sightings name
//! together, and stands where the one saw it that it has its title of. So no order of imports decides what it is found
//! and rated by. Its identity stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use scanhelm_core::Result;
use scanhelm_core::finding::{Location, SightingState};
use scanhelm_core::ids::FindingId;
use serde::Deserialize;

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
    /// The sighting that a finding has its title of comes first.
    fn add(&mut self, detail: Detail) {
        if let Some(cves) = detail.cves {
            self.cves.get_or_insert_default().extend(cves);
        }
        if let Some(cwes) = detail.cwes {
            self.cwes.get_or_insert_default().extend(cwes);
        }
        self.location = self.location.take().or(detail.location);
    }
}

impl Transaction {
    /// Brings findings in line with the details of their live sightings; of all of them where none is live.
    ///
    /// The details are looked into here and not by the database: they quote what hostile targets say, and PostgreSQL
    /// refuses JSON that holds a NUL.
    pub(super) async fn refresh_from_details(&self, ids: &[FindingId]) -> Result<()> {
        let mut sql = self.sql("SELECT finding_id, state, detail FROM sightings WHERE", values![]);
        sql.among("finding_id", ids.iter().map(ToString::to_string));
        sql.push(" ORDER BY severity DESC, source, scanner_ref");
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
        self.write_told(told).await
    }

    /// Writes what differs from what the findings have.
    async fn write_told(&self, told: BTreeMap<FindingId, Told>) -> Result<()> {
        let mut sql = self.sql("SELECT id, cves, cwes, location FROM findings WHERE", values![]);
        sql.among("id", told.keys().map(ToString::to_string));
        let findings = self
            .connection()
            .all(sql, |row| {
                let texts = [row.text("cves")?, row.text("cwes")?, row.text("location")?];
                Ok((row.parsed::<FindingId>("id")?, texts))
            })
            .await?;
        let mut changed: [Vec<(FindingId, String)>; 3] = Default::default();
        for (id, has) in findings {
            let Some(Told { cves, cwes, location }) = told.get(&id) else { continue };
            let says = [cves.as_ref().map(json), cwes.as_ref().map(json), location.as_ref().map(json)];
            for ((says, has), changed) in says.into_iter().zip(has).zip(&mut changed) {
                let says = says.transpose()?;
                changed.extend(says.filter(|says| *says != has).map(|says| (id, says)));
            }
        }
        for (column, changed) in ["cves", "cwes", "location"].into_iter().zip(changed) {
            let rows = Rows {
                head: "WITH told (id, text) AS (VALUES ",
                columns: 2,
                tail: &format!(") UPDATE findings SET {column} = told.text FROM told WHERE findings.id = told.id"),
            };
            rows.run(self.connection(), &changed, |(id, text), values| values.extend(values![id, text])).await?;
        }
        Ok(())
    }
}
