//! Tables whose rows are findings, with a header that names the columns. Whoever downloads such a table chooses its
//! columns, filters its rows, and gets no end mark: it never proves that something is gone.

use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;

use crate::error::ReadError;
use crate::format::Opened;
use crate::input::Input;
use crate::options::{Limits, ReadOptions};
use crate::report::{Problems, ReportHeader, ReportItem, cut};
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::table::{Row, Rows};

pub(crate) struct Columns {
    /// Without case, blanks and punctuation.
    names: Vec<String>,
    longest_text: usize,
}

impl Columns {
    fn of(header: &Row, limits: &Limits) -> Self {
        let names = header.cells().map(plain).collect();
        Self { names, longest_text: limits.max_text }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The cell of the first of these columns that holds something, cut with a mark where it is too long; empty also
    /// where there is no such column.
    pub(crate) fn get(&self, row: &Row, names: &[&str]) -> String {
        let cell = |name: &&str| self.names.iter().position(|known| known == name).map(|at| row.cell(at).trim());
        let found = names.iter().filter_map(cell).find(|cell| !cell.is_empty()).unwrap_or_default();
        cut(found, self.longest_text).into_owned()
    }

    /// A row with more or fewer cells than the header: which is which cannot be told.
    fn fit<R: Read>(&self, row: &Row, rows: &mut Rows<R>) -> Result<(), ReadError> {
        let width = self.names.len();
        if row.len() == width {
            return Ok(());
        }
        let detail = format!("a row has {} cells where the header has {width}", row.len());
        Err(if row.len() < width && rows.at_end()? { rows.truncated(&detail) } else { rows.malformed(detail) })
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether the first row names all of these columns.
pub(crate) fn begins_with_columns(sample: &Sample, names: &[&str]) -> bool {
    if sample.text().starts_with(['<', '{', '[']) {
        return false;
    }
    let limits = Limits::default();
    let header = Rows::new(sample.text().as_bytes(), &limits).next();
    header.is_ok_and(|header| {
        header.is_some_and(|header| {
            let columns = Columns::of(&header, &limits);
            names.iter().all(|name| columns.has(name))
        })
    })
}

/// What a row tells.
pub(crate) enum Told {
    Finding(Box<FindingRecord>),
    /// A host was looked at, and nothing is wrong with it here.
    Host(AssetRecord),
    /// The scanner says what it could not do.
    Problem(String),
}

/// What a format makes of a row.
pub(crate) type ReadRow = fn(&Columns, &Row) -> Result<Told, String>;

/// A reader of findings, one a row.
pub(crate) fn findings(
    input: Input,
    options: &ReadOptions,
    header: ReportHeader,
    needed: &[&str],
    read: ReadRow,
) -> Opened {
    let mut rows = Rows::new(input.content, &options.limits);
    let columns = rows.next()?.map(|row| Columns::of(&row, &options.limits));
    let columns = columns.ok_or_else(|| rows.malformed("it holds no row"))?;
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !columns.has(name)).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(rows.malformed(format!("its header lacks columns that tell findings apart ({missing})")));
    }
    Ok(Stepped::reader(
        TableReader { rows, columns, header: Some(header), read, last: None, problems: Problems::default() },
        &options.limits,
    ))
}

struct TableReader {
    rows: Rows<Box<dyn Read + Send>>,
    columns: Columns,
    header: Option<ReportHeader>,
    read: ReadRow,
    last: Option<Timestamp>,
    problems: Problems,
}

impl Steps for TableReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        if let Some(header) = self.header.take() {
            parts.header(header);
        }
        let Some(row) = self.rows.next()? else {
            parts.footer(ReportItem::Footer {
                finished_at: self.last,
                complete: false,
                blind: !parts.has_assets(),
                problems: self.problems.take(),
            });
            return Ok(());
        };
        if row.is_blank() {
            return Ok(());
        }
        self.columns.fit(&row, &mut self.rows)?;
        match (self.read)(&self.columns, &row) {
            Ok(Told::Host(host)) => parts.found_on(&host),
            Ok(Told::Problem(problem)) => {
                self.problems.add(&problem);
                Ok(())
            }
            Ok(Told::Finding(finding)) => {
                self.last = self.last.max(finding.seen_at);
                parts.record(Ok(*finding), String::new)
            }
            Err(reason) => parts.record(Err(reason), || {
                row.cells().filter(|cell| !cell.is_empty()).take(20).collect::<Vec<_>>().join(", ")
            }),
        }
    }
}
