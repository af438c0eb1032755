//! People and machines at one time: what is deleted while it is on its way stays deleted, and what a person says about a
//! finding that an import is writing is neither lost nor does it lose anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use scanhelm_core::ErrorCode;
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::FindingId;
use scanhelm_core::job::JobState;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::Grant;
use scanhelm_core::severity::Severity;
use scanhelm_hub::failpoint;
use scanhelm_hub::findings::{Judgement, Selection};
use scanhelm_hub::import::UploadOptions;
use scanhelm_hub::system::SystemClock;
use scanhelm_store::{FindingFilter, JobFinding};
use scanhelm_vendor_sim::{Action, SeedState};
use tokio::sync::Notify;

use crate::harness::{Database, Home, LOOKS, Running, await_strike, count, nessus, on_both_databases, seed};
use crate::report_meaning::{Host, Item, WEB, item, report};

/// Long enough for anything that does not wait to be over.
const A_MOMENT: Duration = Duration::from_millis(300);

/// Holds the first activity of this thread that comes to a place.
struct Held {
    reached: Arc<Notify>,
    goes_on: Arc<Notify>,
}

impl Held {
    fn at(wanted: &'static str) -> Self {
        let held = Self { reached: Arc::new(Notify::new()), goes_on: Arc::new(Notify::new()) };
        let (reached, goes_on) = (Arc::clone(&held.reached), Arc::clone(&held.goes_on));
        let first = Arc::new(AtomicBool::new(true));
        failpoint::watch(Some(Arc::new(move |place| {
            let (reached, goes_on, first) = (Arc::clone(&reached), Arc::clone(&goes_on), Arc::clone(&first));
            Box::pin(async move {
                if place == wanted && first.swap(false, Ordering::SeqCst) {
                    reached.notify_one();
                    goes_on.notified().await;
                }
            })
        })));
        held
    }

    async fn reached(&self) {
        tokio::time::timeout(Duration::from_secs(60), self.reached.notified())
            .await
            .expect("it never came to the place");
    }

    fn release(self) {
        failpoint::watch(None);
        self.goes_on.notify_one();
    }
}

async fn resting(database: Database, batch_rows: usize) -> (Home, Running, Grant) {
    let home = Home::new(database);
    let hub = home.start_resting(Arc::new(SystemClock), |settings| settings.import.batch_rows = batch_rows).await;
    let grant = hub.company("Acme").await;
    (home, hub, grant)
}

