//! The names under which a weakness is known to more than one scanner.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::ReportedRule;

/// Rules of several scanners that look for one and the same thing which has no CVE, or to which each scanner gives CVEs
/// of its own. Columns: our name of the weakness, scanner, rule, what the scanner calls it.
const WELL_KNOWN: &str = include_str!("well_known.tsv");

static BY_RULE: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    WELL_KNOWN
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let (weakness, scanner, rule) = (cells.next()?, cells.next()?, cells.next()?);
            Some(((scanner, rule), weakness))
        })
        .collect()
});

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
    pub(super) fn of(cves: &[String], rules: &[ReportedRule]) -> Self {
        let mut names =
            Self { cves: cves.iter().map(|cve| cve.trim().to_ascii_uppercase()).collect(), ..Self::default() };
        let without_cves = names.cves.is_empty();
        for ReportedRule { scanner, rule_id } in rules {
            names.well_known.extend(BY_RULE.get(&(scanner.as_str(), rule_id.as_str())));
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
}

/// `CVE-2015-1794` of `UBUNTU-CVE-2015-1794`.
fn cve_in(word: &str) -> Option<String> {
    let at = word.find("CVE-").filter(|at| *at == 0 || word.get(..*at).is_some_and(|before| before.ends_with('-')))?;
    let mut parts = word.get(at..)?.splitn(4, '-').skip(1);
    let (year, number) = (parts.next()?, parts.next()?);
    let is_number = |text: &str, least: usize| text.len() >= least && text.bytes().all(|digit| digit.is_ascii_digit());
    (year.len() == 4 && is_number(year, 4) && is_number(number, 4)).then(|| format!("CVE-{year}-{number}"))
}
