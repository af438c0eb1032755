//! `.scanhelm.toml`: what a project wants of its local scans.
//!
//! It is looked for from the scanned folder upward to the one that holds `.git`, never beyond: a file that lies around
//! elsewhere must not decide about this project. A key that nobody knows is an error, because a typing mistake in a
//! gate would otherwise open it. Command line and hub read it here, so that they suppress the same; see [`Project::judge`].

mod comments;
mod judged;
mod keys;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use scanhelm_core::Severity;
use scanhelm_core::local::suppression::{IgnoreRule, PathPattern, RulePattern, SeverityRule, start_of_day};
use scanhelm_core::text::single_line;
use serde::Deserialize;
use toml::Spanned;

pub use judged::{Verdict, read_baseline};
pub(crate) use keys::unknown_keys;

use crate::{Registry, ScanType};

pub const FILE_NAME: &str = ".scanhelm.toml";
const MOST_LEVELS: usize = 25;
const MOST_BYTES: u64 = 1024 * 1024;

/// The settings of a project; without a file all are absent.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Where its file lies; paths in it count from here.
    pub folder: Option<PathBuf>,
    pub types: Vec<ScanType>,
    pub scanners: Vec<String>,
    pub fail_on: Option<Severity>,
    pub fail_on_new: Option<Severity>,
    pub max_findings: Option<u64>,
    pub baseline: Option<PathBuf>,
    /// A comment without a reason suppresses nothing.
    pub require_reason: bool,
    pub ignore: Vec<IgnoreRule>,
    pub severity: Vec<SeverityRule>,
}

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("{file} cannot be read: {cause}")]
    Unreadable { file: String, cause: io::Error },
    #[error("{file} is larger than {MOST_BYTES} bytes; that is no project's settings")]
    TooLarge { file: String },
    /// Everything that is wrong, not only the first.
    #[error("{}", lines(.file, .problems))]
    Wrong { file: String, problems: Vec<Problem> },
}

/// What is wrong, and on which line.
#[derive(Debug)]
pub struct Problem {
    pub(crate) line: usize,
    words: String,
}

impl Problem {
    pub(crate) fn at(text: &str, offset: usize, words: impl fmt::Display) -> Self {
        let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        Self { line, words: words.to_string() }
    }
}

pub(crate) fn lines(file: &str, problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| format!("{file}:{}: {}", problem.line, problem.words));
    lines.collect::<Vec<_>>().join("\n")
}

impl Project {
    /// Of the scanned folder. It can name scanners of the registry.
    pub fn of(folder: &Path, registry: &Registry) -> Result<Self, ProjectError> {
        find(folder).map_or_else(|| Ok(Self::default()), |file| Self::read(&file, registry))
    }

    pub fn read(path: &Path, registry: &Registry) -> Result<Self, ProjectError> {
        let file = single_line(&path.display().to_string(), 300);
        let unreadable = |cause| ProjectError::Unreadable { file: file.clone(), cause };
        let mut text = String::new();
        let opened = File::open(path).map_err(unreadable)?;
        let read = opened.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        if read as u64 > MOST_BYTES {
            return Err(ProjectError::TooLarge { file });
        }
        let mut project = understood(&text, registry).map_err(|problems| ProjectError::Wrong { file, problems })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        project.baseline = project.baseline.map(|baseline| folder.join(baseline));
        project.folder = Some(folder.to_owned());
        Ok(project)
    }

    /// The scanned folder as paths in the file see it: empty, or with `/` at its end.
    #[must_use]
    pub fn within(&self, scanned: &Path) -> String {
        let within = self.folder.as_deref().and_then(|folder| scanned.strip_prefix(folder).ok());
        let parts = within.into_iter().flat_map(Path::components);
        parts.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect()
    }
}

/// The file for a scanned folder. Without a repository only that folder itself may hold it.
#[must_use]
pub fn find(folder: &Path) -> Option<PathBuf> {
    let folders: Vec<&Path> = folder.ancestors().take(MOST_LEVELS).collect();
    let top = folders.iter().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    folders.into_iter().take(top + 1).map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    types: Vec<Spanned<String>>,
    #[serde(default)]
    scanners: Vec<Spanned<String>>,
    fail_on: Option<Spanned<String>>,
    fail_on_new: Option<Spanned<String>>,
    max_findings: Option<u64>,
    baseline: Option<PathBuf>,
    #[serde(default)]
    require_reason: bool,
    #[serde(default)]
    ignore: Vec<WrittenIgnore>,
    #[serde(default)]
    severity: Vec<WrittenSeverity>,
}

#[derive(Deserialize)]
struct WrittenIgnore {
    rule: Spanned<String>,
    path: Option<String>,
    reason: Spanned<String>,
    expires: Option<Spanned<String>>,
    owner: Option<String>,
}

#[derive(Deserialize)]
struct WrittenSeverity {
    rule: Spanned<String>,
    severity: Spanned<String>,
}

fn understood(text: &str, registry: &Registry) -> Result<Project, Vec<Problem>> {
    let malformed =
        |error: toml::de::Error| vec![Problem::at(text, error.span().map_or(0, |span| span.start), error.message())];
    let unknown = keys::unknown(text).map_err(malformed)?;
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let written: Written = toml::from_str(text).map_err(malformed)?;
    let mut reading = Reading { text, registry, problems: Vec::new() };
    let project = reading.project(written);
    if reading.problems.is_empty() { Ok(project) } else { Err(reading.problems) }
}

