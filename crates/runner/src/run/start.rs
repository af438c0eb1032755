//! One process of a scanner: what it is given, and what its report and its exit code say together.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use scanhelm_formats::ReadOptions;
use tokio_util::sync::CancellationToken;

use super::command_line::shown;
use super::daemon::{self, Daemon, Door};
use super::marker_of;
use super::one::Scan;
use crate::cache::{Answer, Digested, Key};
use crate::discovery::Availability;
use crate::message;
use crate::process::{self, Ended, Why};
use crate::report::{self, Read, ReportError};
use crate::scanner::{FileKind, Invocation, LooksAt, ReportPlace, Scanner, StartedOn, Work, WorkingFolder};
use crate::target::{SourceTree, argument};

/// What one process is given.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub targets: Vec<OsString>,
    kind: Option<&'static str>,
    port: Option<u16>,
    pub lock_file: Option<PathBuf>,
}

impl Start {
    pub(super) fn of(target: String, port: Option<u16>) -> Self {
        Self { targets: vec![target.into()], port, ..Self::default() }
    }
}

/// Far below what any system takes for a command line.
const ARGUMENT_BYTES: usize = 96 * 1024;

/// The starts of a scanner of files; none when there are no files.
pub(super) fn on_files(started_on: StartedOn, tree: &SourceTree, files: &[PathBuf]) -> Vec<Start> {
    match started_on {
        StartedOn::Target if files.is_empty() => Vec::new(),
        StartedOn::Target => vec![Start { targets: vec![tree.argument()], ..Start::default() }],
        StartedOn::TargetByKind(kinds) => {
            let there = kinds.iter().filter(|kind| files.iter().any(|file| kind.has(file)));
            let start =
                |kind: &FileKind| Start { targets: vec![tree.argument()], kind: Some(kind.word), ..Start::default() };
            there.map(start).collect()
        }
        StartedOn::EachFile => {
            let start = |file: &PathBuf| Start {
                targets: vec![argument(file)],
                lock_file: Some(file.clone()),
                ..Start::default()
            };
            files.iter().map(start).collect()
        }
        StartedOn::Files => {
            let mut starts: Vec<Start> = Vec::new();
            let mut bytes = ARGUMENT_BYTES;
            for file in files.iter().map(|file| argument(file)) {
                bytes += file.len() + 1;
                if bytes > ARGUMENT_BYTES {
                    starts.push(Start::default());
                    bytes = file.len() + 1;
                }
                if let Some(start) = starts.last_mut() {
                    start.targets.push(file);
                }
            }
            starts
        }
    }
}

/// What came of one process.
pub(super) struct Done {
    pub read: Read,
    pub exit_code: i32,
    pub peak_memory: Option<u64>,
    pub cached: bool,
    /// As a shell would take it.
    pub command: String,
}

pub(super) enum Trouble {
    Cancelled,
    Failed(Failure),
}

/// Why a process brought nothing.
#[derive(Debug, Default)]
pub(super) struct Failure {
    pub reason: String,
    pub exit_code: Option<i32>,
    pub command: Option<String>,
    pub peak_memory: Option<u64>,
    pub log: String,
}

impl Trouble {
    pub(super) fn of(reason: String) -> Self {
        Self::Failed(Failure { reason, ..Failure::default() })
    }

    /// With what a person needs who wants to run it by hand.
    pub(super) fn told(self, command: &str, ended: Option<&Ended>) -> Self {
        match self {
            Self::Cancelled => Self::Cancelled,
            Self::Failed(failure) => Self::Failed(Failure {
                command: Some(command.to_owned()),
                peak_memory: ended.and_then(|ended| ended.peak_memory),
                log: ended.map(log).unwrap_or_default(),
                ..failure
            }),
        }
    }
}

