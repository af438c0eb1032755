//! Schedules, fired step by step on a clock that the test moves.

mod end_to_end;
mod life;
mod times;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use scanhelm_core::capability::{Capability, CapabilitySet};
use scanhelm_core::command::{Command, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{IntegrationId, RunId, ScheduleId};
use scanhelm_core::integration::{Health, Instance, Integration};
use scanhelm_core::job::{Job, JobState};
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

use crate::harness::{HandClock, Home, LOOKS, at, nessus, on_both_databases, seed};

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
            instance: Instance {
                incarnation: Some("one".to_owned()),
                capabilities: Some(CapabilitySet::of(Capability::ALL)),
                ..Instance::default()
            },
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
            let page = PageRequest { limit: 500, ..PageRequest::default() };
            let jobs = self.hub.jobs().list(&self.grant, &Default::default(), &page).await.unwrap().items;
            let is_its =
                |job: &&Job| job.state == JobState::Queued && job.payload["command_id"] == command.id.to_string();
            for job in jobs.iter().filter(is_its) {
                self.hub.jobs().cancel(&self.grant, job.id).await.unwrap();
            }
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