/// Collects what is wrong.
struct Reading<'file> {
    text: &'file str,
    registry: &'file Registry,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn project(&mut self, written: Written) -> Project {
        Project {
            folder: None,
            types: written.types.iter().filter_map(|word| self.parsed(word)).collect(),
            scanners: written.scanners.into_iter().map(|id| self.scanner(id)).collect(),
            fail_on: written.fail_on.and_then(|word| self.parsed(&word)),
            fail_on_new: written.fail_on_new.and_then(|word| self.parsed(&word)),
            max_findings: written.max_findings,
            baseline: written.baseline,
            require_reason: written.require_reason,
            ignore: written.ignore.into_iter().map(|rule| self.ignore(rule)).collect(),
            severity: written.severity.into_iter().filter_map(|rule| self.severity(&rule)).collect(),
        }
    }

    fn wrong(&mut self, place: &Spanned<String>, words: impl fmt::Display) {
        self.problems.push(Problem::at(self.text, place.span().start, words));
    }

    fn parsed<T: std::str::FromStr<Err: fmt::Display>>(&mut self, word: &Spanned<String>) -> Option<T> {
        word.get_ref().parse().map_err(|error| self.wrong(word, error)).ok()
    }

    fn scanner(&mut self, id: Spanned<String>) -> String {
        if self.registry.get(id.get_ref()).is_none() {
            let known = self.registry.ids();
            self.wrong(&id, format!("`{}` is not a scanner; the scanners are: {known}", single_line(id.get_ref(), 80)));
        }
        id.into_inner()
    }

    fn rule(&mut self, rule: &Spanned<String>) -> RulePattern {
        if rule.get_ref().trim().is_empty() {
            self.wrong(rule, "`rule` is empty; name one such as \"bandit:B101\"");
        }
        RulePattern::new(rule.get_ref())
    }

    fn ignore(&mut self, written: WrittenIgnore) -> IgnoreRule {
        let rule = self.rule(&written.rule);
        if rule.as_str().bytes().all(|byte| byte == b'*') && written.path.is_none() {
            self.wrong(&written.rule, "a rule for everything everywhere would silence every finding; give it a `path`");
        }
        if written.reason.get_ref().trim().is_empty() {
            self.wrong(&written.reason, "`reason` is empty; say why these findings do not matter");
        }
        if let Some(day) = written.expires.as_ref().filter(|day| start_of_day(day.get_ref()).is_none()) {
            let shown = single_line(day.get_ref(), 40);
            self.wrong(day, format!("`{shown}` is not a day such as \"2027-01-01\""));
        }
        IgnoreRule {
            rule,
            path: written.path.as_deref().map(PathPattern::new),
            reason: written.reason.into_inner().trim().to_owned(),
            expires: written.expires.map(|day| day.into_inner().trim().to_owned()),
            owner: written.owner,
        }
    }

    fn severity(&mut self, written: &WrittenSeverity) -> Option<SeverityRule> {
        let rule = self.rule(&written.rule);
        Some(SeverityRule { rule, severity: self.parsed(&written.severity)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_with_its_line_and_the_nearest_key() {
        for (text, said) in [
            ("types = [\"code\"]\nfial_on = \"high\"\n", "2: there is no key `fial_on`; did you mean `fail_on`?"),
            (
                "[[ignore]]\nrule = \"x\"\nreason = \"y\"\nexpire = \"2027-01-01\"\n",
                "4: there is no key `ignore.expire`; did you mean `expires`?",
            ),
            ("[severity]\nrule = \"x\"\n", "1: `severity` is a list: write [[severity]]"),
            ("max_findings = \"many\"\n", "1: invalid type"),
            ("fail_on = \"severe\"\n", "1: `severe` is not a severity"),
            ("types = [\"coed\"]\n", "1: "),
            ("scanners = [\n\"bandage\"]\n", "2: `bandage` is not a scanner"),
            ("[[ignore]]\nrule = \"x\"\n", "missing field `reason`"),
            ("[[ignore]]\nrule = \"x\"\nreason = \" \"\n", "3: `reason` is empty"),
            ("[[ignore]]\nrule = \"*\"\nreason = \"x\"\n", "2: a rule for everything"),
            ("[[ignore]]\nrule = \"x\"\nreason = \"y\"\nexpires = \"soon\"\n", "4: `soon` is not a day"),
            ("types = [\n", "1: "),
            (
                "[[scanner]]\nid = \"x\"\n",
                "1: `scanner` says which programs run, and this file is part of what is scanned",
            ),
        ] {
            let problems = understood(text, &Registry::default()).err().unwrap_or_default();
            let told = lines("", &problems);
            assert!(told.contains(said), "{text}: {told}");
        }
    }

    #[test]
    fn the_file_is_looked_for_up_to_the_repository_and_never_beyond() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("repository/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(top.path().join(FILE_NAME), "").unwrap();
        std::fs::write(top.path().join("repository").join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep), None, "no repository");
        std::fs::create_dir(top.path().join("repository/a/.git")).unwrap();
        assert_eq!(find(&deep), None, "beyond the repository");
        std::fs::remove_dir(top.path().join("repository/a/.git")).unwrap();
        std::fs::write(top.path().join("repository/.git"), "gitdir: elsewhere").unwrap();
        let found = find(&deep).unwrap();
        assert_eq!(found, top.path().join("repository").join(FILE_NAME));
        assert_eq!(Project::read(&found, &Registry::default()).unwrap().within(&deep), "a/b/");
    }
}
