//! C rows of the fault matrix: what a vendor's list means when scans vanish, come back, are renamed, are somebody
//! else's, or belong to another installation than before.

use std::collections::BTreeSet;
use std::time::Duration;

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::ScanId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_store::FindingFilter;
use scanhelm_vendor_sim::{Action, SeedState, Sim};

use crate::harness::{Ahead, Home, LOOKS, Running, count, nessus, on_both_databases, seed, set_up_anew};

/// Every finding with its state.
async fn verdicts(hub: &Running, grant: &Grant) -> BTreeSet<String> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let found = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap();
    found.items.into_iter().map(|finding| format!("{} {:?}", finding.id, finding.status)).collect()
}

fn credentials(sim: &Sim) -> Credentials {
    let known = sim.credentials();
    [("access_key", &known.access_key), ("secret_key", &known.secret_key)]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Secret::new(text.clone())))
        .collect()
}

/// Deletes here and at the vendor.
async fn delete_everywhere(hub: &Running, grant: &Grant, id: ScanId) {
    hub.hub.scans().delete(grant, id, true, false).await.unwrap();
}

on_both_databases! {
    async fn fm_c02_a_scan_that_vanishes_and_comes_back_is_one_row(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("wanderer", SeedState::Running)).unwrap();
        sim.add_scan(seed("bystander", SeedState::Empty)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let before = hub.await_status(&grant, "wanderer", Status::Running).await;
        let away = sim.fault(format!("omit-entry,text={},op=scans.list", truth.id).parse().unwrap());
        let gone = hub.await_scan(&grant, "wanderer", |scan| scan.vendor_missing_since.is_some()).await;
        assert_eq!((gone.id, gone.status()), (before.id, Status::Running), "not ended, not deleted");
        sim.clear_fault(away);
        let back = hub.await_scan(&grant, "wanderer", |scan| scan.vendor_missing_since.is_none()).await;
        assert_eq!((back.id, back.run_number, back.started_at), (before.id, 1, before.started_at));
        assert_eq!(hub.scans(&grant).await.len(), 2);
        let feed = hub.feed(&grant, before.id).await;
        let at = |text: &str| feed.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {feed:?}"));
        assert!(at("No longer in the scanner's list") < at("In the scanner's list again"));
        hub.stop().await;
    }

    async fn fm_c03_progress_may_go_back(database) {
        let sim = nessus().await;
        sim.add_scan(seed("sweep", SeedState::Running)).unwrap();
        sim.fault("set-field,field=scanprogresscurrent,to=99,op=scans.details".parse().unwrap());
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_scan(&grant, "sweep", |scan| scan.progress == Some(99.0)).await;
        sim.clear_faults();
        sim.fault("set-field,field=scanprogresscurrent,to=40,op=scans.details".parse().unwrap());
        let back = hub.await_scan(&grant, "sweep", |scan| scan.progress == Some(40.0)).await;
        assert_eq!((back.status(), back.run_number), (Status::Running, 1));
        hub.stop().await;
    }

    /// "Completed" is told before the report holds anything: an empty report is not believed against the vendor's own
    /// count, and the next attempt finds it filled.
    async fn fm_c04_results_that_are_not_ready_are_waited_for(database) {
        let sim = nessus().await;
        let early = sim.fault("drop-field,field=ReportItem,op=export.download".parse().unwrap());
        sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let mut job = None;
        for _ in 0..LOOKS {
            let jobs = hub.hub.jobs().list(&grant, &Default::default(), &PageRequest::default()).await.unwrap();
            job = jobs.items.into_iter().find(|job| job.kind == "import" && job.error.is_some());
            if job.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let reason = job.expect("an attempt that is repeated").error.unwrap();
        assert!(reason.contains("not ready") && reason.contains("40 findings"), "{reason}");
        let waiting = hub.scan_named(&grant, "sweep").await.unwrap();
        assert!(!waiting.import_state.is_finished() && hub.dump(&grant).await.is_empty());
        sim.clear_fault(early);
        let done = hub.await_imported_in(&sim, &grant, "sweep").await;
        assert_eq!((done.import_state, done.imported_findings), (ImportState::Done, 40));
        hub.stop().await;
    }

    /// The vendor's numbers begin anew. What was deleted under a number does not hide its new bearer, what was of the
    /// earlier installation is shown as gone, and nothing found there is closed.
    async fn fm_c06_c07_a_scanner_installed_anew_is_another_one(database) {
        let sim = nessus().await;
        let alpha = sim.add_scan(seed("alpha", SeedState::Completed)).unwrap();
        let beta = sim.add_scan(seed("beta", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let deleted = hub.await_imported_in(&sim, &grant, "alpha").await;
        let kept = hub.await_imported_in(&sim, &grant, "beta").await;
        hub.hub.scans().delete(&grant, deleted.id, false, false).await.unwrap();
        let before = verdicts(&hub, &grant).await;
        let sim = set_up_anew(sim, 2).await;
        assert_eq!(sim.add_scan(seed("gamma", SeedState::Running)).unwrap().id, alpha.id);
        assert_eq!(sim.add_scan(seed("delta", SeedState::Running)).unwrap().id, beta.id);
        let gamma = hub.await_status(&grant, "gamma", Status::Running).await;
        let delta = hub.await_status(&grant, "delta", Status::Running).await;
        let gone = hub.await_scan(&grant, "beta", |scan| scan.vendor_missing_since.is_some()).await;
        assert_eq!((gone.id, gone.status(), gone.imported_findings), (kept.id, Status::Completed, 40));
        assert_ne!(gamma.link.unwrap().incarnation, gone.link.unwrap().incarnation);
        assert_ne!(delta.id, kept.id);
        assert!(hub.feed(&grant, kept.id).await.iter().any(|line| line.contains("installed anew")));
        assert_eq!(verdicts(&hub, &grant).await, before);
        let page = hub.scans(&grant).await;
        assert_eq!(page.len(), 3, "{page:#?}");
        hub.stop().await;
    }

    /// Scans disappear and an older run is the latest again: said, and nothing that the lost run brought is closed.
    async fn fm_c08_a_scanner_restored_from_a_backup_closes_nothing(database) {
        let sim = nessus().await;
        sim.add_scan(seed("one", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let clock = std::sync::Arc::new(Ahead::default());
        let hub = home.start_at(clock.clone(), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let first = hub.await_imported_in(&sim, &grant, "one").await;
        hub.hub.scans().launch(&grant, first.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "one", |scan| scan.run_number == 2 && scan.import_state.is_finished()).await;
        sim.add_scan(seed("two", SeedState::Empty)).unwrap();
        hub.await_scan(&grant, "two", |_| true).await;
        let before = verdicts(&hub, &grant).await;
        let sim = set_up_anew(sim, 1).await;
        sim.add_scan(seed("one", SeedState::Completed)).unwrap();
        // Far beyond the time in which a list may lag behind a launch.
        clock.by(Duration::from_mins(5));
        hub.await_scan(&grant, "two", |scan| scan.vendor_missing_since.is_some()).await;
        let back = hub.await_scan(&grant, "one", |scan| scan.external_run_id == first.external_run_id).await;
        hub.await_imported_in(&sim, &grant, "one").await;
        assert_eq!((back.id, back.status() == Status::Failed), (first.id, false));
        assert!(hub.feed(&grant, first.id).await.iter().any(|line| line.contains("restored from a backup")));
        assert_eq!(verdicts(&hub, &grant).await, before);
        assert_eq!(hub.scans(&grant).await.len(), 2);
        hub.stop().await;
    }

    /// Twice in one company: both work, and the test says that everything appears twice. In two companies: both work,
    /// and neither hears of the other.
    async fn fm_c09_two_integrations_of_one_account_do_not_disturb_each_other(database) {
        let sim = nessus().await;
        sim.add_scan(seed("shared", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (acme, other) = (hub.company("Acme").await, hub.company("Other").await);
        let one = hub.connect(&acme, &sim).await;
        let foreign = hub.connect(&other, &sim).await;
        hub.await_imported_in(&sim, &acme, "shared").await;
        let theirs = hub.await_imported_in(&sim, &other, "shared").await;
        let warned = async |grant, id| {
            let report = hub.hub.integrations().test(grant, id).await.unwrap();
            assert!(report.ok, "{report:?}");
            report.steps.into_iter().find(|step| step.name == "account").map(|step| step.detail)
        };
        assert_eq!((warned(&acme, one).await, warned(&other, foreign).await), (None, None));
        let again = hub.connect(&acme, &sim).await;
        for _ in 0..LOOKS {
            if hub.scans(&acme).await.iter().filter(|scan| scan.import_state.is_finished()).count() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(hub.scans(&acme).await.len(), 2, "one row each");
        assert!(warned(&acme, again).await.unwrap().contains("nessus lab 1"));
        assert_eq!(warned(&other, foreign).await, None, "existence does not leak");
        delete_everywhere(&hub, &other, theirs.id).await;
        hub.await_scan(&acme, "shared", |scan| scan.vendor_missing_since.is_some()).await;
        assert!(hub.scans(&other).await.is_empty());
        hub.stop().await;
    }

    /// The address leads to another server: its numbers are not those of the first.
    async fn fm_c10_an_integration_pointed_elsewhere_never_mixes_numbers(database) {
        let (first, second) = (nessus().await, Sim::start(scanhelm_vendor_sim::SimConfig {
            seed: 9,
            speed: 0.0,
            ..scanhelm_vendor_sim::SimConfig::new("nessus")
        }).await.unwrap());
        let here = first.add_scan(seed("here", SeedState::Completed)).unwrap();
        let there = second.add_scan(seed("there", SeedState::Running)).unwrap();
        assert_eq!(here.id, there.id);
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &first).await;
        let kept = hub.await_imported_in(&first, &grant, "here").await;
        let before = verdicts(&hub, &grant).await;
        let moved = || IntegrationChange { base_url: Some(second.base_url().to_owned()), ..IntegrationChange::default() };
        let refused = hub.hub.integrations().update(&grant, integration, moved(), None).await.unwrap_err();
        assert_eq!(refused.fields[0].field, "credentials", "who changes the host confirms it with the secret");
        let change = IntegrationChange { credentials: Some(credentials(&second)), ..moved() };
        hub.hub.integrations().update(&grant, integration, change, None).await.unwrap();
        let other = hub.await_status(&grant, "there", Status::Running).await;
        let gone = hub.await_scan(&grant, "here", |scan| scan.vendor_missing_since.is_some()).await;
        assert!(gone.id == kept.id && other.id != kept.id && gone.status() == Status::Completed);
        assert_eq!(verdicts(&hub, &grant).await, before);
        hub.hub.scans().stop(&grant, kept.id).await.unwrap_err();
        assert_eq!(count(&second, Action::Stop), 0, "no command meant for one scan reaches another");
        hub.stop().await;
    }

    async fn fm_c11_a_scan_changed_at_the_vendor_keeps_its_identity(database) {
        let sim = nessus().await;
        sim.add_scan(seed("before", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let known = hub.await_scan(&grant, "before", |scan| scan.import_state.is_finished() && scan.vendor_finished_at.is_some()).await;
        sim.fault("set-field,field=name,from=before,to=after".parse().unwrap());
        sim.fault("set-field,field=owner,to=somebody else".parse().unwrap());
        sim.fault("set-field,field=targets,to=10.9.9.9".parse().unwrap());
        let renamed = hub.await_scan(&grant, "after", |_| true).await;
        assert_eq!((renamed.id, renamed.run_number, renamed.import_state), (known.id, 1, known.import_state));
        assert!(hub.feed(&grant, known.id).await.iter().any(|line| line == "Renamed at the scanner: after."));
        // Targets are in the detail, which is asked for while a scan moves.
        sim.clear_faults();
        sim.fault("set-field,field=targets,to=10.9.9.9".parse().unwrap());
        hub.hub.scans().launch(&grant, known.id).await.unwrap();
        let aimed = hub.await_scan_in(&sim, &grant, "before", |scan| scan.targets == ["10.9.9.9"]).await;
        assert_eq!(aimed.id, known.id);
        assert_eq!(hub.scans(&grant).await.len(), 1);
        hub.stop().await;
    }

    /// Names as hostile as they come: stored as one line, shown, and two of one name are two scans.
    async fn fm_c21_hostile_names_are_stored_as_one_line(database) {
        let sim = nessus().await;
        let long = "long ".repeat(2000);
        let names = ["=cmd|' /C calc'!A0", "two\nlines\u{1b}[31m", "\u{1f5a5} \u{202e}txt.exe", long.as_str(), "twin", "twin"];
        for name in names {
            sim.add_scan(seed(name, SeedState::Empty)).unwrap();
        }
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        for _ in 0..LOOKS {
            if hub.scans(&grant).await.len() == names.len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        hub.sync(&grant).await;
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), names.len());
        for scan in &scans {
            assert!(!scan.name.chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", scan.name);
            assert!((1..=600).contains(&scan.name.chars().count()), "{}", scan.name.len());
        }
        assert_eq!(scans.iter().filter(|scan| scan.name == "twin").count(), 2);
        hub.stop().await;
    }

    /// Deleted at the vendor while its report is being asked for: the import says so, and nothing is closed.
    async fn fm_c23_a_scan_deleted_at_the_vendor_ends_its_import_with_the_reason(database) {
        let sim = nessus().await;
        sim.add_scan(seed("fleeting", SeedState::Completed)).unwrap();
        sim.add_scan(seed("lasting", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (acme, console) = (hub.company("Acme").await, hub.company("Console").await);
        hub.connect(&console, &sim).await;
        let theirs = hub.await_imported_in(&sim, &console, "fleeting").await;
        hub.await_imported_in(&sim, &console, "lasting").await;
        let unready = sim.fault("status,code=503,op=scans.export".parse().unwrap());
        hub.connect(&acme, &sim).await;
        hub.await_scan(&acme, "fleeting", |scan| scan.import_state == ImportState::Running).await;
        delete_everywhere(&hub, &console, theirs.id).await;
        hub.await_scan(&acme, "fleeting", |scan| scan.vendor_missing_since.is_some()).await;
        sim.clear_fault(unready);
        let ended = hub.await_scan(&acme, "fleeting", |scan| scan.import_state == ImportState::Failed).await;
        assert!(ended.error.as_ref().unwrap().contains("has no scan"), "{:?}", ended.error);
        assert_eq!(ended.imported_findings, 0);
        let done = hub.await_imported_in(&sim, &acme, "lasting").await;
        assert_eq!((done.import_state, done.imported_findings), (ImportState::Done, 40));
        assert!(verdicts(&hub, &acme).await.iter().all(|verdict| verdict.ends_with("Open")));
        hub.stop().await;
    }

    /// Two people, one here and one in the vendor's console, at the same moment: what the vendor made of it is shown.
    async fn fm_c24_of_opposite_commands_the_vendors_truth_is_shown(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("contested", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (acme, console) = (hub.company("Acme").await, hub.company("Console").await);
        hub.connect(&acme, &sim).await;
        hub.connect(&console, &sim).await;
        let ours = hub.await_status(&acme, "contested", Status::Running).await;
        let theirs = hub.await_status(&console, "contested", Status::Running).await;
        let scans = hub.hub.scans();
        let (pause, stop) =
            tokio::join!(scans.pause(&acme, ours.id), scans.stop(&console, theirs.id));
        hub.await_job(&acme, pause.unwrap().job_id).await;
        hub.await_job(&console, stop.unwrap().job_id).await;
        hub.await_scan_in(&sim, &acme, "contested", |scan| {
            let at_vendor = sim.scan(&truth.id).unwrap().state;
            matches!(
                (at_vendor.as_str(), scan.status()),
                ("paused", Status::Paused) | ("canceled", Status::Cancelled)
            )
        })
        .await;
        let ends = sim.scan(&truth.id).unwrap().state;
        let wanted = if ends == "paused" { Status::Paused } else { Status::Cancelled };
        hub.await_status(&console, "contested", wanted).await;
        let feed = hub.feed(&acme, ours.id).await;
        assert!(feed.iter().any(|line| line.contains("pause")), "{feed:?}");
        assert!(feed.iter().any(|line| line.contains(&format!("\"{ends}\""))), "{feed:?}");
        assert!(count(&sim, Action::Pause) <= 1 && count(&sim, Action::Stop) <= 1);
        hub.stop().await;
    }

    /// Accepted, and then hours in the vendor's queue: that is "queued", not a failure, and is not asked for again.
    async fn fm_c25_a_launch_may_wait_for_hours(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(scanhelm_vendor_sim::ScanSeed { queue_s: 6 * 3600, ..seed("patient", SeedState::Completed) }).unwrap();
        let home = Home::new(database);
        let clock = std::sync::Arc::new(Ahead::default());
        let hub = home.start_at(clock.clone(), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported_in(&sim, &grant, "patient").await;
        let ordered = hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        hub.await_job(&grant, ordered.job_id).await;
        hub.await_scan_in(&sim, &grant, "patient", |scan| scan.run_number == 2).await;
        for _ in 0..5 {
            sim.advance(Duration::from_hours(1));
            clock.by(Duration::from_hours(1));
            let at = hub.hub.now();
            let waiting = hub.await_scan(&grant, "patient", |scan| scan.last_observed_at.is_some_and(|seen| seen >= at)).await;
            assert_eq!((waiting.status(), waiting.error), (Status::Queued, None));
        }
        sim.advance(Duration::from_mins(61));
        hub.await_status(&grant, "patient", Status::Running).await;
        assert_eq!(sim.ledger().count(Action::Launch, &truth.id), 1);
        let command = hub.hub.store().command(grant.company, ordered.command.id).await.unwrap().unwrap();
        assert_eq!(command.state, scanhelm_core::command::CommandState::Accepted);
        hub.stop().await;
    }
}
