//! What may be told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CompanyId, IntegrationId, NoticeId, ScanId};
use crate::integration::{Health, ToldTrouble};
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
    /// A comment mentions members of the company.
    #[serde(rename = "finding.mentioned")]
    FindingMentioned,
    /// A judgement waits for a second person.
    #[serde(rename = "approval.requested")]
    ApprovalRequested,
    /// Such a request was approved or rejected, or nobody decided it in time.
    #[serde(rename = "approval.decided")]
    ApprovalDecided,
    /// Risk acceptances and the like ran out, and their findings are back.
    #[serde(rename = "verdict.expired")]
    VerdictExpired,
    /// A rule that suppressed findings ended.
    #[serde(rename = "suppression_rule.expired")]
    SuppressionRuleExpired,
    /// A person tries a channel out. No rule asks for it.
    #[serde(rename = "test")]
    Test,
}

impl NoticeEvent {
    /// What a rule can choose.
    pub const ALL: [Self; 14] = [
        Self::RunCompleted,
        Self::RunFailed,
        Self::RunCancelled,
        Self::FindingsNew,
        Self::ImportFailed,
        Self::IntegrationTrouble,
        Self::IntegrationRecovered,
        Self::ScheduleMissed,
        Self::ScheduleFailed,
        Self::FindingMentioned,
        Self::ApprovalRequested,
        Self::ApprovalDecided,
        Self::VerdictExpired,
        Self::SuppressionRuleExpired,
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
            Self::FindingMentioned => "finding.mentioned",
            Self::ApprovalRequested => "approval.requested",
            Self::ApprovalDecided => "approval.decided",
            Self::VerdictExpired => "verdict.expired",
            Self::SuppressionRuleExpired => "suppression_rule.expired",
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

/// What the end of a look at an integration is worth telling, which `health` then remembers.
pub fn integration_notice(health: &mut Health) -> Option<NoticeEvent> {
    let Some(condition) = &health.condition else {
        return health.told.take().map(|_| NoticeEvent::IntegrationRecovered);
    };
    let kind = condition.kind;
    let worth = kind.needs_a_person() || (health.error_streak >= HICCUPS && kind.is_an_outage());
    // An outage shows in many ways, in turn: only trouble that asks for something else is told beside what was told.
    if !worth || health.told.is_some_and(|told| told.kind == kind || !kind.needs_a_person()) {
        return None;
    }
    let since = health.told.map_or(condition.since, |told| told.since);
    health.told = Some(ToldTrouble { kind, since });
    Some(NoticeEvent::IntegrationTrouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::{Condition, ConditionKind};

    /// The end of a look: what is wrong, if something is, for the so-manieth time.
    fn look(health: &mut Health, trouble: Option<(ConditionKind, u32)>) -> Option<NoticeEvent> {
        let since = Timestamp::from_seconds(1);
        health.error_streak = trouble.map_or(0, |(_, failures)| failures);
        health.condition =
            trouble.map(|(kind, _)| Condition { kind, detail: String::new(), next_step: String::new(), since });
        integration_notice(health)
    }

    const TROUBLE: Option<NoticeEvent> = Some(NoticeEvent::IntegrationTrouble);
    const RECOVERED: Option<NoticeEvent> = Some(NoticeEvent::IntegrationRecovered);

    #[test]
    fn words_are_the_same_everywhere() {
        for event in NoticeEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
    }

    #[test]
    fn what_needs_a_person_is_told_at_once_and_once() {
        let mut health = Health::default();
        assert_eq!(look(&mut health, Some((ConditionKind::Authentication, 1))), TROUBLE);
        assert_eq!(look(&mut health, Some((ConditionKind::Authentication, 2))), None);
        // The person enters something new: the page is clean, the end is not told before it is seen.
        let mut health = Health { told: health.told, ..Health::default() };
        assert_eq!(look(&mut health, Some((ConditionKind::Authentication, 1))), None);
        assert_eq!(look(&mut health, None), RECOVERED);
        assert_eq!(look(&mut health, None), None);
    }

    #[test]
    fn an_outage_that_shows_in_turns_is_told_once() {
        let mut health = Health::default();
        let told: Vec<_> = (3..9)
            .map(|failures| {
                let kind = if failures % 2 == 0 { ConditionKind::Timeout } else { ConditionKind::Unreachable };
                look(&mut health, Some((kind, failures)))
            })
            .collect();
        assert_eq!(told, [TROUBLE, None, None, None, None, None]);
        // It needs a person after all, and then seems to be the outage again.
        assert_eq!(look(&mut health, Some((ConditionKind::Authentication, 9))), TROUBLE);
        assert_eq!(look(&mut health, Some((ConditionKind::Timeout, 10))), None);
        assert_eq!(look(&mut health, Some((ConditionKind::Authentication, 11))), None);
        assert_eq!(look(&mut health, None), RECOVERED);
    }

    #[test]
    fn a_hiccup_is_told_neither_when_it_begins_nor_when_it_ends() {
        let mut health = Health::default();
        assert_eq!(look(&mut health, Some((ConditionKind::Timeout, 1))), None);
        assert_eq!(look(&mut health, None), None);
        assert_eq!(look(&mut health, Some((ConditionKind::Timeout, 3))), TROUBLE);
        // Being asked to slow down in between is no recovery.
        assert_eq!(look(&mut health, Some((ConditionKind::RateLimited, 4))), None);
        assert_eq!(look(&mut health, None), RECOVERED);
        assert_eq!(look(&mut health, Some((ConditionKind::RateLimited, 50))), None);
    }

    #[test]
    fn trouble_of_another_kind_is_told_again() {
        let mut health = Health::default();
        assert_eq!(look(&mut health, Some((ConditionKind::Unreachable, 3))), TROUBLE);
        assert_eq!(look(&mut health, Some((ConditionKind::Tls, 4))), TROUBLE);
        assert_eq!(look(&mut health, None), RECOVERED);
    }
}
