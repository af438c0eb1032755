//! Every requirement of the lifecycle engine has a test: docs/REQUIREMENTS.md names them, and they are there.
//!
//! The requirements are numbered R1 onwards; those of the engine are in [`BOUND`]. A row proves its requirement by
//! naming at least one test as `path::name` in backticks.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::Breach;
use crate::proofs;
use crate::tree::Tree;

const DOCUMENT: &str = "docs/REQUIREMENTS.md";

/// Sections A to K and M.
const BOUND: [RangeInclusive<u16>; 2] = [1..=117, 127..=130];

/// Bound requirements that no test proves yet. One that is proven must leave the list.
const OPEN: &[u16] = &[];

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    check_with(tree, OPEN)
}

fn check_with(tree: &Tree, open: &[u16]) -> Vec<Breach> {
    let Some(document) = tree.text(DOCUMENT) else {
        return vec![Breach::new("requirement", DOCUMENT, 0, "is missing")];
    };
    let mut breaches = Vec::new();
    let mut proven = BTreeSet::new();
    for (index, line) in document.lines().enumerate() {
        let Some((requirement, cells)) = row(line) else { continue };
        for (path, name) in tests(cells) {
            if proofs::exists(tree, path, name) {
                proven.insert(requirement);
            } else {
                let message = format!("R{requirement} names `{path}::{name}`, which is no test of the tree");
                breaches.push(Breach::new("requirement", DOCUMENT, index + 1, message));
            }
        }
    }
    for requirement in BOUND.into_iter().flatten() {
        let message = match (proven.contains(&requirement), open.contains(&requirement)) {
            (false, false) => format!("R{requirement} has no test"),
            (true, true) => format!("R{requirement} is proven and still listed as open"),
            _ => continue,
        };
        breaches.push(Breach::new("requirement", DOCUMENT, 0, message));
    }
    breaches
}

/// `| R12 | ... |`: its number and the rest.
fn row(line: &str) -> Option<(u16, &str)> {
    let (id, cells) = line.strip_prefix("| R")?.split_once('|')?;
    Some((id.trim().parse().ok()?, cells))
}

/// What stands in backticks and has a `::` behind a path.
fn tests(cells: &str) -> impl Iterator<Item = (&str, &str)> {
    cells
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.split_once("::"))
        .filter(|(path, _)| path.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(document: &str, open: &[u16]) -> Vec<String> {
        let tree = Tree::of(&[(DOCUMENT, document), ("crates/hub/tests/it/a.rs", "fn it_holds() {}\n")]);
        check_with(&tree, open).into_iter().map(|breach| breach.message).collect()
    }

    fn all_but(missing: &[u16]) -> String {
        let rows = BOUND.into_iter().flatten().filter(|number| !missing.contains(number));
        rows.map(|number| format!("| R{number} | what | `crates/hub/tests/it/a.rs::it_holds` |\n")).collect()
    }

    #[test]
    fn every_bound_requirement_needs_a_test_that_is_there() {
        assert_eq!(breaches(&all_but(&[]), &[]), Vec::<String>::new());
        assert_eq!(breaches(&all_but(&[7]), &[]), ["R7 has no test"]);
        assert_eq!(breaches(&all_but(&[7]), &[7]), Vec::<String>::new());
        assert_eq!(breaches(&all_but(&[]), &[7]), ["R7 is proven and still listed as open"]);
        let gone = format!("{}| R7 | what | `crates/hub/tests/it/a.rs::gone` |\n", all_but(&[7]));
        assert_eq!(
            breaches(&gone, &[]),
            ["R7 names `crates/hub/tests/it/a.rs::gone`, which is no test of the tree", "R7 has no test"]
        );
    }
}
