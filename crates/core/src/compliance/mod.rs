//! Requirements of published catalogues, by the weaknesses that speak against them.
//!
//! A tag such as `owasp-2021:A03` is nothing that is stored: it is a set of CWEs, so what carries it follows from what a
//! finding says anyway, for old findings as for new ones: its CWEs, and those that the rules of its sightings are about
//! where a scanner tells none ([`Reading`]). It says "look at this finding for that requirement" and never
//! that the requirement is met or broken.

mod owasp;
mod own;
mod rules;

use std::fmt;
use std::str::FromStr;

pub use rules::{Reading, Rules};

/// A catalogue of requirements.
#[derive(Debug, PartialEq, Eq)]
pub struct Framework {
    /// As in tags: `owasp-2021`.
    pub id: &'static str,
    pub name: &'static str,
    /// Its publisher says which CWEs belong to which requirement; else that is Scanhelm's own reading.
    pub published: bool,
    pub requirements: &'static [Requirement],
}

/// One requirement, and the weaknesses that speak against it.
#[derive(Debug, PartialEq, Eq)]
pub struct Requirement {
    /// As the catalogue numbers it: `A03`, `6.2.4`, `CC6.1`.
    pub code: &'static str,
    pub name: &'static str,
    /// Ascending.
    pub cwes: &'static [u32],
}

pub const FRAMEWORKS: &[Framework] = &[
    Framework { id: "owasp-2021", name: "OWASP Top 10 2021", published: true, requirements: owasp::TOP_2021 },
    Framework { id: "owasp-2025", name: "OWASP Top 10 2025", published: true, requirements: owasp::TOP_2025 },
    Framework { id: "cis-8", name: "CIS Controls v8", published: false, requirements: own::CIS_8 },
    Framework { id: "pci-dss-4", name: "PCI DSS 4.0", published: false, requirements: own::PCI_DSS_4 },
    Framework { id: "soc-2", name: "SOC 2", published: false, requirements: own::SOC_2 },
];

/// A requirement of a catalogue. Written `owasp-2021:A03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub framework: &'static Framework,
    pub requirement: &'static Requirement,
}

impl Tag {
    /// Every tag there is, in the order of the catalogues.
    pub fn all() -> impl Iterator<Item = Self> {
        FRAMEWORKS
            .iter()
            .flat_map(|framework| framework.requirements.iter().map(move |requirement| Self { framework, requirement }))
    }

    /// Those of a finding with these weaknesses and with sightings by these rules of scanners, in the order of the
    /// catalogues.
    #[must_use]
    pub fn of<'rule>(cwes: &[u32], rules: impl IntoIterator<Item = (&'rule str, &'rule str)>) -> Vec<Self> {
        let read = rules.into_iter().flat_map(|(scanner, rule)| {
            Reading::all().iter().filter(move |reading| reading.covers(scanner, rule)).flat_map(|reading| reading.cwes)
        });
        let cwes: Vec<u32> = cwes.iter().chain(read).copied().collect();
        Self::all().filter(|tag| tag.is_about(&cwes)).collect()
    }

    /// Whether one of these weaknesses speaks against it.
    #[must_use]
    pub fn is_about(self, cwes: &[u32]) -> bool {
        self.requirement.cwes.iter().any(|cwe| cwes.contains(cwe))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.framework.id, self.requirement.code)
    }
}

/// Not the spelling of any tag.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no tag such as `owasp-2021:A03`; the catalogues are {}", ids())]
pub struct UnknownTag;

fn ids() -> String {
    FRAMEWORKS.iter().map(|framework| framework.id).collect::<Vec<_>>().join(", ")
}

impl FromStr for Tag {
    type Err = UnknownTag;

