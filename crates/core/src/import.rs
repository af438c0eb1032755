//! An import: bringing one run's results into the hub, in batches with a checkpoint in each batch's transaction.

use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, FindingId, ImportId, JobId, RunId, ScanId};
use crate::status::ImportState;
use crate::{Severity, SeverityCounts, Timestamp};

/// A record that could not be taken, and why. Kept and shown, never dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// 0-based position among the report's records.
    pub record: u64,
    pub reason: String,
    /// As much of the record as helps to find it.
    pub excerpt: String,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Records read, quarantined ones included.
    pub records: u64,
    /// New findings.
    pub created: u64,
    /// Known sightings with newer content, and new sightings of known findings.
    pub updated: u64,
    pub reopened: u64,
    pub unchanged: u64,
    /// Findings closed because a complete covering run no longer shows them.
    pub fixed: u64,
    pub not_seen: u64,
    pub quarantined: u64,
}

impl ImportCounts {
    pub const fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.created += other.created;
        self.updated += other.updated;
        self.reopened += other.reopened;
        self.unchanged += other.unchanged;
        self.fixed += other.fixed;
        self.not_seen += other.not_seen;
        self.quarantined += other.quarantined;
    }
}

/// What an import brought that was not known before, or was thought to be over: what people are told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportNews {
    /// New findings, without those that a person had already judged to be none.
    pub new: SeverityCounts,
    pub reopened: SeverityCounts,
    /// The worst of them, worst first, in the order of the report among equals.
    pub worst: Vec<NewsItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsItem {
    pub finding_id: FindingId,
    pub severity: Severity,
    pub title: String,
    /// It was over before; otherwise it is new.
    pub reopened: bool,
}

impl ImportNews {
    /// As many of the worst are named.
    pub const NAMED: usize = 10;

    pub fn add(&mut self, item: NewsItem) {
        let counts = if item.reopened { &mut self.reopened } else { &mut self.new };
        counts.add(item.severity, 1);
        let place = self.worst.partition_point(|known| known.severity >= item.severity);
        if place < Self::NAMED {
            self.worst.insert(place, item);
            self.worst.truncate(Self::NAMED);
        }
    }

    /// The worst severity; `None`: there is nothing to tell.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.worst.first().map(|item| item.severity)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub id: ImportId,
    pub company_id: CompanyId,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub job_id: JobId,
    pub state: ImportState,
    /// Records whose effect is committed: where a restart continues.
    pub checkpoint: u64,
    pub counts: ImportCounts,
    pub news: ImportNews,
    /// First ones, bounded; `counts.quarantined` is the whole number.
    pub quarantined: Vec<Quarantined>,
    /// What the connector needs to continue (such as the export id it polls), opaque to the hub.
    pub vendor_state: Option<serde_json::Value>,
    /// Digest of the report being imported: a resume continues only on the same bytes.
    pub report_sha256: Option<String>,
    pub error: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn news_count_all_and_name_the_worst() {
        let mut news = ImportNews::default();
        assert_eq!(news.severity(), None);
        let item = |number: u128, severity| NewsItem {
            finding_id: FindingId(Uuid::from_u128(number)),
            severity,
            title: number.to_string(),
            reopened: number.is_multiple_of(5),
        };
        for number in 1..=20u128 {
            let severity = if number.is_multiple_of(4) { Severity::High } else { Severity::Low };
            news.add(item(number, severity));
        }
        news.add(item(21, Severity::Critical));
        let named: Vec<_> = news.worst.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(named, ["21", "4", "8", "12", "16", "20", "1", "2", "3", "5"]);
        assert_eq!((news.new.total(), news.reopened.total(), news.reopened.high), (17, 4, 1));
        assert_eq!(news.severity(), Some(Severity::Critical));
    }
}
