//! What a scan found, told apart by what counts and what is suppressed.

use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::local::suppression::Baseline;
use scanhelm_core::{Clock, Severity, Timestamp};
use scanhelm_formats::write::Entry;
use scanhelm_hub::system::SystemClock;
pub(crate) use scanhelm_runner::project::read_baseline;
use scanhelm_runner::{Coverage, looked_for_flaws};

use crate::project::Project;

#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Worst first.
    pub(crate) kept: Vec<Entry>,
    pub(crate) suppressed: Vec<Entry>,
    /// Of the kept ones, those that the baseline does not know.
    pub(crate) new: Vec<Severity>,
    /// There is a baseline, so what is kept is new.
    pub(crate) has_baseline: bool,
    /// For whoever keeps rules and comments.
    pub(crate) warnings: Vec<String>,
}

impl Judged {
    /// Without suppression the project changes no severity and suppresses nothing, and what the baseline knows is told
    /// all the same.
    pub(crate) fn of(
        mut records: Vec<Box<FindingRecord>>,
        coverage: &[Coverage],
        folder: &Path,
        project: &Project,
        baseline: Option<Baseline>,
        suppresses: bool,
        now: Timestamp,
    ) -> Self {
        if suppresses {
            project.rate(&mut records);
        }
        let has_baseline = baseline.is_some() && suppresses;
        let mut judged = Self { has_baseline, ..Self::default() };
        let looked = looked_for_flaws(coverage);
        let warnings = project.judge(folder, records, &looked, baseline, now, |record, verdict| {
            match verdict.suppressed.filter(|_| suppresses) {
                Some(suppressed) => judged.suppressed.push(Entry {
                    suppressed: Some(Box::new(suppressed)),
                    ..Entry::of_report(record, verdict.identity)
                }),
                None => {
                    judged.new.extend((!verdict.known).then_some(record.severity));
                    judged.kept.push(Entry::of_report(record, verdict.identity));
                }
            }
        });
        if suppresses {
            judged.warnings = warnings;
        }
        judged
    }
}

/// The moment by which rules run out; `SCANHELM_FAKE_NOW` pins it.
pub(crate) fn now() -> Result<Timestamp, String> {
    match std::env::var("SCANHELM_FAKE_NOW") {
        Ok(text) => Timestamp::parse(&text)
            .ok_or_else(|| "SCANHELM_FAKE_NOW is no time such as 2027-01-01T00:00:00Z".to_owned()),
        Err(_) => Ok(SystemClock.now()),
    }
}
