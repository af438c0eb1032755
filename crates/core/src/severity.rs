//! The five severities and counts by severity. The analyst's effective severity, the vendor's word and a computed
//! CVSS score are three different facts and are kept in three different places; this is the common scale.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Ordered: `Info < Low < Medium < High < Critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Worst first, the order of every list.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }

    /// 0 (info) to 4 (critical): the number Nessus uses, and the order of every sort.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// The inverse of [`Severity::rank`].
    #[must_use]
    pub const fn from_rank(rank: u8) -> Option<Self> {
        match rank {
            0 => Some(Self::Info),
            1 => Some(Self::Low),
            2 => Some(Self::Medium),
            3 => Some(Self::High),
            4 => Some(Self::Critical),
            _ => None,
        }
    }

    /// The qualitative rating of a CVSS v3/v4 base score (FIRST, "Qualitative Severity Rating Scale").
    #[must_use]
    pub fn from_cvss(score: f64) -> Self {
        match score {
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::Info,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownSeverity(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity; use critical, high, medium, low or info")]
pub struct UnknownSeverity(pub String);

/// How many of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCounts {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
    pub info: u64,
}

impl SeverityCounts {
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.critical + self.high + self.medium + self.low + self.info
    }

    pub const fn add(&mut self, severity: Severity, count: u64) {
        match severity {
            Severity::Critical => self.critical += count,
            Severity::High => self.high += count,
            Severity::Medium => self.medium += count,
            Severity::Low => self.low += count,
            Severity::Info => self.info += count,
        }
    }

    #[must_use]
    pub const fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }

    /// `no findings`, or `12 findings: 1 high, 11 low`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let parts = Severity::ALL.into_iter().filter(|severity| self.get(*severity) > 0);
        let parts: Vec<String> = parts.map(|severity| format!("{} {severity}", self.get(severity))).collect();
        match self.total() {
            0 => "no findings".to_owned(),
            total => format!("{}: {}", findings_in_words(total), parts.join(", ")),
        }
    }
}

/// `1 finding`, `2 findings`.
#[must_use]
pub fn findings_in_words(count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

impl FromIterator<Severity> for SeverityCounts {
    fn from_iter<I: IntoIterator<Item = Severity>>(severities: I) -> Self {
        let mut counts = Self::default();
        for severity in severities {
            counts.add(severity, 1);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_only_what_there_is() {
        assert_eq!(SeverityCounts::default().in_words(), "no findings");
        assert_eq!([Severity::Low].into_iter().collect::<SeverityCounts>().in_words(), "1 finding: 1 low");
        let some = [Severity::Low, Severity::High, Severity::Low];
        assert_eq!(some.into_iter().collect::<SeverityCounts>().in_words(), "3 findings: 1 high, 2 low");
    }
}
