//! What a local scanner is: a description, without any code of its own that runs processes.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::own::Definition;
use crate::report::Read;
use crate::request::ScanOptions;
use crate::run::{Daemon, Door};
use crate::target::{Protocol, Reached, TargetKind};

/// What is looked at. A scan asks for types; every scanner of such a type takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanType {
    /// Source code.
    Code,
    /// Passwords and keys in files.
    Secrets,
    /// Packages with known vulnerabilities, by lock files.
    Dependency,
    /// What sets up machines: Terraform, Dockerfiles, Kubernetes, workflows.
    Iac,
    /// What software is made of: no findings but components.
    Sbom,
    /// A web site, from outside.
    Dast,
    /// What hosts offer to the network.
    Network,
    /// How this machine is set up.
    Baseline,
}

impl ScanType {
    pub const ALL: [Self; 8] =
        [Self::Code, Self::Secrets, Self::Dependency, Self::Iac, Self::Sbom, Self::Dast, Self::Network, Self::Baseline];

    /// What a scan of this type is pointed at.
    #[must_use]
    pub const fn target(self) -> TargetKind {
        match self {
            Self::Code | Self::Secrets | Self::Dependency | Self::Iac | Self::Sbom => TargetKind::Files,
            Self::Dast => TargetKind::Site,
            Self::Network => TargetKind::Host,
            Self::Baseline => TargetKind::Machine,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Secrets => "secrets",
            Self::Dependency => "dependency",
            Self::Iac => "iac",
            Self::Sbom => "sbom",
            Self::Dast => "dast",
            Self::Network => "network",
            Self::Baseline => "baseline",
        }
    }
}

impl fmt::Display for ScanType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ScanType {
    type Err = UnknownScanType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownScanType(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type of local scan; the types are: {types}", types = ScanType::ALL.map(ScanType::as_str).join(", "))]
pub struct UnknownScanType(pub String);

/// One scanner. All of it is fixed before the first scan: when this program is compiled, or when it reads the
/// [definitions](crate::OwnScanners) of its user. What differs from scan to scan comes in an [`Invocation`].
pub struct Scanner {
    /// The word in commands, records and events: `bandit`.
    pub id: &'static str,
    pub name: &'static str,
    pub scan_types: &'static [ScanType],
    /// What the program is called; the first that is on PATH is taken. `python3 -m bandit` is a module of Python. None for
    /// what Scanhelm does itself.
    pub programs: &'static [&'static str],
    /// The oldest version that understands the arguments; empty: any.
    pub oldest: &'static str,
    /// What a person without it does next.
    pub install_hint: &'static str,
    /// The `formats` reader of its report; empty: its definition says where the report has what.
    pub format: &'static str,
    /// Without any it is not asked for its version.
    pub(crate) version_arguments: &'static [&'static str],
    pub(crate) exit_codes: ExitCodes,
    /// Set in the otherwise bare environment.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) looks_at: LooksAt,
    pub(crate) report: ReportPlace,
    pub(crate) work: Work,
    /// The arguments after the program. May write files it needs into the invocation's folder.
    pub(crate) arguments: &'static (dyn Fn(&Invocation<'_>) -> io::Result<Vec<OsString>> + Send + Sync),
}

impl fmt::Debug for Scanner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Scanner").field(&self.id).finish()
    }
}

impl Scanner {
    #[must_use]
    pub fn has_type(&self, wanted: &[ScanType]) -> bool {
        self.scan_types.iter().any(|kind| wanted.contains(kind))
    }

    /// Part of Scanhelm: it is always there, and takes no arguments.
    #[must_use]
    pub const fn is_built_in(&self) -> bool {
        matches!(self.work, Work::BuiltIn(_))
    }

    /// Its report is a list of components, and no finding is read from it.
    pub(crate) fn is_inventory(&self) -> bool {
        self.scan_types.contains(&ScanType::Sbom)
    }

    /// Advisories change from day to day, and sites and hosts from minute to minute.
    fn asks_the_network(&self) -> bool {
        !matches!(self.looks_at, LooksAt::Files(_)) || self.scan_types.contains(&ScanType::Dependency)
    }

    /// What a user wrote, where the scanner does not come with Scanhelm.
    pub(crate) const fn definition(&self) -> Option<&'static Definition> {
        match self.work {
            Work::Defined(definition) => Some(definition),
            Work::Program | Work::Daemon { .. } | Work::BuiltIn(_) => None,
        }
    }

    /// Without findings it writes nothing.
    pub(crate) fn is_silent_when_clean(&self) -> bool {
        self.definition().is_some_and(|definition| definition.silent_when_clean)
    }

    /// Whether the same files get the same answer. Of a scanner that does not come with Scanhelm only its user knows.
    pub(crate) fn answers_are_kept(&self) -> bool {
        !self.asks_the_network() && self.definition().is_none_or(|definition| definition.keep_answers)
    }
}

/// Exit codes under which the report counts. Any other is a failure, whatever the report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCodes {
    These(&'static [i32]),
    /// From 0 to `last` the scanner counts something.
    UpTo {
        last: i32,
        /// What its manual calls others.
        failures: &'static [(i32, &'static str)],
    },
}

impl ExitCodes {
    pub(crate) fn allow(self, code: i32) -> bool {
        match self {
            Self::These(codes) => codes.contains(&code),
            Self::UpTo { last, .. } => (0..=last).contains(&code),
        }
    }

