//! The project's own chores, run as `cargo xtask CHORE`.
//!
//! They are Rust and not shell because they are rules: each has tests that feed it bad input.

mod command;
mod faults;
mod generate;
mod proofs;
mod tally;
mod tidy;
mod tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask CHORE
  tidy              refuse what the house rules forbid (docs/ARCHITECTURE.md, \"Rules\")
  generate          write the generated files: openapi.json, references, the console's API types
  check-generated   refuse generated files that differ from what the code says
  tally NAME=EXIT:LOG...   add up the test counts of several runners' logs; one closing line
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(&checkout()),
        ["generate"] => generate::write(&checkout()),
        ["check-generated"] => generate::check(&checkout()),
        ["tally", logs @ ..] if !logs.is_empty() => tally::run(logs),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(message) => finish(std::io::stdout(), &message, ExitCode::SUCCESS),
        Err(message) => finish(std::io::stderr(), &message, ExitCode::FAILURE),
    }
}

fn finish(mut stream: impl std::io::Write, message: &str, code: ExitCode) -> ExitCode {
    match writeln!(stream, "{}", message.trim_end()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn checkout() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
