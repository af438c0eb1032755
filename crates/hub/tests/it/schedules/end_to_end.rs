//! Nobody is there: real loops, a simulated vendor.

use super::*;

/// The real clock, ahead by so many milliseconds.
#[derive(Debug, Default)]
struct AheadClock(AtomicI64);

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        let ahead = self.0.load(Ordering::SeqCst);
        Timestamp::from_millis(scanhelm_hub::system::SystemClock.now().as_millis() + ahead)
    }
}

on_both_databases! {
    /// R117, R185, R114: nobody is there; the vendor runs it at night, the results are in, and the event says so.
    async fn r185_a_nightly_scan_runs_imports_and_tells_with_nobody_there(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("estate", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let clock = Arc::new(AheadClock::default());
        let hub = home.start_at(Arc::clone(&clock) as Arc<dyn Clock>, |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "estate").await;
        let first_run = scan.run_number;
        let new = NewSchedule { scan_id: scan.id, cron: "0 2 * * *".to_owned(), tz: Some("Europe/Berlin".to_owned()), enabled: true };
        let schedule = hub.hub.schedules().create(&grant, new).await.unwrap().schedule;
        let night = schedule.next_at.unwrap();
        let ahead = night.as_millis() - hub.hub.now().as_millis();
        clock.0.fetch_add(ahead + 500, Ordering::SeqCst);
        hub.await_scan_in(&sim, &grant, "estate", |scan| {
            scan.run_number > first_run && scan.status() == Status::Completed && scan.import_state.is_finished()
        })
        .await;
        let page = PageRequest { sort: Sort::parse("-nominal_at"), ..PageRequest::default() };
        let mut run = None;
        for _ in 0..LOOKS {
            run = hub.hub.schedules().runs(&grant, schedule.id, None, &page).await.unwrap().items.pop();
            if run.as_ref().is_some_and(|run| run.finished_at.is_some()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let run = run.unwrap();
        assert_eq!((run.nominal_at, run.outcome, run.result), (night, RunOutcome::Started, Some(RunResult::Completed)));
        assert_eq!(sim.ledger().count(Action::Launch, &truth.id), 1);
        let feed = hub.hub.scans().activity(&grant, scan.id, &PageRequest { limit: 200, ..PageRequest::default() }).await.unwrap();
        let complete = feed.items.iter().find(|entry| entry.event == "schedule.complete").unwrap();
        assert_eq!((complete.actor, complete.data["result"].as_str()), (Actor::System, Some("completed")));
        hub.stop().await;
    }

    /// R1: launched by somebody, triggered by a schedule or found at a vendor: one kind of record, with its origin, its
    /// runs, and an end that hands its results on.
    async fn r1_launched_scheduled_and_adopted_scans_are_one_kind_of_record(database) {
        let sim = nessus().await;
        sim.add_scan(seed("adopted", SeedState::Pending)).unwrap();
        let home = Home::new(database);
        let folder = home.data().join("shop");
        std::fs::create_dir(&folder).unwrap();
        // One quick scanner is enough.
        let tools = home.data().join("tools");
        std::fs::create_dir(&tools).unwrap();
        let bandit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/scanners/bin/bandit");
        std::os::unix::fs::symlink(bandit, tools.join("bandit")).unwrap();
        let clock = Arc::new(AheadClock::default());
        let hub = home
            .start_at(Arc::clone(&clock) as Arc<dyn Clock>, |settings| settings.local.tool_paths = vec![tools.clone()])
            .await;
        let grant = hub.company("Acme").await;
        let nightly = NewScan {
            name: Some("shop".to_owned()),
            target_path: Some(folder.display().to_string()),
            scan_types: vec!["code".to_owned()],
            schedule_cron: Some("0 2 * * *".to_owned()),
            ..NewScan::default()
        };
        let night = hub.hub.scans().create(&grant, nightly).await.unwrap().schedule.unwrap().next_at.unwrap();
        clock.0.fetch_add(night.as_millis() - hub.hub.now().as_millis() + 500, Ordering::SeqCst);
        let integration = hub.connect(&grant, &sim).await;
        hub.await_scan(&grant, "adopted", |_| true).await;
        let launched = NewScan {
            name: Some("launched".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.20.0.1".to_owned()],
            template: Some("basic".to_owned()),
            launch: true,
            ..NewScan::default()
        };
        hub.hub.scans().create(&grant, launched).await.unwrap();
        hub.await_scan_in(&sim, &grant, "launched", |scan| scan.status() == Status::Running).await;
        sim.advance(Duration::from_secs(900));
        let scheduled = format!("shop {}Z", &night.to_string()[..16]);
        for (name, origin) in [
            ("launched", Origin::Integration),
            (scheduled.as_str(), Origin::Scheduled),
            ("adopted", Origin::Adopted),
        ] {
            let done = hub.await_scan_in(&sim, &grant, name, |scan| {
                scan.status() == Status::Completed && scan.import_state.is_finished()
            });
            let done = done.await;
            assert_eq!((done.origin, done.run_number), (origin, 1), "{name}");
            assert!(done.started_at.is_some() && done.finished_at.is_some(), "{name}: {done:#?}");
            let runs = hub.hub.scans().runs(&grant, done.id).await.unwrap();
            assert_eq!(runs.iter().map(|run| (run.vendor_state, run.import_state)).collect::<Vec<_>>(), [(done.vendor_state, done.import_state)]);
            let page = PageRequest { limit: 200, ..PageRequest::default() };
            let feed = hub.hub.scans().activity(&grant, done.id, &page).await.unwrap();
            for event in ["scan.start", "scan.complete", "import.complete"] {
                assert!(feed.items.iter().any(|entry| entry.event == event), "{name}: no {event}");
            }
        }
        hub.stop().await;
    }

    /// R115: a vendor that drips its report for ever costs one attempt of bounded time, marked; the next goes on with
    /// the same export.
    async fn r115_an_attempt_is_cut_in_time_and_goes_on_where_it_was(database) {
        let sim = nessus().await;
        sim.add_scan(seed("estate", SeedState::Completed)).unwrap();
        let drip = sim.fault("drip,delay_ms=200,op=export.download".parse().unwrap());
        let home = Home::new(database);
        let hub = home
            .start_with(|settings| {
                settings.jobs.attempt = Duration::from_secs(2);
                settings.http.download_total = Duration::from_hours(1);
            })
            .await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let mut cut = None;
        for _ in 0..LOOKS {
            let jobs = hub.hub.jobs().list(&grant, &Default::default(), &PageRequest::default()).await.unwrap().items;
            cut = jobs.into_iter().find(|job| job.kind == "import" && job.error.is_some());
            if cut.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let cut = cut.expect("the attempt was never cut");
        assert!(cut.error.as_deref().unwrap().starts_with("The attempt was cut after 2 s"), "{:?}", cut.error);
        let exports = sim.ledger().requests_of("scans.export");
        sim.clear_fault(drip);
        let done = hub.await_imported(&grant, "estate").await;
        assert_eq!(sim.ledger().requests_of("scans.export"), exports, "the export that was asked for is fetched");
        assert_eq!(hub.await_job(&grant, cut.id).await.state, JobState::Done);
        let feed = hub.hub.scans().activity(&grant, done.id, &PageRequest { limit: 200, ..PageRequest::default() }).await.unwrap();
        assert!(feed.items.iter().any(|entry| entry.message.starts_with("The attempt was cut")));
        hub.stop().await;
    }
}
