//! What was measured, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::import::ImportFigures;
use crate::start::StartFigures;

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) version: &'static str,
    pub(crate) machine: String,
    pub(crate) start: Option<StartFigures>,
    pub(crate) imports: Vec<ImportFigures>,
}

/// The middle value; of an even number the mean of the two in the middle; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

impl Figures {
    /// Tables in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("Scanhelm {} on {}.\n", self.version, self.machine);
        if let Some(start) = &self.start {
            text.push_str(&start_table(start));
        }
        for import in &self.imports {
            text.push_str(&import_table(import));
        }
        text
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn start_table(start: &StartFigures) -> String {
    let rows = [
        ("hub ready, first start", format!("{:.0} ms", start.first_ready_ms), "< 500 ms"),
        ("hub ready, later start", format!("{:.0} ms", start.later_ready_ms), "< 500 ms"),
        ("`scanhelm --version`", format!("{:.1} ms", start.version_ms), "< 30 ms"),
        ("`scanhelm --help`", format!("{:.1} ms", start.help_ms), "< 30 ms"),
        ("resident memory, idle with one integration", megabytes(start.idle_bytes), "< 40 MB"),
        ("its peak until then", megabytes(start.idle_peak_bytes), ""),
        ("size of the binary", megabytes(start.binary_bytes), ""),
    ];
    let mut text =
        format!("\nStart and idle; load before: {}\n\n| | measured | goal |\n|---|---|---|\n", start.load_before);
    for (what, measured, goal) in rows {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "| {what} | {measured} | {goal} |");
    }
    text
}

fn import_table(import: &ImportFigures) -> String {
    let mut text = format!(
        "\nImport of {} findings ({}) into {}; load before: {}\n\n\
         | run | import | CPU of the hub | peak memory | again | peak memory | bare inserts | share |\n\
         |---|---|---|---|---|---|---|---|\n",
        import.findings,
        megabytes(import.report_bytes),
        import.engine,
        import.load_before
    );
    let numbered = import.pairs.iter().enumerate().map(|(index, pair)| ((index + 1).to_string(), pair));
    for (run, pair) in numbered.chain([("median".to_owned(), &import.median)]) {
        let _ = writeln!(
            text,
            "| {run} | {:.1} s, {:.0}/s | {:.1} s | {} | {:.1} s, {:.0}/s | {} | {:.1} s, {:.0}/s | {:.2} |",
            pair.first.seconds,
            pair.first.findings_per_second,
            pair.first.cpu_seconds,
            megabytes(pair.first.peak_bytes),
            pair.again.seconds,
            pair.again.findings_per_second,
            megabytes(pair.again.peak_bytes),
            pair.bare_seconds,
            pair.bare_findings_per_second,
            pair.share,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median([]).abs() < f64::EPSILON);
    }
}
