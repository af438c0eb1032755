//! `scanhelm completions`: what a shell needs to complete our commands. It is made from the command line itself, so it
//! cannot fall behind.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::{self, Exit};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm completions bash > ~/.local/share/bash-completion/completions/scanhelm
  scanhelm completions zsh > \"${fpath[1]}/_scanhelm\"
  scanhelm completions fish > ~/.config/fish/completions/scanhelm.fish
  source <(scanhelm completions bash)     # for this shell only";

#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// Shell that completes
    shell: Shell,
}

pub(crate) fn run(arguments: &CompletionsArguments, mut program: Command) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "scanhelm", &mut script);
    exit::printed(&String::from_utf8_lossy(&script))
}
