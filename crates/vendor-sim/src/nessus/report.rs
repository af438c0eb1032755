//! The report formats: `.nessus` version 2, CSV and a plain HTML page.
//!
//! Reports are written host by host while they are sent.

use std::fmt::Write;
use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use quick_xml::escape::escape;
use serde_json::{Map, Value};

use super::state::{Run, Scan};
use crate::estate::hosts::Host;
use crate::estate::nessus_report::{self, Report};
use crate::estate::plugin::{Finding, Text};
use crate::estate::survey::Found;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Nessus,
    Csv,
    Html,
}

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "nessus" => Some(Format::Nessus),
            "csv" => Some(Format::Csv),
            "html" => Some(Format::Html),
            _ => None,
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Format::Nessus => "nessus",
            Format::Csv => "csv",
            Format::Html => "html",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Format::Nessus => "application/octet-stream",
            Format::Csv => "text/csv",
            Format::Html => "text/html",
        }
    }
}

/// What a CSV cell is computed from; `cve` because a finding has one row for each of its CVEs.
struct Row<'a> {
    host: &'a Host,
    finding: &'a Finding,
    cve: &'a str,
}

pub(super) struct Column {
    /// Name in `reportContents.csvColumns`.
    pub(super) key: &'static str,
    title: &'static str,
    /// Part of a report for which no columns were chosen.
    usual: bool,
    cell: fn(&Row<'_>) -> String,
}

const fn column(key: &'static str, title: &'static str, usual: bool, cell: fn(&Row<'_>) -> String) -> Column {
    Column { key, title, usual, cell }
}

fn score(score: &Option<(Text, Text)>) -> String {
    score.as_ref().map(|(score, _)| score.to_string()).unwrap_or_default()
}

pub(super) static COLUMNS: [Column; 16] = [
    column("id", "Plugin ID", true, |row| row.finding.plugin.id.to_string()),
    column("cve", "CVE", true, |row| row.cve.to_owned()),
    column("cvss", "CVSS", true, |row| score(&row.finding.plugin.cvss2)),
    column("risk", "Risk", true, |row| row.finding.plugin.risk().to_owned()),
    column("hostname", "Host", true, |row| row.host.name.clone()),
    column("protocol", "Protocol", true, |row| row.finding.protocol.to_string()),
    column("port", "Port", true, |row| row.finding.port.to_string()),
    column("plugin_name", "Name", true, |row| row.finding.plugin.name.to_string()),
    column("synopsis", "Synopsis", true, |row| row.finding.plugin.synopsis.to_string()),
    column("description", "Description", true, |row| row.finding.plugin.description.to_string()),
    column("solution", "Solution", true, |row| row.finding.plugin.solution.to_string()),
    column("see_also", "See Also", true, |row| row.finding.plugin.see_also.join("\n")),
    column("plugin_output", "Plugin Output", true, |row| row.finding.output.clone()),
    column("cvss3_base_score", "CVSS v3.0 Base Score", false, |row| score(&row.finding.plugin.cvss3)),
    column("vpr_score", "VPR Score", false, |row| row.finding.plugin.vpr.clone().unwrap_or_default().into_owned()),
    column("risk_factor", "Risk Factor", false, |row| row.finding.plugin.risk().to_owned()),
];

/// Positions in [`COLUMNS`].
#[derive(Debug, Clone)]
pub(super) struct Columns(Vec<usize>);

impl Columns {
    pub(super) fn chosen(choice: Option<&Map<String, Value>>) -> Self {
        let wanted = |column: &Column| match choice {
            None => column.usual,
            Some(choice) => choice.get(column.key).and_then(Value::as_bool).unwrap_or(false),
        };
        Columns(COLUMNS.iter().enumerate().filter(|(_, column)| wanted(column)).map(|(index, _)| index).collect())
    }

    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.0.iter().filter_map(|index| COLUMNS.get(*index))
    }
}

/// The report in pieces: a head, one piece for each host, a foot.
pub(super) fn write(
    scan: Arc<Scan>,
    run: Run,
    found: Found,
    format: Format,
    columns: Columns,
) -> impl Iterator<Item = Bytes> + Send + 'static {
    let about = Report {
        name: scan.name.clone(),
        policy: scan.policy.clone(),
        targets: run.targets.clone(),
        task: run.uuid.clone(),
        started: run.execution.started,
        ended: run.execution.ended,
    };
    let head = match format {
        Format::Nessus => nessus_report::head(&about),
        Format::Csv => csv_line(columns.columns().map(|column| column.title.to_owned()), false),
        Format::Html => html_head(&scan),
    };
    let foot = match format {
        Format::Nessus => nessus_report::FOOT,
        Format::Csv => "",
        Format::Html => "</body></html>\n",
    };
    let hosts = (0..found.hosts().len()).map(move |index| {
        let findings = found.of_host(index, run.began());
        let Some(host) = found.hosts().get(index) else { return Bytes::new() };
        Bytes::from(match format {
            Format::Nessus => nessus_report::host(&about, host, &findings),
            Format::Csv => csv_host(host, &findings, &columns),
            Format::Html => html_host(host, &findings),
        })
    });
    iter::once(Bytes::from(head)).chain(hosts).chain(iter::once(Bytes::from_static(foot.as_bytes())))
}

/// The recorded files quote every cell but those of the first line.
fn csv_line(cells: impl Iterator<Item = String>, quoted: bool) -> String {
    let cells: Vec<String> =
        cells.map(|cell| if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }).collect();
    cells.join(",") + "\r\n"
}

fn csv_host(host: &Host, findings: &[Finding], columns: &Columns) -> String {
    let mut out = String::new();
    for finding in findings {
        let cves: Vec<&str> = match finding.plugin.cves.as_slice() {
            [] => vec![""],
            cves => cves.iter().map(|cve| cve.as_ref()).collect(),
        };
        for cve in cves {
            let row = Row { host, finding, cve };
            out.push_str(&csv_line(columns.columns().map(|column| (column.cell)(&row)), true));
        }
    }
    out
}

fn html_head(scan: &Scan) -> String {
    let name = escape(scan.name.as_str());
    format!("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{name}</title></head><body><h1>{name}</h1>\n")
}

fn html_host(host: &Host, findings: &[Finding]) -> String {
    let mut out = format!("<h2>{}</h2>\n<ul>\n", escape(host.name.as_str()));
    for finding in findings {
        let name = escape(finding.plugin.name.as_ref());
        let _ = writeln!(out, "<li>{} {name} ({}/{})</li>", finding.plugin.risk(), finding.port, finding.protocol);
    }
    out + "</ul>\n"
}
