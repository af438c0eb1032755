//! What is known of a finding beyond its scanner, and what follows from it: one pure step from facts to what is kept
//! with the finding for sorting and filtering. The import does it for what is new, a job for everything else when a feed,
//! a policy or the criticality of an asset has changed; both end in the same, because nothing else goes in.

use serde::Serialize;

use super::FindingState;
use super::risk::{self, Risk, RiskFacts};
use super::sla::{self, SlaFacts, SlaPolicy};
use crate::asset::Criticality;
use crate::feed::CveFacts;
use crate::{Severity, Timestamp};

/// What is kept with a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rating {
    /// 0 to 100.
    pub risk: u8,
    /// The highest of its CVEs, 0 to 1.
    pub epss: Option<f64>,
    /// One of its CVEs is known to be exploited.
    pub kev: bool,
    pub due_at: Option<Timestamp>,
}

/// What a rating follows from, beside the CVEs and the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatedFinding {
    pub severity: Severity,
    /// Ten times the leading computed CVSS of its live sightings.
    pub cvss_tenths: Option<u8>,
    pub criticality: Criticality,
    pub state: FindingState,
    pub first_seen_at: Timestamp,
    pub reopened_at: Option<Timestamp>,
    /// As it stands: of a finding that is gone it stays.
    pub due_at: Option<Timestamp>,
}

impl RatedFinding {
    /// `facts`: of the finding's CVEs, in any order.
    #[must_use]
    pub fn rate<'a>(&self, facts: impl Iterator<Item = &'a CveFacts> + Clone, policy: &SlaPolicy) -> Rating {
        let risk = self.risk_facts(facts.clone());
        let kev_since = facts.filter_map(|facts| Some(facts.kev.as_ref()?.added_at)).min();
        let due_at = if sla::stops_clock(self.state) {
            self.due_at
        } else {
            let facts = SlaFacts {
                severity: self.severity,
                criticality: self.criticality,
                first_seen_at: self.first_seen_at,
                reopened_at: self.reopened_at,
                kev_since,
            };
            sla::due_at(policy, &facts)
        };
        Rating { risk: risk::score(&risk), epss: risk.epss, kev: risk.kev, due_at }
    }

    /// The score with its parts.
    #[must_use]
    pub fn explain<'a>(&self, facts: impl Iterator<Item = &'a CveFacts> + Clone) -> Risk {
        risk::explain(&self.risk_facts(facts))
    }

    /// The scanner looked at this very installation, so its vector goes before the database's.
    fn risk_facts<'a>(&self, facts: impl Iterator<Item = &'a CveFacts> + Clone) -> RiskFacts {
        let of_database = || facts.clone().filter_map(|facts| Some(facts.nvd.as_ref()?.score()?.tenths)).max();
        RiskFacts {
            severity: self.severity,
            cvss_tenths: self.cvss_tenths.or_else(of_database),
            epss: facts.clone().filter_map(|facts| Some(facts.epss.as_ref()?.score)).reduce(f64::max),
            kev: facts.clone().any(|facts| facts.kev.is_some()),
            criticality: self.criticality,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{EpssScore, KevEntry, NvdEntry};

    fn finding() -> RatedFinding {
        RatedFinding {
            severity: Severity::High,
            cvss_tenths: None,
            criticality: Criticality::Normal,
            state: FindingState::Open,
            first_seen_at: Timestamp::from_seconds(0),
            reopened_at: None,
            due_at: None,
        }
    }

    fn facts() -> [CveFacts; 2] {
        let kev = KevEntry {
            cve: "CVE-2024-2".to_owned(),
            name: String::new(),
            added_at: Timestamp::from_seconds(86_400),
            due_at: None,
            ransomware: false,
        };
        let nvd = NvdEntry {
            cve: "CVE-2024-1".to_owned(),
            vectors: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".to_owned()],
            cwes: vec![],
            modified_at: Timestamp::from_seconds(0),
        };
        [
            CveFacts { epss: Some(EpssScore { score: 0.04, percentile: 0.9 }), nvd: Some(nvd), ..CveFacts::default() },
            CveFacts { epss: Some(EpssScore { score: 0.01, percentile: 0.5 }), kev: Some(kev), ..CveFacts::default() },
        ]
    }

    #[test]
    fn several_cves_count_by_their_worst_in_any_order() {
        let policy = SlaPolicy { enabled: true, ..SlaPolicy::default() };
        let [first, second] = facts();
        let rating = finding().rate([&first, &second].into_iter(), &policy);
        // 7.5 of NVD: 38 points; 4 %: 3; KEV: 25. Due 14 days after it was listed.
        let due = Timestamp::from_seconds(86_400 * 15);
        assert_eq!(rating, Rating { risk: 66, epss: Some(0.04), kev: true, due_at: Some(due) });
        assert_eq!(finding().rate([&second, &first].into_iter(), &policy), rating);
        let known = RatedFinding { cvss_tenths: Some(88), ..finding() };
        assert_eq!(known.rate([&first].into_iter(), &policy).risk, 44 + 3);
        assert_eq!(known.explain([&first].into_iter()).score, 47);
    }

    #[test]
    fn what_is_gone_keeps_the_date_that_held() {
        let due_at = Some(Timestamp::from_seconds(7));
        let policy = SlaPolicy { enabled: true, ..SlaPolicy::default() };
        for policy in [policy, SlaPolicy::default()] {
            let gone = RatedFinding { state: FindingState::Fixed, due_at, ..finding() };
            assert_eq!(gone.rate(std::iter::empty(), &policy).due_at, due_at);
        }
        let accepted = RatedFinding { state: FindingState::RiskAccepted, due_at, ..finding() };
        assert_eq!(accepted.rate(std::iter::empty(), &SlaPolicy::default()).due_at, None);
    }
}
