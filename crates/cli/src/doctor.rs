//! `scanhelm doctor`: what would keep the hub from working here, each with what to do about it. It looks and changes
//! nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use nix::sys::statvfs::statvfs;
use scanhelm_core::{Clock, Timestamp};
use scanhelm_hub::system::SystemClock;
use scanhelm_hub::vault::Vault;
use scanhelm_runner::Discovery;
use scanhelm_store::{SCHEMA_VERSION, Store};
use serde::Serialize;

use crate::exit::{self, Exit, explained};
use crate::installation::{DataFolder, Place};
use crate::remote::{Client, Form};
use crate::settings::{FILE_NAME, Values};
use crate::{process, results};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm doctor --data /var/lib/scanhelm
  scanhelm doctor --data /var/lib/scanhelm --output json

Exit codes: 0 nothing keeps the hub from working, 1 something does.";

/// No file of ours is older than the first release.
const FIRST_RELEASE: Timestamp = Timestamp::from_seconds(1_767_225_600);
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);
const MEBIBYTE: u64 = 1024 * 1024;

#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    place: Place,
    /// Form of the report
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Check {
    check: &'static str,
    verdict: Verdict,
    detail: String,
    fix: Option<String>,
}

impl Check {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), fix: None }
    }

    fn warn(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn fail(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fail, detail: detail.into(), fix: Some(fix.into()) }
    }
}

pub(crate) async fn run(arguments: DoctorArguments) -> Exit {
    let checks = examine(&arguments.place).await;
    let text = match arguments.output {
        Form::Table => checks.iter().map(line).collect(),
        Form::Json => match serde_json::to_string_pretty(&checks) {
            Ok(json) => json + "\n",
            Err(error) => return exit::refused(&error),
        },
    };
    match exit::printed(&text) {
        Exit::Done if checks.iter().any(|check| check.verdict == Verdict::Fail) => Exit::Unhealthy,
        exit => exit,
    }
}

fn line(check: &Check) -> String {
    let verdict = match check.verdict {
        Verdict::Ok => "ok  ",
        Verdict::Warn => "warn",
        Verdict::Fail => "FAIL",
    };
    let mut text = format!("{verdict}  {:16} {}\n", check.check, results::cell(&check.detail, 600));
    if let Some(fix) = &check.fix {
        text.push_str(&format!("      {:16} do: {}\n", "", results::cell(fix, 600)));
    }
    text
}

async fn examine(place: &Place) -> Vec<Check> {
    let mut checks = Vec::new();
    let values = match place.settings(Vec::new()) {
        Ok(loaded) => {
            checks.push(Check::ok(
                "settings",
                loaded.file.map_or_else(|| "no settings file".to_owned(), |file| file.display().to_string()),
            ));
            loaded.values
        }
        Err(problems) => {
            let fix = format!("correct {FILE_NAME} or the environment; `scanhelm config validate` checks again");
            checks.push(Check::fail("settings", problems.to_string(), fix));
            return checks;
        }
    };
    match DataFolder::existing(&place.data) {
        Some(folder) => {
            checks.push(folder_mode(&folder));
            checks.push(master_key(&folder));
            checks.push(database(&folder, &values).await);
            checks.push(disk_space(folder.path()));
            checks.push(hub(&folder, &values).await);
            checks.push(clock(&folder));
        }
        None => checks.push(Check::warn(
            "data folder",
            format!("{} is not there yet", place.data.display()),
            "`scanhelm serve` makes it; give --data when the installation is elsewhere",
        )),
    }
    checks.push(roots(&values));
    checks.extend(runs_as_root(&values, nix::unistd::geteuid().is_root()));
    checks.extend(scanners(&values).await);
    checks
}

fn folder_mode(folder: &DataFolder) -> Check {
    const NAME: &str = "data folder";
    let path = folder.path().display();
    match fs::metadata(folder.path()) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => Check::warn(
            NAME,
            format!("{path} can be entered by others (mode {:03o})", metadata.permissions().mode() & 0o777),
            format!("chmod 700 {path}"),
        ),
        Ok(_) => match tempfile::tempfile_in(folder.path()) {
            Ok(_) => Check::ok(NAME, format!("{path} is private and can be written")),
            Err(error) => Check::fail(
                NAME,
                format!("{path} cannot be written: {error}"),
                "run the hub as the owner of the folder, or give the folder to that user",
            ),
        },
        Err(error) => Check::fail(NAME, format!("{path} cannot be read: {error}"), "give the folder to this user"),
    }
}

fn master_key(folder: &DataFolder) -> Check {
    const NAME: &str = "master key";
    if !folder.master_key().exists() {
        return Check::warn(
            NAME,
            "there is none yet",
            "the first start makes it; when the hub ran here before, restore master.key from a backup",
        );
    }
    match Vault::open(folder.path()) {
        Ok(_) => Check::ok(NAME, format!("{} is private and readable", folder.master_key().display())),
        Err(error) => Check::fail(
            NAME,
            explained(&error),
            "without its key the stored credentials cannot be opened; restore the file or its mode",
        ),
    }
}

