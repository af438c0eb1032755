//! Schedules: each nominal time once, edits and firing in turns, nothing left behind.

use scanhelm_core::ErrorCode;
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{CompanyId, ScanId, ScheduleId};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::permission::Actor;
use scanhelm_core::schedule::{RunOutcome, RunResult, Schedule, ScheduleRun, SuspendReason};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_store::ScheduleFilter;

use crate::fixture::{World, at, on_both};

on_both!(
    a_schedule_survives_with_every_field,
    a_scan_has_one_schedule_and_takes_it_along,
    an_edit_of_a_stale_version_is_refused,
    s3_i16_a_nominal_time_is_claimed_once_by_however_many_hubs,
    due_and_running_are_found_in_order,
    deactivation_puts_schedules_out_of_step,
    runs_end_once_and_are_pruned_but_for_the_latest,
    the_newest_runs_of_each_schedule_are_found,
);

pub(crate) fn schedule(world: &World, company: CompanyId, scan: ScanId, next: i64) -> Schedule {
    Schedule {
        id: ScheduleId::new(&world.ids),
        company_id: company,
        scan_id: scan,
        cron: "0 2 * * *".to_owned(),
        tz: "Europe/Berlin".to_owned(),
        enabled: true,
        suspended: None,
        next_at: Some(at(next)),
        last_at: None,
        created_by: Actor::System,
        created_at: at(next),
        updated_at: at(next),
        version: 1,
    }
}

pub(crate) fn run(schedule: &Schedule, nominal: i64, outcome: RunOutcome) -> ScheduleRun {
    ScheduleRun {
        schedule_id: schedule.id,
        company_id: schedule.company_id,
        nominal_at: at(nominal),
        decided_at: at(nominal),
        outcome,
        reason: None,
        scan_id: Some(schedule.scan_id),
        command_id: None,
        runs_before: 3,
        finished_at: None,
        result: None,
    }
}

async fn stored(world: &World, name: &str, next: i64) -> Schedule {
    let scan = world.stored_scan(name, next).await;
    let schedule = schedule(world, world.company, scan.id, next);
    let tx = world.store.begin().await.unwrap();
    tx.insert_schedule(&schedule).await.unwrap();
    tx.commit().await.unwrap();
    schedule
}

