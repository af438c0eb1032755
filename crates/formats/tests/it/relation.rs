//! How right the relation between findings of several scanners is, measured against pairs of real records that were
//! labelled by hand before there was a rule (`relation_pairs.tsv`).
//!
//! A pair asks: would these two records, reported of one asset, be one weakness? `place` is `same` where they are to be
//! taken as reported of one port, and `as_reported` where their own ports or packages count. Half of the pairs, by a hash
//! of what they are, was there to choose the rule by; the other half is reported on.
//! `cargo nextest run -p scanhelm-formats relation --no-capture` prints the figures of docs/adr/0007.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scanhelm_core::finding::relation::{Candidate, Item, ReportedRule, Tie, combined, compare, groups, well_known};
use scanhelm_core::finding::{FindingRecord, Location, identity};
use sha2::{Digest, Sha256};

use crate::corpus::{corpus, read_file};

const PAIRS: &str = include_str!("relation_pairs.tsv");

/// One side of a pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    report: String,
    scanner: String,
    rule: String,
    cves: BTreeSet<String>,
    /// As people are shown it; `-` for the host as a whole.
    location: String,
    /// The first paragraph of what a check that combines several weaknesses found, in one line; `-` of every other.
    evidence: String,
}

struct Pair {
    same: bool,
    one_port: bool,
    reason: String,
    one: Side,
    other: Side,
    reported_on: bool,
}

impl Pair {
    fn within_one_scanner(&self) -> bool {
        self.one.scanner == self.other.scanner
    }
}

fn side(cells: &[&str]) -> Side {
    let cves = cells[3].split(',').filter(|cve| *cve != "-").map(str::to_owned).collect();
    let [report, scanner, rule, location, evidence] = [0, 1, 2, 4, 6].map(|index| cells[index].to_owned());
    Side { report, scanner, rule, cves, location, evidence }
}

fn pairs() -> Vec<Pair> {
    let rows = PAIRS.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 17, "{line}");
        assert!(matches!(cells[0], "same" | "different") && matches!(cells[1], "same" | "as_reported"), "{line}");
        let (one, other) = (side(&cells[3..10]), side(&cells[10..17]));
        let what = [&one.report, &one.rule, &one.location, &other.report, &other.rule, &other.location];
        let hash = Sha256::digest(what.map(String::as_str).join("|"));
        Pair {
            same: cells[0] == "same",
            one_port: cells[1] == "same",
            reason: cells[2].to_owned(),
            one,
            other,
            reported_on: hash[0] % 2 == 1,
        }
    });
    rows.collect()
}

/// Of a label in a location of its own words.
fn location(label: &str, one_port: bool) -> Location {
    if label.starts_with("pkg:") {
        let (purl, path) = match label.strip_suffix(')').and_then(|label| label.split_once(" (")) {
            Some((purl, path)) => (purl, Some(path.to_owned())),
            None => (label, None),
        };
        return Location::Package { purl: purl.to_owned(), path };
    }
    let (port, protocol) = if one_port { ("443", "tcp") } else { label.split_once('/').unwrap_or(("0", "tcp")) };
    Location::Network { port: port.parse().unwrap(), protocol: protocol.to_owned(), service: None }
}

fn candidate(side: &Side, one_port: bool) -> Candidate {
    let location = location(&side.location, one_port);
    let cves: Vec<String> = side.cves.iter().cloned().collect();
    let weakness = if cves.is_empty() { format!("{} {}", side.scanner, side.rule) } else { cves.join(",") };
    Candidate {
        fingerprint: format!("{weakness} at {}", identity::location(&location)),
        location,
        cves,
        rules: vec![ReportedRule { scanner: side.scanner.clone(), rule_id: side.rule.clone() }],
        well_known: well_known(&side.scanner, &side.rule, Some(&side.evidence)).into_iter().collect(),
        item: Item::default(),
    }
}

fn found(record: &FindingRecord) -> Side {
    let label = record.location.label();
    let is_combined = combined().any(|rule| rule == (record.scanner.as_str(), record.rule_id.as_str()));
    let said = record.evidence.as_deref().and_then(|evidence| evidence.split("\n\n").next()).unwrap_or_default();
    let words: Vec<_> = said.split_whitespace().collect();
    Side {
        report: String::new(),
        scanner: record.scanner.clone(),
        rule: record.rule_id.clone(),
        cves: record.cves.iter().cloned().collect(),
        location: if label.is_empty() { "-".to_owned() } else { label },
        evidence: if is_combined { words.join(" ") } else { "-".to_owned() },
    }
}

