//! What Scanhelm writes into the `properties` of its own SARIF results and reads back from there: the facts that make
//! a finding the same finding and for which SARIF has no place. Without them a finding on a port of a host would come
//! back as one on "unknown repository".

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key in `properties`, also as the writer names it. Raised when the facts change their meaning.
const KEY: &str = "scanhelm/v1";

/// As they are written.
#[derive(Serialize)]
pub(crate) struct Facts<'record> {
    asset: &'record AssetRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'record str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cves: &'record [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cvss: &'record [CvssScore],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cwes: &'record [u32],
    location: &'record Location,
    severity: Severity,
}

impl<'record> Facts<'record> {
    pub(crate) fn of(record: &'record FindingRecord) -> Self {
        Self {
            asset: &record.asset,
            check: record.check.as_deref(),
            cves: &record.cves,
            cvss: &record.cvss,
            cwes: &record.cwes,
            location: &record.location,
            severity: record.severity,
        }
    }
}

/// As they are read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OwnFacts {
    severity: Severity,
    pub(super) asset: AssetRecord,
    pub(super) location: Location,
    check: Option<String>,
    #[serde(default)]
    cves: Vec<String>,
    #[serde(default)]
    cwes: Vec<u32>,
    #[serde(default)]
    cvss: Vec<CvssScore>,
}

impl OwnFacts {
    pub(super) fn read(properties: &Value) -> Option<Self> {
        serde_json::from_value(properties.get(KEY)?.clone()).ok()
    }

    pub(super) fn apply(self, record: &mut FindingRecord) {
        record.severity = self.severity;
        record.asset = self.asset;
        record.location = self.location;
        record.check = self.check;
        record.cves = self.cves;
        record.cwes = self.cwes;
        record.cvss = self.cvss;
    }
}
