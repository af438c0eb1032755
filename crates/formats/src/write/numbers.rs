//! Numbers for what is told apart by its name, in the order of the first meeting.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

/// Keeps a digest and not the name, so that it grows by a few dozen bytes for each different name, however long.
#[derive(Debug, Default)]
pub(super) struct Numbers(HashMap<Key, u32>);

impl Numbers {
    /// The number of this name, and whether it is new.
    pub(super) fn of(&mut self, name: &[&str]) -> (u32, bool) {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let number = *self.0.entry(key(name.iter().map(|part| part.as_bytes()))).or_insert(next);
        (number, number == next)
    }
}

/// Remembers what came lately, so that most of what repeats need not be written and sorted. Whoever asks must bear
/// that something comes again.
#[derive(Debug, Default)]
pub(super) struct Recent(HashSet<Key>);

impl Recent {
    const MOST: usize = 100_000;

    pub(super) fn is_new(&mut self, name: &[u8]) -> bool {
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(key([name]))
    }
}

type Key = [u8; 16];

fn key<'a>(name: impl IntoIterator<Item = &'a [u8]>) -> Key {
    let mut hash = Sha256::new();
    for part in name {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(hash.finalize().iter()) {
        *to = *from;
    }
    key
}
