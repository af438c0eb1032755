//! Linters of code and of infrastructure as code that write reports of their own kind. Where the report does not quote the
//! matched line, it is read from the scanned folder, if that is at hand; without it, findings of one rule in one file
//! are numbered by line.

mod cfn_lint;
mod checkov;
mod cppcheck;
mod eslint;
mod flawfinder;
mod gixy;
mod hadolint;
mod kics;
mod lynis;
mod njsscan;
mod ruff;
mod shellcheck;
mod spectral;
mod zizmor;

use scanhelm_core::finding::Location;

use crate::code_report::Place;
use crate::format::Format;

pub(crate) const CFN_LINT: Format = cfn_lint::FORMAT;
pub(crate) const CHECKOV: Format = checkov::FORMAT;
pub(crate) const CPPCHECK: Format = cppcheck::FORMAT;
pub(crate) const ESLINT: Format = eslint::FORMAT;
pub(crate) const FLAWFINDER: Format = flawfinder::FORMAT;
pub(crate) const GIXY: Format = gixy::FORMAT;
pub(crate) const HADOLINT: Format = hadolint::FORMAT;
pub(crate) const KICS: Format = kics::FORMAT;
pub(crate) const LYNIS: Format = lynis::FORMAT;
pub(crate) const NJSSCAN: Format = njsscan::FORMAT;
pub(crate) const RUFF: Format = ruff::FORMAT;
pub(crate) const SHELLCHECK: Format = shellcheck::FORMAT;
pub(crate) const SPECTRAL: Format = spectral::FORMAT;
pub(crate) const ZIZMOR: Format = zizmor::FORMAT;

/// A place in a file as a linter names it, lines and columns from 1.
fn spot(place: &mut Place, path: &str, line: Option<u32>, column: Option<u32>, source: Option<String>) -> Location {
    let path = place.tree.relative(path);
    let line = line.filter(|line| *line > 0);
    let source = source.filter(|source| !source.trim().is_empty()).or_else(|| {
        let line = line?;
        place.tree.lines(&path, line, line)
    });
    if path.is_empty() { Location::Asset } else { Location::Code { path, line, column, source } }
}
