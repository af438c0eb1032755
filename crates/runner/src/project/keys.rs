//! Keys that nobody knows.

use scanhelm_core::text::{nearest, single_line};
use toml::de::{DeTable, DeValue, Error};

use super::Problem;

const KEYS: &[&str] = &[
    "types",
    "scanners",
    "fail_on",
    "fail_on_new",
    "max_findings",
    "baseline",
    "require_reason",
    "ignore",
    "severity",
];
/// What a project may not say: see [`crate::OwnScanners`].
const OF_THE_USER: &[&str] = &["scanner", "programs"];
const OF_IGNORE: &[&str] = &["rule", "path", "reason", "expires", "owner"];
const OF_SEVERITY: &[&str] = &["rule", "severity"];

pub(super) fn unknown(text: &str) -> Result<Vec<Problem>, Error> {
    let document = DeTable::parse(text)?;
    let mut problems = Vec::new();
    let mut document = document.into_inner();
    for name in OF_THE_USER {
        if let Some((key, _)) = document.remove_entry(*name) {
            problems.push(Problem::at(
                text,
                key.span().start,
                format!(
                    "`{name}` says which programs run, and this file is part of what is scanned; move it to \
                     ~/.config/scanhelm/scanners.toml, or to a file that --scanners-file names"
                ),
            ));
        }
    }
    problems.extend(unknown_keys(text, &document, "", KEYS));
    for (name, known) in [("ignore", OF_IGNORE), ("severity", OF_SEVERITY)] {
        let Some(list) = document.get(name) else { continue };
        match list.get_ref() {
            DeValue::Array(entries) => {
                for table in entries.iter().filter_map(|entry| entry.get_ref().as_table()) {
                    problems.extend(unknown_keys(text, table, &format!("{name}."), known));
                }
            }
            _ => problems.push(Problem::at(text, list.span().start, format!("`{name}` is a list: write [[{name}]]"))),
        }
    }
    problems.sort_by_key(|problem| problem.line);
    Ok(problems)
}

/// Keys of a table that are none of these.
pub(crate) fn unknown_keys(text: &str, table: &DeTable<'_>, section: &str, known: &[&str]) -> Vec<Problem> {
    let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
    let told = |name: &str| match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no key `{section}{}`; did you mean `{near}`?", single_line(name, 80)),
        None => format!("there is no key `{section}{}`; the keys are {}", single_line(name, 80), known.join(", ")),
    };
    unknown.map(|key| Problem::at(text, key.span().start, told(key.get_ref()))).collect()
}
