//! The table of docs/RELIABILITY.md: its rows are written by hand (`| id | fault | tests | note |`), the tests in them
//! are those of the tree that carry the row's id.

use std::collections::{BTreeMap, BTreeSet};

use crate::proofs;
use crate::tree::Tree;

const HEAD: &str = "| row | fault | tests | remark |\n|---|---|---|---|";

/// The table with its tests brought up to date, and a line that counts.
///
/// # Errors
/// A test whose name carries a row that the table does not have.
pub(crate) fn table(tree: &Tree, section: &str) -> Result<String, String> {
    let proofs = proofs::by_fault_row(tree);
    let rows: Vec<Row> = section.lines().filter_map(Row::read).collect();
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
    if let Some((id, tests)) = proofs.iter().find(|(id, _)| !known.contains(id.as_str())) {
        let names: Vec<&str> = tests.iter().map(|(_, name)| name.as_str()).collect();
        return Err(format!("docs/RELIABILITY.md has no row {id}, which {} names", names.join(", ")));
    }
    let covered = rows.iter().filter(|row| proofs.contains_key(row.id)).count();
    let lines: Vec<String> = rows.iter().map(|row| row.write(&proofs)).collect();
    Ok(format!("{covered} of {} rows have a test of their own.\n\n{HEAD}\n{}", rows.len(), lines.join("\n")))
}

struct Row<'text> {
    id: &'text str,
    fault: &'text str,
    remark: &'text str,
}

impl<'text> Row<'text> {
    fn read(line: &'text str) -> Option<Self> {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (id, fault) = (cells.next()?, cells.next()?);
        let remark = cells.nth(1).unwrap_or_default();
        let is_row = id.len() == 3 && id.starts_with(|letter: char| letter.is_ascii_uppercase());
        is_row.then_some(Self { id, fault, remark })
    }

    fn write(&self, proofs: &BTreeMap<String, Vec<(String, String)>>) -> String {
        let link = |(path, name): &(String, String)| format!("[`{name}`](../{path})");
        let tests = proofs.get(self.id).map(|tests| tests.iter().map(link).collect::<Vec<_>>().join(" "));
        format!("| {} | {} | {} | {} |", self.id, self.fault, tests.unwrap_or_default(), self.remark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::of(&[("crates/net/tests/it/b.rs", "fn fm_b01_b02_y() {}\n")])
    }

    #[test]
    fn tests_are_filled_in_and_the_rest_is_kept() {
        let section = "old words\n\n| row | fault | tests | remark |\n|---|---|---|---|\n| B01 | 429 | old | kept |\n| B02 | wait |  |  |\n| B03 | x | gone | |\n";
        let table = table(&tree(), section).unwrap();
        let link = "[`fm_b01_b02_y`](../crates/net/tests/it/b.rs)";
        assert_eq!(
            table,
            format!(
                "2 of 3 rows have a test of their own.\n\n{HEAD}\n| B01 | 429 | {link} | kept |\n| B02 | wait | {link} |  |\n| B03 | x |  |  |"
            )
        );
        assert_eq!(super::table(&tree(), &table).unwrap(), table);
    }

    #[test]
    fn a_test_of_an_unknown_row_is_refused() {
        let refused = table(&tree(), "| B01 | 429 |  |  |\n").unwrap_err();
        assert!(refused.contains("no row B02"), "{refused}");
    }
}
