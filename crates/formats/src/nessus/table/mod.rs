//! Nessus CSV: what Nessus, Tenable Vulnerability Management and Tenable Security Center export as a table.
//!
//! Decisions a reader of findings should know:
//! - **Never complete.** A table has no end mark: one that was cut between two rows looks whole, and a finding whose
//!   last rows were lost lacks their CVEs. It does not list quiet hosts either. So the footer never says `complete`,
//!   and nothing is called fixed because such a report lacks it. A cut within a row is an error. The XML of the same
//!   scan is the better report.
//! - **Findings are not rows**: a row is repeated for each CVE (`cves`); rows of nothing, which spreadsheets leave
//!   below the data, are none.
//! - **The identity is that of the XML**, whose own types make the finding here, as far as the table has the columns:
//!   a host is known by the names that the table gives, and a compliance check by its name, since its id is not in it.
//! - **Severity** is `Risk`, else `Severity`. Of compliance checks it says FAILED, WARNING or PASSED; these become 3,
//!   2 and 1 as Nessus does it in its XML.
//! - **Times** without a zone are UTC; the zones of North America are those of RFC 2822.
//!
//! The report is kept on disk and read twice, because the rows of a finding may stand anywhere. So a report that is
//! cut or broken gives nothing at all.

mod columns;
mod cves;

use std::collections::VecDeque;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use tempfile::SpooledTempFile;

use super::host::Host;
use super::item::{self, Body, Child, Head};
use super::time;
use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::json::Spool;
use crate::options::{Limits, ReadOptions};
use crate::report::{CoveredAsset, Reader, ReportHeader, ReportItem, cut, rejected};
use crate::sample::Sample;
use crate::table::{Row, Rows};
use columns::{Column, Columns};
use cves::{Cves, Standing};

pub(crate) const FORMAT: Format =
    Format { id: "nessus-csv", name: "Nessus CSV", extensions: &["csv"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let header = Rows::new(sample.text().as_bytes(), &Limits::default()).next();
    header.ok().flatten().is_some_and(|header| Columns::of(&header).look_like_nessus())
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut document = Spool::fill(input.content)?;
    let mut cves = Cves::new(options.limits.max_context);
    let mut rows = Rows::new(document.content()?, &options.limits);
    let columns = read_header(&mut rows)?;
    while let Some(row) = next_row(&columns, &mut rows)? {
        cves.add(&columns, &row)?;
    }
    cves.all_added();
    let mut rows = Rows::new(document.into_content()?, &options.limits);
    let columns = read_header(&mut rows)?;
    let header = ReportHeader { scanner: "nessus".to_owned(), ..ReportHeader::default() };
    Ok(Box::new(TableReader {
        rows,
        columns,
        cves,
        ready: VecDeque::from([ReportItem::Header(header)]),
        record: 0,
        finished_at: None,
        longest_text: options.limits.max_text,
        footer_given: false,
    }))
}

fn read_header<R: std::io::Read>(rows: &mut Rows<R>) -> Result<Columns, ReadError> {
    let header = rows.next()?.unwrap_or_default();
    let columns = Columns::of(&header);
    columns.check(rows)?;
    Ok(columns)
}

/// The next row that says something.
fn next_row<R: std::io::Read>(columns: &Columns, rows: &mut Rows<R>) -> Result<Option<Row>, ReadError> {
    while let Some(row) = rows.next()? {
        if !row.is_blank() {
            columns.fit(&row, rows)?;
            return Ok(Some(row));
        }
    }
    Ok(None)
}

struct TableReader {
    rows: Rows<SpooledTempFile>,
    columns: Columns,
    cves: Cves,
    ready: VecDeque<ReportItem>,
    record: u64,
    finished_at: Option<Timestamp>,
    longest_text: usize,
    footer_given: bool,
}

impl Reader for TableReader {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer_given {
                return Ok(None);
            }
            self.advance()?;
        }
    }
}

