//! `scanhelm findings export`: the finding queue, or a part of it, as a file that is whole or not there.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use scanhelm_formats::write::Output;

use super::findings::FilterArguments;
use super::{Answer, HubArguments, RemoteError, failed, unless_interrupted};
use crate::exit::{self, Exit};
use crate::results::stream_to_standard_output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm findings export --output-file findings.csv
  scanhelm findings export --status open --severity critical --severity high --output-file open.sarif
  scanhelm findings export --format ocsf | gzip > findings.ocsf.ndjson.gz
The ending of the file picks the format: .csv, .json, .ndjson, .sarif, .ocsf.ndjson, .cdx.json (CycloneDX VEX), .html.";

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    filter: FilterArguments,
    /// Format of the file; without it the ending of its name decides
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Output::ALL.map(Output::as_str)))]
    format: Option<String>,
    /// File to write; it appears, or is replaced, when all of it is there. Standard output without it
    #[arg(long, value_name = "FILE", required_unless_present = "format")]
    output_file: Option<PathBuf>,
}

pub(super) async fn run(hub: &HubArguments, arguments: &ExportArguments) -> Exit {
    match unless_interrupted(exported(hub, arguments), "interrupted: nothing was written".to_owned()).await {
        Ok(()) => Exit::Done,
        Err(error) => failed(&error),
    }
}

async fn exported(hub: &HubArguments, arguments: &ExportArguments) -> Answer<()> {
    let path = arguments.output_file.as_deref();
    let Some(format) = arguments.format.as_deref().or_else(|| path.and_then(format_of)) else {
        let shown = path.unwrap_or(Path::new("")).display();
        return Err(RemoteError::Refused(format!("the ending of `{shown}` tells no format: give one with --format")));
    };
    let client = hub.client_for_files()?;
    let mut query = arguments.filter.query();
    query.push(("format", format));
    let download = async |into: &Path| client.download("export findings", &["findings", "export"], &query, into).await;
    if let Some(path) = path {
        let bytes = download(path).await?;
        exit::say(&format!("{}: {bytes} bytes", path.display()));
        return Ok(());
    }
    // Printed when it is whole, so that what is behind the pipe never sees half of it.
    let unkept = |error| RemoteError::Refused(format!("the findings cannot be kept before they are printed: {error}"));
    let folder = scanhelm_runner::private_folder(&std::env::temp_dir(), "scanhelm-export-").map_err(unkept)?;
    let whole = folder.path().join("findings");
    download(&whole).await?;
    let mut file = File::open(&whole).map_err(unkept)?;
    stream_to_standard_output(|output| io::copy(&mut file, output).map(|_| ()))
        .map_err(|error| RemoteError::Refused(format!("standard output cannot be written: {error}")))
}

fn format_of(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    // Those that end like another one come first.
    let mut formats = Output::ALL;
    formats.sort_by_key(|format| std::cmp::Reverse(format.ending().len()));
    formats.into_iter().find(|format| name.ends_with(&format!(".{}", format.ending()))).map(Output::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_picks_the_format() {
        for (name, format) in [
            ("a.csv", Some("csv")),
            ("a.b.JSON", Some("json")),
            ("a.cdx.json", Some("cyclonedx-vex")),
            ("a.ocsf.ndjson", Some("ocsf")),
            ("a.ndjson", Some("ndjson")),
            ("a.sarif", Some("sarif")),
            ("x/a.html", Some("html")),
            ("a.pdf", None),
            ("csv", None),
        ] {
            assert_eq!(format_of(Path::new(name)), format, "{name}");
        }
    }
}
