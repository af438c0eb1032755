//! ESLint (`-f json`): a list of files with their messages. It names every file it looked at, clean ones too, but often
//! runs over a part of a repository, so it never closes anything. What a comment in the source switches off
//! (`suppressedMessages`) is no finding. A file that cannot be parsed is a problem of the run.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, bare, each_element, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "eslint", name: "ESLint JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "eslint";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].filePath") && sample.has_json("[].messages") && sample.has_json("[].errorCount")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_element(&mut cursor, |cursor| {
        report.keep_next_noting(0, cursor, |raw, report| {
            if let Ok(file) = parsed::<SourceFile>(raw) {
                report.folder.add(&file.file_path);
                for message in file.messages.iter().filter(|message| message.fatal) {
                    report.problems.add(&format!("{}: {}", file.file_path, message.message));
                }
            }
        })
    })?;
    cursor.end()?;
    report.into_reader(options, Box::new(|_, raw, place| findings(raw, place)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceFile {
    file_path: String,
    messages: Vec<Message>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    rule_id: Option<String>,
    severity: u8,
    message: String,
    line: Option<u32>,
    column: Option<u32>,
    #[serde(default)]
    fatal: bool,
}

fn findings(raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let file: SourceFile = match parsed(raw) {
        Ok(file) => file,
        Err(reason) => return vec![Err(reason)],
    };
    let lines: Vec<&str> = file.source.as_deref().unwrap_or_default().lines().collect();
    let messages = file.messages.into_iter().filter(|message| !message.fatal);
    messages.map(|message| finding(&file.file_path, &lines, message, place)).collect()
}

fn finding(path: &str, lines: &[&str], message: Message, place: &mut Place) -> Outcome {
    let severity = match message.severity {
        2 => Severity::High,
        1 => Severity::Medium,
        other => return Err(format!("`{other}` is no severity of ESLint")),
    };
    let rule = message.rule_id.and_then(filled).ok_or_else(|| format!("no rule says: {}", message.message))?;
    let at = message.line.and_then(|line| usize::try_from(line.checked_sub(1)?).ok());
    let source = at.and_then(|at| lines.get(at)).map(|line| scanhelm_core::text::single_line(line, 500));
    let location = spot(place, path, message.line, message.column, source);
    Ok(FindingRecord {
        vendor_severity: Some(message.severity.to_string()),
        ..bare(SCANNER, rule, message.message, severity, &place.asset, location)
    })
}
