//! A result that a scan wrote as JSON, as far as comparing and explaining need it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::local::suppression::{Baseline, Known};
use scanhelm_core::text::single_line;
use scanhelm_formats::write::{Entry, JSON_SCHEMA, Outcome, ScannerOutcome};
use serde::Deserialize;
use serde::de::IgnoredAny;

const MOST_BYTES: u64 = 1024 * 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct ResultFile {
    schema: String,
    #[serde(default)]
    pub(super) scanners: Vec<ScannerOutcome>,
    pub(crate) findings: Vec<Finding>,
}

#[derive(Deserialize)]
pub(crate) struct Finding {
    pub(crate) fingerprint: String,
    pub(crate) suppressed: Option<IgnoredAny>,
    #[serde(flatten)]
    pub(crate) record: FindingRecord,
}

impl ResultFile {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let shown = single_line(&path.display().to_string(), 300);
        let unusable = |cause: String| {
            format!("`{shown}` cannot be used: {cause}; `scanhelm scan --output-file FILE.json` writes one")
        };
        let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(unusable("it is no file".to_owned()));
        }
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| unusable(error.to_string()))?;
        let read: Self = serde_json::from_str(&text).map_err(|error| unusable(format!("it is no result: {error}")))?;
        if read.schema != JSON_SCHEMA {
            let other = single_line(&read.schema, 60);
            return Err(unusable(format!("its schema is `{other}` and this version reads `{JSON_SCHEMA}`")));
        }
        Ok(read)
    }

    /// The scanners that failed.
    pub(super) fn failed(&self) -> impl Iterator<Item = (&ScannerOutcome, &str)> {
        self.scanners.iter().filter_map(|scanner| match &scanner.outcome {
            Outcome::Failed { reason } => Some((scanner, reason.as_str())),
            _ => None,
        })
    }

    /// What counts; with `also`, what is suppressed counts if it is known there.
    pub(super) fn baseline(&self, also: Option<&Baseline>) -> Result<Baseline, String> {
        let known = |finding: &Finding| Known::listed(&finding.record, finding.fingerprint.clone());
        Baseline::of_known(self.counted(also).map(known)).map_err(|error| error.to_string())
    }

    /// The findings of [`ResultFile::baseline`], with the fingerprints that their scan gave them.
    pub(super) fn fingerprinted(&self, also: &Baseline) -> Vec<(String, Entry)> {
        let mut ordinals = Ordinals::of(self.counted(Some(also)).map(|finding| &finding.record));
        let entry = |finding: &Finding| {
            let identity = Identity::of(&finding.record, ordinals.next(&finding.record));
            (finding.fingerprint.clone(), Entry::of_report(finding.record.clone(), identity))
        };
        self.counted(Some(also)).map(entry).collect()
    }

    fn counted<'a>(&'a self, also: Option<&'a Baseline>) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |finding| {
            finding.suppressed.is_none() || also.is_some_and(|before| before.holds(&finding.fingerprint))
        })
    }

    /// The scanners whose silence says something. A list of reports names files, not scanners: then all of them.
    pub(super) fn looked(&self, before: &Self) -> BTreeSet<String> {
        let found = || self.findings.iter().chain(&before.findings).map(|finding| &finding.record.scanner);
        // One of the user's own is known by its findings.
        let is_scanner = |name: &String| scanhelm_runner::scanner(name).is_some() || found().any(|other| other == name);
        let scans = self.scanners.iter().any(|scanner| is_scanner(&scanner.scanner));
        if scans {
            let looked = self.scanners.iter().filter(|scanner| matches!(scanner.outcome, Outcome::Complete));
            return looked.map(|scanner| scanner.scanner.clone()).collect();
        }
        before.findings.iter().map(|finding| finding.record.scanner.clone()).collect()
    }
}
