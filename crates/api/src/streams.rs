//! How many event streams a caller holds open. Each costs a connection and a task; a page that opens them in a loop
//! must not take those of everyone else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scanhelm_core::permission::Actor;

#[derive(Clone, Debug)]
pub(crate) struct Streams {
    open: Arc<Mutex<HashMap<Actor, usize>>>,
    most: usize,
}

impl Streams {
    pub(crate) fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// A place for one stream, given back when it is dropped; `None` when the caller has all of theirs.
    pub(crate) fn open(&self, actor: Actor) -> Option<Place> {
        let mut open = self.lock();
        let count = open.entry(actor).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { streams: self.clone(), actor })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Actor, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(crate) struct Place {
    streams: Streams,
    actor: Actor,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.streams.lock().entry(self.actor) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use scanhelm_core::ids::UserId;

    use super::*;

    #[test]
    fn places_are_counted_per_caller_and_given_back() {
        let streams = Streams::new(2);
        let ann = Actor::User(UserId(uuid::Uuid::from_u128(1)));
        let bob = Actor::User(UserId(uuid::Uuid::from_u128(2)));
        let first = streams.open(ann).unwrap();
        let _second = streams.open(ann).unwrap();
        assert!(streams.open(ann).is_none());
        let other = streams.open(bob);
        assert!(other.is_some());
        drop(first);
        assert!(streams.open(ann).is_some());
        drop(other);
        assert_eq!(streams.lock().len(), 1);
    }
}
