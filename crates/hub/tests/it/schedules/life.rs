//! Who may schedule what, who signs it, and how a run ends.

use super::*;

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

    /// S13: held back with the reason, and on again from the present.
    async fn s13_a_deactivated_company_pauses_its_schedules_until_it_is_active(database) {
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
        let instance = |set| Instance { capabilities: Some(set), ..world.integration.instance.clone() };
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
}
