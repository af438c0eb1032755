//! Repeatable chance.
//!
//! Everything a simulated vendor invents (ids, hosts, findings, whether a fault strikes) is a pure function of the
//! seed and of what it is for. No generator is carried around, so the answer to one question never depends on which
//! questions were asked before it, and two simulators with one seed agree whatever the order of their requests.

/// A point in the tree of all decisions; [`Draw::with`] walks to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Draw(scramble(seed))
    }

    pub(crate) fn with(self, number: u64) -> Self {
        Draw(scramble(self.0 ^ scramble(number)))
    }

    pub(crate) fn of(self, label: &str) -> Self {
        label.bytes().fold(self, |draw, byte| draw.with(u64::from(byte) | 0x100))
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(self, bound: u64) -> u64 {
        self.0.checked_rem(bound).unwrap_or(0)
    }

    /// True with the given probability.
    pub(crate) fn chance(self, probability: f64) -> bool {
        (self.0 >> 11) as f64 / ((1_u64 << 53) as f64) < probability
    }

    pub(crate) fn pick<T>(self, choices: &[T]) -> Option<&T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }

    /// `length` lower-case hexadecimal digits.
    pub(crate) fn hex(self, length: usize) -> String {
        let mut digits = String::with_capacity(length + 16);
        let mut block = 0;
        while digits.len() < length {
            digits.push_str(&format!("{:016x}", self.with(block).value()));
            block += 1;
        }
        digits.truncate(length);
        digits
    }

    /// The shape of a random UUID (version 4).
    pub(crate) fn uuid(self) -> String {
        let (high, low) = (self.with(0).value(), self.with(1).value());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The finaliser of splitmix64.
fn scramble(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
