//! A table of what assets are made of. Cells are as safe as those of findings.

use std::io;

use scanhelm_core::Timestamp;
use scanhelm_core::component::ComponentRecord;

use super::csv::cell;

const HEADER: [&str; 14] = [
    "asset",
    "name",
    "group",
    "version",
    "kind",
    "ecosystem",
    "licenses",
    "purl",
    "cpe",
    "locations",
    "sources",
    "open_findings",
    "first_seen_at",
    "last_listed_at",
];

/// A component with what a hub knows of it.
#[derive(Clone, Debug)]
pub struct ComponentRow<'a> {
    pub asset: &'a str,
    pub record: &'a ComponentRecord,
    pub sources: &'a [&'a str],
    pub open_findings: u64,
    pub first_seen_at: Timestamp,
    pub last_listed_at: Option<Timestamp>,
}

/// The table's first line.
///
/// # Errors
/// None that memory does not give.
pub fn component_table_head() -> io::Result<Vec<u8>> {
    lines(std::iter::once(HEADER.map(str::to_owned)))
}

/// Further lines of the table, in the order of the rows.
///
/// # Errors
/// None that memory does not give.
pub fn component_table_rows<'a>(rows: impl Iterator<Item = ComponentRow<'a>>) -> io::Result<Vec<u8>> {
    lines(rows.map(|row| cells(&row)))
}

fn lines(rows: impl Iterator<Item = [String; HEADER.len()]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn cells(row: &ComponentRow<'_>) -> [String; HEADER.len()] {
    let ComponentRecord { name, version, kind, group, purl, cpe, licenses, locations } = row.record;
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    [
        cell(row.asset),
        cell(name),
        text(group),
        text(version),
        kind.to_string(),
        cell(row.record.ecosystem().unwrap_or_default()),
        cell(&licenses.join(", ")),
        text(purl),
        text(cpe),
        cell(&locations.join(" ")),
        cell(&row.sources.join(" ")),
        row.open_findings.to_string(),
        row.first_seen_at.to_string(),
        row.last_listed_at.map(|time| time.to_string()).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_cell_for_each_column_and_runs_nothing() {
        let record = ComponentRecord {
            name: "=cmd|' /C calc'!A0".to_owned(),
            purl: Some("pkg:npm/a@1".to_owned()),
            licenses: vec!["MIT".to_owned(), "ISC".to_owned()],
            ..ComponentRecord::default()
        };
        let row = ComponentRow {
            asset: "@shop",
            record: &record,
            sources: &["scanner:syft"],
            open_findings: 2,
            first_seen_at: Timestamp::from_seconds(1_700_000_000),
            last_listed_at: None,
        };
        let table = [component_table_head().unwrap(), component_table_rows(std::iter::once(row)).unwrap()].concat();
        assert_eq!(
            String::from_utf8(table).unwrap(),
            "asset,name,group,version,kind,ecosystem,licenses,purl,cpe,locations,sources,open_findings,first_seen_at,\
             last_listed_at\n'@shop,'=cmd|' /C calc'!A0,,,library,npm,\"MIT, ISC\",pkg:npm/a@1,,,scanner:syft,2,\
             2023-11-14T22:13:20.000Z,\n"
        );
    }
}
