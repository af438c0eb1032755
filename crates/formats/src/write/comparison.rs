//! What is new and what is fixed, as a comment for a pull or merge request; see [`markdown`](super::markdown) for what
//! keeps hostile texts quiet.

use scanhelm_core::local::suppression::{Comparison, Known};

use super::markdown::{mark, shown};
use super::non_empty;

const MOST_ROWS: usize = 50;
const LONGEST_CELL: usize = 160;

/// `trouble` says why nothing is called fixed, where that is so.
#[must_use]
pub fn comparison_in_markdown(compared: &Comparison, name: &str, trouble: Option<&str>) -> String {
    let mut text = format!("<!-- scanhelm:compare {} -->\n### Scanhelm: {}\n\n", mark(name), shown(name, LONGEST_CELL));
    let (new, fixed, same) = (compared.new.len(), compared.fixed.len(), compared.unchanged.len());
    text.push_str(&format!("**{new} new, {fixed} fixed, {same} unchanged**\n"));
    if let Some(trouble) = trouble {
        text.push_str(&format!("\n- **Failed**: {}\n", shown(trouble, 1000)));
    }
    if !compared.unknown.is_empty() {
        text.push_str(&format!(
            "\n- {} not checked: their scanner did not look at everything\n",
            compared.unknown.len()
        ));
    }
    for (title, known) in [("New", &compared.new), ("Fixed", &compared.fixed)] {
        if !known.is_empty() {
            text.push_str(&table(title, known));
        }
    }
    text
}

fn table(title: &str, known: &[Known]) -> String {
    let mut rows: Vec<&Known> = known.iter().collect();
    rows.sort_by_key(|known| {
        let place = (&known.location, &known.scanner, &known.rule, &known.fingerprint);
        (std::cmp::Reverse(known.severity.rank()), place)
    });
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
