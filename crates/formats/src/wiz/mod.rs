//! Wiz: what `wizcli` writes of images, folders and infrastructure as code, and the console's tables of vulnerability findings
//! and of issues.
//!
//! Decisions a reader of findings should know:
//! - **Open** is what is not `Resolved`, `Rejected` or `Ignored`.
//! - **Packages** come without their kind: it is told from the manifest or from what the remedy or the advisory says.
//!   Without any such sign they are known by name.
//! - **Secrets** come redacted; Wiz gives them no severity, so they are high.
//! - **Nothing is closed**: a policy decides what is in the document, and a table is an export of a filter.

mod cli;
mod issues;
mod vulnerabilities;

pub(crate) use cli::FORMAT as CLI;
pub(crate) use issues::FORMAT as ISSUES;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::text::single_line;
pub(crate) use vulnerabilities::FORMAT as VULNERABILITIES;

const SCANNER: &str = "wiz";

/// Whether a status is of something open, or why the record is rejected.
fn is_open(status: Option<&str>) -> Result<bool, String> {
    match status.unwrap_or("open").to_ascii_lowercase().replace('_', " ").as_str() {
        "open" | "in progress" => Ok(true),
        "resolved" | "rejected" | "ignored" => Ok(false),
        other => Err(format!("`{}` is no status of Wiz", single_line(other, 60))),
    }
}

fn cloud_resource(id: &str, name: Option<&str>) -> AssetRecord {
    AssetRecord::new(AssetKind::CloudResource, name.unwrap_or(id), vec![AssetKey::CloudId(id.to_owned())])
}

/// The kind of package that a manifest lists, or that an archive is.
fn kind_of_file(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    Some(match file {
        "go.mod" | "go.sum" => "golang",
        "package.json" | "package-lock.json" | "yarn.lock" | "pnpm-lock.yaml" => "npm",
        "requirements.txt" | "Pipfile.lock" | "poetry.lock" | "uv.lock" | "METADATA" | "PKG-INFO" => "pypi",
        "pom.xml" | "build.gradle" | "gradle.lockfile" => "maven",
        "Gemfile.lock" => "gem",
        "Cargo.lock" => "cargo",
        "composer.lock" => "composer",
        _ if [".jar", ".war", ".ear"].iter().any(|ending| file.ends_with(ending)) => "maven",
        _ if file.ends_with(".deps.json") || file.ends_with(".csproj") => "nuget",
        _ => return None,
    })
}

/// The system whose advisory this is, with the kind of its packages.
fn system_of_advisory(address: &str) -> Option<(&'static str, &'static str)> {
    [
        ("alpinelinux", "apk", "alpine"),
        ("debian", "deb", "debian"),
        ("ubuntu", "deb", "ubuntu"),
        ("redhat", "rpm", "redhat"),
        ("amazon", "rpm", "amzn"),
        ("oracle", "rpm", "oracle"),
        ("suse", "rpm", "suse"),
    ]
    .into_iter()
    .find_map(|(word, kind, vendor)| address.contains(word).then_some((kind, vendor)))
}
