//! The formats that findings are written in, and how each is called.

use std::io::{self, Write};

use super::order::Findings;
use super::{Heading, csv, html, json, ndjson, ocsf, sarif, vex};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Csv,
    Json,
    Ndjson,
    /// 2.1.0
    Sarif,
    /// Vulnerability Finding of the Open Cybersecurity Schema Framework, one a line.
    Ocsf,
    /// CycloneDX 1.6.
    CyclonedxVex,
    Html,
}

impl Output {
    pub const ALL: [Self; 7] =
        [Self::Csv, Self::Json, Self::Ndjson, Self::Sarif, Self::Ocsf, Self::CyclonedxVex, Self::Html];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Ocsf => "ocsf",
            Self::CyclonedxVex => "cyclonedx-vex",
            Self::Html => "html",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::Ndjson | Self::Ocsf => "application/x-ndjson",
            Self::Sarif => "application/sarif+json",
            Self::CyclonedxVex => "application/vnd.cyclonedx+json; version=1.6",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// What the name of a file ends in, without the first dot.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Ocsf => "ocsf.ndjson",
            Self::CyclonedxVex => "cdx.json",
            Self::Html => "html",
        }
    }

    /// Writes the findings in small pieces: give it a buffered output.
    ///
    /// # Errors
    /// When the output cannot be written, or what does not fit into memory cannot be kept in the folder for it.
    /// [`Output::Ocsf`] tells times, so it also fails for findings without a [`Standing`](super::Standing).
    pub fn write(self, output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
        match self {
            Self::Csv => csv::write(output, findings, heading),
            Self::Json => json::write(output, findings, heading),
            Self::Ndjson => ndjson::write(output, findings, heading),
            Self::Sarif => sarif::write(output, findings, heading),
            Self::Ocsf => ocsf::write(output, findings, heading),
            Self::CyclonedxVex => vex::write(output, findings, heading),
            Self::Html => html::write(output, findings, heading),
        }
    }
}
