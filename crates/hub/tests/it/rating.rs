//! What findings are rated by: feeds from places and by hand, bad ones that leave what is there, policies and
//! criticality, and the pass that follows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::asset::Criticality;
use scanhelm_core::feed::FeedKind;
use scanhelm_core::finding::sla::{DaysBySeverity, SlaPolicy};
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::job::{Job, JobState};
use scanhelm_core::permission::{Grant, Role};
use scanhelm_core::{ErrorCode, Timestamp};
use scanhelm_hub::FindingFilter;
use scanhelm_hub::assets::AssetChange;
use scanhelm_hub::feeds::FeedSource;
use tokio_util::sync::CancellationToken;

use crate::harness::{Home, LOOKS, Running, on_both_databases};
use crate::upload::REPORT;

fn epss(day: &str, scores: &[(&str, &str)]) -> String {
    let mut text = format!("#model_version:v2025.03.14,score_date:{day}T00:00:00+0000\ncve,epss,percentile\n");
    for (cve, score) in scores {
        text.push_str(&format!("{cve},{score},0.9\n"));
    }
    text
}

fn kev(cve: &str) -> String {
    format!(
        r#"{{"catalogVersion": "2026.01.01", "dateReleased": "2026-01-01T00:00:00Z", "count": 1, "vulnerabilities": [
        {{"cveID": "{cve}", "vulnerabilityName": "A thing", "dateAdded": "2021-12-10", "dueDate": "2021-12-24",
        "knownRansomwareCampaignUse": "Known"}}]}}"#
    )
}

fn depends(criticality: Criticality) -> AssetChange {
    AssetChange { criticality: Some(criticality), ..AssetChange::default() }
}

const fn operator(grant: &Grant) -> Grant {
    Grant { role: Role::Operator, ..*grant }
}

async fn bring(hub: &Running, grant: &Grant, kind: FeedKind, content: &str, force: bool) -> Job {
    let path = hub.hub.imports().upload_file().unwrap();
    std::fs::write(&path, content).unwrap();
    let grant = operator(grant);
    let id = hub.hub.feeds().accept(&grant, kind, path, Some("feed.csv".to_owned()), force).await.unwrap();
    hub.hub.jobs().wait(&grant, id, Duration::from_secs(60)).await.unwrap()
}

