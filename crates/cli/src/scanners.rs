//! `scanhelm scanners`: what local scans could use on this machine.

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use scanhelm_runner::Availability;

use crate::exit::{self, Exit};
use crate::results;
use crate::scan::Installation;

#[derive(Args, Debug)]
pub(crate) struct ScannersArguments {
    #[command(flatten)]
    installation: Installation,
    /// Form of the list
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Table,
    Json,
}

pub(crate) async fn run(arguments: ScannersArguments) -> Exit {
    let found = match arguments.installation.found().await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let text = match arguments.output {
        Form::Table => table(&found),
        Form::Json => match serde_json::to_string_pretty(&found) {
            Ok(json) => json + "\n",
            Err(error) => return exit::refused(&error),
        },
    };
    match results::to_standard_output(&text) {
        Ok(()) => Exit::Done,
        Err(error) => exit::refused(&error),
    }
}

pub(crate) fn table(found: &[Availability]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SCANNER", "TYPES", "VERSION", "PATH OR WHAT TO DO"]);
    for one in found {
        let types = one.scanner.scan_types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        let place = match (one.started_by(), &one.reason) {
            (Some(program), _) => program,
            (None, Some(reason)) => format!("{reason}; install with: {}", one.install_hint),
            (None, None) => one.install_hint.to_owned(),
        };
        let version = one.version.as_deref().unwrap_or("-");
        table.add_row([one.scanner.id, &types, &results::cell(version, 40), &results::cell(&place, 300)]);
    }
    results::lines_of(&table)
}
