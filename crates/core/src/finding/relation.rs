//! The relation: which findings of one asset are one weakness that scanners bundle or name differently.
//!
//! A fingerprint must not depend on what else was imported, so it joins only what agrees in all its CVEs. This relation
//! lies on top of it and moves with the facts: it is computed anew from the findings of an asset, and nothing that a
//! person decided hangs on it.
//!
//! Two findings are *tied* when they stand at one place and
//! - a published advisory (a GHSA, say) is named by both, or
//! - both rules are well known to look for the same thing (`relation/well_known.tsv`), or
//! - at least half of all the CVEs that they name are named by both, or
//! - they are one rule of one scanner that named other CVEs before.
//!
//! What one scanner reports twice is two things, so two findings of one scanner are tied only in the second and the last
//! case. A tie is kept where neither side has another tie to the same scanner that is as strong: of two
//! equally good partners none is taken, since a wrong join hides a finding and a missing one only shows it twice. A
//! group is a set in which *every two* are tied, so no chain of roll-ups can join what shares nothing. Groups form from
//! the strongest tie down, fingerprints deciding between equals: the order of the findings changes nothing.
//!
//! Precision, recall and what the alternatives would give: docs/adr/0007-relation-across-scanners.md.

mod names;
mod place;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use names::Names;
pub use names::{combined, well_known};
use place::{Nearness, Place};
use serde::Serialize;

use super::Location;
use super::identity::{self, Identity};

/// A name that more findings of one place share than this tells nothing about any two of them. It also bounds the work.
const MOST_NAMED: usize = 32;

/// Who reports a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportedRule {
    /// Lower-case product name.
    pub scanner: String,
    pub rule_id: String,
}

/// A finding as the relation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub fingerprint: String,
    pub location: Location,
    pub cves: Vec<String>,
    /// Of every sighting.
    pub rules: Vec<ReportedRule>,
    /// What each of the sightings is [`well_known`] to be.
    pub well_known: BTreeSet<&'static str>,
    /// What tells records of one rule at one location apart.
    pub item: Item,
}

/// The check within a rule, and the place among equals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub check: Option<String>,
    pub ordinal: u32,
}

impl Item {
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        let check = identity.weakness.split_once('#').map(|(_, check)| check.to_owned());
        Self { check, ordinal: identity.ordinal }
    }
}

/// Why two findings are tied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tie {
    /// Named by both: `shared`; by either: `named` of them.
    Cves {
        shared: Vec<String>,
        named: usize,
    },
    Advisory {
        id: String,
    },
    /// Our name of it.
    WellKnown {
        weakness: String,
    },
    SameRule {
        scanner: String,
        rule_id: String,
    },
}

/// Why two findings are not tied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    Place,
    /// The same CVEs are too few of those that either names.
    FewCves {
        shared: Vec<String>,
        named: usize,
    },
    /// Nothing that both name.
    Nothing,
    /// Both are well known, as two things.
    WellKnown {
        one: String,
        other: String,
    },
    /// One scanner tells them apart.
    OneScanner {
        scanner: String,
    },
    /// Items of one rule, or equals of one report.
    Items,
}

/// How much speaks for a tie, most last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Strength {
    /// Millionths.
    share: u64,
    nearness: Nearness,
}

const WHOLE: u64 = 1_000_000;

struct Known<'a> {
    candidate: &'a Candidate,
    names: Names,
    place: Place,
    scanners: BTreeSet<&'a str>,
    location: String,
}

