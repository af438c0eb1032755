//! What a report says about one weakness: the common shape every reader produces and the import consumes.

use serde::{Deserialize, Serialize};

use crate::asset::AssetRecord;
use crate::{Severity, Timestamp};

/// One record of a report. Texts are as the scanner wrote them; the import cleans them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Lower-case product name: `nessus`, `bandit`.
    pub scanner: String,
    /// Plugin id, rule id, test id.
    pub rule_id: String,
    pub title: String,
    pub severity: Severity,
    /// The scanner's own severity word, where it differs in kind: `HIGH`, `error`, `3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_severity: Option<String>,
    pub asset: AssetRecord,
    pub location: Location,
    /// Tells apart records that share rule, asset and location but are different checks, such as the items of a
    /// compliance audit. Stable over runs; part of the weakness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// Upper-case `CVE-YYYY-N`.
    #[serde(default)]
    pub cves: Vec<String>,
    #[serde(default)]
    pub cwes: Vec<u32>,
    #[serde(default)]
    pub cvss: Vec<CvssScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solution: Option<String>,
    /// Plugin output, matched line, request and response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default)]
    pub references: Vec<String>,
    /// When the scanner saw it, if the report says so for this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

/// A score as the scanner gave it; computed scores are kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CvssScore {
    /// `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// Where on the asset. Only what identifies: line numbers are for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Location {
    /// The asset as a whole.
    Asset,
    Network {
        /// 0 when the finding concerns no port.
        port: u16,
        /// Lower-case: `tcp`, `udp`, `icmp`.
        protocol: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    Web {
        /// Without query values and fragment.
        url: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter: Option<String>,
    },
    Code {
        /// Relative to the repository, with `/`.
        path: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u32>,
        /// The matched source as it stands in the file.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    Package {
        /// Package URL.
        purl: String,
        /// The manifest or lock file, or the file in the image.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
}

impl Location {
    /// One short line for people: `443/tcp`, `src/app.py:12`, a URL.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Asset | Self::Network { port: 0, .. } => String::new(),
            Self::Network { port, protocol, .. } => format!("{port}/{protocol}"),
            Self::Web { url, parameter: Some(parameter), .. } => format!("{url} [{parameter}]"),
            Self::Web { url, .. } => url.clone(),
            Self::Code { path, line: Some(line), .. } => format!("{path}:{line}"),
            Self::Code { path, .. } => path.clone(),
            Self::Package { purl, path: Some(path) } => format!("{purl} ({path})"),
            Self::Package { purl, .. } => purl.clone(),
        }
    }
}
