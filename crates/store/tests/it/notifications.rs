//! The outbox, channels, rules and deliveries.

use std::time::Duration;

use scanhelm_core::ids::{ChannelId, CompanyId, DeliveryId, NoticeId, RuleId};
use scanhelm_core::notification::{
    Attempt, AttemptOutcome, Channel, ChannelKind, Delivery, DeliveryState, Notice, NoticeEvent, Rule, Standing,
    Suspension, SuspensionReason,
};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::permission::Actor;
use scanhelm_core::{ErrorCode, Severity};
use scanhelm_store::DeliveryFilter;

use crate::fixture::{World, at, on_both};

on_both!(
    notices_come_out_once_and_in_their_order,
    channels_keep_their_version_and_their_secret,
    rules_are_in_force_with_their_channel,
    a_digest_collects_until_its_window_ends,
    deliveries_wait_in_line_and_leave_a_log,
    everything_goes_with_its_channel_and_nobody_else_sees_it,
);

impl World {
    pub(crate) fn notice(&self, company: CompanyId, title: &str) -> Notice {
        Notice {
            id: NoticeId::new(&self.ids),
            company_id: company,
            event: NoticeEvent::FindingsNew,
            at: at(1),
            severity: Some(Severity::Medium),
            scan_id: None,
            integration_id: None,
            title: title.to_owned(),
            detail: String::new(),
            data: serde_json::json!({"new": {"medium": 1}}),
        }
    }

    pub(crate) async fn stored_channel(&self, company: CompanyId, name: &str) -> Channel {
        let channel = Channel {
            id: ChannelId::new(&self.ids),
            company_id: company,
            name: name.to_owned(),
            kind: ChannelKind::Webhook,
            recipients: Vec::new(),
            host: "https://hooks.example:443".to_owned(),
            enabled: true,
            suspended: None,
            standing: Standing::default(),
            secret_hint: Some("…abcd".to_owned()),
            previous_secret_until: None,
            created_by: Actor::System,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_notification_channel(&channel, b"sealed").await.unwrap();
        tx.commit().await.unwrap();
        channel
    }

    pub(crate) async fn stored_rule(&self, channel: &Channel, name: &str) -> Rule {
        let rule = Rule {
            id: RuleId::new(&self.ids),
            company_id: channel.company_id,
            name: name.to_owned(),
            channel_id: channel.id,
            enabled: true,
            events: vec![NoticeEvent::FindingsNew, NoticeEvent::RunFailed],
            min_severity: Some(Severity::High),
            digest: Duration::from_secs(90),
            created_by: Actor::System,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_notification_rule(&rule).await.unwrap();
        tx.commit().await.unwrap();
        rule
    }

    fn delivery(&self, channel: &Channel, rule: Option<RuleId>, state: DeliveryState, second: i64) -> Delivery {
        Delivery {
            id: DeliveryId::new(&self.ids),
            company_id: channel.company_id,
            channel_id: channel.id,
            rule_id: rule,
            state,
            digest: state == DeliveryState::Collecting,
            summary: "one".to_owned(),
            events: 0,
            severity: None,
            attempts: 0,
            last_error: None,
            created_at: at(second),
            due_at: at(second + 90),
            queued_at: at(second),
            finished_at: None,
        }
    }

    pub(crate) async fn stored_delivery(&self, channel: &Channel, rule: Option<RuleId>, second: i64) -> Delivery {
        let mut delivery = self.delivery(channel, rule, DeliveryState::Waiting, second);
        let tx = self.store.begin().await.unwrap();
        tx.insert_delivery_of(&delivery).await.unwrap();
        tx.tell(&delivery, &self.notice(channel.company_id, "told")).await.unwrap();
        tx.commit().await.unwrap();
        (delivery.events, delivery.severity) = (1, Some(Severity::Medium));
        delivery
    }
}

async fn notices_come_out_once_and_in_their_order(world: World) {
    let notices = ["one", "two", "three"].map(|title| world.notice(world.company, title));
    assert!(!world.store.has_notices().await.unwrap());
    let tx = world.store.begin().await.unwrap();
    for notice in &notices {
        tx.append_notice(notice).await.unwrap();
    }
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.append_notice(&world.notice(world.company, "never happened")).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(world.store.has_notices().await.unwrap());
    let take = async |limit, keep: bool| {
        let tx = world.store.begin().await.unwrap();
        let taken = tx.take_notices(limit).await.unwrap();
        let end = if keep { tx.commit().await } else { tx.rollback().await };
        end.unwrap();
        taken
    };
    assert_eq!(take(10, false).await, notices, "a crash before the commit loses none");
    assert_eq!(take(2, true).await, notices[..2]);
    assert_eq!(take(10, true).await, notices[2..]);
    assert!(take(10, true).await.is_empty());
}

async fn channels_keep_their_version_and_their_secret(world: World) {
    let channel = world.stored_channel(world.company, "ops").await;
    let read = async || world.store.notification_channel(world.company, channel.id).await.unwrap().unwrap();
    assert_eq!(read().await, channel);
    assert_eq!(world.store.sealed_channel(channel.id).await.unwrap(), b"sealed");
    let edited = Channel {
        name: "operations".to_owned(),
        kind: ChannelKind::Webhook,
        enabled: false,
        previous_secret_until: Some(at(99)),
        suspended: Some(Suspension { at: at(3), reason: SuspensionReason::Gone, detail: "410".to_owned() }),
        updated_at: at(4),
        ..channel.clone()
    };
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.lock_notification_channel(channel.id).await.unwrap().as_ref(), Some(&channel));
    assert_eq!(tx.update_notification_channel(&edited, b"other", 1).await.unwrap(), 2);
    let stale = tx.update_notification_channel(&edited, b"other", 1).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::StaleVersion);
    tx.commit().await.unwrap();
    assert_eq!(read().await, Channel { version: 2, ..edited.clone() });
    assert_eq!(world.store.sealed_channel(channel.id).await.unwrap(), b"other");
    let standing = Standing {
        failing_since: Some(at(5)),
        failures: 2,
        last_error: Some("no".to_owned()),
        retry_at: Some(at(9)),
        last_success_at: None,
    };
    let tx = world.store.begin().await.unwrap();
    tx.save_channel_standing(channel.id, &standing, None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read().await, Channel { version: 2, standing, ..edited });

