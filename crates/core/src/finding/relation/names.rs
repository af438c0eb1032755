//! The names under which a weakness is known to more than one scanner.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::{Candidate, ReportedRule};

/// Rules of several scanners that look for one and the same thing which has no CVE, or to which each scanner gives CVEs
/// of its own. Columns: our name of the weakness, scanner, rule, what the scanner calls it, and, of a rule that combines
/// several weaknesses, the words by which its evidence says that it is this one alone.
const WELL_KNOWN: &str = include_str!("well_known.tsv");

/// What a rule may have found.
struct Kind {
    weakness: &'static str,
    /// The words of the evidence that say so; none where nothing else is said.
    evidence: &'static str,
}

/// By scanner and rule.
static BY_RULE: LazyLock<HashMap<(&str, &str), Vec<Kind>>> = LazyLock::new(|| {
    let mut by_rule: HashMap<_, Vec<_>> = HashMap::new();
    for line in WELL_KNOWN.lines().skip(1) {
        if let [weakness, scanner, rule, _, evidence] = *line.split('\t').collect::<Vec<_>>() {
            by_rule.entry((scanner, rule)).or_default().push(Kind { weakness, evidence });
        }
    }
    by_rule
});

fn kinds<'a>(scanner: &'a str, rule_id: &'a str) -> &'a [Kind] {
    BY_RULE.get(&(scanner, rule_id)).map(Vec::as_slice).unwrap_or_default()
}

/// What it is where its evidence does not say.
fn general(kinds: &[Kind]) -> Option<&'static str> {
    kinds.iter().find(|kind| kind.evidence.is_empty()).map(|kind| kind.weakness)
}

/// The weakness that a rule is well known to look for; `evidence` decides where it combines several.
#[must_use]
pub fn well_known(scanner: &str, rule_id: &str, evidence: Option<&str>) -> Option<&'static str> {
    let kinds = kinds(scanner, rule_id);
    let words = evidence.map(|evidence| evidence.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default();
    let said = kinds.iter().find(|kind| !kind.evidence.is_empty() && words.contains(kind.evidence));
    said.map(|kind| kind.weakness).or_else(|| general(kinds))
}

/// The rules, by scanner and id, whose evidence [`well_known`] needs.
pub fn combined() -> impl Iterator<Item = (&'static str, &'static str)> {
    BY_RULE.iter().filter(|(_, kinds)| kinds.len() > 1).map(|(rule, _)| *rule)
}

/// Beginnings of ids that databases of advisories publish, which scanners use as they are.
const PUBLISHED: [&str; 10] =
    ["DLA-", "DSA-", "GHSA-", "GMS-", "MAL-", "NSWG-ECO-", "PYSEC-", "RUSTSEC-", "TEMP-", "USN-"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) cves: BTreeSet<String>,
    /// GHSA and their like.
    pub(super) advisories: BTreeSet<String>,
    pub(super) well_known: BTreeSet<&'static str>,
}

impl Names {
    /// CVEs that the report gives; if there are none, those that a rule carries in its id.
    pub(super) fn of(candidate: &Candidate) -> Self {
        let Candidate { cves, rules, well_known, .. } = candidate;
        let mut names = Self {
            cves: cves.iter().map(|cve| cve.trim().to_ascii_uppercase()).collect(),
            well_known: well_known.clone(),
            ..Self::default()
        };
        let without_cves = names.cves.is_empty();
        for ReportedRule { scanner, rule_id } in rules {
            names.unite(kinds(scanner, rule_id));
            for word in
                rule_id.to_ascii_uppercase().split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
            {
                if PUBLISHED.iter().any(|beginning| word.starts_with(beginning)) {
                    names.advisories.insert(word.to_owned());
                }
                if without_cves {
                    names.cves.extend(cve_in(word));
                }
            }
        }
        names
    }

    /// A combined check that is one thing by one of its sightings and another by the next is both, and so neither.
    fn unite(&mut self, kinds: &[Kind]) {
        let said: Vec<_> =
            kinds.iter().map(|kind| kind.weakness).filter(|name| self.well_known.contains(name)).collect();
        if said.len() > 1 {
            self.well_known.retain(|name| !said.contains(name));
            self.well_known.extend(general(kinds));
        }
    }
}

/// `CVE-2015-1794` of `UBUNTU-CVE-2015-1794`.
fn cve_in(word: &str) -> Option<String> {
    let at = word.find("CVE-").filter(|at| *at == 0 || word.get(..*at).is_some_and(|before| before.ends_with('-')))?;
    let mut parts = word.get(at..)?.splitn(4, '-').skip(1);
    let (year, number) = (parts.next()?, parts.next()?);
    let is_number = |text: &str, least: usize| text.len() >= least && text.bytes().all(|digit| digit.is_ascii_digit());
    (year.len() == 4 && is_number(year, 4) && is_number(number, 4)).then(|| format!("CVE-{year}-{number}"))
}