#[test]
fn every_labelled_record_is_in_the_corpus_with_these_cves() {
    let Some(corpus) = corpus() else { return };
    let mut by_report: BTreeMap<String, BTreeSet<Side>> = BTreeMap::new();
    for pair in pairs() {
        for side in [pair.one, pair.other] {
            by_report.entry(side.report.clone()).or_default().insert(Side { report: String::new(), ..side });
        }
    }
    for (report, labelled) in by_report {
        let present: BTreeSet<Side> = read_file(&corpus.join(&report)).findings.iter().map(found).collect();
        let missing: Vec<_> = labelled.difference(&present).collect();
        assert!(missing.is_empty(), "{report} does not hold {missing:#?}");
    }
}

/// `true`: one weakness.
type Rule = Box<dyn Fn(&Candidate, &Candidate) -> bool>;

/// At one place, by the rule's own notion of it, and with CVEs that pass the test.
fn by_cves(test: impl Fn(&BTreeSet<String>, &BTreeSet<String>) -> bool + 'static) -> Rule {
    Box::new(move |one, other| {
        // Equal CVEs of two strangers tell about the place alone.
        let stranger = |candidate: &Candidate, scanner: &str| Candidate {
            cves: vec!["CVE-1999-0001".to_owned()],
            rules: vec![ReportedRule { scanner: scanner.to_owned(), rule_id: "any".to_owned() }],
            well_known: BTreeSet::new(),
            ..candidate.clone()
        };
        let set = |candidate: &Candidate| candidate.cves.iter().cloned().collect::<BTreeSet<_>>();
        let (one_cves, other_cves) = (set(one), set(other));
        compare(&stranger(one, "a"), &stranger(other, "b")).is_ok()
            && !one_cves.is_disjoint(&other_cves)
            && test(&one_cves, &other_cves)
    })
}

fn jaccard(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    one.intersection(other).count() as f64 / one.union(other).count() as f64
}

/// In how many of the labelled records each CVE is named.
fn named_by() -> HashMap<String, usize> {
    let mut named = HashMap::new();
    let sides: BTreeSet<Side> = pairs().into_iter().flat_map(|pair| [pair.one, pair.other]).collect();
    for cve in sides.into_iter().flat_map(|side| side.cves) {
        *named.entry(cve).or_insert(0) += 1;
    }
    named
}

fn alternatives() -> Vec<(&'static str, Rule)> {
    let named = named_by();
    let weight = move |cves: &mut dyn Iterator<Item = &String>| -> f64 {
        cves.map(|cve| 1.0 / named.get(cve).map_or(1.0, |count| *count as f64)).sum()
    };
    vec![
        ("the same set of CVEs (fingerprint v1, places compared as here)", by_cves(|one, other| one == other)),
        ("any CVE in common", by_cves(|_, _| true)),
        ("one set holds the other", by_cves(|one, other| one.is_subset(other) || other.is_subset(one))),
        (
            "one set holds the other, at most 3 times as large",
            by_cves(|one, other| {
                (one.is_subset(other) || other.is_subset(one))
                    && one.len().max(other.len()) <= 3 * one.len().min(other.len())
            }),
        ),
        ("a quarter in common", by_cves(|one, other| jaccard(one, other) >= 0.25)),
        ("a third in common", by_cves(|one, other| jaccard(one, other) >= 1.0 / 3.0)),
        ("half in common", by_cves(|one, other| jaccard(one, other) >= 0.5)),
        ("more than half in common", by_cves(|one, other| jaccard(one, other) > 0.5)),
        ("two thirds in common", by_cves(|one, other| jaccard(one, other) >= 2.0 / 3.0)),
        (
            "half in common, rare CVEs weigh more",
            by_cves(move |one, other| weight(&mut one.intersection(other)) >= 0.5 * weight(&mut one.union(other))),
        ),
        ("half in common, of two scanners", {
            let half = by_cves(|one, other| jaccard(one, other) >= 0.5);
            Box::new(move |one, other| one.rules[0].scanner != other.rules[0].scanner && half(one, other))
        }),
        (
            "the rule without well-known checks",
            Box::new(|one, other| {
                let is_known = |tie: &Tie| matches!(tie, Tie::WellKnown { .. });
                compare(one, other).is_ok_and(|tie| !is_known(&tie))
            }),
        ),
        ("the rule", Box::new(|one, other| compare(one, other).is_ok())),
    ]
}

#[derive(Clone, Copy, Debug, Default)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn add(&mut self, said: bool, same: bool) {
        match (said, same) {
            (true, true) => self.right += 1,
            (true, false) => self.wrong += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn precision(self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    fn recall(self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wrong, missed, .. } = self;
        write!(formatter, "{:.3} / {:.3} ({wrong} wrong, {missed} missed)", self.precision(), self.recall())
    }
}

fn score<'a>(pairs: impl Iterator<Item = &'a Pair>, said: impl Fn(&Pair) -> bool) -> Score {
    let mut score = Score::default();
    pairs.for_each(|pair| score.add(said(pair), pair.same));
    score
}

