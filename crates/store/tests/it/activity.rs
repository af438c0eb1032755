//! The feed's order: a reader that follows it by number never misses what was committed late.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::ScanId;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::Actor;

use crate::fixture::{World, at, on_both};

on_both!(
    followers_of_concurrent_writers_miss_nothing,
    a_slow_transaction_does_not_hold_back_or_hide_news,
    a_scan_has_its_own_pages,
    the_news_of_a_deletion_outlives_the_scan,
    commits_of_news_and_jobs_wake_subscribers,
);

fn news(world: &World, scan: ScanId, text: &str) -> NewActivity {
    NewActivity {
        company_id: world.company,
        scan_id: scan,
        at: at(1),
        actor: Actor::System,
        event: Event::ScanStatus,
        message: text.to_owned(),
        data: serde_json::json!({"text": text}),
    }
}

async fn followers_of_concurrent_writers_miss_nothing(world: World) {
    let scan = world.stored_scan("one", 1).await.id;
    let write = async |writer: usize| {
        for round in 0..15 {
            let tx = world.store.begin().await.unwrap();
            tx.append_activity(news(&world, scan, &format!("{writer}:{round}:a"))).await.unwrap();
            tokio::task::yield_now().await;
            tx.append_activity(news(&world, scan, &format!("{writer}:{round}:b"))).await.unwrap();
            if round % 5 == 4 {
                drop(tx);
            } else {
                tx.commit().await.unwrap();
            }
        }
    };
    let follow = async || {
        let (mut last, mut seen) = (0, Vec::new());
        while seen.len() < 4 * 12 * 2 {
            for entry in world.store.activity_after(last, 7).await.unwrap() {
                assert!(entry.seq > last);
                last = entry.seq;
                seen.push(entry.message);
            }
            tokio::task::yield_now().await;
        }
        seen
    };
    let writers = futures::future::join_all((0..4).map(write));
    let (_, seen) = tokio::join!(writers, tokio::time::timeout(std::time::Duration::from_secs(60), follow()));
    let mut seen = seen.expect("the follower has seen everything");
    assert!(seen.chunks(2).all(|pair| pair[0].strip_suffix('a') == pair[1].strip_suffix('b')), "{seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 96);
    assert_eq!(world.store.latest_seq().await.unwrap(), 96);
}

async fn a_slow_transaction_does_not_hold_back_or_hide_news(world: World) {
    let scan = world.stored_scan("one", 1).await.id;
    let slow = world.store.begin().await.unwrap();
    slow.append_activity(news(&world, scan, "slow")).await.unwrap();
    if world.store.backend() == scanhelm_store::Backend::Postgres {
        let quick = world.store.begin().await.unwrap();
        quick.append_activity(news(&world, scan, "quick")).await.unwrap();
        quick.commit().await.unwrap();
        assert_eq!(world.store.activity_after(0, 9).await.unwrap()[0].message, "quick");
    }
    let before = world.store.latest_seq().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(world.store.activity_after(before, 9).await.unwrap()[0].message, "slow");
}

async fn a_scan_has_its_own_pages(world: World) {
    let (one, two) = (world.stored_scan("one", 1).await.id, world.stored_scan("two", 1).await.id);
    let tx = world.store.begin().await.unwrap();
    for number in 0..5 {
        tx.append_activity(news(&world, one, &number.to_string())).await.unwrap();
        tx.append_activity(news(&world, two, "other")).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut page = PageRequest { limit: 2, cursor: None, sort: Sort::default() };
    let mut seen = Vec::new();
    loop {
        let found = world.store.activity(world.company, one, &page).await.unwrap();
        seen.extend(found.items.into_iter().map(|entry| entry.message));
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
    page.cursor = Some("x".to_owned());
    assert_eq!(world.store.activity(world.company, one, &page).await.unwrap_err().fields[0].field, "cursor");
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.prune_activity(at(2)).await.unwrap(), 10);
    tx.commit().await.unwrap();
    assert_eq!(world.store.latest_seq().await.unwrap(), 10, "numbers are never used again");
}

async fn the_news_of_a_deletion_outlives_the_scan(world: World) {
    let scan = world.stored_scan("one", 1).await.id;
    let tx = world.store.begin().await.unwrap();
    tx.append_activity(news(&world, scan, "created")).await.unwrap();
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.append_activity(news(&world, scan, "deleted")).await.unwrap();
    assert!(tx.delete_scan(world.company, scan).await.unwrap());
    tx.commit().await.unwrap();
    let left: Vec<_> = world.store.activity_after(0, 9).await.unwrap().into_iter().map(|e| e.message).collect();
    assert_eq!(left, ["deleted"]);
}

async fn commits_of_news_and_jobs_wake_subscribers(world: World) {
    let scan = world.stored_scan("one", 1).await.id;
    let mut changes = world.store.subscribe_changes().await.unwrap();
    let soon = std::time::Duration::from_secs(30);
    let tx = world.store.begin().await.unwrap();
    tx.append_activity(news(&world, scan, "one")).await.unwrap();
    tx.commit().await.unwrap();
    tokio::time::timeout(soon, changes.changed()).await.unwrap().unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    tx.rollback().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    tokio::time::timeout(soon, changes.changed()).await.unwrap().unwrap();
    assert_eq!(world.store.queue_depth().await.unwrap().queued, 1);
}
