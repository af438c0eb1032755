//! Where two findings have to stand for being the same weakness.
//!
//! On a host that is one port, and port 0 in any protocol is the host as a whole. A package is looked for by its name:
//! scanners do not agree how much else of it they tell. What they do tell must not differ; what one of them leaves open
//! is no difference. It is no proof either, so of version and path only one may be open.

use super::super::Location;
use super::super::identity;

/// Files that list what a project installs. What is below their folder may be what they list.
const MANIFESTS: [&str; 16] = [
    "build.gradle",
    "cargo.lock",
    "composer.lock",
    "gemfile.lock",
    "go.mod",
    "go.sum",
    "package-lock.json",
    "package.json",
    "packages.lock.json",
    "pipfile.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pom.xml",
    "project.assets.json",
    "requirements.txt",
    "yarn.lock",
];

/// How sure it is that two places are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// Nothing speaks against it.
    Possible,
    Exact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Findings of two of these are never the same.
    pub(super) spot: String,
    package: Option<Package>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Package {
    /// `None` where the scanner knows only a name.
    ecosystem: Option<String>,
    namespace: Option<String>,
    version: Option<String>,
    path: Option<String>,
}

impl Place {
    pub(super) fn of(location: &Location) -> Self {
        let spot = |spot: String| Self { spot, package: None };
        match location {
            Location::Asset | Location::Network { port: 0, .. } => spot("host".to_owned()),
            Location::Package { purl, path } => Self::of_package(purl, path.as_deref()),
            other => spot(identity::location(other)),
        }
    }

    fn of_package(purl: &str, path: Option<&str>) -> Self {
        let bare = purl.split(['?', '#']).next().unwrap_or_default();
        let bare = bare.strip_prefix("pkg:").unwrap_or(bare);
        let (ecosystem, rest) = bare.split_once('/').unwrap_or(("generic", bare));
        let (folder, last) = rest.rsplit_once('/').map_or((None, rest), |(folder, last)| (Some(folder), last));
        let (name, version) = last.rsplit_once('@').map_or((last, None), |(name, version)| (name, Some(version)));
        let decoded = |text: &str| unescaped(text).to_lowercase();
        let told = |text: String| (!text.is_empty()).then_some(text);
        // A name may hold its namespace as `%2F`.
        let name = decoded(name);
        let (inner, name) = name.rsplit_once('/').map_or((None, name.as_str()), |(inner, name)| (Some(inner), name));
        let namespace = folder.map(decoded).or_else(|| inner.map(str::to_owned));
        let version = version.map(decoded).map(|version| without_v(&version).to_owned());
        Self {
            spot: format!("package:{name}"),
            package: Some(Package {
                ecosystem: told(ecosystem.to_lowercase()).filter(|ecosystem| ecosystem != "generic"),
                namespace: namespace.and_then(told),
                version: version.and_then(told),
                path: path.map(folder_of_package).and_then(told),
            }),
        }
    }

    pub(super) fn nearness(&self, other: &Self) -> Option<Nearness> {
        if self.spot != other.spot {
            return None;
        }
        match (&self.package, &other.package) {
            (Some(one), Some(other)) => one.nearness(other),
            _ => Some(Nearness::Exact),
        }
    }
}

impl Package {
    fn nearness(&self, other: &Self) -> Option<Nearness> {
        let agree = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        if !agree(&self.ecosystem, &other.ecosystem) || !agree(&self.namespace, &other.namespace) {
            return None;
        }
        let path = path_nearness(self.path.as_deref(), other.path.as_deref())?;
        match (&self.version, &other.version) {
            (one, other) if one == other => Some(path),
            (Some(_), Some(_)) => None,
            _ => (path == Nearness::Exact && self.path.is_some()).then_some(Nearness::Possible),
        }
    }
}

fn path_nearness(one: Option<&str>, other: Option<&str>) -> Option<Nearness> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (None, None) => return Some(Nearness::Exact),
        _ => return Some(Nearness::Possible),
    };
    if one == other {
        return Some(Nearness::Exact);
    }
    let below = |folder: &str, path: &str| {
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    match (manifest_folder(one), manifest_folder(other)) {
        (Some(folder), None) => below(folder, other).then_some(Nearness::Possible),
        (None, Some(folder)) => below(folder, one).then_some(Nearness::Possible),
        _ => None,
    }
}

/// The folder of the project that a manifest speaks of; `None` for anything installed.
fn manifest_folder(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_manifest = MANIFESTS.contains(&file.to_ascii_lowercase().as_str());
    (is_manifest && !is_installed(path)).then_some(folder)
}

fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| part == "node_modules")
}

/// An installed package is told by its folder or by the description in it.
fn folder_of_package(path: &str) -> String {
    let path = identity::normalised_path(path);
    match path.strip_suffix("/package.json") {
        Some(folder) if is_installed(folder) => folder.to_owned(),
        _ => path,
    }
}

/// `v1.2` is what others call `1.2`.
fn without_v(version: &str) -> &str {
    version.strip_prefix('v').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit())).unwrap_or(version)
}

/// Percent escapes undone; what is none stays.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match escaped.as_deref() {
            Some([byte]) => {
                bytes.push(*byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
