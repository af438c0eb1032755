//! People judge, comment and own findings; a second person approves; what runs out ends. The hub takes its steps one by
//! one and its clock is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::company::{Membership, User};
use scanhelm_core::finding::approval::ApprovalState;
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{CompanyId, FindingId, UserId};
use scanhelm_core::job::JobState;
use scanhelm_core::notification::NoticeEvent;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::{Clock, ErrorCode, Timestamp};
use scanhelm_hub::findings::{Action, ApprovalView, FindingView, Judgement, OwnerChoice, PolicyChange, Selection};
use scanhelm_hub::import::UploadOptions;
use scanhelm_hub::{Hub, OwnerFilter};
use scanhelm_store::FindingFilter;
use tokio_util::sync::CancellationToken;

use crate::harness::{Database, HandClock, Home, LOOKS, Running, on_both_databases};
use crate::report_meaning::{Host, WEB, item, report};

pub(crate) struct Desk {
    pub(crate) hub: Running,
    home: Home,
    pub(crate) clock: Arc<HandClock>,
    /// Administrator; may approve.
    pub(crate) ada: Grant,
}

impl Desk {
    pub(crate) async fn on(database: Database) -> Self {
        let home = Home::new(database);
        let clock = HandClock::at("2026-11-22T08:00:00Z");
        let hub = home.start_resting(Arc::clone(&clock) as Arc<dyn Clock>, |_| {}).await;
        let ada = hub.company("Acme").await;
        Self { home, clock, hub, ada }
    }

    /// With a policy for the three states that need four eyes.
    async fn with_four_eyes(database: Database) -> Self {
        let desk = Self::on(database).await;
        desk.four_eyes().await;
        desk
    }

    async fn four_eyes(&self) {
        let states = vec![FindingState::RiskAccepted, FindingState::FalsePositive, FindingState::Closed];
        let change = PolicyChange { states: Some(states), request_days: Some(7) };
        self.hub.hub.findings().change_policy(&self.ada, change, None).await.unwrap();
    }

    pub(crate) async fn member(&self, name: &str, role: Role) -> Grant {
        member(&self.hub.hub, self.ada.company, name, role).await
    }

    pub(crate) async fn drive(&self) {
        drive(&self.hub.hub).await;
    }

    /// Imports a report with these checks, seen so many seconds in.
    pub(crate) async fn import(&self, name: &str, second: u32, checks: impl IntoIterator<Item = u32>) {
        let items = checks.into_iter().map(|plugin| item(plugin, 443, 3)).collect();
        let bytes = report(&[Host { tags: WEB, ended: Some(1_700_000_600 + second), items }]);
        let path = self.hub.hub.imports().upload_file().unwrap();
        std::fs::write(&path, bytes).unwrap();
        let options = UploadOptions { file_name: Some(name.to_owned()), ..UploadOptions::default() };
        self.hub.hub.imports().accept(&self.ada, path, options).await.unwrap();
        self.drive().await;
    }

    pub(crate) async fn all(&self) -> Vec<Finding> {
        let page = PageRequest { limit: 500, sort: Sort::parse("title"), cursor: None };
        self.hub.hub.findings().list(&self.ada, &FindingFilter::default(), &page).await.unwrap().items
    }

    pub(crate) async fn finding(&self, plugin: u32) -> Finding {
        self.all().await.into_iter().find(|finding| finding.title == format!("Check {plugin}")).unwrap()
    }

    pub(crate) async fn view(&self, id: FindingId) -> FindingView {
        self.hub.hub.findings().get(&self.ada, id).await.unwrap()
    }

    async fn owned(&self, owner: OwnerFilter) -> usize {
        let filter = FindingFilter { owner: Some(owner), ..FindingFilter::default() };
        self.hub.hub.findings().list(&self.ada, &filter, &PageRequest::default()).await.unwrap().items.len()
    }

    async fn delete_scans(&self) {
        for scan in self.hub.scans(&self.ada).await {
            self.hub.hub.scans().delete(&self.ada, scan.id, false, false).await.unwrap();
        }
        self.drive().await;
    }

    /// What the outbox holds of judgements and comments, taken out of it.
    pub(crate) async fn told(&self) -> Vec<String> {
        let transaction = self.hub.hub.store().begin().await.unwrap();
        let notices = transaction.take_notices(100).await.unwrap();
        transaction.commit().await.unwrap();
        notices
            .into_iter()
            .filter(|notice| !matches!(notice.event, NoticeEvent::RunCompleted | NoticeEvent::FindingsNew))
            .map(|notice| format!("{}: {}", notice.event.as_str(), notice.title))
            .collect()
    }

