//! KEV (CISA): `known_exploited_vulnerabilities.json` or `.csv`.

use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::feed::{FeedRecord, KevEntry, cve_id};
use scanhelm_core::text::single_line;
use serde::Deserialize;

use super::{FeedAbout, Records, date};
use crate::error::ReadError;
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::Limits;
use crate::table::Rows;

const LONGEST_NAME: usize = 300;

/// The JSON document.
pub(super) struct Catalog {
    cursor: Cursor<Box<dyn Read + Send>>,
    about: FeedAbout,
    place: Place,
    /// As the document says, and as it is.
    announced: Option<u64>,
    read: u64,
    raw: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum Place {
    Members,
    /// Within the list of vulnerabilities.
    Entries,
    End,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    #[serde(default)]
    vulnerability_name: String,
    date_added: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
}

impl Entry {
    fn read(&self) -> Result<FeedRecord, String> {
        let cve = cve_id(&self.cve).ok_or_else(|| format!("`{}` is not a CVE number", single_line(&self.cve, 40)))?;
        let odd = || format!("the day on which {cve} was added, `{}`, is none", single_line(&self.date_added, 40));
        let added_at = date(&self.date_added).ok_or_else(odd)?;
        Ok(FeedRecord::Kev(KevEntry {
            name: single_line(&self.vulnerability_name, LONGEST_NAME),
            added_at,
            due_at: date(&self.due_date),
            ransomware: self.known_ransomware_campaign_use.trim().eq_ignore_ascii_case("known"),
            cve,
        }))
    }
}

impl Catalog {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut cursor = Cursor::new(input.content, limits);
        cursor.begin_object()?;
        Ok(Self {
            cursor,
            about: FeedAbout::default(),
            place: Place::Members,
            announced: None,
            read: 0,
            raw: Vec::new(),
        })
    }

    fn member(&mut self, key: &str) -> Result<(), ReadError> {
        match key {
            "catalogVersion" => self.about.version = Some(single_line(&self.cursor.value::<String>(key)?, 80)),
            "dateReleased" => {
                let text = self.cursor.value::<String>(key)?;
                self.about.published_at = Timestamp::parse(&text).or_else(|| date(&text));
            }
            "count" => self.announced = Some(self.cursor.value(key)?),
            "vulnerabilities" => {
                self.cursor.begin_array()?;
                self.place = Place::Entries;
            }
            _ => self.cursor.skip_value()?,
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        self.cursor.end()?;
        self.place = Place::End;
        match self.announced {
            Some(announced) if announced != self.read => {
                let read = self.read;
                Err(self.cursor.malformed(format!("it announces {announced} vulnerabilities and holds {read}")))
            }
            _ if self.read == 0 => Err(self.cursor.malformed("it holds no list `vulnerabilities` with entries")),
            _ => Ok(()),
        }
    }
}

impl Records for Catalog {
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        loop {
            match self.place {
                Place::End => return Ok(None),
                Place::Members => match self.cursor.next_key()? {
                    Some(key) => self.member(&key)?,
                    None => self.finish()?,
                },
                Place::Entries if self.cursor.next_element()? => {
                    if self.cursor.capture(&mut self.raw)? == Captured::TooLong {
                        return Err(ReadError::Hostile { detail: "an entry in it is too long".to_owned() });
                    }
                    self.read += 1;
                    let entry = serde_json::from_slice::<Entry>(&self.raw).map_err(|error| error.to_string());
                    let record = entry.and_then(|entry| entry.read());
                    return record
                        .map(Some)
                        .map_err(|error| self.cursor.malformed(format!("entry {}: {error}", self.read)));
                }
                Place::Entries => self.place = Place::Members,
            }
        }
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}

/// The same as a table, without version and day.
pub(super) struct Table {
    rows: Rows<Box<dyn Read + Send>>,
    names: Vec<String>,
    about: FeedAbout,
}

impl Table {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut rows = Rows::new(input.content, limits);
        let names: Vec<String> =
            rows.next()?.map(|header| header.cells().map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default();
        let has = |name: &str| names.iter().any(|known| known == name);
        if !has("cveID") || !has("dateAdded") {
            return Err(rows.malformed("its header has no `cveID` and `dateAdded`"));
        }
        Ok(Self { rows, names, about: FeedAbout::default() })
    }
}

impl Records for Table {
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        if row.len() != self.names.len() {
            // The last cell of a row may be the last of a cut file.
            let (has, wanted) = (row.len(), self.names.len());
            return Err(self.rows.malformed(format!("a row has {has} cells where the header has {wanted}")));
        }
        let cell =
            |name: &str| self.names.iter().position(|known| known == name).map_or("", |at| row.cell(at)).to_owned();
        let entry = Entry {
            cve: cell("cveID"),
            vulnerability_name: cell("vulnerabilityName"),
            date_added: cell("dateAdded"),
            due_date: cell("dueDate"),
            known_ransomware_campaign_use: cell("knownRansomwareCampaignUse"),
        };
        entry.read().map(Some).map_err(|error| self.rows.malformed(error))
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}
