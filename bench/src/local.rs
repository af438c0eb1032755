//! Local scans: what Scanhelm costs on top of the tools that it runs.
//!
//! Where the cost is what counts, a stand-in takes the tool's place and hands over a report at once: a real tool's own
//! time differs by more from run to run than Scanhelm takes at all.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::filled::{Health, milliseconds};
use crate::hub::{Installation, RunningHub};
use crate::process;
use crate::watch::percentile;

const SMALL: u32 = 2_236;
const LARGE: u32 = 100_000;
const FILES: u32 = 500;
const REPEATS: usize = 7;
/// Each with all tools of the schedule, by hand and as a scan.
const SCHEDULES: usize = 5;
const PAGES: usize = 50;
const PATIENCE: Duration = Duration::from_mins(5);

#[derive(Debug, Serialize)]
pub(crate) struct LocalFigures {
    pub(crate) load_before: String,
    pub(crate) commands: Vec<CommandFigures>,
    pub(crate) hub: HubFigures,
    pub(crate) schedule: ScheduleFigures,
}

/// `scanhelm scan` with a tool that takes no time, medians.
#[derive(Debug, Serialize)]
pub(crate) struct CommandFigures {
    pub(crate) findings: u32,
    pub(crate) output: &'static str,
    /// Of the stand-in by itself.
    pub(crate) tool_ms: f64,
    /// More than the stand-in by itself.
    pub(crate) more_ms: f64,
    /// User and system time of all processes, without what the stand-in takes by itself.
    pub(crate) more_cpu_ms: f64,
    pub(crate) peak_bytes: u64,
}

/// [`LARGE`] findings of one tool in a hub on SQLite.
#[derive(Debug, Serialize)]
pub(crate) struct HubFigures {
    pub(crate) findings: u32,
    /// From the order until the scan is over and its counts are known.
    pub(crate) over_seconds: f64,
    /// From the order until each finding is in the queue.
    pub(crate) imported_seconds: f64,
    pub(crate) peak_bytes: u64,
    pub(crate) health_p99_ms: f64,
    pub(crate) first_page_ms: f64,
}

/// Real tools on real sources: by hand, and as one scan.
#[derive(Debug, Serialize)]
pub(crate) struct ScheduleFigures {
    pub(crate) tools: Vec<&'static str>,
    /// All at once.
    pub(crate) together_seconds: f64,
    /// As many at once as there are processors, the longest first.
    pub(crate) longest_first_seconds: f64,
    pub(crate) scan_seconds: f64,
    /// A first scan, which asks each tool for its version.
    pub(crate) first_scan_seconds: f64,
    /// The scan's time by that of the better way by hand.
    pub(crate) share: f64,
}

pub(crate) async fn measure(program: &Path, sources: &Path, work: &Path, quick: bool) -> Outcome<LocalFigures> {
    let load_before = process::load()?;
    let (small, large, repeats) = if quick { (200, 1_000, 1) } else { (SMALL, LARGE, REPEATS) };
    let mut commands = Vec::new();
    for (findings, outputs) in [(small, &["json", "sarif", "table"][..]), (large, &["json", "sarif"][..])] {
        let bench = Bench::new(program, work, findings)?;
        for output in outputs {
            commands.push(bench.command(output, repeats)?);
        }
    }
    let hub = Bench::new(program, work, large)?.hub().await?;
    let schedule = schedule(program, sources, work, if quick { 1 } else { SCHEDULES })?;
    Ok(LocalFigures { load_before, commands, hub, schedule })
}

/// A tree, a tool that finds much in it, and nothing else.
struct Bench<'a> {
    program: &'a Path,
    findings: u32,
    folder: TempDir,
}

