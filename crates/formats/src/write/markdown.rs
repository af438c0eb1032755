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
use super::scanners::{Outcome, ScannerOutcome, nobody_looked};
use super::{Heading, Hidden, non_empty};

const MOST_ROWS: u64 = 50;
const LONGEST_CELL: usize = 160;
const LONGEST_REASON: usize = 300;
/// GitHub refuses a comment of more than 65,536 characters.
const MOST_CHARACTERS: usize = 65_000;
/// Of these, what the lines about the scanners may take.
const OF_SCANNERS: usize = 20_000;
/// Punctuation that means nothing within a line.
const PLAIN: &str = ",()/;?\"'.:-+=";
const NO_WIDTH: char = '\u{200b}';

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    let mut body = Body::default();
    body.push(&format!("<!-- scanhelm:scan {} -->\n", mark(&heading.name)), MOST_CHARACTERS);
    let title = format!("### {}: {}\n\n", heading.tool.name, shown(&heading.name, LONGEST_CELL));
    body.push(&title, MOST_CHARACTERS);
    body.push(&format!("**{}**\n\n", summary(findings, heading)), MOST_CHARACTERS);
    push_scanners(&mut body, heading);
    if findings.counts().total() > 0 {
        push_table(&mut body, findings)?;
    }
    output.write_all(body.text.as_bytes())
}

/// A text that does not grow beyond what a code host takes.
#[derive(Default)]
struct Body {
    text: String,
    characters: usize,
}

impl Body {
    /// Unless it would be too much: nothing is ever cut in the middle.
    fn push(&mut self, part: &str, limit: usize) -> bool {
        let characters = self.characters + part.chars().count();
        let fits = characters <= limit;
        if fits {
            self.text.push_str(part);
            self.characters = characters;
        }
        fits
    }
}

fn summary(findings: &Findings<'_>, heading: &Heading) -> String {
    let counts = findings.counts();
    if counts.total() == 0 && heading.hidden == Hidden::default() && nobody_looked(&heading.scanners) {
        return "no result: no scanner looked".to_owned();
    }
    let Hidden { known, suppressed } = heading.hidden;
    let mut summary = match known {
        None => counts.in_words(),
        Some(_) if counts.total() == 0 => "no new findings".to_owned(),
        Some(_) => format!("new: {}", counts.in_words()),
    };
    if let Some(known) = known {
        summary.push_str(&format!("; {known} known before"));
    }
    if suppressed > 0 {
        summary.push_str(&format!("; {suppressed} suppressed"));
    }
    summary
}

/// Who failed comes first: what follows is then not the whole truth.
fn push_scanners(body: &mut Body, heading: &Heading) {
    let name = |scanner: &ScannerOutcome| shown(&scanner.label(), LONGEST_CELL);
    let failed = heading.scanners.iter().filter_map(|scanner| {
        Some(format!("- **Failed**: {}, {}\n", name(scanner), shown(&scanner.failed()?, LONGEST_REASON)))
    });
    let partial = heading.scanners.iter().filter_map(|scanner| {
        Some(format!("- **Partial**: {}, {}\n", name(scanner), shown(&scanner.partial()?, LONGEST_REASON)))
    });
    let looked: Vec<String> =
        heading.scanners.iter().filter(|scanner| matches!(scanner.outcome, Outcome::Complete)).map(name).collect();
    let looked = (!looked.is_empty()).then(|| format!("- Looked: {}\n", looked.join(", ")));
    let skipped = heading.scanners.iter().filter_map(|scanner| {
        Some(format!("- Skipped: {}, {}\n", name(scanner), shown(&scanner.skipped()?, LONGEST_REASON)))
    });
    let warnings =
        heading.warnings.iter().map(|warning| format!("- **Warning**: {}\n", shown(warning, LONGEST_REASON)));
    let lines = failed.chain(partial).chain(warnings).chain(looked).chain(skipped);
    let left_out = lines.filter(|line| !body.push(line, OF_SCANNERS)).count();
    if left_out > 0 {
        body.push(&format!("- and {left_out} lines about scanners for which there is no room\n"), MOST_CHARACTERS);
    }
}

fn push_table(body: &mut Body, findings: &Findings<'_>) -> io::Result<()> {
    /// For the line that says what is missing.
    const LAST_LINE: usize = 100;
    body.push("\n| Severity | Finding | Place | Scanner | Rule |\n|---|---|---|---|---|\n", MOST_CHARACTERS);
    let (mut rows, mut left_out) = (0, 0_u64);
    findings.each(|entry| {
        let record = &entry.record;
        let place = label_of(record);
        let texts = [non_empty(&record.title, &record.rule_id), &place, &record.scanner, &record.rule_id];
        let row = format!("| {} | {} |\n", record.severity, texts.map(|text| shown(text, LONGEST_CELL)).join(" | "));
        // The first that is left out ends the table, so that it never skips a worse one.
        match left_out == 0 && rows < MOST_ROWS && body.push(&row, MOST_CHARACTERS - LAST_LINE) {
            true => rows += 1,
            false => left_out += 1,
        }
        Ok(())
    })?;
    if left_out > 0 {
        body.push(&format!("\nand {left_out} more\n"), MOST_CHARACTERS);
    }
    Ok(())
}

/// A text of any origin as one line that a code host shows and does nothing else with.
pub(super) fn shown(text: &str, limit: usize) -> String {
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

/// A name that no text can end the comment with; different names stay different, but for endless ones.
pub(super) fn mark(name: &str) -> String {
    const MOST_BYTES: usize = 1000;
    let mut mark = String::with_capacity(name.len());
    for byte in name.bytes().take(MOST_BYTES) {
        match byte {
            b'-' if !mark.ends_with('-') => mark.push('-'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'/' => mark.push(char::from(byte)),
            other => mark.push_str(&format!("%{other:02X}")),
        }
    }
    mark
}
