//! Until when a finding should be gone, and whether it was.
//!
//! The due date is computed from the policy and from what happened, never from a flag that somebody set, so nothing can
//! reset it: closing a finding and opening it again does not give it more time, and one that was mitigated keeps the
//! date that held then. The clock starts when the weakness was first seen. It starts anew only when a scanner sees
//! again what was fixed. That something is no longer seen does not stop it: absent is not fixed.
//!
//! A day is 24 hours, so that no zone and no change of its clocks moves a date.

use serde::{Deserialize, Serialize};

use super::FindingState;
use crate::asset::Criticality;
use crate::{Error, FieldError, Result, Severity, Timestamp};

const MOST_DAYS: u16 = 3650;
const PERCENT: std::ops::RangeInclusive<u16> = 10..=1000;
/// Of a day, in milliseconds.
const ONE_PERCENT: i64 = 864_000;

/// A company's promise, switched off until somebody makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicy {
    pub enabled: bool,
    pub days: DaysBySeverity,
    /// Of what is known to be exploited, counted from the day it became known if that came later. The earlier of this
    /// and the severity's day counts.
    pub kev_days: Option<u16>,
    /// What share of that time there is, by the criticality of the asset.
    pub percent: PercentByCriticality,
}

/// `None`: no due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysBySeverity {
    pub critical: Option<u16>,
    pub high: Option<u16>,
    pub medium: Option<u16>,
    pub low: Option<u16>,
    pub info: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PercentByCriticality {
    pub low: u16,
    pub normal: u16,
    pub high: u16,
    pub critical: u16,
}

impl Default for SlaPolicy {
    /// What is proposed: 15 and 30 days are those of CISA's directive BOD 19-02, 14 for what is exploited that of
    /// BOD 22-01. Off, because a due date is a promise that only the company itself can make.
    fn default() -> Self {
        Self {
            enabled: false,
            days: DaysBySeverity { critical: Some(15), high: Some(30), medium: Some(90), low: Some(180), info: None },
            kev_days: Some(14),
            percent: PercentByCriticality { low: 150, normal: 100, high: 75, critical: 50 },
        }
    }
}

impl DaysBySeverity {
    #[must_use]
    pub const fn of(&self, severity: Severity) -> Option<u16> {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }
}

impl PercentByCriticality {
    #[must_use]
    pub const fn of(&self, criticality: Criticality) -> u16 {
        match criticality {
            Criticality::Low => self.low,
            Criticality::Normal => self.normal,
            Criticality::High => self.high,
            Criticality::Critical => self.critical,
        }
    }
}

impl SlaPolicy {
    /// As it is, or all that is wrong with it.
    ///
    /// # Errors
    /// Field errors of `days.*`, `kev_days` and `percent.*`.
    pub fn checked(self) -> Result<Self> {
        let mut wrong: Vec<FieldError> = Vec::new();
        let mut refuse = |field: String, detail: String| {
            wrong.extend(Error::field(field, "out_of_range", detail).fields);
        };
        let mut at_least: Option<(Severity, u16)> = None;
        for severity in Severity::ALL {
            let Some(days) = self.days.of(severity) else { continue };
            if !(1..=MOST_DAYS).contains(&days) {
                refuse(format!("days.{severity}"), format!("Between 1 and {MOST_DAYS} days, or none."));
            }
            match at_least {
                Some((worse, most)) if days < most => refuse(
                    format!("days.{severity}"),
                    format!("What is {severity} may not be due before what is {worse} ({most} days)."),
                ),
                _ => at_least = Some((severity, days)),
            }
        }
        if self.kev_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            refuse("kev_days".to_owned(), format!("Between 1 and {MOST_DAYS} days, or none."));
        }
        let mut most = u16::MAX;
        for criticality in Criticality::ALL {
            let percent = self.percent.of(criticality);
            if !PERCENT.contains(&percent) {
                let detail = format!("Between {} and {} percent.", PERCENT.start(), PERCENT.end());
                refuse(format!("percent.{}", criticality.as_str()), detail);
            } else if percent > most {
                let detail = "A more critical asset may not have more time than a less critical one.".to_owned();
                refuse(format!("percent.{}", criticality.as_str()), detail);
            }
            most = percent;
        }
        if wrong.is_empty() { Ok(self) } else { Err(Error::fields(wrong)) }
    }
}

/// What a due date follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaFacts {
    pub severity: Severity,
    pub criticality: Criticality,
    pub first_seen_at: Timestamp,
    /// When a scanner saw it again after it was fixed.
    pub reopened_at: Option<Timestamp>,
    /// Since when one of its CVEs is known to be exploited.
    pub kev_since: Option<Timestamp>,
}

