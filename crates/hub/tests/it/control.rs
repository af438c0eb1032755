use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use scanhelm_core::ErrorCode;
use scanhelm_core::capability::Capability;
use scanhelm_core::command::CommandState;
use scanhelm_core::job::JobState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::status::Status;
use scanhelm_hub::JobFilter;
use scanhelm_hub::scans::NewScan;
use scanhelm_vendor_sim::{Action, Licence, SeedState, Sim, SimConfig};

use crate::harness::{Home, LOOKS, count, nessus, on_both_databases, seed};

on_both_databases! {
    /// Nothing changes here until the vendor is seen to have changed.
    async fn the_actions_go_to_the_vendor_and_come_back_as_state(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "sweep").await;
        let scans = hub.hub.scans();
        assert_eq!(scans.pause(&grant, scan.id).await.unwrap_err().code, ErrorCode::NotPossibleInState);
        scans.launch(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Running).await;
        let first_start = hub.scan_named(&grant, "sweep").await.unwrap().started_at;
        scans.pause(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Paused).await;
        scans.resume(&grant, scan.id).await.unwrap();
        let resumed = hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Running).await;
        assert_eq!(resumed.started_at, first_start);
        scans.stop(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Cancelled).await;
        let ledger = sim.ledger();
        for action in [Action::Launch, Action::Pause, Action::Resume, Action::Stop] {
            assert_eq!(ledger.count(action, &truth.id), 1, "{action:?}");
        }
        hub.stop().await;
    }

    /// Clicked twice, or by several people at once: one order, and the same answer for everybody.
    async fn fm_f09_one_button_pressed_often_is_one_order(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "sweep").await;
        // The vendor answers nobody, so that nothing is seen to be done either.
        let held = sim.fault("hold".parse().unwrap());
        let scans = hub.hub.scans();
        let pressed = join_all((0..5).map(|_| scans.launch(&grant, scan.id))).await;
        let orders: HashSet<_> = pressed.into_iter().map(|ordered| ordered.unwrap().job_id).collect();
        assert_eq!(orders.len(), 1);
        let again = scans.launch(&grant, scan.id).await.unwrap();
        assert!(orders.contains(&again.job_id), "it is still on its way");
        sim.clear_fault(held);
        hub.await_job(&grant, again.job_id).await;
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Running).await;
        assert_eq!(sim.ledger().count(Action::Launch, &truth.id), 1);
        let commands = hub.hub.store().scan_commands(grant.company, scan.id).await.unwrap();
        assert_eq!(commands.iter().map(|command| command.id).collect::<Vec<_>>(), [again.command.id]);
        hub.stop().await;
    }

    /// The side effect happened, the answer was lost: looked up, not sent again.
    async fn a_launch_whose_answer_was_lost_happens_once(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "sweep").await;
        sim.fault("lose-answer,op=scans.launch,times=1".parse().unwrap());
        let ordered = hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        hub.await_job(&grant, ordered.job_id).await;
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Running).await;
        let mut state = CommandState::Unknown;
        for _ in 0..LOOKS {
            state = hub.hub.store().command(grant.company, ordered.command.id).await.unwrap().unwrap().state;
            if state == CommandState::Accepted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(state, CommandState::Accepted);
        assert_eq!(sim.ledger().count(Action::Launch, &truth.id), 1);
        hub.stop().await;
    }

    /// The hub's row and the vendor's scan find each other by the token: one scan there, one row here.
    async fn a_creation_whose_answer_was_lost_is_recognised(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        hub.sync(&grant).await;
        sim.fault("lose-answer,op=scans.create,times=1".parse().unwrap());
        let new = NewScan {
            name: Some("release check".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.0.0.1".to_owned()],
            template: Some("basic".to_owned()),
            ..NewScan::default()
        };
        let created = hub.hub.scans().create(&grant, new.clone()).await.unwrap();
        let linked = hub.await_scan(&grant, "release check", |scan| scan.link.is_some()).await;
        assert_eq!(linked.id, created.scan.id);
        hub.sync(&grant).await;
        assert_eq!(hub.scans(&grant).await.len(), 1);
        assert_eq!(sim.scans().len(), 1);
        assert_eq!(count(&sim, Action::Create), 1);
        assert_eq!(hub.hub.scans().create(&grant, new).await.unwrap_err().code, ErrorCode::ScanNameTaken);
        assert_eq!(sim.scans().len(), 1);
        hub.stop().await;
    }

    /// What waits for a worker can still be taken back: then the vendor hears nothing of it, and nothing waits for ever.
    async fn a_cancelled_command_ends_unsent(database) {
        let sim = nessus().await;
        sim.add_scan(seed("sweep", SeedState::Canceled)).unwrap();
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.jobs.vendor_workers = 0).await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        let scan = hub.await_status(&grant, "sweep", Status::Cancelled).await;
        let launch = hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        let new = NewScan {
            name: Some("release check".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.0.0.1".to_owned()],
            template: Some("basic".to_owned()),
            ..NewScan::default()
        };
        let created = hub.hub.scans().create(&grant, new).await.unwrap();
        let page = PageRequest::default();
        let jobs = hub.hub.jobs().list(&grant, &JobFilter::default(), &page).await.unwrap().items;
        let orders: Vec<_> = jobs.iter().filter(|job| job.kind == "command").collect();
        assert_eq!(orders.len(), 2, "{jobs:?}");
        for job in orders {
            assert_eq!(hub.hub.jobs().cancel(&grant, job.id).await.unwrap().state, JobState::Cancelled);
        }
        let command = hub.hub.store().command(grant.company, launch.command.id).await.unwrap().unwrap();
        assert_eq!((command.state, command.sent_at), (CommandState::Refused, None));
        assert!(command.finished_at.is_some() && command.detail.unwrap().contains("cancelled"));
        let feed = hub.feed(&grant, scan.id).await;
        assert!(feed.iter().any(|line| line.starts_with("Not sent to the scanner: launch")), "{feed:?}");
        let never = hub.scan_named(&grant, "release check").await.unwrap();
        assert_eq!((never.id, never.status()), (created.scan.id, Status::Failed));
        assert!(never.error.unwrap().contains("cancelled"));
        // Another order is another one.
        let again = hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        assert_ne!((again.command.id, again.job_id), (launch.command.id, launch.job_id));
        assert_eq!(count(&sim, Action::Launch) + count(&sim, Action::Create), 0);
        hub.stop().await;
    }

    /// While nobody knows whether it is there, it is not said to be gone.
    async fn a_scan_that_is_being_created_is_not_gone(database) {
        let sim = nessus().await;
        sim.add_scan(seed("other", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        hub.await_imported(&grant, "other").await;
        sim.fault("close,op=scans.create".parse().unwrap());
        let new = NewScan {
            name: Some("wanted".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.20.0.1".to_owned()],
            template: Some("basic".to_owned()),
            ..NewScan::default()
        };
        let id = hub.hub.scans().create(&grant, new).await.unwrap().scan.id;
        for _ in 0..2 {
            hub.sync(&grant).await;
        }
        let wanted = hub.scan_named(&grant, "wanted").await.unwrap();
        assert_eq!((wanted.link, wanted.vendor_missing_since), (None, None));
        let feed = hub.feed(&grant, id).await;
        assert!(!feed.iter().any(|line| line.contains("installed anew")), "{feed:?}");
        hub.stop().await;
    }

    async fn a_scan_is_created_and_launched_at_the_vendor(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        hub.sync(&grant).await;
        let new = NewScan {
            name: Some("release check".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()],
            template: Some("basic".to_owned()),
            launch: true,
            ..NewScan::default()
        };
        hub.hub.scans().create(&grant, new).await.unwrap();
        hub.await_scan(&grant, "release check", |scan| scan.link.is_some()).await;
        let launched = async {
            while count(&sim, Action::Launch) == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), launched).await.expect("never launched");
        for _ in 0..LOOKS {
            sim.advance(Duration::from_secs(60));
            if hub.scan_named(&grant, "release check").await.is_some_and(|scan| scan.import_state.is_finished()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let done = hub.await_imported(&grant, "release check").await;
        assert!(done.imported_findings > 0);
        hub.stop().await;
    }

    /// A Professional answers 412: read and export only, and the reason is said before anyone presses a button.
    async fn a_licence_narrows_what_is_offered(database) {
        let sim = Sim::start(SimConfig { speed: 0.0, licence: Licence::Professional, ..SimConfig::new("nessus") })
            .await
            .unwrap();
        sim.add_scan(seed("audit", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "audit").await;
        let view = hub.hub.scans().get(&grant, scan.id).await.unwrap();
        let offered = |wanted: Capability| {
            view.capabilities.iter().find(|(capability, _)| *capability == wanted).unwrap().1.clone()
        };
        for write in [Capability::Launch, Capability::Pause, Capability::DeleteRemote] {
            assert!(!offered(write).supported, "{write:?}");
            assert!(offered(write).reason.is_some());
        }
        assert!(offered(Capability::Import).supported);
        let refused = hub.hub.scans().launch(&grant, scan.id).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::UnsupportedByVendor);
        assert_eq!(count(&sim, Action::Launch), 0);
        hub.stop().await;
    }
}
