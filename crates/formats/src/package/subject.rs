//! What was scanned: the asset of package findings.
//!
//! A caller's name for the repository wins over what the report says: only the caller knows what a folder on a build
//! machine is. What has no name is shared by every project that has none.

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

use crate::code_report;
use crate::options::ReadOptions;

/// A folder, project or repository, by the name that the report has for it.
pub(crate) fn repository(named: Option<&str>, options: &ReadOptions) -> AssetRecord {
    let name = options.repository.as_deref().or(named).map(str::trim).filter(|name| !name.is_empty());
    code_report::repository(name)
}

/// A container image by its reference.
pub(crate) fn image(reference: &str, options: &ReadOptions) -> AssetRecord {
    let name = image_name(reference);
    if options.repository.is_some() || name.is_empty() {
        return repository(None, options);
    }
    AssetRecord::new(AssetKind::Image, name.clone(), vec![AssetKey::Image(name)])
}

/// One spelling for the references of an image: without the registry and folder that are meant where none is written,
/// with the tag that is meant, and with a digest only where there is no tag. Tags stay: two of them are two images.
fn image_name(reference: &str) -> String {
    let reference = reference.trim();
    let reference = reference.split_once("://").map_or(reference, |(_, rest)| rest);
    if is_archive(reference) {
        // A file on the scanner's machine.
        return reference.rsplit(['/', '\\']).next().unwrap_or(reference).to_owned();
    }
    let (tagged, digest) = reference.split_once('@').map_or((reference, None), |(name, digest)| (name, Some(digest)));
    let bare = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"]
        .iter()
        .find_map(|registry| tagged.strip_prefix(registry))
        .unwrap_or(tagged);
    let bare = bare.strip_prefix("library/").unwrap_or(bare);
    let last = bare.rsplit('/').next().unwrap_or(bare);
    match digest {
        _ if bare.is_empty() || last.contains(':') => bare.to_owned(),
        Some(digest) => format!("{bare}@{digest}"),
        None => format!("{bare}:latest"),
    }
}

fn is_archive(reference: &str) -> bool {
    [".tar", ".tar.gz", ".tgz"].iter().any(|ending| reference.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_one_name() {
        for (reference, name) in [
            ("alpine", "alpine:latest"),
            ("docker.io/library/alpine:3.10", "alpine:3.10"),
            ("index.docker.io/library/alpine:3.10@sha256:aa", "alpine:3.10"),
            ("docker://bkimminich/juice-shop", "bkimminich/juice-shop:latest"),
            ("localhost:5000/shop", "localhost:5000/shop:latest"),
            ("ghcr.io/o/shop@sha256:bb", "ghcr.io/o/shop@sha256:bb"),
            ("/home/ci/build/shop.tar.gz", "shop.tar.gz"),
            ("sha256:cc", "sha256:cc"),
            (" ", ""),
        ] {
            assert_eq!(image_name(reference), name);
        }
    }

    #[test]
    fn the_caller_knows_better() {
        let mine = ReadOptions { repository: Some("shop".to_owned()), ..ReadOptions::default() };
        assert_eq!(image("alpine", &mine).identity(), "repository:shop");
        assert_eq!(repository(Some("web"), &mine).identity(), "repository:shop");
        let nobody = ReadOptions::default();
        assert_eq!(image("alpine", &nobody).identity(), "image:alpine:latest");
        assert_eq!(image(" ", &nobody).identity(), repository(Some(" "), &nobody).identity());
    }
}
