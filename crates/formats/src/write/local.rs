//! The formats of a scan on this machine or in a pipeline. They tell what was found and who looked, and have no words
//! for what people decided about a finding, so a hub does not give them out.

use std::io::{self, Write};

use super::order::Findings;
use super::{Heading, annotations, codequality, junit, markdown};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalOutput {
    Junit,
    GitlabCodequality,
    /// Workflow commands of GitHub Actions.
    GithubAnnotations,
    Markdown,
}

impl LocalOutput {
    pub const ALL: [Self; 4] = [Self::Junit, Self::GitlabCodequality, Self::GithubAnnotations, Self::Markdown];

    /// Writes the findings in small pieces: give it a buffered output.
    ///
    /// # Errors
    /// When the output cannot be written, or what does not fit into memory cannot be kept in the folder for it.
    pub fn write(self, output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
        match self {
            Self::Junit => junit::write(output, findings, heading),
            Self::GitlabCodequality => codequality::write(output, findings),
            Self::GithubAnnotations => annotations::write(output, findings, heading),
            Self::Markdown => markdown::write(output, findings, heading),
        }
    }
}
