//! What a terminal shows while scanners run: a row for each, in the order of the registry, also for those that wait for
//! their turn. All of it follows from the events, the time and the size of the terminal.

use std::time::Duration;

use console::{Style, truncate_str};
use scanhelm_core::text::single_line;
use scanhelm_runner::RunnerEvent;

use super::progress::ended;

const LONGEST: usize = 1000;

pub(super) struct Rows {
    target: String,
    rows: Vec<Row>,
}

struct Row {
    scanner: String,
    state: State,
}

enum State {
    Waiting,
    Running {
        since: Duration,
    },
    Complete(String),
    Partial(String),
    Skipped(String),
    Failed(String),
    /// It was running or waiting when the scan was interrupted.
    Stopped,
}

/// Where rows are drawn.
pub(super) struct Screen {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) colours: bool,
}

impl Rows {
    pub(super) fn new(target: &str, scanners: &[String]) -> Self {
        let row = |scanner: &String| Row { scanner: scanner.clone(), state: State::Waiting };
        Self { target: single_line(target, 200), rows: scanners.iter().map(row).collect() }
    }

    /// `elapsed` is how long the scan has been running.
    pub(super) fn tell(&mut self, event: &RunnerEvent, elapsed: Duration) {
        match event {
            RunnerEvent::ScannerStart { scanner, .. } => self.set(scanner, State::Running { since: elapsed }),
            RunnerEvent::ScannerComplete(ran) if ran.warnings.is_empty() => {
                self.set(&ran.id, State::Complete(ended(ran)));
            }
            RunnerEvent::ScannerComplete(ran) => self.set(&ran.id, State::Partial(ended(ran))),
            RunnerEvent::ScannerSkipped(skipped) => {
                self.set(&skipped.scanner, State::Skipped(single_line(&skipped.reason, LONGEST)));
            }
            RunnerEvent::ScannerFailed(failed) => {
                self.set(&failed.id, State::Failed(single_line(&failed.reason, LONGEST)));
            }
            RunnerEvent::ScanCancelled { .. } => self.stop(),
            RunnerEvent::ScanStart { .. } | RunnerEvent::ScanComplete { .. } | RunnerEvent::ScanFailed { .. } => {}
        }
    }

    fn set(&mut self, scanner: &str, state: State) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.scanner == scanner) {
            row.state = state;
        }
    }

    fn stop(&mut self) {
        for row in self.rows.iter_mut().filter(|row| !row.state.is_over()) {
            row.state = State::Stopped;
        }
    }

    /// As many lines as the screen holds, none wider than it; when there are too many rows, those that say least go.
    pub(super) fn drawn(&self, elapsed: Duration, screen: &Screen) -> Vec<String> {
        // The last column stays free: a terminal may break the line there. So does the line of the cursor.
        let (width, room) = (screen.width.saturating_sub(1), screen.height.saturating_sub(2));
        let mut shown: Vec<usize> = (0..self.rows.len()).collect();
        if shown.len() > room {
            shown.sort_by_key(|index| self.rows.get(*index).map(|row| row.state.urgency()));
            shown.truncate(room.saturating_sub(1));
            shown.sort_unstable();
        }
        let left_out = self.rows.len() - shown.len();
        let over = self.rows.iter().filter(|row| row.state.is_over()).count();
        let heading =
            format!("Scanning {}: {over} of {} scanners done, {}", self.target, self.rows.len(), clock(elapsed));
        let mut lines = vec![truncate_str(&heading, width, "…").into_owned()];
        let rows = shown.into_iter().filter_map(|index| self.rows.get(index));
        lines.extend(rows.map(|row| self.line(row, elapsed, width, screen.colours)));
        if left_out > 0 {
            lines.push(truncate_str(&format!("  and {left_out} more"), width, "…").into_owned());
        }
        lines
    }

    /// What is left to read when it is over: all rows, whole.
    pub(super) fn at_the_end(mut self, elapsed: Duration, colours: bool) -> Vec<String> {
        self.stop();
        let heading = format!("Scanned {} in {}", self.target, clock(elapsed));
        let rows = self.rows.iter().map(|row| self.line(row, elapsed, usize::MAX, colours));
        std::iter::once(heading).chain(rows).collect()
    }

    fn line(&self, row: &Row, elapsed: Duration, width: usize, colours: bool) -> String {
        let widest = self.rows.iter().map(|row| row.scanner.len()).max().unwrap_or_default();
        let line = format!("  {:<widest$}  {}", row.scanner, row.state.shown(elapsed));
        row.state.style().force_styling(colours).apply_to(truncate_str(&line, width, "…")).to_string()
    }
}

