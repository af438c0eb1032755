//! Words that look as if nobody had chosen them.

use std::ops::Range;

const LEAST: usize = 20;
const LONGEST_WORD: usize = 16;
/// Bits a letter. What is random and of this length has more; a repeated pattern has less.
const LEAST_ENTROPY: f64 = 2.9;

pub(super) fn random_text(text: &str) -> Option<Range<usize>> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter);
    let mut start = 0;
    for run in text.split(|letter: char| !is_part(letter)) {
        if is_random(run) {
            return Some(start..start + run.len());
        }
        start += run.len();
        start += text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    None
}

fn is_random(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
    run.len() >= LEAST
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !run.split(['+', '/', '=', '_', '-']).all(is_word)
        && entropy(run) >= LEAST_ENTROPY
}

/// As names and numbers are: `CVE`, `2021`, `config`, `sha256`.
fn is_word(piece: &str) -> bool {
    let letters = piece.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = piece.len() - letters.len();
    letters.len() <= LONGEST_WORD
        && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && digits <= if letters.is_empty() { 8 } else { 3 }
}

fn entropy(run: &str) -> f64 {
    let mut counts = [0_u32; 128];
    for byte in run.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = run.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}
