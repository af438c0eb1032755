//! Streaming JSON. `cursor` walks a document and hands out single values; a [`Spool`] keeps a document so that it can
//! be walked twice, because JSON reports put what describes a record (rules, working folder, errors) before or behind

mod cursor;
pub(crate) mod records;
mod sequence;
mod surrogate;
pub(crate) mod value;

use std::collections::BTreeSet;

pub(crate) use cursor::{Captured, Cursor};
pub(crate) use sequence::Sequence;
use tempfile::SpooledTempFile;

use crate::error::ReadError;
use crate::options::Limits;
pub(crate) use crate::spool::Spool;

impl Spool {
    /// Walks the document from its beginning.
    pub(crate) fn cursor(&mut self, limits: &Limits) -> Result<Cursor<&mut SpooledTempFile>, ReadError> {
        Ok(Cursor::new(self.content()?, limits))
    }

    /// Walks the document a last time.
    pub(crate) fn into_cursor(self, limits: &Limits) -> Result<Cursor<SpooledTempFile>, ReadError> {
        Ok(Cursor::new(self.into_content()?, limits))
    }
}

/// The paths of keys in the beginning of a document, to five levels: `runs[].tool`.
pub(crate) fn outline(beginning: &[u8]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut cursor = Cursor::new(beginning, &Limits::default());
    // The beginning breaks off somewhere: what was seen until then counts.
    let _ = collect_paths(&mut cursor, "", 0, &mut paths);
    paths
}

fn collect_paths(
    cursor: &mut Cursor<&[u8]>,
    path: &str,
    level: usize,
    paths: &mut BTreeSet<String>,
) -> Result<(), ReadError> {
    const LEVELS: usize = 5;
    const KEPT: usize = 2000;
    match cursor.peek()? {
        Some(b'{') if level < LEVELS => {
            cursor.begin_object()?;
            while let Some(key) = cursor.next_key()? {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                if paths.len() < KEPT {
                    paths.insert(path.clone());
                }
                collect_paths(cursor, &path, level + 1, paths)?;
            }
        }
        Some(b'[') if level < LEVELS => {
            cursor.begin_array()?;
            let path = format!("{path}[]");
            while cursor.next_element()? {
                collect_paths(cursor, &path, level + 1, paths)?;
            }
        }
        _ => cursor.skip_value()?,
    }
    Ok(())
}
