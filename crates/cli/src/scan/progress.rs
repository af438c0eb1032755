//! Progress on standard error: moving lines on a terminal, plain lines elsewhere and where the terminal can move
//! nothing (`TERM=dumb`). There is no colour in it, so there is none to switch off.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use scanhelm_core::findings_in_words;
use scanhelm_core::text::single_line;
use scanhelm_runner::RunnerEvent;

use crate::duration;
use crate::exit;

pub(super) struct Progress {
    quiet: bool,
    moving: Option<MultiProgress>,
    running: Mutex<HashMap<String, ProgressBar>>,
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let moving = (!quiet && std::io::stderr().is_terminal() && !is_dumb()).then(MultiProgress::new);
        Self { quiet, moving, running: Mutex::default() }
    }

    pub(super) fn show(&self, event: &RunnerEvent) {
        match event {
            RunnerEvent::ScannerStart { process: None, .. } => {}
            RunnerEvent::ScannerStart { scanner, version, .. } => self.start(scanner, version.as_deref()),
            RunnerEvent::ScannerComplete(ran) if ran.cached => {
                self.finish(
                    &ran.id,
                    &format!("{}: {} as before, its files have not changed", ran.id, findings_in_words(ran.findings)),
                );
            }
            RunnerEvent::ScannerComplete(ran) => {
                let took = duration::shown(ran.duration);
                self.finish(&ran.id, &format!("{}: {} in {took}", ran.id, findings_in_words(ran.findings)));
            }
            RunnerEvent::ScannerSkipped(skipped) => {
                self.finish(&skipped.scanner, &format!("{}: skipped, {}", skipped.scanner, skipped.reason));
            }
            RunnerEvent::ScannerFailed(failed) => {
                self.finish(&failed.id, &format!("{}: failed, {}", failed.id, failed.reason));
            }
            // The result says the rest.
            _ => {}
        }
    }

    /// Above the moving lines.
    pub(super) fn say(&self, line: &str) {
        let line = single_line(line, 1000);
        match &self.moving {
            _ if self.quiet => {}
            Some(moving) => moving.suspend(|| exit::say(&line)),
            None => exit::say(&line),
        }
    }

    pub(super) fn end(&self) {
        for (_, bar) in self.running().drain() {
            bar.finish_and_clear();
        }
    }

    fn start(&self, scanner: &str, version: Option<&str>) {
        let what = single_line(&format!("{scanner} {}", version.unwrap_or_default()), 100);
        match &self.moving {
            Some(moving) => {
                let bar = moving.add(ProgressBar::new_spinner());
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                    bar.set_style(style);
                }
                bar.set_message(what);
                bar.enable_steady_tick(Duration::from_millis(120));
                self.running().insert(scanner.to_owned(), bar);
            }
            None => self.say(&format!("{what}: started")),
        }
    }

    fn finish(&self, scanner: &str, line: &str) {
        if let Some(bar) = self.running().remove(scanner) {
            bar.finish_and_clear();
        }
        self.say(line);
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}
