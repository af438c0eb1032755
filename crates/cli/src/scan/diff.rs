//! `scanhelm diff`: what is new and what is fixed between two commits, or between two results.
//!
//! A commit's files are written to a private folder (see [`git`](super::git)) and scanned there under the repository's
//! name. Both sides are scanned now, by the same scanners with the same settings, those of the working tree: else a
//! scanner that is new, or a rule that was rewritten, would show as weaknesses of the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use scanhelm_core::local::suppression::Baseline;
use scanhelm_formats::write::{Entry, Outcome, ScannerOutcome};

use super::comparison::{Compared, Comparing, compared, fingerprinted};
use super::git::Git;
use super::interruption::interruptible;
use super::judged::{self, Judged};
use super::private_copy::PrivateCopy;
use super::result_file::ResultFile;
use super::scanning::{Prepared, Scanned, Scanning};
use crate::exit::{self, Exit};
use crate::results::{self, cell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm diff --base main
  scanhelm diff services/cart --base v1.2.0 --head v1.3.0 --output markdown
  scanhelm diff --base \"$(git merge-base origin/main HEAD)\" --fail-on-new high
  scanhelm diff --base main --output-file changes.sarif --output-file changes.html
  scanhelm diff before.json after.json

Exit codes: 0 nothing new, 1 new findings of the severity or worse, 3 a scanner failed.";

#[derive(Args, Debug)]
pub(crate) struct DiffArguments {
    /// With --base the folder or file to look at (else the current folder); without it two results in Scanhelm's JSON
    #[arg(value_name = "PATH", num_args = 0..=2)]
    paths: Vec<PathBuf>,
    /// Commit, branch or tag to compare with
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Commit, branch or tag that is compared; without it the working tree as it stands
    #[arg(long, value_name = "REF", requires = "base")]
    head: Option<String>,
    #[command(flatten)]
    comparing: Comparing,
    #[command(flatten)]
    scanning: Scanning,
}

pub(crate) async fn run(arguments: DiffArguments) -> Exit {
    let ended = match (&arguments.base, &arguments.paths[..]) {
        (Some(base), []) => of_commits(&arguments, Path::new("."), base).await,
        (Some(base), [path]) => of_commits(&arguments, path, base).await,
        (None, [old, new]) => of_files(&arguments, old, new),
        (Some(_), _) => Err(exit::refused(&"--base compares commits of one folder; give one PATH")),
        (None, _) => Err(exit::refused(
            &"it takes two things to compare: --base REF for a commit, or two files OLD.json NEW.json",
        )),
    };
    match ended {
        Ok(exit) | Err(exit) => exit,
    }
}

fn of_files(arguments: &DiffArguments, old: &Path, new: &Path) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    let destinations = arguments.comparing.checked()?;
    let before_file = ResultFile::read(old).map_err(refused)?;
    let after_file = ResultFile::read(new).map_err(refused)?;
    let of = |path: &Path, error: String| refused(format!("`{}`: {error}", cell(&path.display().to_string(), 300)));
    let before = before_file.baseline(None).map_err(|error| of(old, error))?;
    let after = after_file.baseline(Some(&before)).map_err(|error| of(new, error))?;
    let failures = |file: &ResultFile| -> Vec<String> {
        file.failed().map(|(scanner, reason)| format!("{} failed: {reason}", scanner.scanner)).collect()
    };
    let allowed = arguments.scanning.allow_scanner_failure;
    let trouble = trouble(failures(&before_file), failures(&after_file), allowed);
    let looked = if trouble.is_some() { Default::default() } else { after_file.looked(&before_file) };
    let failed_before = before_file.failed().map(|(scanner, _)| scanner);
    let compared = Compared {
        comparison: &before.compared(&after, &looked),
        name: &new.file_name().unwrap_or_default().to_string_lossy(),
        present: after_file.fingerprinted(&before),
        scanners: scanners(failed_before, after_file.scanners.clone()),
        trouble,
    };
    Ok(arguments.comparing.told(&destinations, compared))
}

fn trouble(before: Vec<String>, after: Vec<String>, allowed: bool) -> Option<String> {
    let before = before.into_iter().map(|failure| format!("before, {failure}"));
    let after = after.into_iter().map(|failure| format!("after, {failure}"));
    let all: Vec<String> = before.chain(after).collect();
    (!all.is_empty() && !allowed).then(|| all.join("; "))
}