    /// In any case.
    fn from_str(text: &str) -> Result<Self, UnknownTag> {
        Self::all().find(|tag| tag.to_string().eq_ignore_ascii_case(text.trim())).ok_or(UnknownTag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_unique_spelled_one_way_and_about_ordered_weaknesses() {
        let mut spelled: Vec<String> = Tag::all().map(|tag| tag.to_string()).collect();
        for text in &spelled {
            assert_eq!(text.parse::<Tag>().unwrap().to_string(), *text);
            assert_eq!(text.to_lowercase().parse::<Tag>().unwrap().to_string(), *text);
        }
        spelled.sort_unstable();
        spelled.dedup();
        assert_eq!(spelled.len(), Tag::all().count());
        for tag in Tag::all() {
            assert!(tag.requirement.cwes.is_sorted_by(|one, other| one < other), "{tag}");
        }
        assert!("owasp-2021:A11".parse::<Tag>().unwrap_err().to_string().contains("owasp-2025"));
    }

    #[test]
    fn a_finding_has_the_tags_of_each_of_its_weaknesses() {
        let told = |cwes: &[u32]| Tag::of(cwes, []).iter().map(ToString::to_string).collect::<Vec<_>>();
        let of = |cwes: &[u32], id: &str| told(cwes).into_iter().filter(|tag| tag.starts_with(id)).collect::<Vec<_>>();
        assert_eq!(of(&[89], "owasp"), ["owasp-2021:A03", "owasp-2025:A05"]);
        assert_eq!(of(&[918], "owasp"), ["owasp-2021:A10", "owasp-2025:A01"]);
        assert_eq!(of(&[798, 89], "pci"), ["pci-dss-4:6.2.4", "pci-dss-4:8.6.2"]);
        assert_eq!(told(&[]), Vec::<String>::new());
        assert_eq!(told(&[99_999]), Vec::<String>::new());
    }

    #[test]
    fn a_rule_stands_for_the_weakness_that_its_scanner_does_not_tell() {
        let told = |scanner, rule| Tag::of(&[], [(scanner, rule)]).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told("hadolint", "DL3002"),
            ["owasp-2021:A05", "owasp-2025:A02", "cis-8:4", "pci-dss-4:2.2", "soc-2:CC7.1"]
        );
        let packages = ["owasp-2021:A06", "owasp-2025:A03", "cis-8:7", "pci-dss-4:6.3", "soc-2:CC7.1"];
        assert_eq!(told("osv-scanner", "GHSA-462w-v97r-4m45"), packages);
        assert_eq!(told("trivy", "CVE-2021-44228"), packages);
        assert!(told("ssh-audit", "del:kex:diffie-hellman-group1-sha1").contains(&"pci-dss-4:4".to_owned()));
        for (scanner, rule) in
            [("hadolint", "DL3008"), ("nessus", "DL3002"), ("testssl", "TLS1_3"), ("trivy", "license:MIT")]
        {
            assert_eq!(told(scanner, rule), Vec::<String>::new(), "{scanner} {rule}");
        }
        let both = Tag::of(&[79], [("gitleaks", "aws-access-token")]);
        assert!(both.iter().any(|tag| tag.is_about(&[79])) && both.iter().any(|tag| tag.is_about(&[798])));
    }

    /// What the store says of them in SQL relies on it.
    #[test]
    fn no_rule_is_read_twice_and_each_reading_gives_a_tag() {
        let words = |rules: &Rules| match *rules {
            Rules::Every => vec![""],
            Rules::Beginning(words) | Rules::Named(words) => words.to_vec(),
        };
        for (number, one) in Reading::all().iter().enumerate() {
            assert!(Tag::all().any(|tag| tag.is_about(one.cwes)), "{one:?}");
            for word in words(&one.rules) {
                let plain =
                    |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_:".contains(letter));
                assert!(plain(one.scanner) && plain(word), "{one:?}");
                for other in &Reading::all()[number + 1..] {
                    let either = words(&other.rules).iter().any(|name| one.covers(other.scanner, name));
                    assert!(!other.covers(one.scanner, word) && !either, "{word} of {one:?} and {other:?}");
                }
            }
        }
    }

    #[test]
    fn the_page_lists_every_tag_as_it_is() {
        let page = include_str!("../../../../docs/COMPLIANCE.md");
        let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |tag: Tag| {
            let cwes = tag.requirement.cwes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let whose = if tag.framework.published { "OWASP" } else { "own" };
            format!("| `{tag}` | {} | {whose} | {cwes} |", tag.requirement.name)
        };
        assert_eq!(listed, Tag::all().map(row).collect::<Vec<_>>());
    }

    #[test]
    fn the_page_lists_every_rule_as_it_is_read() {
        let page = include_str!("../../../../docs/COMPLIANCE.md");
        let quoted = |words: &[&str], end: &str| {
            words.iter().map(|word| format!("`{word}{end}`")).collect::<Vec<_>>().join(", ")
        };
        let row = |reading: &Reading| {
            let rules = match reading.rules {
                Rules::Every => "every rule".to_owned(),
                Rules::Beginning(words) => quoted(words, "*"),
                Rules::Named(words) => quoted(words, ""),
            };
            let cwes = reading.cwes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!("| {} | {rules} | {cwes} |", reading.scanner)
        };
        let (_, listed) = page.split_once("| scanner | rules | CWEs |\n|---|---|---|\n").unwrap();
        let listed: Vec<&str> = listed.lines().take_while(|line| line.starts_with('|')).collect();
        assert_eq!(listed, Reading::all().iter().map(row).collect::<Vec<_>>());
    }

    /// As many as OWASP states at the head of each category; of A02 in 2021 it states 29 and lists 30.
    #[test]
    fn the_lists_of_owasp_are_whole() {
        let sizes = |requirements: &[Requirement]| requirements.iter().map(|one| one.cwes.len()).collect::<Vec<_>>();
        assert_eq!(sizes(owasp::TOP_2021), [34, 30, 33, 40, 20, 3, 22, 10, 4, 1]);
        assert_eq!(sizes(owasp::TOP_2025), [40, 16, 6, 32, 37, 39, 36, 14, 5, 24]);
    }
}
