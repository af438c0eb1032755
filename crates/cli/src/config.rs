//! `scanhelm config`: what is set, where, and whether it can be used.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use serde_json::json;

use crate::exit::{self, Exit};
use crate::installation::Place;
use crate::project::{self, Project};
use crate::results;
use crate::settings::Effective;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm config show --data /var/lib/scanhelm
  SCANHELM_SYNC_STATUS_INTERVAL=10s scanhelm config show --output json
  scanhelm config validate --config ./scanhelm.toml
  scanhelm config validate .scanhelm.toml

Settings come from defaults, then scanhelm.toml, then the environment (SCANHELM_SECTION_KEY), then flags; the later one
wins.";

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting in force and where it comes from; secrets are hidden
    #[command(after_help = EXAMPLES)]
    Show(ShowArguments),
    /// Check the settings without starting anything
    #[command(after_help = EXAMPLES)]
    Validate(ValidateArguments),
}

#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    place: Place,
    /// Form of the list
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
}

#[derive(Args, Debug)]
pub(crate) struct ValidateArguments {
    /// A project's settings of local scans to check instead of the hub's: the file, or its folder
    #[arg(value_name = "PATH")]
    project: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Table,
    Json,
}

pub(crate) fn run(command: &ConfigCommand) -> Exit {
    if let ConfigCommand::Validate(ValidateArguments { project: Some(path), .. }) = command {
        return validate_project(path);
    }
    let place = match command {
        ConfigCommand::Show(ShowArguments { place, .. }) | ConfigCommand::Validate(ValidateArguments { place, .. }) => {
            place
        }
    };
    let loaded = match place.settings(Vec::new()) {
        Ok(loaded) => loaded,
        Err(problems) => return exit::refused(&problems),
    };
    let text = match command {
        ConfigCommand::Show(ShowArguments { output: Form::Table, .. }) => table(&loaded.effective),
        ConfigCommand::Show(ShowArguments { output: Form::Json, .. }) => json_text(&loaded.effective),
        ConfigCommand::Validate(_) => match loaded.file {
            Some(file) => format!("{} is valid\n", file.display()),
            None => "no settings file; defaults and environment are valid\n".to_owned(),
        },
    };
    exit::printed(&text)
}

fn validate_project(path: &Path) -> Exit {
    let file = if path.is_dir() { path.join(project::FILE_NAME) } else { path.to_owned() };
    match Project::read(&file) {
        Ok(_) => exit::printed(&format!("{} is valid\n", results::cell(&file.display().to_string(), 300))),
        Err(error) => exit::refused(&error),
    }
}

fn table(effective: &[Effective]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SETTING", "VALUE", "FROM"]);
    for one in effective {
        table.add_row([one.name, &results::cell(&one.value, 200), &results::cell(&one.source, 200)]);
    }
    results::lines_of(&table)
}

fn json_text(effective: &[Effective]) -> String {
    let settings: Vec<_> =
        effective.iter().map(|one| json!({"name": one.name, "value": one.value, "source": one.source})).collect();
    format!("{:#}\n", json!(settings))
}
