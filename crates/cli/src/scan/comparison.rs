//! How two looks at one target differ, in every form, and what the exit code says of it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::Args;
use comfy_table::{Table, presets};
use scanhelm_core::Severity;
use scanhelm_core::local::suppression::{Baseline, Comparison, Known};
use scanhelm_formats::write::{
    Changes, ChangesOutput, Entry, Heading, Hidden, LocalOutput, Output, ScannerOutcome, ToolInfo,
};

use super::judged::Judged;
use crate::exit::{self, Exit};
use crate::results::{self, Checked, Destinations, Format, cell};

/// Outputs and gates of the commands that compare.
#[derive(Args, Debug)]
pub(super) struct Comparing {
    #[command(flatten)]
    destinations: Destinations,
    /// End with exit code 1 when a finding of this severity or worse is new. Without it any new finding counts, unless
    /// --max-findings is given
    #[arg(long, value_name = "SEVERITY")]
    fail_on_new: Option<Severity>,
    /// End with exit code 1 when more findings are new; those that were there before do not count
    #[arg(long, value_name = "N")]
    max_findings: Option<u64>,
}

/// Two looks, compared.
pub(super) struct Compared<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) name: &'a str,
    /// What the second look found, each with its fingerprint.
    pub(super) present: Vec<(String, Entry)>,
    /// Of the second look, and those that failed in the first.
    pub(super) scanners: Vec<ScannerOutcome>,
    /// Which scanner failed, so that nothing may be called fixed.
    pub(super) trouble: Option<String>,
}

impl Comparing {
    /// Before any work is done.
    pub(super) fn checked(&self) -> Result<Checked, Exit> {
        self.destinations.checked().map_err(|error| exit::refused(&error))
    }

    pub(super) fn told(&self, destinations: &Checked, compared: Compared<'_>) -> Exit {
        let Compared { comparison, name, present, scanners, trouble } = compared;
        let heading = Heading {
            tool: ToolInfo::scanhelm(),
            name: name.to_owned(),
            of_hub: false,
            scanners,
            warnings: Vec::new(),
            hidden: Hidden::default(),
            components: None,
        };
        let changes = Changes::of(comparison, present, heading, trouble.as_deref());
        if let Some(trouble) = &trouble {
            exit::say(&format!("error: {}; nothing is called fixed", cell(trouble, 1000)));
        }
        match destinations.write_each(|format, output| write(format, output, comparison, &changes)) {
            Err(error) => exit::refused(&error),
            Ok(()) if trouble.is_some() => Exit::ScannerFailed,
            Ok(()) if self.counts(comparison) => Exit::Findings,
            Ok(()) => Exit::Done,
        }
    }

    fn counts(&self, comparison: &Comparison) -> bool {
        let too_many = self.max_findings.is_some_and(|most| comparison.new.len() as u64 > most);
        let least = match self.max_findings {
            None => Some(self.fail_on_new.unwrap_or(Severity::Info)),
            Some(_) => self.fail_on_new,
        };
        too_many || least.is_some_and(|least| comparison.new.iter().any(|known| known.severity >= least))
    }
}

/// What a comment or a rule suppresses is there, but it is not new.
pub(super) fn compared(before: &Baseline, judged: &Judged, looked: &BTreeSet<String>) -> Comparison {
    let fresh = present(before, judged).map(Entry::identified);
    before.compared(&Baseline::of(fresh), looked)
}

/// The findings of [`compared`], with their fingerprints.
pub(super) fn fingerprinted(before: &Baseline, judged: &Judged) -> Vec<(String, Entry)> {
    present(before, judged).map(|finding| (finding.identity.portable_fingerprint(), finding.clone())).collect()
}

fn present<'a>(before: &'a Baseline, judged: &'a Judged) -> impl Iterator<Item = &'a Entry> {
    let suppressed = judged.suppressed.iter().filter(|finding| before.knows(&finding.identity));
    judged.kept.iter().chain(suppressed)
}

fn write(format: Format, output: &mut dyn Write, comparison: &Comparison, changes: &Changes<'_>) -> io::Result<()> {
    let form = match format {
        Format::Table => return output.write_all(table(comparison).as_bytes()),
        Format::Json => ChangesOutput::Json,
        Format::Sarif => ChangesOutput::Sarif,
        Format::Csv => ChangesOutput::Csv,
        Format::Ndjson => ChangesOutput::Ndjson,
        // `checked` refuses it.
        Format::Cyclonedx => return Err(io::Error::other("a comparison has no components")),
        Format::CyclonedxVex => ChangesOutput::NewAs(Output::CyclonedxVex),
        Format::Html => ChangesOutput::Html,
        Format::Junit => ChangesOutput::NewAsLocal(LocalOutput::Junit),
        Format::GitlabCodequality => ChangesOutput::NewAsLocal(LocalOutput::GitlabCodequality),
        Format::GithubAnnotations => ChangesOutput::NewAsLocal(LocalOutput::GithubAnnotations),
        Format::Markdown => ChangesOutput::Markdown,
    };
    changes.write(form, output)
}

fn table(compared: &Comparison) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["CHANGE", "SEVERITY", "SCANNER", "RULE", "LOCATION", "TITLE"]);
    let groups = [("NEW", &compared.new), ("FIXED", &compared.fixed), ("NOT CHECKED", &compared.unknown)];
    for (change, known) in groups.into_iter().flat_map(|(change, all)| all.iter().map(move |known| (change, known))) {
        let Known { severity, scanner, rule, location, title, .. } = known;
        let severity = severity.to_string();
        table.add_row([change, &severity, &cell(scanner, 30), &cell(rule, 60), &cell(location, 200), &cell(title, 90)]);
    }
    let rows = if compared.new.len() + compared.fixed.len() + compared.unknown.len() > 0 {
        format!("{}\n", results::lines_of(&table))
    } else {
        String::new()
    };
    let unchecked = match compared.unknown.len() {
        0 => String::new(),
        count => format!(", {count} not checked: their scanner did not look at everything"),
    };
    let (new, fixed, same) = (compared.new.len(), compared.fixed.len(), compared.unchanged.len());
    format!("{rows}{new} new, {fixed} fixed, {same} unchanged{unchecked}\n")
}
