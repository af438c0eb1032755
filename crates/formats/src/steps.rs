//! Reading in steps: each step of a reader gives any number of parts, which are handed out one by one. What every such
//! reader has to keep right is kept here: records are counted, an asset is named once and before its findings, nothing
//! follows the footer.

use std::collections::{HashSet, VecDeque};

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;

use crate::error::ReadError;
use crate::options::Limits;
use crate::report::{CoveredAsset, Reader, ReportHeader, ReportItem, rejected};

pub(crate) trait Steps: Send {
    /// Reads on. Sooner or later it gives the footer or an error.
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError>;
}

/// What the steps gave and nobody has taken yet.
pub(crate) struct Parts {
    ready: VecDeque<ReportItem>,
    /// Identities of the assets that were named.
    named: HashSet<String>,
    /// Bytes that may still be remembered.
    room: usize,
    record: u64,
    ended: bool,
}

impl Parts {
    fn new(limits: &Limits) -> Self {
        Self { ready: VecDeque::new(), named: HashSet::new(), room: limits.max_context, record: 0, ended: false }
    }

    pub(crate) fn header(&mut self, header: ReportHeader) {
        self.ready.push_back(ReportItem::Header(header));
    }

    /// Names an asset, unless that was done.
    pub(crate) fn asset(&mut self, covered: CoveredAsset) -> Result<(), ReadError> {
        let identity = covered.asset.identity();
        let size = identity.len() + size_of::<String>();
        if self.named.insert(identity) {
            self.room = self.room.checked_sub(size).ok_or_else(|| ReadError::Hostile {
                detail: "it names more hosts and sites than can be kept apart".to_owned(),
            })?;
            self.ready.push_back(ReportItem::Asset(covered));
        }
        Ok(())
    }

    /// Names the asset of something found, where the report says no more of it.
    pub(crate) fn found_on(&mut self, asset: &AssetRecord) -> Result<(), ReadError> {
        self.asset(CoveredAsset {
            asset: asset.clone(),
            started_at: None,
            finished_at: None,
            authenticated: asset.authenticated.then_some(true),
        })
    }

    /// One record; its asset is named first. `excerpt` shows it where it is rejected.
    pub(crate) fn record(
        &mut self,
        record: Result<FindingRecord, String>,
        excerpt: impl FnOnce() -> String,
    ) -> Result<(), ReadError> {
        let item = match record {
            Ok(finding) => {
                self.found_on(&finding.asset)?;
                ReportItem::Finding(Box::new(finding))
            }
            Err(reason) => rejected(self.record, reason, &excerpt()),
        };
        self.ready.push_back(item);
        self.record += 1;
        Ok(())
    }

    /// What one record of the report gives: any number of findings, or a reason why none.
    pub(crate) fn records(
        &mut self,
        records: Result<Vec<FindingRecord>, String>,
        excerpt: impl FnOnce() -> String,
    ) -> Result<(), ReadError> {
        match records {
            Ok(findings) => findings.into_iter().try_for_each(|finding| self.record(Ok(finding), String::new)),
            Err(reason) => self.record(Err(reason), excerpt),
        }
    }

    /// Whether an asset was named.
    pub(crate) fn has_assets(&self) -> bool {
        !self.named.is_empty()
    }

    pub(crate) fn footer(&mut self, footer: ReportItem) {
        self.ready.push_back(footer);
        self.ended = true;
    }
}

pub(crate) struct Stepped<S> {
    steps: S,
    parts: Parts,
}

impl<S: Steps + 'static> Stepped<S> {
    pub(crate) fn reader(steps: S, limits: &Limits) -> Box<dyn Reader> {
        Box::new(Self { steps, parts: Parts::new(limits) })
    }
}

impl<S: Steps> Reader for Stepped<S> {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.parts.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.parts.ended {
                return Ok(None);
            }
            self.steps.step(&mut self.parts)?;
        }
    }
}