async fn database(folder: &DataFolder, values: &Values) -> Check {
    const NAME: &str = "database";
    let ours = SCHEMA_VERSION;
    match Store::inspect(&folder.store_options(values)).await {
        Ok(Some(found)) if found.version > ours => Check::fail(
            NAME,
            format!("version {} was written by Scanhelm {}; this one knows up to {ours}", found.version, found.hub),
            format!("run Scanhelm {} or newer, or restore a backup from before the upgrade", found.hub),
        ),
        Ok(Some(found)) if found.version < ours => Check::warn(
            NAME,
            format!("version {} is older than {ours}", found.version),
            "the next start brings it up; make a backup first",
        ),
        Ok(Some(found)) => Check::ok(NAME, format!("opens, version {}", found.version)),
        Ok(None) => Check::ok(NAME, "there is none yet; the first start makes it"),
        Err(error) => Check::fail(
            NAME,
            explained(&error),
            "check [database] url, that the server runs, and that the file belongs to this user",
        ),
    }
}

fn disk_space(path: &Path) -> Check {
    const NAME: &str = "disk space";
    let free = match statvfs(path) {
        Ok(volume) => volume.blocks_available().saturating_mul(volume.fragment_size()),
        Err(error) => return Check::warn(NAME, format!("not known: {error}"), "check the volume"),
    };
    let detail = format!("{} MiB free", free / MEBIBYTE);
    let fix = "make room: imports keep a copy of a report while they read it";
    match free / MEBIBYTE {
        0..200 => Check::fail(NAME, detail, fix),
        200..2048 => Check::warn(NAME, detail, fix),
        _ => Check::ok(NAME, detail),
    }
}

async fn hub(folder: &DataFolder, values: &Values) -> Check {
    const NAME: &str = "hub";
    let holder = folder.holder();
    let told = holder.as_ref().and_then(|holder| holder.url.clone());
    let url = told.unwrap_or_else(|| process::local_url(values.server.listen));
    let ready = match Client::anonymous(&url) {
        Ok(client) => client.get_root("ask whether it is ready", &["readyz"]).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match (ready, holder.is_some()) {
        (Ok(_), true) => Check::ok(NAME, format!("runs and is ready at {url}")),
        (Ok(_), false) => Check::warn(
            NAME,
            format!("what answers at {url} does not use this data folder"),
            "check --data and [server] listen",
        ),
        (Err(_), false) => Check::ok(NAME, "is not running"),
        (Err(reason), true) => Check::fail(NAME, format!("it holds the data folder, but: {reason}"), "look at its log"),
    }
}

/// A clock that is wrong makes every "since" wrong, and TLS fail.
fn clock(folder: &DataFolder) -> Check {
    const NAME: &str = "clock";
    let now = SystemClock.now();
    let fix = "set the machine's clock, best by NTP";
    if now < FIRST_RELEASE {
        return Check::fail(NAME, format!("it is {now}, before this program was made"), fix);
    }
    let newest = fs::read_dir(folder.path())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok())
        .filter_map(|since| i64::try_from(since.as_millis()).ok())
        .max()
        .map(Timestamp::from_millis);
    match newest {
        Some(newest) if newest.since(now) > CLOCK_TOLERANCE => {
            Check::fail(NAME, format!("it is {now}, but the data folder was written at {newest}"), fix)
        }
        _ => Check::ok(NAME, format!("{now}")),
    }
}

fn roots(values: &Values) -> Check {
    const NAME: &str = "local scans";
    let roots = &values.local.allowed_roots;
    let missing: Vec<_> = roots.iter().filter(|root| !root.is_dir()).map(|root| root.display().to_string()).collect();
    match (roots.is_empty(), missing.is_empty()) {
        (true, _) => Check::ok(NAME, "the hub may scan no folder of this machine ([local] allowed_roots is empty)"),
        (false, true) => Check::ok(NAME, format!("{} folders may be scanned", roots.len())),
        (false, false) => Check::warn(
            NAME,
            format!("not there: {}", missing.join(", ")),
            "correct [local] allowed_roots or make the folders",
        ),
    }
}

/// Scanners read what anybody wrote, and some run programs of their own on it.
fn runs_as_root(values: &Values, is_root: bool) -> Option<Check> {
    let local = &values.local;
    let grants = !local.allowed_roots.is_empty() || !local.allowed_hosts.is_empty();
    (is_root && grants && local.user.is_empty()).then(|| {
        Check::warn(
            "local scans",
            "this is root, so scanners of a hub that is started like this run as root on what anybody wrote",
            "set [local] user to one that may read what is scanned and nothing else, or run the hub as such a user",
        )
    })
}

async fn scanners(values: &Values) -> Vec<Check> {
    let discovery = Discovery::new(values.local.tool_paths.clone(), std::collections::BTreeMap::new());
    let found = discovery.with_own(&values.local.scanner_files.0).find().await;
    found
        .into_iter()
        .map(|one| match (one.started_by(), one.reason) {
            (Some(program), _) => {
                let version = one.version.map(|version| format!(" {version}")).unwrap_or_default();
                Check::ok("local scanner", format!("{}{version}: {program}", one.scanner.id))
            }
            (None, reason) => Check::warn(
                "local scanner",
                format!("{}: {}", one.scanner.id, reason.unwrap_or_else(|| "not found".to_owned())),
                format!("when it is wanted, {}", one.install_hint),
            ),
        })
        .collect()
}
