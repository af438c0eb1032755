//! A large queue as a file in every format: how fast it comes, and what it costs the hub in memory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use scanhelm_formats::write::Output;
use serde::Serialize;

use crate::failure::{Failure, Outcome, While};
use crate::filled::{Filled, FilledFigures};
use crate::process;

#[derive(Debug, Serialize)]
pub(crate) struct ExportFigures {
    #[serde(flatten)]
    pub(crate) filled: FilledFigures,
    pub(crate) formats: Vec<FormatFigures>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FormatFigures {
    pub(crate) format: &'static str,
    /// From the request to the last byte.
    pub(crate) seconds: f64,
    pub(crate) bytes: u64,
    /// Resident memory of the hub when it was asked, and at its peak until the end.
    pub(crate) before_bytes: u64,
    pub(crate) peak_bytes: u64,
}

/// Every format, one after the other.
pub(crate) async fn measure(filled: &Filled) -> Outcome<ExportFigures> {
    let mut formats = Vec::new();
    for format in Output::ALL {
        formats.push(one(filled, format).await?);
    }
    Ok(ExportFigures { filled: filled.figures.clone(), formats })
}

async fn one(Filled { hub, figures, folder, .. }: &Filled, format: Output) -> Outcome<FormatFigures> {
    let file = folder.path().join("export");
    process::forget_peak(hub.process())?;
    let before_bytes = process::memory(hub.process())?.now;
    let started = Instant::now();
    let bytes = hub.download(&["findings", "export"], &[("format", format.as_str())], &file).await?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_bytes = process::memory(hub.process())?.peak;
    if matches!(format, Output::Ndjson | Output::Ocsf) {
        let lines = lines(&file)?;
        if lines != figures.findings {
            return Err(Failure::new(format!("{} has {lines} lines", format.as_str())));
        }
    }
    std::fs::remove_file(&file).during(file.display())?;
    let format = format.as_str();
    crate::say(&format!(
        "export as {format}: {seconds:.1} s, {} MB, peak {} MB",
        bytes / 1_000_000,
        peak_bytes / 1_000_000
    ));
    Ok(FormatFigures { format, seconds, bytes, before_bytes, peak_bytes })
}

fn lines(file: &Path) -> Outcome<u64> {
    let mut reader = BufReader::new(File::open(file).during(file.display())?);
    let mut lines = 0;
    while reader.skip_until(b'\n').during(file.display())? > 0 {
        lines += 1;
    }
    Ok(lines)
}
