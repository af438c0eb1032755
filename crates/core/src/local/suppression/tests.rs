use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::Severity;
use crate::asset::AssetRecord;
use crate::finding::identity::Ordinals;

fn record(rule: &str, path: &str, line: u32, source: &str) -> FindingRecord {
    FindingRecord {
        scanner: "bandit".to_owned(),
        rule_id: rule.to_owned(),
        title: "a title".to_owned(),
        severity: Severity::High,
        vendor_severity: None,
        asset: AssetRecord::repository("r"),
        location: Location::Code {
            path: path.to_owned(),
            line: Some(line),
            column: None,
            source: Some(source.to_owned()),
        },
        check: None,
        cves: Vec::new(),
        cwes: Vec::new(),
        cvss: Vec::new(),
        family: None,
        description: None,
        solution: None,
        evidence: None,
        references: Vec::new(),
        seen_at: None,
    }
}

fn baseline(records: &[FindingRecord]) -> Baseline {
    let mut ordinals = Ordinals::of(records);
    let identities: Vec<Identity> = records.iter().map(|one| Identity::of(one, ordinals.next(one))).collect();
    Baseline::of(records.iter().zip(&identities))
}

fn rule(rule: &str, path: Option<&str>, expires: Option<&str>) -> IgnoreRule {
    IgnoreRule {
        rule: RulePattern::new(rule),
        path: path.map(PathPattern::new),
        reason: "reviewed".to_owned(),
        expires: expires.map(str::to_owned),
        owner: Some("security".to_owned()),
    }
}

#[test]
fn comments_of_every_style_name_rules_and_reason() {
    for (path, line) in [
        ("a.py", "run(x)  # scanhelm: ignore B602, bandit:B1* -- fixed words"),
        ("Dockerfile", "#Scanhelm: IGNORE B602, bandit:B1* -- fixed words"),
        ("a.js", "run(x) // scanhelm: ignore B602, bandit:B1* -- fixed words"),
        ("a.c", "run(x); /* scanhelm: ignore B602, bandit:B1* -- fixed words */ more()"),
        ("a.sql", "drop -- scanhelm: ignore B602, bandit:B1* -- fixed words"),
        ("a.html", "<b> <!-- scanhelm: ignore B602, bandit:B1* -- fixed words --> </b>"),
        ("a.clj", "(run) ; scanhelm: ignore B602, bandit:B1* -- fixed words"),
        ("a.erl", "run(). % scanhelm: ignore B602, bandit:B1* -- fixed words"),
    ] {
        let found = comments(path, line, true);
        let [directive] = found.directives.as_slice() else { panic!("{path}: {found:?}") };
        let rules: Vec<&str> = directive.rules.iter().map(RulePattern::as_str).collect();
        assert_eq!((directive.line, rules), (1, vec!["b602", "bandit:b1*"]), "{path}");
        assert_eq!(directive.reason.as_deref(), Some("fixed words"), "{path}");
    }
}

#[test]
fn a_comment_acts_on_its_line_or_the_next_and_on_no_other_rule() {
    let text = "# scanhelm: ignore-next-line B602\nrun(x)\nrun(y) # scanhelm: ignore *\n";
    let found = comments("a.py", text, false);
    let suppressed = |rule: &str, line| found.suppressing(&record(rule, "a.py", line, ""), line).is_some();
    assert_eq!([1, 2, 3].map(|line| suppressed("B602", line)), [false, true, true]);
    assert_eq!([1, 2, 3].map(|line| suppressed("B404", line)), [false, false, true]);
}

#[test]
fn a_comment_that_is_not_clear_suppresses_nothing_and_is_told() {
    for (body, said) in [
        ("ignore", "names no rule"),
        ("ignore -- because", "names no rule"),
        ("ignore B602 because", "behind ` -- `"),
        ("ignore B602,, B1 -- x", "names no rule"),
        ("ignored B602 -- x", "should say"),
        ("ignore B602", "asks for a reason"),
        ("ignore B602 --", "asks for a reason"),
    ] {
        let found = comments("a.py", &format!("x # scanhelm: {body}"), true);
        assert!(found.directives.is_empty(), "{body}");
        assert!(found.problems.iter().any(|(line, problem)| *line == 1 && problem.contains(said)), "{body}: {found:?}");
    }
    assert_eq!(comments("a.js", "x # scanhelm: ignore *", false), Comments::default(), "another language's comment");
}

