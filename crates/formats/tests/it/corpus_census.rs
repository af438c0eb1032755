//! Every file of the corpus is read by one format, or is no report, or is listed here with the reason why it is not
//! read yet. Whoever lands a reader takes off the lines that it makes stale: this test names them.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use scanhelm_formats::{Limits, candidates};

use crate::corpus::{corpus, rows};
use crate::reading::{Whole, read};

/// Files that hold no findings of a scan, by the beginning of their path (a `*` stands for anything), and what they are.
const NO_REPORT: &str = include_str!("corpus_no_report.tsv");
/// Reports that are not read, by the beginning of their path, and why not.
const UNREAD: &str = include_str!("corpus_unread.tsv");

/// Reports whose findings are not as many as their manifest counts: path, the manifest's words, findings and rejected
/// records here, and why.
const COUNTED_OTHERWISE: &str = include_str!("corpus_counted_otherwise.tsv");
/// Of a hundred reports, so many may be unread.
const MOST_UNREAD: usize = 3;

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

#[test]
fn every_file_of_the_corpus_is_read_or_the_reason_why_not_is_known() {
    let Some(corpus) = corpus() else { return };
    let mut files = vec![];
    files_below(&corpus, &mut files);
    files.sort();
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (unread, no_report) = (list(UNREAD), list(NO_REPORT));
    let mut counts = Counts::new(&corpus);
    let (mut unknown, mut ambiguous, mut used) = (vec![], vec![], vec![]);
    for file in &files {
        let path = file.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(file).unwrap();
        let takers = candidates(Box::new(Cursor::new(bytes.clone())), &Limits::default()).unwrap_or_default();
        if takers.len() > 1 {
            ambiguous.push(format!("{path}: {:?}", takers.iter().map(|format| format.id).collect::<Vec<_>>()));
        }
        let row = match read(bytes) {
            Ok(whole) => {
                counts.compare(&path, &whole);
                format!("read as {}", whole.format)
            }
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
    let of = |kind: &str| table.iter().filter(|(row, _)| row.starts_with(kind)).map(|(_, paths)| paths.len()).sum();
    let (missing, reports): (usize, usize) = (of("unread"), files.len() - of("no report"));
    println!("{missing} of {reports} reports are not read");
    assert!(missing * 100 <= reports * MOST_UNREAD, "{missing} of {reports} reports are not read, more than 3 %");
    let stale: Vec<&str> =
        unread.iter().map(|(pattern, _)| *pattern).filter(|pattern| !used.contains(pattern)).collect();
    assert_eq!(ambiguous, Vec::<String>::new(), "two formats take these for theirs");
    assert_eq!(unknown, Vec::<String>::new(), "nobody reads these, and no list here says why");
    assert_eq!(stale, Vec::<&str>::new(), "these are read (or gone) now: take the lines off the list");
    let (text, wrong) = counts.judged();
    println!("{text}");
    assert!(wrong.is_empty(), "not as the list says:\n{}", wrong.join("\n"));
}

/// What manifests call a finding, as `matches=9` or `19 ReportItem`; a number alone counts findings too.
const FINDINGS: [&str; 27] = [
    "findings",
    "finding",
    "matches",
    "vulnerabilities",
    "vulnerability",
    "vulns",
    "issues",
    "issue",
    "Issue",
    "ReportItem",
    "result",
    "Result",
    "rows",
    "alerts",
    "alertitem",
    "items",
    "flaw",
    "misconfigurations",
    "secrets",
    "licenses",
    "compliances",
    "violations",
    "checks",
    "rules",
    "issue_events",
    "issue-container",
    "IG",
];

/// All that a manifest counts of findings.
fn findings_in(counted: &str) -> Option<usize> {
    let words: Vec<&str> = counted.split([' ', ',', ';', '(', ')']).filter(|word| !word.is_empty()).collect();
    let named = words.iter().filter_map(|word| word.split_once('='));
    let before = words.windows(2).map(|pair| (pair[1], pair[0]));
    let numbers: Vec<usize> = named
        .chain(before)
        .filter(|(name, _)| FINDINGS.contains(name))
        .filter_map(|(_, number)| number.parse().ok())
        .collect();
    if numbers.is_empty() { words.first()?.parse().ok() } else { Some(numbers.iter().sum()) }
}

/// The manifests' counts beside what is read.
struct Counts {
    counted: BTreeMap<String, String>,
    otherwise: BTreeMap<&'static str, &'static str>,
    same: usize,
    wrong: Vec<String>,
}

impl Counts {
    fn new(corpus: &Path) -> Self {
        let path = |path: PathBuf| path.strip_prefix(corpus).unwrap().to_str().unwrap().to_owned();
        Self {
            counted: rows(|_, _| true).into_iter().map(|(file, counted)| (path(file), counted)).collect(),
            otherwise: list(COUNTED_OTHERWISE).into_iter().collect(),
            same: 0,
            wrong: vec![],
        }
    }

    fn compare(&mut self, path: &str, whole: &Whole) {
        let Some((counted, expected)) =
            self.counted.get(path).and_then(|counted| Some((counted, findings_in(counted)?)))
        else {
            return;
        };
        let told = self.otherwise.remove(path);
        let (findings, rejected) = (whole.findings.len(), whole.rejected.len());
        if findings == expected {
            self.same += 1;
            self.wrong.extend(told.map(|_| format!("{path}\tis as counted: take its line off the list")));
            return;
        }
        let found = format!("{counted}\t{findings}\t{rejected}\t");
        if told.and_then(|told| told.strip_prefix(&found)).is_none_or(str::is_empty) {
            self.wrong.push(format!("{path}\t{found}"));
        }
    }

    /// What to print, and what is wrong.
    fn judged(mut self) -> (String, Vec<String>) {
        self.wrong.extend(self.otherwise.keys().map(|path| format!("{path}\tis not read, not counted or not here")));
        let otherwise = list(COUNTED_OTHERWISE);
        let mut text =
            format!("{} reports hold what their manifest counts, {} something else:\n", self.same, otherwise.len());
        otherwise.iter().for_each(|(path, why)| text.push_str(&format!("     {path}: {why}\n")));
        (text, self.wrong)
    }
}