impl State {
    const fn is_over(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running { .. })
    }

    fn shown(&self, elapsed: Duration) -> String {
        match self {
            Self::Waiting => "waiting".to_owned(),
            Self::Running { since } => format!("running, {}", clock(elapsed.saturating_sub(*since))),
            Self::Complete(told) | Self::Partial(told) => told.clone(),
            Self::Skipped(reason) => format!("skipped, {reason}"),
            Self::Failed(reason) => format!("failed, {reason}"),
            Self::Stopped => "stopped".to_owned(),
        }
    }

    /// What is first when there is no room for all.
    const fn urgency(&self) -> u8 {
        match self {
            Self::Running { .. } => 0,
            Self::Failed(_) => 1,
            Self::Partial(_) => 2,
            Self::Waiting | Self::Stopped => 3,
            Self::Complete(_) => 4,
            Self::Skipped(_) => 5,
        }
    }

    fn style(&self) -> Style {
        let style = Style::new().for_stderr();
        match self {
            Self::Running { .. } => style.cyan(),
            Self::Complete(_) => style.green(),
            Self::Partial(_) => style.yellow(),
            Self::Failed(_) => style.red(),
            Self::Waiting | Self::Skipped(_) | Self::Stopped => style.dim(),
        }
    }
}

/// Whole seconds: tenths would flicker.
fn clock(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scanhelm_core::scan::SkippedScanner;

    use super::*;

    const WIDE: Screen = Screen { height: 24, width: 80, colours: false };

    fn rows(names: &[&str]) -> Rows {
        Rows::new("shop", &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    fn started(scanner: &str) -> RunnerEvent {
        RunnerEvent::ScannerStart { scanner: scanner.to_owned(), version: None, process: None }
    }

    fn skipped(scanner: &str, reason: &str) -> RunnerEvent {
        let (scanner, reason) = (scanner.to_owned(), reason.to_owned());
        RunnerEvent::ScannerSkipped(SkippedScanner { scanner, reason, install_hint: None })
    }

    #[test]
    fn each_scanner_has_a_row_from_the_beginning() {
        let mut rows = rows(&["bandit", "semgrep", "ruff"]);
        rows.tell(&started("semgrep"), Duration::from_secs(2));
        rows.tell(&skipped("ruff", "there is no Python file"), Duration::from_secs(3));
        let expected = [
            "Scanning shop: 1 of 3 scanners done, 1 min 4 s",
            "  bandit   waiting",
            "  semgrep  running, 1 min 2 s",
            "  ruff     skipped, there is no Python file",
        ];
        assert_eq!(rows.drawn(Duration::from_secs(64), &WIDE), expected);
        let end = rows.at_the_end(Duration::from_secs(65), false);
        assert_eq!(end[..3], ["Scanned shop in 1 min 5 s", "  bandit   stopped", "  semgrep  stopped"]);
    }

    #[test]
    fn colours_are_there_only_when_they_are_wanted() {
        let mut rows = rows(&["bandit"]);
        rows.tell(&started("bandit"), Duration::ZERO);
        assert!(!rows.drawn(Duration::ZERO, &WIDE).concat().contains('\u{1b}'));
        let coloured = rows.drawn(Duration::ZERO, &Screen { colours: true, ..WIDE });
        assert!(coloured[1].contains("\u{1b}[36m") && coloured[1].ends_with("\u{1b}[0m"), "{coloured:?}");
    }

    proptest! {
        #[test]
        fn rows_never_leave_the_screen_and_running_ones_stay(
            count in 1..40_usize, height in 5..30_usize, width in 1..100_usize, running in 0..40_usize, reason in "[a-z漢 ]{0,80}",
        ) {
            let names: Vec<String> = (0..count).map(|number| format!("scanner{number}")).collect();
            let mut rows = Rows::new("shop", &names);
            names.iter().for_each(|name| rows.tell(&skipped(name, &reason), Duration::ZERO));
            let running = format!("scanner{}", running % count);
            rows.tell(&started(&running), Duration::ZERO);
            let drawn = rows.drawn(Duration::from_secs(9), &Screen { height, width, colours: false });
            prop_assert!(drawn.len() < height, "{drawn:?}");
            prop_assert!(drawn.iter().all(|line| console::measure_text_width(line) < width.max(2)), "{drawn:?}");
            if width > 40 {
                prop_assert!(drawn.iter().any(|line| line.contains(&running) && line.contains("running")), "{drawn:?}");
            }
        }
    }
}
