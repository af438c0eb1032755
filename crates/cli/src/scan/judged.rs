//! What a scan found, told apart by what counts and what is suppressed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::local::suppression::{Baseline, Suppressions, Uses};
use scanhelm_core::text::single_line;
use scanhelm_core::{Clock, Severity, Timestamp};
use scanhelm_formats::write::Entry;
use scanhelm_hub::system::SystemClock;

use super::comments::Sources;
use crate::project::Project;

const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Worst first.
    pub(crate) kept: Vec<Entry>,
    pub(crate) suppressed: Vec<Entry>,
    /// Of the kept ones, those that the baseline does not know.
    pub(crate) new: Vec<Severity>,
    /// For whoever keeps rules and comments.
    pub(crate) warnings: Vec<String>,
}

impl Judged {
    /// Every finding is numbered before any is suppressed: what is suppressed must not change what the others are.
    pub(crate) fn of(
        mut records: Vec<FindingRecord>,
        folder: &Path,
        project: &Project,
        baseline: Option<Baseline>,
        suppresses: bool,
        now: Timestamp,
    ) -> Self {
        for record in &mut records {
            project.severity.iter().for_each(|rule| rule.apply(record));
        }
        scanhelm_runner::sort_records(&mut records);
        let mut ordinals = Ordinals::of(&records);
        let suppressions = Suppressions { folder: project.within(folder), rules: project.ignore.clone(), baseline };
        let (mut sources, mut used) = (Sources::new(folder, project.require_reason), Uses::default());
        let mut judged = Self::default();
        for record in records {
            let identity = Identity::of(&record, ordinals.next(&record));
            let suppressed = if suppresses {
                suppressions.of(&record, &identity, sources.of(&record), now, &mut used)
            } else {
                None
            };
            let known = suppressions.baseline.as_ref().is_some_and(|baseline| baseline.knows(&identity));
            match suppressed {
                Some(_) => judged.suppressed.push(Entry { suppressed, ..Entry::of_report(record, identity) }),
                None => {
                    judged.new.extend((!known).then_some(record.severity));
                    judged.kept.push(Entry::of_report(record, identity));
                }
            }
        }
        if suppresses {
            judged.warnings = sources.complaints();
            judged.warnings.extend(suppressions.complaints(now, &used));
        }
        judged
    }

    pub(crate) fn counts(&self, threshold: Severity) -> bool {
        self.kept.iter().any(|finding| finding.record.severity >= threshold)
    }

    pub(crate) fn counts_new(&self, threshold: Severity) -> bool {
        self.new.iter().any(|severity| *severity >= threshold)
    }
}

/// A baseline that is missing or broken would let nothing or everything through, so it is an error.
pub(crate) fn read_baseline(path: &Path) -> Result<Baseline, String> {
    let shown = single_line(&path.display().to_string(), 300);
    let unusable = |cause: String| {
        format!("the baseline `{shown}` cannot be used: {cause}; `scanhelm baseline -o FILE` writes one")
    };
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| unusable(error.to_string()))?;
    Baseline::read(&text).map_err(|error| unusable(error.to_string()))
}

/// The moment by which rules run out; `SCANHELM_FAKE_NOW` pins it.
pub(crate) fn now() -> Result<Timestamp, String> {
    match std::env::var("SCANHELM_FAKE_NOW") {
        Ok(text) => Timestamp::parse(&text)
            .ok_or_else(|| "SCANHELM_FAKE_NOW is no time such as 2027-01-01T00:00:00Z".to_owned()),
        Err(_) => Ok(SystemClock.now()),
    }
}
