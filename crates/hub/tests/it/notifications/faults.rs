//! Crashes between what happened and the message about it, and receivers that do not do as they should.

use std::sync::Arc;

use scanhelm_core::ErrorCode;
use scanhelm_core::notification::{AttemptOutcome, SuspensionReason, signature};
use scanhelm_hub::failpoint;
use scanhelm_hub::notifications::ChannelChange;
use tokio::sync::Notify;

use super::receiver::{Answer, Receiver};
use super::*;
use crate::harness::on_both_databases;
use crate::upload::REPORT;

/// Runs `work` until it passes `place`, and drops it there: the process dies.
async fn dies_at(place: &'static str, work: impl Future<Output = ()>) {
    let passed = Arc::new(Notify::new());
    let watched = Arc::clone(&passed);
    failpoint::watch(Some(Arc::new(move |here| {
        let watched = Arc::clone(&watched);
        Box::pin(async move {
            if here == place {
                watched.notify_one();
                std::future::pending::<()>().await;
            }
        })
    })));
    tokio::select! {
        () = passed.notified() => {}
        () = work => panic!("it never passed {place}"),
    }
    failpoint::watch(None);
}

on_both_databases! {
    /// The import is committed and nothing else happened: its message is in the outbox, and goes out once.
    async fn fm_a16_what_an_import_brought_is_told_although_the_hub_died_right_after_it(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        let issued = world.webhook("ops", &receiver.url()).await;
        world.rule(issued.channel.id, &[NoticeEvent::FindingsNew, NoticeEvent::RunCompleted]).await;
        accept(&world.hub, &world.grant, "lab.nessus", REPORT.as_bytes()).await;
        dies_at("import.finalise.after_commit", world.drive()).await;
        assert!(receiver.seen().is_empty());
        let next = world.successor().await;
        world.clock.advance(Duration::from_secs(60));
        for place in ["notify.routed.before_commit", "notify.routed.after_commit"] {
            dies_at(place, drive(&next)).await;
        }
        world.clock.advance(Duration::from_secs(60));
        drive(&next).await;
        let words: Vec<_> = receiver.seen().iter().map(|seen| seen.json()["type"].clone()).collect();
        assert_eq!(words, ["run.completed", "findings.new"]);
        drive(&next).await;
        assert_eq!(receiver.seen().len(), 2);
    }

    /// The receiver has it and we do not know: it comes again with the id that it is recognised by.
    async fn fm_a17_a_message_whose_answer_was_lost_comes_again_under_the_same_id(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        let issued = world.webhook("ops", &receiver.url()).await;
        world.rule(issued.channel.id, &[NoticeEvent::RunFailed]).await;
        world.happens(NoticeEvent::RunFailed, "first").await;
        world.happens(NoticeEvent::RunFailed, "second").await;
        dies_at("notify.sent", world.drive()).await;
        assert_eq!(receiver.seen().len(), 1);
        let next = world.successor().await;
        world.clock.advance(Duration::from_secs(31));
        drive(&next).await;
        let seen = receiver.seen();
        let titles: Vec<_> = seen.iter().flat_map(|seen| seen.titles()).collect();
        assert_eq!(titles, ["first", "first", "second"], "and the order stays");
        let ids: Vec<_> = seen.iter().map(|seen| seen.header("webhook-id").unwrap()).collect();
        assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
        assert_eq!(seen[0].body, seen[1].body);
        assert_ne!(seen[0].header("webhook-timestamp"), seen[1].header("webhook-timestamp"));
        for seen in &seen {
            let timestamp: i64 = seen.header("webhook-timestamp").unwrap().parse().unwrap();
            let id = seen.header("webhook-id").unwrap().parse().unwrap();
            let at = Timestamp::from_seconds(timestamp);
            let expected = signature::sign(issued.secret.as_ref().unwrap(), id, at, seen.body.as_bytes()).unwrap();
            assert_eq!(seen.header("webhook-signature"), Some(expected.as_str()));
        }
        assert_eq!(world.deliveries().await[0].attempts.len(), 1, "what was lost is not in the log");
    }

    /// 500 for a day: the pauses grow, nothing is lost or overtaken, and at last the channel is switched off, visibly.
    async fn fm_h07_a_receiver_that_is_down_for_a_day_is_switched_off_and_loses_nothing(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        receiver.answers(Answer::Status(500));
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        world.rule(id, &[NoticeEvent::RunFailed]).await;
        for title in ["first", "second"] {
            world.happens(NoticeEvent::RunFailed, title).await;
        }
        world.drive().await;
        let mut pauses = Vec::new();
        while world.channel(id).await.suspended.is_none() {
            let before = receiver.seen().len();
            world.drive().await;
            assert_eq!(receiver.seen().len(), before, "it rests");
            pauses.push(world.rest(id).await);
            world.drive().await;
            assert_eq!(receiver.seen().len(), before + 1);
        }
        assert!(pauses[0] <= Duration::from_secs(10) && pauses.iter().max() <= Some(&Duration::from_hours(1)));
        assert!(pauses.len() < 70, "{}", pauses.len());
        assert!(receiver.seen().iter().all(|seen| seen.titles() == ["first"]), "the second waits for the first");
        let channel = world.channel(id).await;
        let suspended = channel.suspended.unwrap();
        assert_eq!(suspended.reason, SuspensionReason::Failing);
        assert!(suspended.detail.contains("2026-11-22T08:00") && suspended.detail.contains("500"), "{suspended:?}");
        assert_eq!(world.states().await, [DeliveryState::Waiting; 2]);
        let first = &world.deliveries().await[0];
        assert_eq!(first.attempts.len(), receiver.seen().len());
        assert!(first.attempts.iter().all(|attempt| attempt.status == Some(500)));
        assert!(first.view.delivery.last_error.as_deref().unwrap().contains("500"));
        // What happens while it is off is not kept for it.
        world.happens(NoticeEvent::RunFailed, "meanwhile").await;
        world.clock.advance(Duration::from_hours(30));
        world.drive().await;
        assert_eq!(world.states().await.len(), 2);
        receiver.answers(Answer::Status(200));
        let before = receiver.seen().len();
        let on = ChannelChange { enabled: Some(true), ..ChannelChange::default() };
        world.hub.notifications().change_channel(&world.grant, id, on, None).await.unwrap();
        world.drive().await;
        let titles: Vec<_> = receiver.seen()[before..].iter().flat_map(|seen| seen.titles()).collect();
        assert_eq!(titles, ["first", "second"]);
        assert_eq!(world.channel(id).await.standing.failing_since, None);
    }

    async fn fm_h07_a_receiver_that_is_gone_is_switched_off_at_once(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        receiver.answers(Answer::Status(410));
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        world.rule(id, &[NoticeEvent::RunFailed]).await;
        world.happens(NoticeEvent::RunFailed, "first").await;
        world.drive().await;
        assert_eq!(receiver.seen().len(), 1);
        assert_eq!(world.channel(id).await.suspended.unwrap().reason, SuspensionReason::Gone);
        assert_eq!(world.states().await, [DeliveryState::Failed]);
        world.happens(NoticeEvent::RunFailed, "second").await;
        world.drive().await;
        assert_eq!(receiver.seen().len(), 1);
        let page = PageRequest::default();
        let log = world.hub.accounts().audit_log(&world.grant, &page).await.unwrap();
        assert!(log.items.iter().any(|entry| entry.action == "notification_channel.suspend"));
    }

    /// A receiver that points elsewhere is not followed: not to the metadata service, and nowhere else.
    async fn fm_h07_a_redirect_is_not_followed_and_makes_room_for_the_next(database) {
        let world = World::on(database).await;
        let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        world.rule(id, &[NoticeEvent::RunFailed]).await;
        world.happens(NoticeEvent::RunFailed, "first").await;
        world.happens(NoticeEvent::RunFailed, "second").await;
        receiver.answers(Answer::With(302, "location", "http://169.254.169.254/latest/meta-data/"));
        world.drive().await;
        let target: &'static str = Box::leak(elsewhere.url().into_boxed_str());
        receiver.answers(Answer::With(307, "location", target));
        for _ in 0..4 {
            world.rest(id).await;
            world.drive().await;
        }
        assert_eq!(world.states().await, [DeliveryState::Failed, DeliveryState::Waiting]);
        let first = world.deliveries().await.remove(0);
        let statuses: Vec<_> = first.attempts.iter().map(|attempt| attempt.status.unwrap()).collect();
        assert_eq!(statuses, [302, 307, 307, 307, 307]);
        assert!(first.attempts.iter().all(|attempt| attempt.outcome == AttemptOutcome::Refused));
        assert!(elsewhere.seen().is_empty());
        receiver.answers(Answer::Status(200));
        world.rest(id).await;
        world.drive().await;
        assert_eq!(receiver.seen().last().unwrap().titles(), ["second"]);
        // Mended, a person has the first one sent again.
        world.hub.notifications().redeliver(&world.grant, first.view.delivery.id).await.unwrap();
        let twice = world.hub.notifications().redeliver(&world.grant, first.view.delivery.id).await.unwrap_err();
        assert_eq!(twice.code, ErrorCode::Conflict);
        world.drive().await;
        let last = receiver.seen().pop().unwrap();
        assert_eq!(last.header("webhook-id").unwrap(), first.view.delivery.id.to_string());
        assert_eq!(world.states().await, [DeliveryState::Sent; 2]);
    }

    async fn fm_h07_a_receiver_that_never_answers_costs_its_time_and_no_more(database) {
        let world = World::with(database, |settings| settings.notify.timeout = Duration::from_millis(300)).await;
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        slow.answers(Answer::Silence);
        let (one, two) = (world.webhook("slow", &slow.url()).await, world.webhook("quick", &quick.url()).await);
        for channel in [one.channel.id, two.channel.id] {
            world.rule(channel, &[NoticeEvent::RunFailed]).await;
        }
        world.happens(NoticeEvent::RunFailed, "first").await;
        world.drive().await;
        assert_eq!((slow.seen().len(), quick.seen().len()), (1, 1));
        let error = world.channel(one.channel.id).await.standing.last_error.unwrap();
        assert!(error.contains("not reached"), "{error}");
        assert_eq!(world.channel(two.channel.id).await.standing.last_error, None);
    }
}

#[tokio::test]
async fn t_ssrf_12_no_address_inside_can_be_a_channel() {
    let world = World::on(crate::harness::Database::Sqlite).await;
    for url in [
        "http://169.254.169.254/latest",
        "http://[::ffff:169.254.169.254]/",
        "https://10.0.0.1/",
        "http://192.168.1.1:8080/",
        "http://0.0.0.0/",
        "http://1.1.1.1/",
    ] {
        let new = NewChannel {
            name: "inside".to_owned(),
            kind: ChannelKind::Slack,
            url: Some(Secret::new(url)),
            recipients: Vec::new(),
            enabled: true,
        };
        let error = world.hub.notifications().create_channel(&world.grant, new).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::AddressRefused, "{url}: {error}");
    }
    for url in ["ftp://127.0.0.1/", "https://user:pass@127.0.0.1/", "nonsense", "http://127.0.0.1/#part"] {
        let new = NewChannel {
            name: "wrong".to_owned(),
            kind: ChannelKind::Webhook,
            url: Some(Secret::new(url)),
            recipients: Vec::new(),
            enabled: true,
        };
        let error = world.hub.notifications().create_channel(&world.grant, new).await.unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (ErrorCode::InvalidInput, "url"), "{url}");
    }
}