async fn claim(world: &World, run: &ScheduleRun) -> bool {
    let tx = world.store.begin().await.unwrap();
    let claimed = tx.claim_schedule_run(run).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn a_schedule_survives_with_every_field(world: World) {
    let mut schedule = stored(&world, "nightly", 10).await;
    assert_eq!(world.store.schedule(world.company, schedule.id).await.unwrap(), Some(schedule.clone()));
    schedule.cron = "5 4 * * sun".to_owned();
    schedule.tz = "UTC".to_owned();
    schedule.enabled = false;
    schedule.suspended = Some(SuspendReason::CompanyDeactivated);
    schedule.next_at = None;
    schedule.updated_at = at(99);
    let tx = world.store.begin().await.unwrap();
    schedule.version = tx.save_schedule(&schedule, 1).await.unwrap();
    tx.advance_schedule(schedule.id, Some(at(50)), None).await.unwrap();
    tx.commit().await.unwrap();
    schedule.last_at = Some(at(50));
    assert_eq!(schedule.version, 2);
    assert_eq!(world.store.schedule_of_scan(world.company, schedule.scan_id).await.unwrap(), Some(schedule.clone()));
    let of_scans = world.store.schedules_of_scans(world.company, &[schedule.scan_id]).await.unwrap();
    assert_eq!(of_scans, [schedule.clone()]);
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.delete_schedule(world.other, schedule.id).await.unwrap());
    assert!(tx.delete_schedule(world.company, schedule.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.schedule(world.company, schedule.id).await.unwrap(), None);
}

async fn a_scan_has_one_schedule_and_takes_it_along(world: World) {
    let first = stored(&world, "nightly", 10).await;
    assert!(claim(&world, &run(&first, 10, RunOutcome::Started)).await);
    let tx = world.store.begin().await.unwrap();
    let second = schedule(&world, world.company, first.scan_id, 20);
    assert_eq!(tx.insert_schedule(&second).await.unwrap_err().code, ErrorCode::ScheduleExists);
    drop(tx);
    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_scan(world.company, first.scan_id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.schedule(world.company, first.id).await.unwrap(), None);
    assert_eq!(world.store.open_run_of(first.id).await.unwrap(), None);
}

async fn an_edit_of_a_stale_version_is_refused(world: World) {
    let schedule = stored(&world, "nightly", 10).await;
    let tx = world.store.begin().await.unwrap();
    tx.advance_schedule(schedule.id, Some(at(10)), Some(at(20))).await.unwrap();
    assert_eq!(tx.save_schedule(&schedule, 1).await.unwrap(), 2, "firing is no edit");
    assert_eq!(tx.save_schedule(&schedule, 1).await.unwrap_err().code, ErrorCode::StaleVersion);
}

async fn s3_i16_a_nominal_time_is_claimed_once_by_however_many_hubs(world: World) {
    let schedule = stored(&world, "nightly", 10).await;
    let other = world.open_again().await.unwrap();
    let fire = async |store: &scanhelm_store::Store| {
        let tx = store.begin().await.unwrap();
        let locked = tx.lock_schedule(schedule.id).await.unwrap().unwrap();
        let claimed = tx.claim_schedule_run(&run(&locked, 10, RunOutcome::Started)).await.unwrap();
        tx.advance_schedule(locked.id, Some(at(10)), Some(at(20))).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let claims = tokio::join!(fire(&world.store), fire(&other), fire(&world.store), fire(&other));
    assert_eq!([claims.0, claims.1, claims.2, claims.3].iter().filter(|claimed| **claimed).count(), 1);
    assert!(!claim(&world, &run(&schedule, 10, RunOutcome::Missed)).await);
    assert!(claim(&world, &run(&schedule, 20, RunOutcome::Missed)).await);
}

async fn due_and_running_are_found_in_order(world: World) {
    let late = stored(&world, "late", 30).await;
    let early = stored(&world, "early", 10).await;
    let mut paused = stored(&world, "paused", 5).await;
    paused.enabled = false;
    paused.next_at = None;
    let tx = world.store.begin().await.unwrap();
    tx.save_schedule(&paused, 1).await.unwrap();
    tx.commit().await.unwrap();
    let store = &world.store;
    let ids = |found: Vec<Schedule>| found.into_iter().map(|schedule| schedule.id).collect::<Vec<_>>();
    assert_eq!(ids(store.due_schedules(at(9), 10).await.unwrap()), []);
    assert_eq!(ids(store.due_schedules(at(10), 10).await.unwrap()), [early.id]);
    assert_eq!(ids(store.due_schedules(at(99), 10).await.unwrap()), [early.id, late.id]);
    assert_eq!(ids(store.due_schedules(at(99), 1).await.unwrap()), [early.id]);
    assert_eq!(ids(store.running_schedules(None, 10).await.unwrap()), [late.id, early.id]);
    assert_eq!(ids(store.running_schedules(Some(late.id), 10).await.unwrap()), [early.id]);
    let listed = async |filter: ScheduleFilter, sort: &str| {
        let page = PageRequest { sort: Sort::parse(sort), ..PageRequest::default() };
        ids(store.list_schedules(world.company, &filter, &page).await.unwrap().items)
    };
    let all = ScheduleFilter::default();
    assert_eq!(listed(all, "next_at").await, [early.id, late.id, paused.id]);
    assert_eq!(listed(ScheduleFilter { active: Some(false), ..all }, "created_at").await, [paused.id]);
    assert_eq!(listed(ScheduleFilter { active: Some(true), ..all }, "-next_at").await, [late.id, early.id]);
    assert_eq!(listed(ScheduleFilter { scan_id: Some(late.scan_id), ..all }, "next_at").await, [late.id]);
}

async fn deactivation_puts_schedules_out_of_step(world: World) {
    let mut schedule = stored(&world, "nightly", 10).await;
    let store = &world.store;
    assert_eq!(store.schedules_out_of_step(10).await.unwrap(), []);
    let tx = store.begin().await.unwrap();
    tx.set_company_status(world.company, CompanyStatus::Deactivated).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.schedules_out_of_step(10).await.unwrap(), [(schedule.clone(), true)]);
    schedule.suspended = Some(SuspendReason::CompanyDeactivated);
    schedule.next_at = None;
    let tx = store.begin().await.unwrap();
    schedule.version = tx.save_schedule(&schedule, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.schedules_out_of_step(10).await.unwrap(), []);
    let tx = store.begin().await.unwrap();
    tx.set_company_status(world.company, CompanyStatus::Active).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.schedules_out_of_step(10).await.unwrap(), [(schedule, false)]);
}

