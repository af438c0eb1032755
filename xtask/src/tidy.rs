//! The house rules that a compiler cannot see, as tests of the tree.
//!
//! Each rule is a function from the tree to its breaches. A rule that must be broken on purpose is exempted by
//! name, path and reason in [`EXEMPTIONS`]; an exemption that is no longer needed is itself a breach.

mod arrows;
mod documents;
mod lengths;
mod manifests;
mod requirements;
mod rust_text;
mod scripts;
mod vendors;
mod words;

use std::fmt;
use std::path::Path;

use crate::tree::Tree;

/// Where a rule is broken on purpose: (rule, path or folder ending in `/`, reason).
const EXEMPTIONS: &[(&str, &str, &str)] = &[
    ("sql", "xtask/src/tidy/words.rs", "the rule names the statements it looks for, and its tests feed them"),
    ("sql", "bench/src/baseline.rs", "the store is measured against bare inserts, so they cannot go through it"),
    ("sql", "bench/src/watch.rs", "a hub is watched from outside, so that looking costs it nothing"),
];

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    path: String,
    line: usize,
    rule: &'static str,
    message: String,
}

impl Breach {
    pub(crate) fn new(rule: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.message)
    }
}

/// Checks the whole checkout.
///
/// # Errors
/// A list of the breaches, one a line.
pub(crate) fn run(root: &Path) -> Result<String, String> {
    let tree = Tree::of_checkout(root)?;
    let breaches = exempted(breaches(&tree), EXEMPTIONS);
    if breaches.is_empty() {
        return Ok(format!("tidy: {} files, no breach", tree.texts().count()));
    }
    let lines: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    Err(format!("{}\ntidy: {} breaches of the house rules", lines.join("\n"), lines.len()))
}

fn breaches(tree: &Tree) -> Vec<Breach> {
    let rules = [
        arrows::check,
        documents::check,
        lengths::check,
        manifests::check,
        requirements::check,
        scripts::check,
        vendors::check,
        words::check_rust,
        words::check_everything,
    ];
    let mut breaches: Vec<Breach> = rules.iter().flat_map(|rule| rule(tree)).collect();
    breaches.sort();
    breaches
}

fn exempted(breaches: Vec<Breach>, exemptions: &[(&str, &str, &str)]) -> Vec<Breach> {
    let covers = |(rule, place, _): &(&str, &str, &str), breach: &Breach| {
        breach.rule == *rule && (breach.path == *place || (place.ends_with('/') && breach.path.starts_with(place)))
    };
    let stale: Vec<Breach> = exemptions
        .iter()
        .filter(|exemption| !breaches.iter().any(|breach| covers(exemption, breach)))
        .map(|(rule, place, _)| {
            Breach::new(
                "exemption",
                place,
                1,
                format!("rule `{rule}` is not broken here any more: remove its exemption"),
            )
        })
        .collect();
    let kept = breaches.into_iter().filter(|breach| !exemptions.iter().any(|exemption| covers(exemption, breach)));
    kept.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_covers_its_rule_and_place_only() {
        let found = vec![Breach::new("sql", "a/x.rs", 1, "m"), Breach::new("sql", "b/x.rs", 1, "m")];
        let left = exempted(found.clone(), &[("sql", "a/", "payloads")]);
        assert_eq!(left, vec![found[1].clone()]);
        assert_eq!(exempted(found.clone(), &[("sql", "a/x.rs", "payloads")]), vec![found[1].clone()]);
    }

    #[test]
    fn an_exemption_nobody_needs_is_a_breach() {
        let left = exempted(Vec::new(), &[("sql", "a/", "payloads")]);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].rule, "exemption");
    }

    #[test]
    fn a_breach_reads_like_a_compiler_message() {
        assert_eq!(Breach::new("sql", "a/x.rs", 7, "why").to_string(), "a/x.rs:7: [sql] why");
    }
}
