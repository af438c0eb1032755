use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn port(port: u16) -> Location {
    Location::Network { port, protocol: "tcp".to_owned(), service: None }
}

fn package(purl: &str, path: &str) -> Location {
    Location::Package { purl: purl.to_owned(), path: (!path.is_empty()).then(|| path.to_owned()) }
}

fn at(location: Location, scanner: &str, rule_id: &str, cves: &[&str]) -> Candidate {
    let cves: Vec<String> = cves.iter().map(|cve| (*cve).to_owned()).collect();
    Candidate {
        fingerprint: format!("{}|{scanner}|{rule_id}|{}", identity::location(&location), cves.join(",")),
        location,
        cves,
        rules: vec![ReportedRule { scanner: scanner.to_owned(), rule_id: rule_id.to_owned() }],
        well_known: well_known(scanner, rule_id, None).into_iter().collect(),
        item: Item::default(),
    }
}

/// Numbers for CVEs.
fn bundle(scanner: &str, rule_id: &str, numbers: impl IntoIterator<Item = u32>) -> Candidate {
    let cves: Vec<String> = numbers.into_iter().map(|number| format!("CVE-2020-{number:04}")).collect();
    at(port(443), scanner, rule_id, &cves.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The rules of each group.
fn grouped(candidates: &[Candidate]) -> BTreeSet<Vec<String>> {
    let rules = |group: Vec<usize>| {
        let mut rules: Vec<String> = group
            .iter()
            .map(|index| format!("{}:{}", candidates[*index].rules[0].scanner, candidates[*index].rules[0].rule_id))
            .collect();
        rules.sort();
        rules
    };
    groups(candidates).into_iter().map(rules).collect()
}

fn sets(expected: &[&[&str]]) -> BTreeSet<Vec<String>> {
    expected.iter().map(|set| set.iter().map(|rule| (*rule).to_owned()).collect()).collect()
}

#[test]
fn what_four_scanners_bundle_differently_is_one_group_of_four() {
    let four = [
        bundle("nessus", "1", 1..=3),
        bundle("qualys", "2", 1..=2),
        bundle("insightvm", "3", 1..=4),
        bundle("openvas", "4", 1..=3),
    ];
    assert_eq!(grouped(&four), sets(&[&["insightvm:3", "nessus:1", "openvas:4", "qualys:2"]]));
}

#[test]
fn a_roll_up_takes_in_no_single_advisory_and_joins_no_two() {
    let mut host: Vec<_> = (1..=60).map(|number| bundle("insightvm", &format!("i{number}"), [number])).collect();
    host.push(bundle("nessus", "roll-up", 1..=60));
    host.push(bundle("qualys", "single", [7]));
    assert_eq!(grouped(&host), sets(&[&["insightvm:i7", "qualys:single"]]));
    assert_eq!(
        compare(&host[60], &host[61]).unwrap_err().to_string(),
        "both name CVE-2020-0007, but that is less than half of the 60 CVEs that either names"
    );
}

#[test]
fn neighbouring_months_stay_apart_and_the_month_of_two_scanners_meets() {
    let months = [
        bundle("nessus", "may", 1..=40),
        bundle("nessus", "june", 31..=70),
        bundle("qualys", "may", 3..=40),
        bundle("qualys", "june", 33..=70),
    ];
    assert_eq!(grouped(&months), sets(&[&["nessus:may", "qualys:may"], &["nessus:june", "qualys:june"]]));
}

#[test]
fn a_chain_ends_where_its_ends_share_nothing() {
    let chain = [bundle("a", "1", [1, 2]), bundle("b", "2", [1, 2, 3, 4]), bundle("c", "3", [3, 4])];
    let groups = groups(&chain);
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].len(), 2);
}