async fn runs_end_once_and_are_pruned_but_for_the_latest(world: World) {
    let schedule = stored(&world, "nightly", 10).await;
    for (nominal, outcome) in [(1, RunOutcome::Missed), (2, RunOutcome::Started), (3, RunOutcome::Started)] {
        assert!(claim(&world, &run(&schedule, nominal, outcome)).await);
    }
    let store = &world.store;
    assert_eq!(store.open_run_of(schedule.id).await.unwrap().map(|run| run.nominal_at), Some(at(3)));
    assert_eq!(store.ending_schedule_runs(at(99), 10).await.unwrap(), [], "the scan has not ended");
    let mut scan = store.scan(world.company, schedule.scan_id).await.unwrap().unwrap();
    scan.vendor_state = VendorState::Completed;
    let tx = store.begin().await.unwrap();
    scan.version = tx.save_scan(&scan, scan.version).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.ending_schedule_runs(at(99), 10).await.unwrap(), [], "its results are not in");
    scan.import_state = ImportState::Done;
    let tx = store.begin().await.unwrap();
    tx.save_scan(&scan, scan.version).await.unwrap();
    tx.commit().await.unwrap();
    let ending = store.ending_schedule_runs(at(99), 10).await.unwrap();
    assert_eq!(ending.iter().map(|run| run.nominal_at).collect::<Vec<_>>(), [at(2), at(3)]);
    let mut ended = ending[0].clone();
    ended.finished_at = Some(at(9));
    ended.result = Some(RunResult::Completed);
    ended.reason = Some("why".to_owned());
    let tx = store.begin().await.unwrap();
    assert!(tx.settle_schedule_run(&ended).await.unwrap());
    assert!(!tx.settle_schedule_run(&ended).await.unwrap(), "ended runs stay ended");
    tx.advance_schedule(schedule.id, Some(at(3)), None).await.unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.prune_schedule_runs(at(3)).await.unwrap(), 2);
    assert_eq!(tx.prune_schedule_runs(at(100)).await.unwrap(), 0, "the latest and what is open stay");
    tx.commit().await.unwrap();
}

async fn the_newest_runs_of_each_schedule_are_found(world: World) {
    let one = stored(&world, "one", 10).await;
    let two = stored(&world, "two", 10).await;
    for nominal in 1..=5 {
        assert!(claim(&world, &run(&one, nominal, RunOutcome::Missed)).await);
        assert!(claim(&world, &run(&two, nominal, RunOutcome::Started)).await);
    }
    let store = &world.store;
    let both = store.latest_schedule_runs(world.company, &[one.id, two.id], false, 1).await.unwrap();
    assert_eq!(
        both.iter().map(|run| (run.schedule_id, run.nominal_at)).collect::<Vec<_>>(),
        [(one.id, at(5)), (two.id, at(5))]
    );
    let unserved = store.latest_schedule_runs(world.company, &[one.id, two.id], true, 2).await.unwrap();
    assert_eq!(unserved.iter().map(|run| run.nominal_at).collect::<Vec<_>>(), [at(5), at(4)]);
    let page = PageRequest { limit: 2, sort: Sort::parse("-nominal_at"), ..PageRequest::default() };
    let first = store.schedule_runs(world.company, one.id, Some(RunOutcome::Missed), &page).await.unwrap();
    assert_eq!(first.total, Some(Total::Exactly(5)));
    let page = PageRequest { cursor: first.next_cursor, ..page };
    let second = store.schedule_runs(world.company, one.id, Some(RunOutcome::Missed), &page).await.unwrap();
    assert_eq!(second.items.iter().map(|run| run.nominal_at).collect::<Vec<_>>(), [at(3), at(2)]);
}
