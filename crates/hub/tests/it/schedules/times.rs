//! Which nominal time starts which run, whatever the clock, the hub and the people do.

use super::*;

on_both_databases! {
    async fn fm_a23_down_over_the_time_one_late_run_within_the_hour_else_it_is_listed(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.step_at("2026-01-01T02:40:00Z").await;
        assert_eq!(world.told(schedule).await, ["02:00 started"]);
        let (_, message, _) = world.events(&scan).await.into_iter().find(|(event, ..)| event == "schedule.started").unwrap();
        assert!(message.contains("40 min late"), "{message}");
        world.run_completes(&scan).await;
        world.step_at("2026-01-02T05:00:00Z").await;
        assert_eq!(world.told(schedule).await, ["02:00 missed", "02:00 started"]);
        assert_eq!(world.commands(&scan).await.len(), 1);
        let view = world.view(schedule).await;
        assert_eq!(view.not_served.len(), 1);
        assert!(view.not_served[0].reason.as_deref().unwrap().contains("more than an hour"));
        assert!(world.events(&scan).await.iter().any(|(event, ..)| event == "schedule.missed"));
        let told = world.hub.store().begin().await.unwrap().take_notices(10).await.unwrap();
        assert_eq!(told.iter().map(|notice| notice.title.as_str()).collect::<Vec<_>>(), ["nightly missed its time."]);
    }

    async fn fm_g03_six_hours_down_one_catch_up_and_five_listed(database) {
        let world = World::at(database, "2026-01-01T01:30:00Z").await;
        let scan = world.scan("hourly").await;
        let schedule = world.schedule(&scan, "0 * * * *", "UTC").await;
        world.step_at("2026-01-01T07:30:00Z").await;
        assert_eq!(
            world.told(schedule).await,
            ["07:00 started", "06:00 missed", "05:00 missed", "04:00 missed", "03:00 missed", "02:00 missed"]
        );
        assert_eq!(world.commands(&scan).await.len(), 1);
    }

    async fn fm_g02_a_jumping_clock_never_serves_a_time_twice(database) {
        let world = World::at(database, "2026-01-01T01:30:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.step_at("2026-01-01T02:30:00Z").await;
        world.run_completes(&scan).await;
        // An hour back, over the nominal time, through an edit and a reload.
        world.clock.set("2026-01-01T01:45:00Z");
        let change = ScheduleChange { cron: Some("0 2 * * *".to_owned()), ..ScheduleChange::default() };
        world.hub.schedules().change(&world.grant, schedule, change, None).await.unwrap();
        world.hub.steps().reload_schedules().await.unwrap();
        world.step_at("2026-01-01T02:00:10Z").await;
        world.step_at("2026-01-01T02:31:00Z").await;
        assert_eq!(world.told(schedule).await, ["02:00 started"]);
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-01-02T02:00:00Z")));
        // A row that other hands set back is put right, not fired.
        let tx = world.hub.store().begin().await.unwrap();
        tx.advance_schedule(schedule, Some(at("2026-01-01T02:00:00Z")), Some(at("2026-01-01T02:00:00Z"))).await.unwrap();
        tx.commit().await.unwrap();
        world.step_at("2026-01-01T02:32:00Z").await;
        assert_eq!(world.commands(&scan).await.len(), 1);
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-01-02T02:00:00Z")));
    }

    async fn fm_g04_times_that_fall_into_a_run_are_skipped_and_listed(database) {
        let world = World::at(database, "2026-01-01T00:00:30Z").await;
        let scan = world.scan("minutely").await;
        let schedule = world.schedule(&scan, "*/1 * * * *", "UTC").await;
        for minute in 1..=10 {
            world.step_at(&format!("2026-01-01T00:{minute:02}:01Z")).await;
        }
        let told = world.told(schedule).await;
        assert_eq!(told.iter().filter(|run| run.ends_with("started")).count(), 1);
        assert_eq!(told.iter().filter(|run| run.ends_with("skipped")).count(), 9);
        assert_eq!(world.commands(&scan).await.len(), 1, "never two at once");
        let why = world.runs(schedule).await[0].reason.clone().unwrap();
        assert!(why.contains("2026-01-01T00:01:00.000Z is still under way"), "{why}");
        world.run_completes(&scan).await;
        world.step_at("2026-01-01T00:11:01Z").await;
        assert_eq!(world.told(schedule).await[0], "00:11 started");
        // Started by hand and running: nothing is asked of the vendor.
        world.run_completes(&scan).await;
        world.step_at("2026-01-01T00:11:30Z").await;
        let mut by_hand = world.hub.store().scan(world.grant.company, scan.id).await.unwrap().unwrap();
        by_hand.vendor_state = VendorState::Running;
        let tx = world.hub.store().begin().await.unwrap();
        tx.save_scan(&by_hand, by_hand.version).await.unwrap();
        tx.commit().await.unwrap();
        world.step_at("2026-01-01T00:12:01Z").await;
        assert_eq!(world.told(schedule).await[0], "00:12 skipped");
        assert_eq!(world.commands(&scan).await.len(), 2);
    }

    /// I16, S3: many schedules of one minute, two hubs: each starts one run, and the vendor is asked one by one.
    async fn fm_g05_many_at_one_minute_start_once_each_and_spread(database) {
        let world = World::at(database, "2026-01-01T00:00:00Z").await;
        let mut schedules = Vec::new();
        for number in 0..120 {
            let scan = world.scan(&format!("scan {number:03}")).await;
            schedules.push((world.schedule(&scan, "0 2 * * *", "UTC").await, scan));
        }
        let twin = world.twin().await;
        world.clock.set("2026-01-01T02:00:01Z");
        let (one, two) = (world.hub.steps(), twin.steps());
        let (one, two) = tokio::join!(one.fire_schedules(), two.fire_schedules());
        assert_eq!(one.unwrap() + two.unwrap(), 120);
        let mut due = Vec::new();
        for (schedule, scan) in &schedules {
            assert_eq!(world.told(*schedule).await, ["02:00 started"]);
            assert_eq!(world.commands(scan).await.len(), 1);
        }
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        for job in world.hub.jobs().list(&world.grant, &Default::default(), &page).await.unwrap().items {
            due.push(job.run_at);
            assert_eq!(job.concurrency_key, Some(format!("command:{}", world.integration.id)));
        }
        due.sort();
        assert_eq!(due.len(), 120);
        assert!(due[119].since(due[0]) >= Duration::from_secs(59), "{:?}", due[119].since(due[0]));
    }

    /// G06, R113: other rules of a zone, or a row that other hands changed: what lies ahead is computed anew.
    async fn fm_g06_new_zone_rules_move_what_lies_ahead_only(database) {
        let world = World::at(database, "2026-03-01T00:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "30 2 * * *", "Europe/Berlin").await;
        world.step_at("2026-03-01T01:30:01Z").await;
        let past = world.runs(schedule).await;
        let tx = world.hub.store().begin().await.unwrap();
        // As a build with older rules would have it: an hour off.
        tx.advance_schedule(schedule, Some(at("2026-03-01T01:30:00Z")), Some(at("2026-03-02T00:30:00Z"))).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.hub.steps().reload_schedules().await.unwrap(), 1);
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-03-02T01:30:00Z")));
        assert_eq!(world.runs(schedule).await, past);
        assert_eq!(world.hub.steps().reload_schedules().await.unwrap(), 0);
    }

    /// The old time that has come is served once, then the new times count.
    async fn fm_f13_an_edit_while_firing_serves_the_old_time_once(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.clock.set("2026-01-01T02:00:05Z");
        let change = ScheduleChange { cron: Some("0 5 * * *".to_owned()), ..ScheduleChange::default() };
        let (fired, edited) = {
            let steps = world.hub.steps();
            let schedules = world.hub.schedules();
            tokio::join!(steps.fire_schedules(), schedules.change(&world.grant, schedule, change, None))
        };
        fired.unwrap();
        edited.unwrap();
        world.step_at("2026-01-01T02:00:06Z").await;
        assert_eq!(world.told(schedule).await, ["02:00 started"]);
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-01-01T05:00:00Z")));
        world.run_completes(&scan).await;
        world.step_at("2026-01-01T05:00:01Z").await;
        world.step_at("2026-01-02T02:00:01Z").await;
        assert_eq!(world.told(schedule).await, ["05:00 started", "02:00 started"]);
    }
}

/// A22: whatever instruction the hub dies at, there is the run with its command and job, or none of them.
#[tokio::test]
async fn fm_a22_a_fire_is_whole_or_not_at_all() {
    for (place, committed) in [("schedule.fire.before_commit", false), ("schedule.fire.after_commit", true)] {
        let world = World::at(crate::harness::Database::Sqlite, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.clock.set("2026-01-01T02:00:01Z");
        let (reached, crash) = tokio::sync::oneshot::channel();
        let reached = std::sync::Mutex::new(Some(reached));
        failpoint::watch(Some(Arc::new(move |passed| {
            let here = if passed == place { reached.lock().unwrap().take() } else { None };
            Box::pin(async move {
                if let Some(reached) = here {
                    reached.send(()).unwrap();
                    std::future::pending::<()>().await;
                }
            })
        })));
        {
            let steps = world.hub.steps();
            tokio::select! {
                _ = steps.fire_schedules() => panic!("{place} was not passed"),
                _ = crash => {}
            }
        }
        failpoint::watch(None);
        let parts = async || {
            let jobs = world.hub.jobs().list(&world.grant, &Default::default(), &PageRequest::default()).await.unwrap();
            (world.runs(schedule).await.len(), world.commands(&scan).await.len(), jobs.items.len())
        };
        assert_eq!(parts().await, if committed { (1, 1, 1) } else { (0, 0, 0) }, "{place}");
        world.hub.steps().fire_schedules().await.unwrap();
        assert_eq!(parts().await, (1, 1, 1), "{place}");
    }
}
