//! Bad answers and bad input, each a visible and specific condition or refusal with a next step; polling goes on
//! elsewhere, and nothing is closed or deleted because of it.

use std::time::Duration;

use scanhelm_core::ErrorCode;
use scanhelm_core::command::CommandState;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_hub::Extensions;
use scanhelm_hub::integrations::NewIntegration;
use scanhelm_hub::scans::NewScan;
use scanhelm_vendor_sim::{Action, SeedState, Sim};

use crate::harness::{Home, LOOKS, Running, count, nessus, on_both_databases, seed};

fn keys(sim: &Sim) -> Credentials {
    let known = sim.credentials();
    [("access_key", &known.access_key), ("secret_key", &known.secret_key)]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Secret::new(text.clone())))
        .collect()
}

pub(crate) fn at(sim: &Sim, base_url: &str) -> NewIntegration {
    NewIntegration {
        connector: "nessus".to_owned(),
        name: "lab".to_owned(),
        base_url: base_url.to_owned(),
        credentials: keys(sim),
        ca_pem: sim.authority().map(str::to_owned),
        enabled: true,
    }
}

/// That the company's first integration has been looked at with success since now.
pub(crate) async fn is_polled(hub: &Running, grant: &Grant) {
    let since = hub.hub.now();
    for _ in 0..LOOKS {
        let health = hub.hub.integrations().list(grant).await.unwrap().remove(0).health;
        if health.last_success_at.is_some_and(|at| at > since) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("polling stopped elsewhere");
}

/// A bug that every record sets off.
#[derive(Debug)]
struct Mine;

impl scanhelm_hub::import::Enrichment for Mine {
    fn enrich(&self, _: &scanhelm_core::finding::FindingRecord) -> serde_json::Map<String, serde_json::Value> {
        panic!("a bug in a feed")
    }
}

on_both_databases! {
    /// 404 for a scan that the list shows: once or for long, it concludes nothing. Only a complete list without it does,
    /// and what was found stays.
    async fn fm_b29_not_found_is_believed_from_a_complete_list_only(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        sim.add_scan(seed("other", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported_in(&sim, &grant, "sweep").await;
        let before = hub.dump(&grant).await;
        hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "sweep", |scan| scan.status() == Status::Running).await;
        let not_found = sim.fault("status,code=404,op=scans.details".parse().unwrap());
        for _ in 0..4 {
            hub.sync(&grant).await;
        }
        let struck = sim.faults().iter().find(|armed| armed.id == not_found).unwrap().struck;
        assert!(struck >= 3, "asked {struck} times");
        let still = hub.scan_named(&grant, "sweep").await.unwrap();
        assert_eq!((still.vendor_missing_since, still.status()), (None, Status::Running));
        sim.fault(format!("omit-entry,text={},op=scans.list", truth.id).parse().unwrap());
        let gone = hub.await_scan(&grant, "sweep", |scan| scan.vendor_missing_since.is_some()).await;
        assert_eq!(gone.id, scan.id);
        assert_eq!(hub.dump(&grant).await, before);
        let runs = hub.hub.scans().runs(&grant, scan.id).await.unwrap();
        assert!(runs.iter().any(|run| run.number == 1 && run.import_state == ImportState::Done));
        hub.stop().await;
    }

    /// "Already running" or "locked": said as it is, sent once, and the shown state stays the vendor's.
    async fn fm_b30_a_conflict_at_the_vendor_is_explained(database) {
        let sim = nessus().await;
        sim.add_scan(seed("busy", SeedState::Canceled)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_status(&grant, "busy", Status::Cancelled).await;
        for code in [409, 423] {
            let no = sim.fault(format!("status,code={code},op=scans.launch").parse().unwrap());
            let ordered = hub.hub.scans().launch(&grant, scan.id).await.unwrap();
            hub.await_job(&grant, ordered.job_id).await;
            let command = hub.hub.store().command(grant.company, ordered.command.id).await.unwrap().unwrap();
            assert_eq!(command.state, CommandState::Refused);
            assert!(command.detail.unwrap().contains(&code.to_string()));
            let feed = hub.feed(&grant, scan.id).await;
            assert!(feed.iter().any(|line| line.starts_with("The scanner refused: launch") && line.contains(&code.to_string())));
            hub.sync(&grant).await;
            assert_eq!(hub.scan_named(&grant, "busy").await.unwrap().status(), Status::Cancelled);
            sim.clear_fault(no);
        }
        let sent = sim.ledger().requests.iter().filter(|request| request.operation == "scans.launch").count();
        assert_eq!((sent, count(&sim, Action::Launch)), (2, 0));
        hub.stop().await;
    }

    /// 200, and nothing happens: after ten minutes people are told, once, and nothing is sent again by itself.
    async fn fm_b31_a_command_without_effect_is_told_and_not_repeated(database) {
        let sim = nessus().await;
        sim.add_scan(seed("deaf", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let clock = std::sync::Arc::new(crate::harness::Ahead::default());
        let hub = home.start_at(clock.clone(), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_status(&grant, "deaf", Status::Running).await;
        sim.fault("empty-body,op=scans.pause".parse().unwrap());
        let ordered = hub.hub.scans().pause(&grant, scan.id).await.unwrap();
        hub.await_job(&grant, ordered.job_id).await;
        let told = async || hub.feed(&grant, scan.id).await.iter().filter(|line| line.contains("minutes ago")).count();
        hub.sync(&grant).await;
        assert_eq!(told().await, 0);
        clock.by(Duration::from_mins(11));
        for _ in 0..LOOKS {
            if told().await > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        hub.sync(&grant).await;
        assert_eq!(told().await, 1);
        assert_eq!(hub.scan_named(&grant, "deaf").await.unwrap().status(), Status::Running);
        let sent = sim.ledger().requests.iter().filter(|request| request.operation == "scans.pause").count();
        assert_eq!((sent, count(&sim, Action::Pause)), (1, 0));
        hub.stop().await;
    }

    /// One target of many is bad, and the vendor turns the whole scan down: the reason is on the row, nothing is half
    /// made there, and after a correction the same name is free again.
    async fn fm_b32_a_creation_turned_down_leaves_nothing_behind(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        hub.sync(&grant).await;
        let no = sim.fault("vendor-error,status=400,code=7,text=Invalid target: 10.0.0.999,op=scans.create".parse().unwrap());
        let new = NewScan {
            name: Some("release check".to_owned()),
            integration_id: Some(integration),
            targets: vec!["10.0.0.1".to_owned(), "10.0.0.999".to_owned()],
            template: Some("basic".to_owned()),
            ..NewScan::default()
        };
        let created = hub.hub.scans().create(&grant, new.clone()).await.unwrap().scan;
        let refused = hub.await_scan(&grant, "release check", |scan| scan.error.is_some()).await;
        assert_eq!((refused.id, refused.status(), refused.link), (created.id, Status::Failed, None));
        assert!(refused.error.unwrap().starts_with("The scanner did not create the scan"));
        assert_eq!((sim.scans().len(), count(&sim, Action::Create)), (0, 0));
        sim.clear_fault(no);
        hub.hub.scans().delete(&grant, created.id, false, false).await.unwrap();
        hub.hub.scans().create(&grant, NewScan { targets: vec!["10.0.0.1".to_owned()], ..new }).await.unwrap();
        hub.await_scan(&grant, "release check", |scan| scan.link.is_some()).await;
        assert_eq!((sim.scans().len(), hub.scans(&grant).await.len()), (1, 1));
        hub.stop().await;
    }

    /// A call is gone from the API, and the server stops telling which installation it is: a condition of its own,
    /// nobody else's trouble, and no scan appears a second time.
    async fn fm_b40_another_version_of_the_api_is_told_as_such(database) {
        let (sim, other) = (nessus().await, nessus().await);
        sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        sim.add_scan(seed("night", SeedState::Running)).unwrap();
        other.add_scan(seed("elsewhere", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (grant, neighbour) = (hub.company("Acme").await, hub.company("Neighbour").await);
        hub.connect(&grant, &sim).await;
        hub.connect(&neighbour, &other).await;
        let known = hub.await_imported_in(&sim, &grant, "sweep").await;
        let before = hub.dump(&grant).await;
        let withdrawn = sim.fault("status,code=410,op=scans.list".parse().unwrap());
        let condition = hub.await_condition(&grant, Some(ConditionKind::Incompatible)).await.unwrap();
        assert!(condition.detail.contains("410") && condition.next_step.contains("version"), "{condition:?}");
        is_polled(&hub, &neighbour).await;
        sim.clear_fault(withdrawn);
        sim.fault("drop-field,field=server_uuid,op=server.properties".parse().unwrap());
        sim.fault("rename-status,from=running,to=orbiting".parse().unwrap());
        hub.sync(&grant).await;
        hub.await_condition(&grant, None).await;
        let night = hub.await_scan(&grant, "night", |scan| scan.vendor_status_raw.as_deref() == Some("orbiting")).await;
        assert_eq!(night.status(), Status::Running);
        hub.sync(&grant).await;
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), 2, "{:?}", scans.iter().map(|scan| &scan.link).collect::<Vec<_>>());
        assert!(scans.iter().any(|scan| scan.id == known.id && scan.vendor_missing_since.is_none()));
        assert_eq!(hub.dump(&grant).await, before);
        hub.stop().await;
    }

    /// The key is withdrawn between the order of the report and its download.
    async fn a_key_revoked_in_mid_import_is_a_condition_and_the_import_waits(database) {
        let (sim, other) = (nessus().await, nessus().await);
        sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        other.add_scan(seed("elsewhere", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (grant, neighbour) = (hub.company("Acme").await, hub.company("Neighbour").await);
        sim.fault("status,code=401,op=export.status".parse().unwrap());
        sim.fault("status,code=401,op=export.download".parse().unwrap());
        hub.connect(&grant, &sim).await;
        hub.connect(&neighbour, &other).await;
        hub.await_scan(&grant, "sweep", |scan| scan.import_state == ImportState::Running).await;
        sim.fault("status,code=401".parse().unwrap());
        let condition = hub.await_condition(&grant, Some(ConditionKind::Authentication)).await.unwrap();
        assert!(condition.next_step.contains("new credentials"), "{condition:?}");
        is_polled(&hub, &neighbour).await;
        let waiting = hub.scan_named(&grant, "sweep").await.unwrap();
        assert!(!waiting.import_state.is_finished() && waiting.vendor_missing_since.is_none());
        sim.clear_faults();
        hub.hub.scans().sync(&grant, None).await.unwrap();
        hub.await_condition(&grant, None).await;
        assert_eq!(hub.await_imported_in(&sim, &grant, "sweep").await.imported_findings, 40);
        hub.stop().await;
    }

    /// The folder for reports on their way in cannot be used: each import says so and is tried again, everything else
    /// goes on, and when the folder is mended the results come in.
    async fn fm_e02_a_folder_that_cannot_be_written_delays_imports_only(database) {
        let sim = nessus().await;
        sim.add_scan(seed("sweep", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let spool = home.data().join("spool");
        std::fs::write(&spool, "a file stands where the folder should be").unwrap();
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let mut reason = None;
        for _ in 0..LOOKS {
            let jobs = hub.hub.jobs().list(&grant, &Default::default(), &Default::default()).await.unwrap();
            reason = jobs.items.into_iter().find(|job| job.kind == "import").and_then(|job| job.error);
            if reason.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let reason = reason.expect("the import says why it is not done");
        assert!(reason.contains("data folder") && !reason.contains("/spool"), "{reason}");
        is_polled(&hub, &grant).await;
        std::fs::remove_file(&spool).unwrap();
        assert_eq!(hub.await_imported_in(&sim, &grant, "sweep").await.imported_findings, 40);
        hub.stop().await;
    }

    /// A handler that breaks is tried again, and after its attempts the failure is there to be seen; the hub lives.
    async fn fm_e10_a_job_that_panics_is_retried_and_then_given_up_visibly(database) {
        let home = Home::new(database);
        let clock = std::sync::Arc::new(crate::harness::Ahead::default());
        let mines = Extensions { enrichment: std::sync::Arc::new(Mine), ..Extensions::default() };
        let hub = home.start_extended_at(clock.clone(), mines).await;
        let grant = hub.company("Acme").await;
        let passing = async {
            loop {
                clock.by(Duration::from_mins(30));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let job = tokio::select! {
            () = passing => unreachable!(),
            job = hub.upload(&grant, "poison", crate::upload::REPORT.as_bytes()) => job,
        };
        assert_eq!(job.state, scanhelm_core::job::JobState::Failed);
        assert!(job.attempts >= 2 && job.error.unwrap().contains("broke"), "{}", job.attempts);
        let name = hub.scans(&grant).await.remove(0).name;
        // Told right after the job has ended.
        hub.await_scan(&grant, &name, |scan| scan.import_state == ImportState::Failed).await;
        assert_eq!(hub.dump(&grant).await.len(), 0);
        let sarif = br#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "R", "rules": []}}, "results": []}]}"#;
        assert_eq!(hub.upload(&grant, "fine", sarif).await.state, scanhelm_core::job::JobState::Done);
        hub.stop().await;
    }

    /// Refused before anything is stored, with the field and what to do.
    async fn an_address_that_cannot_be_is_refused_at_its_field(database) {
        let sim = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        for (address, code) in [
            ("https://user:secret@scanner.example.com", "has_credentials"),
            ("ftp://scanner.example.com", "malformed"),
            ("scanner", "malformed"),
            ("https://scanner.example.com/?a=b", "malformed"),
        ] {
            let refused = hub.hub.integrations().create(&grant, at(&sim, address)).await.unwrap_err();
            let told = &refused.fields[0];
            assert!(told.field == "base_url" && told.code == code, "{address}: {told:?}");
            assert!(!refused.to_string().contains("secret"));
        }
        for metadata in ["http://169.254.169.254/latest", "https://169.254.169.254", "https://[fd00:ec2::254]", "https://[::ffff:169.254.169.254]"] {
            let refused = hub.hub.integrations().create(&grant, at(&sim, metadata)).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::AddressRefused, "{metadata}: {refused}");
        }
        assert!(hub.hub.integrations().list(&grant).await.unwrap().is_empty());
        hub.stop().await;
    }
}
