//! SARIF 2.1.0, as loosely as scanners write it.
//!
//! The rules, folders and times that describe a result may stand before or behind the results, so the document is
//! kept (in memory or in an unnamed file) and walked twice: first what describes each run, then its results one by
//! one. Decisions a reader of findings should know:
//! - **Severity**: a CVSS-like `security-severity` of the result or its rule; else the level (result, then the rule's
//!   default, then `warning`): error is high, warning medium, note low, none info. A result whose `kind` is `pass`,
//!   `notApplicable` or `informational` is info.
//! - **Every result is a record**, suppressed ones too (their evidence says so). The one exception is
//!   `baselineState: absent`: it says that the run did *not* find it.
//! - **Asset**: a container image if the run names one, else the repository: the caller's name, else the run's
//!   `versionControlProvenance`, else "unknown repository". `automationDetails` changes with each pipeline run and
//!   takes no part. A result at a web address belongs to that site.
//! - **Secrets** that a scanner for secrets quotes as the matched source are replaced by their digest (see `secrets`).
//! - **Fingerprints** in the file are not used: each tool's depend on other things, line numbers among them.
//! - A run without `results` did not finish, and a file without runs says nothing: neither is a clean result.

mod context;
mod model;
mod own;
mod place;
mod record;
mod rules;

use std::collections::{HashSet, VecDeque};

use scanhelm_core::Timestamp;
use tempfile::SpooledTempFile;

use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::json::{Captured, Cursor, Spool};
use crate::options::{Limits, ReadOptions};
use crate::report::{CoveredAsset, Problems, Reader, ReportItem, rejected};
use crate::sample::Sample;
use crate::secrets;
use context::RunContext;
pub(crate) use context::repository_name;

pub(crate) use own::Facts;

pub(crate) const FORMAT: Format =
    Format { id: "sarif", name: "SARIF 2.1.0", extensions: &["sarif", "json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let of_a_run = ["runs[].tool", "runs[].results", "runs[].invocations", "runs[].artifacts", "runs[].addresses"];
    sample.has_json("runs")
        && (of_a_run.iter().any(|path| sample.has_json(path)) || (sample.is_complete() && sample.has_json("version")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut document = Spool::fill(input.content)?;
    let runs = context::read(&mut document, options)?;
    let mut cursor = document.into_cursor(&options.limits)?;
    cursor.begin_object()?;
    Ok(Box::new(SarifReader {
        cursor,
        limits: options.limits.clone(),
        runs: runs.into(),
        run: None,
        stage: Stage::Document,
        ready: VecDeque::new(),
        problems: Problems::default(),
        finished_at: None,
        runs_read: 0,
        sites: HashSet::new(),
        record: 0,
        raw: Vec::new(),
    }))
}

struct SarifReader {
    cursor: Cursor<SpooledTempFile>,
    limits: Limits,
    /// Those not begun yet.
    runs: VecDeque<RunContext>,
    run: Option<RunContext>,
    stage: Stage,
    ready: VecDeque<ReportItem>,
    problems: Problems,
    finished_at: Option<Timestamp>,
    runs_read: usize,
    /// Sites of web findings that were handed out as assets.
    sites: HashSet<String>,
    record: u64,
    raw: Vec<u8>,
}

/// Where the second walk is.
#[derive(Clone, Copy)]
enum Stage {
    Document,
    Runs,
    Run,
    Results,
    Ended,
}

impl Reader for SarifReader {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            match self.stage {
                Stage::Document => self.walk_document()?,
                Stage::Runs => self.walk_runs()?,
                Stage::Run => self.walk_run()?,
                Stage::Results => self.walk_results()?,
                Stage::Ended => return Ok(None),
            }
        }
    }
}

impl SarifReader {
    fn walk_document(&mut self) -> Result<(), ReadError> {
        match self.cursor.next_key()? {
            Some(key) if key == "runs" && self.cursor.peek()? == Some(b'[') => {
                self.cursor.begin_array()?;
                self.stage = Stage::Runs;
            }
            Some(_) => self.cursor.skip_value()?,
            None => {
                self.cursor.end()?;
                let footer = self.footer();
                self.ready.push_back(footer);
                self.stage = Stage::Ended;
            }
        }
        Ok(())
    }

    fn walk_runs(&mut self) -> Result<(), ReadError> {
        if !self.cursor.next_element()? {
            self.stage = Stage::Document;
            return Ok(());
        }
        self.cursor.begin_object()?;
        self.stage = Stage::Run;
        self.runs_read += 1;
        self.run = self.runs.pop_front();
        if let Some(run) = &mut self.run {
            for problem in run.problems.take() {
                self.problems.add(&problem);
            }
            self.finished_at = self.finished_at.max(run.header.finished_at);
            self.ready.push_back(ReportItem::Header(run.header.clone()));
            self.ready.push_back(ReportItem::Asset(CoveredAsset {
                asset: run.asset.clone(),
                started_at: run.header.started_at,
                finished_at: run.header.finished_at,
                authenticated: None,
            }));
        }
        Ok(())
    }

    fn walk_run(&mut self) -> Result<(), ReadError> {
        match self.cursor.next_key()? {
            Some(key) if key == "results" && self.cursor.peek()? == Some(b'[') => {
                self.cursor.begin_array()?;
                self.stage = Stage::Results;
            }
            Some(_) => self.cursor.skip_value()?,
            None => self.stage = Stage::Runs,
        }
        Ok(())
    }

    fn walk_results(&mut self) -> Result<(), ReadError> {
        if !self.cursor.next_element()? {
            self.stage = Stage::Run;
            return Ok(());
        }
        let captured = self.cursor.capture(&mut self.raw)?;
        let Some(run) = &mut self.run else {
            return Err(self.cursor.malformed("a result stands outside of a run"));
        };
        let outcome = match captured {
            Captured::TooLong => Err("the record is too long".to_owned()),
            Captured::Whole => record::read(&self.raw, run, &self.limits),
        };
        let finding = match outcome {
            Ok(None) => return Ok(()),
            Ok(Some(finding)) => finding,
            Err(reason) => {
                let excerpt = match secrets::quotes_secrets(&run.rules.scanner) {
                    true => "not shown: it can hold a secret".into(),
                    false => String::from_utf8_lossy(&self.raw),
                };
                self.ready.push_back(rejected(self.record, reason, &excerpt));
                self.record += 1;
                return Ok(());
            }
        };
        self.record += 1;
        if finding.asset != run.asset && self.sites.insert(finding.asset.identity()) {
            self.ready.push_back(ReportItem::Asset(CoveredAsset {
                asset: finding.asset.clone(),
                started_at: run.header.started_at,
                finished_at: run.header.finished_at,
                authenticated: finding.asset.authenticated.then_some(true),
            }));
        }
        self.ready.push_back(ReportItem::Finding(Box::new(finding)));
        Ok(())
    }

    fn footer(&mut self) -> ReportItem {
        let blind = self.runs_read == 0;
        if blind {
            self.problems.add("the file holds no run: nothing was scanned");
        }
        ReportItem::Footer {
            finished_at: self.finished_at,
            complete: self.problems.is_empty(),
            blind,
            problems: self.problems.take(),
        }
    }
}
