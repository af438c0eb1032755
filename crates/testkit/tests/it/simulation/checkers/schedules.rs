//! I16: a nominal time starts at most one run, however many hubs there are and wherever they die.

use std::collections::{HashMap, HashSet};

use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::schedule::RunOutcome;

use super::Invariant as I;
use crate::simulation::world::World;

impl World {
    pub(super) async fn check_schedules(&mut self) {
        for (company, id, minutes) in self.told.schedules.clone() {
            let page = PageRequest { limit: 500, sort: Sort::parse("-nominal_at"), ..PageRequest::default() };
            let runs = self.processes[0].store.schedule_runs(company, id, None, &page).await.unwrap().items;
            let mut started: HashMap<i64, usize> = HashMap::new();
            let mut commands = HashSet::new();
            for run in runs.iter().filter(|run| run.outcome == RunOutcome::Started) {
                *started.entry(run.nominal_at.as_millis() / (60_000 * minutes)).or_default() += 1;
                if run.command_id.is_some_and(|command| !commands.insert(command)) {
                    self.broken(I::I16, format!("two runs of schedule {id} have one command"));
                }
            }
            if started.values().any(|count| *count > 1) {
                let times: Vec<String> =
                    runs.iter().map(|run| format!("{} {:?}", run.nominal_at, run.outcome)).collect();
                self.broken(I::I16, format!("schedule {id} started twice for one time: {times:?}"));
            }
        }
    }
}