/// `None` where the policy promises nothing.
#[must_use]
pub fn due_at(policy: &SlaPolicy, facts: &SlaFacts) -> Option<Timestamp> {
    if !policy.enabled {
        return None;
    }
    let percent = i64::from(policy.percent.of(facts.criticality));
    let after = |start: Timestamp, days: u16| {
        let span = i64::from(days).saturating_mul(ONE_PERCENT).saturating_mul(percent);
        Timestamp::from_millis(start.as_millis().saturating_add(span))
    };
    let start = facts.reopened_at.map_or(facts.first_seen_at, |reopened| reopened.max(facts.first_seen_at));
    let by_severity = policy.days.of(facts.severity).map(|days| after(start, days));
    let by_kev = facts.kev_since.zip(policy.kev_days).map(|(since, days)| after(start.max(since), days));
    [by_severity, by_kev].into_iter().flatten().min()
}

/// How a finding stands to its due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaStanding {
    /// There is time left.
    Running,
    /// It should be gone by now.
    Overdue,
    /// It was gone in time.
    Met,
    /// It was gone, but too late.
    Missed,
    /// A person decided that it need not go.
    Waived,
}

impl SlaStanding {
    pub const ALL: [Self; 5] = [Self::Running, Self::Overdue, Self::Met, Self::Missed, Self::Waived];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Overdue => "overdue",
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Waived => "waived",
        }
    }
}

/// States in which the clock has stopped: the weakness is gone, or a person says so.
#[must_use]
pub const fn stops_clock(state: FindingState) -> bool {
    matches!(state, FindingState::Fixed | FindingState::VerifiedFixed | FindingState::Closed)
}

/// Whether being seen again in this state starts the clock anew: only what was fixed can come back.
#[must_use]
pub const fn restarts_clock(state: FindingState) -> bool {
    matches!(state, FindingState::Fixed | FindingState::VerifiedFixed)
}

