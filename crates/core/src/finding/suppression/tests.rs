use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn asset(number: u128) -> AssetId {
    AssetId(Uuid::from_u128(number))
}

fn subject() -> Subject {
    Subject {
        seen_by: vec![("nessus".to_owned(), "51192".to_owned())],
        title: "SSL Certificate Cannot Be Trusted".to_owned(),
        severity: Severity::Medium,
        cves: vec!["CVE-2021-0001".to_owned(), "CVE-2021-0002".to_owned()],
        cwes: vec![295],
        location: Location::Network { port: 443, protocol: "tcp".to_owned(), service: None },
        asset_id: asset(1),
        asset_name: "Web1.acme.example".to_owned(),
        asset_tags: vec!["lab".to_owned()],
    }
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Each of these alone matches the subject.
fn conditions() -> Vec<Expression> {
    let none = Expression::default;
    vec![
        Expression { scanners: words(&["nessus"]), ..none() },
        Expression { rules: words(&["511*"]), ..none() },
        Expression { cves: words(&["CVE-2021-0001", "CVE-2021-0002", "CVE-2021-0003"]), ..none() },
        Expression { cwes: vec![295, 1], ..none() },
        Expression { max_severity: Some(Severity::Medium), ..none() },
        Expression { asset_ids: vec![asset(1)], ..none() },
        Expression { asset_tags: words(&["lab"]), ..none() },
        Expression { asset_name: Some("web*.acme.example".to_owned()), ..none() },
        Expression { location: Some("443/*".to_owned()), ..none() },
        Expression { title: Some("certificate".to_owned()), ..none() },
    ]
}

/// Each of these alone does not.
fn misses() -> Vec<Expression> {
    let none = Expression::default;
    vec![
        Expression { scanners: words(&["qualys"]), ..none() },
        Expression { rules: words(&["*1191"]), ..none() },
        Expression { cves: words(&["CVE-2021-0001"]), ..none() },
        Expression { cwes: vec![79], ..none() },
        Expression { max_severity: Some(Severity::Low), ..none() },
        Expression { asset_ids: vec![asset(2)], ..none() },
        Expression { asset_tags: words(&["prod"]), ..none() },
        Expression { asset_name: Some("web".to_owned()), ..none() },
        Expression { location: Some("44".to_owned()), ..none() },
        Expression { title: Some("trusted certificate".to_owned()), ..none() },
        Expression { package: Some("log4j*".to_owned()), ..none() },
    ]
}

fn both(one: &Expression, other: &Expression) -> Expression {
    let (one, other) = (one.clone(), other.clone());
    let list = |one: Vec<String>, other: Vec<String>| if one.is_empty() { other } else { one };
    Expression {
        scanners: list(one.scanners, other.scanners),
        rules: list(one.rules, other.rules),
        cves: list(one.cves, other.cves),
        cwes: if one.cwes.is_empty() { other.cwes } else { one.cwes },
        max_severity: one.max_severity.or(other.max_severity),
        asset_ids: if one.asset_ids.is_empty() { other.asset_ids } else { one.asset_ids },
        asset_tags: list(one.asset_tags, other.asset_tags),
        asset_name: one.asset_name.or(other.asset_name),
        location: one.location.or(other.location),
        title: one.title.or(other.title),
        package: one.package.or(other.package),
    }
}

#[test]
fn all_conditions_hold_together() {
    for one in conditions() {
        assert!(one.matches(&subject()), "{one:?}");
        for other in conditions() {
            assert!(both(&one, &other).matches(&subject()), "{one:?} {other:?}");
        }
        for miss in misses() {
            assert!(!miss.matches(&subject()), "{miss:?}");
            assert!(!both(&miss, &one).matches(&subject()), "{miss:?} {one:?}");
        }
    }
}

#[test]
fn what_another_scanner_sees_too_is_not_hidden_by_a_rule_about_one() {
    let mut subject = subject();
    subject.seen_by.push(("qualys".to_owned(), "38173".to_owned()));
    let nessus = Expression { scanners: words(&["nessus"]), ..Expression::default() };
    assert!(!nessus.matches(&subject));
    let both = Expression { scanners: words(&["nessus", "qualys"]), ..Expression::default() };
    assert!(both.matches(&subject));
}

#[test]
fn a_package_is_meant_by_its_url_or_its_name() {
    let mut subject = subject();
    let purl = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar".to_owned();
    subject.location = Location::Package { purl, path: Some("pom.xml".to_owned()) };
    for package in ["log4j-core", "*/log4j-*", "pkg:maven/org.apache.logging.log4j/log4j-core", "pkg:maven/*@2.14.*"] {
        let wanted = Expression { package: Some(package.to_owned()), ..Expression::default() };
        assert!(wanted.matches(&subject), "{package}");
    }
    let other = Expression { package: Some("log4j".to_owned()), ..Expression::default() };
    assert!(!other.matches(&subject));
}

#[test]
fn what_would_match_everything_or_says_nothing_is_refused() {
    let none = Expression::default;
    let too_many = (0..=Expression::MOST as u32).collect();
    for (bad, field, code) in [
        (none(), "expression", "matches_all"),
        (Expression { max_severity: Some(Severity::Critical), ..none() }, "expression", "matches_all"),
        (Expression { rules: words(&["**"]), ..none() }, "expression.rules", "matches_all"),
        (Expression { location: Some(" * ".to_owned()), ..none() }, "expression.location", "matches_all"),
        (Expression { title: Some("  ".to_owned()), ..none() }, "expression.title", "empty"),
        (Expression { cves: words(&["44228"]), ..none() }, "expression.cves", "malformed"),
        (Expression { asset_tags: words(&["a b"]), ..none() }, "expression.asset_tags", "malformed"),
        (Expression { cwes: too_many, ..none() }, "expression.cwes", "too_many"),
        (Expression { title: Some("x".repeat(501)), ..none() }, "expression.title", "too_long"),
    ] {
        let error = bad.clone().checked().unwrap_err();
        assert_eq!((error.fields[0].field.as_str(), error.fields[0].code), (field, code), "{bad:?}");
    }
    let given = Expression { cves: words(&["cve-2021-44228", "CVE-2021-44228"]), ..none() };
    assert_eq!(given.checked().unwrap().cves, ["CVE-2021-44228"]);
}

#[test]
fn whoever_wrote_a_rule_does_not_approve_it() {
    let user = |number| UserId(Uuid::from_u128(number));
    let now = Timestamp::from_seconds(10);
    let mut rule = Rule {
        id: SuppressionRuleId(Uuid::from_u128(1)),
        company_id: CompanyId(Uuid::from_u128(2)),
        name: "Lab".to_owned(),
        expression: conditions().remove(0),
        reason: "a lab".to_owned(),
        owner_id: user(1),
        expires_at: Timestamp::from_seconds(20),
        enabled: true,
        pending: true,
        changed_by: Some(user(1)),
        approved_by: None,
        approved_at: None,
        created_by: Actor::User(user(1)),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    assert_eq!(rule.state(now), RuleState::Pending);
    assert_eq!(rule.require_approvable_by(Some(user(1)), now).unwrap_err().code, ErrorCode::OwnRequest);
    assert!(rule.require_approvable_by(None, now).is_err());
    assert!(rule.require_approvable_by(Some(user(2)), now).is_ok());
    assert!(rule.require_approvable_by(Some(user(2)), rule.expires_at).is_err());
    rule.pending = false;
    assert_eq!(rule.state(now), RuleState::Active);
    assert_eq!(rule.state(rule.expires_at), RuleState::Expired);
    rule.enabled = false;
    assert_eq!(rule.state(now), RuleState::Off);
}

/// What comes to a finding that nobody judges.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// One of two scanners says this.
    Told(usize, SightingState),
    /// A rule that matches comes into force, or the project suppresses it, or nobody does any more.
    Said(Option<Suppressor>),
}

fn suppressor() -> impl Strategy<Value = Suppressor> {
    let rule = (1..3u128).prop_map(|number| Suppressor::Rule(SuppressionRuleId(Uuid::from_u128(number))));
    prop_oneof![rule, Just(Suppressor::Project)]
}

fn happening() -> impl Strategy<Value = Happening> {
    let told = (0..2usize, proptest::sample::select(SightingState::ALL.to_vec()));
    prop_oneof![
        told.prop_map(|(scanner, state)| Happening::Told(scanner, state)),
        proptest::option::of(suppressor()).prop_map(Happening::Said),
    ]
}

proptest! {
    /// However it came about: the status follows from what the scanners say and which rule is in force now.
    #[test]
    fn any_order_of_imports_and_rules_ends_the_same(
        happenings in proptest::collection::vec(happening(), 0..20), forbidden in any::<bool>(),
    ) {
        let mut sightings = [SightingState::Seen, SightingState::Fixed];
        let (mut status, mut said) = (FindingState::Open, None);
        for happening in happenings {
            match happening {
                Happening::Told(scanner, state) => {
                    sightings[scanner] = state;
                    let seen = sightings.contains(&SightingState::Seen);
                    // As an import closes and reopens.
                    if !seen || status.is_resolved() {
                        status = FindingState::unjudged(&sightings);
                    }
                }
                Happening::Said(by) => said = by,
            }
            let (next, by) = settled(status, &sightings, forbidden, said);
            status = next;
            prop_assert_eq!(by.is_some(), status == FindingState::Suppressed);
            prop_assert!(by.is_none() || by == said);
            let expected = match FindingState::unjudged(&sightings) {
                FindingState::Open if said.is_some() && !forbidden => FindingState::Suppressed,
                state => state,
            };
            prop_assert_eq!(status, expected);
        }
    }

    /// Nothing that a person decided, works on, or that is gone, is a rule's to change.
    #[test]
    fn a_rule_touches_only_what_is_open(
        status in proptest::sample::select(FindingState::ALL.to_vec()),
        said in proptest::option::of(suppressor()), forbidden in any::<bool>(),
    ) {
        let (after, by) = settled(status, &[SightingState::Seen], forbidden, said);
        if !matches!(status, FindingState::Open | FindingState::Suppressed) || forbidden || said.is_none() {
            let unhidden = if status == FindingState::Suppressed { FindingState::Open } else { status };
            prop_assert_eq!((after, by), (unhidden, None));
        } else {
            prop_assert_eq!((after, by), (FindingState::Suppressed, said));
        }
    }
}
