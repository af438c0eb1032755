//! The environment of a scanner: what it needs, and nothing of ours. No credentials or proxies to leak or use, no
//! locale, seed or start-up file that would make the result this machine's.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Command;

pub(super) const MARKER: &str = "SCANHELM_RUN";

/// Git runs programs that a repository names in its configuration; scanners that ask git something must not.
const FIXED: &[(&str, &str)] = &[
    ("GIT_CONFIG_COUNT", "2"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
    ("GIT_CONFIG_KEY_1", "core.hooksPath"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_VALUE_0", "false"),
    ("GIT_CONFIG_VALUE_1", "/dev/null"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("NO_COLOR", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONNOUSERSITE", "1"),
    // Scanners start Python again (`-m pip`, `-c`): it would take modules from the folder it is started in, the target.
    ("PYTHONSAFEPATH", "1"),
    ("PYTHONUTF8", "1"),
    ("TZ", "UTC"),
];

/// What nobody else sets.
pub(crate) const IS_SET: &[&str] =
    &["HOME", MARKER, "PATH", "PYTHONSAFEPATH", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"];

pub(super) fn bare(command: &Command<'_>) -> BTreeMap<OsString, OsString> {
    let fixed =
        FIXED.iter().chain(command.environment).map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let home = ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"].map(|name| (name.into(), command.home.into()));
    let mut environment: BTreeMap<OsString, OsString> = fixed.chain(home).collect();
    environment.insert(MARKER.into(), command.marker.into());
    environment.insert("PATH".into(), path(command));
    environment
}

fn path(command: &Command<'_>) -> OsString {
    let ours = std::env::var_os("PATH").unwrap_or_default();
    // A relative entry would name a folder of the target.
    let folders = std::env::split_paths(&ours).filter(|folder| folder.is_absolute());
    let all = command.program_folders().into_iter().chain(folders);
    std::env::join_paths(all).unwrap_or_else(|_| ours.clone())
}
