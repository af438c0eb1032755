//! EPSS (FIRST): `epss_scores-YYYY-MM-DD.csv.gz`, a comment with the model and the day, then one row a CVE.

use std::io::Read;

use scanhelm_core::feed::{EpssScore, FeedRecord, cve_id};
use scanhelm_core::text::single_line;

use super::{FeedAbout, Records, date};
use crate::error::ReadError;
use crate::input::Input;
use crate::options::Limits;
use crate::table::{Row, Rows};

pub(super) struct Scores {
    rows: Rows<Box<dyn Read + Send>>,
    about: FeedAbout,
    cve: usize,
    score: usize,
    percentile: usize,
}

impl Scores {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut rows = Rows::new(input.content, limits);
        let mut about = FeedAbout::default();
        let header = loop {
            let Some(row) = rows.next()? else {
                return Err(rows.malformed("it has no row `cve,epss,percentile`"));
            };
            if !row.cell(0).starts_with('#') {
                break row;
            }
            note(&row, &mut about);
        };
        let column = |name: &str| header.cells().position(|cell| cell.trim() == name);
        match (column("cve"), column("epss"), column("percentile")) {
            (Some(cve), Some(score), Some(percentile)) => Ok(Self { rows, about, cve, score, percentile }),
            _ => Err(rows.malformed("its header is not `cve,epss,percentile`")),
        }
    }

    fn number(&self, row: &Row, column: usize, name: &str) -> Result<f64, ReadError> {
        let text = row.cell(column).trim();
        let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
        number.ok_or_else(|| {
            self.rows.malformed(format!("`{}` in column {name} is not a number from 0 to 1", single_line(text, 40)))
        })
    }
}

/// `#model_version:v2025.03.14,score_date:2026-05-18T00:00:00Z`
fn note(row: &Row, about: &mut FeedAbout) {
    for cell in row.cells() {
        match cell.trim_start_matches('#').split_once(':') {
            Some(("model_version", version)) => about.version = Some(single_line(version, 80)),
            Some(("score_date", day)) => about.published_at = date(day),
            _ => {}
        }
    }
}

impl Records for Scores {
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        let cve = cve_id(row.cell(self.cve)).ok_or_else(|| {
            self.rows.malformed(format!("`{}` is not a CVE number", single_line(row.cell(self.cve), 40)))
        })?;
        let score = self.number(&row, self.score, "epss")?;
        let percentile = self.number(&row, self.percentile, "percentile")?;
        Ok(Some(FeedRecord::Epss { cve, score: EpssScore { score, percentile } }))
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}
