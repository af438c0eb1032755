//! Where scanners get their private folders: for one start each, gone with it.
//!
//! SIGKILL leaves nobody who could remove them, and what scanners wrote there tells of the source. So a program that goes
//! on scanning makes all of them below one folder that it holds a lock on. The lock goes with the process, however that
//! ends: who gets it knows that nobody needs the folder any more.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::fcntl::OFlag;
use tempfile::{Builder, TempDir};

use crate::process::end_those_at_home_in;

const HELD: &str = "scanhelm-hub-";
const PREFIX: &str = "scanhelm-";

/// The place for them.
#[derive(Debug)]
pub struct PrivateFolders(Place);

#[derive(Debug)]
enum Place {
    Within(PathBuf),
    /// Below a folder in this one, which is made when it is first needed.
    Held(PathBuf, Mutex<Option<HeldFolder>>),
}

impl Default for PrivateFolders {
    /// The folder for temporary files, for programs that end soon.
    fn default() -> Self {
        Self::within(std::env::temp_dir())
    }
}

impl PrivateFolders {
    /// A folder of the caller, who sees to it that nothing stays there.
    #[must_use]
    pub const fn within(folder: PathBuf) -> Self {
        Self(Place::Within(folder))
    }

    /// For a program that goes on scanning. What it leaves when it is killed is removed by [`remove_abandoned`].
    #[must_use]
    pub fn held() -> Self {
        Self::held_in(std::env::temp_dir())
    }

    const fn held_in(folder: PathBuf) -> Self {
        Self(Place::Held(folder, Mutex::new(None)))
    }

    /// Readable by nobody else, gone with its owner.
    pub(crate) fn make(&self) -> io::Result<TempDir> {
        match &self.0 {
            Place::Within(parent) => private_folder(parent, PREFIX),
            Place::Held(parent, held) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                // Somebody may have tidied up.
                let held = match held.take().filter(HeldFolder::is_there) {
                    Some(there) => held.insert(there),
                    None => held.insert(HeldFolder::new(parent)?),
                };
                private_folder(held.folder.path(), PREFIX)
            }
        }
    }
}

/// A folder in this one, gone with its owner, that nobody else can read: by itself `tempfile` leaves that to the umask.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    Builder::new().prefix(prefix).permissions(Permissions::from_mode(0o700)).tempdir_in(parent)
}

/// Its lock ends with it.
#[derive(Debug)]
struct HeldFolder {
    folder: TempDir,
    lock: File,
}

impl HeldFolder {
    /// Other users may go through it to what is theirs, and cannot list it.
    fn new(parent: &Path) -> io::Result<Self> {
        // Canonical, as scanned folders are.
        let parent = parent.canonicalize()?;
        loop {
            let folder = private_folder(&parent, HELD)?;
            // Until it is locked, another program that tidies up takes it for left over.
            let lock = match opened(folder.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            let (is_free, held) = (is_free(&lock)?, Self { folder, lock });
            if is_free && held.is_there() {
                held.lock.set_permissions(Permissions::from_mode(0o711))?;
                return Ok(held);
            }
        }
    }

    fn is_there(&self) -> bool {
        let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let (named, locked) = (self.folder.path().symlink_metadata(), self.lock.metadata());
        named.is_ok_and(|named| locked.is_ok_and(|locked| place(named) == place(locked)))
    }
}

impl Drop for HeldFolder {
    /// What took its name is not ours to remove.
    fn drop(&mut self) {
        let is_gone = !self.is_there();
        self.folder.disable_cleanup(is_gone);
    }
}

/// Removes what programs left that are no more, ends what still runs there, and says how many folders there were. It
/// touches nothing that another user made or a running program holds. Blocks.
///
/// # Errors
/// When the folder for temporary files cannot be read.
pub fn remove_abandoned() -> io::Result<usize> {
    remove_abandoned_in(&std::env::temp_dir())
}

fn remove_abandoned_in(parent: &Path) -> io::Result<usize> {
    let entries = fs::read_dir(parent.canonicalize()?)?.flatten();
    let named = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(HELD.as_bytes()));
    Ok(named.filter(|entry| removed(&entry.path())).count())
}

fn removed(folder: &Path) -> bool {
    // What cannot be opened is a link, no folder, somebody else's, or gone.
    let Ok(lock) = opened(folder) else { return false };
    let is_ours = |metadata: fs::Metadata| metadata.uid() == nix::unistd::geteuid().as_raw();
    let removed = lock.metadata().and_then(|metadata| {
        let abandoned = is_ours(metadata) && is_free(&lock)?;
        if abandoned {
            end_those_at_home_in(folder);
            fs::remove_dir_all(folder)?;
        }
        Ok(abandoned)
    });
    removed.unwrap_or_else(|error| {
        tracing::warn!(folder = %folder.display(), %error, "what a killed program left cannot be removed");
        false
    })
}