impl Scan {
    pub(super) async fn one_start(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        start: &Start,
        time: Duration,
        cancel: &CancellationToken,
        announce: impl FnOnce(Option<process::Identity>),
    ) -> Result<Done, Trouble> {
        if let Work::BuiltIn(look) = scanner.work {
            announce(None);
            return self.looked(scanner, look, start, time, cancel).await;
        }
        let folder = self.folders.make();
        let folder = folder.map_err(|error| Trouble::of(format!("no folder for its files can be made: {error}")))?;
        let report = folder.path().join("report");
        let door = match scanner.work {
            Work::Daemon { .. } => {
                let door = Door::new();
                Some(door.map_err(|error| Trouble::of(format!("no port for its API can be had: {error}")))?)
            }
            Work::Program | Work::Defined(_) | Work::BuiltIn(_) => None,
        };
        let root = self.tree_of(scanner).map_or(folder.path(), |tree| tree.root());
        let invocation = Invocation {
            root,
            targets: start.targets.clone(),
            kind: start.kind,
            port: start.port,
            report: &report,
            folder: folder.path(),
            special: self.tree_of(scanner).map_or(&[], |tree| tree.special()),
            options: &self.options,
            door: door.as_ref(),
        };
        let mut arguments = available.way.first_arguments();
        arguments.extend(
            (scanner.arguments)(&invocation)
                .map_err(|error| Trouble::of(format!("its files cannot be prepared: {error}")))?,
        );
        let marker = self.marker.clone().unwrap_or_else(|| marker_of(folder.path()));
        // Two scanners of one scan must not end each other's processes.
        let marker = format!("{marker}/{}", scanner.id);
        let program = available.path.as_deref().unwrap_or(Path::new(scanner.id));
        let added = self.options.arguments.get(scanner.id).map_or(&[][..], Vec::as_slice);
        let shown = shown(program, &arguments, added, folder.path());
        let key = self.key(scanner, available, &arguments, folder.path()).await;
        if let Some(answer) = self.kept(key.as_ref()).await {
            announce(None);
            let Answer { read, exit_code } = answer;
            return Ok(Done { read, exit_code, peak_memory: None, cached: true, command: shown });
        }
        let command = process::Command {
            program,
            arguments,
            folder: match scanner.looks_at {
                LooksAt::Files(files) if files.works_in == WorkingFolder::Target => root,
                _ => folder.path(),
            },
            home: folder.path(),
            environment: scanner.environment,
            user: self.user.as_ref(),
            marker: &marker,
            report: Some(&report),
            printed: matches!(scanner.report, ReportPlace::StandardOutput | ReportPlace::Lines { .. }),
            time,
            grace: self.limits.grace,
            report_bytes: self.limits.report_bytes,
            output_bytes: self.limits.output_bytes,
        };
        let announce = |process| announce(Some(process));
        let ended = match (scanner.work, &door) {
            (Work::Daemon { key_header, drive, shutdown }, Some(door)) => {
                let target = start.targets.first().map(|target| target.to_string_lossy()).unwrap_or_default();
                let daemon = Daemon::new(door, key_header, &target, &report, self.limits.report_bytes)?;
                daemon::driven(&command, &daemon, (drive, shutdown), cancel, announce).await
            }
            _ => process::run(&command, cancel, announce).await.map(|ended| (ended, None)),
        };
        let (ended, trouble) =
            ended.map_err(|error| Trouble::of(format!("{} cannot be run: {error}", program.display())))?;
        let told = |trouble: Trouble| trouble.told(&shown, Some(&ended));
        trouble.map_or(Ok(()), Err).map_err(told)?;
        let exit_code = self.exit_code(scanner, &ended).map_err(told)?;
        let read = self.read(scanner, &report, exit_code, &ended).await.map_err(told)?;
        let read = self.keep(key, Answer { read, exit_code }).await.map_err(told)?;
        Ok(Done { read, exit_code, peak_memory: ended.peak_memory, cached: false, command: shown })
    }

    pub(super) fn out_of_time(&self, scanner: &Scanner) -> Trouble {
        Trouble::of(format!(
            "{} did not end within {} seconds and was stopped; give it more time or a smaller target",
            scanner.name,
            self.limits.time.as_secs_f32()
        ))
    }

    /// Everything that the answer depends on; `None` when it depends on more than can be known, or nothing is kept.
    async fn key(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        arguments: &[OsString],
        folder: &Path,
    ) -> Option<Key> {
        self.cache.as_ref()?;
        if !scanner.answers_are_kept() || self.options.arguments.contains_key(scanner.id) {
            return None;
        }
        let mut digested = self.content(scanner).await?;
        digested.add(scanner.id.as_bytes());
        if let Some(definition) = scanner.definition() {
            digested.add(format!("{definition:?}").as_bytes());
        }
        digested.add(available.version.as_deref().unwrap_or_default().as_bytes());
        digested.add_program(available.path.as_deref()?).ok()?;
        let folder_name = folder.as_os_str().as_bytes();
        for argument in arguments {
            digested.add(&without(argument.as_bytes(), folder_name));
        }
        // Settings that were written for this start.
        digested.add_files(folder).ok()?;
        Some(digested.key())
    }

    /// Of the tree and the rules.
    async fn content(&self, scanner: &Scanner) -> Option<Digested> {
        let tree = Arc::clone(self.tree_of(scanner)?);
        let rules = self.options.rules.clone();
        let work = move || {
            let mut digested = Digested::new();
            digested.add_program(&std::env::current_exe().ok()?).ok()?;
            digested.add_tree(&tree).ok()?;
            rules.iter().try_for_each(|path| digested.add_files(path)).ok()?;
            Some(digested)
        };
        let digest = async || tokio::task::spawn_blocking(work).await.ok().flatten();
        self.content.get_or_init(digest).await.clone()
    }

    async fn kept(&self, key: Option<&Key>) -> Option<Answer> {
        let (cache, key) = (self.cache.clone()?, key?.clone());
        tokio::task::spawn_blocking(move || cache.get(&key)).await.ok().flatten()
    }

    async fn keep(&self, key: Option<Key>, answer: Answer) -> Result<Read, Trouble> {
        let (Some(cache), Some(key)) = (self.cache.clone(), key) else {
            return Ok(answer.read);
        };
        // What is not kept is found again by the scanner.
        let kept = tokio::task::spawn_blocking(move || {
            cache.put(&key, &answer);
            answer.read
        });
        kept.await.map_err(|error| Trouble::of(error.to_string()))
    }

