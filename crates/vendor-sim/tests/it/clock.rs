use std::time::Duration;

use scanhelm_vendor_sim::{Clock, Moment};
use serde_json::json;

use crate::wire::{started, still};

#[test]
fn a_clock_of_speed_zero_moves_only_by_hand() {
    let start = Moment::from_epoch_seconds(1_000);
    let clock = Clock::start(Some(start), 0.0);
    assert_eq!(clock.now(), start);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(clock.now().epoch_seconds(), 4_600);
    assert_eq!(clock.now(), clock.now());
}

#[test]
fn a_fast_clock_outruns_the_real_one_and_keeps_its_reading_when_slowed() {
    let start = Moment::from_epoch_seconds(0);
    let clock = Clock::start(Some(start), 1_000_000.0);
    while clock.now().since(start) < 100.0 {
        std::thread::yield_now();
    }
    clock.set_speed(0.0);
    let stopped = clock.now();
    assert!(stopped.since(start) >= 100.0);
    assert_eq!(clock.now(), stopped);
}

#[tokio::test]
async fn the_clock_is_read_and_moved_over_http() {
    let client = started(still()).await;
    let before = client.get("/_sim/clock").await.json();
    assert_eq!(before["speed"], 0.0);
    let after = client.post("/_sim/clock", json!({"advance_s": 90})).await.json();
    let moment = |value: &serde_json::Value| serde_json::from_value::<Moment>(value.clone()).unwrap();
    assert_eq!(moment(&after["now"]).since(moment(&before["now"])), 90.0);
    assert_eq!(client.post("/_sim/clock", json!({"speed": 60})).await.json()["speed"], 60.0);

    for wrong in [json!({"advance_s": -1}), json!({"speed": -1}), json!({"advanse_s": 1})] {
        let reply = client.post("/_sim/clock", wrong.clone()).await;
        assert_eq!(reply.status, 422, "{wrong}");
        assert!(reply.json()["error"].is_string());
    }
}
