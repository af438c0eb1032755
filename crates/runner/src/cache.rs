//! What scanners said before, for files that have not changed.
//!
//! The key is everything that an answer depends on: the scanner with its version and program file, our own program, which
//! reads its report, its arguments and the settings that were written for it, the rules, and the content of every file
//! that is looked at; not where these files lie. What asks the network is never kept, and neither is what was told with arguments of the caller's own, which can
//! name files that are not in the key. An entry that cannot be read is no answer, and nothing here fails a scan.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use scanhelm_core::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::report::Read;
use crate::target::SourceTree;

/// Entries that were not asked for in this time are removed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Of one answer.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Of all files that are looked at: to digest more takes longer than many a scanner.
const MOST_TREE_BYTES: u64 = 1024 * 1024 * 1024;

/// A folder of answers, readable by nobody else: they quote source code.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    now: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub read: Read,
    pub exit_code: i32,
}

impl Cache {
    #[must_use]
    pub const fn new(folder: PathBuf, now: Timestamp) -> Self {
        Self { folder, now }
    }

    /// What was put there, from its JSON.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let path = self.place(key);
        let file = File::open(&path).ok()?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        let answer = serde_json::from_slice(&bytes).ok()?;
        // In use, so not to be removed; where that cannot be noted it is found again or not.
        let _ = File::open(&path).and_then(|file| file.set_modified(self.now()));
        Some(answer)
    }

    /// As JSON, in one step: a reader never sees half an answer.
    pub(crate) fn put(&self, key: &Key, answer: &impl Serialize) {
        let written = || -> io::Result<()> {
            let path = self.place(key);
            let folder = path.parent().unwrap_or(&self.folder);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
            serde_json::to_writer(&mut file, answer)?;
            file.into_inner()?.persist(&path)?;
            Ok(())
        };
        if let Err(error) = written() {
            tracing::debug!(%error, folder = %self.folder.display(), "an answer was not kept");
        }
    }

    /// Removes what nobody asked for in a long time.
    pub(crate) fn tidy_up(&self) {
        let now = self.now();
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let old = |modified: SystemTime| now.duration_since(modified).is_ok_and(|age| age > KEPT);
            if modified.is_ok_and(old) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.now.as_millis().try_into().unwrap_or_default())
    }

    fn place(&self, key: &Key) -> PathBuf {
        let (folder, name) = key.0.split_at_checked(2).unwrap_or(("", &key.0));
        self.folder.join(folder).join(name)
    }
}

/// Everything that an answer depends on, as one digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

/// Gathers a key, part by part; no part can run into the next.
#[derive(Clone, Debug)]
pub(crate) struct Digested(Sha256);

impl Digested {
    pub(crate) fn new() -> Self {
        let mut digested = Self(Sha256::new());
        digested.add(concat!("scanhelm-local-answer/1 ", env!("CARGO_PKG_VERSION")).as_bytes());
        digested
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// Of a program its place, length and time: its content may be a hundred megabytes.
    pub(crate) fn add_program(&mut self, path: &Path) -> io::Result<()> {
        let metadata = path.metadata()?;
        self.add(path.as_os_str().as_bytes());
        let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        self.add(format!("{} {seconds} {nanoseconds}", metadata.len()).as_bytes());
        Ok(())
    }

    /// A file by its content, a folder by all files in it, under the name that they have there.
    pub(crate) fn add_files(&mut self, path: &Path) -> io::Result<()> {
        if !path.is_dir() {
            return self.add_content(path);
        }
        let mut names: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        names.sort_unstable();
        for path in names {
            self.add(path.file_name().unwrap_or_default().as_bytes());
            self.add_files(&path)?;
        }
        Ok(())
    }

    /// Every file that is looked at, by its name within the tree.
    pub(crate) fn add_tree(&mut self, tree: &SourceTree) -> io::Result<()> {
        self.add(tree.repository().as_bytes());
        let sizes = tree.files().iter().map(|file| Ok(tree.root().join(file).metadata()?.len()));
        if sizes.sum::<io::Result<u64>>()? > MOST_TREE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        for file in tree.files() {
            self.add(file.as_os_str().as_bytes());
            self.add_content(&tree.root().join(file))?;
        }
        Ok(())
    }

    fn add_content(&mut self, path: &Path) -> io::Result<()> {
        let mut content = Sha256::new();
        io::copy(&mut File::open(path)?, &mut Hashing(&mut content))?;
        self.add(&content.finalize());
        Ok(())
    }

    pub(crate) fn key(self) -> Key {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        Key(text)
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(problem: &str) -> Answer {
        let read = Read { problems: vec![problem.to_owned()], ..Read::default() };
        Answer { read, exit_code: 1 }
    }

    #[test]
    fn an_answer_is_found_again_and_goes_when_nobody_asks_for_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let at = |now: SystemTime| {
            let millis = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
            Cache::new(folder.path().join("not/there/yet"), Timestamp::from_millis(millis.try_into().unwrap()))
        };
        let cache = at(SystemTime::UNIX_EPOCH);
        let (mut one, mut other) = (Digested::new(), Digested::new());
        one.add(b"ab");
        one.add(b"c");
        other.add(b"a");
        other.add(b"bc");
        let (one, other) = (one.key(), other.key());
        let get = |cache: &Cache, key: &Key| cache.get::<Answer>(key);
        assert!(get(&cache, &one).is_none());
        cache.put(&one, &answer("seen"));
        assert_eq!(get(&cache, &one).unwrap().read.problems, ["seen"]);
        assert!(get(&cache, &other).is_none(), "parts do not run into each other");

        // The time at which it was written is the file system's.
        let written = fs::metadata(cache.place(&one)).unwrap().modified().unwrap();
        at(written + KEPT - Duration::from_secs(60)).tidy_up();
        assert!(get(&at(written), &one).is_some());
        at(written + KEPT + Duration::from_secs(60)).tidy_up();
        assert!(get(&cache, &one).is_none());
    }

    #[test]
    fn half_an_answer_is_none() {
        let folder = tempfile::TempDir::new().unwrap();
        let cache = Cache::new(folder.path().to_path_buf(), Timestamp::from_seconds(1));
        let key = Digested::new().key();
        cache.put(&key, &answer("seen"));
        let path = cache.place(&key);
        let text = fs::read(&path).unwrap();
        fs::write(&path, text.get(..text.len() / 2).unwrap()).unwrap();
        assert!(cache.get::<Answer>(&key).is_none());
    }
}
