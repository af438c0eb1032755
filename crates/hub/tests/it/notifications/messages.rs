//! Rules, digests and what each kind of channel gets.

use scanhelm_core::ErrorCode;
use scanhelm_hub::notifications::{ChannelChange, RuleChange};
use scanhelm_net::{MailSecurity, MailServer};
use serde_json::json;

use super::receiver::{MailReceiver, Receiver};
use super::*;
use crate::harness::on_both_databases;
use crate::upload::REPORT;

fn titles(receiver: &Receiver) -> Vec<Vec<String>> {
    receiver.seen().iter().map(|seen| seen.titles()).collect()
}

on_both_databases! {
    /// New findings are told, the same again is not, and one that was over and is back is.
    async fn finding_messages_tell_only_what_is_new_or_back(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        world.rule(id, &[NoticeEvent::FindingsNew]).await;
        world.upload("lab.nessus", REPORT.as_bytes()).await;
        let first = receiver.seen().pop().unwrap().json();
        let event = &first["data"]["events"][0];
        assert_eq!((&first["type"], &event["severity"]), (&json!("findings.new"), &json!("high")));
        assert_eq!(event["data"]["new"], json!({"critical": 0, "high": 1, "medium": 0, "low": 1, "info": 0}));
        assert_eq!(event["data"]["worst"][0]["title"], "Old OpenSSL");
        assert!(event["title"].as_str().unwrap().ends_with(": 2 new findings."), "{event}");
        // The same findings, seen again later: nothing to tell.
        let later = |text: &str, end: &str| text.replace("1700000600", end);
        world.upload("again.nessus", later(REPORT, "1700009600").as_bytes()).await;
        world.upload("lab.nessus", REPORT.as_bytes()).await;
        assert_eq!(receiver.seen().len(), 1);
        // Without one of them, and with it again.
        let start = REPORT.find("<ReportItem port=\"443\"").unwrap();
        let end = start + REPORT[start..].find("</ReportItem>").unwrap() + "</ReportItem>\n".len();
        let without = format!("{}{}", &REPORT[..start], &REPORT[end..]);
        world.upload("without.nessus", later(&without, "1700019600").as_bytes()).await;
        assert_eq!(receiver.seen().len(), 1);
        world.upload("back.nessus", later(REPORT, "1700029600").as_bytes()).await;
        let seen = receiver.seen();
        assert_eq!(seen.len(), 2);
        let back = seen[1].json();
        let event = &back["data"]["events"][0];
        assert_eq!((&event["data"]["new"]["high"], &event["data"]["reopened"]["high"]), (&json!(0), &json!(1)));
        assert_eq!(event["data"]["worst"][0]["reopened"], true);
    }

    async fn a_digest_is_one_message_at_the_end_of_its_window(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        let events = [NoticeEvent::FindingsNew, NoticeEvent::RunFailed];
        let rule = world
            .rule_with(id, &events, |rule| {
                rule.digest = Duration::from_mins(10);
                rule.min_severity = Some(Severity::High);
            })
            .await;
        // The same channel by a slower rule: nobody is told twice.
        world.rule_with(id, &[NoticeEvent::RunFailed], |rule| rule.digest = Duration::from_hours(24)).await;
        let company = world.grant.company;
        world.happens(NoticeEvent::RunFailed, "one").await;
        world.drive().await;
        world.clock.advance(Duration::from_mins(4));
        world.happens_in(company, NoticeEvent::FindingsNew, "high", Some(Severity::High)).await;
        world.happens_in(company, NoticeEvent::FindingsNew, "low", Some(Severity::Low)).await;
        world.happens(NoticeEvent::RunCompleted, "not asked for").await;
        world.drive().await;
        world.clock.advance(Duration::from_secs(359));
        world.drive().await;
        assert!(receiver.seen().is_empty());
        assert_eq!(world.states().await, [DeliveryState::Collecting]);
        world.clock.advance(Duration::from_secs(1));
        world.drive().await;
        assert_eq!(titles(&receiver), [["one", "high"]]);
        let seen = receiver.seen().pop().unwrap().json();
        assert_eq!((&seen["type"], &seen["data"]["rule"]), (&json!("digest"), &json!(rule.rule.name)));
        assert_eq!(world.deliveries().await[0].view.delivery.summary, "2 events: one and 1 more");
        world.clock.advance(Duration::from_hours(48));
        world.drive().await;
        assert_eq!(receiver.seen().len(), 1);
        // The next window begins with the next event; an edit of the rule ends it at once.
        world.happens(NoticeEvent::RunFailed, "three").await;
        world.drive().await;
        let off = RuleChange { enabled: Some(false), ..RuleChange::default() };
        world.hub.notifications().change_rule(&world.grant, rule.rule.id, off, Some(1)).await.unwrap();
        world.drive().await;
        assert_eq!(receiver.seen().len(), 2);
    }

    async fn nobody_is_told_of_another_company(database) {
        let world = World::on(database).await;
        let other = world.other().await;
        let receiver = Receiver::start().await;
        let id = world.webhook("ops", &receiver.url()).await.channel.id;
        world.rule(id, &NoticeEvent::ALL).await;
        for event in NoticeEvent::ALL {
            world.happens_in(other.company, event, "foreign", None).await;
        }
        world.drive().await;
        assert!(receiver.seen().is_empty() && world.deliveries().await.is_empty());
        let notifications = world.hub.notifications();
        assert_eq!(notifications.channel(&other, id).await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(notifications.test(&other, id).await.unwrap_err().code, ErrorCode::NotFound);
        let rule = NewRule {
            name: "theft".to_owned(),
            channel_id: id,
            events: vec![NoticeEvent::RunFailed],
            min_severity: None,
            digest: Duration::ZERO,
            enabled: true,
        };
        let error = notifications.create_rule(&other, rule).await.unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (ErrorCode::InvalidInput, "channel_id"));
    }

    async fn slack_and_teams_get_their_own_form_and_their_address_is_a_secret(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        for (name, kind) in [("slack", ChannelKind::Slack), ("teams", ChannelKind::Teams)] {
            let issued = channel(&world.hub, &world.grant, name, kind, &receiver.url()).await;
            assert!(issued.secret.is_none());
            assert!(!format!("{:?}", issued.channel).contains("s3cr3t"), "{issued:?}");
            let sealed = world.hub.store().sealed_channel(issued.channel.id).await.unwrap();
            assert!(!sealed.windows(6).any(|window| window == b"s3cr3t"));
            world.rule(issued.channel.id, &[NoticeEvent::RunFailed]).await;
        }
        world.happens(NoticeEvent::RunFailed, "broke <!channel>").await;
        world.drive().await;
        let seen = receiver.seen();
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|seen| seen.head.starts_with("POST /hook/s3cr3t-path?token=s3cr3t-query HTTP/1.1")));
        assert!(seen.iter().all(|seen| seen.header("webhook-signature").is_none()));
        let slack = seen.iter().find(|seen| seen.json().get("blocks").is_some()).unwrap().json();
        assert_eq!(slack["text"], "broke &lt;!channel&gt;");
        let teams = seen.iter().find(|seen| seen.json().get("attachments").is_some()).unwrap().json();
        assert_eq!(teams["attachments"][0]["content"]["type"], "AdaptiveCard");
        let page = PageRequest::default();
        let log = world.hub.accounts().audit_log(&world.grant, &page).await.unwrap();
        assert!(!format!("{log:?}").contains("s3cr3t"));
    }

    async fn a_new_secret_signs_beside_the_old_one_for_a_day(database) {
        let world = World::on(database).await;
        let receiver = Receiver::start().await;
        let issued = world.webhook("ops", &receiver.url()).await;
        let id = issued.channel.id;
        world.rule(id, &[NoticeEvent::RunFailed]).await;
        let renewed = world.hub.notifications().rotate_secret(&world.grant, id).await.unwrap();
        assert_ne!(renewed.secret, issued.secret);
        let signatures = async || {
            world.happens(NoticeEvent::RunFailed, "one").await;
            world.drive().await;
            let seen = receiver.seen().pop().unwrap();
            seen.header("webhook-signature").unwrap().split(' ').count()
        };
        assert_eq!(signatures().await, 2);
        world.clock.advance(Duration::from_hours(24));
        assert_eq!(signatures().await, 1);
    }

    async fn mail_goes_through_the_operators_server(database) {
        let server = MailReceiver::start().await;
        let port = server.port;
        let world = World::with(database, |settings| {
            settings.notify.mail = Some(MailServer {
                host: "127.0.0.1".to_owned(),
                port,
                security: MailSecurity::Plain,
                login: Some(("hub".to_owned(), Secret::new("hunter2"))),
                from: "scanhelm@example.com".to_owned(),
                timeout: Duration::from_secs(5),
            });
        })
        .await;
        let mailbox = |recipients: &[&str]| NewChannel {
            name: "team".to_owned(),
            kind: ChannelKind::Email,
            url: None,
            recipients: recipients.iter().map(|recipient| (*recipient).to_owned()).collect(),
            enabled: true,
        };
        let notifications = world.hub.notifications();
        for wrong in [&[][..], &["nobody"], &["a@b.example\r\nBcc: x@y.example"]] {
            let error = notifications.create_channel(&world.grant, mailbox(wrong)).await.unwrap_err();
            assert_eq!(error.fields[0].field, "recipients", "{wrong:?}");
        }
        let new = mailbox(&["sec@example.com", "ops@example.com", "sec@example.com"]);
        let id = notifications.create_channel(&world.grant, new).await.unwrap().channel.id;
        world.rule(id, &[NoticeEvent::RunFailed]).await;
        world.happens(NoticeEvent::RunFailed, "Nightly \"ä\" failed.\r\nBcc: x@y.example").await;
        world.drive().await;
        let mail = server.seen().pop().unwrap();
        assert!(mail.login.unwrap().starts_with("AUTH PLAIN "));
        assert!(mail.from.contains("<scanhelm@example.com>"));
        assert_eq!(mail.to.len(), 2, "{:?}", mail.to);
        let delivery = world.deliveries().await.remove(0).view.delivery;
        assert_eq!(delivery.state, DeliveryState::Sent);
        assert!(mail.data.contains(&format!("Message-ID: <{}@example.com>", delivery.id)), "{}", mail.data);
        assert!(mail.data.contains("Auto-Submitted: auto-generated"));
        assert!(!mail.data.lines().any(|line| line.starts_with("Bcc")), "{}", mail.data);
        // A mailbox that does not exist: this mail is given up, the channel is not.
        server.refuses(Some("550 5.1.1 no such user"));
        let test = notifications.test(&world.grant, id).await.unwrap();
        assert_eq!((test.delivered, test.status), (false, Some(550)));
        // A server that is full: later.
        server.refuses(Some("452 4.3.1 full"));
        world.happens(NoticeEvent::RunFailed, "again").await;
        world.drive().await;
        assert_eq!(world.states().await, [DeliveryState::Sent, DeliveryState::Waiting]);
        server.refuses(None);
        world.rest(id).await;
        world.drive().await;
        assert_eq!(server.seen().len(), 2);
        assert!(notifications.test(&world.grant, id).await.unwrap().delivered);
    }
}

