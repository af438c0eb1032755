//! `scanhelm init`: the settings of a project, or a pipeline, to be filled in.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::FILE_NAME;
use super::pipeline::{self, Server};
use crate::exit::{self, Exit};
use crate::results;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm init
  scanhelm init services/cart --force
  scanhelm init --ci github
  scanhelm init --ci gitlab --print";

const TEMPLATE: &str = "\
# What this project wants of `scanhelm scan`. Flags of a command go before what stands here.
# `scanhelm config validate .scanhelm.toml` checks this file.

# What to look for, and with which scanners; without them all code scanners that are installed.
#types = [\"code\"]
#scanners = [\"bandit\", \"semgrep\"]

# When a scan ends with exit code 1.
#fail_on = \"high\"
#fail_on_new = \"low\"
#max_findings = 100

# Findings that were there before; `scanhelm baseline -o .scanhelm-baseline.json` writes it.
#baseline = \".scanhelm-baseline.json\"

# A comment such as `scanhelm: ignore B602 -- reason` must give its reason.
require_reason = true

# Findings that do not matter here: scanner and rule or the rule alone, `*` for any text.
#[[ignore]]
#rule = \"bandit:B101\"
#path = \"tests/**\"
#reason = \"asserts are what tests are made of\"
#owner = \"team-shop\"
#expires = \"2027-01-01\"

# What a rule means here; the scanner's own word stays with the finding.
#[[severity]]
#rule = \"bandit:B404\"
#severity = \"info\"
";

#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// Folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
    /// Write a pipeline for this build server instead, unless there is one
    #[arg(long, value_name = "SERVER", conflicts_with = "force")]
    ci: Option<Server>,
    /// Print the pipeline instead of writing it
    #[arg(long, requires = "ci")]
    print: bool,
}

pub(crate) fn run(arguments: &InitArguments) -> Exit {
    match arguments.ci {
        Some(server) if arguments.print => pipeline::print(server),
        Some(server) => pipeline::write(server, &arguments.folder),
        None => write_settings(arguments),
    }
}

fn write_settings(arguments: &InitArguments) -> Exit {
    let path = arguments.folder.join(FILE_NAME);
    let shown = results::cell(&path.display().to_string(), 300);
    let written = if arguments.force {
        results::write_atomically(&path, |file| file.write_all(TEMPLATE.as_bytes()))
    } else {
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        file.and_then(|mut file| file.write_all(TEMPLATE.as_bytes()))
    };
    match written {
        Ok(()) => exit::printed(&format!("{shown} is written\n")),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            exit::refused(&format!("{shown} is there already; --force replaces it"))
        }
        Err(error) => exit::refused(&format!("{shown} cannot be written: {error}")),
    }
}