impl<'a> Known<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            candidate,
            names: Names::of(candidate),
            place: Place::of(&candidate.location),
            scanners: candidate.rules.iter().map(|rule| rule.scanner.as_str()).collect(),
            location: identity::location(&candidate.location),
        }
    }

    fn common_scanner(&self, other: &Self) -> Option<&'a str> {
        self.scanners.intersection(&other.scanners).next().copied()
    }

    /// What others may know it by; two without a common one are never tied.
    fn handles(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let cves = self.names.cves.iter().map(|cve| ("cve", cve.clone()));
        let advisories = self.names.advisories.iter().map(|id| ("advisory", id.clone()));
        let well_known = self.names.well_known.iter().map(|name| ("well known", (*name).to_owned()));
        let rules = self.candidate.rules.iter().map(|rule| ("rule", format!("{} {}", rule.scanner, rule.rule_id)));
        cves.chain(advisories).chain(well_known).chain(rules)
    }

    fn tie(&self, other: &Self) -> Result<(Tie, Strength), Difference> {
        let nearness = self.place.nearness(&other.place).ok_or(Difference::Place)?;
        let strong = |tie| Ok((tie, Strength { share: WHOLE, nearness }));
        let one_location = self.location == other.location;
        let rule = self.candidate.rules.iter().find(|rule| other.candidate.rules.contains(rule));
        if let Some(ReportedRule { scanner, rule_id }) = rule {
            return if one_location && self.candidate.item == other.candidate.item {
                strong(Tie::SameRule { scanner: scanner.clone(), rule_id: rule_id.clone() })
            } else {
                Err(Difference::Items)
            };
        }
        let scanner = self.common_scanner(other);
        let told_apart = |scanner: &str| Difference::OneScanner { scanner: scanner.to_owned() };
        if let Some(weakness) = self.names.well_known.intersection(&other.names.well_known).next() {
            return match scanner {
                Some(scanner) if !one_location => Err(told_apart(scanner)),
                _ => strong(Tie::WellKnown { weakness: (*weakness).to_owned() }),
            };
        }
        if let (Some(one), Some(other)) = (self.names.well_known.first(), other.names.well_known.first()) {
            return Err(Difference::WellKnown { one: (*one).to_owned(), other: (*other).to_owned() });
        }
        if let Some(scanner) = scanner {
            return Err(told_apart(scanner));
        }
        if let Some(id) = self.names.advisories.intersection(&other.names.advisories).next() {
            return strong(Tie::Advisory { id: id.clone() });
        }
        let shared: Vec<String> = self.names.cves.intersection(&other.names.cves).cloned().collect();
        if shared.is_empty() {
            return Err(Difference::Nothing);
        }
        let named = self.names.cves.union(&other.names.cves).count();
        if shared.len() * 2 < named {
            return Err(Difference::FewCves { shared, named });
        }
        let share = shared.len() as u64 * WHOLE / named as u64;
        Ok((Tie::Cves { shared, named }, Strength { share, nearness }))
    }
}

/// Why these two would be one weakness if nothing fitted better, or why not.
///
/// # Errors
/// The difference, where there is one.
pub fn compare(one: &Candidate, other: &Candidate) -> Result<Tie, Difference> {
    Known::of(one).tie(&Known::of(other)).map(|(tie, _)| tie)
}

