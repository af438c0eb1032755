//! What was handed out of a report that says the same several times: once for each path, watch or view.

use std::collections::HashSet;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::scanner_ref;
use sha2::{Digest, Sha256};

use crate::options::Limits;

pub(crate) struct Seen {
    known: HashSet<[u8; 16]>,
    most: usize,
}

impl Seen {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { known: HashSet::new(), most: limits.max_context / size_of::<[u8; 16]>() / 2 }
    }

    /// Whether nothing that is known by the same came before.
    ///
    /// # Errors
    /// When the report holds more than memory is given for.
    pub(crate) fn is_new(&mut self, finding: &FindingRecord) -> Result<bool, String> {
        let digest = Sha256::digest(scanner_ref(finding, 0).as_bytes());
        let mut key = [0; 16];
        key.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        if self.known.contains(&key) {
            return Ok(false);
        }
        if self.known.len() >= self.most {
            return Err("the report holds more findings than can be kept apart".to_owned());
        }
        Ok(self.known.insert(key))
    }
}
