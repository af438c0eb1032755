//! What the public knows of a vulnerability: the four feeds, what a line of each says, and how a feed stands. They belong
//! to the installation, not to a tenant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::finding::cvss::{self, ComputedScore};
use crate::{Error, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// How probably a CVE is exploited within 30 days (FIRST).
    Epss,
    /// Which CVEs are known to be exploited (CISA).
    Kev,
    /// CVSS vectors and CWEs of CVEs (NIST).
    Nvd,
    /// Names of weaknesses (MITRE).
    Cwe,
}

impl FeedKind {
    pub const ALL: [Self; 4] = [Self::Epss, Self::Kev, Self::Nvd, Self::Cwe];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Epss => "epss",
            Self::Kev => "kev",
            Self::Nvd => "nvd",
            Self::Cwe => "cwe",
        }
    }

    /// Whether one file is all there is: what a newer one no longer names is forgotten. NVD comes in a file a year and
    /// in files of what has changed.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        !matches!(self, Self::Nvd)
    }
}

impl fmt::Display for FeedKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for FeedKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::field("kind", "unknown", "There are the feeds epss, kev, nvd and cwe."))
    }
}

/// Both 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpssScore {
    pub score: f64,
    pub percentile: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KevEntry {
    pub cve: String,
    /// CISA's short name of it.
    pub name: String,
    pub added_at: Timestamp,
    /// By when CISA asks federal agencies to have acted.
    pub due_at: Option<Timestamp>,
    pub ransomware: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NvdEntry {
    pub cve: String,
    /// The most trusted source's of each CVSS version.
    pub vectors: Vec<String>,
    pub cwes: Vec<u32>,
    pub modified_at: Timestamp,
}

impl NvdEntry {
    /// Of the newest CVSS version that there is a vector of.
    #[must_use]
    pub fn score(&self) -> Option<ComputedScore> {
        cvss::leading(self.vectors.iter().map(String::as_str))
    }
}

/// Everything the feeds say about one CVE.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CveFacts {
    pub epss: Option<EpssScore>,
    pub kev: Option<KevEntry>,
    pub nvd: Option<NvdEntry>,
}

/// One record of a feed.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedRecord {
    Epss { cve: String, score: EpssScore },
    Kev(KevEntry),
    Nvd(NvdEntry),
    Cwe { id: u32, name: String },
}

/// How a feed stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedState {
    pub kind: FeedKind,
    /// Where what is loaded came from, for people: a path, an address without its secrets, a file's name.
    pub source: Option<String>,
    /// The publisher's own: the model of EPSS, the catalogue of KEV, the release of CWE.
    pub version: Option<String>,
    /// The date that the publisher gives it.
    pub published_at: Option<Timestamp>,
    /// What is loaded.
    pub records: u64,
    /// SHA-256 of the file or files that are loaded.
    pub digest: Option<String>,
    /// When something was last loaded, or found to be what is loaded already.
    pub succeeded_at: Option<Timestamp>,
    /// When it was last tried.
    pub attempted_at: Option<Timestamp>,
    /// Why the last try failed, and what to do; what was loaded before stays.
    pub error: Option<String>,
}

impl FeedState {
    #[must_use]
    pub const fn empty(kind: FeedKind) -> Self {
        Self {
            kind,
            source: None,
            version: None,
            published_at: None,
            records: 0,
            digest: None,
            succeeded_at: None,
            attempted_at: None,
            error: None,
        }
    }
}

/// `CVE-2021-44228` in upper case, or nothing: feeds are read by machines, so there is no other spelling.
#[must_use]
pub fn cve_id(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase();
    let (year, number) = text.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (year.len() == 4 && (4..=12).contains(&number.len()) && digits(year) && digits(number)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cve_is_spelled_in_one_way() {
        assert_eq!(cve_id(" cve-2021-44228 ").as_deref(), Some("CVE-2021-44228"));
        for odd in ["CVE-21-4422", "CVE-2021-1", "CVE-2021-4422a", "GHSA-x", "", "CVE-2021-1234567890123"] {
            assert_eq!(cve_id(odd), None, "{odd}");
        }
    }
}
