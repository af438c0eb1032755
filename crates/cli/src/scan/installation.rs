//! Where the scanners of a command are looked for, and which there are besides those that come with Scanhelm.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Args;
use scanhelm_runner::{Availability, Discovery, OwnScanners};

use crate::exit::{self, Exit};

#[derive(Args, Debug)]
pub(crate) struct Installation {
    /// Folder with scanner programs, searched before PATH; repeat for several
    #[arg(long = "scanner-dir", value_name = "DIR", env = "SCANHELM_LOCAL_TOOL_PATHS", value_delimiter = ',')]
    folders: Vec<PathBuf>,
    /// Program of a scanner, as ID=PATH; repeat for several
    #[arg(long = "program", value_name = "ID=PATH", env = "SCANHELM_PROGRAMS", value_delimiter = ',', value_parser = program)]
    programs: Vec<(String, PathBuf)>,
    /// File that defines scanners of your own, instead of scanhelm/scanners.toml in ~/.config; repeat for several
    #[arg(long = "scanners-file", value_name = "FILE", env = "SCANHELM_LOCAL_SCANNER_FILES", value_delimiter = ',')]
    files: Vec<PathBuf>,
    /// What the files say; they are read once.
    #[arg(skip)]
    own: OnceLock<OwnScanners>,
}

fn program(text: &str) -> Result<(String, PathBuf), String> {
    let (id, path) = text.split_once('=').ok_or("write ID=PATH, for example bandit=/opt/bandit/bin/bandit")?;
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    Ok((id.to_owned(), path))
}

impl Installation {
    /// The scanners there are.
    pub(crate) fn own(&self) -> Result<&OwnScanners, String> {
        if let Some(own) = self.own.get() {
            return Ok(own);
        }
        let own = match self.files.as_slice() {
            [] => users_scanners()?,
            files => OwnScanners::read(files).map_err(|error| error.to_string())?,
        };
        if let Some((id, _)) = self.programs.iter().find(|(id, _)| own.registry.get(id).is_none()) {
            let id = scanhelm_core::text::single_line(id, 80);
            return Err(format!("--program: `{id}` is not a scanner; `scanhelm scanners` lists them"));
        }
        Ok(self.own.get_or_init(|| own))
    }

    /// Relative folders count from here, not from the target.
    pub(crate) fn discovery(&self) -> Result<Discovery, String> {
        let folders = self.folders.iter().map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
        let programs: BTreeMap<String, PathBuf> = self.programs.iter().cloned().collect();
        Ok(Discovery::new(folders.collect(), programs).with_own(self.own()?))
    }

    /// Every scanner, installed or not.
    pub(crate) async fn found(&self) -> Result<Vec<Availability>, Exit> {
        let discovery = self.discovery().map_err(|error| exit::refused(&error))?;
        Ok(discovery.find().await)
    }
}

/// Those that come with Scanhelm, and those of the user's own file where there is one.
pub(crate) fn users_scanners() -> Result<OwnScanners, String> {
    let files: Vec<PathBuf> = users_file().into_iter().collect();
    OwnScanners::read(&files).map_err(|error| error.to_string())
}

fn users_file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("scanhelm/scanners.toml")).filter(|path| path.is_file())
}
