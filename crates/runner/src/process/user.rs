//! Whom a scanner runs as. Scanners read code of strangers with parsers of their own; a hub that runs as root gives them
//! none of its rights.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Somebody else than whoever runs this program, which takes root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl User {
    /// `None`: this program runs as that user already.
    ///
    /// # Errors
    /// When there is no such user, or this program may not act for another one.
    pub fn named(name: &str) -> Result<Option<Self>, String> {
        let shown = scanhelm_core::text::single_line(name, 80);
        let found = nix::unistd::User::from_name(name)
            .map_err(|error| format!("the user `{shown}` cannot be looked up: {error}"))?
            .ok_or_else(|| format!("there is no user `{shown}` on this machine; make one or correct its name"))?;
        let own = nix::unistd::geteuid();
        if found.uid == own {
            return Ok(None);
        }
        if !own.is_root() {
            return Err(format!("only root can run scanners as `{shown}`; run the hub as root or as that user"));
        }
        Ok(Some(Self { name: found.name, uid: found.uid.as_raw(), gid: found.gid.as_raw() }))
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a process that is given this user has the rights of root.
    pub(crate) fn is_root(user: Option<&Self>) -> bool {
        user.map_or_else(|| nix::unistd::geteuid().is_root(), |user| user.uid == 0)
    }

    /// By the rights of the file and of the folders above it, without lists of access. What is not there is no matter of
    /// rights.
    pub(crate) fn may_read(&self, path: &Path) -> bool {
        const READ: u32 = 0o4;
        const ENTER: u32 = 0o1;
        self.may(path, READ) && path.ancestors().skip(1).all(|folder| self.may(folder, ENTER))
    }

    /// The bits are those of everybody; those of owner and group stand further left.
    fn may(&self, path: &Path, bits: u32) -> bool {
        let Ok(metadata) = path.metadata() else { return true };
        let shift = match (metadata.uid() == self.uid, metadata.gid() == self.gid) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 0,
        };
        metadata.mode() >> shift & bits == bits
    }

    /// With the user's own group and no other: a child that is given a user id loses the groups of its parent.
    pub(super) fn applied(&self, command: &mut std::process::Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// The folder with all that is in it. It is ours and private, so nothing in it leads elsewhere.
    pub(super) fn give(&self, folder: &Path) -> io::Result<()> {
        chown(folder, Some(self.uid), Some(self.gid))?;
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.give(&entry.path())?;
            } else if kind.is_file() {
                chown(entry.path(), Some(self.uid), Some(self.gid))?;
            }
        }
        Ok(())
    }
}
