//! The risk score: what to look at first, from 0 to 100, as a sum of parts that are all shown.
//!
//! It is a sum so that it can be explained to whoever has to act on it, and every part only ever raises it when its fact
//! gets worse. docs/RISK.md has the reasons for the weights. Age is no part: time is the due date's matter, and a
//! score that rises by itself would have to be written anew every day.

use serde::Serialize;

use crate::Severity;
use crate::asset::Criticality;

/// Of a CVSS of 10.0.
const MOST_FOR_IMPACT: u32 = 50;
/// Of a certain exploitation within 30 days.
const MOST_FOR_EPSS: f64 = 15.0;
const FOR_KEV: i32 = 25;

/// What the score is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskFacts {
    /// The effective one: a person's, else the worst of the live sightings.
    pub severity: Severity,
    /// Ten times the computed CVSS, where there is one.
    pub cvss_tenths: Option<u8>,
    /// The highest of its CVEs, 0 to 1.
    pub epss: Option<f64>,
    /// One of its CVEs is known to be exploited.
    pub kev: bool,
    pub criticality: Criticality,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// 0 to 100; the sum of the parts.
    pub score: u8,
    pub parts: Vec<RiskPart>,
}

/// One part of the sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskPart {
    /// `impact`, `asset`, `epss` or `kev`.
    pub part: &'static str,
    pub points: i32,
    /// For people.
    pub because: String,
}

/// The score alone, for rating many.
#[must_use]
pub fn score(facts: &RiskFacts) -> u8 {
    let impact = impact_points(impact_tenths(facts));
    let points = impact + asset_points(impact, facts.criticality) + epss_points(facts.epss) + kev_points(facts.kev);
    u8::try_from(points.clamp(0, 100)).unwrap_or(100)
}

/// The score and why. Facts that are not known are no part of it.
#[must_use]
pub fn explain(facts: &RiskFacts) -> Risk {
    let tenths = impact_tenths(facts);
    let impact = impact_points(tenths);
    let shown = format!("{}.{}", tenths / 10, tenths % 10);
    let severity = facts.severity;
    let because = match facts.cvss_tenths {
        Some(known) if u32::from(known) == tenths => format!("Severity {severity}, CVSS {shown}."),
        Some(known) => {
            let computed = format!("{}.{}", known / 10, known % 10);
            format!("CVSS {computed} lies outside what is called {severity}; the severity decides: {shown}.")
        }
        None => format!("Severity {severity}, no CVSS vector: counted as {shown}."),
    };
    let mut parts = vec![RiskPart { part: "impact", points: impact, because }];
    if facts.criticality != Criticality::Normal {
        let because = format!("The asset's criticality is {}.", facts.criticality.as_str());
        parts.push(RiskPart { part: "asset", points: asset_points(impact, facts.criticality), because });
    }
    if let Some(epss) = facts.epss {
        let because = format!("EPSS expects exploitation within 30 days with {:.2} %.", epss * 100.0);
        parts.push(RiskPart { part: "epss", points: epss_points(Some(epss)), because });
    }
    if facts.kev {
        let because = "CISA lists it as known to be exploited.".to_owned();
        parts.push(RiskPart { part: "kev", points: FOR_KEV, because });
    }
    Risk { score: score(facts), parts }
}

/// Ten times a CVSS: the severity says in which band, the computed score where in it. A person who lowers a severity
/// is obeyed, and a scanner that knows the place better than a database does is too.
fn impact_tenths(facts: &RiskFacts) -> u32 {
    let (lowest, middle, highest) = match facts.severity {
        Severity::Info => (0, 0, 0),
        Severity::Low => (1, 20, 39),
        Severity::Medium => (40, 55, 69),
        Severity::High => (70, 80, 89),
        Severity::Critical => (90, 95, 100),
    };
    facts.cvss_tenths.map_or(middle, |tenths| u32::from(tenths).clamp(lowest, highest))
}

fn impact_points(tenths: u32) -> i32 {
    i32::try_from((tenths * MOST_FOR_IMPACT + 50) / 100).unwrap_or(0)
}

/// A share of the impact: on an asset nobody needs nothing much can be lost.
const fn asset_points(impact: i32, criticality: Criticality) -> i32 {
    match criticality {
        Criticality::Low => -((impact * 2 + 5) / 10),
        Criticality::Normal => 0,
        Criticality::High => (impact + 5) / 10,
        Criticality::Critical => (impact * 2 + 5) / 10,
    }
}