/// Waits for nothing and follows no link: anybody can put anything into the folder for temporary files.
fn opened(folder: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags((OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits()).open(folder)
}

/// From now on it is not.
fn is_free(lock: &File) -> io::Result<bool> {
    match lock.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::{chown, symlink};
    use std::process::{Child, Command};

    use super::*;

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// As one that was killed leaves it, with a file of a scanner.
    fn abandoned(parent: &Path) -> PathBuf {
        let folder = Builder::new().prefix(HELD).tempdir_in(parent).unwrap().keep();
        fs::create_dir(folder.join("scanhelm-work")).unwrap();
        fs::write(folder.join("scanhelm-work/report"), "{}").unwrap();
        folder
    }

    fn living_in(home: &Path) -> Child {
        let child = Command::new("sleep").arg("300").env("HOME", home).spawn().unwrap();
        // Linux lets the parent go on before the child's new environment is in its place.
        while fs::read(format!("/proc/{}/environ", child.id())).unwrap().is_empty() {
            std::thread::yield_now();
        }
        child
    }

    #[test]
    fn what_a_killed_program_left_is_removed_and_what_running_ones_hold_is_not() {
        let place = TempDir::new().unwrap();
        let parent = place.path().canonicalize().unwrap();
        let (one, other) = (PrivateFolders::held_in(parent.clone()), PrivateFolders::held_in(parent.clone()));
        assert_eq!(names(&parent), BTreeSet::new(), "nothing is made before it is needed");
        let (first, second, third) = (one.make().unwrap(), one.make().unwrap(), other.make().unwrap());
        assert_eq!(names(&parent).len(), 2, "one folder a program");
        assert_eq!(first.path().parent(), second.path().parent());
        let mode = |folder: &Path| fs::metadata(folder).unwrap().mode() & 0o777;
        assert_eq!((mode(first.path().parent().unwrap()), mode(first.path())), (0o711, 0o700));
        let held = names(&parent);

        let left = abandoned(&parent);
        let mut orphan = living_in(&left.join("scanhelm-work"));
        let mut running = living_in(first.path());
        assert_eq!(remove_abandoned_in(&parent).unwrap(), 1);
        assert!(!orphan.wait().unwrap().success(), "it was ended");
        assert!(running.try_wait().unwrap().is_none(), "another program's scanner was ended");
        running.kill().unwrap();
        running.wait().unwrap();
        assert_eq!(names(&parent), held);
        assert!([&first, &second, &third].into_iter().all(|folder| folder.path().is_dir()));

        drop((first, second, third, one));
        assert_eq!(names(&parent).len(), 1, "a program that ends leaves nothing");
        drop(other);
        assert_eq!((remove_abandoned_in(&parent).unwrap(), names(&parent)), (0, BTreeSet::new()));
    }

    /// Anybody can make files of that name in `/tmp`.
    #[test]
    fn links_other_things_and_other_users_folders_are_left_alone() {
        let (place, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let parent = place.path().canonicalize().unwrap();
        fs::write(elsewhere.path().join("kept"), "").unwrap();
        let named = |name: &str| parent.join(format!("{HELD}{name}"));
        symlink(elsewhere.path(), named("link")).unwrap();
        fs::write(named("file"), "").unwrap();
        nix::unistd::mkfifo(&named("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::create_dir(parent.join("scanhelm-hubbub")).unwrap();
        if nix::unistd::geteuid().is_root() {
            fs::create_dir(named("stranger")).unwrap();
            fs::write(named("stranger").join("kept"), "").unwrap();
            chown(named("stranger"), Some(65534), Some(65534)).unwrap();
        } else {
            eprintln!("only root can make a folder of another user: that part did not run");
        }
        let planted = names(&parent);
        // One of ours that leads elsewhere goes, and what it leads to stays.
        symlink(elsewhere.path(), abandoned(&parent).join("scanhelm-work/out")).unwrap();
        assert_eq!(remove_abandoned_in(&parent).unwrap(), 1);
        assert_eq!(names(&parent), planted);
        assert_eq!(names(elsewhere.path()).len(), 1);
        assert!(planted.iter().all(|name| !name.ends_with("stranger")) || named("stranger").join("kept").exists());
    }

    #[test]
    fn a_folder_that_was_tidied_away_is_made_anew_and_what_took_its_name_is_not_used() {
        let (place, trap) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let folders = PrivateFolders::held_in(place.path().to_owned());
        let first = folders.make().unwrap();
        let held = first.path().parent().unwrap().to_owned();
        fs::remove_dir_all(&held).unwrap();
        symlink(trap.path(), &held).unwrap();
        let second = folders.make().unwrap();
        assert_ne!(second.path().parent().unwrap(), held);
        assert_eq!(names(trap.path()), BTreeSet::new());
        drop((second, folders));
        assert_eq!(names(place.path()).len(), 1, "the link stays, and nothing else does");
    }
}
