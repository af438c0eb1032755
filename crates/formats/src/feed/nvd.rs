//! NVD (NIST): the CVE JSON 2.0 files `nvdcve-2.0-*.json.gz`, which have the form of an answer of the CVE API 2.0.

use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::feed::{FeedRecord, NvdEntry, cve_id};
use scanhelm_core::text::single_line;
use serde::Deserialize;

use super::{FeedAbout, Records};
use crate::error::ReadError;
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::Limits;

/// One of a version is kept; more weaknesses than this nobody reads.
const MOST_CWES: usize = 20;

pub(super) struct Vulnerabilities {
    cursor: Cursor<Box<dyn Read + Send>>,
    about: FeedAbout,
    place: Place,
    listed: bool,
    raw: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum Place {
    Members,
    Entries,
    End,
}

#[derive(Deserialize)]
struct Item {
    cve: Cve,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve {
    id: String,
    last_modified: String,
    #[serde(default)]
    vuln_status: String,
    #[serde(default)]
    metrics: Metrics,
    #[serde(default)]
    weaknesses: Vec<Weakness>,
}

/// Newest version first.
#[derive(Default, Deserialize)]
struct Metrics {
    #[serde(default, rename = "cvssMetricV40")]
    v40: Vec<Metric>,
    #[serde(default, rename = "cvssMetricV31")]
    v31: Vec<Metric>,
    #[serde(default, rename = "cvssMetricV30")]
    v30: Vec<Metric>,
    #[serde(default, rename = "cvssMetricV2")]
    v2: Vec<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    /// `Primary` or `Secondary`.
    #[serde(default, rename = "type")]
    rank: String,
    cvss_data: CvssData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CvssData {
    vector_string: String,
}

#[derive(Deserialize)]
struct Weakness {
    #[serde(default)]
    description: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    value: String,
}

impl Metrics {
    fn vectors(&self) -> Vec<String> {
        let leading = |metrics: &[Metric]| {
            let metric = metrics.iter().find(|metric| metric.rank == "Primary").or_else(|| metrics.first());
            metric.map(|metric| single_line(&metric.cvss_data.vector_string, 300))
        };
        [&self.v40, &self.v31, &self.v30, &self.v2].into_iter().filter_map(|metrics| leading(metrics)).collect()
    }
}

impl Cve {
    fn read(&self) -> Result<FeedRecord, String> {
        let cve = cve_id(&self.id).ok_or_else(|| format!("`{}` is not a CVE number", single_line(&self.id, 40)))?;
        let modified_at = time(&self.last_modified).ok_or_else(|| {
            format!("`lastModified` of {cve} is not a time: `{}`", single_line(&self.last_modified, 40))
        })?;
        // A rejected number stands for no weakness; what was said of it before is to go.
        let rejected = self.vuln_status.eq_ignore_ascii_case("rejected");
        let mut cwes: Vec<u32> = self
            .weaknesses
            .iter()
            .flat_map(|weakness| &weakness.description)
            .filter_map(|text| text.value.strip_prefix("CWE-")?.parse().ok())
            .collect();
        cwes.sort_unstable();
        cwes.dedup();
        cwes.truncate(MOST_CWES);
        let vectors = if rejected { Vec::new() } else { self.metrics.vectors() };
        Ok(FeedRecord::Nvd(NvdEntry { cve, vectors, cwes: if rejected { Vec::new() } else { cwes }, modified_at }))
    }
}

/// NVD's times are UTC and do not say so.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")))
}

impl Vulnerabilities {
    pub(super) fn open(input: Input, limits: &Limits) -> Result<Self, ReadError> {
        let mut cursor = Cursor::new(input.content, limits);
        cursor.begin_object()?;
        Ok(Self { cursor, about: FeedAbout::default(), place: Place::Members, listed: false, raw: Vec::new() })
    }

    fn member(&mut self, key: &str) -> Result<(), ReadError> {
        match key {
            "format" => {
                let format = self.cursor.value::<String>(key)?;
                if format != "NVD_CVE" {
                    let format = single_line(&format, 40);
                    return Err(self.cursor.malformed(format!("its format is `{format}` and not `NVD_CVE`")));
                }
            }
            "timestamp" => self.about.published_at = time(&self.cursor.value::<String>(key)?),
            "version" => self.about.version = Some(single_line(&self.cursor.value::<String>(key)?, 40)),
            "vulnerabilities" => {
                self.cursor.begin_array()?;
                self.listed = true;
                self.place = Place::Entries;
            }
            _ => self.cursor.skip_value()?,
        }
        Ok(())
    }
}

impl Records for Vulnerabilities {
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError> {
        loop {
            match self.place {
                Place::End => return Ok(None),
                Place::Members => match self.cursor.next_key()? {
                    Some(key) => self.member(&key)?,
                    None => {
                        self.cursor.end()?;
                        self.place = Place::End;
                        if !self.listed {
                            let detail = "it has no list `vulnerabilities`; the form is CVE JSON 2.0";
                            return Err(self.cursor.malformed(detail));
                        }
                    }
                },
                Place::Entries if self.cursor.next_element()? => {
                    if self.cursor.capture(&mut self.raw)? == Captured::TooLong {
                        return Err(ReadError::Hostile { detail: "a vulnerability in it is too long".to_owned() });
                    }
                    let item = serde_json::from_slice::<Item>(&self.raw).map_err(|error| error.to_string());
                    return item
                        .and_then(|item| item.cve.read())
                        .map(Some)
                        .map_err(|error| self.cursor.malformed(format!("a vulnerability in it: {error}")));
                }
                Place::Entries => self.place = Place::Members,
            }
        }
    }

    fn about(&self) -> &FeedAbout {
        &self.about
    }
}
