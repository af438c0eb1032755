//! Which test proves what: the names of tests found in the tree.
//!
//! A row of the fault matrix is proven by a test whose name carries its id (`fm_b07_...`, several as in
//! `fm_b01_b02_...`), so the table of docs/RELIABILITY.md is made from the tree and cannot be wrong. A requirement is
//! often proven by a test that says more than one; docs/REQUIREMENTS.md names them, and [`exists`] tells whether they
//! are there.

use std::collections::BTreeMap;

use crate::tree::{Tree, extension};

/// Tests by the fault row in their names: `B07` to paths and names, in the order of the tree.
pub(crate) fn by_fault_row(tree: &Tree) -> BTreeMap<String, Vec<(String, String)>> {
    let mut rows: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (path, text) in tree.texts().filter(|(path, _)| holds_tests(path)) {
        for line in text.lines() {
            let Some(name) = named(line.trim_start()) else { continue };
            for row in rows_of(name) {
                let tests = rows.entry(row).or_default();
                let test = (path.to_owned(), name.to_owned());
                if !tests.contains(&test) {
                    tests.push(test);
                }
            }
        }
    }
    rows
}

/// Whether `path::name` is a test of the tree: a function of a Rust file, or a title in a file of the console's tests.
pub(crate) fn exists(tree: &Tree, path: &str, name: &str) -> bool {
    let Some(text) = tree.text(path).filter(|_| holds_tests(path) || is_chore(path)) else { return false };
    match extension(path) {
        "rs" => text.lines().any(|line| function(line.trim_start()) == Some(name)),
        _ => ["\"", "'", "`"].iter().any(|quote| text.contains(&format!("({quote}{name}{quote}"))),
    }
}

/// The tidy rules prove what must be absent; their tests feed other trees, so they prove no fault row.
fn is_chore(path: &str) -> bool {
    path.starts_with("xtask/src/") && extension(path) == "rs"
}

/// Rust files, and the console's and the browser's tests.
fn holds_tests(path: &str) -> bool {
    (path.starts_with("crates/") && extension(path) == "rs")
        || [".test.ts", ".test.tsx", ".test.mjs", ".test.js"].iter().any(|ending| path.ends_with(ending))
        || path.starts_with("e2e/browser/test/")
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').next()
}

/// The name of the test that begins on this line.
fn named(line: &str) -> Option<&str> {
    let title = || {
        let rest = line.strip_prefix("test(").or_else(|| line.strip_prefix("it("))?;
        let quote = rest.chars().next()?;
        rest.get(1..)?.split(quote).next()
    };
    function(line).or_else(title)
}

/// `fm_b01_b02_a_429_holds` is about B01 and B02.
fn rows_of(name: &str) -> Vec<String> {
    let Some(rest) = name.strip_prefix("fm_") else { return Vec::new() };
    let is_row = |part: &&str| match part.as_bytes() {
        [group, tens, ones] => group.is_ascii_lowercase() && tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    };
    rest.split(['_', ' ']).take_while(is_row).map(str::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_its_rows() {
        assert_eq!(rows_of("fm_b01_b02_a_429_holds"), ["B01", "B02"]);
        assert_eq!(rows_of("fm_b_a_list_is_complete"), Vec::<String>::new());
        assert_eq!(rows_of("fm_a14"), ["A14"]);
        assert_eq!(rows_of("form_b01"), Vec::<String>::new());
    }

    #[test]
    fn tests_are_found_in_rust_macros_and_the_console() {
        let tree = Tree::of(&[
            ("crates/hub/tests/it/a.rs", "on_both_databases! {\n    async fn fm_a01_x(database) {}\n}\n"),
            ("crates/net/tests/it/b.rs", "fn fm_a01_b02_y() {}\nfn other() {}\n"),
            ("e2e/browser/test/c.mjs", "  test(\"fm_h01 the hub goes away\", async () => {\n"),
            ("docs/x.md", "fn fm_a02_in_prose() {}\n"),
        ]);
        let rows = by_fault_row(&tree);
        let names =
            |row: &str| rows.get(row).map(|tests| tests.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>());
        assert_eq!(names("A01"), Some(vec!["fm_a01_x", "fm_a01_b02_y"]));
        assert_eq!(names("B02"), Some(vec!["fm_a01_b02_y"]));
        assert_eq!(names("H01"), Some(vec!["fm_h01 the hub goes away"]));
        assert_eq!(names("A02"), None);
    }

    #[test]
    fn a_named_test_is_there_or_not() {
        let tree = Tree::of(&[
            ("crates/hub/tests/it/a.rs", "    async fn it_holds(database) {}\n"),
            ("web/src/scans/a.test.tsx", "test(\"it shows\", () => {})\n"),
        ]);
        assert!(exists(&tree, "crates/hub/tests/it/a.rs", "it_holds"));
        assert!(!exists(&tree, "crates/hub/tests/it/a.rs", "it_hold"));
        assert!(!exists(&tree, "crates/hub/tests/it/b.rs", "it_holds"));
        assert!(exists(&tree, "web/src/scans/a.test.tsx", "it shows"));
        assert!(!exists(&tree, "web/src/scans/a.test.tsx", "it show"));
    }
}
