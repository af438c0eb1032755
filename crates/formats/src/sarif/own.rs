//! What Scanhelm writes into the `properties` of its own SARIF results and reads back from there: the facts that make
//! a finding the same finding and for which SARIF has no place. Without them a finding on a port of a host would come
//! back as one on "unknown repository".

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key in `properties`. Raised when the facts change their meaning.
pub(crate) const KEY: &str = "scanhelm/v1";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OwnFacts {
    pub(crate) severity: Severity,
    pub(crate) asset: AssetRecord,
    pub(crate) location: Location,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cves: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cwes: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cvss: Vec<CvssScore>,
}

impl OwnFacts {
    pub(crate) fn of(record: &FindingRecord) -> Self {
        Self {
            severity: record.severity,
            asset: record.asset.clone(),
            location: record.location.clone(),
            check: record.check.clone(),
            cves: record.cves.clone(),
            cwes: record.cwes.clone(),
            cvss: record.cvss.clone(),
        }
    }

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
