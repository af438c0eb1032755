//! Which findings carry a tag of a catalogue: those whose texts tell one of its CWEs, and those with a sighting by a rule
//! that is read as one of them. Nothing is stored for it; the rules are looked up by the index of sightings over
//! scanners, so that what other scanners saw is not looked at.

use scanhelm_core::Result;
use scanhelm_core::compliance::{Reading, Rules, Tag};
use scanhelm_core::ids::CompanyId;

use super::list::FindingFilter;
use super::texts::{Wanted, add_findings_saying, add_saying};
use crate::connection::Backend;
use crate::sql::{Sql, values};
use crate::store::Reader;

/// The readings that speak against the tag's requirement.
fn readings_of(tag: Tag) -> Vec<&'static Reading> {
    Reading::all().iter().filter(|reading| tag.is_about(reading.cwes)).collect()
}

/// The condition that the sighting `s` is by one of the rules. They are words of our own, held plain by a test.
fn is_read(reading: &Reading) -> String {
    let quoted = |words: &[&str]| words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    let scanner = format!("s.scanner = '{}'", reading.scanner);
    match reading.rules {
        Rules::Every => scanner,
        Rules::Named(names) => format!("({scanner} AND s.rule_id IN ({}))", quoted(names)),
        Rules::Beginning(words) => {
            let begins = |word: &&str| format!("substr(s.rule_id, 1, {}) = '{word}'", word.len());
            format!("({scanner} AND ({}))", words.iter().map(begins).collect::<Vec<_>>().join(" OR "))
        }
    }
}

/// ` sightings s` of the company that are by one of these rules: table and conditions.
fn add_sightings(sql: &mut Sql, company: CompanyId, readings: &[&Reading]) {
    sql.push(" sightings s WHERE");
    add_ruled(sql, company, readings);
}

fn add_ruled(sql: &mut Sql, company: CompanyId, readings: &[&Reading]) {
    let mut scanners: Vec<_> = readings.iter().map(|reading| format!("'{}'", reading.scanner)).collect();
    scanners.dedup();
    let read: Vec<_> = readings.iter().map(|reading| is_read(reading)).collect();
    sql.add(" s.company_id = ?", values![company]);
    sql.push(&format!(" AND s.scanner IN ({}) AND ({})", scanners.join(", "), read.join(" OR ")));
}

/// ` AND` the finding carries the tag.
pub(super) fn add_tagged(sql: &mut Sql, company: CompanyId, tag: Tag) {
    sql.push(" AND (");
    add_saying(sql, "findings.text_id", company, &[Wanted::AnyCwe(tag.requirement.cwes)]);
    let readings = readings_of(tag);
    if !readings.is_empty() {
        // SQLite would rather seek each scanner than read the one or two sightings of a finding.
        let by = if sql.backend() == Backend::Sqlite { " INDEXED BY sightings_finding" } else { "" };
        sql.push(&format!(" OR EXISTS (SELECT 1 FROM sightings s{by} WHERE s.finding_id = findings.id AND"));
        add_ruled(sql, company, &readings);
        sql.push(")");
    }
    sql.push(")");
}

/// The findings `f` whose texts tell one of the tag's CWEs: tables and conditions.
pub(super) fn add_findings_telling(sql: &mut Sql, company: CompanyId, tag: Tag) {
    add_findings_saying(sql, company, &[Wanted::AnyCwe(tag.requirement.cwes)]);
}

/// The sightings `s` by rules that are read as one of the tag's CWEs: table and conditions.
pub(super) fn add_sightings_by_rules(sql: &mut Sql, company: CompanyId, tag: Tag) {
    add_sightings(sql, company, &readings_of(tag));
}

impl Reader {
    /// The same filter; where no rule was reported that the tag is read from, it asks for the tag's CWEs alone, which an
    /// index over texts tells.
    pub(super) async fn by_what_is_told(&self, company: CompanyId, filter: &FindingFilter) -> Result<FindingFilter> {
        let mut filter = filter.clone();
        if let Some(tag) = filter.compliance {
            let readings = readings_of(tag);
            let mut sql = self.sql("SELECT count(*) AS value FROM (SELECT 1 AS one FROM", values![]);
            add_sightings(&mut sql, company, &readings);
            sql.push(" LIMIT 1) found");
            if readings.is_empty() || self.connection().number(sql).await? == 0 {
                filter.any_cwe = tag.requirement.cwes;
                filter.compliance = None;
            }
        }
        Ok(filter)
    }

    /// How many of the findings that match carry each tag, in the order of the catalogues.
    ///
    /// One pass: findings are counted by the CWEs that they tell and the readings that their sightings meet, which are
    /// few combinations, and tags are made of those.
    pub async fn finding_compliance(&self, company: CompanyId, filter: &FindingFilter) -> Result<Vec<(Tag, u64)>> {
        let filter = self.by_what_is_told(company, filter).await?;
        let few = self.narrowest(company, &filter, None).await?;
        let way = filter.way(self.connection().backend(), "severity", u64::MAX, few);
        let readings: Vec<&Reading> = Reading::all().iter().collect();
        let numbered = readings.iter().enumerate().map(|(number, reading)| (is_read(reading), number));
        let number: String = numbered.map(|(is_read, number)| format!(" WHEN {is_read} THEN '{number}'")).collect();
        let together = match self.connection().backend() {
            Backend::Sqlite => format!("group_concat(DISTINCT CASE{number} END)"),
            Backend::Postgres => format!("string_agg(DISTINCT CASE{number} END, ',')"),
        };
        let text = format!(
            "SELECT findings.cwes AS cwes, rules.readings AS readings, count(*) AS findings FROM {} \
             LEFT JOIN (SELECT s.finding_id, {together} AS readings FROM",
            way.tables
        );
        let mut sql = self.sql(&text, values![]);
        add_sightings(&mut sql, company, &readings);
        sql.push(" GROUP BY s.finding_id) rules ON rules.finding_id = findings.id WHERE");
        filter.add_by(company, few, &mut sql);
        sql.push(" GROUP BY findings.cwes, rules.readings");
        let counted = self
            .connection()
            .all(sql, |row| {
                let mut cwes: Vec<u32> = row.json("cwes")?;
                let met = row.maybe_text("readings")?.unwrap_or_default();
                let met = met.split(',').filter_map(|number| readings.get(number.parse::<usize>().ok()?));
                cwes.extend(met.flat_map(|reading| reading.cwes));
                Ok((cwes, row.count("findings")?))
            })
            .await?;
        let of = |tag: Tag| counted.iter().filter(|(cwes, _)| tag.is_about(cwes)).map(|(_, findings)| findings).sum();
        Ok(Tag::all().map(|tag| (tag, of(tag))).collect())
    }
}
