//! What is new and what is fixed, as a comment for a pull or merge request; see [`markdown`](super::super::markdown) for
//! what keeps hostile texts quiet.

use std::io::{self, Write};

use scanhelm_core::local::suppression::Known;

use super::super::markdown::{mark, shown};
use super::super::non_empty;
use super::{Changes, not_checked, summary, worst_first};

const MOST_ROWS: usize = 50;
const LONGEST_CELL: usize = 160;

pub(super) fn write(output: &mut dyn Write, changes: &Changes<'_>) -> io::Result<()> {
    let (compared, name) = (changes.compared, &changes.heading.name);
    let mut text = format!("<!-- scanhelm:compare {} -->\n### Scanhelm: {}\n\n", mark(name), shown(name, LONGEST_CELL));
    text.push_str(&format!("**{}**\n", summary(compared)));
    if let Some(trouble) = changes.trouble {
        text.push_str(&format!("\n- **Failed**: {}\n", shown(trouble, 1000)));
    }
    if let Some(unchecked) = not_checked(compared) {
        text.push_str(&format!("\n- {unchecked}\n"));
    }
    for (title, known) in [("New", &compared.new), ("Fixed", &compared.fixed)] {
        if !known.is_empty() {
            text.push_str(&table(title, known));
        }
    }
    output.write_all(text.as_bytes())
}

fn table(title: &str, known: &[Known]) -> String {
    let rows = worst_first(known);
    let mut text =
        format!("\n#### {title}\n\n| Severity | Finding | Place | Scanner | Rule |\n|---|---|---|---|---|\n");
    for known in rows.iter().take(MOST_ROWS) {
        let texts = [non_empty(&known.title, &known.rule), &known.location, &known.scanner, &known.rule];
        text.push_str(&format!("| {} | {} |\n", known.severity, texts.map(|one| shown(one, LONGEST_CELL)).join(" | ")));
    }
    if rows.len() > MOST_ROWS {
        text.push_str(&format!("\nand {} more\n", rows.len() - MOST_ROWS));
    }
    text
}
