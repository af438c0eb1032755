//! The deterministic simulation: hubs, vendors and SQLite in one process, where one seed decides everything.
//!
//! `docs/RELIABILITY.md` tells how to run and replay it and what is checked.

mod checkers;
mod dice;
mod driver;
mod people;
mod quiet;
mod stage;
mod traps;
mod vendor;
mod world;

use checkers::Violation;
use driver::Plan;
use scanhelm_hub::trap::{self, Trap};
use stage::Weather;
use world::World;

const PLAN: Plan = Plan { steps: 70, weather: Weather { hold: 250, crash: 12 }, faults: 12, by_the_clock: 0 };

/// Many schedules, and hubs that fire them at the same instant.
const CLOCKED: Plan = Plan { by_the_clock: 50, ..PLAN };

/// The name of a plan, as [`WHICH`] says it.
const PLANS: [(&str, &Plan); 2] = [("mixed", &PLAN), ("clocked", &CLOCKED)];

/// Without [`COUNT`].
const SEEDS: u64 = 160;
const COUNT: &str = "SCANHELM_SIMULATION_SEEDS";
const ONE: &str = "SCANHELM_SIMULATION_SEED";
const WHICH: &str = "SCANHELM_SIMULATION_PLAN";

/// Seeds that once found a bug of the hub, with the bug.
const REGRESSIONS: [(u64, &str); 1] =
    [(1401, "a scan that was being created was taken for one of an earlier installation")];

/// How one seed ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    violations: Vec<Violation>,
    trace: Vec<String>,
    /// Every row of a scan and every finding.
    state: Vec<String>,
}

fn simulate(seed: u64, bug: Option<Trap>) -> Ended {
    simulate_as(&PLAN, seed, bug)
}

fn simulate_as(plan: &Plan, seed: u64, bug: Option<Trap>) -> Ended {
    trap::set(bug);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let mut world = World::new(seed).await;
        world.storm(plan).await;
        if world.violations.is_empty() {
            world.quiet().await;
            world.check_all().await;
        }
        let state = world.dump().await;
        let ended =
            Ended { violations: std::mem::take(&mut world.violations), trace: std::mem::take(&mut world.trace), state };
        world.end().await;
        ended
    });
    trap::set(None);
    ended
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// What is broken, what happened before, and how to see it again; `None` when all holds.
fn broken(plan: &(&str, &Plan), seed: u64) -> Option<String> {
    let (name, plan) = plan;
    let ended = simulate_as(plan, seed, None);
    if ended.violations.is_empty() {
        return None;
    }
    let violations: Vec<String> = ended.violations.iter().map(ToString::to_string).collect();
    Some(format!(
        "{}\n\nseed={seed} breaks:\n{}\n\nreplay: {WHICH}={name} {ONE}={seed} cargo test -p scanhelm-testkit --test it \
         simulation::replay -- --nocapture",
        ended.trace.join("\n"),
        violations.join("\n")
    ))
}

/// Runs all of the seeds, whatever becomes of the first, and fails with everything that is broken.
fn hold(plan: &(&str, &Plan), seeds: impl Iterator<Item = u64>) {
    let mut run = 0_u64;
    let mut bad = Vec::new();
    let mut told = String::new();
    for seed in seeds {
        run += 1;
        if let Some(broken) = broken(plan, seed) {
            told.push_str(&broken);
            told.push_str("\n\n");
            bad.push(seed);
        }
    }
    assert!(bad.is_empty(), "{told}{} of {run} seeds break something: {bad:?}", bad.len());
}

fn seeds() -> u64 {
    number(COUNT).unwrap_or(SEEDS)
}

/// One part of [`PARTS`] of all seeds, so that parts can run side by side.
fn hold_part(part: u64) {
    hold(&PLANS[0], (1..=seeds()).filter(|seed| seed % PARTS == part));
}

const PARTS: u64 = 8;

#[test]
fn seeds_of_part_0() {
    hold_part(0);
}

#[test]
fn seeds_of_part_1() {
    hold_part(1);
}

#[test]
fn seeds_of_part_2() {
    hold_part(2);
}

#[test]
fn seeds_of_part_3() {
    hold_part(3);
}

#[test]
fn seeds_of_part_4() {
    hold_part(4);
}

#[test]
fn seeds_of_part_5() {
    hold_part(5);
}

#[test]
fn seeds_of_part_6() {
    hold_part(6);
}

#[test]
fn seeds_of_part_7() {
    hold_part(7);
}

#[test]
fn seeds_with_many_schedules() {
    hold(&PLANS[1], 1..=seeds() / PARTS);
}

#[test]
fn seeds_that_once_broke_something_hold() {
    hold(&PLANS[0], REGRESSIONS.iter().map(|(seed, _)| *seed));
}

/// Shows one seed. Without the variable there is nothing to do.
#[test]
fn replay() {
    let Some(seed) = number(ONE) else {
        return;
    };
    let wanted = std::env::var(WHICH).unwrap_or_else(|_| PLANS[0].0.to_owned());
    let Some((_, plan)) = PLANS.iter().find(|(name, _)| *name == wanted) else {
        panic!("{WHICH}={wanted}: there are {}", PLANS.map(|(name, _)| name).join(" and "));
    };
    let ended = simulate_as(plan, seed, None);
    println!("{}\n", ended.trace.join("\n"));
    ended.violations.iter().for_each(|violation| println!("{violation}"));
    assert!(ended.violations.is_empty(), "seed={seed} breaks {} invariants", ended.violations.len());
}

#[test]
fn a_seed_decides_everything() {
    for seed in 1..=6 {
        let (first, second) = (simulate(seed, None), simulate(seed, None));
        for (line, (one, other)) in first.trace.iter().zip(&second.trace).enumerate() {
            assert_eq!(one, other, "seed={seed}, line {line}");
        }
        assert_eq!(first, second, "seed={seed}");
    }
}
