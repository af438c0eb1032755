//! What vendors do, as people hear of it: the loops run.

use scanhelm_core::credential::Credentials;
use scanhelm_core::status::Status;
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_vendor_sim::SeedState;
use serde_json::Value;

use super::receiver::Receiver;
use super::*;
use crate::harness::{LOOKS, Running, nessus, on_both_databases, seed};

async fn start(home: &Home) -> Running {
    home.start_with(|settings| settings.notify.routing = Duration::from_millis(50)).await
}

async fn tell_all(hub: &Running, grant: &Grant, receiver: &Receiver) {
    let id = channel(&hub.hub, grant, "ops", ChannelKind::Webhook, &receiver.url()).await.channel.id;
    let rule = NewRule {
        name: "all".to_owned(),
        channel_id: id,
        events: NoticeEvent::ALL.to_vec(),
        min_severity: None,
        digest: Duration::ZERO,
        enabled: true,
    };
    hub.hub.notifications().create_rule(grant, rule).await.unwrap();
}

/// Waits for so many messages; `(type, scan or integration name)` each, in their order.
async fn told(receiver: &Receiver, count: usize) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for _ in 0..LOOKS {
        let seen = receiver.seen();
        if seen.len() >= count {
            let told = seen.iter().map(|seen| {
                let event = seen.json()["data"]["events"][0].clone();
                let name = event["data"].get("scan_name").or(event["data"].get("integration_name")).cloned();
                (text(&event["event"]), text(&name.unwrap_or_default()))
            });
            return told.collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} messages did not come: {:?}", receiver.seen());
}

on_both_databases! {
    async fn every_run_has_its_completion_event_and_its_findings_one_message(database) {
        let (sim, home, receiver) = (nessus().await, Home::new(database), Receiver::start().await);
        sim.add_scan(seed("web", SeedState::Running)).unwrap();
        let hub = start(&home).await;
        let grant = hub.company("Acme").await;
        tell_all(&hub, &grant, &receiver).await;
        hub.connect(&grant, &sim).await;
        hub.await_status(&grant, "web", Status::Running).await;
        sim.advance(Duration::from_secs(3600));
        let scan = hub.await_imported(&grant, "web").await;
        let expected = [("run.completed", "web"), ("findings.new", "web")];
        let seen = told(&receiver, 2).await;
        assert_eq!(seen, expected.map(|(event, name)| (event.to_owned(), name.to_owned())));
        let run = receiver.seen()[0].json()["data"]["events"][0]["data"].clone();
        assert_eq!((run["run_number"].as_u64(), run["vendor"].as_str()), (Some(1), Some("nessus")));
        assert_eq!(run["run_id"].as_str().unwrap(), scan.run_id.unwrap().to_string());
        // The same results once more: nobody is told.
        let job = hub.hub.imports().start(&grant, scan.id, true).await.unwrap();
        hub.await_job(&grant, job).await;
        // Another run that is stopped at the vendor.
        hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "web", |scan| scan.status() == Status::Running).await;
        hub.hub.scans().stop(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "web", |scan| scan.status() == Status::Cancelled).await;
        let seen = told(&receiver, 3).await;
        assert_eq!(seen[2..], [("run.cancelled".to_owned(), "web".to_owned())]);
        hub.stop().await;
    }

    async fn a_run_that_was_over_before_its_integration_was_connected_is_no_news(database) {
        let (sim, home, receiver) = (nessus().await, Home::new(database), Receiver::start().await);
        sim.add_scan(seed("old", SeedState::Completed)).unwrap();
        sim.add_scan(seed("web", SeedState::Running)).unwrap();
        let hub = start(&home).await;
        let grant = hub.company("Acme").await;
        tell_all(&hub, &grant, &receiver).await;
        hub.connect(&grant, &sim).await;
        hub.await_imported(&grant, "old").await;
        assert_eq!(told(&receiver, 1).await, [("findings.new".to_owned(), "old".to_owned())]);
        // What ends from now on is told, and nothing of the old run in between.
        hub.await_status(&grant, "web", Status::Running).await;
        sim.advance(Duration::from_secs(3600));
        assert_eq!(told(&receiver, 2).await[1], ("run.completed".to_owned(), "web".to_owned()));
        hub.stop().await;
    }

    /// A run that fails at the vendor: told once, as that run, and its end is no completion.
    async fn a_run_that_fails_at_the_vendor_is_told_as_failed(database) {
        let (sim, home, receiver) = (nessus().await, Home::new(database), Receiver::start().await);
        sim.add_scan(seed("web", SeedState::Running)).unwrap();
        let hub = start(&home).await;
        let grant = hub.company("Acme").await;
        tell_all(&hub, &grant, &receiver).await;
        hub.connect(&grant, &sim).await;
        hub.await_status(&grant, "web", Status::Running).await;
        // The scanner breaks off where it would have come to the end.
        sim.fault("rename-status,from=completed,to=aborted".parse().unwrap());
        sim.advance(Duration::from_secs(3600));
        let scan = hub.await_status(&grant, "web", Status::Failed).await;
        assert_eq!(told(&receiver, 1).await, [("run.failed".to_owned(), "web".to_owned())]);
        let event = receiver.seen()[0].json()["data"]["events"][0].clone();
        assert_eq!(event["data"]["run_id"].as_str().unwrap(), scan.run_id.unwrap().to_string());
        assert_eq!(event["data"]["run_number"].as_u64(), Some(1));
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        assert_eq!(told(&receiver, 1).await.len(), 1, "once");
        hub.stop().await;
    }

    async fn trouble_that_needs_a_person_is_told_and_so_is_its_end(database) {
        let (sim, home, receiver) = (nessus().await, Home::new(database), Receiver::start().await);
        let hub = start(&home).await;
        let grant = hub.company("Acme").await;
        tell_all(&hub, &grant, &receiver).await;
        let known = sim.credentials();
        let wrong = vec![("access_key", "0".repeat(64)), ("secret_key", known.secret_key.clone())];
        let id = hub.connect_to(&grant, "nessus", &sim, wrong).await;
        let name = "nessus lab 1".to_owned();
        assert_eq!(told(&receiver, 1).await, [("integration.trouble".to_owned(), name.clone())]);
        let event = receiver.seen()[0].json()["data"]["events"][0].clone();
        assert!(event["detail"].as_str().unwrap().contains("Enter new credentials"), "{event}");
        let right = [("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())];
        let right: Credentials =
            right.into_iter().map(|(name, text)| (name.to_owned(), Secret::new(text))).collect();
        let change = IntegrationChange { credentials: Some(right), ..IntegrationChange::default() };
        hub.hub.integrations().update(&grant, id, change, None).await.unwrap();
        assert_eq!(told(&receiver, 2).await[1..], [("integration.recovered".to_owned(), name)]);
        hub.stop().await;
    }
}
