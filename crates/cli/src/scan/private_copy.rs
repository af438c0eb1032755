//! Files of a repository, written out where nobody else can read them; gone when dropped, and when this program is killed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Child;

use tokio_util::sync::CancellationToken;

use super::git::{Git, GitError, TrackedFile, not_started};
use super::guard::Guard;

#[derive(Debug)]
pub(super) struct PrivateCopy {
    guard: Guard,
}

impl PrivateCopy {
    /// The files under the names that they have in the repository.
    pub(super) fn of(git: &Git, files: &[TrackedFile], cancel: &CancellationToken) -> Result<Self, GitError> {
        let copy = Self { guard: Guard::start()? };
        let mut reading = Reading(git.contents().spawn().map_err(not_started)?);
        let (Some(input), Some(output)) = (reading.0.stdin.take(), reading.0.stdout.take()) else {
            return Err(GitError::Interrupted);
        };
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut input = std::io::BufWriter::new(input);
                // When git ends early, the reader below says so.
                files.iter().try_for_each(|file| writeln!(input, "{}", file.object)).and_then(|()| input.flush())
            });
            let written = copy.write(files, BufReader::new(output), cancel);
            // Ends the thread, which may still be writing.
            reading.end();
            written
        })?;
        Ok(copy)
    }

    pub(super) fn folder(&self) -> &Path {
        self.guard.folder()
    }

    fn write(&self, files: &[TrackedFile], mut from: impl BufRead, cancel: &CancellationToken) -> Result<(), GitError> {
        for file in files {
            if cancel.is_cancelled() {
                return Err(GitError::Interrupted);
            }
            let mut line = String::new();
            from.read_line(&mut line)?;
            let size = match line.split_whitespace().collect::<Vec<_>>()[..] {
                [_, "blob", size] => size.parse::<u64>().ok(),
                _ => None,
            };
            let size = size.ok_or_else(|| GitError::MissingObject(file.object.clone()))?;
            let path = self.folder().join(&file.path);
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            let copied = std::io::copy(&mut from.by_ref().take(size), &mut File::create_new(path)?)?;
            let mut end = [0];
            from.read_exact(&mut end)?;
            if copied != size {
                return Err(GitError::MissingObject(file.object.clone()));
            }
        }
        Ok(())
    }
}

/// A process that does not outlive its reader.
struct Reading(Child);

impl Reading {
    fn end(&mut self) {
        // It has usually ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.end();
    }
}