#[tokio::test]
async fn edits_are_guarded_and_written_down() {
    let world = World::on(Database::Sqlite).await;
    let receiver = Receiver::start().await;
    let id = world.webhook("ops", &receiver.url()).await.channel.id;
    let notifications = world.hub.notifications();
    let off = || ChannelChange { enabled: Some(false), ..ChannelChange::default() };
    let changed = notifications.change_channel(&world.grant, id, off(), Some(1)).await.unwrap();
    assert_eq!((changed.version, changed.enabled), (2, false));
    let stale = notifications.change_channel(&world.grant, id, off(), Some(1)).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::StaleVersion);
    // A channel that is off hears nothing, but can be tried.
    let rule = world.rule(id, &[NoticeEvent::RunFailed]).await;
    world.happens(NoticeEvent::RunFailed, "unheard").await;
    world.drive().await;
    assert!(receiver.seen().is_empty());
    assert!(notifications.test(&world.grant, id).await.unwrap().delivered);
    assert_eq!(receiver.seen()[0].json()["type"], "test");
    let viewer = Grant { role: Role::Viewer, ..world.grant };
    assert_eq!(notifications.test(&viewer, id).await.unwrap_err().code, ErrorCode::PermissionDenied);
    let mail = NewChannel {
        name: "mail".to_owned(),
        kind: ChannelKind::Email,
        url: None,
        recipients: vec!["a@example.com".to_owned()],
        enabled: true,
    };
    let error = notifications.create_channel(&world.grant, mail).await.unwrap_err();
    assert_eq!(error.fields[0].field, "kind", "no mail server is set: {error}");
    let twice = NewChannel {
        name: "ops".to_owned(),
        kind: ChannelKind::Webhook,
        url: Some(Secret::new(receiver.url())),
        recipients: Vec::new(),
        enabled: true,
    };
    assert_eq!(notifications.create_channel(&world.grant, twice).await.unwrap_err().code, ErrorCode::Conflict);
    for (field, change) in [
        ("events", RuleChange { events: Some(Vec::new()), ..RuleChange::default() }),
        ("digest_s", RuleChange { digest: Some(Duration::from_hours(200)), ..RuleChange::default() }),
        ("name", RuleChange { name: Some(" ".to_owned()), ..RuleChange::default() }),
    ] {
        let error = notifications.change_rule(&world.grant, rule.rule.id, change, None).await.unwrap_err();
        assert_eq!(error.fields[0].field, field);
    }
    notifications.delete_rule(&world.grant, rule.rule.id).await.unwrap();
    notifications.delete_channel(&world.grant, id).await.unwrap();
    let log = world.hub.accounts().audit_log(&world.grant, &PageRequest::default()).await.unwrap();
    let mut actions: Vec<_> = log.items.iter().map(|entry| entry.action.as_str()).collect();
    actions.retain(|action| action.starts_with("notification"));
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "notification_channel.create",
            "notification_channel.delete",
            "notification_channel.test",
            "notification_channel.update",
            "notification_rule.create",
            "notification_rule.delete",
        ]
    );
    assert_eq!(world.hub.now(), at("2026-11-22T08:00:00Z"));
}
