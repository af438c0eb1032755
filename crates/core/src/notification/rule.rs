//! Which notices go where.

use std::time::Duration;

use super::{Notice, NoticeEvent};
use crate::ids::{ChannelId, CompanyId, RuleId};
use crate::permission::Actor;
use crate::{Severity, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    pub company_id: CompanyId,
    pub name: String,
    pub channel_id: ChannelId,
    pub enabled: bool,
    /// At least one.
    pub events: Vec<NoticeEvent>,
    /// Of findings: only where the worst is this bad. Other events have no severity and are not held back by it.
    pub min_severity: Option<Severity>,
    /// Everything within this long of the first event goes out as one message; zero: each at once.
    pub digest: Duration,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Rule {
    pub const LONGEST_DIGEST: Duration = Duration::from_hours(7 * 24);

    #[must_use]
    pub fn matches(&self, notice: &Notice) -> bool {
        let severe = match (self.min_severity, notice.severity) {
            (Some(floor), Some(severity)) => severity >= floor,
            _ => true,
        };
        self.enabled && self.company_id == notice.company_id && severe && self.events.contains(&notice.event)
    }
}

/// Where one notice goes by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub channel_id: ChannelId,
    pub rule_id: RuleId,
    pub digest: Duration,
}

/// The ways of a notice, one a channel: where several rules name the same channel, the soonest of them counts, so that
/// nobody is told the same thing twice.
#[must_use]
pub fn routes(notice: &Notice, rules: &[Rule]) -> Vec<Route> {
    let mut matching: Vec<&Rule> = rules.iter().filter(|rule| rule.matches(notice)).collect();
    matching.sort_by_key(|rule| (rule.digest, rule.id));
    let mut routes: Vec<Route> = Vec::new();
    for rule in matching {
        if routes.iter().all(|route| route.channel_id != rule.channel_id) {
            routes.push(Route { channel_id: rule.channel_id, rule_id: rule.id, digest: rule.digest });
        }
    }
    routes
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::NoticeId;

    fn notice(event: NoticeEvent, severity: Option<Severity>) -> Notice {
        Notice {
            id: NoticeId(Uuid::from_u128(1)),
            company_id: CompanyId(Uuid::from_u128(2)),
            event,
            at: Timestamp::from_seconds(0),
            severity,
            scan_id: None,
            integration_id: None,
            title: String::new(),
            detail: String::new(),
            data: serde_json::Value::Null,
        }
    }

    fn rule(id: u128, channel: u128, events: &[NoticeEvent]) -> Rule {
        Rule {
            id: RuleId(Uuid::from_u128(id)),
            company_id: CompanyId(Uuid::from_u128(2)),
            name: String::new(),
            channel_id: ChannelId(Uuid::from_u128(channel)),
            enabled: true,
            events: events.to_vec(),
            min_severity: None,
            digest: Duration::ZERO,
            created_by: Actor::System,
            created_at: Timestamp::from_seconds(0),
            updated_at: Timestamp::from_seconds(0),
            version: 1,
        }
    }

    #[test]
    fn a_rule_takes_its_events_from_its_severity_on() {
        let rule = Rule { min_severity: Some(Severity::High), ..rule(1, 1, &[NoticeEvent::FindingsNew]) };
        assert!(rule.matches(&notice(NoticeEvent::FindingsNew, Some(Severity::Critical))));
        assert!(rule.matches(&notice(NoticeEvent::FindingsNew, Some(Severity::High))));
        assert!(!rule.matches(&notice(NoticeEvent::FindingsNew, Some(Severity::Medium))));
        assert!(!rule.matches(&notice(NoticeEvent::RunCompleted, None)));
        let runs = Rule { events: vec![NoticeEvent::RunCompleted], ..rule.clone() };
        assert!(runs.matches(&notice(NoticeEvent::RunCompleted, None)), "a run has no severity");
        assert!(!Rule { enabled: false, ..runs.clone() }.matches(&notice(NoticeEvent::RunCompleted, None)));
        let other = Rule { company_id: CompanyId(Uuid::from_u128(9)), ..runs };
        assert!(!other.matches(&notice(NoticeEvent::RunCompleted, None)));
    }

    #[test]
    fn a_channel_hears_of_a_thing_once_and_soonest() {
        let event = [NoticeEvent::RunFailed];
        let daily = Rule { digest: Duration::from_hours(24), ..rule(1, 7, &event) };
        let hourly = Rule { digest: Duration::from_hours(1), ..rule(2, 7, &event) };
        let elsewhere = rule(3, 8, &event);
        let found = routes(&notice(NoticeEvent::RunFailed, None), &[daily, hourly.clone(), elsewhere.clone()]);
        let expected = [&elsewhere, &hourly].map(|rule| (rule.channel_id, rule.id, rule.digest));
        assert_eq!(
            found.iter().map(|route| (route.channel_id, route.rule_id, route.digest)).collect::<Vec<_>>(),
            expected
        );
    }
}