#[test]
fn a_path_pattern_keeps_to_folders() {
    for (pattern, path, fits) in [
        ("tests/**", "tests/a/b.py", true),
        ("tests/**", "src/tests/b.py", false),
        ("**/tests/**", "tests/b.py", true),
        ("**/tests/**", "src/tests/b.py", true),
        ("**/tests/**", "src/mytests/b.py", false),
        ("*.py", "a.py", true),
        ("*.py", "a/b.py", false),
        ("./a/?.py", "a/b.py", true),
        ("a?b.py", "a/b.py", false),
        ("a.py", "a.pyc", false),
    ] {
        assert_eq!(PathPattern::new(pattern).matches(path), fits, "{pattern} {path}");
    }
}

fn scanners(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_rule_is_called_useless_by_the_scanner_that_it_names_or_when_it_names_none() {
    let rules = ["bandit:B101", "B*", "*:B101", "ban*:b101", "Bandit:*"].map(|pattern| rule(pattern, None, None));
    let suppressions = Suppressions { folder: String::new(), rules: rules.into(), baseline: None };
    for (looked, told) in [
        (&["bandit", "semgrep"][..], vec![0, 1, 2, 3, 4]),
        (&["semgrep"][..], vec![1, 2]),
        (&["bandi"][..], vec![1, 2, 3]),
        (&[][..], vec![]),
    ] {
        let complaints = suppressions.complaints(Timestamp::default(), &scanners(looked), &Uses::default());
        let shown = |at: usize| format!("the rule for `{}` matches no", suppressions.rules[at].rule.as_str());
        assert_eq!(complaints.len(), told.len(), "{looked:?}: {complaints:?}");
        assert!(complaints.iter().zip(told).all(|(one, at)| one.starts_with(&shown(at))), "{looked:?}: {complaints:?}");
    }
}

#[test]
fn the_way_nearest_to_the_code_wins_and_a_rule_ends_on_its_day() {
    let one = record("B602", "tests/a.py", 2, "run(x)");
    let identity = Identity::of(&one, 0);
    let found = comments("a.py", "\nrun(x) # scanhelm: ignore B602 -- inline reason", false);
    let now = start_of_day("2026-06-01").unwrap();
    let by = |suppressions: &Suppressions, comments| {
        suppressions.of(&one, &identity, comments, now, &mut Uses::default()).map(|suppressed| suppressed.by)
    };
    let mut suppressions = Suppressions {
        folder: String::new(),
        rules: vec![rule("bandit:B6*", Some("tests/**"), Some("2026-06-02"))],
        baseline: Some(baseline(std::slice::from_ref(&one))),
    };
    assert_eq!(by(&suppressions, Some(&found)), Some(Way::Inline));
    assert_eq!(by(&suppressions, None), Some(Way::Config));
    suppressions.rules = vec![rule("bandit:B6*", Some("tests/**"), Some("2026-06-01")), rule("B9", None, None)];
    assert_eq!(by(&suppressions, None), Some(Way::Baseline));
    let complaints = suppressions.complaints(now, &scanners(&["bandit"]), &Uses::default());
    assert!(complaints[0].contains("ran out on 2026-06-01") && complaints[1].contains("matches no finding"));
    let unheard = suppressions.complaints(now, &scanners(&[]), &Uses::default());
    assert_eq!(unheard, [complaints[0].clone()], "nobody looked");
    suppressions.baseline = None;
    assert_eq!(by(&suppressions, None), None);
    for (folder, way) in [("", None), ("src/", Some(Way::Config))] {
        let rules = vec![rule("B602", Some("src/**"), None)];
        assert_eq!(by(&Suppressions { folder: folder.to_owned(), rules, baseline: None }, None), way, "{folder}");
    }
}

#[test]
fn a_second_identical_weakness_is_new_and_moved_code_is_not() {
    let before = baseline(&[record("B602", "a.py", 5, "run(x)")]);
    let moved = baseline(&[record("B602", "a.py", 90, "    run(x)")]);
    assert_eq!(before.compared(&moved, &BTreeSet::new()).new, []);
    let twice = baseline(&[record("B602", "a.py", 5, "run(x)"), record("B602", "a.py", 9, "run(x)")]);
    let compared = before.compared(&twice, &BTreeSet::new());
    assert_eq!((compared.new.len(), compared.unchanged.len()), (1, 1));
}

#[test]
fn silence_of_a_scanner_that_did_not_look_is_no_fix() {
    let before = baseline(&[record("B602", "a.py", 5, "run(x)")]);
    let unlooked = before.compared(&Baseline::default(), &BTreeSet::new());
    assert_eq!((unlooked.fixed.len(), unlooked.unknown.len()), (0, 1));
    let looked = before.compared(&Baseline::default(), &BTreeSet::from(["bandit".to_owned()]));
    assert_eq!((looked.fixed.len(), looked.unknown.len()), (1, 0));
}

#[test]
fn a_broken_baseline_is_an_error() {
    let good = baseline(&[record("B602", "a.py", 5, "run(x)")]).written();
    assert!(matches!(Baseline::read(""), Err(BaselineError::Malformed(_))));
    assert!(matches!(Baseline::read("{}"), Err(BaselineError::Malformed(_))));
    assert!(matches!(Baseline::read(&good[..good.len() / 2]), Err(BaselineError::Malformed(_))));
    assert!(matches!(Baseline::read(&good.replace("baseline/1", "baseline/2")), Err(BaselineError::Schema(_))));
    assert!(matches!(
        Baseline::read(&good.replace("\"fingerprint\":\"", "\"fingerprint\":\"x")),
        Err(BaselineError::Fingerprint(_))
    ));
}

#[test]
fn an_override_keeps_the_scanners_word() {
    let mut one = record("B602", "a.py", 1, "");
    let lower = SeverityRule { rule: RulePattern::new("B602"), severity: Severity::Low };
    lower.apply(&mut one);
    assert_eq!((one.severity, one.vendor_severity.as_deref()), (Severity::Low, Some("high")));
    let again = one.clone();
    lower.apply(&mut one);
    assert_eq!(one, again);
}

fn some_records() -> impl Strategy<Value = Vec<FindingRecord>> {
    let one = ("B[12]", "[ab]\\.py", 1_u32..4, "[xy]")
        .prop_map(|(rule, path, line, source)| record(&rule, &path, line, &source));
    prop::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn a_baseline_suppresses_what_it_was_made_of_in_any_order(records in some_records(), turn in 0_usize..12) {
        let known = baseline(&records);
        let mut turned = records.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        prop_assert_eq!(baseline(&turned).written(), known.written());
        prop_assert_eq!(Baseline::read(&known.written()).unwrap(), known.clone());
        let suppressions = Suppressions { folder: String::new(), rules: Vec::new(), baseline: Some(known) };
        let mut ordinals = Ordinals::of(&turned);
        for one in &turned {
            let identity = Identity::of(one, ordinals.next(one));
            let suppressed = |_| suppressions.of(one, &identity, None, Timestamp::default(), &mut Uses::default());
            prop_assert_eq!(suppressed(0).map(|suppressed| suppressed.by), Some(Way::Baseline));
            prop_assert_eq!(suppressed(1), suppressed(2));
        }
    }

    #[test]
    fn the_order_of_rules_does_not_decide_whether_a_finding_is_suppressed(
        records in some_records(),
        rules in prop::collection::vec(("(B[12]|\\*)", prop::option::of("[ab]\\.py"), prop::bool::ANY), 0..5),
    ) {
        let made: Vec<IgnoreRule> = rules
            .iter()
            .map(|(name, path, ended)| rule(name, path.as_deref(), ended.then_some("1960-01-01")))
            .collect();
        let backward = Suppressions { folder: String::new(), rules: made.iter().rev().cloned().collect(), baseline: None };
        let forward = Suppressions { folder: String::new(), rules: made, baseline: None };
        for one in &records {
            let identity = Identity::of(one, 0);
            let is = |suppressions: &Suppressions| {
                suppressions.of(one, &identity, None, Timestamp::default(), &mut Uses::default()).is_some()
            };
            prop_assert_eq!(is(&forward), is(&backward));
        }
    }

    #[test]
    fn no_text_breaks_the_reader_of_comments(text in "(#|scanhelm|:| |ignore|-next-line|,|\\*|--|é|\n){0,30}") {
        let found = comments("a.py", &text, false);
        prop_assert!(found.directives.iter().all(|one| !one.rules.is_empty()));
    }
}

#[test]
fn a_comment_makes_no_other_finding_of_the_line_it_stands_behind() {
    for (path, plain, commented) in [
        ("a.py", "run(x)", "run(x)  # scanhelm: ignore B602 -- fixed words"),
        ("a.py", "run(x)  # fast", "run(x)  # fast # Scanhelm: ignore *"),
        ("a.c", "run(x); more()", "run(x); /* scanhelm: ignore B602 -- fixed words */ more()"),
    ] {
        let print = |source: &str| {
            let record = record("B602", path, 1, source);
            (Identity::of(&record, 0), crate::finding::identity::scanner_ref(&record, 0))
        };
        assert_eq!(print(plain), print(commented), "{path}");
        assert_ne!(
            print(plain),
            print(&commented.to_lowercase().replace("scanhelm", "somebody")),
            "other comments are source"
        );
    }
    assert_eq!(without_comments("a.py", "a\nb # scanhelm: ignore *\nc"), "a\nb  \nc");
}
