//! The bugs S1..S13, switched on one after the other: the simulation must notice each, by the invariant that it
//! breaks.

use scanhelm_hub::trap::Trap;

use super::checkers::Invariant::{self, I1, I3, I4, I5, I6, I7, I14, I16};
use super::driver::Plan;
use super::{CLOCKED, PLAN, simulate_as};

/// Far more than any of them needs.
const PATIENCE: u64 = 400;

/// Runs seeds until one breaks the first of the `expected` invariants. It may break the others of them before, and
/// nothing else.
fn caught(trap: Trap, expected: &[Invariant]) {
    caught_in(&PLAN, trap, expected);
}

fn caught_in(plan: &Plan, trap: Trap, expected: &[Invariant]) {
    for seed in 1..=PATIENCE {
        let ended = simulate_as(plan, seed, Some(trap));
        if ended.violations.is_empty() {
            continue;
        }
        let broken: Vec<String> = ended.violations.iter().map(ToString::to_string).collect();
        let broken = broken.join("\n");
        assert!(
            ended.violations.iter().any(|violation| expected.contains(&violation.invariant)),
            "{trap:?} should break {expected:?}; seed={seed} broke\n{broken}"
        );
        if ended.violations.iter().any(|violation| violation.invariant == expected[0]) {
            return;
        }
    }
    panic!("nobody noticed {trap:?} in {PATIENCE} seeds");
}

#[test]
fn s1_importing_only_what_was_seen_to_complete() {
    caught(Trap::S1, &[I7]);
}

#[test]
fn s2_taking_a_begun_import_for_done() {
    caught(Trap::S2, &[I1]);
}

#[test]
fn s3_firing_from_memory() {
    caught_in(&CLOCKED, Trap::S3, &[I16]);
}

#[test]
fn s4_promising_work_that_is_only_in_memory() {
    caught(Trap::S4, &[I7]);
}

#[test]
fn s5_beginning_anew_after_each_time_limit() {
    caught(Trap::S5, &[I7]);
}

#[test]
fn s6_blocking_an_id_for_ever() {
    caught(Trap::S6, &[I4]);
}

#[test]
fn s7_deleting_at_the_vendor_without_a_record() {
    // What no command records is noticed as well.
    caught(Trap::S7, &[I4, I5]);
}

#[test]
fn s8_adopting_what_was_created_here() {
    caught(Trap::S8, &[I3]);
}

#[test]
fn s9_ending_a_sweep_at_a_name_that_is_taken() {
    caught(Trap::S9, &[I1]);
}

#[test]
fn s10_taking_an_unknown_word_for_a_failure() {
    caught(Trap::S10, &[I6]);
}

#[test]
fn s11_asking_for_every_scan_by_itself() {
    caught(Trap::S11, &[I14]);
}

#[test]
fn s12_overwriting_the_vendor_s_state_with_our_own() {
    caught(Trap::S12, &[I6]);
}

#[test]
fn s13_starting_scans_for_a_deactivated_company() {
    caught(Trap::S13, &[I5]);
}