/// The groups of two and more among the findings of one asset, as positions in `candidates`. Fingerprints must differ;
/// members and groups are in their order.
#[must_use]
pub fn groups(candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let mut spots: BTreeMap<String, Vec<(usize, Known<'_>)>> = BTreeMap::new();
    for (position, candidate) in candidates.iter().enumerate() {
        let known = Known::of(candidate);
        spots.entry(known.place.spot.clone()).or_default().push((position, known));
    }
    let mut groups: Vec<Vec<(&str, usize)>> = Vec::new();
    for mut at_spot in spots.into_values().filter(|at_spot| at_spot.len() > 1) {
        at_spot.sort_by(|(_, one), (_, other)| one.candidate.fingerprint.cmp(&other.candidate.fingerprint));
        let (positions, known): (Vec<usize>, Vec<Known<'_>>) = at_spot.into_iter().unzip();
        for group in cliques(&kept(&ties(&known), &known)) {
            let named = group
                .into_iter()
                .filter_map(|index| Some((known.get(index)?.candidate.fingerprint.as_str(), *positions.get(index)?)));
            groups.push(named.collect());
        }
    }
    groups.sort_unstable();
    groups.into_iter().map(|group| group.into_iter().map(|(_, position)| position).collect()).collect()
}

/// By the smaller index and the greater.
type Ties = BTreeMap<(usize, usize), Strength>;

fn ties(known: &[Known<'_>]) -> Ties {
    let mut by_handle: HashMap<(&'static str, String), Vec<usize>> = HashMap::new();
    for (index, one) in known.iter().enumerate() {
        for handle in one.handles() {
            by_handle.entry(handle).or_default().push(index);
        }
    }
    let mut pairs: HashSet<(usize, usize)> = HashSet::new();
    for mut sharing in by_handle.into_values() {
        sharing.dedup();
        if sharing.len() > MOST_NAMED {
            continue;
        }
        let mut rest = sharing.as_slice();
        while let Some((one, others)) = rest.split_first() {
            pairs.extend(others.iter().map(|other| (*one, *other)));
            rest = others;
        }
    }
    let tie = |(one, other): (usize, usize)| {
        let (_, strength) = known.get(one)?.tie(known.get(other)?).ok()?;
        Some(((one, other), strength))
    };
    pairs.into_iter().filter_map(tie).collect()
}

const fn ordered(one: usize, other: usize) -> (usize, usize) {
    if one < other { (one, other) } else { (other, one) }
}

/// Without those for which one side has a rival.
fn kept(ties: &Ties, known: &[Known<'_>]) -> Ties {
    let mut partners: HashMap<usize, Vec<(usize, Strength)>> = HashMap::new();
    for ((one, other), strength) in ties {
        partners.entry(*one).or_default().push((*other, *strength));
        partners.entry(*other).or_default().push((*one, *strength));
    }
    let same_scanner = |one: usize, other: usize| match (known.get(one), known.get(other)) {
        (Some(one), Some(other)) => one.common_scanner(other).is_some(),
        _ => false,
    };
    let has_rival = |side: usize, partner: usize, strength: Strength| {
        partners.get(&side).into_iter().flatten().any(|(rival, as_strong)| {
            *rival != partner
                && *as_strong >= strength
                && same_scanner(*rival, partner)
                && !ties.contains_key(&ordered(*rival, partner))
        })
    };
    let stays =
        |one: usize, other: usize, strength| !has_rival(one, other, strength) && !has_rival(other, one, strength);
    ties.iter()
        .filter(|((one, other), strength)| stays(*one, *other, **strength))
        .map(|(pair, strength)| (*pair, *strength))
        .collect()
}

/// Sets in which every two are tied, from the strongest tie down.
fn cliques(ties: &Ties) -> Vec<Vec<usize>> {
    let mut order: Vec<(Reverse<Strength>, (usize, usize))> =
        ties.iter().map(|(pair, strength)| (Reverse(*strength), *pair)).collect();
    order.sort_unstable();
    // Of each index the one that stands for its set; of each of these the set.
    let mut set_of: HashMap<usize, usize> = HashMap::new();
    let mut sets: HashMap<usize, Vec<usize>> = HashMap::new();
    for (_, (one, other)) in order {
        let find = |index: usize| set_of.get(&index).copied().unwrap_or(index);
        let (one, other) = (find(one), find(other));
        if one == other {
            continue;
        }
        let members = |index: usize| sets.get(&index).cloned().unwrap_or_else(|| vec![index]);
        let (ours, theirs) = (members(one), members(other));
        let all_tied = ours.iter().all(|our| theirs.iter().all(|their| ties.contains_key(&ordered(*our, *their))));
        if all_tied {
            set_of.extend(theirs.iter().map(|their| (*their, one)));
            sets.remove(&other);
            sets.insert(one, [ours, theirs].concat());
        }
    }
    let mut sets: Vec<Vec<usize>> = sets.into_values().collect();
    sets.iter_mut().for_each(|set| set.sort_unstable());
    sets
}

impl fmt::Display for Tie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cves { shared, named } if shared.len() == *named => {
                write!(formatter, "both name exactly {}", listed(shared))
            }
            Self::Cves { shared, named } => {
                write!(
                    formatter,
                    "both name {}, {} of the {named} CVEs that either names",
                    listed(shared),
                    shared.len()
                )
            }
            Self::Advisory { id } => write!(formatter, "both name the advisory {id}"),
            Self::WellKnown { weakness } => {
                write!(formatter, "both rules are known to look for the same thing ({weakness})")
            }
            Self::SameRule { scanner, rule_id } => {
                write!(formatter, "it is the same rule {rule_id} of {scanner}, which named other CVEs before")
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place => formatter.write_str("they are at different places of the asset"),
            Self::FewCves { shared, named } => write!(
                formatter,
                "both name {}, but that is less than half of the {named} CVEs that either names",
                listed(shared)
            ),
            Self::Nothing => formatter.write_str("there is no CVE, advisory or well-known check that both name"),
            Self::WellKnown { one, other } => {
                write!(formatter, "their rules are known to look for two things ({one} and {other})")
            }
            Self::OneScanner { scanner } => write!(formatter, "{scanner} itself reports them as two"),
            Self::Items => formatter.write_str("they are two items of one rule"),
        }
    }
}

/// All of a few, else the first and how many more.
fn listed(cves: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = cves.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match cves.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
