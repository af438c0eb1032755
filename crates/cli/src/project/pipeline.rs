//! `scanhelm init --ci`: pipelines to begin with. They are the files of `docs/ci`, so that people read what they get.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::exit::{self, Exit};
use crate::results;

/// Whose pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    Github,
    Gitlab,
    Jenkins,
    Azure,
}

impl Server {
    /// Where it looks for its file, and what stands in it.
    const fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Github => (".github/workflows/scanhelm.yml", include_str!("../../../../docs/ci/github.yml")),
            Self::Gitlab => (".gitlab-ci.yml", include_str!("../../../../docs/ci/gitlab-ci.yml")),
            Self::Jenkins => ("Jenkinsfile", include_str!("../../../../docs/ci/Jenkinsfile")),
            Self::Azure => ("azure-pipelines.yml", include_str!("../../../../docs/ci/azure-pipelines.yml")),
        }
    }
}

/// Never over a file that is there: it may build and deliver a product.
pub(super) fn write(server: Server, folder: &Path) -> Exit {
    let (name, text) = server.template();
    let path = folder.join(name);
    let shown = results::cell(&path.display().to_string(), 300);
    match write_new(&path, text) {
        Ok(()) => exit::printed(&format!("{shown} is written; its first lines say what to set up\n")),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => exit::refused(&format!(
            "{shown} is there already and is left as it is; `scanhelm init --ci {} --print` shows what to add to it",
            server.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
        )),
        Err(error) => exit::refused(&format!("{shown} cannot be written: {error}")),
    }
}

pub(super) fn print(server: Server) -> Exit {
    exit::printed(server.template().1)
}

fn write_new(path: &PathBuf, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::Arguments;

    /// Lines of a shell that call this program, with their continuations.
    fn calls(text: &str) -> Vec<Vec<String>> {
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("$ "));
        let lines =
            lines.map(|line| line.strip_prefix("run: ").or_else(|| line.strip_prefix("entry: ")).unwrap_or(line));
        let calls =
            lines.filter(|line| line.starts_with("scanhelm ") || line.contains("=") && line.contains(" scanhelm "));
        let call = |line: &str| line.find("scanhelm ").map(|at| words(line.get(at..).unwrap_or_default()));
        calls.filter_map(call).collect()
    }

    /// Up to what is the shell's; variables are as good as any word.
    fn words(call: &str) -> Vec<String> {
        let ends = |word: &&str| !matches!(*word, "||" | "&&" | "|" | ">" | "#" | "2>&1");
        let words = call.split_whitespace().take_while(ends);
        words.map(|word| word.trim_matches(['"', '\'', ';']).to_owned()).collect()
    }

    #[test]
    fn every_command_of_the_templates_and_of_the_docs_is_one() {
        let docs = include_str!("../../../../docs/CI.md");
        let blocks: String = docs.split("```").skip(1).step_by(2).collect();
        let texts = Server::value_variants().iter().map(|server| (*server).template());
        for (name, text) in texts.chain([("docs/CI.md", blocks.as_str())]) {
            let calls = calls(text);
            assert!(calls.iter().any(|call| call.get(1).is_some_and(|word| word == "scan")), "{name}: {calls:?}");
            for call in calls {
                let parsed = Arguments::try_parse_from(&call);
                assert!(parsed.is_ok(), "{name}: {}: {}", call.join(" "), parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn the_calls_are_found() {
        let text = "run: scanhelm scan . \\\n  --fail-on high || true\n  - scanhelm comment --body x.md # why\nA=b scanhelm scan x\necho scanhelm\n";
        let found: Vec<String> = calls(text).iter().map(|call| call.join(" ")).collect();
        assert_eq!(found, ["scanhelm scan . --fail-on high", "scanhelm comment --body x.md", "scanhelm scan x"]);
    }
}
