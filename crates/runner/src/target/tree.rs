//! A source tree: a folder or a file, in one spelling.
//!
//! A scanner that is given a missing folder calls it clean, so the target is looked at first. Then it is made
//! canonical: however a caller spells it (`.`, `./x/../x`, through a link, with a trailing slash) the same scanner
//! gets the same arguments in the same working directory, and the records the same paths.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::TargetError;
use crate::files::{self, Listing};
use crate::process::User;
use crate::repository;

/// A folder, or one file in a folder, that exists and can be read.
#[derive(Debug)]
pub struct SourceTree {
    root: PathBuf,
    file: Option<OsString>,
    repository: String,
    /// Listed once for all scanners.
    listing: OnceLock<Listing>,
}

/// The same place under the same name, whether or not its files have been listed.
impl PartialEq for SourceTree {
    fn eq(&self, other: &Self) -> bool {
        (&self.root, &self.file, &self.repository) == (&other.root, &other.file, &other.repository)
    }
}

impl Eq for SourceTree {}

impl SourceTree {
    /// Looks at the target. `repository` overrides the name that is otherwise found; see [`SourceTree::repository`].
    ///
    /// # Errors
    /// When there is nothing there that can be scanned.
    pub fn resolve(path: &Path, repository: Option<&str>) -> Result<Self, TargetError> {
        let shown = || scanhelm_core::text::single_line(&path.to_string_lossy(), 300);
        let unreadable = |cause| TargetError::Unreadable { path: shown(), cause };
        let canonical = path.canonicalize().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound if shown().contains("://") => TargetError::Address(shown()),
            io::ErrorKind::NotFound => TargetError::Missing(shown()),
            _ => unreadable(cause),
        })?;
        let metadata = canonical.metadata().map_err(unreadable)?;
        let (root, file) = if metadata.is_dir() {
            std::fs::read_dir(&canonical).map_err(unreadable)?;
            (canonical, None)
        } else if metadata.is_file() {
            std::fs::File::open(&canonical).map_err(unreadable)?;
            match (canonical.parent(), canonical.file_name()) {
                (Some(parent), Some(name)) => (parent.to_path_buf(), Some(name.to_owned())),
                _ => return Err(TargetError::Special(shown())),
            }
        } else {
            return Err(TargetError::Special(shown()));
        };
        let repository = repository.map_or_else(|| repository::name_of(&root), str::to_owned);
        Ok(Self { root, file, repository, listing: OnceLock::new() })
    }

    /// The scanned folder, or the folder of the scanned file. Paths in records are relative to it.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The name of the asset that findings belong to. In a git repository with an `origin`, the origin's host and
    /// path, and the folder within the repository: `github.com/acme/shop/services/cart`. It is the same in every
    /// clone, and holds no credentials. Without an origin, the name of the repository's folder takes the place of
    /// host and path; without a repository, the name of the scanned folder is all there is.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// As the argument of a scanner whose working directory is the root: it begins with `.`, so that no name can be
    /// taken for an option.
    pub(crate) fn argument(&self) -> OsString {
        match &self.file {
            None => ".".into(),
            Some(name) => argument(Path::new(name)),
        }
    }

    /// The files to look at, relative to the root and in order. Walks the tree when first asked.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.listing().files
    }

    /// What is neither file nor folder, nor leads to one.
    pub(crate) fn special(&self) -> &[PathBuf] {
        &self.listing().special
    }

    pub(crate) fn unreadable_folders(&self) -> &[PathBuf] {
        &self.listing().unreadable_folders
    }

    fn listing(&self) -> &Listing {
        self.listing.get_or_init(|| match &self.file {
            Some(name) => Listing { files: vec![PathBuf::from(name)], ..Listing::default() },
            None => files::listing(&self.root),
        })
    }

    /// By the user that scanners run as, or by this program.
    pub(crate) fn is_readable(&self, file: &Path, user: Option<&User>) -> bool {
        let path = self.root.join(file);
        match user {
            Some(user) => user.may_read(&path),
            None => nix::unistd::access(&path, nix::unistd::AccessFlags::R_OK).is_ok(),
        }
    }
}

/// As an argument: it begins with `./`, so that no name can be taken for an option.
pub(crate) fn argument(file: &Path) -> OsString {
    Path::new(".").join(file).into_os_string()
}
