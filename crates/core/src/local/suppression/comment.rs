//! Comments that silence: `# scanhelm: ignore B602 -- the command is fixed`.
//!
//! A comment names its rules, or `*` for all of them. One that cannot be understood suppresses nothing and is told.

use std::borrow::Cow;

use super::RulePattern;
use crate::finding::FindingRecord;

const NEXT_LINE: &str = "ignore-next-line";
const THIS_LINE: &str = "ignore";
const PROGRAM: &str = "scanhelm";

/// One comment that suppresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The line that it acts on, from 1.
    pub line: u32,
    pub rules: Vec<RulePattern>,
    pub reason: Option<String>,
}

/// Those of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    pub directives: Vec<Directive>,
    /// What is wrong with the others: line and words.
    pub problems: Vec<(u32, String)>,
}

impl Comments {
    /// The first comment that suppresses a finding on this line.
    #[must_use]
    pub fn suppressing(&self, record: &FindingRecord, line: u32) -> Option<&Directive> {
        let names = |directive: &&Directive| {
            directive.line == line && directive.rules.iter().any(|rule| rule.matches(&record.scanner, &record.rule_id))
        };
        self.directives.iter().find(names)
    }
}

/// Reads the comments of a file. `path` tells how comments begin there.
#[must_use]
pub fn comments(path: &str, text: &str, reason_required: bool) -> Comments {
    let mut found = Comments::default();
    let markers = markers(path);
    for (number, line) in (1_u32..).zip(text.lines()) {
        let Some(Found { body, end, .. }) = found_in(line, markers) else { continue };
        match directive(number, body, end, reason_required) {
            Ok(directive) => found.directives.push(directive),
            Err(problem) => found.problems.push((number, problem)),
        }
    }
    found
}

/// How a comment begins and, unless with the line, ends.
type Marker = (&'static str, Option<&'static str>);

const HASH: Marker = ("#", None);
const SLASHES: Marker = ("//", None);
const BLOCK: Marker = ("/*", Some("*/"));
const DASHES: Marker = ("--", None);
const MARKUP: Marker = ("<!--", Some("-->"));
const SEMICOLON: Marker = (";", None);
const PERCENT: Marker = ("%", None);

fn markers(path: &str) -> &'static [Marker] {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "m" | "mm" | "cs" | "java" | "kt" | "kts" | "scala"
        | "groovy" | "gradle" | "go" | "rs" | "swift" | "dart" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx"
        | "sol" | "proto" | "scss" | "less" => &[SLASHES, BLOCK],
        "css" => &[BLOCK],
        "php" | "tf" | "hcl" => &[HASH, SLASHES, BLOCK],
        "vue" | "svelte" => &[SLASHES, BLOCK, MARKUP],
        "html" | "htm" | "xml" | "xhtml" | "svg" | "md" | "plist" => &[MARKUP],
        "sql" => &[DASHES, BLOCK],
        "lua" | "hs" | "ada" | "adb" | "ads" | "elm" | "vhd" | "vhdl" => &[DASHES],
        "lisp" | "el" | "clj" | "cljs" | "scm" | "asm" | "s" => &[SEMICOLON],
        "ini" | "cfg" | "conf" => &[HASH, SEMICOLON],
        "erl" | "hrl" | "tex" | "pl1" | "prolog" => &[PERCENT],
        _ => &[HASH],
    }
}

/// A comment of ours in a line.
struct Found<'line> {
    before: &'line str,
    /// What follows `scanhelm:` right behind the beginning of the comment.
    body: &'line str,
    end: Option<&'static str>,
}

fn found_in<'line>(line: &'line str, markers: &[Marker]) -> Option<Found<'line>> {
    markers.iter().find_map(|(begin, end)| {
        line.match_indices(begin).find_map(|(at, _)| {
            let comment = line.get(at + begin.len()..)?.trim_start();
            let body = strip_word(comment, PROGRAM)?.trim_start().strip_prefix(':')?;
            Some(Found { before: line.get(..at)?, body: body.trim(), end: *end })
        })
    })
}

/// Source without these comments: whoever writes one behind a weakness, or changes its reason, has not made another one
/// of it.
#[must_use]
pub fn without_comments<'source>(path: &str, source: &'source str) -> Cow<'source, str> {
    if !source.as_bytes().windows(PROGRAM.len()).any(|word| word.eq_ignore_ascii_case(PROGRAM.as_bytes())) {
        return Cow::Borrowed(source);
    }
    let markers = markers(path);
    let stripped = source.lines().map(|line| match found_in(line, markers) {
        Some(Found { before, body, end }) => {
            let behind = end.and_then(|end| body.split_once(end)).map_or("", |(_, behind)| behind);
            Cow::Owned(format!("{before} {behind}"))
        }
        None => Cow::Borrowed(line),
    });
    Cow::Owned(stripped.collect::<Vec<_>>().join("\n"))
}

/// Upper and lower case are the same.
fn strip_word<'text>(text: &'text str, word: &str) -> Option<&'text str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

fn directive(number: u32, body: &str, end: Option<&str>, reason_required: bool) -> Result<Directive, String> {
    let body = end.and_then(|end| body.split(end).next()).unwrap_or(body).trim();
    let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    let line = match word {
        word if word.eq_ignore_ascii_case(THIS_LINE) => number,
        word if word.eq_ignore_ascii_case(NEXT_LINE) => number.saturating_add(1),
        _ => return Err(format!("the comment should say `{THIS_LINE}` or `{NEXT_LINE}` behind `scanhelm:`")),
    };
    let padded = format!("{rest} ");
    let (names, reason) = match padded.split_once("-- ") {
        Some((names, reason)) => (names, Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty())),
        None => (padded.as_str(), None),
    };
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err("the comment names no rule; write one, several with commas, or `*` for all".to_owned());
    }
    if names.iter().any(|name| name.contains(char::is_whitespace)) {
        return Err("the rules are separated by commas, and a reason stands behind ` -- `".to_owned());
    }
    if reason_required && reason.is_none() {
        return Err("this project asks for a reason: write it behind ` -- `".to_owned());
    }
    Ok(Directive { line, rules: names.into_iter().map(RulePattern::new).collect(), reason })
}
