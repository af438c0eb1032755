//! What a scan is pointed at: files, a web site, hosts, this machine.
//!
//! Most scanners call a target clean that is not there, so it is looked at before any of them starts. What a caller
//! names is read into one spelling first: nothing in it can be taken for an option of a scanner, and no password in an
//! address gets into a command line or a record.

mod host;
mod service;
mod site;
mod tree;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use host::Host;
pub(crate) use service::Protocol;
pub use site::Site;
pub use tree::SourceTree;
pub(crate) use tree::argument;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    Files,
    Site,
    Host,
    Machine,
}

impl TargetKind {
    /// How a person names one, on the command line and in the API.
    #[must_use]
    pub const fn how_to_name(self) -> &'static str {
        match self {
            Self::Files => "a folder or file (PATH; `target_path` in the API)",
            Self::Site => "the address of a web site (--url; `target_url` in the API)",
            Self::Host => "a host (--host; `target_host` in the API)",
            Self::Machine => "nothing: it looks at this machine",
        }
    }
}

/// The targets of one scan, of each kind one at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    pub path: Option<PathBuf>,
    pub site: Option<Site>,
    pub host: Option<Host>,
}

impl Targets {
    #[must_use]
    pub const fn has(&self, kind: TargetKind) -> bool {
        match kind {
            TargetKind::Files => self.path.is_some(),
            TargetKind::Site => self.site.is_some(),
            TargetKind::Host => self.host.is_some(),
            TargetKind::Machine => true,
        }
    }

    /// For people. The tree is that of the path, where there is one.
    #[must_use]
    pub fn name(&self, tree: Option<&SourceTree>) -> String {
        let tree = tree.map(|tree| tree.repository().to_owned());
        let site = self.site.as_ref().map(ToString::to_string);
        let host = self.host.as_ref().map(ToString::to_string);
        let names: Vec<String> = [tree, site, host].into_iter().flatten().collect();
        if names.is_empty() { "this machine".to_owned() } else { names.join(", ") }
    }

    /// Looks at each: the folder can be read, the site and the port answer, the host's name is known.
    pub(crate) async fn reached(&self, repository: Option<String>) -> Result<Reached, TargetError> {
        let tree = match self.path.clone() {
            Some(path) => {
                let resolve = move || SourceTree::resolve(&path, repository.as_deref());
                let resolved = tokio::task::spawn_blocking(resolve).await;
                Some(Arc::new(resolved.map_err(|error| TargetError::Interrupted(error.to_string()))??))
            }
            None => None,
        };
        if let Some(site) = &self.site {
            site.reach().await?;
        }
        if let Some(host) = &self.host {
            host.reach().await?;
        }
        let name = self.name(tree.as_deref());
        Ok(Reached { name, tree, site: self.site.clone(), host: self.host.clone() })
    }
}

impl From<PathBuf> for Targets {
    fn from(path: PathBuf) -> Self {
        Self { path: Some(path), ..Self::default() }
    }
}

impl From<&Path> for Targets {
    fn from(path: &Path) -> Self {
        path.to_path_buf().into()
    }
}

impl From<Site> for Targets {
    fn from(site: Site) -> Self {
        Self { site: Some(site), ..Self::default() }
    }
}

impl From<Host> for Targets {
    fn from(host: Host) -> Self {
        Self { host: Some(host), ..Self::default() }
    }
}

/// Targets that are there.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    /// For people.
    pub name: String,
    pub tree: Option<Arc<SourceTree>>,
    pub site: Option<Site>,
    pub host: Option<Host>,
}

#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("there is no file or folder `{0}`; check the path")]
    Missing(String),
    #[error(
        "`{0}` is an address and no path: to scan the web site give it with --url; to scan its source, clone or download it and give the folder"
    )]
    Address(String),
    #[error("`{0}` is neither a file nor a folder")]
    Special(String),
    #[error("`{path}` cannot be read: {cause}; check its permissions")]
    Unreadable { path: String, cause: io::Error },
    #[error("`{text}` is not the address of a web site: {cause}; write it as https://shop.example.com/")]
    NotASite { text: String, cause: String },
    #[error(
        "`{text}` is not a host: {cause}; write a name, an address, a network such as 10.0.0.0/24, or one host with a port such as db.example.com:5432"
    )]
    NotAHost { text: String, cause: String },
    #[error("the name {0} cannot be resolved: {1}; check its spelling and this machine's name servers")]
    Unresolved(String, String),
    #[error("{0}; check the address, and that it can be reached from this machine")]
    Unreachable(String),
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
}
