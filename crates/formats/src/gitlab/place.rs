//! Where a vulnerability is: each report type has a location of its own.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::Location;
use serde_json::Value;

use crate::code_report::Place;
use crate::options::ReadOptions;
use crate::package::field::{line, text};
use crate::package::{generic, kind_of, package_location, purl, subject};
use crate::site::{page, site};

pub(super) struct Found {
    pub(super) asset: AssetRecord,
    pub(super) location: Location,
    /// Of a package.
    pub(super) package: Option<(String, String)>,
}

/// What of the report and the caller decides about places.
pub(super) struct Surroundings {
    /// Package managers by the path of their file.
    pub(super) managers: std::collections::HashMap<String, String>,
    pub(super) options: ReadOptions,
}

pub(super) fn found(location: &Value, around: &Surroundings, place: &Place) -> Result<Found, String> {
    let asset = place.asset.clone();
    let name = text(location, "dependency.package.name");
    if let (Some(image), Some(name)) = (text(location, "image"), name) {
        let version = text(location, "dependency.version").unwrap_or_default();
        let system = text(location, "operating_system").unwrap_or_default();
        let distribution = system.split([' ', ':']).next().unwrap_or_default().to_ascii_lowercase();
        let url = match kind_of(&distribution).filter(|kind| matches!(*kind, "deb" | "rpm" | "apk")) {
            Some(kind) => purl(kind, Some(&distribution), name, version),
            None => generic(name, version),
        };
        let url = url.ok_or_else(|| format!("`{name}` names no package"))?;
        return Ok(Found {
            asset: subject::image(image, &around.options),
            location: package_location(url, None),
            package: Some((name.to_owned(), version.to_owned())),
        });
    }
    if let Some(host) = text(location, "hostname") {
        let path = text(location, "path").unwrap_or_default();
        let address = format!("{}/{}", host.trim_end_matches('/'), path.trim_start_matches('/'));
        let url = page(&address).ok_or_else(|| format!("`{host}` is no address"))?;
        let location = Location::Web {
            url: url.clone(),
            method: text(location, "method").map(str::to_owned),
            parameter: text(location, "param").map(str::to_owned),
        };
        return Ok(Found { asset: site(&url), location, package: None });
    }
    let Some(file) = text(location, "file") else {
        return Ok(Found { asset, location: Location::Asset, package: None });
    };
    let path = place.tree.relative(file).trim_start_matches('/').to_owned();
    if let Some(name) = name {
        let version = text(location, "dependency.version").unwrap_or_default();
        let manager = around.managers.get(file).map(String::as_str).or_else(|| manager_of(file));
        let url = match manager.and_then(kind_of) {
            Some(kind) => purl(kind, None, name, version),
            None => generic(name, version),
        };
        let url = url.ok_or_else(|| format!("`{name}` names no package"))?;
        let package = Some((name.to_owned(), version.to_owned()));
        return Ok(Found { asset, location: package_location(url, Some(&path)), package });
    }
    let location = Location::Code { path, line: line(location, "start_line"), column: None, source: None };
    Ok(Found { asset, location, package: None })
}

/// By the name of the file, where the report does not list its dependency files.
fn manager_of(file: &str) -> Option<&'static str> {
    let name = file.rsplit('/').next()?;
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "package.json" => "npm",
        "go.sum" | "go.mod" => "go",
        "Gemfile.lock" | "Gemfile" | "gems.locked" => "gem",
        "composer.lock" => "composer",
        "Cargo.lock" => "cargo",
        "pom.xml" | "build.gradle" | "build.gradle.kts" | "build.sbt" | "gradle.lockfile" => "maven",
        "packages.lock.json" => "nuget",
        "Pipfile.lock" | "Pipfile" | "poetry.lock" | "setup.py" | "uv.lock" => "pypi",
        "conan.lock" | "conanfile.txt" => "conan",
        "pubspec.lock" => "pub",
        _ if name.contains("requirements") && name.ends_with(".txt") => "pypi",
        _ => return None,
    })
}