    world.stored_channel(world.company, "second").await;
    let tx = world.store.begin().await.unwrap();
    let clash = Channel { name: "operations".to_owned(), id: ChannelId::new(&world.ids), ..channel.clone() };
    assert_eq!(tx.insert_notification_channel(&clash, b"").await.unwrap_err().code, ErrorCode::Conflict);
    tx.rollback().await.unwrap();
    world.stored_channel(world.other, "operations").await;
    let page = PageRequest { sort: Sort { field: "name".to_owned(), descending: false }, ..PageRequest::default() };
    let listed = world.store.notification_channels(world.company, &page).await.unwrap();
    assert_eq!(listed.items.iter().map(|channel| &*channel.name).collect::<Vec<_>>(), ["operations", "second"]);
    assert_eq!(world.store.count_notification_channels(world.company).await.unwrap(), 2);
}

async fn rules_are_in_force_with_their_channel(world: World) {
    let channel = world.stored_channel(world.company, "ops").await;
    let rule = world.stored_rule(&channel, "worst").await;
    let read = async || world.store.notification_rule(world.company, rule.id).await.unwrap().unwrap();
    assert_eq!(read().await, rule);
    let active = async || world.store.active_notification_rules(world.company).await.unwrap();
    assert_eq!(active().await, std::slice::from_ref(&rule));
    let edited = Rule { min_severity: None, digest: Duration::ZERO, updated_at: at(9), ..rule.clone() };
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.update_notification_rule(&edited, 1).await.unwrap(), 2);
    assert_eq!(tx.update_notification_rule(&edited, 1).await.unwrap_err().code, ErrorCode::StaleVersion);
    tx.commit().await.unwrap();
    assert_eq!(read().await, Rule { version: 2, ..edited });
    let suspended = Suspension { at: at(3), reason: SuspensionReason::Failing, detail: String::new() };
    let tx = world.store.begin().await.unwrap();
    tx.save_channel_standing(channel.id, &Standing::default(), Some(&suspended)).await.unwrap();
    tx.save_channel_standing(channel.id, &Standing::default(), None).await.unwrap();
    tx.commit().await.unwrap();
    assert!(active().await.is_empty());
    let tx = world.store.begin().await.unwrap();
    let clash = Rule { id: RuleId::new(&world.ids), ..rule.clone() };
    assert_eq!(tx.insert_notification_rule(&clash).await.unwrap_err().code, ErrorCode::Conflict);
    tx.rollback().await.unwrap();
    assert_eq!(world.store.count_notification_rules(world.company).await.unwrap(), 1);
    assert_eq!(world.store.notification_rules(world.company, &PageRequest::default()).await.unwrap().items.len(), 1);
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.delete_notification_rule(world.other, rule.id).await.unwrap());
    assert!(tx.delete_notification_rule(world.company, rule.id).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_digest_collects_until_its_window_ends(world: World) {
    let channel = world.stored_channel(world.company, "ops").await;
    let rule = world.stored_rule(&channel, "digest").await;
    let digest = world.delivery(&channel, Some(rule.id), DeliveryState::Collecting, 10);
    let (first, second) = (world.notice(world.company, "first"), world.notice(world.company, "second"));
    let worse = Notice { severity: Some(Severity::Critical), ..second };
    let runs = Notice { severity: None, event: NoticeEvent::RunFailed, ..world.notice(world.company, "run") };
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.open_digest(rule.id).await.unwrap(), None);
    tx.insert_delivery_of(&digest).await.unwrap();
    for notice in [&first, &worse, &runs] {
        assert!(!tx.is_told(channel.id, notice).await.unwrap());
        tx.tell(&digest, notice).await.unwrap();
        assert!(tx.is_told(channel.id, notice).await.unwrap());
    }
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let open = tx.open_digest(rule.id).await.unwrap().unwrap();
    assert_eq!((open.events, open.severity, open.due_at), (3, Some(Severity::Critical), at(100)));
    let twice = world.delivery(&channel, Some(rule.id), DeliveryState::Collecting, 11);
    assert!(tx.insert_delivery_of(&twice).await.is_err(), "one open digest a rule");
    tx.rollback().await.unwrap();
    assert_eq!(world.store.next_delivery(channel.id).await.unwrap(), None, "not before its time");
    assert!(!world.store.has_due_digests(at(99)).await.unwrap());
    assert!(world.store.has_due_digests(at(100)).await.unwrap());
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.close_digests(at(99)).await.unwrap(), 0);
    assert_eq!(tx.close_digests(at(101)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let next = world.store.next_delivery(channel.id).await.unwrap().unwrap();
    assert_eq!((next.id, next.queued_at, next.state), (digest.id, at(101), DeliveryState::Waiting));
    let told = world.store.delivery_notices(world.company, digest.id, 2).await.unwrap();
    assert_eq!(told, [first, worse]);
    let tx = world.store.begin().await.unwrap();
    tx.insert_delivery_of(&twice).await.unwrap();
    tx.release_digest(rule.id, at(50)).await.unwrap();
    assert_eq!(tx.open_digest(rule.id).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(world.store.next_delivery(channel.id).await.unwrap().unwrap().id, twice.id);
}

async fn deliveries_wait_in_line_and_leave_a_log(world: World) {
    let channel = world.stored_channel(world.company, "ops").await;
    let one = world.stored_delivery(&channel, None, 1).await;
    let two = world.stored_delivery(&channel, None, 2).await;
    let serve = async |second| world.store.channels_to_serve(at(second), 10).await.unwrap();
    assert_eq!(serve(1).await, [(world.company, channel.id)]);
    let next = async || world.store.next_delivery(channel.id).await.unwrap().map(|delivery| delivery.id);
    assert_eq!(next().await, Some(one.id));
    let attempt = |number, outcome, status| Attempt {
        delivery_id: one.id,
        company_id: world.company,
        number,
        at: at(10 + i64::from(number)),
        outcome,
        status,
        detail: "said so".to_owned(),
        duration_ms: 7,
    };
    let attempts = [
        attempt(1, AttemptOutcome::Unavailable, Some(503)),
        attempt(2, AttemptOutcome::Unavailable, None),
        attempt(3, AttemptOutcome::Delivered, Some(204)),
    ];
    let failing = Standing { failing_since: Some(at(11)), retry_at: Some(at(20)), ..Standing::default() };
    for (attempt, state, standing) in [
        (&attempts[0], DeliveryState::Waiting, failing.clone()),
        (&attempts[1], DeliveryState::Waiting, failing),
        (&attempts[2], DeliveryState::Sent, Standing::default()),
    ] {
        let finished_at = (state == DeliveryState::Sent).then_some(attempt.at);
        let after =
            Delivery { state, attempts: attempt.number, last_error: Some("e".to_owned()), finished_at, ..one.clone() };
        let tx = world.store.begin().await.unwrap();
        tx.record_attempt(attempt, &after).await.unwrap();
        tx.save_channel_standing(channel.id, &standing, None).await.unwrap();
        tx.commit().await.unwrap();
        if state == DeliveryState::Waiting {
            assert_eq!(next().await, Some(one.id), "the second waits for the first");
            assert!(serve(19).await.is_empty());
            assert_eq!(serve(20).await.len(), 1);
        }
    }
    assert_eq!(next().await, Some(two.id));
    assert_eq!(world.store.delivery_attempts(world.company, one.id).await.unwrap(), attempts);
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.requeue_delivery(world.company, two.id, at(30)).await.unwrap(), "it waits already");
    assert!(!tx.requeue_delivery(world.other, one.id, at(30)).await.unwrap());
    assert!(tx.requeue_delivery(world.company, one.id, at(30)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(next().await, Some(two.id), "again means behind the others");
    let list = async |filter: DeliveryFilter, limit, cursor| {
        let page = PageRequest { limit, cursor, ..PageRequest::default() };
        world.store.notification_deliveries(world.company, &filter, &page).await.unwrap()
    };
    let first = list(DeliveryFilter::default(), 1, None).await;
    assert_eq!((first.items[0].id, first.total), (two.id, Some(Total::Exactly(2))));
    let second = list(DeliveryFilter::default(), 1, first.next_cursor).await;
    assert_eq!((second.items[0].id, second.next_cursor), (one.id, None));
    let waiting = DeliveryFilter { state: Some(DeliveryState::Waiting), ..DeliveryFilter::default() };
    assert_eq!(list(waiting, 10, None).await.items.len(), 2);
    let elsewhere = DeliveryFilter { channel_id: Some(ChannelId::new(&world.ids)), ..DeliveryFilter::default() };
    assert!(list(elsewhere, 10, None).await.items.is_empty());
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.prune_deliveries(at(2)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(world.store.delivery_attempts(world.company, one.id).await.unwrap().is_empty());
}

async fn everything_goes_with_its_channel_and_nobody_else_sees_it(world: World) {
    let channel = world.stored_channel(world.company, "ops").await;
    let rule = world.stored_rule(&channel, "rule").await;
    let delivery = world.stored_delivery(&channel, Some(rule.id), 1).await;
    let (store, other) = (&world.store, world.other);
    assert_eq!(store.notification_channel(other, channel.id).await.unwrap(), None);
    assert_eq!(store.notification_rule(other, rule.id).await.unwrap(), None);
    assert_eq!(store.notification_delivery(other, delivery.id).await.unwrap(), None);
    assert_eq!(store.notification_delivery(world.company, delivery.id).await.unwrap(), Some(delivery.clone()));
    assert!(store.delivery_notices(other, delivery.id, 9).await.unwrap().is_empty());
    assert!(store.delivery_attempts(other, delivery.id).await.unwrap().is_empty());
    assert!(store.active_notification_rules(other).await.unwrap().is_empty());
    let page = PageRequest::default();
    assert!(store.notification_channels(other, &page).await.unwrap().items.is_empty());
    assert!(store.notification_rules(other, &page).await.unwrap().items.is_empty());
    let filter = DeliveryFilter::default();
    assert!(store.notification_deliveries(other, &filter, &page).await.unwrap().items.is_empty());
    let tx = store.begin().await.unwrap();
    assert!(tx.delete_notification_rule(world.company, rule.id).await.unwrap());
    tx.commit().await.unwrap();
    let kept = store.notification_delivery(world.company, delivery.id).await.unwrap().unwrap();
    assert_eq!(kept.rule_id, None, "what a rule made outlives it");
    let tx = store.begin().await.unwrap();
    assert!(!tx.delete_notification_channel(other, channel.id).await.unwrap());
    assert!(tx.delete_notification_channel(world.company, channel.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.notification_delivery(world.company, delivery.id).await.unwrap(), None);
    assert_eq!(store.sealed_channel(channel.id).await.unwrap_err().code, ErrorCode::NotFound);
}