/// Of the second look, behind those that failed in the first.
fn scanners<'a>(
    failed_before: impl Iterator<Item = &'a ScannerOutcome>,
    after: Vec<ScannerOutcome>,
) -> Vec<ScannerOutcome> {
    let before = |failed: &ScannerOutcome| {
        let scanner = format!("{} (before)", failed.scanner);
        ScannerOutcome { scanner, ..failed.clone() }
    };
    failed_before.map(before).chain(after).collect()
}

async fn of_commits(arguments: &DiffArguments, path: &Path, base: &str) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    let destinations = arguments.comparing.checked()?;
    let now = judged::now().map_err(refused)?;
    arguments.scanning.check_looks_for_flaws()?;
    let here = arguments.scanning.prepared(path.into()).map_err(refused)?;
    let git = Git::of(here.folder()).map_err(|error| exit::refused(&error))?;
    let base = Side::of(&git, base).map_err(refused)?;
    let head = arguments.head.as_deref().map(|head| Side::of(&git, head)).transpose().map_err(refused)?;
    if !arguments.scanning.quiet {
        let head = head.as_ref().map_or("the working tree as it stands".to_owned(), |head| {
            format!("{}; what is not committed does not count", head.shown())
        });
        exit::say(&format!("Comparing {} with {head}", base.shown()));
    }
    let name = here.name().to_owned();
    let before = match base.written_out(&git, &here).await? {
        Some((prepared, _copy)) => arguments.judged(prepared, now).await?,
        None => {
            exit::say(&format!("{} does not have it: everything is new", base.shown()));
            Looked::default()
        }
    };
    let after = match &head {
        None => arguments.judged(here, now).await?,
        Some(head) => match head.written_out(&git, &here).await? {
            Some((prepared, _copy)) => arguments.judged(prepared, now).await?,
            None => return Err(refused(format!("{} does not have it: there is nothing to compare", head.shown()))),
        },
    };
    let trouble = trouble(before.failures, after.failures, false);
    let looked = if trouble.is_some() { Default::default() } else { after.looked };
    let failed_before = before.scanners.iter().filter(|scanner| matches!(scanner.outcome, Outcome::Failed { .. }));
    let known = Baseline::of(before.judged.kept.iter().map(Entry::identified));
    let compared = Compared {
        comparison: &compared(&known, &after.judged, &looked),
        name: &name,
        present: fingerprinted(&known, &after.judged),
        scanners: scanners(failed_before, after.scanners),
        trouble,
    };
    Ok(arguments.comparing.told(&destinations, compared))
}

/// What came of one side.
#[derive(Default)]
struct Looked {
    judged: Judged,
    failures: Vec<String>,
    scanners: Vec<ScannerOutcome>,
    /// The scanners that looked at everything.
    looked: BTreeSet<String>,
}

impl DiffArguments {
    async fn judged(&self, prepared: Prepared, now: scanhelm_core::Timestamp) -> Result<Looked, Exit> {
        let scanned = self.scanning.scan(prepared).await?;
        let failures = if scanned.failed { scanned.failures() } else { Vec::new() };
        let Scanned { records, scanners, folder, project, looked, coverage, .. } = scanned;
        let judged = Judged::of(records, &coverage, &folder, &project, None, true, now);
        Ok(Looked { judged, failures, scanners: results::outcomes(&scanners), looked })
    }
}

/// One commit.
struct Side {
    name: String,
    commit: String,
}

impl Side {
    fn of(git: &Git, name: &str) -> Result<Self, String> {
        let commit = git.commit(name).map_err(|error| error.to_string())?;
        Ok(Self { name: name.to_owned(), commit })
    }

    fn shown(&self) -> String {
        let short: String = self.commit.chars().take(12).collect();
        if self.commit.starts_with(&self.name) { short } else { format!("{} ({short})", cell(&self.name, 100)) }
    }

    /// `None` when the commit does not have the path. The files are there as long as the copy is.
    async fn written_out(&self, git: &Git, here: &Prepared) -> Result<Option<(Prepared, PrivateCopy)>, Exit> {
        let place = here.path_within(git.top()).map_err(|error| exit::refused(&error))?;
        let (asked, commit) = (git.clone(), self.commit.clone());
        let copy = interruptible(move |cancel| {
            let listed = asked.files_of(&commit).map_err(|error| error.to_string())?.within(&place);
            if listed.files.is_empty() {
                return Ok(None);
            }
            PrivateCopy::of(&asked, &listed.files, cancel).map(Some).map_err(|error| error.to_string())
        });
        let Some(copy) = copy.await? else { return Ok(None) };
        let prepared = here.with_files_of(copy.folder(), git.top()).map_err(|error| exit::refused(&error))?;
        Ok(Some((prepared, copy)))
    }
}
