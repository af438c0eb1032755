//! What was measured, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::exports::ExportFigures;
use crate::import::ImportFigures;
use crate::local::LocalFigures;
use crate::neighbours::NeighbourFigures;
use crate::parse::ParseFigures;
use crate::queue::{DELETED, QueueFigures};
use crate::scale::{Lags, ScaleFigures, SizeFigures};
use crate::start::StartFigures;

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) version: &'static str,
    pub(crate) machine: String,
    pub(crate) start: Option<StartFigures>,
    pub(crate) imports: Vec<ImportFigures>,
    pub(crate) scale: Option<ScaleFigures>,
    pub(crate) neighbours: Option<NeighbourFigures>,
    pub(crate) parse: Option<ParseFigures>,
    pub(crate) queues: Vec<QueueFigures>,
    pub(crate) exports: Vec<ExportFigures>,
    pub(crate) local: Option<LocalFigures>,
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
        if let Some(scale) = &self.scale {
            text.push_str(&scale_table(scale));
        }
        if let Some(neighbours) = &self.neighbours {
            text.push_str(&neighbour_table(neighbours));
        }
        if let Some(parse) = &self.parse {
            text.push_str(&parse_table(parse));
        }
        for queue in &self.queues {
            text.push_str(&queue_table(queue));
        }
        for export in &self.exports {
            text.push_str(&export_table(export));
        }
        if let Some(local) = &self.local {
            text.push_str(&local_tables(local));
        }
        text
    }
}

fn local_tables(local: &LocalFigures) -> String {
    let mut text = format!(
        "\nLocal scans; load before: {}\n\n\
         | findings | output | the tool alone | more than that | processor time | peak memory |\n\
         |---|---|---|---|---|---|\n",
        local.load_before
    );
    for one in &local.commands {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} ms | {:.0} ms | {:.0} ms | {} |",
            one.findings,
            one.output,
            one.tool_ms,
            one.more_ms,
            one.more_cpu_ms,
            megabytes(one.peak_bytes)
        );
    }
    let hub = &local.hub;
    let _ = write!(
        text,
        "\n{} findings of one tool in a hub\n\n| | measured | goal |\n|---|---|---|\n| scan over | {:.2} s | < 1.5 s |\n\
         | each finding in the queue | {:.1} s | |\n| peak memory of the hub | {} | < 150 MB |\n\
         | `/healthz` meanwhile, p99 | {:.1} ms | < 20 ms |\n| first page of its findings | {:.1} ms | < 50 ms |\n",
        hub.findings,
        hub.over_seconds,
        hub.imported_seconds,
        megabytes(hub.peak_bytes),
        hub.health_p99_ms,
        hub.first_page_ms
    );
    let schedule = &local.schedule;
    let _ = write!(
        text,
        "\n{} on real sources\n\n| | measured | goal |\n|---|---|---|\n| by hand, all at once | {:.1} s | |\n\
         | by hand, longest first | {:.1} s | |\n| `scanhelm scan` | {:.1} s | |\n| the same, first time | {:.1} s | |\n\
         | scan by the better way by hand | {:.2} | <= 1.1 |\n",
        schedule.tools.join(", "),
        schedule.together_seconds,
        schedule.longest_first_seconds,
        schedule.scan_seconds,
        schedule.first_scan_seconds,
        schedule.share
    );
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn parse_table(parse: &ParseFigures) -> String {
    let rate = format!("{:.0} MB/s a core", parse.megabytes_a_second);
    format!(
        "\nReading a Nessus report of {} with {} findings and nothing else, medians of {}; load before: {}\n\n\
         | | measured | goal |\n|---|---|---|\n| rate | {rate} | >= 150 MB/s a core |\n\
         | peak memory of the process | {} | < 60 MB |\n",
        megabytes(parse.report_bytes),
        parse.findings,
        parse.repeats,
        parse.load_before,
        megabytes(parse.peak_bytes),
    )
}

