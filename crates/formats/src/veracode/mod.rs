//! Veracode: the detailed report (XML) of an application, the findings of its REST API, the results of a pipeline scan and
//! the issues of its agent for packages.
//!
//! A flaw of the report and of the REST API is known by its CWE, its file and the issue id that Veracode keeps over the
//! scans of one application (a sandbox counts its own). A pipeline scan only numbers its findings; there the function and
//! the call identify. A flaw whose mitigation was accepted, or that is fixed or closed, is no finding; a proposed one is.

mod agent;
mod detailed;
mod findings;
mod pipeline;

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;

use crate::code_report::repository;
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{generic, kind_of, purl};

pub(crate) const DETAILED: Format = detailed::FORMAT;
pub(crate) const FINDINGS: Format = findings::FORMAT;
pub(crate) const PIPELINE: Format = pipeline::FORMAT;
pub(crate) const AGENT: Format = agent::JSON;
pub(crate) const AGENT_TABLE: Format = agent::TABLE;

const SCANNER: &str = "veracode";

/// 0 to 5.
fn severity(level: &str) -> Result<Severity, String> {
    Ok(match level {
        "5" => Severity::Critical,
        "4" => Severity::High,
        "3" => Severity::Medium,
        "2" | "1" => Severity::Low,
        "0" => Severity::Info,
        _ => return Err(format!("`{level}` is no severity of Veracode")),
    })
}

/// The caller's name of the repository, else the application's.
fn application(name: &str, options: &ReadOptions) -> AssetRecord {
    let named = options.repository.as_deref().filter(|name| !name.trim().is_empty());
    repository(named.or(Some(name)))
}

/// `maven:org.yaml:snakeyaml:1.23:`, as Veracode names a library.
fn library(id: &str) -> Option<String> {
    let mut parts = id.split(':');
    let (manager, first, second) = (parts.next()?, parts.next()?, parts.next()?);
    let version = parts.next().unwrap_or_default();
    package(manager, first, second, version)
}

/// Coordinates of a package: group and artifact, or the name alone.
fn package(manager: &str, first: &str, second: &str, version: &str) -> Option<String> {
    let name = match (first, second) {
        (name, "") | ("", name) => name.to_owned(),
        (group, artifact) => match kind_of(manager)? {
            "maven" => format!("{group}:{artifact}"),
            _ => format!("{group}/{artifact}"),
        },
    };
    match kind_of(manager) {
        Some(kind) => purl(kind, None, &name, version),
        None => generic(&name, version),
    }
}

/// A library that is known by its file alone: `jettison-1.1.jar` of version 1.1.
fn file(name: &str, version: &str) -> Option<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix(version).and_then(|stem| stem.strip_suffix('-')).unwrap_or(stem);
    generic(stem, version)
}
