//! What a project says of the findings of a scan: which are suppressed, by what and why.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::local::suppression::{Baseline, Suppressed, Suppressions, Uses};
use scanhelm_core::text::single_line;

use super::Project;
use super::comments::Sources;
use crate::order;

const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Debug)]
pub struct Verdict {
    pub identity: Identity,
    pub suppressed: Option<Suppressed>,
    /// The baseline knows it.
    pub known: bool,
}

impl Project {
    /// Gives each finding the severity that the project takes it for, and says how many that changes. The worst come first
    /// again.
    pub fn rate(&self, records: &mut [Box<FindingRecord>]) -> u64 {
        let mut changed = 0;
        for record in records.iter_mut() {
            let told = record.severity;
            self.severity.iter().for_each(|rule| rule.apply(record));
            changed += u64::from(record.severity != told);
        }
        order::sort(records);
        changed
    }

    /// Hands each finding on with its verdict, in the order of `records`, and gives warnings for whoever keeps rules and
    /// comments.
    ///
    /// `root` is the scanned folder, in its canonical form, and `records` are all that was found there: every finding is
    /// numbered before any is suppressed, because what is suppressed must not change what the others are. No rule is
    /// called useless but by the scanners that `looked` for flaws.
    pub fn judge(
        &self,
        root: &Path,
        records: Vec<Box<FindingRecord>>,
        looked: &BTreeSet<String>,
        baseline: Option<Baseline>,
        now: Timestamp,
        mut take: impl FnMut(Box<FindingRecord>, Verdict),
    ) -> Vec<String> {
        let mut ordinals = Ordinals::of(records.iter().map(AsRef::as_ref));
        let suppressions = Suppressions { folder: self.within(root), rules: self.ignore.clone(), baseline };
        let (mut sources, mut used) = (Sources::new(root, self.require_reason), Uses::default());
        for record in records {
            let identity = Identity::of(&record, ordinals.next(&record));
            let suppressed = suppressions.of(&record, &identity, sources.of(&record), now, &mut used);
            let known = suppressions.baseline.as_ref().is_some_and(|baseline| baseline.knows(&identity));
            take(record, Verdict { identity, suppressed, known });
        }
        let mut warnings = sources.complaints();
        warnings.extend(suppressions.complaints(now, looked, &used));
        warnings
    }
}

/// A baseline that is missing or broken would let nothing or everything through, so it is an error.
///
/// # Errors
/// With what is wrong and how to make another one.
pub fn read_baseline(path: &Path) -> Result<Baseline, String> {
    let shown = single_line(&path.display().to_string(), 300);
    let unusable = |cause: String| {
        format!("the baseline `{shown}` cannot be used: {cause}; `scanhelm baseline -o FILE` writes one")
    };
    // Opening what is no file could wait for ever.
    let metadata = path.metadata().map_err(|error| unusable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unusable("it is no file".to_owned()));
    }
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| unusable(error.to_string()))?;
    Baseline::read(&text).map_err(|error| unusable(error.to_string()))
}
