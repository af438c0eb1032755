//! Rules take findings out of the queue and give them back: whatever comes first, and whoever stops in between.

use std::time::Duration;

use scanhelm_core::finding::suppression::{Expression, RuleState};
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::SuppressionRuleId;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::{Clock, ErrorCode, Timestamp};
use scanhelm_hub::findings::{OwnerChoice, PolicyChange};
use scanhelm_hub::suppression::{NewRule, RuleChange, RuleView};
use scanhelm_store::FindingFilter;
use tokio_util::sync::CancellationToken;

use crate::harness::on_both_databases;
use crate::triage::Desk;

const DAY: Duration = Duration::from_hours(24);

fn about(rules: &[&str]) -> Expression {
    Expression { rules: rules.iter().map(|rule| (*rule).to_owned()).collect(), ..Expression::default() }
}

impl Desk {
    async fn rule_by(&self, grant: &Grant, name: &str, expression: Expression, ends: Timestamp) -> RuleView {
        let new = NewRule {
            name: name.to_owned(),
            expression,
            reason: "a lab".to_owned(),
            owner: OwnerChoice::Caller,
            expires_at: ends,
            enabled: true,
        };
        self.hub.hub.suppression().create(grant, new).await.unwrap()
    }

    /// In force for ten days, and its findings looked at.
    async fn suppress(&self, name: &str, rules: &[&str]) -> SuppressionRuleId {
        let view = self.rule_by(&self.ada, name, about(rules), self.clock.now().plus(10 * DAY)).await;
        self.drive().await;
        view.rule.id
    }

    async fn change(&self, id: SuppressionRuleId, change: RuleChange) -> RuleView {
        let view = self.hub.hub.suppression().change(&self.ada, id, change, None).await.unwrap();
        self.drive().await;
        view
    }

    async fn suppressed(&self, id: SuppressionRuleId) -> u64 {
        self.hub.hub.suppression().rule(&self.ada, id).await.unwrap().suppressed
    }

    async fn states(&self) -> Vec<(String, FindingState)> {
        self.all().await.into_iter().map(|Finding { title, status, .. }| (title, status)).collect()
    }

    async fn four_eyes_for_rules(&self) {
        let change = PolicyChange { states: Some(vec![FindingState::Suppressed]), request_days: None };
        self.hub.hub.findings().change_policy(&self.ada, change, None).await.unwrap();
    }
}

fn told(states: &[(u32, FindingState)]) -> Vec<(String, FindingState)> {
    states.iter().map(|(plugin, state)| (format!("Check {plugin}"), *state)).collect()
}