fn start_table(start: &StartFigures) -> String {
    let rows = [
        ("hub ready, first start", format!("{:.0} ms", start.first_ready_ms), "< 500 ms"),
        ("hub ready, later start", format!("{:.0} ms", start.later_ready_ms), "< 500 ms"),
        ("`scanhelm --version`", format!("{:.1} ms", start.version_ms), "< 30 ms"),
        ("`scanhelm --help`", format!("{:.1} ms", start.help_ms), "< 30 ms"),
        ("resident memory, idle", megabytes(start.empty_bytes), "< 40 MB"),
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

type Column = (&'static str, fn(&SizeFigures) -> String, &'static str);

fn scale_table(scale: &ScaleFigures) -> String {
    let rows: [Column; 15] = [
        ("integrations", |size| size.integrations.to_string(), ""),
        ("scans that run at any moment, at least", |size| size.scans.to_string(), ""),
        ("all adopted after", |size| format!("{:.1} s", size.adopted_s), ""),
        ("oldest status of any scan at any second", |size| format!("{:.1} s", size.age_max_s), "<= 30 s"),
        ("the same, p50 and p99", |size| format!("{:.1}, {:.1} s", size.age_p50_s, size.age_p99_s), ""),
        ("end at the vendor until shown, p50", |size| lag(&size.polled, size.polled.shown_p50), ""),
        ("the same, p99", |size| lag(&size.polled, size.polled.shown_p99), "< 30 s"),
        (
            "until results are in, p50 and p99",
            |size| format!("{:.1}, {:.1} s", size.polled.imported_p50, size.polled.imported_p99),
            "",
        ),
        ("with webhooks: until shown, p50", |size| lag(&size.hooked, size.hooked.shown_p50), ""),
        ("the same, p99", |size| lag(&size.hooked, size.hooked.shown_p99), "< 5 s"),
        ("processors the hub keeps busy", |size| format!("{:.2}", size.hub_cpu), "< 1"),
        ("processor seconds a minute for 1,000 scans", |size| format!("{:.2}", size.cpu_per_1000), "flat"),
        ("peak memory of the hub", |size| megabytes(size.peak_bytes), "< 300 MB"),
        ("vendor calls a minute", |size| format!("{:.0}", size.calls), ""),
        ("the same, busiest integration", |size| format!("{:.0}", size.most_calls), "<= 240"),
    ];
    let mut text = format!(
        "\nMany running scans on {}, each size watched for {} s; load before: {}\n\n|",
        scale.engine, scale.watched_s, scale.load_before
    );
    text.push_str(&" |".repeat(scale.sizes.len() + 2));
    text.push_str(&format!("\n|---|{}---|\n", "---|".repeat(scale.sizes.len())));
    for (what, measured, goal) in rows {
        let _ = write!(text, "| {what} |");
        for size in &scale.sizes {
            let _ = write!(text, " {} |", measured(size));
        }
        let _ = writeln!(text, " {goal} |");
    }
    if let Some(largest) = scale.sizes.last() {
        text.push_str("\nUntil shown at the largest size, p50 and p99, by vendor:");
        for (vendor, lags) in &largest.lags_by_vendor {
            let _ = write!(text, " {vendor} {:.1}, {:.1} s ({} runs);", lags.shown_p50, lags.shown_p99, lags.runs);
        }
        text.push('\n');
        text.push_str("\nVendor calls a minute at the largest size, by kind:");
        for (kind, calls) in &largest.calls_by_kind {
            let _ = write!(text, " {kind} {calls:.0};");
        }
        text.push('\n');
    }
    text
}

fn lag(lags: &Lags, seconds: f64) -> String {
    match lags.runs {
        0 => "none ended".to_owned(),
        runs => format!("{seconds:.1} s ({runs} runs)"),
    }
}

fn neighbour_table(neighbours: &NeighbourFigures) -> String {
    let mut text = format!(
        "\nOne slow (10 s an answer) and one dead vendor among {} integrations with {} scans, on {}; the others, {} s \
         each; load before: {}\n\n\
         | pair | trouble | ended | shown after, mean | p99 | results in after, mean | p99 | oldest status, p99 |\n\
         |---|---|---|---|---|---|---|---|\n",
        neighbours.integrations, neighbours.scans, neighbours.engine, neighbours.watched_s, neighbours.load_before
    );
    for (number, (quiet, troubled)) in (1..).zip(&neighbours.pairs) {
        for (trouble, rest) in [("none", quiet), ("both", troubled)] {
            let lags = &rest.lags;
            let _ = writeln!(
                text,
                "| {number} | {trouble} | {} | {:.2} s | {:.1} s | {:.2} s | {:.1} s | {:.1} s |",
                lags.runs, lags.shown_mean, lags.shown_p99, lags.imported_mean, lags.imported_p99, rest.age_p99_s
            );
        }
    }
    let _ = writeln!(
        text,
        "\nRatio of the means, with trouble by without (goal: at most 1.2): shown {:.2}, results in {:.2}",
        neighbours.shown_ratio, neighbours.imported_ratio
    );
    text
}

fn queue_table(queue: &QueueFigures) -> String {
    let QueueFigures { filled, scans, calls, bulk, deletions_ms } = queue;
    let imported = &filled.imported;
    let mut text = format!(
        "\n{} findings and {} scans on {}; load before: {}\n\n\
         Imported in {:.0} s, {:.0}/s, with a peak of {}; `/healthz` meanwhile p50 {:.1} ms, p99 {:.1} ms (goal: < 20 ms).\n\n\
         | call | p50 | p99 (goal: < 100 ms) | answer | asked |\n|---|---|---|---|---|\n",
        filled.findings,
        scans,
        filled.engine,
        filled.load_before,
        imported.seconds,
        imported.findings_per_second,
        megabytes(imported.peak_bytes),
        imported.health_p50_ms,
        imported.health_p99_ms,
    );
    for call in calls {
        let _ = writeln!(
            text,
            "| {} | {:.1} ms | {:.1} ms | {:.1} kB | {} |",
            call.call,
            call.p50_ms,
            call.p99_ms,
            call.bytes as f64 / 1e3,
            call.asked
        );
    }
    let _ = writeln!(
        text,
        "\nA bulk action on {} findings was accepted after {:.0} ms and done after {:.1} s; `/healthz` meanwhile p99 {:.1} ms (goal: < 20 ms).",
        bulk.findings, bulk.accepted_ms, bulk.seconds, bulk.health_p99_ms
    );
    let _ = writeln!(
        text,
        "\nScans of {DELETED} findings deleted in {:.0} ms, the median of {} (goal: < 500 ms).",
        median(deletions_ms.iter().copied()),
        deletions_ms.len()
    );
    text
}

fn export_table(export: &ExportFigures) -> String {
    let ExportFigures { filled, formats } = export;
    let mut text = format!(
        "\n{} findings on {} as a file in each format; load before: {}\n\n\
         | format | file | time | rate | findings | memory before | its peak |\n|---|---|---|---|---|---|---|\n",
        filled.findings, filled.engine, filled.load_before
    );
    for format in formats {
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} s | {:.1} MB/s | {:.0}/s | {} | {} |",
            format.format,
            megabytes(format.bytes),
            format.seconds,
            format.bytes as f64 / 1e6 / format.seconds,
            filled.findings as f64 / format.seconds,
            megabytes(format.before_bytes),
            megabytes(format.peak_bytes),
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