    fn exit_code(&self, scanner: &Scanner, ended: &Ended) -> Result<i32, Trouble> {
        let limits = &self.limits;
        match &ended.why {
            Why::Exit(status) => status.code().ok_or_else(|| Trouble::of(format!("it was ended by {status}"))),
            Why::Cancelled => Err(Trouble::Cancelled),
            Why::TimedOut => Err(self.out_of_time(scanner)),
            Why::ReportTooLarge => Err(Trouble::of(format!(
                "its report grew beyond {} bytes and it was stopped; scan parts of the target",
                limits.report_bytes
            ))),
            Why::OutputTooLarge => {
                Err(Trouble::of(format!("it printed more than {} bytes and was stopped", limits.output_bytes)))
            }
        }
    }

    /// The report and the exit code together decide; neither does alone.
    async fn read(
        &self,
        scanner: &'static Scanner,
        report: &Path,
        exit_code: i32,
        ended: &Ended,
    ) -> Result<Read, Trouble> {
        let trouble =
            |reason: String| Trouble::Failed(Failure { reason, exit_code: Some(exit_code), ..Failure::default() });
        let tree = self.tree_of(scanner);
        let options = ReadOptions {
            format: Some(scanner.format.to_owned()),
            source_root: tree.map(|tree| tree.root().to_path_buf()),
            repository: tree.map(|tree| tree.repository().to_owned()),
            ran_as_root: process::User::is_root(self.user.as_ref()),
            ..ReadOptions::default()
        };
        let (path, may_be_empty) = (report.to_path_buf(), matches!(scanner.report, ReportPlace::Lines { .. }));
        let definition = scanner.definition();
        let work = tokio::task::spawn_blocking(move || match definition {
            Some(definition) => definition.read(&path, &options),
            None if scanner.is_inventory() => report::read_components(&path, &options),
            None => report::read(&path, &options, may_be_empty),
        });
        let read = work.await.map_err(|error| trouble(error.to_string()))?;
        let printed = message::shown(last_words(ended));
        let said = |words: &str| if words.is_empty() { String::new() } else { format!(": {words}") };
        let code = scanner.exit_codes.named(exit_code);
        match read {
            Ok(read) if !scanner.exit_codes.allow(exit_code) => {
                let words = read.problems.first().map_or(printed, Clone::clone);
                Err(trouble(format!("it ended with exit code {code}{}", said(&words))))
            }
            Ok(read) if read.blind => {
                let words = read.problems.first().map_or("it gives no reason", String::as_str);
                Err(trouble(format!("it looked at nothing: {words}")))
            }
            Ok(_) if !says_its_end(scanner, ended) => {
                Err(trouble(format!("it does not say that it came to its end{}", said(&printed))))
            }
            Ok(read) => Ok(read),
            Err(ReportError::Missing)
                if scanner.report == ReportPlace::FileOfFindings && exit_code == 0 && printed.is_empty() =>
            {
                Ok(Read::default())
            }
            Err(ReportError::Missing) if exit_code == 0 && says_that_nothing_is_there(scanner, ended) => {
                Ok(Read::default())
            }
            Err(ReportError::Missing) if exit_code == 0 && scanner.is_silent_when_clean() && printed.is_empty() => {
                Ok(Read::default())
            }
            Err(error @ ReportError::Missing) => {
                Err(trouble(format!("{error} and ended with exit code {code}{}", said(&printed))))
            }
            Err(error) => Err(trouble(format!("its report cannot be used, exit code {code}: {error}"))),
        }
    }
}

/// Without the private folder's path, which is another one each time.
fn without(text: &[u8], folder: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace(String::from_utf8_lossy(folder).as_ref(), "$FOLDER").into_bytes()
}

/// A report of lines has no end of its own.
fn says_its_end(scanner: &Scanner, ended: &Ended) -> bool {
    match scanner.report {
        ReportPlace::Lines { end } => ended.stderr.contains(end),
        _ => true,
    }
}

/// Without a report, by its own words.
fn says_that_nothing_is_there(scanner: &Scanner, ended: &Ended) -> bool {
    matches!(scanner.report, ReportPlace::FileUnlessNothing { end } if ended.stderr.contains(end))
}

/// Tools say what stopped them at the end.
pub(super) fn last_words(ended: &Ended) -> &str {
    let last = |text: &'_ str| text.trim_end().char_indices().rev().nth(300).map_or(0, |(index, _)| index);
    let stream = if ended.stderr.trim().is_empty() { &ended.stdout } else { &ended.stderr };
    stream.get(last(stream)..).unwrap_or_default()
}

/// All that is kept of what it printed.
fn log(ended: &Ended) -> String {
    let streams = [&ended.stderr, &ended.stdout].map(|stream| stream.trim_end()).into_iter();
    message::lines(&streams.filter(|stream| !stream.is_empty()).collect::<Vec<_>>().join("\n"))
}
