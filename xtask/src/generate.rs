//! Files that are written by the program, committed, and compared on every check.
//!
//! They are committed so that a reader, a client generator and a reviewer see them; comparing them keeps them
//! true. A new one is one line in [`GENERATED`].

use std::path::Path;

use crate::tree::Tree;
use crate::{command, faults};

/// One generated file: what prints it, and where the print goes.
struct Generated {
    file: &'static str,
    printer: Printer,
    place: Place,
}

enum Printer {
    /// The `scanhelm` binary of this checkout with these arguments.
    Scanhelm(&'static [&'static str]),
    /// A program that the console's `npm ci` installed.
    Console(&'static str, &'static [&'static str]),
    /// The tests of the tree, put into the rows of the section as it stands.
    FaultRows,
}

enum Place {
    /// The print is the file.
    Whole,
    /// The print goes between `<!-- generated: NAME -->` and `<!-- end of generated: NAME -->`.
    Section(&'static str),
}

/// In order: the console's types are made from the `openapi.json` written just before.
const GENERATED: &[Generated] = &[
    Generated { file: "openapi.json", printer: Printer::Scanhelm(&["openapi"]), place: Place::Whole },
    Generated { file: "docs/reference/cli.md", printer: Printer::Scanhelm(&["reference", "cli"]), place: Place::Whole },
    Generated {
        file: "docs/reference/configuration.md",
        printer: Printer::Scanhelm(&["reference", "config"]),
        place: Place::Whole,
    },
    Generated {
        file: "docs/CONNECTORS.md",
        printer: Printer::Scanhelm(&["reference", "connectors"]),
        place: Place::Section("connectors"),
    },
    Generated { file: "docs/RELIABILITY.md", printer: Printer::FaultRows, place: Place::Section("fault rows") },
    Generated {
        file: "web/src/api/schema.d.ts",
        printer: Printer::Console(
            "openapi-typescript",
            &["openapi.json", "--empty-objects-unknown", "--default-non-nullable=false"],
        ),
        place: Place::Whole,
    },
];

/// Writes every generated file that differs.
///
/// # Errors
/// When a printer fails or a file cannot be written.
pub(crate) fn write(root: &Path) -> Result<String, String> {
    let mut written = Vec::new();
    for generated in GENERATED {
        let fresh = render(root, generated)?;
        if read(root, generated.file)?.as_deref() == Some(fresh.as_str()) {
            continue;
        }
        let path = root.join(generated.file);
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", generated.file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, fresh).map_err(failed)?;
        written.push(generated.file);
    }
    match written.is_empty() {
        true => Ok("generate: every file was up to date".to_owned()),
        false => Ok(format!("generate: wrote {}", written.join(", "))),
    }
}

/// Compares without writing.
///
/// # Errors
/// The files that differ with the first differing line, and the command that mends them.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let mut stale = Vec::new();
    for generated in GENERATED {
        let fresh = render(root, generated)?;
        let committed = read(root, generated.file)?;
        if let Some(difference) = difference(committed.as_deref(), &fresh) {
            stale.push(format!("{}: {difference}", generated.file));
        }
    }
    match stale.is_empty() {
        true => Ok(format!("check-generated: {} files are up to date", GENERATED.len())),
        false => Err(format!(
            "{}\nGenerated files are out of date: run `make generate` and commit the result.",
            stale.join("\n")
        )),
    }
}

fn render(root: &Path, generated: &Generated) -> Result<String, String> {
    let print = match generated.printer {
        Printer::Scanhelm(arguments) => {
            let mut line = vec!["run", "--quiet", "--package", "scanhelm-cli", "--bin", "scanhelm", "--"];
            line.extend(arguments);
            command::output(root, env!("CARGO"), &line)?
        }
        Printer::Console(program, arguments) => {
            let path = root.join("web/node_modules/.bin").join(program);
            if !path.exists() {
                return Err(format!("{program} is not installed: run `make setup-web` first"));
            }
            command::output(root, &path.to_string_lossy(), arguments)?
        }
        Printer::FaultRows => {
            let document = read(root, generated.file)?.unwrap_or_default();
            faults::table(&Tree::of_checkout(root)?, section(&document, "fault rows").unwrap_or_default())?
        }
    };
    let print = format!("{}\n", print.trim_end());
    match generated.place {
        Place::Whole => Ok(print),
        Place::Section(name) => {
            let document = read(root, generated.file)?.unwrap_or_default();
            with_section(&document, name, &print).ok_or_else(|| {
                format!("{} must hold the lines `{}` and `{}`", generated.file, opening(name), closing(name))
            })
        }
    }
}

fn read(root: &Path, file: &str) -> Result<Option<String>, String> {
    match std::fs::read_to_string(root.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {file}: {error}")),
    }
}

fn opening(name: &str) -> String {
    format!("<!-- generated: {name} -->")
}

fn closing(name: &str) -> String {
    format!("<!-- end of generated: {name} -->")
}

/// What stands between the marks.
fn section<'text>(document: &'text str, name: &str) -> Option<&'text str> {
    let (_, rest) = document.split_once(&opening(name))?;
    rest.split_once(&closing(name)).map(|(section, _)| section)
}

fn with_section(document: &str, name: &str, section: &str) -> Option<String> {
    let (opening, closing) = (opening(name), closing(name));
    let (before, rest) = document.split_once(&opening)?;
    let (_, after) = rest.split_once(&closing)?;
    Some(format!("{before}{opening}\n\n{}\n\n{closing}{after}", section.trim()))
}

fn difference(committed: Option<&str>, fresh: &str) -> Option<String> {
    let Some(committed) = committed else { return Some("is missing".to_owned()) };
    if committed == fresh {
        return None;
    }
    let (mut old, mut new) = (committed.lines(), fresh.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (Some(old), Some(new)) if old == new => {}
            (None, None) => break,
            (old, new) => {
                let shown =
                    |line: Option<&str>| line.map_or("(end of file)".to_owned(), |line| format!("`{}`", line.trim()));
                return Some(format!("line {number} is {}, should be {}", shown(old), shown(new)));
            }
        }
    }
    Some("differs in its line endings".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_kept() {
        let document = "# Title\n\n<!-- generated: x -->\nold\n<!-- end of generated: x -->\ntail\n";
        let fresh = with_section(document, "x", "| a |\n").expect("the marks are there");
        assert_eq!(fresh, "# Title\n\n<!-- generated: x -->\n\n| a |\n\n<!-- end of generated: x -->\ntail\n");
        assert_eq!(with_section(&fresh, "x", "| a |").as_deref(), Some(fresh.as_str()));
    }

    #[test]
    fn a_document_without_marks_is_refused() {
        assert_eq!(with_section("# Title\n", "x", "a"), None);
        assert_eq!(section("a <!-- generated: x -->b<!-- end of generated: x --> c", "x"), Some("b"));
        assert_eq!(with_section("<!-- generated: x -->\n", "x", "a"), None);
    }

    #[test]
    fn a_difference_names_the_first_line() {
        assert_eq!(difference(Some("a\nb\n"), "a\nb\n"), None);
        assert_eq!(difference(Some("a\nb\n"), "a\nc\n").as_deref(), Some("line 2 is `b`, should be `c`"));
        assert_eq!(difference(Some("a\n"), "a\nb\n").as_deref(), Some("line 2 is (end of file), should be `b`"));
        assert_eq!(difference(Some("a\r\n"), "a\n").as_deref(), Some("differs in its line endings"));
        assert_eq!(difference(None, "a").as_deref(), Some("is missing"));
    }
}
