//! `scanhelm compare`: a fresh scan against a baseline.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use scanhelm_core::Severity;
use scanhelm_core::local::suppression::{Baseline, Comparison, Known};

use super::judged::{self, Judged};
use super::scanning::Scanning;
use crate::exit::{self, Exit};
use crate::results::{self, cell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm compare . .scanhelm-baseline.json
  scanhelm compare . baseline.json --fail-on-new high --output json

Exit codes: 0 nothing new, 1 new findings of the severity or worse, 3 a scanner failed.";

#[derive(Args, Debug)]
pub(crate) struct CompareArguments {
    /// Folder or file to scan
    target: PathBuf,
    /// File of `scanhelm baseline`
    baseline: PathBuf,
    /// Form of the comparison
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
    /// New findings below this severity do not count
    #[arg(long, value_name = "SEVERITY", default_value = "info")]
    fail_on_new: Severity,
    #[command(flatten)]
    scanning: Scanning,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Table,
    Json,
}

pub(crate) async fn run(arguments: CompareArguments) -> Exit {
    match carried_out(arguments).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn carried_out(arguments: CompareArguments) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    let now = judged::now().map_err(refused)?;
    let before = judged::read_baseline(&arguments.baseline).map_err(refused)?;
    let prepared = arguments.scanning.prepared(arguments.target.as_path().into()).map_err(refused)?;
    let scanned = arguments.scanning.scan(prepared).await?;
    let judged = Judged::of(scanned.records, &scanned.folder, &scanned.project, None, true, now);
    let compared = compared(&before, &judged, &scanned.looked);
    let text = match arguments.output {
        Form::Table => table(&compared),
        Form::Json => serde_json::to_string_pretty(&compared).map_err(|error| exit::refused(&error))? + "\n",
    };
    Ok(match exit::printed(&text) {
        Exit::Done if scanned.failed => Exit::ScannerFailed,
        Exit::Done if compared.new.iter().any(|known| known.severity >= arguments.fail_on_new) => Exit::Findings,
        exit => exit,
    })
}

/// What a comment or a rule suppresses is there, but it is not new.
fn compared(before: &Baseline, judged: &Judged, looked: &std::collections::BTreeSet<String>) -> Comparison {
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
