//! `scanhelm config`: what is set, where, and whether it can be used.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use scanhelm_runner::{OwnScanners, Registry};
use serde_json::json;

use crate::exit::{self, Exit};
use crate::installation::Place;
use crate::project::{self, Project};
use crate::settings::Effective;
use crate::{results, scan};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm config show --data /var/lib/scanhelm
  SCANHELM_SYNC_STATUS_INTERVAL=10s scanhelm config show --output json
  scanhelm config validate --config ./scanhelm.toml
  scanhelm config validate .scanhelm.toml
  scanhelm config validate --scanners-file scanners.toml

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
    /// A file of scanners of your own to check instead
    #[arg(long, value_name = "FILE", conflicts_with = "project")]
    scanners_file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Table,
    Json,
}

pub(crate) fn run(command: &ConfigCommand) -> Exit {
    match command {
        ConfigCommand::Validate(ValidateArguments { project: Some(path), .. }) => return validate_project(path),
        ConfigCommand::Validate(ValidateArguments { scanners_file: Some(path), .. }) => return validate_scanners(path),
        _ => {}
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
    // It can name scanners of the user's.
    let registry = match scan::users_scanners() {
        Ok(own) => own.registry,
        Err(error) => return exit::refused(&error),
    };
    match Project::read(&file, &registry) {
        Ok(_) => exit::printed(&format!("{} is valid\n", results::cell(&file.display().to_string(), 300))),
        Err(error) => exit::refused(&error),
    }
}

fn validate_scanners(path: &Path) -> Exit {
    let own = match OwnScanners::read(&[path.to_owned()]) {
        Ok(own) => own,
        Err(error) => return exit::refused(&error),
    };
    let known = Registry::default();
    let ids: Vec<&str> = own.registry.all().map(|scanner| scanner.id).filter(|id| known.get(id).is_none()).collect();
    let file = results::cell(&path.display().to_string(), 300);
    exit::printed(&format!(
        "{file} is valid and defines {}\n",
        if ids.is_empty() { "no scanner".to_owned() } else { ids.join(", ") }
    ))
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