on_both_databases! {
    /// What is there, what comes, what is gone and comes back; until the rule says something else, or is over.
    async fn a_rule_suppresses_what_is_there_and_what_comes_until_it_is_over(database) {
        use FindingState::{Fixed, Open, Suppressed};
        let desk = Desk::on(database).await;
        desk.import("1", 0, [1, 2]).await;
        let expression = about(&["1", "3"]);
        let preview = desk.hub.hub.suppression().preview(&desk.ada, expression).await.unwrap();
        assert_eq!((preview.matched, preview.looked_at, preview.complete), (1, 2, true));
        assert_eq!(preview.findings[0].title, "Check 1");
        let id = desk.suppress("Lab", &["1", "3"]).await;
        assert_eq!(desk.states().await, told(&[(1, Suppressed), (2, Open)]));
        let view = desk.view(desk.finding(1).await.id).await;
        assert_eq!(view.suppression.unwrap().id, id);
        // Seen again it stays, and new ones come in as suppressed.
        desk.import("2", 1000, [1, 2, 3]).await;
        assert_eq!(desk.states().await, told(&[(1, Suppressed), (2, Open), (3, Suppressed)]));
        assert_eq!(desk.suppressed(id).await, 2);
        let queue = FindingFilter { status: vec![Open], ..FindingFilter::default() };
        assert_eq!(desk.hub.hub.findings().counts(&desk.ada, &queue).await.unwrap().total(), 1);
        // A complete scan that does not see it proves it gone; back it is the rule's again.
        desk.import("3", 2000, [2, 3]).await;
        assert_eq!(desk.states().await, told(&[(1, Fixed), (2, Open), (3, Suppressed)]));
        desk.import("4", 3000, [1, 2, 3]).await;
        assert_eq!(desk.finding(1).await.status, Suppressed);
        let changed = RuleChange { expression: Some(about(&["2", "3"])), ..RuleChange::default() };
        desk.change(id, changed).await;
        assert_eq!(desk.states().await, told(&[(1, Open), (2, Suppressed), (3, Suppressed)]));
        desk.change(id, RuleChange { enabled: Some(false), ..RuleChange::default() }).await;
        assert_eq!(desk.states().await, told(&[(1, Open), (2, Open), (3, Open)]));
        desk.change(id, RuleChange { enabled: Some(true), ..RuleChange::default() }).await;
        assert_eq!(desk.suppressed(id).await, 2);
        // Its day has come. An import that is earlier than the loop hides nothing behind it.
        desk.clock.advance(10 * DAY);
        desk.import("5", 4000, [1, 2, 3]).await;
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 1);
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 0);
        desk.drive().await;
        assert!(desk.states().await.iter().all(|(_, state)| *state == Open));
        let longer = RuleChange { expires_at: Some(desk.clock.now().plus(DAY)), ..RuleChange::default() };
        assert_eq!(desk.change(id, longer).await.state, RuleState::Active);
        assert_eq!(desk.suppressed(id).await, 2);
        desk.hub.hub.suppression().delete(&desk.ada, id, None).await.unwrap();
        desk.drive().await;
        assert!(desk.states().await.iter().all(|(_, state)| *state == Open));
    }

    /// Of a rule that was in force, and once. What is switched off or waits for somebody ends without a word.
    async fn the_end_of_a_rule_is_told(database) {
        let desk = Desk::on(database).await;
        desk.import("1", 0, [1, 2, 3]).await;
        let lab = desk.suppress("Lab", &["1", "2"]).await;
        let off = desk.suppress("Off", &["3"]).await;
        desk.change(off, RuleChange { enabled: Some(false), ..RuleChange::default() }).await;
        desk.four_eyes_for_rules().await;
        desk.suppress("Waiting", &["3"]).await;
        desk.told().await;
        desk.clock.advance(10 * DAY);
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 3);
        let transaction = desk.hub.hub.store().begin().await.unwrap();
        let notices = transaction.take_notices(100).await.unwrap();
        drop(transaction);
        assert_eq!(notices.last().unwrap().data["rule_id"], lab.to_string());
        assert_eq!(notices.last().unwrap().detail, "a lab");
        let told = ["suppression_rule.expired: The suppression rule Lab ended; it suppressed 2 findings."];
        assert_eq!(desk.told().await, told);
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 0);
        assert!(desk.told().await.is_empty());
    }

    /// Whoever judges a suppressed finding is right; work under way and verdicts are nothing to a rule.
    async fn a_persons_judgement_wins_over_every_rule(database) {
        use FindingState::{FalsePositive, InProgress, Open, Suppressed};
        let desk = Desk::on(database).await;
        desk.import("1", 0, [1, 2, 3, 4]).await;
        let findings = desk.hub.hub.findings();
        let judge = async |plugin, to, ends| {
            desk.clock.advance(Duration::from_secs(1));
            let id = desk.finding(plugin).await.id;
            findings.transition(&desk.ada, id, to, "looked at it", ends).await
        };
        judge(2, InProgress, None).await.unwrap();
        let ends = desk.clock.now().plus(DAY);
        judge(3, FalsePositive, Some(ends)).await.unwrap();
        let id = desk.suppress("All", &["*4", "1", "2", "3"]).await;
        let expected = [(1, Suppressed), (2, InProgress), (3, FalsePositive), (4, Suppressed)];
        assert_eq!(desk.states().await, told(&expected));
        assert_eq!(judge(1, Suppressed, None).await.unwrap_err().code, ErrorCode::NotPossibleInState);
        assert_eq!(judge(2, Suppressed, None).await.unwrap_err().code, ErrorCode::NotPossibleInState);
        judge(1, Open, None).await.unwrap();
        desk.import("2", 1000, [1, 2, 3, 4]).await;
        desk.change(id, RuleChange { reason: Some("still".to_owned()), ..RuleChange::default() }).await;
        assert_eq!(desk.finding(1).await.status, Open, "whatever is imported and however rules change");
        // The verdict runs out, and the rule is there.
        desk.clock.advance(DAY);
        desk.hub.hub.steps().end_judgements().await.unwrap();
        assert_eq!(desk.finding(3).await.status, Suppressed);
        desk.hub.hub.suppression().delete(&desk.ada, id, None).await.unwrap();
        desk.drive().await;
        assert_eq!(desk.states().await, told(&[(1, Open), (2, InProgress), (3, Open), (4, Open)]));
    }

    /// What a gate elsewhere counts: the same as the queue, and nothing that is hidden behind what has run out.
    async fn who_sent_a_run_is_told_what_stands_of_its_findings(database) {
        use FindingState::{FalsePositive, Open, RiskAccepted, Suppressed};
        let desk = Desk::on(database).await;
        desk.import("1", 0, [1, 2, 3, 4]).await;
        let rule = desk.suppress("Lab", &["3"]).await;
        let findings = desk.hub.hub.findings();
        let ends = desk.clock.now().plus(DAY);
        for (plugin, to, ends) in [(1, FalsePositive, None), (2, RiskAccepted, Some(ends))] {
            let id = desk.finding(plugin).await.id;
            findings.transition(&desk.ada, id, to, "looked at it", ends).await.unwrap();
        }
        let mut references = Vec::new();
        for plugin in [4, 3, 2, 1] {
            let view = desk.view(desk.finding(plugin).await.id).await;
            references.push(view.sightings[0].scanner_ref.clone());
        }
        references.insert(1, "nessus|never seen".to_owned());
        let told = async || {
            let standings = findings.standings(&desk.ada, "Nessus", &references).await.unwrap();
            standings.into_iter().map(|standing| standing.map(|standing| (standing.status, standing.ran_out.is_some())))
                .collect::<Vec<_>>()
        };
        let counted = Some((Open, false));
        let expected =
            [counted, None, Some((Suppressed, false)), Some((RiskAccepted, false)), Some((FalsePositive, false))];
        assert_eq!(told().await, expected);
        let standings = findings.standings(&desk.ada, "nessus", &references[2..4]).await.unwrap();
        let [Some(ruled), Some(accepted)] = standings.as_slice() else { panic!("{standings:?}") };
        assert_eq!((ruled.rule.as_deref(), ruled.reason.as_deref()), (Some("Lab"), Some("a lab")));
        assert_eq!((accepted.reason.as_deref(), accepted.expires_at), (Some("looked at it"), Some(ends)));
        assert!(accepted.by.is_some() && accepted.by == ruled.by, "{accepted:?}");

        let zoe = desk.hub.company("Zenith").await;
        assert_eq!(findings.standings(&zoe, "nessus", &references).await.unwrap(), vec![None; 5]);
        let many = vec![String::new(); 1001];
        assert_eq!(findings.standings(&desk.ada, "nessus", &many).await.unwrap_err().code, ErrorCode::InvalidInput);

        // Before the hub's loop and its job have looked, and after.
        desk.clock.advance(DAY);
        let change = RuleChange { enabled: Some(false), ..RuleChange::default() };
        desk.hub.hub.suppression().change(&desk.ada, rule, change, None).await.unwrap();
        let over = [counted, None, counted, Some((Open, true)), Some((FalsePositive, false))];
        assert_eq!(told().await, over);
        desk.hub.hub.steps().end_judgements().await.unwrap();
        desk.drive().await;
        assert_eq!(told().await, over);
        let id = desk.finding(2).await.id;
        desk.clock.advance(Duration::from_secs(1));
        findings.transition(&desk.ada, id, FindingState::InProgress, "", None).await.unwrap();
        assert_eq!(told().await[3], Some((FindingState::InProgress, false)), "somebody looks at it");
    }

    /// The same imports, and a rule made before, between or after them.
    async fn any_order_of_imports_and_rules_ends_the_same(database) {
        let mut desk = Desk::on(database).await;
        let runs: [(&str, u32, &[u32]); 3] = [("1", 0, &[1, 2]), ("2", 1000, &[2, 3]), ("3", 2000, &[1, 3])];
        let mut ends = Vec::new();
        for (order, made) in [([0, 1, 2], 0), ([0, 1, 2], 3), ([2, 0, 1], 1), ([1, 2, 0], 2), ([2, 1, 0], 0)] {
            desk.ada = desk.hub.company(&format!("Company{}", ends.len())).await;
            for (place, run) in order.into_iter().enumerate() {
                if place == made {
                    desk.suppress("Lab", &["1", "2"]).await;
                }
                let (name, second, checks) = runs[run];
                desk.import(name, second, checks.iter().copied()).await;
            }
            if made == 3 {
                desk.suppress("Lab", &["1", "2"]).await;
            }
            ends.push(desk.states().await);
        }
        let expected = told(&[(1, FindingState::Suppressed), (2, FindingState::Fixed), (3, FindingState::Open)]);
        assert!(ends.iter().all(|end| *end == expected), "{ends:?}");
    }

    async fn four_eyes_put_a_rule_in_force(database) {
        let desk = Desk::on(database).await;
        let (bob, cem) = (desk.member("bob", Role::Analyst).await, desk.member("cem", Role::Admin).await);
        desk.import("1", 0, [1]).await;
        desk.four_eyes_for_rules().await;
        let rules = desk.hub.hub.suppression();
        let id = desk.suppress("Lab", &["1"]).await;
        assert_eq!(rules.rule(&bob, id).await.unwrap().state, RuleState::Pending);
        assert_eq!(desk.finding(1).await.status, FindingState::Open);
        assert_eq!(rules.approve(&bob, id, None).await.unwrap_err().code, ErrorCode::PermissionDenied);
        assert_eq!(rules.approve(&desk.ada, id, None).await.unwrap_err().code, ErrorCode::OwnRequest);
        let unknown = Grant { actor: Actor::System, ..desk.ada };
        assert!(rules.approve(&unknown, id, None).await.is_err());
        rules.approve(&cem, id, Some(1)).await.unwrap();
        desk.drive().await;
        assert_eq!(desk.finding(1).await.status, FindingState::Suppressed);
        // Another name is nothing to ask for; another expression is.
        assert_eq!(desk.change(id, RuleChange { name: Some("Labs".to_owned()), ..RuleChange::default() }).await.state, RuleState::Active);
        let wider = RuleChange { expression: Some(about(&["1", "2"])), ..RuleChange::default() };
        assert_eq!(desk.change(id, wider).await.state, RuleState::Pending);
        assert_eq!(desk.finding(1).await.status, FindingState::Open, "until somebody has looked at it");
        let stale = rules.approve(&cem, id, Some(1)).await.unwrap_err();
        assert_eq!(stale.code, ErrorCode::StaleVersion);
    }

    /// A pass that was stopped goes on, and serves what changed meanwhile too.
    async fn a_pass_that_was_stopped_goes_on_and_misses_nothing(database) {
        let desk = Desk::on(database).await;
        desk.import("1", 0, 1..=5).await;
        let ends = desk.clock.now().plus(DAY);
        desk.rule_by(&desk.ada, "One", about(&["1"]), ends).await;
        let stop = CancellationToken::new();
        stop.cancel();
        for job in desk.hub.hub.steps().claim_jobs(1).await.unwrap() {
            assert_eq!(job.job().kind, "suppression");
            job.until(stop.clone()).run().await;
        }
        let begun = desk.hub.hub.store().suppression_pass(desk.ada.company).await.unwrap();
        assert!(begun.pass > begun.done && desk.finding(1).await.status == FindingState::Open, "{begun:?}");
        desk.rule_by(&desk.ada, "Two", about(&["2"]), ends).await;
        desk.drive().await;
        let done = desk.hub.hub.store().suppression_pass(desk.ada.company).await.unwrap();
        assert!(done.done == done.wanted && done.wanted > begun.wanted, "{done:?}");
        let hidden = desk.states().await.into_iter().filter(|(_, state)| *state == FindingState::Suppressed);
        assert_eq!(hidden.map(|(title, _)| title).collect::<Vec<_>>(), ["Check 1", "Check 2"]);
        assert_eq!(desk.hub.hub.steps().enqueue_ratings().await.unwrap(), 0);
    }
}
