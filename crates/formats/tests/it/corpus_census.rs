//! Every file of the corpus is read by one format, or is no report, or is listed here with the reason why it is not
//! read yet. Whoever lands a reader takes off the lines that it makes stale: this test names them.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use scanhelm_formats::{Limits, ReadError, ReadOptions, candidates, open};

use crate::corpus::corpus;

/// Files that hold no findings of a scan, by the beginning of their path (a `*` stands for anything), and what they are.
const NO_REPORT: &str = include_str!("corpus_no_report.tsv");
/// Reports that are not read, by the beginning of their path, and why not.
const UNREAD: &str = include_str!("corpus_unread.tsv");

fn list(text: &'static str) -> Vec<(&'static str, &'static str)> {
    text.lines().filter_map(|line| line.split_once('\t')).collect()
}

fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, into);
        } else if path.file_name().is_some_and(|name| name != "MANIFEST.tsv") {
            into.push(path);
        }
    }
}

/// Whether the path begins with the pattern.
fn matches(pattern: &str, path: &str) -> bool {
    let mut rest = path;
    for (index, piece) in pattern.split('*').enumerate() {
        let found = if index == 0 { rest.starts_with(piece).then_some(0) } else { rest.find(piece) };
        let Some(at) = found else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

fn read_through(bytes: &[u8]) -> Result<&'static str, ReadError> {
    let report = open(Box::new(Cursor::new(bytes.to_vec())), &ReadOptions::default())?;
    let format = report.format.id;
    report.collect::<Result<Vec<_>, _>>().map(|_| format)
}

#[test]
fn every_file_of_the_corpus_is_read_or_the_reason_why_not_is_known() {
    let Some(corpus) = corpus() else { return };
    let mut files = vec![];
    files_below(&corpus, &mut files);
    files.sort();
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (unread, no_report) = (list(UNREAD), list(NO_REPORT));
    let (mut unknown, mut ambiguous, mut used) = (vec![], vec![], vec![]);
    for file in &files {
        let path = file.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(file).unwrap();
        let takers = candidates(Box::new(Cursor::new(bytes.clone())), &Limits::default()).unwrap_or_default();
        if takers.len() > 1 {
            ambiguous.push(format!("{path}: {:?}", takers.iter().map(|format| format.id).collect::<Vec<_>>()));
        }
        let row = match read_through(&bytes) {
            Ok(format) => format!("read as {format}"),
            Err(error) => {
                if let Some((pattern, reason)) = unread.iter().find(|(pattern, _)| matches(pattern, &path)) {
                    used.push(*pattern);
                    format!("unread: {reason}")
                } else if let Some((_, reason)) = no_report.iter().find(|(pattern, _)| matches(pattern, &path)) {
                    format!("no report: {reason}")
                } else {
                    let reason = error.to_string();
                    unknown.push(format!("{path}: {}", reason.chars().take(150).collect::<String>()));
                    "not listed".to_owned()
                }
            }
        };
        table.entry(row).or_default().push(path);
    }
    for (row, paths) in &table {
        println!("{:4} {row}: {}", paths.len(), paths.join(" "));
    }
    let stale: Vec<&str> =
        unread.iter().map(|(pattern, _)| *pattern).filter(|pattern| !used.contains(pattern)).collect();
    assert_eq!(ambiguous, Vec::<String>::new(), "two formats take these for theirs");
    assert_eq!(unknown, Vec::<String>::new(), "nobody reads these, and no list here says why");
    assert_eq!(stale, Vec::<&str>::new(), "these are read (or gone) now: take the lines off the list");
}