#[expect(clippy::print_stderr, reason = "the figures are what it is for")]
fn print(name: &str, pairs: &[Pair], said: impl Fn(&Pair) -> bool) -> (Score, Score) {
    let design = score(pairs.iter().filter(|pair| !pair.reported_on), &said);
    let reported = score(pairs.iter().filter(|pair| pair.reported_on), &said);
    eprintln!("| {name} | {design} | {reported} |");
    (design, reported)
}

/// Pairs of two scanners: the relation's own matter. What one scanner reports with one set of CVEs at one place is one
/// finding by its fingerprint already, right or wrong; how many of the labelled pairs that is wrong for is counted too.
#[test]
fn pairs_of_two_scanners_are_judged_as_a_person_does() {
    let (alone, pairs): (Vec<_>, Vec<_>) = pairs().into_iter().partition(Pair::within_one_scanner);
    assert!(pairs.len() >= 200, "{}", pairs.len());
    eprintln!("| rule | design half: precision / recall | reported half |\n|---|---|---|");
    let mut last = (Score::default(), Score::default());
    for (name, rule) in alternatives() {
        last = print(name, &pairs, |pair| {
            rule(&candidate(&pair.one, pair.one_port), &candidate(&pair.other, pair.one_port))
        });
    }
    for pair in &pairs {
        let said = compare(&candidate(&pair.one, pair.one_port), &candidate(&pair.other, pair.one_port));
        if said.is_ok() != pair.same {
            let half = if pair.reported_on { "reported" } else { "design" };
            let word = if pair.same { "missed" } else { "wrong" };
            eprintln!(
                "{half}: {word}: {} {} ~ {} {}: {}",
                pair.one.scanner, pair.one.rule, pair.other.scanner, pair.other.rule, pair.reason
            );
        }
    }
    let (design, reported) = last;
    assert!(design.precision() >= 0.99 && reported.precision() >= 0.99, "{design} {reported}");
    assert!(design.recall() >= 0.90 && reported.recall() >= 0.90, "{design} {reported}");
    let apart = alone.iter().filter(|pair| !pair.same);
    for pair in apart.filter(|pair| pair.one.cves != pair.other.cves) {
        let (one, other) = (candidate(&pair.one, pair.one_port), candidate(&pair.other, pair.one_port));
        assert!(compare(&one, &other).is_err(), "{} {}: {}", one.fingerprint, other.fingerprint, pair.reason);
    }
}

/// All labelled records of hosts on one port of one host, and all of packages in one image: the most crowded asset that
/// they can make. What is in one group counts as said to be the same.
#[test]
fn groups_on_a_crowded_asset_are_as_right() {
    let (alone, pairs): (Vec<_>, Vec<_>) = pairs().into_iter().partition(Pair::within_one_scanner);
    let crowd = |one_port: bool, is_in: &dyn Fn(&Side) -> bool| -> HashMap<String, usize> {
        let sides: BTreeSet<&Side> =
            pairs.iter().chain(&alone).flat_map(|pair| [&pair.one, &pair.other]).filter(|side| is_in(side)).collect();
        let mut all: BTreeMap<String, Candidate> = BTreeMap::new();
        for side in sides {
            let new = candidate(side, one_port);
            let known = all.entry(new.fingerprint.clone()).or_insert_with(|| Candidate {
                rules: vec![],
                well_known: BTreeSet::new(),
                ..new.clone()
            });
            known.rules.extend(new.rules);
            known.well_known.extend(new.well_known);
        }
        let all: Vec<Candidate> = all.into_values().collect();
        let grouped = groups(&all).into_iter().enumerate();
        grouped
            .flat_map(|(group, members)| members.into_iter().map(move |index| (index, group)))
            .map(|(index, group)| (all[index].fingerprint.clone(), group))
            .collect()
    };
    let is_package = |side: &Side| side.location.starts_with("pkg:");
    let host = crowd(true, &|side| !is_package(side));
    let image = crowd(false, &is_package);
    let said = |pair: &Pair| {
        let (one, other) = (candidate(&pair.one, pair.one_port), candidate(&pair.other, pair.one_port));
        let group = |candidate: &Candidate| {
            let asset = if is_package(&pair.one) { &image } else { &host };
            asset.get(&candidate.fingerprint).copied()
        };
        one.fingerprint == other.fingerprint || group(&one).is_some_and(|of_one| group(&other) == Some(of_one))
    };
    let crowded: Vec<Pair> = pairs.into_iter().filter(|pair| pair.one_port || is_package(&pair.one)).collect();
    let (design, reported) = print("the rule, in groups on a crowded asset", &crowded, said);
    assert!(design.precision() >= 0.99 && reported.precision() >= 0.99, "{design} {reported}");
}
