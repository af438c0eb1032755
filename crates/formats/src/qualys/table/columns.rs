//! The header row of a table. Whoever downloads it chooses the columns.

use std::io::Read;

use jiff::tz::Offset;
use sha2::{Digest, Sha256};

use super::super::time;
use super::MOST_LINES_BEFORE;
use crate::error::ReadError;
use crate::table::{Row, Rows};

/// Over length-prefixed cells. Nobody can make two rows of different findings agree in it.
pub(super) type Key = [u8; 32];

pub(super) struct Columns {
    /// Without case, blanks and punctuation.
    names: Vec<String>,
}

impl Columns {
    /// Reads up to and with the header row, and the zone of the times. `None`: this is no table of Qualys.
    pub(super) fn find<R: Read>(rows: &mut Rows<R>) -> Result<Option<(Self, Offset)>, ReadError> {
        let mut zone = Offset::UTC;
        for _ in 0..=MOST_LINES_BEFORE {
            let Some(row) = rows.next()? else { return Ok(None) };
            let names: Vec<String> = row.cells().map(plain).collect();
            let columns = Self { names };
            if columns.has("qid") && columns.has("title") {
                return Ok(Some((columns, zone)));
            }
            zone = row.cells().find_map(time::zone).unwrap_or(zone);
        }
        Ok(None)
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// What makes a finding known must be there.
    pub(super) fn check<R: Read>(&self, rows: &Rows<R>) -> Result<(), ReadError> {
        let one_of = |names: &[&str]| names.iter().any(|name| self.has(name));
        let missing: Vec<&str> = [
            ("IP or Asset IPV4", one_of(&["ip", "assetipv4", "assetname", "dns"])),
            ("Type or Type Detected", one_of(&["type", "typedetected"])),
            ("Severity", one_of(&["severity"])),
            ("Port", one_of(&["port"])),
            ("Protocol", one_of(&["protocol"])),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join("; ");
        Err(rows.malformed(format!("its header lacks columns that tell findings apart ({missing}); choose them too")))
    }

    /// A row with more or fewer cells than the header: which is which cannot be told.
    pub(super) fn fit<R: Read>(&self, row: &Row, rows: &mut Rows<R>) -> Result<(), ReadError> {
        let width = self.names.len();
        if row.len() == width {
            return Ok(());
        }
        let detail = format!("a row has {} cells where the header has {width}", row.len());
        Err(if row.len() < width && rows.at_end()? { rows.truncated(&detail) } else { rows.malformed(detail) })
    }

    /// Empty also where there is no such column.
    pub(super) fn get<'row>(&self, row: &'row Row, name: &str) -> &'row str {
        self.names.iter().position(|known| known == name).map_or("", |at| row.cell(at))
    }

    /// Name and content of each cell.
    pub(super) fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.names.iter().enumerate().map(|(at, name)| (name.as_str(), row.cell(at)))
    }

    /// In a table by CVE: what the rows of one finding agree in. `None` in other tables.
    pub(super) fn repeated(&self, row: &Row) -> Option<Key> {
        if !self.has("cve") {
            return None;
        }
        let mut hash = Sha256::new();
        for name in
            ["qid", "assetid", "assetname", "assetipv4", "assetipv6", "ip", "dns", "port", "protocol", "results"]
        {
            let cell = self.get(row, name);
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell.as_bytes());
        }
        Some(hash.finalize().into())
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
