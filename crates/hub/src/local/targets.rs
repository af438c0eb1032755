//! What a local scan is pointed at: as the caller names it, as it stands in the scan's settings, and as far as the
//! operator grants it. Both when a scan is created and when it runs.

use std::path::Path;

use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_runner::{Host, Registry, ScanRequest, ScanType, Site, TargetKind, Targets, UnknownScanType};
use serde_json::{Map, Value, json};

use super::Roots;
use crate::Settings;

/// By the names that the API gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalTargets {
    pub path: Option<String>,
    pub url: Option<String>,
    pub host: Option<String>,
    /// The hub's own.
    pub machine: bool,
}

impl LocalTargets {
    /// Of a scan that runs here.
    pub(crate) fn of(config: &Value) -> Self {
        let text = |name: &str| config.get(name).and_then(Value::as_str).map(str::to_owned);
        let machine = config.get("this_machine").and_then(Value::as_bool).unwrap_or_default();
        Self { path: text("target_path"), url: text("target_url"), host: text("target_host"), machine }
    }

    pub(crate) fn write_to(&self, config: &mut Map<String, Value>) {
        for (name, value) in [("target_path", &self.path), ("target_url", &self.url), ("target_host", &self.host)] {
            if let Some(value) = value {
                config.insert(name.to_owned(), json!(value));
            }
        }
        if self.machine {
            config.insert("this_machine".to_owned(), json!(true));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// For people.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let machine = self.machine.then_some("this machine");
        [self.path.as_deref(), self.url.as_deref(), self.host.as_deref(), machine].into_iter().flatten()
    }

    /// Whether scanners of this machine are to look: always at a path and at the machine itself; at a site or host when
    /// a type of theirs is asked for, because a record of somebody else's work can name one too.
    pub(crate) fn run_here(&self, scan_types: &[String]) -> bool {
        let of_addresses = |text: &String| {
            text.parse::<ScanType>().is_ok_and(|kind| matches!(kind.target(), TargetKind::Site | TargetKind::Host))
        };
        self.path.is_some()
            || self.machine
            || ((self.url.is_some() || self.host.is_some()) && scan_types.iter().any(of_addresses))
    }

    /// The targets, read and granted.
    pub(crate) fn allowed(&self, settings: &Settings) -> Result<Targets> {
        let path = self.path.as_deref().map(|path| Roots::of(settings).allowed(Path::new(path))).transpose()?;
        let site = read::<Site>("target_url", self.url.as_deref())?;
        let host = read::<Host>("target_host", self.host.as_deref())?;
        site.iter().try_for_each(|site| settings.local.allowed_hosts.allow_site(site))?;
        host.iter().try_for_each(|host| settings.local.allowed_hosts.allow_host(host))?;
        if self.machine && !settings.local.this_machine {
            let detail = "The hub may not scan the machine that it runs on. The operator allows it with `[local] this_machine = true`.";
            return Err(Error::new(ErrorCode::TargetUnavailable, detail));
        }
        Ok(Targets { path, site, host })
    }
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, text: Option<&str>) -> Result<Option<T>> {
    let read = |text: &str| {
        text.parse().map_err(|error| Error::field(field, "invalid", single_line(&format!("{error}."), 300)))
    };
    text.map(read).transpose()
}

/// The types by their names.
pub(crate) fn types(scan_types: &[String]) -> Result<Vec<ScanType>> {
    let kind = |kind: &String| kind.parse().map_err(|error: UnknownScanType| wrong_types(error.to_string()));
    scan_types.iter().map(kind).collect()
}

fn wrong_types(said: String) -> Error {
    Error::field("scan_types", "unknown", single_line(&format!("{said}."), 300))
}

/// The request for these types; without any, every type that looks for flaws and that there is a target for. To the
/// runner this machine is always there; here it is looked at only when it was asked for by name.
pub(crate) fn request(targets: Targets, machine: bool, types: Vec<ScanType>) -> Result<ScanRequest> {
    let of_machine = |kind: &ScanType| kind.target() == TargetKind::Machine;
    let mut request = ScanRequest::new(targets);
    if types.is_empty() {
        request.scan_types.extend(ScanType::ALL.into_iter().filter(|kind| machine && of_machine(kind)));
    } else {
        request.scan_types = types;
    }
    match (machine, request.scan_types.iter().find(|kind| of_machine(kind))) {
        (false, Some(kind)) => {
            let said = format!("scans of type {kind} look at the hub's own machine; ask for it with `this_machine`");
            return Err(wrong_types(said));
        }
        (true, None) => {
            let said = format!("no type looks at the hub's own machine; add {}", ScanType::Baseline);
            return Err(wrong_types(said));
        }
        _ => {}
    }
    // It names types and no scanner, so the user's own need not be known.
    request.check(&Registry::default()).map_err(|error| wrong_types(error.to_string()))?;
    Ok(request)
}
