//! Which places of this machine the hub may look at.
//!
//! A scan reads whatever lies below its target and shows parts of it to everybody who may see findings. So nothing is
//! scanned that the operator did not grant, and some places never, whatever is granted: what the machine and the hub
//! keep secret. The path is made canonical first, when a scan is created and again when it runs: a link that is put in
//! place between the two leads nowhere else.

use std::path::{Path, PathBuf};

use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};

use crate::Settings;

/// Not files: to read them is to act, or to show what runs here.
const NEVER_BELOW: &[&str] = &["/proc", "/sys", "/dev"];

/// Folders of keys.
const KEY_FOLDERS: &[&str] = &[".ssh", ".gnupg"];

#[derive(Clone, Debug)]
pub(crate) struct Roots {
    granted: Vec<PathBuf>,
    /// Neither they nor anything below or above is looked at.
    closed: Vec<PathBuf>,
    /// Folders with secrets among other things: neither they, nor files in them, nor anything above.
    guarded: Vec<PathBuf>,
}

impl Roots {
    pub(crate) fn of(settings: &Settings) -> Self {
        let canonical = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let keys = home.iter().flat_map(|home| KEY_FOLDERS.iter().map(|name| home.join(name)));
        let closed = NEVER_BELOW.iter().map(PathBuf::from).chain(keys);
        Self {
            granted: settings.local.allowed_roots.iter().filter_map(|root| root.canonicalize().ok()).collect(),
            closed: closed.chain([settings.data_dir.join("spool")]).map(canonical).collect(),
            // The keys and the database of the hub; the passwords of the machine.
            guarded: vec![canonical(settings.data_dir.clone()), PathBuf::from("/etc")],
        }
    }

    /// The canonical form of a path that may be looked at.
    pub(crate) fn allowed(&self, path: &Path) -> Result<PathBuf> {
        let shown = single_line(&path.to_string_lossy(), 300);
        let unavailable = |detail: String| Error::new(ErrorCode::TargetUnavailable, detail);
        let target = path.canonicalize().map_err(|error| {
            unavailable(format!("{shown} cannot be scanned: {error}. Check the path on the hub's machine."))
        })?;
        if !self.granted.iter().any(|root| target.starts_with(root)) {
            return Err(unavailable(format!(
                "{shown} is not below a folder that the hub may scan. The operator lists them in `[local] allowed_roots`."
            )));
        }
        match self.secret(&target) {
            Some(secret) => Err(unavailable(format!(
                "{shown} is never scanned, whatever `[local] allowed_roots` says: there are secrets of this machine in {}. \
                 Name a folder below or beside it.",
                secret.display()
            ))),
            None => Ok(target),
        }
    }

    /// The secret place that a scan of this target would look into.
    fn secret(&self, target: &Path) -> Option<PathBuf> {
        // Of a file the whole folder is given to scanners to work in.
        let folder = if target.is_dir() { target } else { target.parent().unwrap_or(target) };
        let holds = |secret: &&PathBuf| secret.starts_with(folder);
        let within = |secret: &&PathBuf| folder.starts_with(secret) || holds(secret);
        let keys = folder
            .ancestors()
            .find(|folder| folder.file_name().is_some_and(|name| KEY_FOLDERS.iter().any(|keys| name == *keys)));
        let closed = self.closed.iter().find(within).or_else(|| self.guarded.iter().find(holds)).cloned();
        closed.or_else(|| keys.map(Path::to_path_buf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(granted: &[&Path], data: &Path) -> Roots {
        let mut settings = Settings::new(data.to_owned());
        settings.local.allowed_roots = granted.iter().map(|path| path.to_path_buf()).collect();
        Roots::of(&settings)
    }

    #[test]
    fn nothing_is_looked_at_that_was_not_granted_and_no_link_leads_out() {
        let top = tempfile::tempdir().unwrap();
        let (granted, other) = (top.path().join("granted"), top.path().join("other"));
        for folder in [&granted, &other, &granted.join("shop")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::os::unix::fs::symlink(&other, granted.join("link")).unwrap();
        std::os::unix::fs::symlink(granted.join("shop"), other.join("back")).unwrap();
        let data = top.path().join("data");
        let refused = |roots: &Roots, path: &Path| roots.allowed(path).unwrap_err().detail;
        let none = refused(&roots(&[], &data), &granted);
        assert!(none.contains("`[local] allowed_roots`"), "{none}");
        let roots = roots(&[&granted], &data);
        assert!(refused(&roots, &granted.join("link")).contains("not below"));
        assert!(refused(&roots, &granted.join("shop/../../other")).contains("not below"));
        assert!(refused(&roots, &granted.join("absent")).contains("cannot be scanned"));
        let shop = granted.join("shop").canonicalize().unwrap();
        assert_eq!(
            roots.allowed(&other.join("back")).unwrap(),
            shop,
            "a link from elsewhere leads to what it leads to"
        );
    }

    #[test]
    fn no_grant_opens_a_secret_place() {
        let top = tempfile::tempdir().unwrap();
        let (data, keys) = (top.path().join("data"), top.path().join("home/.ssh"));
        for folder in [&data.join("spool"), &data.join("shop"), &keys.join("more")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(data.join("master.key"), "secret").unwrap();
        let roots = roots(&[Path::new("/")], &data);
        let secret = [&data, &data.join("master.key"), &data.join("spool"), top.path(), &keys, &keys.join("more")];
        let machine = ["/", "/proc", "/proc/self", "/sys", "/dev", "/etc", "/etc/passwd"].map(Path::new);
        for path in secret.into_iter().chain(machine) {
            let said = roots.allowed(path).map_err(|error| error.detail);
            assert!(said.as_ref().is_err_and(|said| said.contains("never scanned")), "{}: {said:?}", path.display());
        }
        assert!(roots.allowed(&data.join("shop")).is_ok(), "what is the hub's is closed, not what lies beside it");
    }
}