/// The report becomes a job that waits.
async fn accept(hub: &Running, grant: &Grant, name: &str, bytes: &[u8]) {
    let path = hub.hub.imports().upload_file().unwrap();
    std::fs::write(&path, bytes).unwrap();
    let options = UploadOptions { file_name: Some(name.to_owned()), ..UploadOptions::default() };
    hub.hub.imports().accept(grant, path, options).await.unwrap();
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The only job of a kind that waits, ready to run.
async fn claimed(hub: &Running, kind: &str) -> Work {
    let mut jobs = hub.hub.steps().claim_jobs(1).await.unwrap();
    assert_eq!(jobs.len(), 1);
    let job = jobs.remove(0);
    assert_eq!(job.job().kind, kind);
    Box::pin(job.run())
}

async fn take_in(hub: &Running, grant: &Grant, name: &str, bytes: &[u8]) {
    accept(hub, grant, name, bytes).await;
    claimed(hub, "upload").await.await;
}

fn seen(ended: u32, items: Vec<Item>) -> Vec<u8> {
    report(&[Host { tags: WEB, ended: Some(1_700_000_600 + ended), items }])
}

/// All findings by their rule's number.
async fn finding(hub: &Running, grant: &Grant, plugin: u32) -> Finding {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let all = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap().items;
    all.into_iter().find(|finding| finding.title == format!("Check {plugin}")).unwrap()
}

async fn said(hub: &Running, grant: &Grant, id: FindingId) -> Vec<FindingState> {
    let view = hub.hub.findings().get(grant, id).await.unwrap();
    view.triage.into_iter().map(|verdict| verdict.state).collect()
}

on_both_databases! {
    /// An import, a launch and a look are under way, each held by its vendor, when the scan they are about is deleted.
    async fn fm_f10_what_is_deleted_while_something_is_on_its_way_stays_deleted(database) {
        let sim = nessus().await;
        for name in ["imported", "launched", "listed"] {
            sim.add_scan(seed(name, SeedState::Completed)).unwrap();
        }
        let home = Home::new(database);
        let download = sim.fault("hold,op=export.download,times=1".parse().unwrap());
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        await_strike(&sim, download).await;
        let mut importing = None;
        for scan in hub.scans(&grant).await {
            if scan.import_state == scanhelm_core::status::ImportState::Running {
                importing = Some(scan);
            }
        }
        let importing = importing.expect("the import whose report is on its way");
        hub.hub.scans().delete(&grant, importing.id, false, false).await.unwrap();
        sim.clear_fault(download);
        for scan in hub.scans(&grant).await {
            hub.await_imported(&grant, &scan.name).await;
        }
        let [first, second] = <[_; 2]>::try_from(hub.scans(&grant).await).unwrap();

        let launch = sim.fault("hold,op=scans.launch".parse().unwrap());
        let ordered = hub.hub.scans().launch(&grant, first.id).await.unwrap();
        await_strike(&sim, launch).await;
        hub.hub.scans().delete(&grant, first.id, false, false).await.unwrap();
        sim.clear_fault(launch);
        hub.await_job(&grant, ordered.job_id).await;

        // The list that still shows it was written before it was deleted.
        let list = sim.fault("hold,op=scans.list".parse().unwrap());
        let sync = hub.hub.scans().sync(&grant, Some(integration)).await.unwrap();
        await_strike(&sim, list).await;
        hub.hub.scans().delete(&grant, second.id, false, false).await.unwrap();
        sim.clear_fault(list);
        hub.await_job(&grant, sync).await;

        for _ in 0..3 {
            hub.sync(&grant).await;
            assert!(hub.scans(&grant).await.is_empty(), "{:?}", hub.scans(&grant).await);
        }
        assert!(hub.dump(&grant).await.is_empty(), "nothing of them is left");
        assert_eq!(hub.hub.integrations().blocklist(&grant).await.unwrap().len(), 3);
        assert_eq!(count(&sim, Action::Launch), 1, "what had been sent is not sent again");
        for _ in 0..LOOKS {
            let jobs = hub.hub.jobs().list(&grant, &Default::default(), &Default::default()).await.unwrap().items;
            if jobs.iter().all(|job| job.state.is_terminal()) {
                hub.stop().await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("work for what is deleted goes on");
    }

    /// Some pages of a report are in when its scan is deleted: they go, and the others do not come.
    async fn fm_f10_pages_that_come_after_the_deletion_are_not_written(database) {
        let (_home, hub, grant) = resting(database, 2).await;
        accept(&hub, &grant, "lab.nessus", &seen(0, (1..=4).map(|plugin| item(plugin, 443, 3)).collect())).await;
        let work = claimed(&hub, "upload").await;
        let held = Held::at("import.batch.after_commit");
        let person = async {
            held.reached().await;
            assert!(!hub.dump(&grant).await.is_empty(), "a page is in");
            let scan = hub.scans(&grant).await.remove(0);
            hub.hub.scans().delete(&grant, scan.id, false, true).await.unwrap();
            assert!(hub.dump(&grant).await.is_empty());
            held.release();
        };
        tokio::join!(work, person);
        assert!(hub.dump(&grant).await.is_empty() && hub.scans(&grant).await.is_empty());
        for job in hub.hub.steps().claim_jobs(10).await.unwrap() {
            Box::pin(job.run()).await;
        }
        assert!(hub.dump(&grant).await.is_empty() && hub.scans(&grant).await.is_empty());
        hub.stop().await;
    }

    /// Deletions and sweeps at the same instant, again and again: blocked and gone are one, whoever is faster.
    async fn fm_f11_a_sweep_at_the_instant_of_a_deletion_brings_nothing_back(database) {
        const SCANS: usize = 20;
        let sim = nessus().await;
        for number in 0..SCANS {
            sim.add_scan(seed(&format!("scan {number}"), SeedState::Empty)).unwrap();
        }
        let home = Home::new(database);
        // Looks and sweeps without a pause.
        let hub = home.start_with(|settings| {
            settings.sync.status_interval = Duration::from_millis(20);
            settings.sync.adoption_interval = Duration::from_millis(20);
        }).await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        hub.sync(&grant).await;
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), SCANS);
        for four in scans.chunks(4) {
            // The list was written while they were there, and arrives while they go.
            let list = sim.fault("hold,op=scans.list".parse().unwrap());
            let sync = hub.hub.scans().sync(&grant, Some(integration)).await.unwrap();
            await_strike(&sim, list).await;
            let deleting = hub.hub.scans();
            let deletions = four.iter().map(|scan| deleting.delete(&grant, scan.id, false, false));
            let (deleted, ()) = tokio::join!(join_all(deletions), async { sim.clear_fault(list) });
            assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
            hub.await_job(&grant, sync).await;
        }
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        assert!(hub.scans(&grant).await.is_empty());
        let blocked = hub.hub.integrations().blocklist(&grant).await.unwrap();
        assert_eq!(blocked.len(), SCANS, "each once: {blocked:?}");
        hub.stop().await;
    }

    /// The scanner's columns are the import's and the verdict is the person's. Who judges while the import writes waits
    /// for it, and judges what it left.
    async fn fm_f14_an_analyst_and_an_import_write_one_finding_and_neither_loses(database) {
        let (_home, hub, grant) = resting(database, 100).await;
        take_in(&hub, &grant, "1", &seen(0, vec![item(1, 443, 2), item(2, 443, 2), item(3, 443, 2)])).await;
        take_in(&hub, &grant, "2", &seen(1000, vec![item(1, 443, 2), item(2, 443, 2)])).await;
        let (noise, accepted, back) =
            (finding(&hub, &grant, 1).await, finding(&hub, &grant, 2).await, finding(&hub, &grant, 3).await);
        assert_eq!(back.status, FindingState::Fixed);

        accept(&hub, &grant, "3", &seen(2000, vec![item(1, 443, 4), item(2, 443, 4), item(3, 443, 4)])).await;
        let work = claimed(&hub, "upload").await;
        let held = Held::at("import.batch.before_commit");
        let people = async {
            held.reached().await;
            let findings = hub.hub.findings();
            let mut judged = Box::pin(join_all([
                findings.transition(&grant, noise.id, FindingState::FalsePositive, "test data", None),
                findings.transition(&grant, back.id, FindingState::VerifiedFixed, "retested", None),
            ]));
            assert!(tokio::time::timeout(A_MOMENT, &mut judged).await.is_err(), "nobody judges what is being written");
            held.release();
            judged.await
        };
        let ((), judged) = tokio::join!(work, people);
        let [noisy, verified] = <[_; 2]>::try_from(judged).unwrap();
        let noisy = noisy.unwrap().finding;
        assert_eq!((noisy.status, noisy.severity), (FindingState::FalsePositive, Severity::Critical));
        assert_eq!(said(&hub, &grant, noise.id).await, [FindingState::FalsePositive]);
        // It was seen again: nobody has verified that it is fixed.
        assert_eq!(verified.unwrap_err().code, ErrorCode::NotPossibleInState);
        let reopened = finding(&hub, &grant, 3).await;
        assert_eq!((reopened.id, reopened.status, reopened.severity), (back.id, FindingState::Open, Severity::Critical));
        assert_eq!(said(&hub, &grant, back.id).await, []);

        // And the other way round: what was said before the import stands after it.
        hub.hub.findings().transition(&grant, accepted.id, FindingState::RiskAccepted, "until the move", None).await.unwrap();
        take_in(&hub, &grant, "4", &seen(3000, vec![item(1, 443, 1), item(2, 443, 1), item(3, 443, 1)])).await;
        for (plugin, status) in [(1, FindingState::FalsePositive), (2, FindingState::RiskAccepted), (3, FindingState::Open)] {
            let now = finding(&hub, &grant, plugin).await;
            assert_eq!((now.status, now.severity), (status, Severity::Low), "{plugin}");
        }
        hub.stop().await;
    }

    /// Five thousand that are fixed are to be called verified while an import finds a hundred of them again: each is
    /// decided by what it then is, and the report says which were not changed and why.
    async fn fm_f15_a_bulk_judgement_during_an_import_decides_each_row_by_what_it_is(database) {
        const ALL: u32 = 5_000;
        const BACK: u32 = 100;
        let (_home, hub, grant) = resting(database, ALL as usize).await;
        let items = |count: u32| (1..=count).map(|plugin| item(plugin, 443, 3)).collect::<Vec<_>>();
        take_in(&hub, &grant, "1", &seen(0, items(ALL))).await;
        take_in(&hub, &grant, "2", &seen(1000, vec![item(ALL + 1, 443, 1)])).await;
        let fixed = FindingFilter { status: vec![FindingState::Fixed], ..FindingFilter::default() };
        let judgement =
            Judgement { to: FindingState::VerifiedFixed, reason: "retested".to_owned(), expires_at: None };
        let ordered =
            hub.hub.findings().judge(&grant, Selection::Matching(Box::new(fixed)), judgement).await.unwrap();
        assert_eq!(ordered.selected, u64::from(ALL));
        let mut judging = claimed(&hub, "judge_findings").await;
        accept(&hub, &grant, "3", &seen(2000, items(BACK))).await;
        let import = claimed(&hub, "upload").await;
        let held = Held::at("import.batch.before_commit");
        let people = async {
            held.reached().await;
            assert!(tokio::time::timeout(A_MOMENT, &mut judging).await.is_err());
            held.release();
            judging.await;
        };
        tokio::join!(import, people);
        let job = hub.hub.jobs().get(&grant, ordered.job_id).await.unwrap();
        assert_eq!(job.state, JobState::Done, "{job:#?}");
        let result = job.result.unwrap();
        let told = ["changed", "unchanged", "refused"].map(|word| result[word].as_u64().unwrap());
        assert_eq!(told, [u64::from(ALL - BACK), 0, u64::from(BACK)]);
        let page = PageRequest { limit: 500, cursor: None, sort: Sort::parse("id") };
        let refused = hub.hub.findings().judged(&grant, ordered.job_id, Some("refused"), &page).await.unwrap();
        assert_eq!(refused.items.len() as u64, u64::from(BACK));
        let told = |row: &JobFinding| row.reason.as_deref().unwrap().contains("open cannot become verified_fixed");
        assert!(refused.items.iter().all(told), "{refused:?}");
        let counted = async |state: FindingState| {
            let filter = FindingFilter { status: vec![state], ..FindingFilter::default() };
            hub.hub.findings().counts(&grant, &filter).await.unwrap().total()
        };
        assert_eq!(counted(FindingState::VerifiedFixed).await, u64::from(ALL - BACK));
        assert_eq!(counted(FindingState::Open).await, u64::from(BACK), "what is there again is open");
        hub.stop().await;
    }
}
