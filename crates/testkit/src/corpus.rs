//! Real vendor reports that nobody in this project wrote, with the counts their sources assert.
//!
//! The corpus lives beside the checkout (`../shared/corpus`, or below `SCANHELM_SHARED`) and is never copied into
//! it: most files carry somebody else's licence. Without it the tests that need it do nothing and say so,
//! except in continuous integration (`CI=true`), where a missing corpus is a failure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder that holds `corpus/`, or `None` where this machine has none, which is then said on standard error.
///
/// # Panics
/// When `CI=true` and there is no corpus, or when `SCANHELM_SHARED` names a folder without one.
#[must_use]
#[expect(clippy::panic, reason = "a corpus that was promised and is missing must fail the test")]
#[expect(clippy::print_stderr, reason = "a test that did nothing has to say so in its output")]
pub fn shared_root() -> Option<PathBuf> {
    let named = std::env::var_os("SCANHELM_SHARED").map(PathBuf::from);
    let root = named.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    if root.join("corpus").is_dir() {
        return Some(root);
    }
    let in_continuous_integration = std::env::var("CI").is_ok_and(|value| value == "true");
    if named.is_some() || in_continuous_integration {
        panic!(
            "the corpus is missing: {} is no folder. Put the shared folder beside the checkout, \
             or name it in SCANHELM_SHARED.",
            root.join("corpus").display()
        );
    }
    eprintln!("skipped: there is no corpus at {}", root.join("corpus").display());
    None
}

/// The corpus folder itself; one sub-folder a vendor. `None` and the panics are those of [`shared_root`].
#[must_use]
pub fn corpus_root() -> Option<PathBuf> {
    shared_root().map(|root| root.join("corpus"))
}

/// The files of one vendor's corpus folder, in the order of its manifest; `None` where there is no corpus.
///
/// # Panics
/// When the corpus exists but this vendor's folder or manifest cannot be read.
#[must_use]
#[expect(clippy::panic, reason = "an unreadable corpus must fail the test")]
pub fn vendor_corpus(vendor: &str) -> Option<Vec<CorpusFile>> {
    let folder = corpus_root()?.join(vendor);
    match read_manifest(&folder) {
        Ok(files) => Some(files),
        Err(error) => panic!("{error}"),
    }
}

/// One row of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorpusFile {
    /// The file itself.
    pub path: PathBuf,
    /// Its name inside the vendor's folder.
    pub name: String,
    /// The repository and revision it comes from.
    pub source: String,
    /// What it is, in words.
    pub what: String,
    /// The licence of its source.
    pub licence: String,
    /// The column `counted` as written, for rows that are prose ("1 scan, 4 items").
    pub counted: String,
    /// The `name=value` pairs of `counted`.
    pub counts: BTreeMap<String, String>,
}

impl CorpusFile {
    /// The number counted under this name, or `None` where the manifest has no such number.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u64> {
        self.counts.get(name)?.parse().ok()
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    #[expect(clippy::panic, reason = "a file that the manifest promises must be there")]
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path)
            .unwrap_or_else(|error| panic!("cannot read the corpus file {}: {error}", self.path.display()))
    }
}

/// Reads `MANIFEST.tsv` of one vendor's folder. Columns are found by the names in the header line.
///
/// # Errors
/// When the manifest cannot be read, lacks a column, or names a file that is not there.
pub fn read_manifest(folder: &Path) -> Result<Vec<CorpusFile>, String> {
    let manifest = folder.join("MANIFEST.tsv");
    let text =
        std::fs::read_to_string(&manifest).map_err(|error| format!("cannot read {}: {error}", manifest.display()))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        header
            .iter()
            .position(|cell| *cell == name)
            .ok_or_else(|| format!("{} has no column `{name}`", manifest.display()))
    };
    let (file, source, what, licence, counted) =
        (column("file")?, column("source")?, column("what")?, column("licence")?, column("counted")?);
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let cell = |index: usize| cells.get(index).copied().unwrap_or_default().trim().to_owned();
            let (name, counted) = (cell(file), cell(counted));
            let path = folder.join(&name);
            if !path.is_file() {
                return Err(format!("{} lists {name}, which is not in the folder", manifest.display()));
            }
            let counts = counted
                .split([' ', ',', ';'])
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            Ok(CorpusFile {
                path,
                name,
                source: cell(source),
                what: cell(what),
                licence: cell(licence),
                counted,
                counts,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(manifest: &str, files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("MANIFEST.tsv"), manifest).expect("write the manifest");
        for file in files {
            std::fs::write(folder.path().join(file), file).expect("write a corpus file");
        }
        folder
    }

    #[test]
    fn pairs_become_counts_and_prose_stays_readable() {
        let folder = folder_with(
            "file\tsource\twhat\tlicence\tcounted\na.xml\tr@1\treport\tMIT\thosts=2 findings=7\nb.xml\tr@1\treport\tMIT\t1 scan, 4 items\n",
            &["a.xml", "b.xml"],
        );
        let files = read_manifest(folder.path()).expect("a readable manifest");
        assert_eq!(files.len(), 2);
        assert_eq!(
            (files[0].count("hosts"), files[0].count("findings"), files[0].count("assets")),
            (Some(2), Some(7), None)
        );
        assert_eq!(files[0].bytes(), b"a.xml");
        assert_eq!((files[1].counted.as_str(), files[1].counts.len()), ("1 scan, 4 items", 0));
    }

    #[test]
    fn a_listed_file_that_is_missing_is_an_error() {
        let folder = folder_with("file\tsource\twhat\tlicence\tcounted\ngone.xml\tr\tw\tMIT\t1\n", &[]);
        assert!(read_manifest(folder.path()).expect_err("a missing file").contains("gone.xml"));
    }

    #[test]
    fn a_manifest_without_its_columns_is_an_error() {
        let folder = folder_with("file\tsource\n", &[]);
        assert!(read_manifest(folder.path()).expect_err("a missing column").contains("`what`"));
    }

    #[test]
    fn every_manifest_of_the_corpus_on_this_machine_is_readable() {
        let Some(root) = corpus_root() else { return };
        for entry in std::fs::read_dir(&root).expect("list the corpus").flatten() {
            let manifest = entry.path().join("MANIFEST.tsv");
            let has_columns = std::fs::read_to_string(&manifest)
                .is_ok_and(|text| text.lines().next().is_some_and(|header| header.contains("counted")));
            if has_columns {
                let files = read_manifest(&entry.path()).expect("a readable manifest");
                assert!(!files.is_empty(), "{} lists no file", manifest.display());
            }
        }
    }
}
