//! Progress on standard error: rows that move on a terminal ([`rows`](super::rows)), a line an event elsewhere and where
//! the terminal can move nothing (`TERM=dumb`).
//!
//! The rows are written over by cursor movements alone. No mode of the terminal is changed, so there is none to restore
//! however the scan ends.

use std::fmt;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use scanhelm_core::component::components_in_words;
use scanhelm_core::findings_in_words;
use scanhelm_core::text::single_line;
use scanhelm_runner::RunnerEvent;

use super::rows::{Rows, Screen};
use crate::duration;
use crate::exit;

const TICK: Duration = Duration::from_millis(100);

pub(super) struct Progress {
    quiet: bool,
    moving: Option<Moving>,
}

/// The rows on a terminal; nothing stands there before the scan has begun.
struct Moving {
    bar: ProgressBar,
    rows: Arc<Mutex<Option<(Instant, Rows)>>>,
    colours: bool,
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let moves = !quiet && std::io::stderr().is_terminal() && !is_dumb();
        Self { quiet, moving: moves.then(Moving::new).flatten() }
    }

    pub(super) fn show(&self, event: &RunnerEvent) {
        match &self.moving {
            Some(moving) => moving.show(event),
            None => line(event).into_iter().for_each(|line| self.say(&line)),
        }
    }

    /// Above the moving rows.
    pub(super) fn say(&self, line: &str) {
        let line = single_line(line, 1000);
        match &self.moving {
            _ if self.quiet => {}
            Some(moving) if moving.rows().is_some() => moving.bar.suspend(|| exit::say(&line)),
            _ => exit::say(&line),
        }
    }

    /// Leaves what became of each scanner as plain lines.
    pub(super) fn end(&self) {
        let Some(moving) = &self.moving else { return };
        moving.bar.finish_and_clear();
        if let Some((begun, rows)) = moving.rows().take() {
            rows.at_the_end(begun.elapsed(), moving.colours).iter().for_each(|line| exit::say(line));
        }
    }
}

impl Moving {
    /// `None` when the rows cannot be drawn, which loses nothing but comfort.
    fn new() -> Option<Self> {
        let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let rows: Arc<Mutex<Option<(Instant, Rows)>>> = Arc::default();
        let drawn = Arc::clone(&rows);
        let draw = move |_: &ProgressState, output: &mut dyn fmt::Write| {
            let (height, width) = Term::stderr().size();
            let screen = Screen { height: height.into(), width: width.into(), colours };
            if let Some((begun, rows)) = &*locked(&drawn) {
                // A row that cannot be drawn comes with the next look.
                let _ = output.write_str(&rows.drawn(begun.elapsed(), &screen).join("\n"));
            }
        };
        let style = ProgressStyle::with_template("{rows}").ok()?.with_key("rows", draw);
        let bar = ProgressBar::new_spinner().with_style(style);
        Some(Self { bar, rows, colours })
    }

    fn show(&self, event: &RunnerEvent) {
        if let RunnerEvent::ScanStart { target, scanners } = event {
            *self.rows() = Some((Instant::now(), Rows::new(target, scanners)));
            self.bar.enable_steady_tick(TICK);
        } else if let Some((begun, rows)) = &mut *self.rows() {
            rows.tell(event, begun.elapsed());
        }
    }

    fn rows(&self) -> MutexGuard<'_, Option<(Instant, Rows)>> {
        locked(&self.rows)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One event for a log. What the result says anyway has no line.
fn line(event: &RunnerEvent) -> Option<String> {
    Some(match event {
        RunnerEvent::ScanStart { target, scanners } => format!("{target}: scanned by {}", scanners.join(", ")),
        RunnerEvent::ScannerStart { process: None, .. } => return None,
        RunnerEvent::ScannerStart { scanner, version, .. } => match version {
            Some(version) => format!("{scanner} {version}: started"),
            None => format!("{scanner}: started"),
        },
        RunnerEvent::ScannerComplete(ran) => format!("{}: {}", ran.id, ended(ran)),
        RunnerEvent::ScannerSkipped(skipped) => format!("{}: skipped, {}", skipped.scanner, skipped.reason),
        RunnerEvent::ScannerFailed(failed) => format!("{}: failed, {}", failed.id, failed.reason),
        RunnerEvent::ScanComplete { .. } | RunnerEvent::ScanFailed { .. } | RunnerEvent::ScanCancelled { .. } => {
            return None;
        }
    })
}

/// `2 findings in 1.2 s, 84 MB, partial (3 warnings)`.
pub(super) fn ended(ran: &scanhelm_runner::RanScanner) -> String {
    let brought = ran.components.map_or_else(|| findings_in_words(ran.findings), components_in_words);
    let took = match ran.cached {
        true => "as before, its files have not changed".to_owned(),
        false => format!("in {}", duration::shown(ran.duration)),
    };
    let partial = match ran.warnings.len() {
        0 => String::new(),
        1 => ", partial (1 warning)".to_owned(),
        count => format!(", partial ({count} warnings)"),
    };
    format!("{brought} {took}{}{partial}", ran.peak_memory_bytes.map(memory).unwrap_or_default())
}

/// The greatest process at its greatest.
fn memory(bytes: u64) -> String {
    format!(", {} MB", bytes / 1_000_000)
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}
