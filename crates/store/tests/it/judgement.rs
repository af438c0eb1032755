//! Owners, comments, approvals and orders on many findings.

use scanhelm_core::company::{Membership, User};
use scanhelm_core::finding::FindingState;
use scanhelm_core::finding::approval::{Approval, ApprovalState, Policy};
use scanhelm_core::finding::comment::Comment;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::{ApprovalId, CommentId, CompanyId, FindingId, UserId};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::permission::{Actor, Role};
use scanhelm_core::{ErrorCode, Severity};
use scanhelm_store::{ApprovalFinding, FindingFilter, JobFinding, NewFinding, OwnerFilter, VerdictFilter};

use crate::fixture::{World, at, on_both};

on_both!(
    an_owner_is_found_by_and_survives_the_finding,
    comments_keep_their_order_and_their_gaps,
    verdicts_are_listed_and_run_out,
    a_selection_is_settled_when_it_is_made,
    a_fingerprint_waits_for_one_request_at_a_time,
    a_policy_changes_from_the_version_that_was_read,
);

pub(crate) fn comment(world: &World, company: CompanyId, print: &str, person: UserId, second: i64) -> Comment {
    Comment {
        id: CommentId::new(&world.ids),
        company_id: company,
        fingerprint: print.to_owned(),
        author: Actor::User(person),
        person: Some(person),
        body: Some("look".to_owned()),
        mentions: vec![person],
        created_at: at(second),
        edited_at: None,
        deleted_at: None,
    }
}

pub(crate) fn approval(world: &World, company: CompanyId, requester: UserId, second: i64) -> Approval {
    Approval {
        id: ApprovalId::new(&world.ids),
        company_id: company,
        state: ApprovalState::Pending,
        to: FindingState::RiskAccepted,
        reason: "known".to_owned(),
        expires_at: None,
        requested_by: Actor::User(requester),
        requester_id: requester,
        requested_at: at(second),
        ends_at: at(second + 100),
        decided_by: None,
        decided_at: None,
        decision_reason: None,
        findings: 2,
    }
}