#[test]
fn of_two_equally_good_partners_none_is_taken() {
    let host = [bundle("nessus", "1", [1, 2]), bundle("nessus", "2", [2, 3]), bundle("qualys", "3", 1..=3)];
    assert_eq!(grouped(&host), sets(&[]));
    let host = [bundle("nessus", "1", [1, 2]), bundle("nessus", "2", [1, 2, 3]), bundle("qualys", "3", 1..=4)];
    assert_eq!(grouped(&host), sets(&[&["nessus:2", "qualys:3"]]));
}

#[test]
fn places_keep_apart_and_the_host_as_a_whole_is_one() {
    let cve = ["CVE-2014-0160"];
    let ports = [at(port(443), "nessus", "1", &cve), at(port(8443), "qualys", "2", &cve)];
    assert_eq!(compare(&ports[0], &ports[1]), Err(Difference::Place));
    let icmp = Location::Network { port: 0, protocol: "icmp".to_owned(), service: None };
    let host =
        [at(icmp, "nessus", "1", &cve), at(port(0), "qualys", "2", &cve), at(Location::Asset, "insightvm", "3", &cve)];
    assert_eq!(grouped(&host), sets(&[&["insightvm:3", "nessus:1", "qualys:2"]]));
}

#[test]
fn packages_meet_by_name_version_and_folder() {
    let cve = ["CVE-2021-44906"];
    let installed = at(package("pkg:npm/minimist@1.2.5", "app/node_modules/minimist/package.json"), "trivy", "1", &cve);
    let tie = |purl: &str, path: &str| compare(&installed, &at(package(purl, path), "other", "2", &cve)).is_ok();
    assert!(tie("pkg:npm/minimist@1.2.5", "app/node_modules/minimist"), "its folder");
    assert!(tie("pkg:npm/minimist@1.2.5", "app/package-lock.json"), "the lock file above it");
    assert!(tie("pkg:npm/minimist@v1.2.5?arch=all", ""), "no path told");
    assert!(tie("pkg:generic/minimist@1.2.5", ""), "no ecosystem told");
    assert!(!tie("pkg:npm/minimist@1.2.0", "app/node_modules/minimist"), "another version");
    assert!(!tie("pkg:npm/minimist", "app/package-lock.json"), "neither version nor folder told");
    assert!(!tie("pkg:npm/minimist@1.2.5", "app/node_modules/mkdirp/node_modules/minimist"), "another copy");
    assert!(!tie("pkg:npm/minimist@1.2.5", "other/package-lock.json"), "another project");
    assert!(!tie("pkg:pypi/minimist@1.2.5", ""), "another ecosystem");
    assert!(!tie("pkg:npm/mkdirp@1.2.5", ""), "another package with the CVE");
    let scoped = at(package("pkg:npm/%40babel/traverse@7.22.15", ""), "aqua", "1", &cve);
    assert!(compare(&scoped, &at(package("pkg:npm/%40babel%2Ftraverse@7.22.15", ""), "other", "2", &cve)).is_ok());
    assert!(compare(&scoped, &at(package("pkg:npm/%40vue/traverse@7.22.15", ""), "other", "2", &cve)).is_err());
}

#[test]
fn advisories_tie_what_names_no_cve() {
    let purl = "pkg:npm/marsdb@0.6.11";
    let named = at(package(purl, ""), "grype", "GHSA-5mrr-rgp6-x4gr", &["CVE-2020-1111"]);
    let unnamed = at(package(purl, ""), "trivy", "GHSA-5mrr-rgp6-x4gr", &[]);
    assert_eq!(compare(&named, &unnamed), Ok(Tie::Advisory { id: "GHSA-5MRR-RGP6-X4GR".to_owned() }));
    let own_id = at(package(purl, ""), "snyk", "SNYK-JS-MARSDB-480405", &[]);
    assert_eq!(compare(&named, &own_id), Err(Difference::Nothing));
    let in_the_rule = at(port(0), "insightvm", "ubuntu-cve-2015-1794", &[]);
    let told = at(port(0), "openvas", "1", &["CVE-2015-1794"]);
    assert_eq!(compare(&in_the_rule, &told).unwrap().to_string(), "both name exactly CVE-2015-1794");
}

