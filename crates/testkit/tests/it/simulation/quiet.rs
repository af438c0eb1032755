//! After the storm: nothing fails any more, time goes on, and the hubs must come to rest in a true state alone.

use scanhelm_core::job::{Job, JobState};
use scanhelm_core::page::PageRequest;
use scanhelm_core::{Clock as _, Timestamp};
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_hub::schedules::ScheduleChange;
use scanhelm_store::JobFilter;

use super::checkers::{Invariant, Violation};
use super::stage::Weather;
use super::vendor::Troubles;
use super::world::World;

/// Rounds of "all that is due, then on to what is due next". Far more than any system at rest needs.
const ROUNDS: usize = 120;

impl World {
    pub(crate) async fn quiet(&mut self) {
        self.calm_down().await;
        let since = self.clock.now();
        for _ in 0..ROUNDS {
            self.do_all_that_is_due().await;
            if !self.violations.is_empty() {
                return;
            }
            match self.next_instant(since).await {
                Some(next) => self.clock.advance_to(next),
                None => return,
            }
        }
        let unfinished = self.unfinished_jobs().await;
        let jobs: Vec<String> =
            unfinished.iter().map(|job| format!("{} {} {:?} {:?}", job.kind, job.id, job.state, job.error)).collect();
        let detail = format!("the hubs do not come to rest; unfinished: {jobs:?}");
        self.violations.push(Violation { invariant: Invariant::I7, detail });
    }

    /// The end of all trouble. What only a person can mend (a rotated secret) a person mends.
    async fn calm_down(&mut self) {
        self.stage.set_weather(Weather::CALM);
        for vendor in &self.vendors {
            vendor.state().troubles = Troubles::default();
        }
        self.tell("---- quiet ----");
        if self.dice.percent(50) {
            for process in 0..self.processes.len() {
                self.tell(&format!("hub {process} is killed"));
                self.restart(process).await;
            }
        }
        let hub = self.processes[0].hub.clone();
        for (company, id, _) in self.told.schedules.clone() {
            let place = self.companies.iter().position(|found| found.grant.company == company).unwrap();
            let grant = self.companies[place].grant;
            // One of a deleted scan is gone with it.
            let change = ScheduleChange { enabled: Some(false), ..ScheduleChange::default() };
            if hub.schedules().change(&grant, id, change, None).await.is_ok() {
                self.companies[place].changes += 1;
            }
        }
        for company in 0..self.companies.len() {
            if self.dice.percent(60) && !self.companies[company].active {
                self.set_active(company, true).await;
            }
            let grant = self.companies[company].grant;
            for connected in self.companies[company].integrations.clone() {
                let credentials = self.credentials(&self.vendors[connected.vendor]);
                let enabled = hub.integrations().get(&grant, connected.id).await.unwrap().enabled;
                let change = IntegrationChange {
                    credentials: Some(credentials),
                    enabled: Some(enabled || self.dice.percent(80)),
                    ..IntegrationChange::default()
                };
                hub.integrations().update(&grant, connected.id, change, None).await.unwrap();
                self.companies[company].changes += 1;
            }
        }
    }

    async fn do_all_that_is_due(&mut self) {
        for _ in 0..50 {
            while !self.activities.is_empty() {
                let activity = self.activities.remove(0);
                self.run(activity).await;
            }
            let mut done = 0;
            for process in 0..self.processes.len() {
                self.look(process).await;
                self.enqueue_imports(process).await;
                done += self.claim(process).await;
            }
            if done == 0 && self.activities.is_empty() || !self.violations.is_empty() {
                return;
            }
        }
        let detail = "the hubs are busy for ever without time going on".to_owned();
        self.violations.push(Violation { invariant: Invariant::I7, detail });
    }

    /// When something happens by itself; `None`: nothing will, and every vendor was compared with as it now is.
    async fn next_instant(&self, quiet_since: Timestamp) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut instants = Vec::new();
        let mut settled = true;
        for company in &self.companies {
            for connected in &company.integrations {
                let integration =
                    self.processes[0].store.integration(company.grant.company, connected.id).await.unwrap().unwrap();
                let moving = self.vendors[connected.vendor].state().next_change();
                instants.extend(moving);
                settled &= moving.is_none();
                if !integration.enabled {
                    continue;
                }
                instants.extend(integration.health.next_poll_at);
                // Twice seen and once compared after the last change.
                let compared = |at: Option<Timestamp>| at.is_some_and(|at| at > quiet_since && at > self.last_change());
                settled &= compared(integration.health.last_sweep_at) && compared(integration.health.last_success_at);
                settled &= integration.health.condition.is_none();
            }
        }
        let unfinished = self.unfinished_jobs().await;
        settled &= unfinished.is_empty();
        instants.extend(unfinished.iter().map(|job| match job.state {
            JobState::Running => job.lease_until.unwrap_or(now),
            _ => job.run_at,
        }));
        settled &= self.open_commands().await == 0;
        if settled {
            return None;
        }
        let soonest = instants.into_iter().filter(|at| *at > now).min();
        Some(soonest.unwrap_or(now.plus(std::time::Duration::from_secs(30))))
    }

    /// The last thing that any vendor's scan did.
    fn last_change(&self) -> Timestamp {
        let changes = self.vendors.iter().flat_map(|vendor| {
            let state = vendor.state();
            let scans = state.scans.values();
            let changed = scans.map(|scan| scan.runs.last().map_or(scan.created_at, |run| run.changed_at)).max();
            changed.max(state.ledger.effects.last().map(|effect| effect.at))
        });
        changes.max().unwrap_or_default()
    }

    pub(crate) async fn unfinished_jobs(&self) -> Vec<Job> {
        let mut unfinished = Vec::new();
        for company in &self.companies {
            for state in [JobState::Queued, JobState::Running] {
                let page = PageRequest { limit: 500, ..PageRequest::default() };
                let filter = JobFilter { state: Some(state), kind: None };
                let found = self.processes[0].store.jobs(company.grant.company, &page, &filter).await.unwrap();
                unfinished.extend(found.items);
            }
        }
        unfinished
    }

    /// Sent, and what became of them is not known.
    async fn open_commands(&self) -> usize {
        let mut count = 0;
        for company in &self.companies {
            for connected in &company.integrations {
                let enabled = self.processes[0].store.integration(company.grant.company, connected.id).await.unwrap();
                if enabled.is_some_and(|integration| integration.enabled) {
                    count += self.processes[0].store.open_commands(connected.id).await.unwrap().len();
                }
            }
        }
        count
    }
}
