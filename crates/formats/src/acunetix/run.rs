//! The results of one run, as the connector writes them: an object with the facts of the run in `run`, then the API's
//! own records in `vulnerabilities`, then their number in `count`.
//!
//! Read in one walk. A record carries what the API tells about it alone in `detail`; what of that describes its kind
//! (description, references, scores) is remembered and serves the following records of the kind too, because
//! for long lists the connector does not ask for every detail.

use std::collections::{HashMap, VecDeque};
use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetRecord};
use serde::Deserialize;

use super::SCANNER;
use super::vulnerability::{Kind, Vulnerability};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::site::scanned_site;

pub(crate) const FORMAT: Format = Format {
    id: "acunetix-run",
    name: "Acunetix run, as fetched from its API",
    extensions: &["json"],
    sniff: recognises,
    open,
};

const MARK: &str = "acunetix_run";

fn recognises(sample: &Sample) -> bool {
    sample.has_json(MARK)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut cursor = Cursor::new(input.content, &options.limits);
    cursor.begin_object()?;
    Ok(Box::new(RunReport {
        cursor,
        room: options.limits.max_context,
        kinds: HashMap::new(),
        place: None,
        ready: VecDeque::new(),
        footer: None,
        in_list: false,
        listed: false,
        counted: None,
        record: 0,
        ended: false,
        raw: Vec::new(),
    }))
}

/// The key `run`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Run {
    status: String,
    started_at: String,
    ended_at: String,
    profile: String,
    address: String,
    name: String,
    target_id: String,
    version: String,
    /// `None` where the account may not see how the scanner was to log in.
    authenticated: Option<bool>,
    problems: Vec<String>,
}

struct RunReport {
    cursor: Cursor<Box<dyn Read + Send>>,
    /// Bytes that may still be remembered of kinds.
    room: usize,
    kinds: HashMap<String, Kind>,
    place: Option<Place>,
    ready: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    /// The next element is a record.
    in_list: bool,
    listed: bool,
    counted: Option<u64>,
    record: u64,
    ended: bool,
    raw: Vec<u8>,
}

struct Place {
    asset: AssetRecord,
    address: String,
}

impl Reader for RunReport {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            if self.in_list {
                if self.cursor.next_element()? {
                    return self.next_record().map(Some);
                }
                self.in_list = false;
            }
            match self.cursor.next_key()?.as_deref() {
                Some("run") => self.begin()?,
                Some("vulnerabilities") if self.place.is_some() && !self.listed => {
                    self.cursor.begin_array()?;
                    (self.in_list, self.listed) = (true, true);
                }
                Some("vulnerabilities") => {
                    return Err(self.cursor.malformed("`vulnerabilities` does not stand once and behind `run`"));
                }
                Some("count") => self.counted = Some(self.cursor.value("count")?),
                Some(_) => self.cursor.skip_value()?,
                None => return self.end().map(Some),
            }
        }
    }
}

impl RunReport {
    fn begin(&mut self) -> Result<(), ReadError> {
        if self.place.is_some() {
            return Err(self.cursor.malformed("`run` stands twice"));
        }
        let run: Run = self.cursor.value("run")?;
        let mut asset = scanned_site(if run.address.trim().is_empty() { "unknown site" } else { &run.address });
        if !run.target_id.is_empty() {
            asset.keys.push(AssetKey::VendorUuid(run.target_id));
        }
        let (started_at, finished_at) = (Timestamp::parse(&run.started_at), Timestamp::parse(&run.ended_at));
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let mut problems = Problems::default();
        run.problems.iter().for_each(|problem| problems.add(problem));
        if run.status != "completed" {
            problems.add(&format!("the run is `{}`, not completed", run.status));
        }
        self.ready.push_back(ReportItem::Header(ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: filled(run.version),
            scan_name: filled(run.name),
            policy: filled(run.profile),
            started_at,
            finished_at,
            targets: vec![asset.name.clone()],
            note: None,
        }));
        self.ready.push_back(ReportItem::Asset(CoveredAsset {
            asset: asset.clone(),
            started_at,
            finished_at,
            authenticated: run.authenticated,
        }));
        self.footer = Some(ReportItem::Footer {
            finished_at,
            complete: problems.is_empty(),
            blind: false,
            problems: problems.take(),
        });
        self.place = Some(Place { asset, address: run.address });
        Ok(())
    }

    fn next_record(&mut self) -> Result<ReportItem, ReadError> {
        let captured = self.cursor.capture(&mut self.raw)?;
        let record = self.record;
        self.record += 1;
        let excerpt = || String::from_utf8_lossy(&self.raw);
        if captured == Captured::TooLong {
            return Ok(rejected(record, "the record is too long", &excerpt()));
        }
        let Some(place) = &self.place else {
            return Err(self.cursor.malformed("a record stands before `run`"));
        };
        let vulnerability: Vulnerability = match serde_json::from_slice(&self.raw) {
            Ok(vulnerability) => vulnerability,
            Err(error) => return Ok(rejected(record, error.to_string(), &excerpt())),
        };
        let kind = vulnerability.kind();
        let known = self.kinds.get(vulnerability.kind_id());
        let item = match vulnerability.record(place.asset.clone(), &place.address, kind.as_ref().or(known)) {
            Ok(finding) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(record, reason, &excerpt()),
        };
        if let (Some(kind), None) = (kind, known) {
            let size = kind.size();
            if size <= self.room {
                self.room -= size;
                self.kinds.insert(vulnerability.kind_id().to_owned(), kind);
            }
        }
        Ok(item)
    }

    fn end(&mut self) -> Result<ReportItem, ReadError> {
        self.cursor.end()?;
        let footer = match (self.footer.take(), self.listed) {
            (Some(footer), true) => footer,
            _ => return Err(self.cursor.malformed("it lacks `run` or `vulnerabilities`")),
        };
        if self.counted != Some(self.record) {
            let detail = format!("it holds {} records and does not count as many in `count`", self.record);
            return Err(self.cursor.malformed(detail));
        }
        self.ended = true;
        Ok(footer)
    }
}