#[test]
fn well_known_checks_meet_whatever_their_cves_and_two_kinds_never() {
    let trace = [
        at(port(80), "qualys", "12680", &["CVE-2003-1567", "CVE-2004-2320", "CVE-2010-0386"]),
        at(port(80), "qualys", "86473", &["CVE-2004-2320", "CVE-2007-3008"]),
        at(port(80), "openvas", "1.3.6.1.4.1.25623.1.0.11213", &["CVE-2014-7883"]),
    ];
    assert_eq!(groups(&trace).iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    let poodle = at(port(443), "qualys", "38603", &["CVE-2014-3566"]);
    let protocol = at(port(443), "openvas", "1.3.6.1.4.1.25623.1.0.111012", &["CVE-2014-3566", "CVE-2016-0800"]);
    assert_eq!(
        compare(&poodle, &protocol).unwrap_err().to_string(),
        "their rules are known to look for two things (ssl-3-poodle and ssl-2-or-3-offered)"
    );
}

/// One check for several versions of a protocol is the check for one of them where it found no other.
#[test]
fn a_combined_check_is_what_its_evidence_says() {
    const RULE: &str = "1.3.6.1.4.1.25623.1.0.117274";
    let saying = |evidence: Option<&str>| Candidate {
        well_known: well_known("openvas", RULE, evidence).into_iter().collect(),
        ..at(port(443), "openvas", RULE, &["CVE-2011-3389", "CVE-2015-0204"])
    };
    let (old, newer) = (at(port(443), "nessus", "104743", &[]), at(port(443), "nessus", "121010", &[]));
    let ties = |evidence: Option<&str>| {
        let combined = saying(evidence);
        (compare(&combined, &old).is_ok(), compare(&combined, &newer).is_ok())
    };
    assert_eq!(ties(Some("The service is only providing the deprecated\n  TLSv1.0 protocol and ...")), (true, false));
    assert_eq!(ties(Some("is also providing the deprecated TLSv1.1 protocol and supports")), (false, true));
    assert_eq!(ties(Some("is also providing the deprecated TLSv1.0 and TLSv1.1 protocols")), (false, false));
    assert_eq!(ties(None), (false, false));
    let mut both = saying(Some("the deprecated TLSv1.0 protocol"));
    both.well_known.extend(saying(Some("the deprecated TLSv1.1 protocol")).well_known);
    assert!(compare(&both, &old).is_err() && compare(&both, &newer).is_err(), "two looks say two things");
}

#[test]
fn one_scanner_tells_two_things_apart_except_what_its_rule_named_before() {
    let nessus = |rule: &str, numbers: &[u32]| bundle("nessus", rule, numbers.iter().copied());
    assert_eq!(
        compare(&nessus("1", &[1, 2]), &nessus("2", &[1, 2, 3])),
        Err(Difference::OneScanner { scanner: "nessus".to_owned() })
    );
    assert!(matches!(compare(&nessus("1", &[1]), &nessus("1", &[1, 2, 3])), Ok(Tie::SameRule { .. })));
    let mut second = nessus("1", &[1, 2]);
    second.item.ordinal = 1;
    assert_eq!(compare(&nessus("1", &[1, 2]), &second), Err(Difference::Items));
    second.item = Item { check: Some("1.1.1".to_owned()), ordinal: 0 };
    assert_eq!(compare(&nessus("1", &[1, 2]), &second), Err(Difference::Items));
}

#[test]
fn the_table_of_well_known_checks_is_whole_and_sorted() {
    let table = include_str!("well_known.tsv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 5 && row[..4].iter().all(|cell| !cell.is_empty())));
    assert!(rows.is_sorted(), "sorted");
    let rules: BTreeSet<_> = rows.iter().map(|row| (row[1], row[2], row[4])).collect();
    assert_eq!(rules.len(), rows.len(), "a rule looks for one thing, or says which");
    let told = rows.iter().filter(|row| !row[4].is_empty()).map(|row| (row[1], row[2]));
    assert_eq!(told.collect::<BTreeSet<_>>(), combined().collect(), "also for when it does not say");
}

/// Ten thousand findings at one place that name each other's CVEs: a second is far more than it takes.
#[test]
fn many_findings_of_one_place_cost_little() {
    let many: Vec<_> = (0..10_000)
        .map(|number| bundle(["a", "b", "c", "d"][number as usize % 4], &format!("{number:05}"), number..number + 12))
        .collect();
    let started = std::time::Instant::now();
    let found = groups(&many);
    let took = started.elapsed();
    assert!(found.len() > 1000, "{}", found.len());
    assert!(took.as_secs() < 20, "{took:?} in a slow build");
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0..3_u16, 0..4_usize, 0..5_u32, proptest::collection::btree_set(1..9_u32, 0..5), 0..2_u32);
    proptest::collection::vec(one, 0..14).prop_map(|all| {
        let scanners = ["insightvm", "nessus", "openvas", "qualys"];
        let mut candidates: Vec<Candidate> = all
            .into_iter()
            .map(|(place, scanner, rule, numbers, ordinal)| {
                let mut candidate = bundle(scanners[scanner], &format!("r{rule}"), numbers);
                candidate.location = port(place);
                candidate.item.ordinal = ordinal;
                candidate.fingerprint = format!("{place}|{}|{ordinal}", candidate.fingerprint);
                candidate
            })
            .collect();
        candidates.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
        candidates.dedup_by(|one, other| one.fingerprint == other.fingerprint);
        candidates
    })
}

/// By fingerprints.
fn named(candidates: &[Candidate]) -> BTreeSet<BTreeSet<String>> {
    let name = |group: Vec<usize>| group.into_iter().map(|index| candidates[index].fingerprint.clone()).collect();
    groups(candidates).into_iter().map(name).collect()
}

proptest! {
    #[test]
    fn order_does_not_matter(candidates in candidates(), turn in 0..14_usize) {
        let expected = named(&candidates);
        let mut others = candidates.clone();
        others.reverse();
        prop_assert_eq!(&named(&others), &expected);
        let turn = turn % others.len().max(1);
        others.rotate_left(turn);
        prop_assert_eq!(&named(&others), &expected);
    }

    #[test]
    fn a_finding_of_another_place_changes_nothing(candidates in candidates(), numbers in proptest::collection::btree_set(1..9_u32, 1..5)) {
        let expected = named(&candidates);
        let mut more = candidates;
        let mut stranger = bundle("stranger", "s", numbers);
        stranger.location = port(9999);
        more.push(stranger);
        prop_assert_eq!(named(&more), expected);
    }

    /// Groups are disjoint, every two members are tied, and so share a name: no chain joins what shares nothing.
    #[test]
    fn every_two_members_are_tied(candidates in candidates()) {
        let mut seen = BTreeSet::new();
        for group in groups(&candidates) {
            prop_assert!(group.len() > 1);
            for (place, one) in group.iter().enumerate() {
                prop_assert!(seen.insert(*one));
                for other in &group[place + 1..] {
                    prop_assert!(compare(&candidates[*one], &candidates[*other]).is_ok());
                    prop_assert_eq!(compare(&candidates[*one], &candidates[*other]).is_ok(), compare(&candidates[*other], &candidates[*one]).is_ok());
                }
            }
        }
    }

    #[test]
    fn one_rule_is_in_a_group_once_unless_it_named_other_cves_before(candidates in candidates()) {
        for group in groups(&candidates) {
            let members: Vec<_> = group.iter().map(|index| &candidates[*index]).collect();
            for (place, one) in members.iter().enumerate() {
                for other in &members[place + 1..] {
                    prop_assert!(one.rules != other.rules || (one.item == other.item && one.cves != other.cves));
                }
            }
        }
    }
}