    async fn accept_risk(&self, grant: &Grant, id: FindingId, expires_at: Option<Timestamp>) -> FindingView {
        let findings = self.hub.hub.findings();
        findings.transition(grant, id, FindingState::RiskAccepted, "until the move", expires_at).await.unwrap()
    }

    async fn pending(&self) -> Vec<ApprovalView> {
        let page = PageRequest { sort: Sort::parse("requested_at"), ..PageRequest::default() };
        self.hub.hub.findings().approvals(&self.ada, Some(ApprovalState::Pending), &page).await.unwrap().items
    }
}

pub(crate) async fn member(hub: &Hub, company: CompanyId, name: &str, role: Role) -> Grant {
    let id = UserId::new(hub.ids());
    let user = User {
        id,
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        password_hash: None,
        operator: false,
        created_at: hub.now(),
    };
    let transaction = hub.store().begin().await.unwrap();
    transaction.insert_user(&user).await.unwrap();
    transaction.upsert_membership(&Membership { user_id: id, company_id: company, role }).await.unwrap();
    transaction.commit().await.unwrap();
    Grant { actor: Actor::User(id), company, role }
}

pub(crate) fn user(grant: &Grant) -> UserId {
    match grant.actor {
        Actor::User(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Runs whatever waits, to its end.
async fn drive(hub: &Hub) {
    loop {
        let jobs = hub.steps().claim_jobs(10).await.unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            job.run().await;
        }
    }
}

fn states(view: &FindingView) -> Vec<FindingState> {
    view.triage.iter().map(|verdict| verdict.state).collect()
}

on_both_databases! {
    /// Owner, comments and a verdict are said of the fingerprint: they are there again when it is.
    async fn r160_owner_comments_and_verdicts_outlive_scans_and_findings(database) {
        let desk = Desk::on(database).await;
        let bob = desk.member("bob", Role::Analyst).await;
        desk.import("1", 0, [1, 2]).await;
        let first = desk.finding(1).await;
        let findings = desk.hub.hub.findings();
        let to_bob = Action { owner: Some(OwnerChoice::User(user(&bob))), ..Action::default() };
        findings.act(&desk.ada, first.id, to_bob).await.unwrap();
        findings.add_comment(&bob, first.id, "Ask @acme@example.com, and nobody@example.com.").await.unwrap();
        desk.accept_risk(&bob, first.id, None).await;
        assert_eq!(desk.told().await, ["finding.mentioned: bob mentioned acme on Check 1."]);

        desk.delete_scans().await;
        assert!(desk.all().await.is_empty());
        desk.import("2", 1000, [1, 2]).await;
        let back = desk.finding(1).await;
        assert_ne!(back.id, first.id);
        assert_eq!((back.status, back.owner_id), (FindingState::RiskAccepted, Some(user(&bob))));
        assert_eq!(desk.finding(2).await.owner_id, None);
        let page = PageRequest { sort: Sort::parse("created_at"), ..PageRequest::default() };
        let comments = findings.comments(&desk.ada, back.id, &page).await.unwrap().items;
        assert_eq!((comments.len(), comments[0].mentions.clone()), (1, vec![user(&desk.ada)]));
        assert_eq!(desk.owned(OwnerFilter::User(user(&bob))).await, 1);
        assert_eq!(desk.owned(OwnerFilter::Nobody).await, 1);

        let transaction = desk.hub.hub.store().begin().await.unwrap();
        transaction.delete_membership(user(&bob), desk.ada.company).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(desk.owned(OwnerFilter::Gone).await, 1);
        let view = desk.view(back.id).await;
        assert!(view.members.is_empty() && view.owners[0].owner_id == Some(user(&bob)), "he is shown as gone");
        let again = Action { owner: Some(OwnerChoice::User(user(&bob))), ..Action::default() };
        assert_eq!(findings.act(&desk.ada, back.id, again).await.unwrap_err().fields[0].field, "owner");
    }

    async fn only_who_wrote_a_comment_changes_it_and_an_approver_can_delete_it(database) {
        let desk = Desk::on(database).await;
        let (bob, cem) = (desk.member("bob", Role::Analyst).await, desk.member("cem", Role::Engineer).await);
        desk.import("1", 0, [1]).await;
        let id = desk.finding(1).await.id;
        let findings = desk.hub.hub.findings();
        let comment = findings.add_comment(&bob, id, "first").await.unwrap();
        desk.clock.advance(Duration::from_mins(1));
        assert_eq!(findings.edit_comment(&cem, comment.id, "x").await.unwrap_err().code, ErrorCode::PermissionDenied);
        assert_eq!(findings.edit_comment(&desk.ada, comment.id, "x").await.unwrap_err().code, ErrorCode::PermissionDenied);
        assert_eq!(findings.delete_comment(&cem, comment.id).await.unwrap_err().code, ErrorCode::PermissionDenied);
        let edited = findings.edit_comment(&bob, comment.id, "@cem second").await.unwrap();
        assert_eq!((edited.edited_at, edited.created_at), (Some(desk.hub.hub.now()), comment.created_at));
        findings.edit_comment(&bob, comment.id, "@cem third").await.unwrap();
        assert_eq!(desk.told().await, ["finding.mentioned: bob mentioned cem on Check 1."], "once");
        findings.delete_comment(&desk.ada, comment.id).await.unwrap();
        let page = PageRequest { sort: Sort::parse("created_at"), ..PageRequest::default() };
        let left = findings.comments(&bob, id, &page).await.unwrap().items.remove(0);
        assert_eq!((left.body, left.deleted_at), (None, Some(desk.hub.hub.now())), "its place stays");
        assert_eq!(findings.edit_comment(&bob, comment.id, "x").await.unwrap_err().code, ErrorCode::Conflict);
    }

    /// Four eyes are two people: neither another key nor another role makes the same person a second one.
    async fn four_eyes_are_two_people_whatever_they_log_in_with(database) {
        let desk = Desk::with_four_eyes(database).await;
        desk.import("1", 0, [1]).await;
        let finding = desk.finding(1).await;
        let findings = desk.hub.hub.findings();
        let view = desk.accept_risk(&desk.ada, finding.id, None).await;
        assert_eq!((view.finding.status, states(&view)), (FindingState::Open, vec![]), "nothing has changed yet");
        let id = view.approvals[0].0.id;
        assert_eq!(desk.pending().await.len(), 1);
        let again = findings.transition(&desk.ada, finding.id, FindingState::Closed, "gone", None).await.unwrap_err();
        assert_eq!(again.code, ErrorCode::Conflict, "one request at a time");

        let accounts = desk.hub.hub.accounts();
        let by_key = async |grant: &Grant| {
            let issued = accounts.create_api_key(grant, "key", Role::Admin, None).await.unwrap();
            Grant { actor: Actor::ApiKey(issued.key.id), ..*grant }
        };
        let key = by_key(&desk.ada).await;
        let key_of_key = by_key(&key).await;
        let operator = Grant { role: Role::Operator, ..desk.ada };
        for same in [desk.ada, key, key_of_key, operator] {
            assert_eq!(findings.approve(&same, id, "").await.unwrap_err().code, ErrorCode::OwnRequest, "{same:?}");
            assert_eq!(findings.reject(&same, id, "no").await.unwrap_err().code, ErrorCode::OwnRequest);
        }
        let bob = desk.member("bob", Role::Engineer).await;
        assert_eq!(findings.approve(&bob, id, "").await.unwrap_err().code, ErrorCode::PermissionDenied);
        let unknown = Grant { actor: Actor::System, ..desk.ada };
        assert_eq!(findings.approve(&unknown, id, "").await.unwrap_err().code, ErrorCode::PermissionDenied);
        assert_eq!(desk.finding(1).await.status, FindingState::Open);

        let cem = desk.member("cem", Role::Admin).await;
        let keys = by_key(&cem).await;
        let decided = findings.approve(&keys, id, "seen").await.unwrap();
        assert_eq!(decided.approval.state, ApprovalState::Approved);
        assert_eq!(decided.outcomes, [(Some("changed".to_owned()), 1)]);
        let view = desk.view(finding.id).await;
        assert_eq!((view.finding.status, view.triage[0].actor), (FindingState::RiskAccepted, desk.ada.actor));
        assert_eq!(findings.approve(&cem, id, "").await.unwrap_err().code, ErrorCode::Conflict, "decided once");
        let told = desk.told().await;
        assert!(told[0].starts_with("approval.requested: acme asks"), "{told:?}");
        assert!(told[1].ends_with("is approved by cem."), "{told:?}");
        // What needs no second person goes on at once.
        findings.transition(&bob, finding.id, FindingState::Open, "", None).await.unwrap();
        assert_eq!(desk.finding(1).await.status, FindingState::Open);
    }

    async fn a_request_is_rejected_withdrawn_or_ends_by_itself(database) {
        let desk = Desk::with_four_eyes(database).await;
        let (bob, cem) = (desk.member("bob", Role::Analyst).await, desk.member("cem", Role::Admin).await);
        desk.import("1", 0, [1]).await;
        let finding = desk.finding(1).await;
        let findings = desk.hub.hub.findings();
        let ask = async || desk.accept_risk(&bob, finding.id, None).await.approvals[0].0.id;
        let id = ask().await;
        assert_eq!(findings.reject(&cem, id, " ").await.unwrap_err().fields[0].field, "reason");
        assert_eq!(findings.withdraw(&cem, id).await.unwrap_err().code, ErrorCode::PermissionDenied);
        findings.reject(&cem, id, "patch it").await.unwrap();
        desk.clock.advance(Duration::from_mins(1));
        let id = ask().await;
        findings.withdraw(&bob, id).await.unwrap();
        assert_eq!(findings.approve(&cem, id, "").await.unwrap_err().code, ErrorCode::Conflict);
        desk.clock.advance(Duration::from_mins(1));
        let id = ask().await;
        desk.clock.advance(Duration::from_hours(7 * 24));
        assert_eq!(findings.approve(&cem, id, "").await.unwrap_err().code, ErrorCode::Conflict, "too late already");
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 1);
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 0);
        let view = desk.view(finding.id).await;
        let ends: Vec<_> = view.approvals.iter().map(|(approval, row)| (approval.state, row.outcome.clone().unwrap())).collect();
        let expected = [
            (ApprovalState::Expired, "expired".to_owned()),
            (ApprovalState::Withdrawn, "withdrawn".to_owned()),
            (ApprovalState::Rejected, "rejected".to_owned()),
        ];
        assert_eq!(ends, expected);
        assert_eq!((view.finding.status, states(&view)), (FindingState::Open, vec![]));
    }

    /// One approval for many; those that changed meanwhile are told apart.
    async fn an_order_on_many_needs_one_approval_and_each_finding_has_its_outcome(database) {
        let desk = Desk::with_four_eyes(database).await;
        let (bob, cem) = (desk.member("bob", Role::Analyst).await, desk.member("cem", Role::Admin).await);
        desk.import("1", 0, 1..=6).await;
        let findings = desk.hub.hub.findings();
        // Waits for another request already.
        desk.accept_risk(&cem, desk.finding(6).await.id, None).await;
        desk.clock.advance(Duration::from_mins(1));
        let accept = Judgement { to: FindingState::FalsePositive, reason: "test data".to_owned(), expires_at: None };
        let ordered =
            findings.judge(&bob, Selection::Matching(Box::default()), accept.clone()).await.unwrap();
        let collecting = PageRequest { sort: Sort::parse("requested_at"), ..PageRequest::default() };
        let gathering = findings.approvals(&cem, Some(ApprovalState::Collecting), &collecting).await.unwrap().items;
        let id = gathering[0].approval.id;
        assert_eq!(findings.approve(&cem, id, "").await.unwrap_err().code, ErrorCode::Conflict, "not whole yet");
        desk.drive().await;
        let result = findings_result(&desk, &bob, ordered.job_id).await;
        assert_eq!((&result["pending"], &result["refused"], &result["approval_id"]), (&5.into(), &1.into(), &id.to_string().into()));
        assert!(desk.all().await.iter().all(|finding| finding.status == FindingState::Open));

        // One is fixed, one is judged by somebody, one is fixed and comes back.
        desk.clock.advance(Duration::from_mins(1));
        findings.transition(&bob, desk.finding(2).await.id, FindingState::InProgress, "", None).await.unwrap();
        desk.import("2", 1000, [2, 4, 5, 6]).await;
        desk.import("3", 2000, [2, 3, 4, 5, 6]).await;
        assert_eq!(desk.finding(1).await.status, FindingState::Fixed);
        desk.clock.advance(Duration::from_mins(1));
        let view = findings.approve(&cem, id, "fine").await.unwrap();
        let page = PageRequest { sort: Sort::parse("fingerprint"), ..PageRequest::default() };
        let rows = findings.approval_findings(&cem, id, &page).await.unwrap().items;
        let mut outcomes: Vec<_> = rows
            .into_iter()
            .map(|row| (row.finding.unwrap().title, row.row.outcome.unwrap(), row.row.code.unwrap_or_default()))
            .collect();
        outcomes.sort();
        let row = |plugin: u32, outcome: &str, code: &str| (format!("Check {plugin}"), outcome.to_owned(), code.to_owned());
        assert_eq!(
            outcomes,
            [
                row(1, "refused", "not_possible_in_state"),
                row(2, "refused", "conflict"),
                row(3, "changed", ""),
                row(4, "changed", ""),
                row(5, "changed", ""),
            ]
        );
        assert_eq!(view.approval.findings, 5);
        let expected = [
            FindingState::Fixed, FindingState::InProgress, FindingState::FalsePositive, FindingState::FalsePositive,
            FindingState::FalsePositive, FindingState::Open,
        ];
        assert_eq!(desk.all().await.iter().map(|finding| finding.status).collect::<Vec<_>>(), expected);
    }

    /// A condition, not an event: it also ends what ran out while the hub was off.
    async fn an_acceptance_that_ran_out_while_the_hub_was_off_ends_with_its_history(database) {
        let desk = Desk::on(database).await;
        desk.import("1", 0, 1..=3).await;
        let now = desk.hub.hub.now();
        let soon = Some(now.plus(Duration::from_hours(24)));
        for plugin in 1..=3 {
            desk.accept_risk(&desk.ada, desk.finding(plugin).await.id, soon).await;
        }
        // Its scanner no longer sees the second.
        desk.import("2", 1000, [1, 3]).await;
        assert_eq!(desk.finding(2).await.status, FindingState::RiskAccepted);
        assert_eq!(desk.hub.hub.steps().end_judgements().await.unwrap(), 0, "not yet");
        desk.clock.advance(Duration::from_hours(400 * 24));
        let hub = desk.home.start_resting(Arc::clone(&desk.clock) as Arc<dyn Clock>, |_| {}).await;
        assert_eq!(hub.hub.steps().end_judgements().await.unwrap(), 3);
        assert_eq!(hub.hub.steps().end_judgements().await.unwrap(), 0);
        let statuses: Vec<_> = desk.all().await.iter().map(|finding| finding.status).collect();
        assert_eq!(statuses, [FindingState::Open, FindingState::Fixed, FindingState::Open]);
        let view = desk.view(desk.finding(1).await.id).await;
        assert_eq!(states(&view), [FindingState::Open, FindingState::RiskAccepted]);
        let last = &view.triage[0];
        assert_eq!((last.actor, last.expires_at), (Actor::System, None));
        assert!(last.reason.as_deref().unwrap().starts_with("The judgement risk_accepted ran out on 2026-11-23"), "{last:?}");
        assert_eq!(desk.told().await, ["verdict.expired: The judgement of 3 findings ran out."]);
        // What is imported before the hub has looked is not hidden either.
        desk.import("3", 2000, [2]).await;
        assert_eq!(desk.finding(2).await.status, FindingState::Open, "seen again");
        hub.stop().await;
    }

    async fn a_verdict_about_what_nobody_has_seen_waits_for_it(database) {
        let desk = Desk::on(database).await;
        desk.import("1", 0, 1..=3).await;
        let prints: Vec<_> = desk.all().await.into_iter().map(|finding| finding.fingerprint).collect();
        desk.delete_scans().await;
        let findings = desk.hub.hub.findings();
        let judgement = |to, expires_at| Judgement { to, reason: "known".to_owned(), expires_at };
        let now = desk.hub.hub.now();
        let past = judgement(FindingState::RiskAccepted, Some(now));
        assert_eq!(findings.judge_fingerprint(&desk.ada, &prints[0], past).await.unwrap_err().fields[0].field, "expires_at");
        let soon = judgement(FindingState::RiskAccepted, Some(now.plus(Duration::from_secs(60))));
        findings.judge_fingerprint(&desk.ada, &prints[0], soon).await.unwrap();
        let state = findings
            .judge_fingerprint(&desk.ada, &prints[1], judgement(FindingState::FalsePositive, None))
            .await
            .unwrap();
        assert!(state.finding.is_none() && state.verdict.is_some());
        desk.clock.advance(Duration::from_mins(2));
        desk.import("2", 1000, 1..=3).await;
        let statuses: Vec<_> = desk.all().await.iter().map(|finding| finding.status).collect();
        assert_eq!(statuses, [FindingState::Open, FindingState::FalsePositive, FindingState::Open], "the first ran out");
        for nonsense in ["", "x", &"A".repeat(64), &prints[0][1..]] {
            let error = findings.judge_fingerprint(&desk.ada, nonsense, judgement(FindingState::Closed, None)).await;
            assert_eq!(error.unwrap_err().code, ErrorCode::NotFound, "{nonsense}");
        }
    }

    /// Cut off between two batches and cancelled between two others: what was done stays, nothing is done twice.
    async fn an_order_on_many_goes_on_where_it_was_cut_and_stops_when_it_is_told(database) {
        const ALL: u32 = 1_800;
        let desk = Desk::on(database).await;
        desk.import("1", 0, 1..=ALL).await;
        let findings = desk.hub.hub.findings();
        let action = Action {
            judgement: Some(Judgement { to: FindingState::Closed, reason: "retired".to_owned(), expires_at: None }),
            owner: Some(OwnerChoice::Caller),
            comment: Some("The host is gone.".to_owned()),
        };
        let ordered = findings.judge(&desk.ada, Selection::Matching(Box::default()), action).await.unwrap();
        let mut first = desk.hub.hub.steps().claim_jobs(1).await.unwrap();
        // Dies when the second batch is about to be committed.
        let died = std::sync::Arc::new(tokio::sync::Notify::new());
        let passes = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let (tell, count) = (Arc::clone(&died), Arc::clone(&passes));
        scanhelm_hub::failpoint::watch(Some(Arc::new(move |place| {
            let (tell, count) = (Arc::clone(&tell), Arc::clone(&count));
            Box::pin(async move {
                if place == "judging.batch.before_commit"
                    && count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1
                {
                    tell.notify_one();
                    std::future::pending::<()>().await;
                }
            })
        })));
        tokio::select! {
            () = first.remove(0).run() => panic!("it should have died"),
            () = died.notified() => {}
        }
        scanhelm_hub::failpoint::watch(None);
        let closed = async || {
            let filter = FindingFilter { status: vec![FindingState::Closed], ..FindingFilter::default() };
            findings.counts(&desk.ada, &filter).await.unwrap().total()
        };
        assert_eq!(closed().await, 500);
        desk.clock.advance(Duration::from_mins(10));
        // The next attempt is told to park, which is no failure.
        let stop = CancellationToken::new();
        stop.cancel();
        let mut again = Vec::new();
        for _ in 0..LOOKS {
            again = desk.hub.hub.steps().claim_jobs(1).await.unwrap();
            if !again.is_empty() {
                break;
            }
            // PostgreSQL holds the job's row until it has noticed that the transaction is given up.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(again.len(), 1, "the job is never free again");
        again.remove(0).until(stop.clone()).run().await;
        assert_eq!(closed().await, 500);
        desk.drive().await;
        let result = findings_result(&desk, &desk.ada, ordered.job_id).await;
        assert_eq!((&result["changed"], &result["refused"]), (&ALL.into(), &0.into()));
        assert!(result.get("rows").is_none(), "told in pages");
        assert_eq!(closed().await, u64::from(ALL));
        let view = desk.view(desk.finding(1000).await.id).await;
        assert_eq!((states(&view).len(), view.owners.len()), (1, 1), "once");
        let page = PageRequest { sort: Sort::parse("created_at"), ..PageRequest::default() };
        assert_eq!(findings.comments(&desk.ada, view.finding.id, &page).await.unwrap().items.len(), 1);

        let open = Judgement { to: FindingState::Open, reason: String::new(), expires_at: None };
        let ordered = findings.judge(&desk.ada, Selection::Matching(Box::default()), open).await.unwrap();
        desk.hub.hub.jobs().cancel(&desk.member("bob", Role::Analyst).await, ordered.job_id).await.unwrap();
        desk.drive().await;
        let job = desk.hub.hub.jobs().get(&desk.ada, ordered.job_id).await.unwrap();
        assert_eq!((job.state, closed().await), (JobState::Cancelled, u64::from(ALL)));
    }
}

async fn findings_result(desk: &Desk, grant: &Grant, job: scanhelm_core::ids::JobId) -> serde_json::Value {
    let job = desk.hub.hub.jobs().get(grant, job).await.unwrap();
    assert_eq!(job.state, JobState::Done, "{job:#?}");
    job.result.unwrap()
}
