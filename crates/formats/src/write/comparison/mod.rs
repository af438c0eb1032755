//! Two looks at one target: what is new, fixed and unchanged, and what was not looked at the second time.
//!
//! The new findings are the results of every form. The others are in those that have words for them: SARIF
//! (`baselineState`), JSON, NDJSON, CSV, HTML and Markdown. Of what is gone only a few words are known, since a baseline
//! holds no more.

mod html;
mod lines;
mod markdown;

use std::collections::HashSet;
use std::io::{self, Write};

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::local::suppression::{Comparison, Known};

use super::entry::{Change, Changed, Entry};
use super::order::Findings;
use super::{Heading, LocalOutput, Output};

/// What is written of two looks.
#[derive(Debug)]
pub struct Changes<'a> {
    compared: &'a Comparison,
    heading: Heading,
    /// Why nothing is called fixed, where that is so.
    trouble: Option<&'a str>,
    new: Vec<Entry>,
    unchanged: Vec<Entry>,
}

/// A form in which two looks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangesOutput {
    Csv,
    Html,
    Json,
    Markdown,
    Ndjson,
    Sarif,
    /// The new findings alone, as they are written of one look.
    NewAs(Output),
    NewAsLocal(LocalOutput),
}

impl<'a> Changes<'a> {
    /// `present` is what the second look found, each with its fingerprint; its scanners are those of the heading.
    pub fn of(
        compared: &'a Comparison,
        present: impl IntoIterator<Item = (String, Entry)>,
        heading: Heading,
        trouble: Option<&'a str>,
    ) -> Self {
        let prints = |all: &'a [Known]| all.iter().map(|known| known.fingerprint.as_str()).collect::<HashSet<_>>();
        let (are_new, are_known) = (prints(&compared.new), prints(&compared.unchanged));
        let (mut new, mut unchanged) = (Vec::new(), Vec::new());
        for (fingerprint, entry) in present {
            if are_new.contains(fingerprint.as_str()) {
                new.push(changed(entry, Change::New, fingerprint));
            } else if are_known.contains(fingerprint.as_str()) {
                unchanged.push(changed(entry, Change::Unchanged, fingerprint));
            }
        }
        Self { compared, heading, trouble, new, unchanged }
    }

    /// Writes in small pieces: give it a buffered output.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn write(&self, form: ChangesOutput, output: &mut dyn Write) -> io::Result<()> {
        let new = || Findings::of_entries(&self.new);
        match form {
            ChangesOutput::Csv => lines::csv(output, self.compared),
            ChangesOutput::Ndjson => lines::ndjson(output, self.compared),
            ChangesOutput::Html => html::write(output, self, &new()),
            ChangesOutput::Markdown => markdown::write(output, self),
            ChangesOutput::Json => {
                serde_json::to_writer_pretty(&mut *output, self.compared)?;
                output.write_all(b"\n")
            }
            ChangesOutput::Sarif => {
                // Also what is gone, as far as it is known.
                let gone: Vec<Entry> = self.compared.fixed.iter().map(gone).collect();
                let all = Findings::of_entries(self.new.iter().chain(&self.unchanged).chain(&gone));
                Output::Sarif.write(output, &all, &self.heading)
            }
            ChangesOutput::NewAs(format) => format.write(output, &new(), &self.heading),
            ChangesOutput::NewAsLocal(format) => format.write(output, &new(), &self.heading),
        }
    }
}

fn changed(entry: Entry, change: Change, fingerprint: String) -> Entry {
    Entry { changed: Some(Box::new(Changed { change, fingerprint })), ..entry }
}

/// Where it was is a text for people by now.
fn gone(known: &Known) -> Entry {
    let record = FindingRecord {
        scanner: known.scanner.clone(),
        rule_id: known.rule.clone(),
        title: known.title.clone(),
        severity: known.severity,
        vendor_severity: None,
        asset: AssetRecord::repository(&known.location),
        location: Location::Asset,
        check: None,
        cves: Vec::new(),
        cwes: Vec::new(),
        cvss: Vec::new(),
        family: None,
        description: None,
        solution: None,
        evidence: None,
        references: Vec::new(),
        seen_at: None,
    };
    let identity = Identity::of(&record, 0);
    changed(Entry::of_report(record, identity), Change::Absent, known.fingerprint.clone())
}

/// What became of the findings, in the words of the forms, with the worst of each first.
fn groups(compared: &Comparison) -> [(&'static str, Vec<&Known>); 4] {
    [
        ("new", worst_first(&compared.new)),
        ("fixed", worst_first(&compared.fixed)),
        ("unchanged", worst_first(&compared.unchanged)),
        ("not_checked", worst_first(&compared.unknown)),
    ]
}

fn worst_first(known: &[Known]) -> Vec<&Known> {
    let mut rows: Vec<&Known> = known.iter().collect();
    rows.sort_by_key(|known| {
        let place = (&known.location, &known.scanner, &known.rule, &known.fingerprint);
        (std::cmp::Reverse(known.severity.rank()), place)
    });
    rows
}

/// `2 new, 1 fixed, 3 unchanged`.
fn summary(compared: &Comparison) -> String {
    let (new, fixed, same) = (compared.new.len(), compared.fixed.len(), compared.unchanged.len());
    format!("{new} new, {fixed} fixed, {same} unchanged")
}

/// Of findings whose scanner did not look at everything.
fn not_checked(compared: &Comparison) -> Option<String> {
    match compared.unknown.len() {
        0 => None,
        count => Some(format!("{count} not checked: their scanner did not look at everything")),
    }
}
