//! What may be told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CompanyId, IntegrationId, NoticeId, ScanId};
use crate::integration::Condition;
use crate::{Severity, Timestamp};

/// What a rule can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoticeEvent {
    /// A run ended as it should, wherever it was started. Its results may still be on their way.
    #[serde(rename = "run.completed")]
    RunCompleted,
    #[serde(rename = "run.failed")]
    RunFailed,
    #[serde(rename = "run.cancelled")]
    RunCancelled,
    /// An import ended and brought findings that are new or open again. An import without any tells nothing.
    #[serde(rename = "findings.new")]
    FindingsNew,
    #[serde(rename = "import.failed")]
    ImportFailed,
    /// An integration needs somebody, or is out of reach for longer than a hiccup.
    #[serde(rename = "integration.trouble")]
    IntegrationTrouble,
    /// The trouble that was told of is over.
    #[serde(rename = "integration.recovered")]
    IntegrationRecovered,
    #[serde(rename = "schedule.missed")]
    ScheduleMissed,
    /// A scheduled run could not be started.
    #[serde(rename = "schedule.failed")]
    ScheduleFailed,
    /// A person tries a channel out. No rule asks for it.
    #[serde(rename = "test")]
    Test,
}

impl NoticeEvent {
    /// What a rule can choose.
    pub const ALL: [Self; 9] = [
        Self::RunCompleted,
        Self::RunFailed,
        Self::RunCancelled,
        Self::FindingsNew,
        Self::ImportFailed,
        Self::IntegrationTrouble,
        Self::IntegrationRecovered,
        Self::ScheduleMissed,
        Self::ScheduleFailed,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunCompleted => "run.completed",
            Self::RunFailed => "run.failed",
            Self::RunCancelled => "run.cancelled",
            Self::FindingsNew => "findings.new",
            Self::ImportFailed => "import.failed",
            Self::IntegrationTrouble => "integration.trouble",
            Self::IntegrationRecovered => "integration.recovered",
            Self::ScheduleMissed => "schedule.missed",
            Self::ScheduleFailed => "schedule.failed",
            Self::Test => "test",
        }
    }
}

/// One event, complete in itself: what it is about may be deleted before it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Stays the same wherever and however often it is told.
    pub id: NoticeId,
    pub company_id: CompanyId,
    pub event: NoticeEvent,
    pub at: Timestamp,
    /// Of findings: the worst.
    pub severity: Option<Severity>,
    pub scan_id: Option<ScanId>,
    pub integration_id: Option<IntegrationId>,
    /// One line.
    pub title: String,
    /// A few lines for people; may be empty.
    pub detail: String,
    /// Facts for programs.
    pub data: Value,
}

/// Trouble that goes away by itself is told of after so many failures in a row.
const HICCUPS: u32 = 3;

/// What the end of a look at an integration is worth telling. `after` is marked as told of; the mark stays with the
/// condition for as long as it lasts, and makes its end worth telling too.
#[must_use]
pub fn integration_notice(
    before: Option<&Condition>,
    after: Option<&mut Condition>,
    failures: u32,
) -> Option<NoticeEvent> {
    let told = before.is_some_and(|before| before.told);
    let Some(after) = after else {
        return told.then_some(NoticeEvent::IntegrationRecovered);
    };
    let known = told && before.is_some_and(|before| before.kind == after.kind);
    let worth = after.kind.needs_a_person() || (failures >= HICCUPS && after.kind.is_an_outage());
    // One that is not worth telling does not end the trouble that was told of.
    after.told = told || worth;
    (worth && !known).then_some(NoticeEvent::IntegrationTrouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::ConditionKind;

    fn condition(kind: ConditionKind, told: bool) -> Condition {
        let since = Timestamp::from_seconds(1);
        Condition { kind, detail: String::new(), next_step: String::new(), since, told }
    }

    #[test]
    fn words_are_the_same_everywhere() {
        for event in NoticeEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
    }

    #[test]
    fn what_needs_a_person_is_told_at_once_and_once() {
        let mut after = condition(ConditionKind::Authentication, false);
        assert_eq!(integration_notice(None, Some(&mut after), 1), Some(NoticeEvent::IntegrationTrouble));
        assert!(after.told);
        let mut again = condition(ConditionKind::Authentication, false);
        assert_eq!(integration_notice(Some(&after), Some(&mut again), 2), None);
        assert!(again.told);
        assert_eq!(integration_notice(Some(&again), None, 0), Some(NoticeEvent::IntegrationRecovered));
    }

    #[test]
    fn a_hiccup_is_told_neither_when_it_begins_nor_when_it_ends() {
        let mut first = condition(ConditionKind::Timeout, false);
        assert_eq!(integration_notice(None, Some(&mut first), 1), None);
        assert_eq!(integration_notice(Some(&first), None, 0), None);
        let mut third = condition(ConditionKind::Timeout, false);
        assert_eq!(integration_notice(Some(&first), Some(&mut third), 3), Some(NoticeEvent::IntegrationTrouble));
        // Being asked to slow down in between is no recovery.
        let mut slowed = condition(ConditionKind::RateLimited, false);
        assert_eq!(integration_notice(Some(&third), Some(&mut slowed), 4), None);
        assert_eq!(integration_notice(Some(&slowed), None, 0), Some(NoticeEvent::IntegrationRecovered));
        let mut limited = condition(ConditionKind::RateLimited, false);
        assert_eq!(integration_notice(None, Some(&mut limited), 50), None);
    }

    #[test]
    fn trouble_of_another_kind_is_told_again() {
        let told = condition(ConditionKind::Unreachable, true);
        let mut other = condition(ConditionKind::Tls, false);
        assert_eq!(integration_notice(Some(&told), Some(&mut other), 9), Some(NoticeEvent::IntegrationTrouble));
    }
}
