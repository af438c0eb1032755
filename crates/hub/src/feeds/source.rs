//! From a place to files that can be read: a file as it is, the files of a folder, or a download.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use scanhelm_core::feed::FeedKind;
use scanhelm_core::text::single_line;
use scanhelm_net::{NetError, NetErrorKind, Request, VendorHttp, VendorHttpOptions};
use url::Url;

use super::settings::FeedSource;
use crate::Hub;

/// What is to be read. A download is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) files: Vec<FeedFile>,
    /// For people.
    pub(super) shown: String,
    downloaded: Option<PathBuf>,
}

/// A file, and what its fault is told under: in the spool it has a name that says nothing.
#[derive(Clone, Debug)]
pub(super) struct FeedFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
}

impl Files {
    /// Of the operator's own place.
    fn at(paths: Vec<PathBuf>, shown: String) -> Self {
        let named = |path: PathBuf| {
            let name = path.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
            FeedFile { path, name: single_line(&name, 200) }
        };
        Self { files: paths.into_iter().map(named).collect(), shown, downloaded: None }
    }

    /// In the spool.
    pub(super) fn spooled(path: PathBuf, shown: String) -> Self {
        Self { files: vec![FeedFile { path, name: single_line(&shown, 200) }], shown, downloaded: None }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Some(path) = &self.downloaded {
            crate::import::discard(path);
        }
    }
}

/// The error is for the operator: what happened and what to do.
pub(super) async fn files(hub: &Hub, kind: FeedKind, source: &FeedSource) -> Result<Files, String> {
    match source {
        FeedSource::Path(path) => {
            let path = path.clone();
            let found = tokio::task::spawn_blocking(move || at_path(kind, &path)).await;
            found.unwrap_or_else(|error| Err(format!("The place could not be looked at ({error}). It is tried again.")))
        }
        FeedSource::Url(url) => download(hub, kind, url).await,
    }
}

fn at_path(kind: FeedKind, path: &Path) -> Result<Files, String> {
    let unreadable = |error: std::io::Error| {
        format!("{} cannot be read ({error}). Put the file there, or mend `[feeds] {kind}`.", path.display())
    };
    let shown = path.display().to_string();
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(Files::at(vec![path.to_owned()], shown));
    }
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let metadata = entry.metadata().map_err(unreadable)?;
        if metadata.is_file() && is_feed_file(&entry.path()) {
            found.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
        }
    }
    found.sort();
    if kind.is_whole() {
        // One file is all there is: of several the newest.
        found = found.pop().into_iter().collect();
    }
    let mut paths: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(format!(
            "The folder {shown} holds no .json, .csv, .xml, .gz or .zip file. Put the feed's file there."
        ));
    }
    let shown = match paths.as_slice() {
        [only] => only.display().to_string(),
        several => format!("{shown} ({} files)", several.len()),
    };
    Ok(Files::at(paths, shown))
}

/// Not the checksums and notes that lie beside.
fn is_feed_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["json", "csv", "xml", "gz", "zip"].iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// Publishers move, and some send those who ask for the current edition on to the one of the day.
const REDIRECTS: usize = 3;

async fn download(hub: &Hub, kind: FeedKind, url: &Url) -> Result<Files, String> {
    let mend = format!("Mend `[feeds] {kind}`, or bring the file by `scanhelm feeds import`.");
    let path = hub.spool_path(&hub.ids().next().to_string()).map_err(|error| error.detail)?;
    let mut files = Files::spooled(path.clone(), url.to_string());
    files.downloaded = Some(path.clone());
    let mut from = url.clone();
    for redirects in 0.. {
        let options = VendorHttpOptions {
            base_url: from.clone(),
            ca_pem: None,
            policy: Arc::clone(&hub.0.network),
            limits: hub.settings().http,
            clock: Arc::clone(&hub.0.clock),
            counted_as: None,
        };
        let http = VendorHttp::new(options).map_err(|error| format!("{} {mend}", error.detail))?;
        let request = Request::new("download a feed", &[]);
        let Err(error) = http.download(&request, &path, hub.settings().feeds.max_bytes).await else {
            break;
        };
        match next_place(&from, &error).filter(|_| redirects < REDIRECTS) {
            Some(next) => from = next,
            None => {
                return Err(format!("It could not be downloaded: {}. {mend}", single_line(&error.to_string(), 400)));
            }
        }
    }
    Ok(files)
}

/// Where the publisher says that it is. Nothing is sent along that should be nobody else's; from https it does not go on
/// without.
fn next_place(from: &Url, error: &NetError) -> Option<Url> {
    let NetErrorKind::Redirect { to, .. } = &error.kind else {
        return None;
    };
    let next = Url::parse(to).ok()?;
    (next.scheme() == "https" || next.scheme() == from.scheme()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_folder_the_newest_file_or_all_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let error = at_path(FeedKind::Epss, folder.path()).unwrap_err();
        assert!(error.contains("holds no"), "{error}");
        for (name, second) in [("a.csv", 2_000), ("b.csv.gz", 1_000), ("b.sha256", 3_000)] {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        }
        let names = |kind| -> Vec<String> {
            let files = at_path(kind, folder.path()).unwrap();
            files.files.iter().map(|file| file.name.clone()).collect()
        };
        assert_eq!(names(FeedKind::Epss), ["a.csv"]);
        assert_eq!(names(FeedKind::Nvd), ["a.csv", "b.csv.gz"]);
        let missing = at_path(FeedKind::Kev, &folder.path().join("none")).unwrap_err();
        assert!(missing.contains("[feeds] kev"), "{missing}");
    }
}
