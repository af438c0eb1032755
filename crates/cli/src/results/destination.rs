//! Where results go. A file is written beside its place and then put there in one step: a reader never sees half of
//! it, and a failed write leaves the old one.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Format, Results, stream_to_standard_output};

#[derive(Args, Clone, Debug)]
pub(crate) struct Destinations {
    /// Form of the results on standard output
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Format,
    /// Also write the results to a file; its ending picks the form: .json, .ndjson, .sarif, .csv, .cdx.json (CycloneDX: vulnerabilities), .sbom.json (CycloneDX: components), .html,
    /// .junit.xml or .xml, .codequality.json (GitLab), .md, .txt. Repeat for several
    #[arg(long = "output-file", value_name = "FILE")]
    output_files: Vec<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DestinationError {
    #[error(
        "`{0}` ends in none of .json, .ndjson, .sarif, .csv, .cdx.json, .sbom.json, .html, .junit.xml, .xml, .codequality.json, .md and .txt, so its form is not known; rename it"
    )]
    UnknownEnding(String),
    #[error(
        "CycloneDX without vulnerabilities holds components, and none were asked for: `scanhelm scan . --type sbom --output cyclonedx` writes them; findings are written by `--output cyclonedx-vex`"
    )]
    NoComponents,
    #[error("there is no folder to write `{0}` into; make it first")]
    NoFolder(String),
    #[error("`{path}` cannot be written: {cause}")]
    File { path: String, cause: io::Error },
    #[error("standard output cannot be written: {0}")]
    StandardOutput(io::Error),
}

/// Destinations that were looked at before any work was done.
pub(crate) struct Checked {
    output: Format,
    files: Vec<(PathBuf, Format)>,
}

impl Destinations {
    /// Of a command that has findings.
    pub(crate) fn checked(&self) -> Result<Checked, DestinationError> {
        let checked = self.checked_for_components()?;
        let wants_components = checked.formats().any(|format| format == Format::Cyclonedx);
        if wants_components { Err(DestinationError::NoComponents) } else { Ok(checked) }
    }

    /// Of a command that has components, too.
    pub(crate) fn checked_for_components(&self) -> Result<Checked, DestinationError> {
        let files = self.output_files.iter().map(|path| {
            let format = format_of(path).ok_or_else(|| DestinationError::UnknownEnding(path.display().to_string()))?;
            check_place(path).map(|()| (path.clone(), format))
        });
        Ok(Checked { output: self.output, files: files.collect::<Result<_, _>>()? })
    }
}

impl Checked {
    fn formats(&self) -> impl Iterator<Item = Format> {
        self.files.iter().map(|(_, format)| *format).chain([self.output])
    }

    /// The names of the formats that leave components out.
    pub(crate) fn without_components(&self) -> BTreeSet<String> {
        let without = self.formats().filter(|format| !format.has_place_for_components());
        without.filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())).collect()
    }

    pub(crate) fn write(&self, results: &Results) -> Result<(), DestinationError> {
        self.write_each(|format, output| format.write(output, results))
    }

    /// The same for what is no list of findings.
    pub(crate) fn write_each(
        &self,
        write: impl Fn(Format, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), DestinationError> {
        for (path, format) in &self.files {
            write_atomically(path, |file| write(*format, file))
                .map_err(|cause| DestinationError::File { path: path.display().to_string(), cause })?;
        }
        stream_to_standard_output(|output| write(self.output, output)).map_err(DestinationError::StandardOutput)
    }
}

/// Before any work is done: that a file can be put there.
pub(crate) fn check_place(path: &Path) -> Result<(), DestinationError> {
    let fits = folder_of(path).is_dir() && !path.is_dir();
    fits.then_some(()).ok_or_else(|| DestinationError::NoFolder(path.display().to_string()))
}

fn format_of(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let endings = [
        (".sarif.json", Format::Sarif),
        (".sbom.json", Format::Cyclonedx),
        (".cdx.json", Format::CyclonedxVex),
        (".vex.json", Format::CyclonedxVex),
        (".codequality.json", Format::GitlabCodequality),
        (".sarif", Format::Sarif),
        (".json", Format::Json),
        (".ndjson", Format::Ndjson),
        (".jsonl", Format::Ndjson),
        (".csv", Format::Csv),
        (".html", Format::Html),
        (".junit.xml", Format::Junit),
        (".xml", Format::Junit),
        (".md", Format::Markdown),
        (".txt", Format::Table),
    ];
    endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| format)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(crate) fn write_atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // The umask takes its part away.
    let permissions = std::fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().prefix(".scanhelm-").permissions(permissions).tempfile_in(folder_of(path))?;
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_picks_the_form() {
        for (name, format) in [
            ("a.sarif", Some(Format::Sarif)),
            ("a.sarif.json", Some(Format::Sarif)),
            ("A.JSON", Some(Format::Json)),
            ("bom.cdx.json", Some(Format::CyclonedxVex)),
            ("shop.sbom.json", Some(Format::Cyclonedx)),
            ("a.ndjson", Some(Format::Ndjson)),
            ("a.html", Some(Format::Html)),
            ("x/a.csv", Some(Format::Csv)),
            ("a.txt", Some(Format::Table)),
            ("a.junit.xml", Some(Format::Junit)),
            ("a.xml", Some(Format::Junit)),
            ("gl.codequality.json", Some(Format::GitlabCodequality)),
            ("comment.md", Some(Format::Markdown)),
            ("a.pdf", None),
            ("sarif", None),
        ] {
            assert_eq!(format_of(Path::new(name)), format, "{name}");
        }
    }
}
