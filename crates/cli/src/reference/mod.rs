//! Pages that are made from the program itself, for `make generate`: they cannot drift from it.

mod cli;
mod config;
mod connectors;

use clap::Subcommand;

use crate::exit::{self, Exit};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm reference cli > docs/reference/cli.md
  scanhelm reference connectors";

pub(crate) const OPENAPI_EXAMPLES: &str = "\
Examples:
  scanhelm openapi > openapi.json";

#[derive(Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Every command and option
    #[command(after_help = EXAMPLES)]
    Cli,
    /// Every setting
    #[command(after_help = EXAMPLES)]
    Config,
    /// Every connector and what it can do
    #[command(after_help = EXAMPLES)]
    Connectors,
}

/// Prints a page in Markdown.
pub(crate) fn run(command: &ReferenceCommand, program: clap::Command) -> Exit {
    exit::printed(&match command {
        ReferenceCommand::Cli => cli::page(program),
        ReferenceCommand::Config => config::page(),
        ReferenceCommand::Connectors => connectors::table(),
    })
}

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> Exit {
    match scanhelm_api::openapi() {
        Ok(document) => exit::printed(&document),
        Err(error) => exit::refused(&error),
    }
}

/// A text as one cell of a Markdown table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