impl<'a> Bench<'a> {
    fn new(program: &'a Path, work: &Path, findings: u32) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("local-").tempdir_in(work).during("make a folder")?;
        let bench = Self { program, findings, folder };
        for folder in [bench.tree(), bench.tools(), bench.at("home")] {
            std::fs::create_dir(&folder).during(folder.display())?;
        }
        bench.write_tree()?;
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo bandit 1.9.4; exit 0; fi\n\
             for word in \"$@\"; do [ \"$last\" = --output ] && out=$word; last=$word; done\n\
             cat '{}' > \"$out\"\nexit 1\n",
            bench.at("report.json").display()
        );
        let tool = bench.tools().join("bandit");
        std::fs::write(&tool, script).during(tool.display())?;
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).during(tool.display())?;
        Ok(bench)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tree(&self) -> PathBuf {
        self.at("tree")
    }

    fn tools(&self) -> PathBuf {
        self.at("tools")
    }

    /// A line of source for each finding, and a report in the form and of the wording of Bandit.
    fn write_tree(&self) -> Outcome<()> {
        let mut results = Vec::new();
        for file in 0..FILES {
            let lines = self.findings / FILES + u32::from(file < self.findings % FILES);
            let mut text = String::new();
            for line in 1..=lines {
                let source = format!("value_{line} = eval(given_{file}_{line})");
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{source}");
                results.push(json!({
                    "code": format!("{line} {source}\n"), "col_offset": 10, "end_col_offset": 30,
                    "filename": format!("./module_{file}.py"), "issue_confidence": "HIGH", "issue_severity": "MEDIUM",
                    "issue_cwe": {"id": 78, "link": "https://cwe.mitre.org/data/definitions/78.html"},
                    "issue_text": "Use of possibly insecure function - consider using safer ast.literal_eval.",
                    "line_number": line, "line_range": [line], "test_id": "B307", "test_name": "blacklist",
                    "more_info": "https://bandit.readthedocs.io/en/1.9.4/blacklists/blacklist_calls.html#b307-eval",
                }));
            }
            let path = self.tree().join(format!("module_{file}.py"));
            std::fs::write(&path, text).during(path.display())?;
        }
        let report = json!({"errors": [], "generated_at": "2026-01-01T00:00:00Z", "metrics": {}, "results": results});
        let path = self.at("report.json");
        std::fs::write(&path, report.to_string()).during(path.display())
    }

    fn command(&self, output: &'static str, repeats: usize) -> Outcome<CommandFigures> {
        let tree = self.tree();
        let scan = || {
            let mut command = Command::new(self.program);
            command.arg("scan").arg(&tree).args(["--scanner", "bandit", "--no-cache", "--quiet", "--output", output]);
            self.bare(&mut command);
            command
        };
        let mut tool = Command::new(self.tools().join("bandit"));
        tool.arg("--output").arg(self.at("copy.json"));
        self.bare(&mut tool);
        let mut version = Command::new(self.tools().join("bandit"));
        version.arg("--version");
        self.bare(&mut version);
        let (mut tools, mut more, mut cpu, mut peaks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..repeats {
            let (told, alone) = (Spent::by(&mut version, 0)?, Spent::by(&mut tool, 1)?);
            let scanned = Spent::by(&mut scan(), 0)?;
            tools.push(alone.wall.as_secs_f64() * 1e3);
            more.push((scanned.wall.as_secs_f64() - alone.wall.as_secs_f64()) * 1e3);
            cpu.push((scanned.cpu.as_secs_f64() - alone.cpu.as_secs_f64() - told.cpu.as_secs_f64()) * 1e3);
            peaks.push(scanned.peak_bytes as f64);
        }
        let figures = CommandFigures {
            findings: self.findings,
            output,
            tool_ms: median(tools),
            more_ms: median(more),
            more_cpu_ms: median(cpu),
            peak_bytes: median(peaks) as u64,
        };
        crate::say(&format!(
            "{} findings as {output}: {:.0} ms more, {:.0} ms of processor, {} MB",
            figures.findings,
            figures.more_ms,
            figures.more_cpu_ms,
            figures.peak_bytes / 1_000_000
        ));
        Ok(figures)
    }

    fn path(&self) -> OsString {
        std::env::join_paths([self.tools(), "/usr/bin".into(), "/bin".into()]).unwrap_or_default()
    }

    /// With the tool and nothing of whoever measures.
    fn bare(&self, command: &mut Command) {
        command.env_clear().env("PATH", self.path()).env("HOME", self.at("home"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }

    async fn hub(&self) -> Outcome<HubFigures> {
        let tree = self.tree();
        let mut installation = Installation::on(self.program, self.at("hub"), None);
        installation.settings = vec![
            ("SCANHELM_LOCAL_ALLOWED_ROOTS", tree.clone().into_os_string()),
            // No other scanner.
            ("PATH", self.path()),
        ];
        let key = installation.bootstrap()?;
        let (hub, _) = installation.start(Some(key)).await?;
        let order = json!({"scan_types": ["code"], "target_path": tree, "name": "bench", "launch": true});
        let health = Health::watch(&hub)?;
        let begun = Instant::now();
        let made = hub.post(&["scans"], &order).await?;
        let id = made.pointer("/scan/id").or(made.get("id")).and_then(Value::as_str).during("the scan's id")?;
        let over_seconds = until(&hub, id, begun, |scan| scan.get("vendor_state") == Some(&json!("completed"))).await?;
        let imported = |scan: &Value| scan.get("import_state") == Some(&json!("done"));
        let imported_seconds = until(&hub, id, begun, imported).await?;
        let health_p99_ms = milliseconds(percentile(&health.over().await?, 0.99));
        let peak_bytes = process::memory(hub.process())?.peak;
        let counted = hub.get(&["findings", "counts"]).await?;
        if counted.get("total").and_then(Value::as_u64) != Some(u64::from(self.findings)) {
            return Err(Failure::new(format!("not all of {} findings are there: {counted}", self.findings)));
        }
        let mut pages = Vec::new();
        for _ in 0..PAGES {
            let asked = Instant::now();
            hub.read(&["scans", id, "findings"], &[]).await?;
            pages.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        hub.stop().await?;
        let first_page_ms = median(pages);
        crate::say(&format!(
            "{} findings in a hub: over after {over_seconds:.1} s, imported after {imported_seconds:.1} s, {} MB, healthz \
             p99 {health_p99_ms:.1} ms, first page {first_page_ms:.1} ms",
            self.findings,
            peak_bytes / 1_000_000
        ));
        let findings = self.findings;
        Ok(HubFigures { findings, over_seconds, imported_seconds, peak_bytes, health_p99_ms, first_page_ms })
    }
}

async fn until(hub: &RunningHub, scan: &str, begun: Instant, reached: impl Fn(&Value) -> bool) -> Outcome<f64> {
    while begun.elapsed() < PATIENCE {
        let seen = hub.get(&["scans", scan]).await?;
        if reached(&seen) {
            return Ok(begun.elapsed().as_secs_f64());
        }
        if seen.get("vendor_state") == Some(&json!("failed")) {
            return Err(Failure::new(format!("the scan failed: {seen}")));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err(Failure::new(format!("the scan is not where it should be after {PATIENCE:?}")))
}

/// What a process and those it waited for took.
struct Spent {
    wall: Duration,
    cpu: Duration,
    peak_bytes: u64,
}

impl Spent {
    fn by(command: &mut Command, exit_code: i32) -> Outcome<Self> {
        let before = of_children()?;
        let begun = Instant::now();
        let mut child = command.spawn().during(command.get_program().display())?;
        let (mut peak_bytes, mut ended) = (0, None);
        while ended.is_none() {
            // It is gone from there when it has ended.
            peak_bytes = process::memory(child.id()).map_or(peak_bytes, |memory| peak_bytes.max(memory.peak));
            std::thread::sleep(Duration::from_millis(2));
            ended = child.try_wait().during("wait for a process")?;
        }
        let wall = begun.elapsed();
        if ended.and_then(|status| status.code()) != Some(exit_code) {
            return Err(Failure::new(format!("{} did not end as it should", command.get_program().display())));
        }
        Ok(Self { wall, cpu: of_children()?.saturating_sub(before), peak_bytes })
    }
}

fn of_children() -> Outcome<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).during("the time of processes")?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
}

/// The work that Scanhelm gives each tool, as a person would type it, and by which id Scanhelm runs it. Longest first.
const TOOLS: &[(&str, &str)] = &[
    (
        "semgrep",
        "semgrep scan --config ../rules.yaml --metrics off --disable-version-check --quiet --no-git-ignore \
         --project-root=. --timeout=0 --json --output OUT .",
    ),
    ("bandit", "bandit --quiet --recursive --format json --output OUT . || true"),
    (
        "gitleaks",
        "gitleaks dir --no-banner --redact --log-level error --exit-code 0 --report-format json --report-path OUT .",
    ),
    ("cppcheck", "cppcheck --enable=warning,portability --suppress=missingInclude --quiet --xml --output-file=OUT ."),
    (
        "ruff",
        "ruff check --isolated --no-cache --select S --output-format json --output-file OUT . --exit-zero --quiet",
    ),
    ("flawfinder", "flawfinder --quiet --dataonly --csv . > OUT"),
    ("shellcheck", "find . -name '*.sh' -print0 | xargs -0 shellcheck --norc --format json1 > OUT || true"),
];

/// For Semgrep, which comes with none.
const RULES: &str = "\
rules:
- {id: dangerous-eval, languages: [python], severity: ERROR, message: eval, pattern: eval(...)}
- {id: subprocess-shell, languages: [python], severity: ERROR, message: shell, pattern: 'subprocess.$F(..., shell=True, ...)'}
- {id: weak-hash, languages: [python], severity: WARNING, message: md5, pattern: hashlib.md5(...)}
- {id: javascript-eval, languages: [javascript], severity: ERROR, message: eval, pattern: eval(...)}
- {id: javascript-html, languages: [javascript], severity: WARNING, message: html, pattern: $X.innerHTML = $Y}
";

fn schedule(program: &Path, sources: &Path, work: &Path, repeats: usize) -> Outcome<ScheduleFigures> {
    let folder = tempfile::Builder::new().prefix("schedule-").tempdir_in(work).during("make a folder")?;
    let tree = folder.path().join("tree");
    let copied = Command::new("cp").arg("--recursive").arg(sources).arg(&tree).status().during("copy the sources")?;
    if !copied.success() {
        return Err(Failure::new(format!("{} cannot be copied", sources.display())));
    }
    std::fs::write(folder.path().join("rules.yaml"), RULES).during("write the rules")?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (mut together, mut longest_first) = (Vec::new(), Vec::new());
    let (mut first_scans, mut scans) = (Vec::new(), Vec::new());
    for round in 0..repeats {
        together.push(by_hand(&tree, folder.path(), TOOLS.len())?);
        longest_first.push(by_hand(&tree, folder.path(), processors)?);
        let home = folder.path().join(format!("home-{round}"));
        first_scans.push(scan(program, &tree, &home)?);
        // Versions are known now, and no answer is kept for these files.
        let changed = tree.join("changed.txt");
        std::fs::write(&changed, format!("{round}\n")).during(changed.display())?;
        scans.push(scan(program, &tree, &home)?);
    }
    let (together_seconds, longest_first_seconds) = (median(together), median(longest_first));
    let scan_seconds = median(scans);
    let share = scan_seconds / together_seconds.min(longest_first_seconds);
    crate::say(&format!(
        "by hand {together_seconds:.1} s together, {longest_first_seconds:.1} s longest first; a scan {scan_seconds:.1} s"
    ));
    Ok(ScheduleFigures {
        tools: TOOLS.iter().map(|(id, _)| *id).collect(),
        together_seconds,
        longest_first_seconds,
        scan_seconds,
        first_scan_seconds: median(first_scans),
        share,
    })
}

/// Seconds until all have ended.
fn by_hand(tree: &Path, work: &Path, places: usize) -> Outcome<f64> {
    let begun = Instant::now();
    let mut running: Vec<(&str, Child)> = Vec::new();
    let mut waiting = TOOLS.iter();
    loop {
        while running.len() < places
            && let Some((id, line)) = waiting.next()
        {
            let line = line.replace("OUT", &format!("'{}'", work.join(id).display()));
            let mut command = Command::new("sh");
            command.args(["-c", &line]).current_dir(tree);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            running.push((id, command.spawn().during(id)?));
        }
        if running.is_empty() {
            return Ok(begun.elapsed().as_secs_f64());
        }
        let mut still = Vec::new();
        for (id, mut child) in running {
            match child.try_wait().during(id)? {
                Some(status) if status.success() => {}
                Some(status) => {
                    return Err(Failure::new(format!("{id} by hand ended with {status}; is it installed?")));
                }
                None => still.push((id, child)),
            }
        }
        running = still;
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn scan(program: &Path, tree: &Path, home: &Path) -> Outcome<f64> {
    let mut command = Command::new(program);
    command.arg("scan").arg(tree).args(["--quiet", "--output", "json"]);
    command.arg("--config").arg(tree.with_file_name("rules.yaml"));
    command.args(TOOLS.iter().flat_map(|(id, _)| ["--scanner", id]));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Spent::by(&mut command, 0).map(|spent| spent.wall.as_secs_f64())
}