/// The finding of the report that has CVEs, once it is as wished.
async fn awaited(hub: &Running, grant: &Grant, wish: impl Fn(&Finding) -> bool) -> Finding {
    let mut last = None;
    for _ in 0..LOOKS {
        let page = hub.hub.findings().list(grant, &FindingFilter::default(), &Default::default()).await.unwrap();
        let found = page.items.into_iter().find(|finding| !finding.cves.is_empty()).unwrap();
        if wish(&found) {
            return found;
        }
        last = Some(found);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never came to be: {last:?}");
}

async fn cve_of(hub: &Running, grant: &Grant) -> String {
    awaited(hub, grant, |_| true).await.cves[0].clone()
}

async fn feed(hub: &Running, grant: &Grant, kind: FeedKind) -> scanhelm_hub::feeds::FeedView {
    let feeds = hub.hub.feeds().list(&operator(grant)).await.unwrap();
    feeds.into_iter().find(|feed| feed.state.kind == kind).unwrap()
}

fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

on_both_databases! {
    /// What is known already is known to what comes in, and what comes later is known to what is there.
    async fn findings_are_rated_in_the_import_and_again_when_a_feed_comes(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await;
        let before = awaited(&hub, &grant, |_| true).await;
        assert!(before.rating.risk > 0 && before.rating.epss.is_none() && !before.rating.kev, "{before:?}");
        let cve = before.cves[0].clone();
        let job = bring(&hub, &grant, FeedKind::Epss, &epss("2026-05-18", &[(&cve, "0.5"), ("CVE-2020-9999", "0.1")]), false).await;
        assert_eq!(job.state, JobState::Done, "{job:?}");
        assert_eq!(job.result.unwrap()["records"], 2);
        let rated = awaited(&hub, &grant, |finding| finding.rating.epss == Some(0.5)).await;
        assert_eq!(rated.rating.risk, before.rating.risk + 11);
        bring(&hub, &grant, FeedKind::Kev, &kev(&cve), false).await;
        let exploited = awaited(&hub, &grant, |finding| finding.rating.kev).await;
        assert_eq!(exploited.rating.risk, rated.rating.risk + 25);
        let view = hub.hub.findings().get(&grant, exploited.id).await.unwrap();
        assert_eq!(view.risk.score, exploited.rating.risk);
        assert_eq!(view.facts[&cve].kev.as_ref().unwrap().name, "A thing");
        // Another company's import finds all of it there.
        let other = hub.company("Globex").await;
        hub.upload(&other, "lab.nessus", REPORT.as_bytes()).await;
        let at_once = awaited(&hub, &other, |_| true).await;
        assert_eq!(at_once.rating, exploited.rating);
        hub.stop().await;
    }

    /// Cut, odd, older, much shorter, of another kind: why and what to do is told, what was loaded stays.
    async fn a_bad_feed_keeps_the_last_good_one(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let good = epss("2026-05-18", &[("CVE-2020-0001", "0.1"), ("CVE-2020-0002", "0.2"), ("CVE-2020-0003", "0.3")]);
        assert_eq!(bring(&hub, &grant, FeedKind::Epss, &good, false).await.state, JobState::Done);
        let loaded = feed(&hub, &grant, FeedKind::Epss).await.state;
        assert_eq!((loaded.records, loaded.version.as_deref()), (3, Some("v2025.03.14")));
        let short = epss("2026-05-19", &[("CVE-2020-0001", "0.9")]);
        for (bad, told) in [
            (good.trim_end().to_owned(), "feed.csv: the file is cut off"),
            (good.replace("0.2,", "odd,"), "odd"),
            (kev("CVE-2020-0001"), "publisher"),
            (epss("2026-05-19", &[]), "no record"),
            (good.replace("2026-05-18", "2026-05-17"), "2026-05-17"),
            (short.clone(), "1 records where 3"),
        ] {
            let job = bring(&hub, &grant, FeedKind::Epss, &bad, false).await;
            assert_eq!(job.state, JobState::Failed, "{told}");
            assert!(job.error.as_ref().unwrap().contains(told), "{told}: {job:?}");
            let now = feed(&hub, &grant, FeedKind::Epss).await;
            assert!(now.failed && now.state.error.unwrap().contains(told));
            assert_eq!((now.state.records, now.state.version, now.state.digest), (3, loaded.version.clone(), loaded.digest.clone()));
            let facts = hub.hub.store().cve_facts(&["CVE-2020-0001".to_owned()]).await.unwrap();
            assert_eq!(facts["CVE-2020-0001"].epss.unwrap().score, 0.1);
        }
        assert_eq!(bring(&hub, &grant, FeedKind::Epss, &good, false).await.result.unwrap()["outcome"], "unchanged");
        assert!(!feed(&hub, &grant, FeedKind::Epss).await.failed);
        let forced = bring(&hub, &grant, FeedKind::Epss, &short, true).await.result.unwrap();
        assert_eq!((forced["records"].as_u64(), forced["forgotten"].as_u64()), (Some(1), Some(2)));
        assert_eq!(std::fs::read_dir(home.data().join("spool")).unwrap().count(), 0, "files are left in the spool");
        hub.stop().await;
    }

    /// Only an operator changes what everybody's findings are rated by, and only an operator sees places of the machine.
    async fn feeds_are_the_operators(database) {
        let home = Home::new(database);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("none.csv");
        let configured = place.clone();
        let hub = home.start_with(move |settings| settings.feeds.epss = Some(FeedSource::Path(configured))).await;
        let grant = hub.company("Acme").await;
        let admin = Grant { role: Role::Admin, ..grant };
        let path = hub.hub.imports().upload_file().unwrap();
        std::fs::write(&path, "x").unwrap();
        let refused = hub.hub.feeds().accept(&admin, FeedKind::Epss, path.clone(), None, false).await.unwrap_err();
        assert!(refused.code == ErrorCode::PermissionDenied && !path.exists());
        assert!(hub.hub.feeds().refresh(&admin, FeedKind::Epss).await.is_err());
        let unset = hub.hub.feeds().refresh(&operator(&grant), FeedKind::Kev).await.unwrap_err();
        assert!(unset.detail.contains("[feeds] kev"), "{unset}");
        let id = hub.hub.feeds().refresh(&operator(&grant), FeedKind::Epss).await.unwrap();
        let job = hub.hub.jobs().wait(&grant, id, Duration::from_secs(60)).await.unwrap();
        assert_eq!(job.state, JobState::Failed);
        let known = feed(&hub, &grant, FeedKind::Epss).await;
        assert!(known.configured_source.unwrap().contains("none.csv") && known.state.error.unwrap().contains("none.csv"));
        let shown = hub.hub.feeds().list(&Grant { role: Role::Viewer, ..grant }).await.unwrap();
        let shown = &shown[0];
        assert!(shown.failed && shown.configured && shown.configured_source.is_none() && shown.state.error.is_none());
        hub.stop().await;
    }

    /// From a folder in the settings, on its own; of several files the newest edition, and a new one is taken.
    async fn a_place_in_the_settings_is_looked_at_on_a_schedule(database) {
        let home = Home::new(database);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "epss_scores-2026-05-18.csv", &epss("2026-05-18", &[("CVE-2020-0001", "0.1")]));
        let place = folder.path().to_owned();
        let hub = home.start_with(move |settings| {
            settings.feeds.epss = Some(FeedSource::Path(place));
            settings.feeds.refresh = Duration::from_millis(1);
        }).await;
        let grant = hub.company("Acme").await;
        let look = async || { hub.hub.steps().enqueue_ratings().await.unwrap(); };
        for (day, score) in [("2026-05-18", 0.1), ("2026-05-19", 0.2)] {
            let edition = Timestamp::parse(&format!("{day}T00:00:00Z"));
            let mut loaded = None;
            for _ in 0..LOOKS {
                look().await;
                loaded = feed(&hub, &grant, FeedKind::Epss).await.state.published_at;
                if loaded == edition {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert_eq!(loaded, edition);
            let facts = hub.hub.store().cve_facts(&["CVE-2020-0001".to_owned()]).await.unwrap();
            assert_eq!(facts["CVE-2020-0001"].epss.unwrap().score, score);
            let next = write(folder.path(), "epss_scores-2026-05-19.csv", &epss("2026-05-19", &[("CVE-2020-0001", "0.2")]));
            let file = std::fs::File::options().write(true).open(next).unwrap();
            let newer = file.metadata().unwrap().modified().unwrap() + Duration::from_secs(60);
            file.set_modified(newer).unwrap();
        }
        hub.stop().await;
    }

    /// A policy, the criticality of an asset: both reach every finding, and nothing else changes a due date.
    async fn due_dates_follow_the_policy_and_the_asset(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await;
        let before = awaited(&hub, &grant, |_| true).await;
        assert_eq!(before.rating.due_at, None, "off until somebody promises something");
        let offered = hub.hub.ratings().sla_policy(&grant).await.unwrap();
        assert!(!offered.policy.enabled && offered.written.is_none());
        let policy = SlaPolicy { enabled: true, ..SlaPolicy::default() };
        let odd = SlaPolicy { kev_days: Some(0), ..policy.clone() };
        assert!(hub.hub.ratings().put_sla_policy(&grant, odd, None).await.is_err());
        hub.hub.ratings().put_sla_policy(&grant, policy.clone(), Some(0)).await.unwrap();
        let stale = hub.hub.ratings().put_sla_policy(&grant, policy.clone(), Some(0)).await.unwrap_err();
        assert_eq!(stale.code, ErrorCode::StaleVersion);
        let due = awaited(&hub, &grant, |finding| finding.rating.due_at.is_some()).await;
        let days = u64::from(policy.days.of(due.severity).unwrap());
        assert_eq!(due.rating.due_at, Some(due.first_seen_at.plus(Duration::from_hours(24 * days))));
        // Old reports bring old findings: late on the first day.
        let late = FindingFilter { overdue: true, ..FindingFilter::default() };
        assert!(hub.hub.findings().counts(&grant, &late).await.unwrap().total() >= 1);
        let asset = hub.hub.assets().change(&grant, due.asset_id, depends(Criticality::Critical), Some(1)).await.unwrap().entry.asset;
        assert_eq!((asset.criticality, asset.version), (Criticality::Critical, 2));
        let halved = awaited(&hub, &grant, |finding| finding.rating.due_at < due.rating.due_at).await;
        assert_eq!(halved.rating.due_at, Some(due.first_seen_at.plus(Duration::from_hours(12 * days))));
        assert!(halved.rating.risk > due.rating.risk);
        // A judgement moves nothing: neither away nor back.
        for (to, reason) in [(FindingState::Closed, "gone"), (FindingState::Open, "not gone")] {
            hub.hub.findings().transition(&grant, due.id, to, reason, None).await.unwrap();
            let finding = awaited(&hub, &grant, |finding| finding.status == to).await;
            assert_eq!(finding.rating.due_at, halved.rating.due_at, "{to}");
        }
        // What the company promises while it is closed holds once it is open again.
        hub.hub.findings().transition(&grant, due.id, FindingState::Closed, "gone", None).await.unwrap();
        let days = DaysBySeverity { critical: Some(2), high: Some(2), medium: Some(2), low: Some(2), info: Some(2) };
        hub.hub.ratings().put_sla_policy(&grant, SlaPolicy { days, ..policy }, None).await.unwrap();
        for _ in 0..LOOKS {
            if !hub.hub.ratings().sla_policy(&grant).await.unwrap().pending {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let closed = hub.hub.findings().get(&grant, due.id).await.unwrap().finding;
        assert_eq!(closed.rating.due_at, halved.rating.due_at, "what is gone keeps its date");
        let open = hub.hub.findings().transition(&grant, due.id, FindingState::Open, "not gone", None).await.unwrap();
        assert_eq!(open.finding.rating.due_at, Some(due.first_seen_at.plus(Duration::from_hours(24))));
        hub.stop().await;
    }

    /// One pass after the other serves every change, also one that comes while a pass is under way, and a pass that was
    /// cut goes on where it was.
    async fn a_pass_that_was_cut_goes_on_and_misses_nothing(database) {
        let home = Home::new(database);
        let hub = home.start_resting(std::sync::Arc::new(scanhelm_hub::system::SystemClock), |_| {}).await;
        let grant = hub.company("Acme").await;
        let path = hub.hub.imports().upload_file().unwrap();
        std::fs::write(&path, REPORT).unwrap();
        hub.hub.imports().accept(&grant, path, Default::default()).await.unwrap();
        run_jobs(&hub).await;
        let cve = cve_of(&hub, &grant).await;
        let path = hub.hub.imports().upload_file().unwrap();
        std::fs::write(&path, kev(&cve)).unwrap();
        hub.hub.feeds().accept(&operator(&grant), FeedKind::Kev, path, None, false).await.unwrap();
        // Loads the feed; the pass that follows is stopped before its first page.
        for job in hub.hub.steps().claim_jobs(1).await.unwrap() {
            job.run().await;
        }
        let stop = CancellationToken::new();
        stop.cancel();
        for job in hub.hub.steps().claim_jobs(1).await.unwrap() {
            assert_eq!(job.job().kind, "re_rating");
            job.until(stop.clone()).run().await;
        }
        let begun = hub.hub.store().re_rating(grant.company).await.unwrap();
        assert!(begun.pass > begun.done && !awaited(&hub, &grant, |_| true).await.rating.kev, "{begun:?}");
        // Meanwhile something else changes: the same job serves both.
        let asset = awaited(&hub, &grant, |_| true).await.asset_id;
        hub.hub.assets().change(&grant, asset, depends(Criticality::High), None).await.unwrap();
        run_jobs(&hub).await;
        let done = hub.hub.store().re_rating(grant.company).await.unwrap();
        assert!(done.done == done.wanted && done.wanted > begun.wanted, "{done:?}");
        let finding = awaited(&hub, &grant, |_| true).await;
        let explained = hub.hub.findings().get(&grant, finding.id).await.unwrap().risk;
        assert!(finding.rating.kev && finding.rating.risk == explained.score, "{finding:?} {explained:?}");
        assert!(explained.parts.iter().any(|part| part.part == "asset" && part.points > 0));
        assert!(hub.hub.store().unrated_companies().await.unwrap().is_empty());
        assert_eq!(hub.hub.steps().enqueue_ratings().await.unwrap(), 0);
        hub.stop().await;
    }
}

/// Until nothing is due.
async fn run_jobs(hub: &Running) {
    loop {
        let jobs = hub.hub.steps().claim_jobs(10).await.unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            job.run().await;
        }
    }
}
