//! `scanhelm scan --watch`: scans again when the files of the target change, and tells what is new and what is gone.
//!
//! The list of files is read every two seconds. Notifications of the kernel would be faster by a second, but they need
//! a dependency, a watch for each folder (of which a machine has a limited number), and do not come from network and
//! container mounts; and the list is the one that the scanners look at, so nothing else starts a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::local::suppression::{Baseline, Comparison, Known};
use scanhelm_core::{SeverityCounts, Timestamp};
use scanhelm_formats::write::Entry;

use super::interruption::Interruption;
use super::judged::{self, Judged};
use super::{ScanArguments, results_of};
use crate::exit::{self, Exit};
use crate::results::{self, cell};

const EVERY: Duration = Duration::from_secs(2);
/// So long nothing may change: an editor writes in steps, and a change of branch takes its time.
const SETTLED: Duration = Duration::from_millis(500);

/// Ends by a signal, or when it cannot begin.
pub(super) async fn run(mut arguments: ScanArguments) -> Result<Exit, Exit> {
    arguments.scanning.check_looks_for_flaws()?;
    let destinations = arguments.destinations.checked().map_err(|error| exit::refused(&error))?;
    let mut interruption = Interruption::new()?;
    let (mut known, mut written_before) = (None, BTreeSet::new());
    loop {
        let files = Files::of(&arguments.target());
        let seen = files.looked_at().await;
        match scanned(&arguments).await {
            Ok((results, looked)) => {
                known = Some(match &known {
                    None => {
                        let fresh = fresh(&results);
                        destinations.write(&results).map_err(|error| exit::refused(&error))?;
                        fresh
                    }
                    Some(before) => told(before, &results, &looked)?,
                });
                arguments.scanning.quiet = true;
            }
            // A mistake in the settings is mended while we watch; at the beginning it is one of the command.
            Err(Exit::Refused) if known.is_some() => {}
            Err(exit) => return Err(exit),
        }
        let (settled, written) = settled(seen, &files.looked_at().await, &written_before);
        written_before = written;
        tokio::select! {
            () = interruption.next() => return Ok(Exit::Interrupted),
            () = files.changed(&settled) => {}
        }
    }
}

/// What is compared with from now on, and which files changed during the scan. Those are scanned again; but a file that
/// changed during the scan before as well is written by a scanner, and would have us scan for ever.
fn settled(mut seen: Looks, left: &Looks, written_before: &BTreeSet<PathBuf>) -> (Looks, BTreeSet<PathBuf>) {
    let paths = seen.keys().chain(left.keys());
    let written: BTreeSet<PathBuf> = paths.filter(|path| seen.get(*path) != left.get(*path)).cloned().collect();
    for path in written.intersection(written_before) {
        match left.get(path) {
            Some(look) => seen.insert(path.clone(), look.clone()),
            None => seen.remove(path),
        };
    }
    (seen, written)
}

type Looked = BTreeSet<String>;

async fn scanned(arguments: &ScanArguments) -> Result<(results::Results, Looked), Exit> {
    let refused = |error: String| exit::refused(&error);
    let now: Timestamp = judged::now().map_err(refused)?;
    let prepared = arguments.scanning.prepared(arguments.targets()?).map_err(refused)?;
    let file = arguments.baseline.as_ref().or(prepared.project.baseline.as_ref());
    let baseline = file.map(|file| judged::read_baseline(file)).transpose().map_err(refused)?;
    let scanned = arguments.scanning.scan(prepared).await?;
    scanned.failures().iter().filter(|_| scanned.failed).for_each(|failure| {
        exit::say(&format!("error: {}", cell(failure, 500)));
    });
    let suppresses = !arguments.no_suppress;
    let judged =
        Judged::of(scanned.records, &scanned.coverage, &scanned.folder, &scanned.project, baseline, suppresses, now);
    let name = scanned.name.clone();
    Ok((results_of(name, scanned.scanners, judged, arguments.show_suppressed), scanned.looked))
}

fn fresh(results: &results::Results) -> Baseline {
    Baseline::of(results.findings.iter().map(Entry::identified))
}

/// Prints what changed, and gives what is known now: what a scanner did not look at stays.
fn told(before: &Baseline, results: &results::Results, looked: &Looked) -> Result<Baseline, Exit> {
    let fresh = fresh(results);
    let Comparison { new, fixed, unchanged, unknown } = before.compared(&fresh, looked);
    let mut text = String::new();
    for finding in results.findings.iter().filter(|finding| !before.knows(&finding.identity)) {
        let (record, place) = (&finding.record, finding.record.location.label());
        text.push_str(&line("new ", &Known::listed(record, String::new()), &place));
    }
    fixed.iter().for_each(|known| text.push_str(&line("gone", known, &known.location)));
    let counts: SeverityCounts = results.findings.iter().map(|finding| finding.record.severity).collect();
    text.push_str(&format!("{} new, {} gone; {}\n", new.len(), fixed.len(), counts.in_words()));
    match exit::printed(&text) {
        Exit::Done => {}
        other => return Err(other),
    }
    let known = unchanged.into_iter().chain(new).chain(unknown);
    Ok(Baseline::of_known(known).unwrap_or(fresh))
}

fn line(change: &str, known: &Known, place: &str) -> String {
    let Known { severity, scanner, rule, title, .. } = known;
    let (scanner, rule, place, title) = (cell(scanner, 30), cell(rule, 60), cell(place, 200), cell(title, 90));
    format!("{change} {severity:<8} {scanner} {rule} {place} {title}\n")
}

/// A file as far as a change of it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    inode: u64,
    bytes: u64,
    written: (i64, i64),
}

type Looks = BTreeMap<PathBuf, Look>;

struct Files {
    target: PathBuf,
}

impl Files {
    fn of(target: &Path) -> Self {
        Self { target: target.to_owned() }
    }

    async fn looked_at(&self) -> Looks {
        let target = self.target.clone();
        // Without an answer there is none to compare with, and the next one comes soon.
        tokio::task::spawn_blocking(move || looks(&target)).await.unwrap_or_default()
    }

    /// Returns when the files differ from `seen` and have come to rest.
    async fn changed(&self, seen: &Looks) {
        let mut last = None;
        loop {
            tokio::time::sleep(if last.is_some() { SETTLED } else { EVERY }).await;
            let now = self.looked_at().await;
            if now == *seen {
                last = None;
                continue;
            }
            if last.as_ref() == Some(&now) {
                return;
            }
            last = Some(now);
        }
    }
}

fn looks(target: &Path) -> Looks {
    let files = if target.is_dir() { scanhelm_runner::files_under(target) } else { vec![PathBuf::new()] };
    let look = |file: PathBuf| {
        let path = if file.as_os_str().is_empty() { target.to_owned() } else { target.join(&file) };
        let metadata = path.metadata().ok()?;
        let written = (metadata.mtime(), metadata.mtime_nsec());
        Some((file, Look { inode: metadata.ino(), bytes: metadata.len(), written }))
    };
    files.into_iter().filter_map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_every_scan_writes_starts_no_other_and_a_change_of_another_file_does() {
        let look = |bytes| Look { inode: 1, bytes, written: (0, 0) };
        let looks = |made, app| Looks::from([("made".into(), look(made)), ("app".into(), look(app))]);
        let (first, written) = settled(looks(1, 1), &looks(2, 1), &BTreeSet::new());
        assert_eq!(first, looks(1, 1), "it may have been a person");
        let (second, _) = settled(looks(2, 1), &looks(3, 2), &written);
        assert_eq!(second, looks(3, 1));
    }
}
