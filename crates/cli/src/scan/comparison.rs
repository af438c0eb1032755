//! How two looks at one target differ, in every form, and what the exit code says of it.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use scanhelm_core::Severity;
use scanhelm_core::local::suppression::{Baseline, Comparison, Known};
use scanhelm_formats::write::comparison_in_markdown;

use super::judged::Judged;
use crate::exit::{self, Exit};
use crate::results::{self, cell};

/// Output and gate of the commands that compare.
#[derive(Args, Debug)]
pub(super) struct Comparing {
    /// Form of the comparison
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
    /// New findings below this severity do not count
    #[arg(long, value_name = "SEVERITY", default_value = "info")]
    fail_on_new: Severity,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// The fingerprints and a few words of each finding
    Json,
    /// A comment for a pull or merge request
    Markdown,
}

impl Comparing {
    /// Prints. `trouble` says which scanner failed, so that nothing may be called fixed.
    pub(super) fn told(&self, compared: &Comparison, name: &str, trouble: Option<&str>) -> Exit {
        let text = match self.output {
            Form::Table => table(compared),
            Form::Markdown => comparison_in_markdown(compared, name, trouble),
            Form::Json => match serde_json::to_string_pretty(compared) {
                Ok(json) => json + "\n",
                Err(error) => return exit::refused(&error),
            },
        };
        if let Some(trouble) = trouble {
            exit::say(&format!("error: {}; nothing is called fixed", cell(trouble, 1000)));
        }
        match exit::printed(&text) {
            Exit::Done if trouble.is_some() => Exit::ScannerFailed,
            Exit::Done if compared.new.iter().any(|known| known.severity >= self.fail_on_new) => Exit::Findings,
            exit => exit,
        }
    }
}

/// What a comment or a rule suppresses is there, but it is not new.
pub(super) fn compared(before: &Baseline, judged: &Judged, looked: &BTreeSet<String>) -> Comparison {
    let suppressed = judged.suppressed.iter().filter(|finding| before.knows(&finding.identity));
    let fresh = judged.kept.iter().chain(suppressed).map(|finding| (&finding.record, &finding.identity));
    before.compared(&Baseline::of(fresh), looked)
}

fn table(compared: &Comparison) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["CHANGE", "SEVERITY", "SCANNER", "RULE", "LOCATION", "TITLE"]);
    let groups = [("NEW", &compared.new), ("FIXED", &compared.fixed), ("NOT CHECKED", &compared.unknown)];
    for (change, known) in groups.into_iter().flat_map(|(change, all)| all.iter().map(move |known| (change, known))) {
        let Known { severity, scanner, rule, location, title, .. } = known;
        let severity = severity.to_string();
        table.add_row([change, &severity, &cell(scanner, 30), &cell(rule, 60), &cell(location, 200), &cell(title, 90)]);
    }
    let rows = if compared.new.len() + compared.fixed.len() + compared.unknown.len() > 0 {
        format!("{}\n", results::lines_of(&table))
    } else {
        String::new()
    };
    let unchecked = match compared.unknown.len() {
        0 => String::new(),
        count => format!(", {count} not checked: their scanner did not look at everything"),
    };
    let (new, fixed, same) = (compared.new.len(), compared.fixed.len(), compared.unchanged.len());
    format!("{rows}{new} new, {fixed} fixed, {same} unchanged{unchecked}\n")
}
