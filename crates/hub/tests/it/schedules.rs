//! Schedules: fired step by step on a clock that the test moves, and end to end with a simulated vendor.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use scanhelm_core::capability::{Capability, CapabilitySet};
use scanhelm_core::command::{Command, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{IntegrationId, RunId, ScheduleId};
use scanhelm_core::integration::{Health, Instance, Integration};
use scanhelm_core::job::JobState;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::scan::{Origin, Run, Scan, VendorLink};
use scanhelm_core::schedule::{RunOutcome, RunResult, ScheduleRun};
use scanhelm_core::status::{ImportState, Status, VendorState};
use scanhelm_core::{Clock, ErrorCode, SeverityCounts, Timestamp};
use scanhelm_hub::accounts::NewInstallation;
use scanhelm_hub::scans::{NewScan, ScanChange};
use scanhelm_hub::schedules::{NewSchedule, ScheduleChange, ScheduleView};
use scanhelm_hub::{Extensions, Hub, ScanFilter, ScheduleFilter, failpoint};
use scanhelm_vendor_sim::{Action, SeedState};

use crate::harness::{Home, LOOKS, nessus, on_both_databases, seed};

/// Stands still until it is moved.
#[derive(Debug)]
struct HandClock(AtomicI64);

impl HandClock {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at(text).as_millis())))
    }

    fn set(&self, text: &str) {
        self.0.store(at(text).as_millis(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The real clock, ahead by so many milliseconds.
#[derive(Debug, Default)]
struct AheadClock(AtomicI64);

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        let ahead = self.0.load(Ordering::SeqCst);
        Timestamp::from_millis(scanhelm_hub::system::SystemClock.now().as_millis() + ahead)
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
}

/// A hub at rest with one integration that nobody calls.
struct World {
    home: Home,
    clock: Arc<HandClock>,
    hub: Hub,
    grant: Grant,
    integration: Integration,
}

impl World {
    async fn at(database: crate::harness::Database, now: &str) -> Self {
        let home = Home::new(database);
        let clock = HandClock::at(now);
        let hub = home.hub(Arc::clone(&clock) as Arc<dyn Clock>, Extensions::default(), |_| {}).await;
        let installation = NewInstallation {
            company: "Acme".to_owned(),
            name: String::new(),
            email: "ada@example.com".to_owned(),
            password: None,
        };
        let made = hub.accounts().bootstrap(installation).await.unwrap();
        let grant = Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin };
        let integration = Integration {
            id: IntegrationId::new(hub.ids()),
            company_id: grant.company,
            connector: "nessus".to_owned(),
            name: "lab".to_owned(),
            base_url: "https://127.0.0.1:9".to_owned(),
            ca_pem: None,
            enabled: true,
            created_at: hub.now(),
            updated_at: hub.now(),
            credential_hints: Vec::new(),
            instance: Instance { capabilities: Some(CapabilitySet::of(Capability::ALL)), ..Instance::default() },
            health: Health::default(),
            version: 1,
        };
        let tx = hub.store().begin().await.unwrap();
        tx.insert_integration(&integration, b"sealed").await.unwrap();
        tx.commit().await.unwrap();
        Self { home, clock, hub, grant, integration }
    }

    /// Another hub on the same database.
    async fn twin(&self) -> Hub {
        self.home.hub(Arc::clone(&self.clock) as Arc<dyn Clock>, Extensions::default(), |_| {}).await
    }

    /// A vendor scan that has completed once.
    async fn scan(&self, name: &str) -> Scan {
        let mut scan = Scan::new(
            scanhelm_core::ids::ScanId::new(self.hub.ids()),
            self.grant.company,
            name,
            Origin::Adopted,
            self.hub.now(),
        );
        scan.vendor = Some("nessus".to_owned());
        scan.integration_id = Some(self.integration.id);
        scan.link = Some(VendorLink {
            integration_id: self.integration.id,
            incarnation: "one".to_owned(),
            external_scan_id: name.to_owned(),
        });
        scan.vendor_state = VendorState::Completed;
        scan.import_state = ImportState::Done;
        let tx = self.hub.store().begin().await.unwrap();
        tx.insert_scan(&scan).await.unwrap();
        tx.commit().await.unwrap();
        scan
    }

    async fn schedule(&self, scan: &Scan, cron: &str, tz: &str) -> ScheduleId {
        let new = NewSchedule { scan_id: scan.id, cron: cron.to_owned(), tz: Some(tz.to_owned()), enabled: true };
        self.hub.schedules().create(&self.grant, new).await.unwrap().schedule.id
    }

    async fn step_at(&self, now: &str) {
        self.clock.set(now);
        self.hub.steps().fire_schedules().await.unwrap();
    }

    async fn view(&self, id: ScheduleId) -> ScheduleView {
        self.hub.schedules().get(&self.grant, id).await.unwrap()
    }

    /// Newest first.
    async fn runs(&self, id: ScheduleId) -> Vec<ScheduleRun> {
        let page = PageRequest { limit: 500, sort: Sort::parse("-nominal_at"), ..PageRequest::default() };
        self.hub.schedules().runs(&self.grant, id, None, &page).await.unwrap().items
    }

    /// `02:00 started`, newest first.
    async fn told(&self, id: ScheduleId) -> Vec<String> {
        let shown = |run: &ScheduleRun| format!("{} {}", &run.nominal_at.to_string()[11..16], run.outcome.as_str());
        self.runs(id).await.iter().map(shown).collect()
    }

    async fn commands(&self, scan: &Scan) -> Vec<Command> {
        self.hub.store().scan_commands(self.grant.company, scan.id).await.unwrap()
    }

    /// The vendor ran it once more and its results are in: what the other loops would have written.
    async fn run_completes(&self, scan: &Scan) {
        let store = self.hub.store();
        for mut command in self.commands(scan).await {
            command.state = CommandState::Accepted;
            command.finished_at = Some(self.hub.now());
            let tx = store.begin().await.unwrap();
            tx.save_command(&command).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut scan = store.scan(self.grant.company, scan.id).await.unwrap().unwrap();
        scan.run_number += 1;
        scan.run_id = Some(RunId::new(self.hub.ids()));
        scan.vendor_state = VendorState::Completed;
        scan.import_state = ImportState::Done;
        let run = Run {
            id: scan.run_id.unwrap(),
            scan_id: scan.id,
            company_id: scan.company_id,
            external_run_id: None,
            number: scan.run_number,
            vendor_state: scan.vendor_state,
            import_state: scan.import_state,
            started_at: None,
            finished_at: None,
            vendor_finished_at: None,
            counts: SeverityCounts::default(),
            imported_findings: 0,
            created_at: self.hub.now(),
        };
        let tx = store.begin().await.unwrap();
        tx.insert_run(&run).await.unwrap();
        tx.save_scan(&scan, scan.version).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn events(&self, scan: &Scan) -> Vec<(String, String, Actor)> {
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let feed = self.hub.scans().activity(&self.grant, scan.id, &page).await.unwrap();
        feed.items.into_iter().map(|entry| (entry.event, entry.message, entry.actor)).collect()
    }
}

on_both_databases! {
    /// R116: the audit shows the system user, whoever made the schedule.
    async fn r116_a_fire_is_signed_by_the_system_user(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("weekly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.step_at("2026-01-01T01:59:59Z").await;
        assert!(world.runs(schedule).await.is_empty());
        world.step_at("2026-01-01T02:00:00Z").await;
        let commands = world.commands(&scan).await;
        assert_eq!(commands.iter().map(|command| command.actor).collect::<Vec<_>>(), [Actor::System]);
        let audit = world.hub.accounts().audit_log(&world.grant, &PageRequest::default()).await.unwrap().items;
        for action in ["schedule.fire", "scan.launch"] {
            let entry = audit.iter().find(|entry| entry.action == action).unwrap_or_else(|| panic!("{action}"));
            assert_eq!(entry.actor, Actor::System, "{action}");
        }
        let made = audit.iter().find(|entry| entry.action == "schedule.create").unwrap();
        assert_eq!(made.actor, world.grant.actor);
        let started = world.events(&scan).await.into_iter().find(|(event, ..)| event == "schedule.started").unwrap();
        assert_eq!(started.2, Actor::System);
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-01-02T02:00:00Z")));
    }

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

    /// S13: held back with the reason, and on again from the present.
    async fn fm_s13_a_deactivated_company_pauses_its_schedules_until_it_is_active(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        let set = async |status| {
            let tx = world.hub.store().begin().await.unwrap();
            tx.set_company_status(world.grant.company, status).await.unwrap();
            tx.commit().await.unwrap();
        };
        set(CompanyStatus::Deactivated).await;
        world.step_at("2026-01-01T02:00:01Z").await;
        let held = world.view(schedule).await;
        assert_eq!(held.schedule.suspended.map(|reason| reason.as_str()), Some("company_deactivated"));
        assert!(held.schedule.enabled && held.next_fires.is_empty());
        let schedules = world.hub.schedules();
        let refused = schedules.create(
            &world.grant,
            NewSchedule { scan_id: scan.id, cron: "0 3 * * *".to_owned(), tz: None, enabled: true },
        );
        assert_eq!(refused.await.unwrap_err().code, ErrorCode::CompanyDeactivated);
        set(CompanyStatus::Active).await;
        world.step_at("2026-01-03T12:00:00Z").await;
        let on = world.view(schedule).await;
        assert_eq!((on.schedule.suspended, on.schedule.next_at), (None, Some(at("2026-01-04T02:00:00Z"))));
        assert!(world.runs(schedule).await.is_empty(), "what fell into the pause is not made up for");
        let audit = world.hub.accounts().audit_log(&world.grant, &PageRequest::default()).await.unwrap().items;
        for action in ["schedule.suspend", "schedule.release"] {
            assert!(audit.iter().any(|entry| entry.action == action && entry.actor == Actor::System), "{action}");
        }
    }

    /// What cannot be launched for good has no schedule; what fails at its time is listed with the reason.
    async fn a_schedule_that_could_never_run_is_refused_with_the_reason(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let new = |scan: &Scan| NewSchedule { scan_id: scan.id, cron: "0 2 * * *".to_owned(), tz: None, enabled: true };
        let schedules = world.hub.schedules();
        let instance = |set| Instance { capabilities: Some(set), ..Instance::default() };
        let narrow = async |set| {
            let tx = world.hub.store().begin().await.unwrap();
            tx.save_instance(world.integration.id, &instance(set)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let all = || CapabilitySet::of(Capability::ALL);
        narrow(all().without([(Capability::Launch, "Nessus Professional: read only".to_owned())])).await;
        let error = schedules.create(&world.grant, new(&scan)).await.unwrap_err();
        assert_eq!((error.code, error.detail.as_str()), (ErrorCode::UnsupportedByVendor, "Nessus Professional: read only"));
        narrow(all()).await;
        let record = NewScan { name: Some("a record".to_owned()), schedule_cron: Some("0 2 * * *".to_owned()), ..NewScan::default() };
        let error = world.hub.scans().create(&world.grant, record).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotLinked);
        assert_eq!(world.hub.scans().list(&world.grant, &ScanFilter::default(), &PageRequest::default()).await.unwrap().items.len(), 1);
        let schedule = schedules.create(&world.grant, new(&scan)).await.unwrap().schedule.id;
        assert_eq!(schedules.create(&world.grant, new(&scan)).await.unwrap_err().code, ErrorCode::ScheduleExists);
        let viewer = Grant { role: Role::Viewer, ..world.grant };
        assert_eq!(schedules.create(&viewer, new(&scan)).await.unwrap_err().code, ErrorCode::PermissionDenied);
        narrow(all().without([(Capability::Launch, "the licence ran out".to_owned())])).await;
        world.step_at("2026-01-01T02:00:01Z").await;
        assert_eq!(world.told(schedule).await, ["02:00 failed"]);
        assert_eq!(world.runs(schedule).await[0].reason.as_deref(), Some("the licence ran out"));
        assert!(world.commands(&scan).await.is_empty());
        assert_eq!(world.view(schedule).await.schedule.next_at, Some(at("2026-01-02T02:00:00Z")), "the next night counts");
    }

    /// R108: every started run ends with its event, whatever the end is.
    async fn r108_every_started_run_ends_with_an_event(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        world.step_at("2026-01-01T02:00:00Z").await;
        world.run_completes(&scan).await;
        world.step_at("2026-01-01T02:30:00Z").await;
        let run = world.runs(schedule).await.remove(0);
        assert_eq!((run.outcome, run.result, run.finished_at), (RunOutcome::Started, Some(RunResult::Completed), Some(at("2026-01-01T02:30:00Z"))));
        // The vendor turns the next one down.
        world.step_at("2026-01-02T02:00:00Z").await;
        let mut command = world.commands(&scan).await.remove(0);
        command.state = CommandState::Refused;
        command.detail = Some("no licence left".to_owned());
        let tx = world.hub.store().begin().await.unwrap();
        tx.save_command(&command).await.unwrap();
        tx.commit().await.unwrap();
        world.step_at("2026-01-02T02:00:01Z").await;
        let run = world.runs(schedule).await.remove(0);
        assert_eq!((run.outcome, run.result, run.reason.as_deref()), (RunOutcome::Failed, Some(RunResult::Failed), Some("no licence left")));
        // The vendor says yes and does nothing.
        world.step_at("2026-01-03T02:00:00Z").await;
        let mut command = world.commands(&scan).await.remove(0);
        command.state = CommandState::Accepted;
        command.finished_at = Some(world.hub.now());
        let mut seen = world.hub.store().scan(world.grant.company, scan.id).await.unwrap().unwrap();
        seen.last_observed_at = Some(at("2026-01-03T03:00:00Z"));
        let tx = world.hub.store().begin().await.unwrap();
        tx.save_command(&command).await.unwrap();
        tx.save_scan(&seen, seen.version).await.unwrap();
        tx.commit().await.unwrap();
        world.step_at("2026-01-03T02:59:00Z").await;
        assert!(world.runs(schedule).await[0].is_open());
        world.step_at("2026-01-03T03:01:00Z").await;
        assert_eq!(world.runs(schedule).await[0].outcome, RunOutcome::Failed);
        let ends = world.events(&scan).await.into_iter().filter(|(event, ..)| event == "schedule.complete").count();
        assert_eq!(ends, 3);
    }

    /// R111, R27: the schedule stands in the scan, is edited there, and goes with it.
    async fn r111_a_scan_carries_its_schedule(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let scan = world.scan("nightly").await;
        let scans = world.hub.scans();
        let patch = |cron: Option<Option<&str>>, tz: Option<&str>| ScanChange {
            schedule_cron: cron.map(|cron| cron.map(str::to_owned)),
            schedule_tz: tz.map(str::to_owned),
            ..ScanChange::default()
        };
        let error = scans.change(&world.grant, scan.id, patch(Some(Some("0 0 31 2 *")), Some("Europe/Berln")), None).await.unwrap_err();
        let fields: Vec<_> = error.fields.iter().map(|field| (field.field.as_str(), field.code)).collect();
        assert_eq!(fields, [("schedule_cron", "impossible_date"), ("schedule_tz", "unknown")]);
        let error = scans.change(&world.grant, scan.id, patch(None, Some("UTC")), None).await.unwrap_err();
        assert_eq!(error.fields[0].field, "schedule_tz");
        let view = scans.change(&world.grant, scan.id, patch(Some(Some("0 2 * * *")), Some("Europe/Berlin")), None).await.unwrap();
        let schedule = view.schedule.unwrap();
        assert_eq!((schedule.cron.as_str(), schedule.tz.as_str()), ("0 2 * * *", "Europe/Berlin"));
        let view = scans.change(&world.grant, scan.id, patch(None, Some("UTC")), None).await.unwrap();
        assert_eq!(view.schedule.unwrap().next_at, Some(at("2026-01-01T02:00:00Z")), "at once");
        let view = scans.change(&world.grant, scan.id, patch(Some(None), None), None).await.unwrap();
        assert_eq!(view.schedule, None);
        let schedule = world.schedule(&scan, "0 2 * * *", "UTC").await;
        let change = |enabled| ScheduleChange { enabled: Some(enabled), ..ScheduleChange::default() };
        let schedules = world.hub.schedules();
        assert_eq!(schedules.change(&world.grant, schedule, change(false), Some(1)).await.unwrap().schedule.next_at, None);
        let stale = schedules.change(&world.grant, schedule, change(true), Some(1)).await.unwrap_err();
        assert_eq!(stale.code, ErrorCode::StaleVersion);
        world.step_at("2026-01-01T02:30:00Z").await;
        let on = schedules.change(&world.grant, schedule, change(true), None).await.unwrap();
        assert_eq!(on.schedule.next_at, Some(at("2026-01-02T02:00:00Z")), "a pause is not made up for");
        assert_eq!(on.next_fires.len(), 5);
        scans.delete(&world.grant, scan.id, false, false).await.unwrap();
        let left = schedules.list(&world.grant, &ScheduleFilter::default(), &PageRequest::default()).await.unwrap();
        assert!(left.items.is_empty());
    }

    /// A local scan that has ended stays ended: each time makes a new one.
    async fn a_local_scan_is_made_anew_each_time(database) {
        let world = World::at(database, "2026-01-01T01:00:00Z").await;
        let folder = world.home.data().join("shop");
        std::fs::create_dir(&folder).unwrap();
        let new = NewScan {
            name: Some("shop".to_owned()),
            target_path: Some(folder.display().to_string()),
            scan_types: vec!["code".to_owned()],
            schedule_cron: Some("0 2 * * *".to_owned()),
            ..NewScan::default()
        };
        let template = world.hub.scans().create(&world.grant, new).await.unwrap();
        let schedule = template.schedule.unwrap().id;
        world.step_at("2026-01-01T02:00:01Z").await;
        let run = world.runs(schedule).await.remove(0);
        let made = world.hub.scans().get(&world.grant, run.scan_id.unwrap()).await.unwrap();
        assert_eq!((made.scan.origin, made.scan.name.as_str()), (Origin::Scheduled, "shop 2026-01-01T02:00Z"));
        assert_eq!(made.scan.targets, template.scan.targets);
        let page = PageRequest::default();
        let jobs = world.hub.jobs().list(&world.grant, &Default::default(), &page).await.unwrap().items;
        assert_eq!(jobs.iter().filter(|job| job.kind == "local_scan").count(), 2);
        world.hub.scans().cancel(&world.grant, made.scan.id).await.unwrap();
        world.step_at("2026-01-01T02:10:00Z").await;
        assert_eq!(world.runs(schedule).await[0].result, Some(RunResult::Cancelled));
        std::fs::remove_dir(&folder).unwrap();
        world.step_at("2026-01-02T02:00:01Z").await;
        let run = world.runs(schedule).await.remove(0);
        assert_eq!(run.outcome, RunOutcome::Failed);
        assert!(run.reason.unwrap().contains("cannot be scanned"));
    }

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