async fn member(world: &World, name: &str) -> UserId {
    let id = UserId::new(&world.ids);
    let tx = world.store.begin().await.unwrap();
    let user = User {
        id,
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        password_hash: None,
        operator: false,
        created_at: at(0),
    };
    tx.insert_user(&user).await.unwrap();
    tx.upsert_membership(&Membership { user_id: id, company_id: world.company, role: Role::Analyst }).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn findings(world: &World, count: usize) -> Vec<NewFinding> {
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let findings: Vec<NewFinding> =
        (0..count).map(|number| world.finding(world.company, assets["fqdn:a"], &format!("CVE-{number}"), 1)).collect();
    tx.insert_findings(&findings).await.unwrap();
    tx.commit().await.unwrap();
    findings
}

fn prints(findings: &[NewFinding]) -> Vec<String> {
    findings.iter().map(|finding| finding.fingerprint.clone()).collect()
}

fn sorted(sort: &str) -> PageRequest {
    PageRequest { sort: Sort::parse(sort), ..PageRequest::default() }
}

async fn owned_by(world: &World, owner: OwnerFilter) -> Vec<FindingId> {
    let filter = FindingFilter { owner: Some(owner), ..FindingFilter::default() };
    let listed = world.store.list_findings(world.company, &filter, &PageRequest::default()).await.unwrap();
    let mut ids: Vec<_> = listed.items.into_iter().map(|finding| finding.id).collect();
    assert_eq!(listed.total, Some(Total::Exactly(ids.len() as u64)));
    ids.sort_unstable();
    ids
}

async fn an_owner_is_found_by_and_survives_the_finding(world: World) {
    let (ann, bob) = (member(&world, "ann").await, member(&world, "bob").await);
    let found = findings(&world, 4).await;
    let all = prints(&found);
    let tx = world.store.begin().await.unwrap();
    let by = Actor::User(ann);
    tx.set_owners(world.company, &all[..3], Some(ann), by, at(1)).await.unwrap();
    tx.set_owners(world.company, &all[1..2], Some(bob), by, at(2)).await.unwrap();
    tx.set_owners(world.company, &all[2..3], None, by, at(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(owned_by(&world, OwnerFilter::User(ann)).await, [found[0].id]);
    assert_eq!(owned_by(&world, OwnerFilter::User(bob)).await, [found[1].id]);
    assert_eq!(owned_by(&world, OwnerFilter::Nobody).await, [found[2].id, found[3].id]);
    assert_eq!(owned_by(&world, OwnerFilter::Gone).await, []);
    let history = world.store.owner_history(world.company, &all[2]).await.unwrap();
    assert_eq!(history.iter().map(|change| change.owner_id).collect::<Vec<_>>(), [None, Some(ann)], "newest first");

    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_membership(bob, world.company).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(owned_by(&world, OwnerFilter::Gone).await, [found[1].id]);
    assert_eq!(world.store.members_of(world.company, &[ann, bob]).await.unwrap().len(), 1);

    // What a later import creates under a known fingerprint gets its owner back.
    let owners = world.store.owners_of(world.company, &all).await.unwrap();
    assert_eq!(owners.len(), 2);
    let tx = world.store.begin().await.unwrap();
    tx.copy_owners(&[(found[3].id, owners[&all[0]])]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(owned_by(&world, OwnerFilter::User(ann)).await, [found[0].id, found[3].id]);
}

async fn comments_keep_their_order_and_their_gaps(world: World) {
    let ann = member(&world, "ann").await;
    let print = "ab".repeat(32);
    let (first, mut second) =
        (comment(&world, world.company, &print, ann, 1), comment(&world, world.company, &print, ann, 2));
    let tx = world.store.begin().await.unwrap();
    tx.insert_comments(&[second.clone(), first.clone()]).await.unwrap();
    second.body = None;
    second.mentions = Vec::new();
    second.deleted_at = Some(at(3));
    tx.save_comment(&second).await.unwrap();
    tx.commit().await.unwrap();
    let listed = world.store.comments(world.company, &print, &sorted("created_at")).await.unwrap();
    assert_eq!((listed.items, listed.total), (vec![first.clone(), second], Some(Total::Exactly(2))));
    assert_eq!(world.store.comment(world.company, first.id).await.unwrap(), Some(first));
    assert_eq!(world.store.count_comments(world.company, "other").await.unwrap(), 0);
}

async fn verdicts_are_listed_and_run_out(world: World) {
    let verdict = |print: &str, state, second, expires_at| Verdict {
        fingerprint: print.to_owned(),
        state,
        reason: None,
        actor: Actor::System,
        at: at(second),
        expires_at,
    };
    let later = verdict("b", FindingState::RiskAccepted, 5, Some(at(20)));
    let tx = world.store.begin().await.unwrap();
    let both = [verdict("a", FindingState::FalsePositive, 3, None), later.clone()];
    tx.save_verdicts(world.company, &both).await.unwrap();
    // One that was made before the one that stands, whoever brings it, never replaces it.
    let earlier = verdict("b", FindingState::Open, 4, None);
    tx.save_verdicts(world.company, &[earlier]).await.unwrap();
    tx.commit().await.unwrap();
    let list = async |filter| {
        let page = world.store.verdicts(world.company, &filter, &sorted("-at")).await.unwrap();
        page.items.into_iter().map(|verdict| verdict.fingerprint).collect::<Vec<_>>()
    };
    assert_eq!(list(VerdictFilter::default()).await, ["b", "a"]);
    let state = vec![FindingState::FalsePositive];
    assert_eq!(list(VerdictFilter { state, ..VerdictFilter::default() }).await, ["a"]);
    let ends = |second| VerdictFilter { expires_before: Some(at(second)), ..VerdictFilter::default() };
    assert_eq!((list(ends(21)).await, list(ends(20)).await), (vec!["b".to_owned()], vec![]));
    let store = &world.store;
    assert_eq!(store.company_with_expired_triage(at(19)).await.unwrap(), None);
    assert_eq!(store.company_with_expired_triage(at(20)).await.unwrap(), Some(world.company));
    assert_eq!(store.expired_triage(world.company, at(20), 9).await.unwrap(), [later]);
}

async fn a_selection_is_settled_when_it_is_made(world: World) {
    let found = findings(&world, 5).await;
    let tx = world.store.begin().await.unwrap();
    let job = tx.enqueue(&world.job("judge"), at(0)).await.unwrap();
    let filter = FindingFilter { severity: vec![Severity::High], ..FindingFilter::default() };
    assert_eq!(tx.select_matching(world.company, job, &filter, 3).await.unwrap(), 3, "no more than were asked for");
    let named = tx.enqueue(&world.job("judge"), at(0)).await.unwrap();
    tx.select_findings(world.company, named, &[found[4].id, found[4].id]).await.unwrap();
    tx.commit().await.unwrap();
    let store = &world.store;
    assert_eq!(store.last_judged(job).await.unwrap(), None);
    let ids = store.next_to_judge(job, None, 2).await.unwrap();
    assert_eq!(ids, [found[0].id, found[1].id]);
    let results: Vec<JobFinding> = ids
        .iter()
        .zip([(None, "changed"), (Some("conflict"), "refused")])
        .map(|(id, (code, result))| JobFinding {
            finding_id: *id,
            result: Some(result.to_owned()),
            code: code.map(str::to_owned),
            reason: None,
        })
        .collect();
    let tx = store.begin().await.unwrap();
    tx.save_job_findings(job, &results).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.last_judged(job).await.unwrap(), Some(found[1].id));
    assert_eq!(store.next_to_judge(job, Some(found[1].id), 9).await.unwrap(), [found[2].id]);
    let page = store.job_findings(world.company, job, None, &sorted("id")).await.unwrap();
    assert_eq!((&page.items[..2], page.total), (&results[..], Some(Total::Exactly(3))));
    assert_eq!(page.items[2].result, None);
    let refused = store.job_findings(world.company, job, Some("refused"), &sorted("id")).await.unwrap();
    assert_eq!(refused.items, results[1..]);
    let mut counts = store.job_finding_counts(job).await.unwrap();
    counts.sort();
    assert_eq!(counts, [(None, 1), (Some("changed".to_owned()), 1), (Some("refused".to_owned()), 1)]);
    assert_eq!(store.job_findings(world.other, job, None, &sorted("id")).await.unwrap().items, []);
    assert_eq!(store.job_finding_counts(named).await.unwrap(), [(None, 1)]);
}

async fn a_fingerprint_waits_for_one_request_at_a_time(world: World) {
    let ann = member(&world, "ann").await;
    let (first, second) = (approval(&world, world.company, ann, 1), approval(&world, world.company, ann, 2));
    let both = ["a".to_owned(), "b".to_owned()];
    let store = &world.store;
    let tx = store.begin().await.unwrap();
    tx.insert_approval(&first).await.unwrap();
    tx.insert_approval(&second).await.unwrap();
    tx.add_to_approval(world.company, first.id, &both).await.unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin().await.unwrap();
    let again = tx.add_to_approval(world.company, second.id, &both[..1]).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::Conflict);
    tx.rollback().await.unwrap();
    let open = store.open_approvals_of(world.company, &both).await.unwrap();
    assert_eq!((open.len(), &open["a"]), (2, &first));

    let done = ApprovalFinding {
        fingerprint: "a".to_owned(),
        outcome: Some("refused".to_owned()),
        code: Some("conflict".to_owned()),
        reason: Some("judged".to_owned()),
    };
    let tx = store.begin().await.unwrap();
    tx.save_approval_findings(first.id, std::slice::from_ref(&done)).await.unwrap();
    assert_eq!(tx.undecided_findings(first.id, 9).await.unwrap(), ["b"]);
    tx.end_approval_findings(first.id, "expired").await.unwrap();
    let ended = Approval {
        state: ApprovalState::Expired,
        decided_by: Some(Actor::System),
        decided_at: Some(at(101)),
        decision_reason: Some("late".to_owned()),
        ..first.clone()
    };
    tx.save_approval(&ended).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.approval(world.company, first.id).await.unwrap(), Some(ended.clone()));
    assert_eq!(store.open_approvals_of(world.company, &both).await.unwrap().len(), 0);
    assert_eq!(store.approval_history(world.company, "a").await.unwrap(), [(ended, done.clone())]);
    let rows = store.approval_findings(world.company, first.id, &sorted("fingerprint")).await.unwrap();
    assert_eq!((rows.items[0].clone(), rows.total), (done, Some(Total::Exactly(2))));
    let mut outcomes = store.approval_outcomes(first.id).await.unwrap();
    outcomes.sort();
    assert_eq!(outcomes, [(Some("expired".to_owned()), 1), (Some("refused".to_owned()), 1)]);

    assert_eq!(store.overdue_approvals(at(101), 9).await.unwrap(), []);
    assert_eq!(store.overdue_approvals(at(102), 9).await.unwrap(), std::slice::from_ref(&second));
    let pending = Some(ApprovalState::Pending);
    assert_eq!(store.approvals(world.company, pending, &sorted("-requested_at")).await.unwrap().items, [second]);
}

async fn a_policy_changes_from_the_version_that_was_read(world: World) {
    let store = &world.store;
    let mut policy = store.triage_policy(world.company).await.unwrap();
    assert_eq!(policy, Policy::default());
    policy.states = vec![FindingState::RiskAccepted];
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.save_triage_policy(world.company, &policy).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.save_triage_policy(world.company, &policy).await.unwrap_err().code, ErrorCode::StaleVersion);
    tx.rollback().await.unwrap();
    let known = store.triage_policy(world.company).await.unwrap();
    assert_eq!((known.version, known.states), (1, policy.states));
    assert_eq!(store.triage_policy(world.other).await.unwrap(), Policy::default());
}
