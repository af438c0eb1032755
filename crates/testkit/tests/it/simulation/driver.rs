//! The storm: what happens next is always the dice's choice.

use std::time::Duration;

use scanhelm_core::Clock as _;
use scanhelm_hub::jobs::ClaimedJob;
use scanhelm_hub::reconcile::DueLook;
use serde_json::Value;

use super::stage::{Acting, Progress, Stop, Weather};
use super::world::{Activity, World};

/// How wild a simulation is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) steps: usize,
    pub(crate) weather: Weather,
    /// Of a hundred calls to vendors.
    pub(crate) faults: usize,
    /// Of a hundred steps, those that are about schedules and nothing else.
    pub(crate) by_the_clock: usize,
}

/// The one activity that observes nothing.
const ENQUEUE: &str = "enqueue imports";

#[derive(Clone, Copy)]
enum Step {
    GoOn,
    Look,
    Imports,
    Claim,
    Fire,
    Wait,
    Person,
    Vendor,
    Trouble,
    Crash,
    Schedule,
}

const CLOCKED: [(usize, Step); 4] = [(4, Step::Fire), (2, Step::GoOn), (2, Step::Wait), (1, Step::Schedule)];

const STEPS: [(usize, Step); 10] = [
    (24, Step::GoOn),
    (16, Step::Look),
    (8, Step::Imports),
    (16, Step::Claim),
    (6, Step::Fire),
    (16, Step::Wait),
    (12, Step::Person),
    (6, Step::Vendor),
    (3, Step::Trouble),
    (2, Step::Crash),
];

impl World {
    pub(crate) async fn storm(&mut self, plan: &Plan) {
        self.stage.set_weather(plan.weather);
        for vendor in &self.vendors {
            vendor.state().troubles.faults = plan.faults;
        }
        for _ in 0..plan.steps {
            let process = self.dice.below(self.processes.len());
            let clocked = plan.by_the_clock > 0 && self.dice.percent(plan.by_the_clock);
            match self.dice.weighted(if clocked { &CLOCKED[..] } else { &STEPS[..] }) {
                Step::GoOn => self.go_on().await,
                Step::Look => self.look(process).await,
                Step::Imports => self.enqueue_imports(process).await,
                Step::Claim => {
                    self.claim(process).await;
                }
                Step::Fire => self.fire(process).await,
                Step::Wait => {
                    let pause = match self.dice.below(10) {
                        0 => self.dice.seconds(60, 400),
                        1..=4 => Duration::from_millis(1 + self.dice.next() % 2_000),
                        _ => self.dice.seconds(2, 40),
                    };
                    self.clock.advance(pause);
                }
                Step::Person => {
                    let weather = self.stage.set_weather(Weather::CALM);
                    self.someone_acts().await;
                    self.stage.set_weather(weather);
                }
                Step::Schedule => {
                    let weather = self.stage.set_weather(Weather::CALM);
                    self.someone_schedules(process).await;
                    self.stage.set_weather(weather);
                }
                Step::Vendor => self.vendor_acts(),
                Step::Trouble => self.trouble(plan),
                Step::Crash => {
                    self.tell(&format!("hub {process} is killed"));
                    self.restart(process).await;
                }
            }
            if !self.violations.is_empty() {
                return;
            }
        }
    }

    /// Lets one held activity go on.
    async fn go_on(&mut self) {
        if !self.activities.is_empty() {
            let chosen = self.dice.below(self.activities.len());
            let activity = self.activities.remove(chosen);
            self.run(activity).await;
        }
    }

    pub(crate) async fn look(&mut self, process: usize) {
        let due = self.processes[process].hub.steps().due_looks().await.unwrap();
        for look in due {
            self.run(activity_of_look(process, look)).await;
        }
    }

    pub(crate) async fn enqueue_imports(&mut self, process: usize) {
        let hub = self.processes[process].hub.clone();
        let running = Box::pin(async move {
            // What fails is found again by the next pass.
            let _ = hub.steps().enqueue_imports().await;
        });
        let acting = Acting { hub: process, ..Acting::default() };
        self.run(Activity { acting, label: ENQUEUE.to_owned(), running }).await;
    }

