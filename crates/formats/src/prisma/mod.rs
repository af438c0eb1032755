//! Prisma Cloud Compute (Twistlock): what `twistcli` writes of images and code repositories (`--output-file`), lists of such scans
//! around an entity, and the tables of the console.
//!
//! Decisions a reader of findings should know:
//! - **Packages** are named by a vulnerability without their kind; it is looked up in the list of packages beside it. Without one the
//!   package is known by its name. Java's are written `group_artifact`.
//! - **Compliance** issues are findings on the whole asset, in the family `compliance`.
//! - **Scores** without a vector do not say of which version they are; they stand in the evidence.
//! - **Nothing is closed**: what the scan was asked for does not stand in the report.

mod json;
mod table;

pub(crate) use json::FORMAT as JSON;
pub(crate) use table::FORMAT as TABLE;

use crate::package::{generic, kind_of, purl};

const SCANNER: &str = "prisma-cloud";

/// The package URL for a kind of package (`os`, `jar`, `nodejs`, ...) in a system.
fn package(kind: Option<&str>, distro: &str, name: &str, version: &str) -> Option<String> {
    let system = distro.split([' ', '-']).next().unwrap_or_default();
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let of_system = kind == "os";
    let purl = match kind_of(if of_system { system } else { &kind })? {
        "maven" => purl("maven", None, &name.replacen('_', ":", 1), version),
        known => purl(known, Some(system), name, version),
    };
    purl.or_else(|| generic(name, version))
}

/// `fixed in 2.15.0, 2.12.2`
fn fixed(status: &str) -> Vec<String> {
    let versions = status.strip_prefix("fixed in ").unwrap_or_default();
    versions.split(',').map(|version| version.trim().to_owned()).filter(|version| !version.is_empty()).collect()
}
