//! The hub's place on this machine: a private folder with the settings file, the master key, the database (unless it
//! is elsewhere) and the spool. One hub process at a time holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use scanhelm_hub::system::SystemIds;
use scanhelm_hub::vault::Vault;
use scanhelm_hub::{Hub, Parts};
use scanhelm_store::{Store, StoreOptions};

use crate::exit::explained;
use crate::settings::{self, Flag, Loaded, Problems};

/// Which installation is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// Folder of the hub: database, master key, settings file
    #[arg(long, value_name = "DIR", env = "SCANHELM_DATA", default_value = "scanhelm-data")]
    pub(crate) data: PathBuf,
    /// Settings file; without it scanhelm.toml in the data folder or in the working folder is read
    #[arg(long, value_name = "FILE", env = "SCANHELM_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Address of a PostgreSQL database; a password in it is safer in the environment (DATABASE_URL)
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Place {
    /// The settings in force, with further flags on top.
    pub(crate) fn settings(&self, mut flags: Vec<Flag>) -> Result<Loaded, Problems> {
        if let Some(url) = &self.database_url {
            flags.push(Flag { setting: "database.url", flag: "--database-url", text: url.clone() });
        }
        settings::load(&self.data, self.config.as_deref(), &flags)
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallationError {
    #[error("the data folder {path} cannot be used: {cause}. Choose another one with --data")]
    Folder { path: String, cause: io::Error },
    #[error(
        "the data folder {path} is in use by another hub{holder}. Stop that one, or give this one a folder of its own \
         with --data"
    )]
    Held { path: String, holder: String },
    #[error("the hub cannot start: {0}")]
    Hub(String),
}

/// A data folder that exists.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

/// Holds the folder for this process; the operating system gives it back however the process ends.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Held {
    /// Leaves word where this process listens, for `doctor`.
    pub(crate) fn listens_at(&mut self, url: &str) -> io::Result<()> {
        writeln!(self.0, "{url}")
    }
}

/// What a holder left word of. Only a help to find it: the lock itself decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) pid: Option<u32>,
    pub(crate) url: Option<String>,
}

impl Holder {
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        if file.read_to_string(&mut text).is_err() {
            return Self::default();
        }
        let mut lines = text.lines();
        Self { pid: lines.next().and_then(|pid| pid.parse().ok()), url: lines.next().map(str::to_owned) }
    }
}

impl DataFolder {
    /// Makes the folder when it is missing, for its owner only.
    pub(crate) fn open(path: &Path) -> Result<Self, InstallationError> {
        let failed = |cause| InstallationError::Folder { path: path.display().to_string(), cause };
        if !path.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
            // The umask may have taken more away, never less.
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        path.canonicalize().map(Self).map_err(failed)
    }

    /// The folder, when it is there.
    pub(crate) fn existing(path: &Path) -> Option<Self> {
        path.is_dir().then(|| path.canonicalize().ok()).flatten().map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The hub process that holds the folder now.
    pub(crate) fn holder(&self) -> Option<Holder> {
        let mut file = File::open(self.lock_file()).ok()?;
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| Holder::read(&mut file))
    }

    /// Takes the folder for this process.
    pub(crate) fn hold(&self) -> Result<Held, InstallationError> {
        let path = self.lock_file();
        let failed = |cause| InstallationError::Folder { path: path.display().to_string(), cause };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = Holder::read(&mut file).pid;
                let holder = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                return Err(InstallationError::Held { path: self.0.display().to_string(), holder });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Held(file))
    }

    /// Address of the database: the one that is set, or a file in the folder.
    pub(crate) fn store_options(&self, values: &settings::Values) -> StoreOptions {
        let url = match values.database.url.exposed() {
            Some(url) => url.to_owned(),
            None => format!("sqlite://{}", self.0.join("scanhelm.db").display()),
        };
        StoreOptions { url, readers: values.database.readers }
    }

    /// Opens the database (bringing it to this version) and puts the hub together. Starts no loop.
    pub(crate) async fn hub(&self, values: &settings::Values) -> Result<Hub, InstallationError> {
        let refused = |error: scanhelm_core::Error| InstallationError::Hub(explained(&error));
        let vault = Vault::open(&self.0).map_err(refused)?;
        let store = Store::open(&self.store_options(values)).await.map_err(refused)?;
        let clock = scanhelm_hub::database_clock::clock_of(&store).await.map_err(refused)?;
        Ok(Hub::new(Parts {
            store,
            clock,
            ids: Arc::new(SystemIds),
            settings: values.hub(self.0.clone()),
            vault,
            network: values.network.allow.policy.clone(),
        }))
    }

    /// Leaves the set-up address where only the owner of the folder finds it.
    pub(crate) fn write_setup_url(&self, url: &str) -> Result<(), InstallationError> {
        let path = self.setup_url();
        let failed = |cause| InstallationError::Folder { path: path.display().to_string(), cause };
        self.remove_setup_url().map_err(failed)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        writeln!(file, "{url}").map_err(failed)
    }

    /// Used or out of date.
    pub(crate) fn remove_setup_url(&self) -> io::Result<()> {
        match fs::remove_file(self.setup_url()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("scanhelm.lock")
    }

    fn setup_url(&self) -> PathBuf {
        self.0.join("setup-url")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_private_and_held_by_one() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&parent.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let mut held = folder.hold().unwrap();
        let error = folder.hold().unwrap_err().to_string();
        assert!(error.contains("a/b") && error.contains(&format!("process {}", std::process::id())), "{error}");
        held.listens_at("http://127.0.0.1:1").unwrap();
        let holder = Holder { pid: Some(std::process::id()), url: Some("http://127.0.0.1:1".to_owned()) };
        assert_eq!(folder.holder(), Some(holder));
        drop(held);
        assert_eq!(folder.holder(), None);
        folder.hold().unwrap();
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(DataFolder::open(&file), Err(InstallationError::Folder { .. })));
    }

    #[test]
    fn the_set_up_address_is_private_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap();
        folder.write_setup_url("http://127.0.0.1:1/setup?token=a").unwrap();
        folder.write_setup_url("http://127.0.0.1:1/setup?token=b").unwrap();
        assert_eq!(fs::metadata(folder.setup_url()).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::read_to_string(folder.setup_url()).unwrap().ends_with("token=b\n"));
        folder.remove_setup_url().unwrap();
        folder.remove_setup_url().unwrap();
    }
}