impl TableReader {
    /// Reads one row; what it gives is put into `ready`.
    fn advance(&mut self) -> Result<(), ReadError> {
        let Some(row) = next_row(&self.columns, &mut self.rows)? else {
            self.footer_given = true;
            self.ready.push_back(ReportItem::Footer {
                finished_at: self.finished_at,
                complete: false,
                // Each host that answers gives at least one finding.
                blind: self.record == 0,
                problems: vec![],
            });
            return Ok(());
        };
        let Standing::Finding(cves) = self.cves.take(&self.columns, &row) else {
            return Ok(());
        };
        let record = self.record;
        self.record += 1;
        match self.finding(&row, cves) {
            Ok((finding, covered)) => {
                self.finished_at = self.finished_at.max(finding.seen_at);
                if self.cves.is_new_host(&finding)? {
                    self.ready.push_back(ReportItem::Asset(covered));
                }
                self.ready.push_back(ReportItem::Finding(Box::new(finding)));
            }
            Err(reason) => {
                let cells = row.cells().filter(|cell| !cell.is_empty()).take(20).collect::<Vec<_>>().join(", ");
                self.ready.push_back(rejected(record, reason, &cells));
            }
        }
        Ok(())
    }

    fn finding(&self, row: &Row, cves: Vec<String>) -> Result<(FindingRecord, CoveredAsset), String> {
        let get = |column| self.columns.get(row, column);
        let mut host = self.host(row)?;
        let head = self.head(row)?;
        let mut body = Body::of(cves);
        body.take(Child::RiskFactor, get(Column::Risk));
        for (child, text) in self.columns.body(row) {
            let text = match child {
                Child::PluginOutput => text.strip_prefix("Plugin Output:").unwrap_or(text).trim(),
                _ => text,
            };
            body.take(child, &cut(text, self.longest_text));
        }
        // `CERT:836068;CWE:310` (Nessus), `CERT #836068,CWE #310` (Security Center).
        for reference in get(Column::Xref).split([';', ',', '\n']).map(str::trim) {
            body.take(Child::Xref, &cut(&reference.replace(" #", ":"), self.longest_text));
        }
        let covered = host.covered();
        let mut finding = head.record(body, &host);
        finding.seen_at = time::any(get(Column::LastSeen)).or(finding.seen_at);
        Ok((finding, covered))
    }

    fn host(&self, row: &Row) -> Result<Host, String> {
        let get = |column| self.columns.get(row, column);
        let names = [get(Column::Host), get(Column::Fqdn), get(Column::Ip)];
        let name = names.into_iter().find(|name| !name.is_empty()).ok_or("it names no host")?;
        let mut host = Host::new(name.to_owned());
        for (tag, column) in [
            ("host-ip", Column::Ip),
            ("host-fqdn", Column::Fqdn),
            ("netbios-name", Column::NetBios),
            ("host-uuid", Column::Uuid),
            ("operating-system", Column::OperatingSystem),
            ("system-type", Column::SystemType),
        ] {
            host.set(tag, get(column));
        }
        host.scanned(time::any(get(Column::HostStart)), time::any(get(Column::HostEnd)));
        Ok(host)
    }

    fn head(&self, row: &Row) -> Result<Head, String> {
        let get = |column| self.columns.get(row, column);
        let rated = [get(Column::Risk), get(Column::Severity)].into_iter().find(|word| !word.is_empty());
        let (severity, is_audit) = severity(rated.unwrap_or_default())?;
        let protocol = get(Column::Protocol).to_ascii_lowercase();
        if protocol.is_empty() {
            return Err("it has no protocol".to_owned());
        }
        let family = match get(Column::Family) {
            "" if is_audit => item::AUDITS,
            family => family,
        };
        Ok(Head {
            port: item::port(get(Column::Port))?,
            protocol,
            service: Some(get(Column::Service).to_owned()).filter(|service| !service.is_empty()),
            severity,
            plugin_id: item::plugin_id(get(Column::PluginId))?,
            plugin_name: get(Column::PluginName).to_owned(),
            family: family.to_owned(),
        })
    }
}

/// The severity, and whether it is the result of a compliance check.
fn severity(word: &str) -> Result<(Severity, bool), String> {
    let found = match word.to_ascii_lowercase().as_str() {
        "none" | "informational" => Some((Severity::Info, false)),
        "failed" => Some((Severity::High, true)),
        "warning" | "error" => Some((Severity::Medium, true)),
        "passed" => Some((Severity::Low, true)),
        rank if rank.len() == 1 => rank.parse().ok().and_then(Severity::from_rank).map(|severity| (severity, false)),
        name => name.parse().ok().map(|severity| (severity, false)),
    };
    found.ok_or_else(|| format!("`{}` is no severity", single_line(word, 64)))
}