    /// The code, with the manual's name for it where there is one.
    pub(crate) fn named(self, code: i32) -> String {
        let named = match self {
            Self::These(_) => None,
            Self::UpTo { failures, .. } => failures.iter().find(|(failure, _)| *failure == code),
        };
        named.map_or_else(|| code.to_string(), |(_, name)| format!("{code} ({name})"))
    }
}

/// Who does the work of a scanner.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Its program, from its start to its end, which writes the report.
    Program,
    /// Its program, as a user describes it: it does not come with Scanhelm.
    Defined(&'static Definition),
    /// Its program as a daemon, which is told what to do through its API and asked for the report.
    Daemon {
        /// Takes its key.
        key_header: &'static str,
        drive: Drive,
        /// What it is asked at last; it has the grace of a scanner to end.
        shutdown: &'static str,
    },
    /// Scanhelm itself. Of the description only id, name, types and what it looks at say something then.
    BuiltIn(BuiltIn),
}

/// Brings what a report would, or why there is none.
pub(crate) type BuiltIn = for<'a> fn(&'a Reached) -> BoxFuture<'a, Result<Read, String>>;

/// Takes the steps of a scan, to the report; else says why there is none.
pub(crate) type Drive = for<'a> fn(&'a Daemon<'a>) -> BoxFuture<'a, Result<(), String>>;

/// What a scanner looks at. All its types have the [`TargetKind`] that this is of.
#[derive(Clone, Copy)]
pub(crate) enum LooksAt {
    /// Files of a source tree.
    Files(Files),
    /// A web site, by its address.
    Site,
    /// A host or a network of hosts.
    Hosts,
    /// An IPv4 network of hosts.
    Networks,
    /// One service of one host: at the port of the target, else at its usual one.
    Service { protocol: Protocol, port: u16 },
    /// The machine it runs on.
    Machine,
}

#[derive(Clone, Copy)]
pub(crate) struct Files {
    /// For people: `Python file`.
    pub subject: &'static str,
    /// Whether it has something to look at in a file of the target.
    pub looks_at: &'static (dyn Fn(&Path, &ScanOptions) -> bool + Send + Sync),
    pub started_on: StartedOn,
    pub works_in: WorkingFolder,
}

/// What one start of a scanner of files is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartedOn {
    /// The target as a whole: one start.
    Target,
    /// The same, once for each kind of files that is there: it looks at one kind at a time, and has to be told at which.
    TargetByKind(&'static [FileKind]),
    /// The files it looks at, by name. So it looks at what the others look at, and at nothing else.
    Files,
    /// Each file by itself: a lock file belongs to one project. What is reported of packages is filed under it.
    EachFile,
}

/// Files of one kind, for a scanner that tells kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKind {
    /// The scanner's word for it.
    pub word: &'static str,
    pub extensions: &'static [&'static str],
    pub names: &'static [&'static str],
}

impl FileKind {
    pub(crate) fn has(&self, file: &Path) -> bool {
        files::has_extension(file, self.extensions) || self.names.contains(&files::name_of(file))
    }
}

/// Where a scanner is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkingFolder {
    /// In the target's root: paths are short, and the same everywhere.
    Target,
    /// In a folder of its own, because it takes orders from where it is started: settings there can name programs, and
    /// the target must not get any run. Its arguments name the target by [`Invocation::root`].
    Private,
}

/// Where a scanner's report goes. A file of its own wherever it offers one: some tools cut what they print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportPlace {
    /// To the file that an argument names.
    File,
    StandardOutput,
    /// To the file, a line a finding: without findings it may not be there.
    FileOfFindings,
    /// To the file, which stays empty where nothing is found. That it came to its end it says on standard error, in these
    /// words.
    FileUnlessNothing {
        end: &'static str,
    },
    /// To standard output, a line for each finding and so nothing without one. That it came to its end it says on
    /// standard error, in these words.
    Lines {
        end: &'static str,
    },
}

/// One start of a scanner.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    /// Where the target's files are; without any, an empty folder.
    pub root: &'a Path,
    /// `.` or names that begin with `./`, an address, a host: nothing in it can be taken for an option.
    pub targets: Vec<OsString>,
    /// See [`StartedOn::TargetByKind`].
    pub kind: Option<&'static str>,
    /// Of the host in `targets`, where the caller names one or the scanner looks at one service.
    pub port: Option<u16>,
    /// Where the report has to go.
    pub report: &'a Path,
    /// Private to this start and gone after it.
    pub folder: &'a Path,
    /// What in the target is neither file nor folder, for scanners that would open it.
    pub special: &'a [PathBuf],
    pub options: &'a ScanOptions,
    /// Of a daemon.
    pub door: Option<&'a Door>,
}

impl Invocation<'_> {
    /// These words, what the caller adds for this scanner, the word that targets come behind where it has one, and the
    /// targets.
    pub(crate) fn with(
        &self,
        words: &[&dyn AsRef<OsStr>],
        scanner: &Scanner,
        before_targets: Option<&str>,
    ) -> Vec<OsString> {
        let added = self.options.arguments.get(scanner.id).into_iter().flatten().cloned();
        let words = words.iter().map(|word| word.as_ref().to_owned()).chain(added);
        words.chain(before_targets.map(OsString::from)).chain(self.targets.iter().cloned()).collect()
    }

    /// The same for a scanner that takes one service as `host:443`.
    pub(crate) fn at_service(&self, words: &[&dyn AsRef<OsStr>], scanner: &Scanner) -> Vec<OsString> {
        let host = self.targets.first().map(|host| host.to_string_lossy()).unwrap_or_default();
        let port = self.port.unwrap_or_default();
        let service = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Invocation { targets: vec![service.into()], ..*self }.with(words, scanner, None)
    }
}