    pub(crate) async fn fire(&mut self, process: usize) {
        let hub = self.processes[process].hub.clone();
        let running = Box::pin(async move {
            // What cannot be judged stays due.
            let _ = hub.steps().fire_schedules().await;
        });
        let acting = Acting { hub: process, ..Acting::default() };
        self.run(Activity { acting, label: "fires schedules".to_owned(), running }).await;
    }

    pub(crate) async fn claim(&mut self, process: usize) -> usize {
        let claimed = self.processes[process].hub.steps().claim_jobs(2).await.unwrap();
        let count = claimed.len();
        for job in claimed {
            self.run(activity_of_job(process, job)).await;
        }
        count
    }

    /// Runs an activity to its end or to where it is held or dies.
    pub(crate) async fn run(&mut self, mut activity: Activity) {
        let process = activity.acting.hub;
        let progress = self.stage.run(&mut activity.running, &activity.acting).await;
        let label = activity.label.clone();
        match progress {
            Progress::Ended => {
                drop(activity);
                self.tell(&format!("hub {process} {label}: ended"));
            }
            Progress::Stopped(Stop::Held(place)) => {
                self.activities.push(activity);
                self.tell(&format!("hub {process} {label}: held at {place}"));
            }
            Progress::Stopped(Stop::Crash(place)) => {
                drop(activity);
                self.tell(&format!("hub {process} {label}: the process dies at {place}"));
                let weather = self.stage.set_weather(Weather::CALM);
                self.restart(process).await;
                self.stage.set_weather(weather);
            }
        }
        if label != ENQUEUE {
            self.check_history().await;
        }
    }

    fn vendor_acts(&mut self) {
        let chosen = self.dice.below(self.vendors.len());
        let vendor = self.vendors[chosen].clone();
        let now = self.clock.now();
        let what = if self.dice.percent(8) {
            vendor.state().reinstall();
            "was reinstalled".to_owned()
        } else {
            vendor.state().by_hand(now)
        };
        self.tell(&format!("{} {what}", vendor.name));
    }

    /// The vendor's day changes.
    fn trouble(&mut self, plan: &Plan) {
        let chosen = self.dice.below(self.vendors.len());
        let vendor = self.vendors[chosen].clone();
        let kind = self.dice.below(5);
        let what = {
            let mut state = vendor.state();
            let troubles = &mut state.troubles;
            match kind {
                0 => {
                    troubles.down = !troubles.down;
                    format!("down: {}", troubles.down)
                }
                1 => {
                    troubles.strange_word = !troubles.strange_word;
                    format!("uses a strange word: {}", troubles.strange_word)
                }
                2 => {
                    troubles.lagging_list = !troubles.lagging_list;
                    format!("list lags: {}", troubles.lagging_list)
                }
                3 => {
                    state.rotate_secret();
                    "takes a new secret only".to_owned()
                }
                _ => {
                    troubles.faults = if troubles.faults == 0 { plan.faults } else { 0 };
                    format!("faults: {} %", troubles.faults)
                }
            }
        };
        self.tell(&format!("{} {what}", vendor.name));
    }
}

fn activity_of_look(process: usize, look: DueLook) -> Activity {
    let acting = Acting { hub: process, ..Acting::default() };
    let label = format!("looks at {}", short(&look.integration().to_string()));
    Activity { acting, label, running: Box::pin(look.take()) }
}

fn activity_of_job(process: usize, claimed: ClaimedJob) -> Activity {
    let job = claimed.job();
    let text = |name: &str| job.payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let acting = Acting { hub: process, command: text("command_id"), run: text("run_id") };
    let what = acting.command.as_deref().or(acting.run.as_deref()).map(short).unwrap_or_default();
    let label = format!("job {} {} {what} (attempt {})", job.kind, short(&job.id.to_string()), job.attempts);
    Activity { acting, label, running: Box::pin(claimed.run()) }
}

/// The end of an id: what tells ids of one simulation apart.
pub(crate) fn short(id: &str) -> String {
    id.chars().skip(id.len().saturating_sub(4)).collect()
}
