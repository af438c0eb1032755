//! CWE (MITRE): the catalogue `cwec_v*.xml`, or one of its views as a table.

use std::io::Read;

use scanhelm_core::feed::FeedRecord;
use scanhelm_core::text::single_line;

use super::{FeedAbout, Records, date};
use crate::error::ReadError;
use crate::input::Input;
use crate::options::Limits;
use crate::table::Rows;
use crate::xml::{Element, Markup, XmlReader};

const LONGEST_NAME: usize = 300;

pub(super) struct Catalog {
    reader: XmlReader,
    about: FeedAbout,
}

impl Catalog {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = XmlReader::new(input.content, limits);
        let root = reader.enter_element("Weakness_Catalog")?;
        let version = Some(single_line(root.attribute("Version"), 40)).filter(|version| !version.is_empty());
        Ok(Self { reader, about: FeedAbout { version, published_at: date(root.attribute("Date")) } })
    }
}

impl Records for Catalog {
    /// Scanners name weaknesses and, against MITRE's advice, categories.
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        loop {
            let found = match self.reader.next()? {
                Markup::Start(tag) if matches!(tag.name(), "Weakness" | "Category") => Element::begin(&tag)?,
                Markup::Eof => return Ok(None),
                _ => continue,
            };
            let name = single_line(found.attribute("Name"), LONGEST_NAME);
            return match found.attribute("ID").parse::<u32>() {
                Ok(id) if !name.is_empty() => Ok(Some(FeedRecord::Cwe { id, name })),
                _ => {
                    let id = single_line(found.attribute("ID"), 40);
                    Err(self.reader.malformed(format!("the {} `{id}` has no number or no name", found.name)))
                }
            };
        }
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}

pub(super) struct Table {
    rows: Rows<Box<dyn Read + Send>>,
    about: FeedAbout,
}

impl Table {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut rows = Rows::new(input.content, limits);
        let header = rows.next()?.unwrap_or_default();
        // Rows have one empty cell more than the header; only the first two columns are certain.
        if header.cell(0).trim() != "CWE-ID" || header.cell(1).trim() != "Name" {
            return Err(rows.malformed("its header does not begin with `CWE-ID,Name`"));
        }
        Ok(Self { rows, about: FeedAbout::default() })
    }
}

impl Records for Table {
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        let name = single_line(row.cell(1), LONGEST_NAME);
        match row.cell(0).trim().parse::<u32>() {
            Ok(id) if !name.is_empty() => Ok(Some(FeedRecord::Cwe { id, name })),
            _ => {
                let id = single_line(row.cell(0), 40);
                Err(self.rows.malformed(format!("the weakness `{id}` has no number or no name")))
            }
        }
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}
