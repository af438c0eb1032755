//! A comment for a pull or merge request. The first line is a mark that stays the same for a repository, by which a bot
//! finds its comment and replaces it.
//!
//! Whoever can make a scanner quote a text could write into the comment. So whatever means something to Markdown or
//! HTML is written as a character reference, and behind what a code host makes a link of (mentions, numbers of issues,
//! addresses) stands a blank of no width: hosts look for those when the references are resolved already.

use std::io::{self, Write};

use scanhelm_core::text::single_line;

use super::order::Findings;
use super::place::label_of;
use super::scanners::nobody_looked;
use super::{Heading, non_empty};

const MOST_ROWS: u64 = 50;
const LONGEST_CELL: usize = 160;
const LONGEST_REASON: usize = 300;
/// Punctuation that means nothing within a line.
const PLAIN: &str = ",()/;?\"'.:-+=";
const NO_WIDTH: char = '\u{200b}';

pub(super) fn write(output: &mut dyn Write, findings: &Findings, heading: &Heading) -> io::Result<()> {
    writeln!(output, "<!-- scanhelm:scan {} -->", mark(&heading.name))?;
    writeln!(output, "### {}: {}\n", heading.tool.name, shown(&heading.name, LONGEST_CELL))?;
    let nothing_known = findings.counts().total() == 0 && nobody_looked(&heading.scanners);
    let summary = if nothing_known { "no result: no scanner looked".to_owned() } else { findings.counts().in_words() };
    writeln!(output, "**{summary}**\n")?;
    write_scanners(output, heading)?;
    if findings.counts().total() > 0 {
        write_table(output, findings)?;
    }
    Ok(())
}

fn write_scanners(output: &mut dyn Write, heading: &Heading) -> io::Result<()> {
    let name = |label: &str| shown(label, LONGEST_CELL);
    let looked = heading.scanners.iter().filter(|scanner| scanner.ran()).map(|scanner| name(&scanner.label()));
    let looked: Vec<String> = looked.collect();
    if !looked.is_empty() {
        writeln!(output, "- Looked: {}", looked.join(", "))?;
    }
    for scanner in &heading.scanners {
        if let Some(reason) = scanner.skipped() {
            writeln!(output, "- Skipped: {}, {}", name(&scanner.label()), shown(&reason, LONGEST_REASON))?;
        }
    }
    for scanner in &heading.scanners {
        if let Some(reason) = scanner.failed() {
            writeln!(output, "- **Failed**: {}, {}", name(&scanner.label()), shown(&reason, LONGEST_REASON))?;
        }
    }
    Ok(())
}

fn write_table(output: &mut dyn Write, findings: &Findings) -> io::Result<()> {
    writeln!(output, "\n| Severity | Finding | Place | Scanner | Rule |\n|---|---|---|---|---|")?;
    let mut rows = 0;
    findings.each(|entry| {
        rows += 1;
        if rows > MOST_ROWS {
            return Ok(());
        }
        let record = &entry.record;
        let place = label_of(record);
        let texts = [non_empty(&record.title, &record.rule_id), &place, &record.scanner, &record.rule_id];
        writeln!(output, "| {} | {} |", record.severity, texts.map(|text| shown(text, LONGEST_CELL)).join(" | "))
    })?;
    if rows > MOST_ROWS {
        writeln!(output, "\nand {} more", rows - MOST_ROWS)?;
    }
    Ok(())
}

/// A text of any origin as one line that a code host shows and does nothing else with.
fn shown(text: &str, limit: usize) -> String {
    let line = single_line(text, limit);
    let mut shown = String::with_capacity(line.len() * 2);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let links = match character {
            '@' | '#' | '!' | '$' | '%' | '~' | '&' => next.is_some_and(|next| !next.is_whitespace()),
            ':' => next == Some('/'),
            '.' => shown.get(shown.len().saturating_sub(3)..).is_some_and(|word| word.eq_ignore_ascii_case("www")),
            _ => false,
        };
        match character {
            plain if PLAIN.contains(plain) || !plain.is_ascii_punctuation() => shown.push(plain),
            other => shown.push_str(&format!("&#{};", u32::from(other))),
        }
        if links {
            shown.push(NO_WIDTH);
        }
    }
    shown
}

/// A name that no text can end the comment with; different names stay different.
fn mark(name: &str) -> String {
    let mut mark = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'-' if !mark.ends_with('-') => mark.push('-'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'/' => mark.push(char::from(byte)),
            other => mark.push_str(&format!("%{other:02X}")),
        }
    }
    mark
}
