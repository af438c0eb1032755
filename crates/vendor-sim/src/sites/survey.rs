//! What a scan of a site finds, and how that drifts from run to run.
//!
//! A survey has exactly as many flaws as planned. Each of them occupies a slot; most slots hold the same flaw for
//! ever, some are fixed now and then and another flaw appears in their place. All is recomputed from the seed on
//! demand, so that a survey of a hundred thousand flaws costs no memory between requests.

use std::borrow::Cow;

use super::{Site, Weakness};
use crate::random::Draw;

/// Share of slots that change at all, and the chance that such a slot changes between two runs.
const RESTLESS: f64 = 0.08;
const CHANGE: f64 = 0.35;
/// Weaknesses of the pages beyond the catalogue; every scanner has checks for these.
const ENDLESS: [Weakness; 5] = [
    Weakness::ReflectedXss,
    Weakness::SqlInjection,
    Weakness::OpenRedirect,
    Weakness::DirectoryTraversal,
    Weakness::MissingCsrfProtection,
];
const PARAMETERS: [&str; 5] = ["q", "id", "next", "file", "amount"];

/// One weakness at one place of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) weakness: Weakness,
    pub(crate) method: &'static str,
    /// Begins with a slash.
    pub(crate) path: Cow<'static, str>,
    pub(crate) parameter: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Survey {
    site: Site,
    /// Belongs to the scan.
    draw: Draw,
    findings: u32,
    run: u32,
    /// The weaknesses the scanner has a check for.
    checks: fn(Weakness) -> bool,
}

impl Survey {
    /// `run` numbers the runs of one scan, from 1.
    pub(crate) fn new(site: Site, draw: Draw, findings: u32, run: u32, checks: fn(Weakness) -> bool) -> Self {
        Survey { site, draw, findings, run, checks }
    }

    /// The numbers of the flaws known when `progress` (0 to 1) of the work is done, ascending, which is the order in
    /// which they are found. A flaw keeps its number for ever and for every scan of the site by this scanner.
    pub(crate) fn numbers(&self, progress: f64) -> Vec<u32> {
        let slots = self.draw.of("slot");
        let mut numbers: Vec<u32> = (0..self.findings)
            .map(|slot| {
                let here = slots.with(u64::from(slot));
                let changes = if here.chance(RESTLESS) {
                    (1..=self.run).filter(|run| here.with(u64::from(*run)).chance(CHANGE)).count() as u32
                } else {
                    0
                };
                slot.saturating_add(changes.saturating_mul(self.findings))
            })
            .collect();
        numbers.sort_unstable();
        numbers.truncate((progress.clamp(0.0, 1.0) * f64::from(self.findings)) as usize);
        numbers
    }

    /// The flaws with these numbers.
    pub(crate) fn flaws(&self, numbers: &[u32]) -> Vec<Flaw> {
        let listed = listed(&self.site, self.checks);
        numbers.iter().map(|number| pick(&listed, *number)).collect()
    }

    /// What is wrong at these numbers, without the places.
    pub(crate) fn weaknesses(&self, numbers: &[u32]) -> Vec<Weakness> {
        let listed = listed(&self.site, self.checks);
        let weakness = |number: u32| {
            listed.get(number as usize).map_or_else(|| endless(number - listed.len() as u32).0, |flaw| flaw.weakness)
        };
        numbers.iter().map(|number| weakness(*number)).collect()
    }
}

/// The weakness and parameter of a flaw beyond the catalogue.
fn endless(beyond: u32) -> (Weakness, Option<&'static str>) {
    let choice = beyond as usize % ENDLESS.len();
    (ENDLESS.get(choice).copied().unwrap_or(Weakness::ReflectedXss), PARAMETERS.get(choice).copied())
}

fn pick(listed: &[Flaw], number: u32) -> Flaw {
    if let Some(flaw) = listed.get(number as usize) {
        return flaw.clone();
    }
    let beyond = number - listed.len() as u32;
    let (weakness, parameter) = endless(beyond);
    Flaw {
        weakness,
        method: if weakness == Weakness::MissingCsrfProtection { "POST" } else { "GET" },
        path: Cow::Owned(format!("/catalogue/item-{:04}", beyond / ENDLESS.len() as u32)),
        parameter,
    }
}

/// The flaws of the catalogue that this site has and the scanner can see.
fn listed(site: &Site, checks: fn(Weakness) -> bool) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for weakness in Weakness::ALL.iter().copied().filter(|weakness| checks(*weakness)) {
        let facts = weakness.facts();
        if facts.platform.is_some_and(|platform| platform != site.platform)
            || facts.encrypted.is_some_and(|needed| needed != site.is_encrypted())
        {
            continue;
        }
        flaws.extend(facts.places.iter().map(|(method, path, parameter)| Flaw {
            weakness,
            method,
            path: Cow::Borrowed(path),
            parameter: (!parameter.is_empty()).then_some(*parameter),
        }));
    }
    flaws
}
