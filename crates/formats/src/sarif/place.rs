//! Where a result is.

use std::collections::BTreeMap;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::Location;

use super::model::{ArtifactLocation, Region, SarifResult};
use crate::site::{page, site};
use crate::source_tree::SourceTree;

pub(super) struct Places {
    tree: SourceTree,
    artifacts: Vec<ArtifactLocation>,
    bases: BTreeMap<String, ArtifactLocation>,
}

/// A location and, where it is not the run's asset that it is on, the asset.
pub(super) struct Place {
    pub(super) location: Location,
    pub(super) asset: Option<AssetRecord>,
}

impl Places {
    pub(super) const fn new(
        tree: SourceTree,
        artifacts: Vec<ArtifactLocation>,
        bases: BTreeMap<String, ArtifactLocation>,
    ) -> Self {
        Self { tree, artifacts, bases }
    }

    /// The first location that names an artifact; the asset as a whole where none does.
    pub(super) fn of(&mut self, result: &SarifResult) -> Place {
        let physical = result.locations.iter().flatten().filter_map(|location| location.physical_location.as_ref());
        for physical in physical {
            let Some(uri) = physical.artifact_location.as_ref().and_then(|artifact| self.uri(artifact)) else {
                continue;
            };
            if let Some(place) = self.place(&uri, physical.region.as_ref()) {
                return place;
            }
        }
        Place { location: Location::Asset, asset: None }
    }

    fn place(&mut self, uri: &str, region: Option<&Region>) -> Option<Place> {
        if let Some(url) = page(uri) {
            let asset = site(&url);
            return Some(Place { location: Location::Web { url, method: None, parameter: None }, asset: Some(asset) });
        }
        if uri.starts_with("pkg:") {
            return Some(Place { location: Location::Package { purl: uri.to_owned(), path: None }, asset: None });
        }
        let path = self.tree.relative(&file_path(uri));
        if path.is_empty() {
            return None;
        }
        let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0);
        let line = number(region.and_then(|region| region.start_line));
        let last = number(region.and_then(|region| region.end_line));
        let snippet = region.and_then(|region| region.snippet.as_ref()?.text.clone());
        let source = snippet.filter(|text| !text.trim().is_empty()).or_else(|| {
            let first = line?;
            self.tree.lines(&path, first, last.unwrap_or(first))
        });
        let column = number(region.and_then(|region| region.start_column));
        Some(Place { location: Location::Code { path, line, column, source }, asset: None })
    }

    /// The URI of an artifact, looked up in the run's list if need be, behind the relative parts of its bases. An
    /// absolute base is where the repository lies on the scanner's machine and is left out.
    fn uri(&self, artifact: &ArtifactLocation) -> Option<String> {
        const LONGEST_CHAIN: usize = 8;
        let listed = || self.artifacts.get(usize::try_from(artifact.index?).ok()?);
        let (uri, base) = match &artifact.uri {
            Some(uri) if !uri.is_empty() => (uri, artifact.uri_base_id.as_ref()),
            _ => {
                let listed = listed()?;
                (listed.uri.as_ref()?, listed.uri_base_id.as_ref())
            }
        };
        let (mut uri, mut base) = (uri.clone(), base);
        for _ in 0..LONGEST_CHAIN {
            let Some(location) = base.and_then(|id| self.bases.get(id)) else { break };
            if let Some(prefix) =
                location.uri.as_deref().filter(|prefix| !prefix.contains(':') && !prefix.starts_with('/'))
            {
                uri = format!("{}/{uri}", prefix.trim_end_matches('/'));
            }
            base = location.uri_base_id.as_ref();
        }
        Some(uri)
    }
}

/// The path that a URI means. `file://name/x` with a name that is no host is written by some tools for the relative
/// path `name/x`, and a share cannot be told from it; both are taken as relative.
pub(super) fn file_path(uri: &str) -> String {
    let path = match uri.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => rest
            .strip_prefix("localhost/")
            .map_or_else(|| rest.strip_prefix('/').map_or_else(|| rest.to_owned(), absolute), absolute),
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => rest.to_owned(),
        _ => uri.strip_prefix("file:").unwrap_or(uri).to_owned(),
    };
    percent_decoded(&path)
}

/// What follows `file:///`: `C:/x` is absolute as it is.
fn absolute(rest: &str) -> String {
    let bytes = rest.as_bytes();
    match bytes {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => rest.to_owned(),
        _ => format!("/{rest}"),
    }
}

/// Decodes `%20` and the like where the result is text; other percent signs stay.
fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, following)) = rest.split_first() {
        let hex = following.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if byte != 0 => {
                bytes.push(byte);
                rest = following.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = following;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_become_paths() {
        for (uri, path) in [
            ("file:///home/me/a%20b.py", "/home/me/a b.py"),
            ("file:///C:/src/a.cs", "C:/src/a.cs"),
            ("file://localhost/etc/x", "/etc/x"),
            ("file://secrets_scanner/tests/x.js", "secrets_scanner/tests/x.js"),
            ("src/100%.py", "src/100%.py"),
            ("src/%2525.py", "src/%25.py"),
            ("npm/lib@1.0.0", "npm/lib@1.0.0"),
            ("git://host/x.py", "host/x.py"),
        ] {
            assert_eq!(file_path(uri), path);
        }
    }
}
