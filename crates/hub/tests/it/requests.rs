//! Requests with a key: carried out once, answered as often as they come, for a day.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::ids::ApiKeyId;
use scanhelm_core::permission::{Actor, Grant};
use scanhelm_core::{Clock, ErrorCode};
use scanhelm_hub::requests::{Answer, Came, Taken};

use crate::harness::{HandClock, Home, Running, on_both_databases};

const OPERATION: &str = "POST /api/v1/scans";

async fn came(hub: &Running, grant: &Grant, key: &str, body: &[u8]) -> scanhelm_core::Result<Came> {
    hub.hub.requests().came(grant, OPERATION, key, body).await
}

async fn first(hub: &Running, grant: &Grant, key: &str) -> Taken {
    match came(hub, grant, key, b"{}").await.unwrap() {
        Came::First(taken) => taken,
        Came::Again(answer) => panic!("it was never sent: {answer:?}"),
    }
}

fn answer(body: &str) -> Answer {
    Answer { status: 201, headers: vec![("location".to_owned(), "/there".to_owned())], body: body.to_owned() }
}

on_both_databases! {
    async fn what_comes_again_gets_the_answer_of_the_first_for_a_day(database) {
        let home = Home::new(database);
        let clock = HandClock::at("2026-03-01T00:00:00Z");
        let hub = home.start_resting(Arc::clone(&clock) as Arc<dyn Clock>, |_| {}).await;
        let grant = hub.company("Acme").await;
        let refused = async |key: &str, body: &[u8]| came(&hub, &grant, key, body).await.unwrap_err().code;
        let taken = first(&hub, &grant, "k1").await;
        assert_eq!(refused("k1", b"{}").await, ErrorCode::RequestUnderWay);
        hub.hub.requests().answered(taken, &answer("shown once")).await.unwrap();
        for _ in 0..2 {
            let Came::Again(again) = came(&hub, &grant, "k1", b"{}").await.unwrap() else { panic!("carried out twice") };
            assert_eq!(again, answer("shown once"));
        }
        assert_eq!(refused("k1", b"{\"other\": 1}").await, ErrorCode::RequestKeyReused);

        // Nothing came of it: the key is free again.
        let taken = first(&hub, &grant, "k2").await;
        hub.hub.requests().nothing_done(taken).await.unwrap();
        first(&hub, &grant, "k2").await;

        for bad in ["", "two words", "naïve", &"x".repeat(201)] {
            assert_eq!(refused(bad, b"{}").await, ErrorCode::InvalidInput, "{bad}");
        }
        clock.advance(Duration::from_hours(24) - Duration::from_secs(1));
        hub.hub.steps().prune().await.unwrap();
        assert_eq!(refused("k2", b"{}").await, ErrorCode::RequestUnderWay);
        clock.advance(Duration::from_secs(2));
        first(&hub, &grant, "k1").await;
        hub.hub.steps().prune().await.unwrap();
        first(&hub, &grant, "k2").await;
        hub.stop().await;
    }

    /// A key is one company's, one caller's and one operation's.
    async fn nobody_gets_the_answer_of_somebody_else(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let (acme, globex) = (hub.company("Acme").await, hub.company("Globex").await);
        let taken = first(&hub, &acme, "k1").await;
        hub.hub.requests().answered(taken, &answer("of Acme")).await.unwrap();
        let colleague = Grant { actor: Actor::ApiKey(ApiKeyId::new(hub.hub.ids())), ..acme };
        for other in [globex, colleague] {
            first(&hub, &other, "k1").await;
        }
        let elsewhere = hub.hub.requests().came(&acme, "POST /api/v1/schedules", "k1", b"{}").await.unwrap();
        assert!(matches!(elsewhere, Came::First(_)));
        hub.stop().await;
    }

    /// Of many at once exactly one is carried out.
    async fn many_at_once_are_one(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let outcomes = futures::future::join_all((0..20).map(|_| came(&hub, &grant, "k1", b"{}"))).await;
        let firsts = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Came::First(_)))).count();
        let waiting =
            outcomes.iter().filter(|outcome| matches!(outcome, Err(error) if error.code == ErrorCode::RequestUnderWay));
        assert_eq!((firsts, waiting.count()), (1, 19));
        hub.stop().await;
    }
}
