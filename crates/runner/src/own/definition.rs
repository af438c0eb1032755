//! What a user says of a scanner, and the scanner that it is.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use scanhelm_core::local::suppression::PathPattern;
use scanhelm_formats::{Mapping, ReadOptions};

use super::words::{self, Word};
use crate::files::name_of;
use crate::report::{self, Read, ReportError};
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};
use crate::scanners;
use crate::target::TargetKind;

/// Understood and checked. All of it is in the key of an answer that is kept.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scan_types: Vec<ScanType>,
    pub(super) programs: Vec<String>,
    pub(super) version_arguments: Vec<String>,
    pub(super) oldest: String,
    pub(super) install_hint: String,
    pub(super) exit_codes: Vec<i32>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) files: Vec<PathPattern>,
    pub(super) started_on: StartedOn,
    pub(super) works_in: WorkingFolder,
    /// Where the target names none.
    pub(super) port: Option<u16>,
    pub(super) arguments: Vec<Word>,
    pub(super) report: ReportPlace,
    /// The same files get the same answer: nothing else that can change is asked.
    pub(crate) keep_answers: bool,
    pub(crate) silent_when_clean: bool,
    /// The id of a format; empty with a mapping.
    pub(super) format: String,
    pub(super) mapping: Option<Mapping>,
}

impl Definition {
    /// The scanner, for as long as the program lives.
    pub(super) fn scanner(self) -> &'static Scanner {
        let definition: &'static Self = Box::leak(Box::new(self));
        let words = |words: &'static [String]| -> &'static [&'static str] {
            Box::leak(words.iter().map(String::as_str).collect::<Box<[_]>>())
        };
        let environment = definition.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Box::leak(Box::new(Scanner {
            id: &definition.id,
            name: &definition.name,
            scan_types: &definition.scan_types,
            programs: words(&definition.programs),
            oldest: &definition.oldest,
            install_hint: &definition.install_hint,
            format: &definition.format,
            version_arguments: words(&definition.version_arguments),
            exit_codes: ExitCodes::These(&definition.exit_codes),
            environment: Box::leak(environment.collect::<Box<[_]>>()),
            looks_at: definition.looks_at(),
            report: definition.report,
            work: Work::Defined(definition),
            arguments: Box::leak(Box::new(|invocation: &Invocation<'_>| definition.arguments_of(invocation))),
        }))
    }

    fn looks_at(&'static self) -> LooksAt {
        match self.scan_types.first().map(|kind| kind.target()) {
            Some(TargetKind::Site) => LooksAt::Site,
            Some(TargetKind::Host) => LooksAt::Hosts,
            Some(TargetKind::Machine) => LooksAt::Machine,
            Some(TargetKind::Files) | None => LooksAt::Files(Files {
                subject: "file of its kind",
                looks_at: Box::leak(Box::new(|path: &Path, _: &_| self.suits(path))),
                started_on: self.started_on,
                works_in: self.works_in,
            }),
        }
    }

    /// A pattern without a folder is one of names.
    fn suits(&self, path: &Path) -> bool {
        let whole = path.to_string_lossy();
        let suits = |pattern: &PathPattern| match pattern.as_str().contains('/') {
            true => pattern.matches(&whole),
            false => pattern.matches(name_of(path)),
        };
        self.files.iter().any(suits)
    }

    fn arguments_of(&self, invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
        let of_files = self.scan_types.iter().any(|kind| kind.target() == TargetKind::Files);
        let targets = match self.works_in {
            WorkingFolder::Private if of_files => scanners::absolute(invocation),
            WorkingFolder::Private | WorkingFolder::Target => invocation.targets.clone(),
        };
        let added = invocation.options.arguments.get(&self.id).map_or(&[][..], Vec::as_slice);
        Ok(words::filled(&self.arguments, &Invocation { targets, ..*invocation }, added, self.port))
    }

    /// Its findings are filed under its id, whatever a report calls the tool: they are closed by what this scanner says.
    pub(crate) fn read(&self, path: &Path, options: &ReadOptions) -> Result<Read, ReportError> {
        let mut read = match &self.mapping {
            Some(mapping) => report::read_by(mapping, path, options)?,
            None => report::read(path, options, false)?,
        };
        for record in &mut read.records {
            record.scanner.clone_from(&self.id);
        }
        Ok(read)
    }
}