/// `None` without a due date. `stopped_at`: when it was first gone, if it is.
#[must_use]
pub fn standing(
    due_at: Option<Timestamp>,
    state: FindingState,
    stopped_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<SlaStanding> {
    let due_at = due_at?;
    Some(match state {
        state if state.is_hidden() => SlaStanding::Waived,
        state if stops_clock(state) => match stopped_at {
            Some(stopped_at) if stopped_at > due_at => SlaStanding::Missed,
            _ => SlaStanding::Met,
        },
        _ if due_at < now => SlaStanding::Overdue,
        _ => SlaStanding::Running,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn on() -> SlaPolicy {
        SlaPolicy { enabled: true, ..SlaPolicy::default() }
    }

    fn facts(severity: Severity, first_seen: &str) -> SlaFacts {
        SlaFacts {
            severity,
            criticality: Criticality::Normal,
            first_seen_at: Timestamp::parse(first_seen).unwrap(),
            reopened_at: None,
            kev_since: None,
        }
    }

    fn due(policy: &SlaPolicy, facts: &SlaFacts) -> String {
        due_at(policy, facts).map_or_else(|| "never".to_owned(), |due| due.to_string())
    }

    #[test]
    fn days_are_days_over_leap_days_and_changed_clocks() {
        // Clocks in Europe and America change within these spans, 2028 has a 29th of February.
        assert_eq!(due(&on(), &facts(Severity::Critical, "2028-02-20T08:30:00Z")), "2028-03-06T08:30:00.000Z");
        assert_eq!(due(&on(), &facts(Severity::Critical, "2027-02-20T08:30:00Z")), "2027-03-07T08:30:00.000Z");
        assert_eq!(due(&on(), &facts(Severity::High, "2026-03-08T01:59:00-05:00")), "2026-04-07T06:59:00.000Z");
        assert_eq!(due(&on(), &facts(Severity::High, "2026-10-20T00:00:00Z")), "2026-11-19T00:00:00.000Z");
    }

    #[test]
    fn kev_criticality_and_silence() {
        let high = facts(Severity::High, "2026-01-01T00:00:00Z");
        let on_critical = SlaFacts { criticality: Criticality::Critical, ..high };
        assert_eq!(due(&on(), &on_critical), "2026-01-16T00:00:00.000Z");
        let listed_before = SlaFacts { kev_since: Timestamp::parse("2025-01-01T00:00:00Z"), ..high };
        assert_eq!(due(&on(), &listed_before), "2026-01-15T00:00:00.000Z");
        // Listed on the tenth day: nobody is late on that day.
        let listed_later = SlaFacts { kev_since: Timestamp::parse("2026-01-10T00:00:00Z"), ..high };
        assert_eq!(due(&on(), &listed_later), "2026-01-24T00:00:00.000Z");
        // And it never gives more time than the severity does.
        let listed_last = SlaFacts { kev_since: Timestamp::parse("2026-01-29T00:00:00Z"), ..high };
        assert_eq!(due(&on(), &listed_last), "2026-01-31T00:00:00.000Z");
        assert_eq!(due(&on(), &SlaFacts { severity: Severity::Info, ..high }), "never");
        assert_eq!(due(&on(), &SlaFacts { severity: Severity::Info, ..listed_before }), "2026-01-15T00:00:00.000Z");
        assert_eq!(due(&SlaPolicy::default(), &high), "never");
        let back = SlaFacts { reopened_at: Timestamp::parse("2026-06-01T00:00:00Z"), ..high };
        assert_eq!(due(&on(), &back), "2026-07-01T00:00:00.000Z");
    }

    #[test]
    fn what_was_in_time_stays_in_time() {
        let at = Timestamp::from_seconds;
        let judge = |state, stopped, now| standing(Some(at(100)), state, stopped, at(now));
        assert_eq!(judge(FindingState::Open, None, 100), Some(SlaStanding::Running));
        assert_eq!(judge(FindingState::InProgress, None, 101), Some(SlaStanding::Overdue));
        // Absent is not fixed.
        assert_eq!(judge(FindingState::NotSeen, None, 101), Some(SlaStanding::Overdue));
        for now in [50, 100, 1_000_000] {
            assert_eq!(judge(FindingState::Fixed, Some(at(100)), now), Some(SlaStanding::Met));
            assert_eq!(judge(FindingState::VerifiedFixed, Some(at(101)), now), Some(SlaStanding::Missed));
            assert_eq!(judge(FindingState::RiskAccepted, None, now), Some(SlaStanding::Waived));
        }
        assert_eq!(standing(None, FindingState::Open, None, at(1)), None);
        assert!(!restarts_clock(FindingState::Closed) && !restarts_clock(FindingState::NotSeen));
    }

    #[test]
    fn a_policy_that_contradicts_itself_is_refused() {
        assert!(on().checked().is_ok());
        let fields = |policy: SlaPolicy| -> Vec<String> {
            policy.checked().unwrap_err().fields.into_iter().map(|field| field.field).collect()
        };
        let days = DaysBySeverity { high: Some(5), low: Some(0), ..on().days };
        assert_eq!(fields(SlaPolicy { days, ..on() }), ["days.high", "days.low", "days.low"]);
        assert_eq!(fields(SlaPolicy { kev_days: Some(4000), ..on() }), ["kev_days"]);
        let percent = PercentByCriticality { low: 5, high: 120, ..on().percent };
        assert_eq!(fields(SlaPolicy { percent, ..on() }), ["percent.low", "percent.normal", "percent.high"]);
    }

    proptest! {
        /// A worse severity, a more critical asset and being exploited never give more time.
        #[test]
        fn a_worse_fact_is_never_due_later(
            first in 0..4_000_000_000_000i64,
            since in proptest::option::of(0..4_000_000_000_000i64),
            ranks in (0..5u8, 0..5u8),
            places in (0..4usize, 0..4usize),
        ) {
            let policy = SlaPolicy { days: DaysBySeverity { info: Some(365), ..on().days }, ..on() };
            let base = SlaFacts {
                severity: Severity::from_rank(ranks.0.min(ranks.1)).unwrap(),
                criticality: Criticality::ALL[places.0.min(places.1)],
                first_seen_at: Timestamp::from_millis(first),
                reopened_at: None,
                kev_since: None,
            };
            let worse = SlaFacts { severity: Severity::from_rank(ranks.0.max(ranks.1)).unwrap(), ..base };
            let dearer = SlaFacts { criticality: Criticality::ALL[places.0.max(places.1)], ..base };
            let exploited = SlaFacts { kev_since: since.map(Timestamp::from_millis), ..base };
            let due = due_at(&policy, &base).unwrap();
            for facts in [worse, dearer, exploited] {
                prop_assert!(due_at(&policy, &facts).unwrap() <= due);
            }
            prop_assert_eq!((due.as_millis() - first) % (DAY / 4), 0);
            prop_assert!(due.as_millis() > first);
        }
    }
}
