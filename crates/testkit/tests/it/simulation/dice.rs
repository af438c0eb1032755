//! Everything that is chance or time in a simulation: one seed, one clock that moves when told, ids that count.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scanhelm_core::{Clock, Ids, Timestamp};
use scanhelm_hub::system::Chance;
use uuid::Uuid;

/// A stream of numbers that a seed decides (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Streams of one seed with different names are independent.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03));
        dice.next();
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// `0..bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    pub(crate) fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.below(of.len())])
    }

    pub(crate) fn seconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_secs(from + self.next() % (to - from + 1))
    }

    /// One of the weighted choices.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *choice,
            }
        }
        choices[choices.len() - 1].1
    }
}

/// Time that stands still until someone moves it. All hubs and vendors of a simulation share it.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock(Arc<AtomicI64>);

/// 2026-09-21T14:13:20Z.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_seconds(1_790_000_000);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(BEGINNING.as_millis())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Never back.
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// UUIDv7 in form and order: the virtual time, then a counter.
#[derive(Debug)]
pub(crate) struct CountingIds {
    clock: VirtualClock,
    count: AtomicU64,
}

impl CountingIds {
    pub(crate) fn new(clock: VirtualClock) -> Self {
        Self { clock, count: AtomicU64::new(0) }
    }
}

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let millis = u128::from(self.clock.now().as_millis().cast_unsigned());
        let count = u128::from(self.count.fetch_add(1, Ordering::SeqCst));
        // 48 bits of time, version 7, variant 2.
        Uuid::from_u128(millis << 80 | 7 << 76 | 2 << 62 | count)
    }
}

#[derive(Debug)]
pub(crate) struct SeededChance(Mutex<Dice>);

impl SeededChance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Dice::new(seed, 3)))
    }
}

impl Chance for SeededChance {
    fn uniform(&self) -> f64 {
        f64::from(u32::try_from(self.0.lock().unwrap().next() >> 32).unwrap()) / f64::from(u32::MAX)
    }

    fn token(&self) -> String {
        let mut dice = self.0.lock().unwrap();
        format!("{:016x}{:016x}", dice.next(), dice.next())
    }
}