/// By the root: half of all CVEs have less than 0.1 %, and between 1 % and 10 % lies more than between 90 % and 99 %.
fn epss_points(epss: Option<f64>) -> i32 {
    let probability = epss.filter(|epss| epss.is_finite()).unwrap_or(0.0).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, reason = "0 to 15")]
    let points = (MOST_FOR_EPSS * probability.sqrt()).round() as i32;
    points
}

const fn kev_points(kev: bool) -> i32 {
    if kev { FOR_KEV } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts() -> impl Strategy<Value = RiskFacts> {
        (0..5u8, proptest::option::of(0..=100u8), proptest::option::of(0.0..=1.0f64), any::<bool>(), 0..4usize)
            .prop_map(|(rank, cvss_tenths, epss, kev, criticality)| RiskFacts {
                severity: Severity::from_rank(rank).unwrap(),
                cvss_tenths,
                epss,
                kev,
                criticality: Criticality::ALL[criticality],
            })
    }

    #[test]
    fn the_examples_of_the_documentation() {
        let log4shell = RiskFacts {
            severity: Severity::Critical,
            cvss_tenths: Some(100),
            epss: Some(0.944),
            kev: true,
            criticality: Criticality::Critical,
        };
        let points: Vec<_> = explain(&log4shell).parts.into_iter().map(|part| (part.part, part.points)).collect();
        assert_eq!(points, [("impact", 50), ("asset", 10), ("epss", 15), ("kev", 25)]);
        assert_eq!(score(&log4shell), 100);
        let quiet = RiskFacts {
            severity: Severity::Critical,
            cvss_tenths: Some(98),
            epss: Some(0.0006),
            kev: false,
            criticality: Criticality::Normal,
        };
        assert_eq!(score(&quiet), 49);
        let exploited =
            RiskFacts { severity: Severity::Medium, cvss_tenths: Some(65), epss: Some(0.5), kev: true, ..quiet };
        assert_eq!(score(&exploited), 33 + 11 + 25);
        let code = RiskFacts { severity: Severity::High, cvss_tenths: None, epss: None, ..quiet };
        assert_eq!(score(&code), 40);
        assert_eq!(score(&RiskFacts { severity: Severity::Info, criticality: Criticality::Critical, ..code }), 0);
    }

    proptest! {
        #[test]
        fn the_parts_add_up_and_the_score_is_within_its_bounds(facts in facts()) {
            let risk = explain(&facts);
            prop_assert_eq!(risk.parts.iter().map(|part| part.points).sum::<i32>(), i32::from(risk.score));
            prop_assert!(risk.score <= 100);
            prop_assert_eq!(risk.score, score(&facts));
        }

        /// A worse fact, all others alike, never lowers the score.
        #[test]
        fn it_is_monotone_in_every_part(facts in facts(), other in facts()) {
            let no_lower = |worse: RiskFacts, other: RiskFacts| {
                prop_assert!(score(&worse) >= score(&other), "{:?} {:?}", worse, other);
                Ok(())
            };
            let (low, high) = (facts.severity.min(other.severity), facts.severity.max(other.severity));
            no_lower(RiskFacts { severity: high, ..facts }, RiskFacts { severity: low, ..facts })?;
            if let (Some(a), Some(b)) = (facts.cvss_tenths, other.cvss_tenths) {
                let with = |tenths| RiskFacts { cvss_tenths: Some(tenths), ..facts };
                no_lower(with(a.max(b)), with(a.min(b)))?;
            }
            let (a, b) = (facts.epss.unwrap_or(0.0), other.epss.unwrap_or(0.0));
            let with = |epss| RiskFacts { epss: Some(epss), ..facts };
            no_lower(with(a.max(b)), with(a.min(b)))?;
            no_lower(with(a), RiskFacts { epss: None, ..facts })?;
            no_lower(RiskFacts { kev: true, ..facts }, RiskFacts { kev: false, ..facts })?;
            let (low, high) = (facts.criticality.min(other.criticality), facts.criticality.max(other.criticality));
            no_lower(RiskFacts { criticality: high, ..facts }, RiskFacts { criticality: low, ..facts })?;
        }
    }
}
